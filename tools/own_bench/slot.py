"""One bench root of ours: its site, its folder, and the servers that run for it."""

import json
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

from own_bench import assets
from own_bench.borrowed import OwnEnv, YourBench
from own_bench.files import copy_tree, remove, replace_link
from own_bench.processes import birth_of, is_running, run_quietly, stop_process, undisturbed
from own_bench.settings import APP, CHECKOUT, ENTRY, ROOT
from own_bench.telling import TELL


class Servers:
	"""The servers of one bench root of ours, noted in its state.json with number and birth."""

	# first who asks the database, last the database
	stopping_order = ("web", "realtime", "schedule", "worker", "mariadb", "redis_queue", "redis_cache")

	def __init__(self, path: Path) -> None:
		self.path = path
		self.logs = path / "logs"
		self.state_file = path / "state.json"

	@property
	def state(self) -> dict[str, Any]:
		try:
			return json.loads(self.state_file.read_text())
		except (OSError, ValueError):
			return {}

	def remember(self, **facts: Any) -> None:
		known = self.state | facts
		partial = self.state_file.with_suffix(".partial")
		partial.write_text(json.dumps(known, indent=1) + "\n")
		partial.replace(self.state_file)

	def runs(self, kind: str) -> bool:
		known = self.state.get("processes", {}).get(kind)
		return bool(known) and is_running(known["pid"], known["born"])

	@property
	def is_up(self) -> bool:
		return all(self.runs(kind) for kind in ("mariadb", "redis_cache", "redis_queue"))

	def spawn(self, kind: str, command: list[str], **options: Any) -> subprocess.Popen[Any]:
		"""Starts a server in the background, out of reach of Ctrl-C, and notes it before anything else can happen."""
		with (self.logs / f"{kind}.log").open("a") as out:
			process = subprocess.Popen(
				command,
				stdin=subprocess.DEVNULL,
				stdout=out,
				stderr=subprocess.STDOUT,
				start_new_session=True,
				**options,
			)
		processes = self.state.get("processes", {})
		processes[kind] = {"pid": process.pid, "born": birth_of(process.pid)}
		self.remember(processes=processes)
		return process

	def stop(self, *kinds: str) -> list[str]:
		"""Stops these servers, or all of them; returns which were running."""
		state = self.state
		if not state:
			return []
		processes = state.get("processes", {})
		stopped = []
		with undisturbed():
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
	"""One bench root of ours, `.bench/<name>`: a site, its folder and its servers."""

	def __init__(self, name: str, bench: YourBench, env: OwnEnv, ours: bool | None = None) -> None:
		"""`ours`: whether our app belongs in it, which goes without saying but for the base slot."""
		super().__init__(ROOT / name)
		self.name = name
		self.ours = name != "base" if ours is None else ours
		self.bench = bench
		self.env = env
		self.site = f"{name}.localhost"
		self.sites = self.path / "sites"
		self.site_path = self.sites / self.site
		self.datadir = self.path / "mariadb"

	# the bench root ----------------------------------------------------------------------------------------

	def environment(self) -> dict[str, str]:
		return self.env.environment() | {"FRAPPE_BENCH_ROOT": str(self.path)}

	def lay_out(self) -> None:
		"""Folders, links to the apps, apps.txt and assets: everything of a bench root but the site."""
		remove(self.path / "tmp")
		for folder in ("apps", "sites/assets", "logs", "config/pids", "tmp"):
			(self.path / folder).mkdir(parents=True, exist_ok=True)
		replace_link(self.path / "env", self.env.path)
		apps = {app: self.bench.path / "apps" / app for app in ("frappe", "erpnext")}
		if self.ours:
			apps[APP] = CHECKOUT
		for app, place in apps.items():
			replace_link(self.path / "apps" / app, place)
		(self.sites / "apps.txt").write_text("".join(f"{app}\n" for app in apps))
		assets.lay_out(self)

	def configure(self, web_port: int) -> None:
		"""Writes common_site_config.json for the servers as they run now."""
		state = self.state
		caches = {
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
			**caches,
			"redis_socketio": caches["redis_queue"],
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

	# servers -----------------------------------------------------------------------------------------------

	def start_here(self, kind: str, command: list[str], cwd: Path) -> subprocess.Popen[Any]:
		return self.spawn(kind, command, cwd=cwd, env=self.environment())

	# commands ----------------------------------------------------------------------------------------------

	def frappe_command(self, arguments: list[str]) -> list[str]:
		return [str(self.env.python), "-m", "frappe.utils.bench_helper", "frappe", *arguments]

	def frappe_quietly(self, arguments: list[str], what: str) -> None:
		self.run_quietly(self.frappe_command(arguments), what, self.logs / "commands.log", cwd=self.sites)

	def run_quietly(self, command: list[str], what: str, log: Path, **options: Any) -> None:
		run_quietly(command, what, log, **({"env": self.environment()} | options))

	def call(self, method: str, **arguments: Any) -> Any:
		"""Calls a Python function inside the site as Administrator, commits, and returns what it returned."""
		result = self.path / "tmp" / "result.json"
		command = [
			str(self.env.python),
			str(ENTRY),
			"_call",
			self.site,
			method,
			json.dumps(arguments),
			str(result),
		]
		self.run_quietly(command, method, self.logs / "commands.log", cwd=self.sites)
		return json.loads(result.read_text())

	def run_tests_of(self, module: str) -> dict[str, str]:
		"""Runs the tests of a Python module inside the site; the outcome of each by its full name."""
		result = self.path / "tmp" / "outcomes.json"
		command = [str(self.env.python), str(ENTRY), "_unittest", self.site, module, str(result)]
		self.run_quietly(command, module, self.logs / "tests.log", cwd=self.sites)
		return json.loads(result.read_text())

	# sites -------------------------------------------------------------------------------------------------

	@property
	def has_site(self) -> bool:
		return (self.site_path / "site_config.json").is_file() and (self.datadir / "mysql").is_dir()

	def save_to(self, snapshot: Path) -> None:
		"""A cold copy of database and site folder; the servers must be stopped."""
		partial = snapshot.with_name(snapshot.name + ".partial")
		remove(partial)
		copy_tree(self.datadir, partial / "mariadb")
		copy_tree(self.site_path, partial / "site")
		remove(snapshot)
		partial.rename(snapshot)

	def restore_from(self, snapshot: Path) -> None:
		"""The opposite of save_to: what was in the slot is gone."""
		self.stop()
		remove(self.site_path)
		copy_tree(snapshot / "mariadb", self.datadir)
		copy_tree(snapshot / "site", self.site_path)

	def install_our_app(self) -> None:
		with TELL.step(f"Installing {APP}"):
			self.frappe_quietly(["--site", self.site, "install-app", APP], f"install-app {APP}")


def root_password() -> str:
	"""The password of root in our own MariaDB: drawn once per checkout, readable by its owner only."""
	file = ROOT / "root_password"
	if not file.is_file():
		file.touch(mode=0o600)
		file.write_text(secrets.token_hex(16))
	return file.read_text()
