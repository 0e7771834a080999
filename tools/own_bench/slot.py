"""One bench folder of this tool with its site, and the servers that run for it."""

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from own_bench.environment import Environment, SourceBench
from own_bench.files import copy_tree, remove, replace_link
from own_bench.output import step
from own_bench.processes import ignore_interrupts, is_running, run_quietly, start_time, stop_process
from own_bench.settings import APP, CHECKOUT, ENTRY, ROOT


class Servers:
	"""The servers of one bench folder; state.json has the number, start time and port of each."""

	# Clients of the database first, the database last.
	stopping_order = ("web", "realtime", "schedule", "worker", "mariadb", "redis_queue", "redis_cache")

	def __init__(self, path: Path) -> None:
		self.path = path
		self.logs = path / "logs"
		self.state_file = path / "state.json"

	@property
	def state(self) -> dict[str, Any]:
		"""The content of state.json; {} if there is none."""
		try:
			return json.loads(self.state_file.read_text())
		except (OSError, ValueError):
			return {}

	def remember(self, **facts: Any) -> None:
		"""Write values to state.json, and keep its other values."""
		known = self.state | facts
		partial = self.state_file.with_suffix(".partial")
		partial.write_text(json.dumps(known, indent=1) + "\n")
		partial.replace(self.state_file)

	def runs(self, kind: str) -> bool:
		"""Return whether a server runs."""
		known = self.state.get("processes", {}).get(kind)
		return bool(known) and is_running(**known)

	@property
	def is_up(self) -> bool:
		"""Whether MariaDB and both Redis servers run."""
		return all(self.runs(kind) for kind in ("mariadb", "redis_cache", "redis_queue"))

	def spawn(self, kind: str, command: list[str], **options: Any) -> subprocess.Popen[Any]:
		"""Start a server in the background, out of reach of Ctrl-C, and remember it."""
		with (self.logs / f"{kind}.log").open("a") as out:
			streams = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT}
			process = subprocess.Popen(command, start_new_session=True, **streams, **options)
		processes = self.state.get("processes", {})
		processes[kind] = {"pid": process.pid, "started": start_time(process.pid)}
		self.remember(processes=processes)
		return process

	def stop(self, *kinds: str) -> list[str]:
		"""Stop these servers, or all of them, and return those that were running."""
		state = self.state
		if not state:
			return []
		processes = state.get("processes", {})
		stopped = []
		with ignore_interrupts():
			for kind in self.stopping_order:
				if kind in processes and (not kinds or kind in kinds):
					if self.runs(kind):
						stopped.append(kind)
					stop_process(**processes.pop(kind))
			self.remember(processes=processes)
		if not kinds and (folder := state.get("sockets")):
			shutil.rmtree(folder, ignore_errors=True)
		return stopped


