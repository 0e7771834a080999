"""Starts the servers of a slot, all of them on 127.0.0.1: MariaDB, Redis, the site, realtime messages, jobs."""

import getpass
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from own_bench.files import short_folder
from own_bench.processes import (
	answers,
	birth_of,
	find_program,
	free_port,
	http_status,
	stop_process,
	tail,
	wait_until,
)
from own_bench.settings import ENTRY, LOOPBACK, Trouble
from own_bench.slot import Servers, Slot, root_password

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


def start_databases(slot: Slot, web_port: int = 0) -> None:
	"""Starts MariaDB and Redis, after whatever a killed run may have left is stopped."""
	slot.stop()
	slot.remember(sockets=str(short_folder()))
	_start_mariadb(slot)
	for kind in ("redis_cache", "redis_queue"):
		_start_redis(slot, kind)
	slot.configure(free_port(web_port))


def _start_mariadb(slot: Slot) -> None:
	server = find_program("mariadbd", "mariadb-server")
	find_program("mariadb", "mariadb-client")  # Frappe loads a new site's first tables with it
	fresh = not (slot.datadir / "mysql").is_dir()
	if fresh:
		_make_datadir(slot)
	sockets = Path(slot.state["sockets"])
	first_words = sockets / "root.sql"
	first_words.touch(mode=0o600)
	first_words.write_text(
		f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{root_password()}';\n"
		"GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
		f"ALTER USER root@localhost IDENTIFIED BY '{root_password()}';\n"
		"DROP USER IF EXISTS ''@localhost;\n"
		"FLUSH PRIVILEGES;\n"
	)
	options = [*SERVER_OPTIONS, *(() if slot.name == "demo" else CARELESS_OPTIONS)]
	options += shlex.split(os.environ.get("MX_MARIADB_OPTIONS", ""))
	if fresh:
		options.append(f"--init-file={first_words}")
	if os.geteuid() == 0:
		options.append(f"--user={getpass.getuser()}")

	def start() -> tuple[int, subprocess.Popen[Any]]:
		port = free_port()
		places = [
			f"--datadir={slot.datadir}",
			f"--tmpdir={slot.path / 'tmp'}",
			f"--socket={sockets / 'mariadb.sock'}",
			f"--pid-file={sockets / 'mariadb.pid'}",
			f"--port={port}",
		]
		return port, slot.start_here("mariadb", [server, options[0], *places, *options[1:]], slot.path)

	_start(slot, "mariadb", start, answers)
	first_words.unlink()


def _make_datadir(slot: Slot) -> None:
	command = [
		find_program("mariadb-install-db", "mariadb-server"),
		"--no-defaults",
		f"--datadir={slot.datadir}",
		"--auth-root-authentication-method=normal",
		"--skip-test-db",
		"--innodb-log-file-size=48M",
	]
	if os.geteuid() == 0:
		command.append(f"--user={getpass.getuser()}")
	slot.datadir.mkdir(parents=True, exist_ok=True, mode=0o700)
	slot.run_quietly(command, "mariadb-install-db", slot.logs / "mariadb.log", cwd=slot.path)


def _start_redis(slot: Slot, kind: str) -> None:
	def start() -> tuple[int, subprocess.Popen[Any]]:
		port = free_port()
		return port, slot.start_here(kind, redis_command(slot, port), slot.path)

	_start(slot, kind, start, lambda port: answers(port, b"PING\r\n"))


def redis_command(slot: Servers, port: int) -> list[str]:
	"""A Redis on `port` that keeps nothing."""
	server = find_program("redis-server", "redis-server")
	command = [server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(slot.path / "tmp")]
	return [*command, "--save", "", "--appendonly", "no"]


def _start(
	slot: Slot,
	kind: str,
	start: Callable[[], tuple[int, subprocess.Popen[Any]]],
	ready: Callable[[int], bool],
) -> None:
	"""Starts a server on a free port; tries again when somebody took that port in between."""
	for _attempt in range(3):
		port, process = start()
		wait_until(lambda port=port, process=process: process.poll() is not None or ready(port), 90)
		if process.poll() is None and ready(port):
			slot.remember(**{f"{kind}_port": port})
			return
		stop_process(process.pid, birth_of(process.pid))
		if "in use" not in tail(slot.logs / f"{kind}.log", 10):
			break
	raise Trouble(f"{kind} did not start. Its last lines:\n\n{tail(slot.logs / f'{kind}.log', 15)}")


def start_web(slot: Slot) -> str:
	"""Serves the site and Frappe's realtime messages on 127.0.0.1 and returns the address of the site."""
	_start_realtime(slot)
	port = slot.state["web_port"]
	command = [str(slot.env.python), str(ENTRY), "_serve", slot.site, str(port)]
	# as `bench start` sets it: otherwise the page looks for the realtime server on the port of the site
	environment = slot.environment() | {"DEV_SERVER": "1"}
	process = slot.spawn("web", command, cwd=slot.sites, env=environment)
	address = f"http://127.0.0.1:{port}"
	ping = f"{address}/api/method/ping"
	wait_until(lambda: process.poll() is not None or http_status(ping) == 200, 120)
	if process.poll() is not None or http_status(ping) != 200:
		raise Trouble(f"{address} does not answer. Its last lines:\n\n{tail(slot.logs / 'web.log')}")
	return address


def _start_realtime(slot: Slot) -> None:
	"""Frappe's own server of realtime messages. Without it the Desk does not open a form a second time."""
	node = find_program("node", "nodejs")
	server = slot.bench.path / "apps" / "frappe" / "socketio.js"

	def start() -> tuple[int, subprocess.Popen[Any]]:
		port = free_port(slot.state.get("realtime_port", 0))
		slot.remember(realtime_port=port)
		slot.configure(slot.state["web_port"])
		# pages of an earlier start may still name another port
		answers(slot.state["redis_cache_port"], b"FLUSHALL\r\n")
		return port, slot.start_here("realtime", [node, "--require", str(LOOPBACK), str(server)], slot.path)

	def ready(port: int) -> bool:
		return http_status(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling") == 200

	_start(slot, "realtime", start, ready)


def start_jobs(slot: Slot, scheduler: bool) -> None:
	slot.start_here("worker", slot.frappe_command(["worker"]), slot.sites)
	if scheduler:
		slot.start_here("schedule", slot.frappe_command(["schedule"]), slot.sites)
