#!/usr/bin/env python3
"""A bench of our own beside yours: it tests and shows this checkout, and leaves your bench as it is.

Your bench lends its Frappe, its ERPNext and the Python packages of its env; all three are only read. The rest
lies in `.bench/` of this checkout and is ours: sites, assets, a MariaDB and two Redis servers on free ports.

	.bench/env                 our Python environment: it sees yours, plus this checkout and what it needs
	.bench/snapshots/<key>/    the base site: Frappe and ERPNext installed, setup wizard finished, server stopped
	.bench/<slot>/             one bench root with its own servers; slots: test, demo, base

Making the base site takes minutes, once per version of Frappe and ERPNext. Every test run starts from a copy.
"""

import argparse
import contextlib
import datetime
import fcntl
import getpass
import hashlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn
from urllib.parse import quote

APP = "micro_experiences"
CHECKOUT = Path(__file__).resolve().parent.parent
ROOT = CHECKOUT / ".bench"
LOOPBACK = CHECKOUT / "tools" / "loopback.cjs"
SLOTS = ("test", "demo", "base")
# served on 127.0.0.1 only, to whoever may read this checkout anyway
ADMIN_PASSWORD = "admin"
DEMO_PASSWORD = "demo"
DEMO_PORT = 8090
SAMPLE_DATA = f"{APP}.setup.sample_data.add"
MANAGER_ROLE = "Micro Experiences Manager"

# Raise this when anything below changes what the base site holds: an older snapshot is then not used again.
BASE_RECIPE = 1
WIZARD_ANSWERS = {
	"language": "English",
	"country": "Ireland",
	"timezone": "Europe/Dublin",
	"currency": "EUR",
	"company_name": "Harbour Street Trading",
	"company_abbr": "HST",
	"company_tagline": "Harbour Street Trading",
	"chart_of_accounts": "Standard",
	"bank_account": "Harbour Bank",
	"enable_telemetry": 0,
}

SERVER_OPTIONS = (
	"--no-defaults",
	"--bind-address=127.0.0.1",
	"--skip-name-resolve",
	"--character-set-server=utf8mb4",
	"--collation-server=utf8mb4_unicode_ci",
	"--max-connections=300",
	"--max-allowed-packet=64M",
	"--innodb-buffer-pool-size=384M",
	"--innodb-log-file-size=48M",
)
# A test site may be lost with the power, never with a killed process: these leave out the waiting for the disk.
CARELESS_OPTIONS = (
	"--loose-innodb-flush-log-at-trx-commit=0",
	"--loose-innodb-flush-method=nosync",
	"--loose-skip-innodb-doublewrite",
	"--loose-debug-no-sync",
)


class Trouble(Exception):
	"""What stops us, in words for the person at the keyboard, with the remedy."""


class NoBench(Trouble):
	"""There is no bench to borrow from. Its first word of advice is where we looked."""

	remedy = (
		"To get one: install bench (https://docs.frappe.io/framework/user/en/installation), then\n"
		"  bench init --frappe-branch version-15 ~/frappe-bench\n"
		"and in that folder\n"
		"  bench get-app --branch version-15 erpnext && bench build\n"
		"A bench that lies elsewhere is named by the variable BENCH_PATH."
	)

	def __init__(self, path: Path) -> None:
		super().__init__(f"No bench at {path}. {self.remedy}")
		self.path = path


# ---------------------------------------------------------------------------------------------------- telling


class Telling:
	"""Prints what is being done, how long it took, and a dot for every five seconds of waiting."""

	def __init__(self) -> None:
		self.begun = time.monotonic()

	@contextlib.contextmanager
	def step(self, what: str) -> Iterator[None]:
		start = time.monotonic()
		total = int(start - self.begun)
		print(f"[{total // 60:2d}:{total % 60:02d}] {what} ", end="", flush=True)
		try:
			yield
		except BaseException:
			print("stopped", flush=True)
			raise
		print(f"{time.monotonic() - start:.1f} s", flush=True)

	def say(self, line: str = "") -> None:
		print(line, flush=True)


TELL = Telling()


# ----------------------------------------------------------------------------------------- programs and processes


def find_program(name: str, package: str) -> str:
	"""The path of a program, also where Debian hides servers from ordinary users."""
	places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/libexec"]
	if found := shutil.which(name, path=os.pathsep.join(places)):
		return found
	raise Trouble(f"{name} is missing. Get it with: apt-get install {package}")


def is_running(pid: int, born: str) -> bool:
	return bool(born) and birth_of(pid) == born


def birth_of(pid: int) -> str:
	"""When a process was born, as a text that no later process with the same number can have; "" if it is gone."""
	with contextlib.suppress(ChildProcessError):
		os.waitpid(pid, os.WNOHANG)  # a child of ours that has ended must not look alive
	try:
		fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
		boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
	except OSError:
		if Path("/proc/self/stat").exists():
			return ""
		asked = subprocess.run(
			["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
		)
		return asked.stdout.strip()
	return "" if fields[0] == "Z" else f"{boot} {fields[19]}"


def stop_process(pid: int, born: str, patience: float = 40) -> None:
	"""Ends a process that we started, and its group: asks first, insists after `patience` seconds."""
	for sign, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 10.0)):
		if not is_running(pid, born):
			return
		with contextlib.suppress(ProcessLookupError, PermissionError):
			os.killpg(pid, sign)
		wait_until(lambda: not is_running(pid, born), wait)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
	"""Lets an impatient second Ctrl-C wait, so that tidying up is not left half done."""
	before = signal.signal(signal.SIGINT, signal.SIG_IGN)
	try:
		yield
	finally:
		signal.signal(signal.SIGINT, before)


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
	end = time.monotonic() + seconds
	while not (reached := true()) and time.monotonic() < end:
		time.sleep(0.05)
	return reached