class Slot(Servers):
	"""A bench folder, `.bench/<name>`: a site, its files and its servers."""

	def __init__(self, name: str, bench: SourceBench, env: Environment, with_app: bool | None = None) -> None:
		"""`with_app`: whether the app is part of it; by default it is, except in the base slot."""
		super().__init__(ROOT / name)
		self.name = name
		self.with_app = name != "base" if with_app is None else with_app
		self.bench = bench
		self.env = env
		self.site = f"{name}.localhost"
		self.sites = self.path / "sites"
		self.site_path = self.sites / self.site
		self.datadir = self.path / "mariadb"

	def environment(self) -> dict[str, str]:
		"""Return the variables for processes of this slot."""
		return self.env.environment() | {"FRAPPE_BENCH_ROOT": str(self.path)}

	def create_folders(self) -> None:
		"""Create everything of a bench but the site: folders, links to the apps and to the built assets."""
		remove(self.path / "tmp")
		for folder in ("apps", "sites/assets", "logs", "config/pids", "tmp"):
			(self.path / folder).mkdir(parents=True, exist_ok=True)
		replace_link(self.path / "env", self.env.path)
		apps = {app: self.bench.path / "apps" / app for app in ("frappe", "erpnext")}
		for app, folder in apps.items():
			replace_link(self.sites / "assets" / app, folder / app / "public")
		if self.with_app:
			apps[APP] = CHECKOUT
		for app, folder in apps.items():
			replace_link(self.path / "apps" / app, folder)
		(self.sites / "apps.txt").write_text("".join(f"{app}\n" for app in apps))

	def configure(self, web_port: int) -> None:
		"""Write common_site_config.json for the servers that run now."""
		state = self.state
		redis = {
			kind: f"redis://127.0.0.1:{state[kind + '_port']}" for kind in ("redis_cache", "redis_queue")
		}
		config = {
			"default_site": self.site,
			"serve_default_site": True,
			"host_name": f"http://127.0.0.1:{web_port}",
			"webserver_port": web_port,
			"db_host": "127.0.0.1",
			"db_port": state["mariadb_port"],
			"root_login": "root",
			"root_password": root_password(),
			**redis,
			"redis_socketio": redis["redis_queue"],
			"socketio_port": state.get("realtime_port"),
			"developer_mode": 0,
			"server_script_enabled": 0,
			"allow_tests": self.name != "demo",
			"mute_emails": 1,
			"auto_email_id": "erp@example.com",
			"mail_server": "127.0.0.1",
			"mail_port": 25,
			"mail_login": "erp@example.com",
			"mail_password": "unused",
			"disable_telemetry": 1,
			"disable_system_update_notification": 1,
			"background_workers": 1,
		}
		file = self.sites / "common_site_config.json"
		file.touch(mode=0o600)
		file.write_text(json.dumps(config, indent=1) + "\n")
		self.remember(web_port=web_port)

	def frappe_command(self, arguments: list[str]) -> list[str]:
		"""Return the command line of a Frappe command."""
		return [str(self.env.python), "-m", "frappe.utils.bench_helper", "frappe", *arguments]

	def run_frappe(self, arguments: list[str], what: str) -> None:
		"""Run a Frappe command; `what` names it in an error message."""
		self.run_quietly(self.frappe_command(arguments), what, "commands", cwd=self.sites)

	def run_quietly(self, command: list[str], what: str, log: str, **options: Any) -> None:
		"""Run a command with its output in a log of this slot. Raises Problem if it fails."""
		run_quietly(command, what, self.logs / f"{log}.log", **({"env": self.environment()} | options))

	def call(self, method: str, **arguments: Any) -> Any:
		"""Call a Python function inside the site as Administrator, commit, and return its result."""
		result = self.path / "tmp" / "result.json"
		words = ["_call", self.site, method, json.dumps(arguments), str(result)]
		self.run_quietly([str(self.env.python), str(ENTRY), *words], method, "commands", cwd=self.sites)
		return json.loads(result.read_text())

	def tests_command(self, result: Path, *words: str) -> list[str]:
		"""Return the command that runs test modules inside the site and writes the result to a file."""
		return [str(self.env.python), str(ENTRY), "_tests", self.site, str(result), *words]

	@property
	def has_site(self) -> bool:
		"""Whether the slot contains a site."""
		return (self.site_path / "site_config.json").is_file() and (self.datadir / "mysql").is_dir()

	def save_to(self, snapshot: Path) -> None:
		"""Copy database and site folder; the servers must be stopped."""
		partial = snapshot.with_name(snapshot.name + ".partial")
		remove(partial)
		copy_tree(self.datadir, partial / "mariadb")
		copy_tree(self.site_path, partial / "site")
		remove(snapshot)
		partial.rename(snapshot)

	def restore_from(self, snapshot: Path) -> None:
		"""Replace database and site folder with those of a snapshot."""
		self.stop()
		remove(self.site_path)
		copy_tree(snapshot / "mariadb", self.datadir)
		copy_tree(snapshot / "site", self.site_path)

	def install_app(self) -> None:
		"""Install the app on the site."""
		with step(f"Installing {APP}"):
			self.run_frappe(["--site", self.site, "install-app", APP], f"install-app {APP}")


def root_password() -> str:
	"""Return the password of root in the MariaDB servers of this checkout, drawn at first use."""
	file = ROOT / "root_password"
	if not file.is_file():
		file.touch(mode=0o600)
		file.write_text(secrets.token_hex(16))
	return file.read_text()