def tail(file: Path, lines: int = 40) -> str:
	try:
		return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])
	except OSError:
		return ""


def run_quietly(command: list[str], what: str, log: Path, **options: Any) -> None:
	"""Runs a command with its output in `log`, a dot every five seconds; its last lines are shown if it fails."""
	log.parent.mkdir(parents=True, exist_ok=True)
	with log.open("a") as out:
		out.write(f"\n$ {shlex.join(command)}\n")
		out.flush()
		begin = out.tell()
		with running(
			command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, **options
		) as process:
			while True:
				try:
					code = process.wait(timeout=5)
					break
				except subprocess.TimeoutExpired:
					print(".", end="", flush=True)
	if code:
		with log.open(errors="replace") as read:
			read.seek(begin)
			last = "".join(read.readlines()[-40:])
		raise Trouble(f"{what} failed (exit code {code}). Its last lines:\n\n{last}\nAll of it: {log}")


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
	"""A command that never outlives us."""
	process = subprocess.Popen(command, **options)
	try:
		yield process
	finally:
		if process.poll() is None:
			process.terminate()
			try:
				process.wait(timeout=15)
			except subprocess.TimeoutExpired:
				process.kill()
				process.wait()


def free_port(wanted: int = 0) -> int:
	"""`wanted` if it is free, else any free port of 127.0.0.1."""
	for port in (wanted, 0):
		with socket.socket() as probe:
			probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			with contextlib.suppress(OSError):
				probe.bind(("127.0.0.1", port))
				return int(probe.getsockname()[1])
	raise Trouble("No free port on 127.0.0.1.")


def answers(port: int, question: bytes = b"") -> bool:
	"""Whether a server greets on this port, or answers the question."""
	try:
		with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
			line.sendall(question)
			return bool(line.recv(16))
	except OSError:
		return False


def http_status(url: str) -> int:
	"""The status a page answers with, 0 when nobody answers."""
	try:
		with urllib.request.urlopen(url, timeout=30) as page:
			return int(page.status)
	except urllib.error.HTTPError as problem:
		return problem.code
	except OSError:
		return 0


def short_folder() -> Path:
	"""A new private folder for sockets, whose paths may have no more than about 100 characters."""
	parent = tempfile.gettempdir()
	return Path(tempfile.mkdtemp(prefix="own-bench-", dir=parent if len(parent) < 60 else "/tmp"))


def copy_tree(source: Path, target: Path) -> None:
	"""A copy that shares its blocks with the original where the file system can."""
	shutil.rmtree(target, ignore_errors=True)
	target.parent.mkdir(parents=True, exist_ok=True)
	subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)


def replace_link(link: Path, target: Path) -> None:
	"""Lets `link` point to `target`, whatever stood there before."""
	if link.is_symlink() and os.readlink(link) == str(target):
		return
	remove(link)
	link.symlink_to(target)


def remove(path: Path) -> None:
	if path.is_symlink() or path.is_file():
		path.unlink()
	else:
		shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def lock(name: str, busy: str, wait: bool = False) -> Iterator[None]:
	"""Holds a lock of this checkout; when another process has it, waits or says who is busy."""
	folder = ROOT / "locks"
	folder.mkdir(parents=True, exist_ok=True)
	with (folder / name).open("w") as file:
		try:
			fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			if not wait:
				raise Trouble(busy) from None
			TELL.say(busy)
			fcntl.flock(file, fcntl.LOCK_EX)
		yield


# ----------------------------------------------------------------------------------------- the developer's bench


@dataclass(frozen=True)
class YourBench:
	"""The developer's own bench: what we borrow from it. Nothing here writes."""

	path: Path

	@classmethod
	def find(cls) -> "YourBench":
		path = Path(os.environ.get("BENCH_PATH") or "~/frappe-bench").expanduser()
		if not all((path / "apps" / app / app).is_dir() for app in ("frappe", "erpnext")):
			raise NoBench(path)
		return cls(path.resolve())

	@property
	def python(self) -> Path:
		return self.path / "env" / "bin" / "python"

	@property
	def assets(self) -> Path:
		return self.path / "sites" / "assets"

	def check(self) -> None:
		"""Raises when the bench is not finished enough to borrow from."""
		if not self.python.exists():
			raise Trouble(f"{self.path} has no env/bin/python. Finish it with: bench setup env")
		asked = self._ask("import frappe, erpnext")
		if asked.returncode:
			why = asked.stderr.strip().splitlines()[-1:] or ["no reason given"]
			raise Trouble(
				f"{self.python} cannot import frappe and erpnext ({why[0]}). Try: bench setup requirements"
			)
		for app in ("frappe", "erpnext"):
			if not (self.path / "apps" / app / app / "public" / "dist").is_dir():
				raise Trouble(f"{app} has no built assets in {self.path}. Run there: bench build")
		if not (self.assets / "assets.json").is_file():
			raise Trouble(f"{self.assets} has no assets.json. Run in {self.path}: bench build")

	@cached_property
	def site_packages(self) -> list[str]:
		asked = self._ask("import sysconfig as s; print(s.get_path('purelib')); print(s.get_path('platlib'))")
		return list(dict.fromkeys(asked.stdout.split("\n")[:2]))

	@cached_property
	def versions(self) -> dict[str, str]:
		"""The versions of frappe and erpnext, read from their source."""
		found = {}
		for app in ("frappe", "erpnext"):
			text = (self.path / "apps" / app / app / "__init__.py").read_text()
			match = re.search(r"^__version__\s*=\s*[\"']([^\"']+)", text, re.MULTILINE)
			found[app] = match[1] if match else "unknown"
		return found

	def _ask(self, code: str) -> subprocess.CompletedProcess[str]:
		environment = clean_environment() | {"PYTHONPYCACHEPREFIX": str(ROOT / "pycache")}
		return subprocess.run(
			[str(self.python), "-c", code],
			capture_output=True,
			text=True,
			check=False,
			cwd="/",
			env=environment,
		)


def clean_environment() -> dict[str, str]:
	"""Our environment without what would lead Python, Frappe or MariaDB to somebody else's files."""
	strangers = re.compile(
		r"FRAPPE_|PYTHON(PATH|HOME|DONTWRITEBYTECODE)$|VIRTUAL_ENV|SITES_PATH$|DEV_SERVER$|NO_STATICS$|CI$|MYSQL_|MX_SITE"
	)
	return {name: value for name, value in os.environ.items() if not strangers.match(name)}


# ------------------------------------------------------------------------------------------------ our environment


class OwnEnv:
	"""Our virtual environment: the packages of the bench's env are seen, ours come first, none is written there."""

	path = ROOT / "env"
	python = path / "bin" / "python"

	def __init__(self, bench: YourBench) -> None:
		self.bench = bench

	def ensure(self) -> None:
		"""Makes the environment, or makes it anew when the bench or our requirements have changed."""
		made_of = json.dumps(
			{
				"bench": str(self.bench.python),
				"python": os.path.realpath(self.bench.python),
				"packages": self.bench.site_packages,
				"checkout": str(CHECKOUT),
				"pyproject": hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes()).hexdigest(),
			},
			indent=1,
		)
		stamp = self.path / "made_of.json"
		if self.python.exists() and stamp.is_file() and stamp.read_text() == made_of:
			return
		with TELL.step("Making the Python environment"):
			log = ROOT / "logs" / "env.log"
			remove(self.path)
			self._run(log, str(self.bench.python), "-m", "venv", "--without-pip", str(self.path))
			for folder in (self.path / "lib").glob("python3*"):
				lines = "".join(
					f"import site; site.addsitedir({place!r})\n" for place in self.bench.site_packages
				)
				(folder / "site-packages" / "_bench.pth").write_text(lines)
			has_pip = [str(self.python), "-m", "pip", "--version"]
			if subprocess.run(has_pip, capture_output=True, check=False, env=self.environment()).returncode:
				self._run(log, str(self.python), "-m", "ensurepip")
			self._run(
				log,
				*(str(self.python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"),
				*("--no-warn-script-location", "--editable", str(CHECKOUT)),
			)
			stamp.write_text(made_of)

	def _run(self, log: Path, *command: str) -> None:
		run_quietly(list(command), "Making the Python environment", log, env=self.environment(), cwd=CHECKOUT)

	def environment(self) -> dict[str, str]:
		"""For every Python process of ours. Byte code goes to .bench: the bench's folders are not ours to fill."""
		return clean_environment() | {
			"PYTHONPATH": str(CHECKOUT),
			"PYTHONPYCACHEPREFIX": str(ROOT / "pycache"),
			"PYTHONUNBUFFERED": "1",
			"PATH": os.pathsep.join([str(self.path / "bin"), os.environ.get("PATH", os.defpath)]),
		}


# ----------------------------------------------------------------------------------------------------------- slots


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

	def __init__(self, name: str, bench: YourBench, env: OwnEnv) -> None:
		super().__init__(ROOT / name)
		self.name = name
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
		if self.name != "base":
			apps[APP] = CHECKOUT
		for app, place in apps.items():
			replace_link(self.path / "apps" / app, place)
		(self.sites / "apps.txt").write_text("".join(f"{app}\n" for app in apps))
		self._lay_out_assets()

	def _lay_out_assets(self) -> None:
		assets = self.sites / "assets"
		for app in ("frappe", "erpnext"):
			replace_link(assets / app, self.bench.path / "apps" / app / app / "public")
		for name in ("assets.json", "assets-rtl.json"):
			if (self.bench.assets / name).is_file():
				shutil.copyfile(self.bench.assets / name, assets / name)
		if (self.bench.assets / "locale").is_dir():
			copy_tree(self.bench.assets / "locale", assets / "locale")
		public = CHECKOUT / APP / "public"
		ours = assets / APP
		remove(ours)
		ours.mkdir()
		# a folder of its own, so that what is built here is neither in the checkout nor shared between slots
		for child in public.iterdir() if public.is_dir() else ():
			if child.name != "dist":
				(ours / child.name).symlink_to(child)

	def build_assets(self) -> None:
		"""Bundles our scripts and styles with Frappe's own builder, and translations, into this slot's assets."""
		if any((CHECKOUT / APP / "public").glob("**/*.bundle.*")):
			# The builder puts half-made styles into TMPDIR plus their path relative to the working directory's
			# parent: started elsewhere than here, it would put them into the checkout. FRAPPE_DOCKER_BUILD keeps it
			# from looking for a Redis to tell, CI lets it end with a code that tells of failures.
			builder = self.bench.path / "apps" / "frappe" / "esbuild"
			special = {"TMPDIR": str(self.path / "tmp"), "FRAPPE_DOCKER_BUILD": "1", "CI": "1"}
			self.run_quietly(
				[find_program("node", "nodejs"), str(builder), "--production", "--apps", APP],
				"Building the assets",
				self.logs / "build.log",
				cwd=CHECKOUT,
				env=self.environment() | special,
			)
		if any((CHECKOUT / APP / "locale").glob("*.po")):
			self.frappe_quietly(["compile-po-to-mo", "--app", APP], "Compiling the translations")

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

	def up(self, web_port: int = 0) -> None:
		"""Starts MariaDB and Redis, after whatever a killed run may have left is stopped."""
		self.stop()
		self.remember(sockets=str(short_folder()))
		self._start_mariadb()
		for kind in ("redis_cache", "redis_queue"):
			self._start_redis(kind)
		self.configure(free_port(web_port))

	def _start_mariadb(self) -> None:
		server = find_program("mariadbd", "mariadb-server")
		find_program("mariadb", "mariadb-client")  # Frappe loads a new site's first tables with it
		fresh = not (self.datadir / "mysql").is_dir()
		if fresh:
			self._make_datadir()
		sockets = Path(self.state["sockets"])
		first_words = sockets / "root.sql"
		first_words.touch(mode=0o600)
		first_words.write_text(
			f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{root_password()}';\n"
			"GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
			f"ALTER USER root@localhost IDENTIFIED BY '{root_password()}';\n"
			"DROP USER IF EXISTS ''@localhost;\n"
			"FLUSH PRIVILEGES;\n"
		)
		options = [*SERVER_OPTIONS, *(() if self.name == "demo" else CARELESS_OPTIONS)]
		options += shlex.split(os.environ.get("MX_MARIADB_OPTIONS", ""))
		if fresh:
			options.append(f"--init-file={first_words}")
		if os.geteuid() == 0:
			options.append(f"--user={getpass.getuser()}")

		def start() -> tuple[int, subprocess.Popen[Any]]:
			port = free_port()
			places = [
				f"--datadir={self.datadir}",
				f"--tmpdir={self.path / 'tmp'}",
				f"--socket={sockets / 'mariadb.sock'}",
				f"--pid-file={sockets / 'mariadb.pid'}",
				f"--port={port}",
			]
			return port, self.start_here("mariadb", [server, options[0], *places, *options[1:]], self.path)

		self._start("mariadb", start, answers)
		first_words.unlink()

	def _make_datadir(self) -> None:
		command = [
			find_program("mariadb-install-db", "mariadb-server"),
			"--no-defaults",
			f"--datadir={self.datadir}",
			"--auth-root-authentication-method=normal",
			"--skip-test-db",
			"--innodb-log-file-size=48M",
		]
		if os.geteuid() == 0:
			command.append(f"--user={getpass.getuser()}")
		self.datadir.mkdir(parents=True, exist_ok=True, mode=0o700)
		self.run_quietly(command, "mariadb-install-db", self.logs / "mariadb.log", cwd=self.path)

	def _start_redis(self, kind: str) -> None:
		server = find_program("redis-server", "redis-server")

		def start() -> tuple[int, subprocess.Popen[Any]]:
			port = free_port()
			command = [server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(self.path / "tmp")]
			return port, self.start_here(kind, [*command, "--save", "", "--appendonly", "no"], self.path)

		self._start(kind, start, lambda port: answers(port, b"PING\r\n"))

	def _start(
		self, kind: str, start: Callable[[], tuple[int, subprocess.Popen[Any]]], ready: Callable[[int], bool]
	) -> None:
		"""Starts a server on a free port; tries again when somebody took that port in between."""
		for _attempt in range(3):
			port, process = start()
			wait_until(lambda port=port, process=process: process.poll() is not None or ready(port), 90)
			if process.poll() is None and ready(port):
				self.remember(**{f"{kind}_port": port})
				return
			stop_process(process.pid, birth_of(process.pid))
			if "in use" not in tail(self.logs / f"{kind}.log", 10):
				break
		raise Trouble(f"{kind} did not start. Its last lines:\n\n{tail(self.logs / f'{kind}.log', 15)}")

	def start_web(self) -> str:
		"""Serves the site and Frappe's realtime messages on 127.0.0.1 and returns the address of the site."""
		self._start_realtime()
		port = self.state["web_port"]
		command = [str(self.env.python), __file__, "_serve", self.site, str(port)]
		# as `bench start` sets it: otherwise the page looks for the realtime server on the port of the site
		environment = self.environment() | {"DEV_SERVER": "1"}
		process = self.spawn("web", command, cwd=self.sites, env=environment)
		address = f"http://127.0.0.1:{port}"
		ping = f"{address}/api/method/ping"
		wait_until(lambda: process.poll() is not None or http_status(ping) == 200, 120)
		if process.poll() is not None or http_status(ping) != 200:
			raise Trouble(f"{address} does not answer. Its last lines:\n\n{tail(self.logs / 'web.log')}")
		return address

	def _start_realtime(self) -> None:
		"""Frappe's own server of realtime messages. Without it the Desk does not open a form a second time."""
		node = find_program("node", "nodejs")
		server = self.bench.path / "apps" / "frappe" / "socketio.js"

		def start() -> tuple[int, subprocess.Popen[Any]]:
			port = free_port(self.state.get("realtime_port", 0))
			self.remember(realtime_port=port)
			self.configure(self.state["web_port"])
			# pages of an earlier start may still name another port
			answers(self.state["redis_cache_port"], b"FLUSHALL\r\n")
			return port, self.start_here(
				"realtime", [node, "--require", str(LOOPBACK), str(server)], self.path
			)

		def ready(port: int) -> bool:
			return http_status(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling") == 200

		self._start("realtime", start, ready)

	def start_jobs(self, scheduler: bool) -> None:
		self.start_here("worker", self.frappe_command(["worker"]), self.sites)
		if scheduler:
			self.start_here("schedule", self.frappe_command(["schedule"]), self.sites)

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
			__file__,
			"_call",
			self.site,
			method,
			json.dumps(arguments),
			str(result),
		]
		self.run_quietly(command, method, self.logs / "commands.log", cwd=self.sites)
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


# ------------------------------------------------------------------------------------------------------- base site


def base_key(bench: YourBench) -> str:
	"""Names the snapshot. The year is in it because the wizard opens one fiscal year; the server because of its files."""
	server = subprocess.run(
		[find_program("mariadbd", "mariadb-server"), "--version"], capture_output=True, text=True, check=False
	)
	major = re.search(r"\d+\.\d+", server.stdout)
	parts = [bench.versions["frappe"], bench.versions["erpnext"], f"db{major[0] if major else '0'}"]
	return "-".join([*parts, str(datetime.date.today().year), f"r{BASE_RECIPE}"])


def ensure_base(bench: YourBench, env: OwnEnv) -> Path:
	"""The snapshot of the base site, made first if there is none for these versions."""
	snapshot = ROOT / "snapshots" / base_key(bench)
	if snapshot.is_dir():
		return snapshot
	versions = " and ".join(f"{app} {version}" for app, version in bench.versions.items())
	TELL.say(f"Making the base site for {versions}: some minutes, once.")
	slot = Slot("base", bench, env)
	slot.stop()
	remove(slot.path)
	slot.lay_out()
	try:
		with TELL.step("Starting MariaDB and Redis"):
			slot.up()
		with TELL.step("Creating the site"):
			slot.frappe_quietly(["new-site", slot.site, "--admin-password", ADMIN_PASSWORD], "new-site")
		with TELL.step("Installing ERPNext"):
			slot.frappe_quietly(["--site", slot.site, "install-app", "erpnext"], "install-app erpnext")
		with TELL.step("Finishing the setup wizard"):
			year = datetime.date.today().year
			answers = WIZARD_ANSWERS | {"fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"}
			slot.call("frappe.desk.page.setup_wizard.setup_wizard.setup_complete", args=answers)
			# guided tours would lie over the forms that the browser tests and the demo look at
			settings = {"doctype": "System Settings", "name": "System Settings"}
			slot.call("frappe.client.set_value", **settings, fieldname="enable_onboarding", value=0)
			slot.frappe_quietly(["--site", slot.site, "disable-scheduler"], "disable-scheduler")
	finally:
		slot.stop()
	with TELL.step("Keeping a copy of it"):
		snapshot.parent.mkdir(exist_ok=True)
		for older in snapshot.parent.iterdir():
			remove(older)
		slot.save_to(snapshot)
	remove(slot.path)
	return snapshot


def prepare() -> tuple[YourBench, OwnEnv, Path]:
	"""The developer's bench, our environment and the base snapshot, each made if it must be."""
	bench = YourBench.find()
	bench.check()
	for program, package in (
		("mariadbd", "mariadb-server"),
		("mariadb-install-db", "mariadb-server"),
		("mariadb", "mariadb-client"),
		("redis-server", "redis-server"),
		("node", "nodejs"),
	):
		find_program(program, package)
	with lock("prepare", "Waiting for another run that prepares the base site.", wait=True):
		env = OwnEnv(bench)
		env.ensure()
		return bench, env, ensure_base(bench, env)


def fill(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Puts a fresh site into the slot, with our app unless it is the base slot, and leaves it running."""
	with TELL.step("Copying the base site and starting MariaDB and Redis"):
		slot.stop()
		remove(slot.path)
		slot.lay_out()
		slot.restore_from(base)
		slot.up(web_port)
	if slot.name != "base":
		with TELL.step("Building the assets"):
			slot.build_assets()
		slot.install_our_app()
	slot.remember(filled_from=base.name, code=code_fingerprint())


def bring_up(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Starts the slot with the site it holds, brought up to date with the code, or with a fresh one."""
	if not slot.has_site or not slot.state.get("filled_from"):
		fill(slot, base, web_port)
		return
	with TELL.step("Starting MariaDB and Redis"):
		slot.stop()
		slot.lay_out()
		slot.up(web_port)
	if slot.name != "base":
		with TELL.step("Building the assets"):
			slot.build_assets()
	known, now = slot.state, {"filled_from": base.name, "code": code_fingerprint()}
	if any(known.get(key) != value for key, value in now.items()):
		with TELL.step("The code has changed: migrating the site"):
			slot.frappe_quietly(["--site", slot.site, "migrate"], "migrate")
		slot.remember(**now)


def code_fingerprint() -> str:
	"""A sum over all of our code that a site holds a copy of: when it changes, a kept site must be migrated."""
	total = hashlib.sha256()
	for file in sorted((CHECKOUT / APP).rglob("*")):
		if file.suffix in {".py", ".json", ".txt", ".html", ".csv"} and "public" not in file.parts[:-1]:
			total.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes())
	return total.hexdigest()


# -------------------------------------------------------------------------------------------------------- commands


def command_found(_arguments: argparse.Namespace) -> int:
	"""For `make test`, which goes without a bench where there is none, and says so."""
	try:
		YourBench.find()
	except NoBench as missing:
		TELL.say(f"No bench at {missing.path}: the site and browser tests were left out. {missing.remedy}")
		return 1
	return 0


def command_test(arguments: argparse.Namespace) -> int:
	"""Site tests, then browser tests, each on a fresh site."""
	bench, env, base = prepare()
	slot = Slot("test", bench, env)
	with lock("test", "Another test run of this checkout is under way. Wait for it, or stop it."):
		try:
			return run_tests(slot, base, arguments.only)
		finally:
			if arguments.keep:
				TELL.say(
					f"Kept running: python {sys.argv[0]} bench console; to stop: python {sys.argv[0]} down"
				)
			else:
				slot.stop()


def run_tests(slot: Slot, base: Path, only: str | None) -> int:
	results: dict[str, int] = {}
	fill(slot, base)
	browser = only != "site" and (CHECKOUT / "e2e").is_dir()
	clean_site = slot.path / "clean_site"
	if browser and only != "e2e":
		with TELL.step("Keeping a copy of it for the browser tests"):
			slot.stop()
			slot.save_to(clean_site)
			slot.up()
	if only != "e2e":
		TELL.say(f"Site tests: run-tests --app {APP}")
		results["site tests"] = run_site_tests(slot)
	if browser:
		if only != "e2e":
			with TELL.step("Putting the fresh site back"):
				slot.restore_from(clean_site)
				slot.up()
		results["browser tests"] = run_browser_tests(slot)
	elif only != "site":
		TELL.say("No e2e/ in this checkout: no browser tests.")
	for what, code in results.items():
		TELL.say(f"{what}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
	return 0 if results and not any(results.values()) else 1


def run_site_tests(slot: Slot) -> int:
	"""Runs our tests inside the site, shows them live, and counts them: none found is a failure."""
	command = slot.frappe_command(["--site", slot.site, "run-tests", "--app", APP, "--skip-test-records"])
	# Frappe ends with a code that tells of failures only where CI is set
	environment = slot.environment() | {"CI": "1"}
	count = 0
	pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
	with running(command, cwd=slot.sites, env=environment, text=True, errors="replace", **pipes) as process:
		for line in process.stdout or ():
			print(line, end="", flush=True)
			if match := re.match(r"Ran (\d+) tests? in", line):
				count += int(match[1])
		code = process.wait()
	if code == 0 and count == 0:
		TELL.say(f"run-tests found no test in {APP}: that counts as a failure.")
		return 1
	return code


def run_browser_tests(slot: Slot) -> int:
	"""Serves the site and runs pytest on e2e/ against it."""
	python = python_with_pytest()
	with TELL.step("Serving the site"):
		address = slot.start_web()
		slot.start_jobs(scheduler=False)
	environment = slot.environment() | {
		"MX_BASE_URL": address,
		"MX_SITE": slot.site,
		"MX_SITES_PATH": str(slot.sites),
		"MX_BENCH_PYTHON": str(slot.env.python),
		"MX_ADMIN_PASSWORD": ADMIN_PASSWORD,
		"CHROMIUM": os.environ.get("CHROMIUM") or find_browser(),
	}
	TELL.say("Browser tests: pytest e2e")
	try:
		with running([python, "-m", "pytest", "e2e"], cwd=CHECKOUT, env=environment) as process:
			return process.wait()
	finally:
		slot.stop("web", "realtime", "worker")


def find_browser() -> str:
	names = ("chromium", "chromium-browser", "google-chrome")
	return next(filter(None, map(shutil.which, names)), None) or find_program(names[0], "chromium")


def python_with_pytest() -> str:
	for python in (sys.executable, str(CHECKOUT / ".venv" / "bin" / "python")):
		if os.path.exists(python):
			asked = subprocess.run(
				[python, "-c", "import pytest, playwright"], capture_output=True, check=False
			)
			if asked.returncode == 0:
				return python
	raise Trouble("The browser tests need pytest and playwright in .venv. Make it with: make .venv")


def command_demo(arguments: argparse.Namespace) -> int:
	"""A site with sample data to look at, until Ctrl-C; the next start shows the same site."""
	bench, env, base = prepare()
	slot = Slot("demo", bench, env)
	with lock("demo", "The demo of this checkout runs already."):
		try:
			port = free_port(arguments.port)
			if port != arguments.port:
				TELL.say(f"Port {arguments.port} is taken.")
			told = slot.path / "what_to_see.json"
			if arguments.fresh or not told.is_file() or not slot.has_site:
				fill(slot, base, port)
				with TELL.step("Adding sample data"):
					slot.call(SAMPLE_DATA, password=DEMO_PASSWORD)
					slot.frappe_quietly(["--site", slot.site, "enable-scheduler"], "enable-scheduler")
					told.write_text(json.dumps(what_to_see(slot), indent=1) + "\n")
			else:
				bring_up(slot, base, port)
			with TELL.step("Serving the site"):
				address = slot.start_web()
				slot.start_jobs(scheduler=True)
			introduce(address, json.loads(told.read_text()))
			with contextlib.suppress(KeyboardInterrupt):
				while slot.runs("web") and slot.is_up:
					time.sleep(1)
			TELL.say("\nThe demo has stopped. Started again, it shows the same site.")
			return 0
		finally:
			slot.stop()


def what_to_see(slot: Slot) -> dict[str, list[list[str]]]:
	"""Who can log in to the demo, and the pages worth opening: those of the customer with the most notes."""
	people = slot.call(
		"frappe.get_all",
		doctype="User",
		filters={"user_type": "System User", "enabled": 1, "name": ["not in", ["Administrator", "Guest"]]},
		fields=["name", "full_name"],
		order_by="creation",
	)
	manages = {"doctype": "Has Role", "filters": {"role": MANAGER_ROLE, "parenttype": "User"}}
	managers = slot.call("frappe.get_all", **manages, pluck="parent")
	noted = slot.call("frappe.get_all", doctype="Personal Note", pluck="customer", order_by="name")
	pages = []
	for customer, _count in Counter(noted).most_common(1):
		pages.append(["app/customer/" + quote(customer), "a customer, with what colleagues heard"])
		of_customer = {"doctype": "Sales Invoice", "filters": {"customer": customer}}
		invoices = slot.call("frappe.get_all", **of_customer, pluck="name", order_by="creation desc", limit=1)
		pages += [
			["app/sales-invoice/" + quote(name), "an invoice of the same customer"] for name in invoices
		]
	return {
		"logins": [
			[one["name"], DEMO_PASSWORD, one["full_name"] + (", manager" if one["name"] in managers else "")]
			for one in people
		],
		"pages": [*pages, ["app/micro-experiences", "the workspace: promises, gestures, budgets, reports"]],
	}


def introduce(address: str, see: dict[str, list[list[str]]]) -> None:
	"""Says where the demo is, who may log in and what to look at."""
	TELL.say(f"\nMicro Experiences runs at {address} (Ctrl-C stops it)\n\nLog in as")
	for user, password, who in [*see["logins"], ["Administrator", ADMIN_PASSWORD, "everything"]]:
		TELL.say(f"  {user:<20} {password:<8} {who}")
	TELL.say("\nLook at")
	for page, what in see["pages"]:
		TELL.say(f"  {address}/{page}\n      {what}")
	TELL.say()


def slot_of(site: str) -> str:
	"""The slot that a site name or a slot name means."""
	name = site.removesuffix(".localhost")
	if name not in SLOTS:
		raise Trouble(f"There is no site {site} here. There are: {', '.join(SLOTS)}")
	return name


def command_up(arguments: argparse.Namespace) -> int:
	bench, env, base = prepare()
	slot = Slot(slot_of(arguments.site), bench, env)
	if slot.is_up:
		TELL.say(f"{slot.site} is up.")
		return 0
	with lock(slot.name, f"A {slot.name} run of this checkout is under way."):
		bring_up(slot, base)
	state = slot.state
	TELL.say(f"{slot.site} is up: MariaDB on port {state['mariadb_port']}, sites in {slot.sites}")
	return 0


@contextlib.contextmanager
def brought_up(site: str) -> Iterator[Slot]:
	"""The slot of a site with its servers running; servers that were down go down again afterwards."""
	bench, env, base = prepare()
	slot = Slot(slot_of(site), bench, env)
	if slot.is_up:
		yield slot
		return
	with lock(slot.name, f"A {slot.name} run of this checkout is under way."):
		try:
			bring_up(slot, base)
			yield slot
		finally:
			slot.stop()


def site_and_words(words: list[str]) -> tuple[str, list[str]]:
	"""The site that `--site` names, wherever Frappe's own commands let it stand: first of all; and the other words."""
	if words[:1] == ["--site"] and len(words) > 1:
		return words[1], words[2:]
	if words and words[0].startswith("--site="):
		return words[0].removeprefix("--site="), words[1:]
	return "test", words


def command_bench(arguments: argparse.Namespace) -> int:
	"""Any command of Frappe's, in the slot whose site it names."""
	site, words = site_and_words(arguments.words)
	if "build" in words[:1]:
		raise Trouble(
			"build would write into your bench. Our own assets are built by test, demo, up and serve."
		)
	with brought_up(site) as slot:
		command = slot.frappe_command(["--site", slot.site, *words])
		with running(command, cwd=slot.sites, env=slot.environment()) as process:
			return process.wait()


def command_python(arguments: argparse.Namespace) -> int:
	"""A script with the Python and the environment of a slot, started in its sites folder as Frappe expects it."""
	site, words = site_and_words(arguments.words)
	if not words:
		raise Trouble("Which script? As in: python benchmarks/form_load.py")
	if (script := Path(words[0])).is_file():
		words[0] = str(script.absolute())
	with brought_up(site) as slot:
		command = [str(slot.env.python), *words]
		with running(command, cwd=slot.sites, env=slot.environment()) as process:
			return process.wait()


def command_serve(arguments: argparse.Namespace) -> int:
	"""Serves a site on 127.0.0.1 until Ctrl-C."""
	bench, env, base = prepare()
	slot = Slot(slot_of(arguments.site), bench, env)
	was_up = slot.is_up
	if slot.runs("web"):
		raise Trouble(f"{slot.site} is served already: http://127.0.0.1:{slot.state['web_port']}")
	try:
		if not was_up:
			bring_up(slot, base, arguments.port)
		elif arguments.port:
			slot.configure(free_port(arguments.port))
		address = slot.start_web()
		TELL.say(f"{slot.site} is at {address} (Administrator, {ADMIN_PASSWORD}); Ctrl-C stops it.")
		with contextlib.suppress(KeyboardInterrupt):
			while slot.runs("web"):
				time.sleep(0.5)
		return 0
	finally:
		slot.stop(*(("web", "realtime") if was_up else ()))


def command_down(_arguments: argparse.Namespace) -> int:
	"""Stops every server that this checkout started, also what a killed run left."""
	for name in SLOTS:
		if stopped := Servers(ROOT / name).stop():
			TELL.say(f"{name}: stopped {', '.join(stopped)}")
	return 0


def command_clean(arguments: argparse.Namespace) -> int:
	"""Stops everything and removes .bench."""
	command_down(arguments)
	shutil.rmtree(ROOT, ignore_errors=True)
	return 0


# -------------------------------------------------------- inside the bench's Python (not for people to call)


def command_call(arguments: argparse.Namespace) -> int:
	"""Calls one function in a site; its result goes to a file, so that nothing printed can spoil it."""
	import frappe

	frappe.init(site=arguments.name)
	frappe.connect()
	try:
		result = frappe.get_attr(arguments.method)(**json.loads(arguments.arguments))
		frappe.db.commit()
		Path(arguments.result).write_text(json.dumps(result, default=str))
	finally:
		frappe.destroy()
	return 0


def command_serve_here(arguments: argparse.Namespace) -> NoReturn:
	"""Serves one site whatever name it is called by, with files and assets, on 127.0.0.1 only."""
	import frappe.app
	from frappe.middlewares import StaticDataMiddleware
	from werkzeug.middleware.shared_data import SharedDataMiddleware
	from werkzeug.serving import make_server

	sites = os.getcwd()
	frappe.app._site = arguments.name
	frappe.app._sites_path = sites
	application = SharedDataMiddleware(frappe.app.application, {"/assets": os.path.join(sites, "assets")})
	application = StaticDataMiddleware(application, {"/files": sites})
	make_server("127.0.0.1", arguments.port, application, threaded=True).serve_forever()
	raise SystemExit(0)


# ------------------------------------------------------------------------------------------------------------ main


def parser() -> argparse.ArgumentParser:
	main = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
	commands = main.add_subparsers(dest="command", required=True, metavar="command")

	def add(name: str, run: Callable[[argparse.Namespace], int], **options: Any) -> argparse.ArgumentParser:
		command = commands.add_parser(name, **options)
		command.set_defaults(run=run)
		return command

	test = add("test", command_test, help="site tests, then browser tests, on fresh sites")
	test.add_argument("--keep", action="store_true", help="leave the servers running afterwards")
	test.add_argument("--only", choices=("site", "e2e"), help="only one of the two")
	demo = add("demo", command_demo, help="a site with sample data to look at")
	demo.add_argument("--port", type=int, default=DEMO_PORT)
	demo.add_argument("--fresh", action="store_true", help="throw away the demo site that is there")
	up = add("up", command_up, help="start MariaDB and Redis of a site in the background")
	up.add_argument("--site", default="test", help="test (default), demo or base")
	add("bench", command_bench, help="any bench command, as in: bench --site test.localhost console")
	add("python", command_python, help="a script inside a site, as in: python benchmarks/form_load.py")
	serve = add("serve", command_serve, help="serve a site on 127.0.0.1")
	serve.add_argument("--site", default="test", help="test (default), demo or base")
	serve.add_argument("--port", type=int, default=0)
	add("down", command_down, help="stop every server of this checkout")
	add("clean", command_clean, help="stop everything and remove .bench")
	add("found", command_found, help="say whether there is a bench to borrow from")
	call = add("_call", command_call)
	for name in ("name", "method", "arguments", "result"):
		call.add_argument(name)
	here = add("_serve", command_serve_here)
	here.add_argument("name")
	here.add_argument("port", type=int)
	return main


def end_tidily(number: int, _frame: FrameType | None) -> NoReturn:
	raise SystemExit(128 + number)


def main() -> int:
	words = sys.argv[1:]
	# what follows these is not ours to understand
	ours, theirs = (words[:1], words[1:]) if words[:1] in (["bench"], ["python"]) else (words, [])
	arguments = parser().parse_args(ours)
	arguments.words = theirs
	for number in (signal.SIGTERM, signal.SIGHUP):
		if not arguments.command.startswith("_"):
			signal.signal(number, end_tidily)
	try:
		return arguments.run(arguments)
	except Trouble as trouble:
		print(trouble, file=sys.stderr)
		return 1
	except KeyboardInterrupt:
		print("\nStopped.", file=sys.stderr)
		return 130


if __name__ == "__main__":
	sys.exit(main())
