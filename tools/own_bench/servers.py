"""Start the servers of a slot on 127.0.0.1: MariaDB, Redis, the site, realtime messages and jobs."""

import getpass
import os
import shlex
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from own_bench.processes import (
	answers,
	find_program,
	free_port,
	http_status,
	start_time,
	stop_process,
	tail,
	wait_until,
)
from own_bench.settings import ENTRY, LOOPBACK, Problem
from own_bench.slot import Servers, Slot, root_password

MARIADB_OPTIONS = (
	"--bind-address=127.0.0.1",
	"--skip-name-resolve",
	"--character-set-server=utf8mb4",
	"--collation-server=utf8mb4_unicode_ci",
	"--max-connections=300",
	"--max-allowed-packet=64M",
	"--innodb-buffer-pool-size=256M",
	"--innodb-log-file-size=48M",
)
# A test site may be lost with the power, though not with a killed process: do not wait for the disk.
FAST_OPTIONS = (
	"--loose-innodb-flush-log-at-trx-commit=0",
	"--loose-innodb-flush-method=nosync",
	"--loose-skip-innodb-doublewrite",
	"--loose-debug-no-sync",
)


def start_databases(slot: Slot, web_port: int = 0) -> None:
	"""Start MariaDB and Redis, and stop what a killed run may have left."""
	slot.stop()
	# The path of a socket may have no more than about 100 characters.
	parent = tempfile.gettempdir()
	slot.remember(sockets=tempfile.mkdtemp(prefix="own-bench-", dir=parent if len(parent) < 60 else "/tmp"))
	_start_mariadb(slot)
	for kind in ("redis_cache", "redis_queue"):
		_start(slot, kind, lambda port: redis_command(slot, port), lambda port: answers(port, b"PING\r\n"))
	slot.configure(free_port(web_port))


def _start_mariadb(slot: Slot) -> None:
	server = find_program("mariadbd", "mariadb-server")
	find_program("mariadb", "mariadb-client")  # Frappe loads the first tables of a new site with it.
	user = [f"--user={getpass.getuser()}"] if os.geteuid() == 0 else []
	options = [*MARIADB_OPTIONS, *(() if slot.name == "demo" else FAST_OPTIONS), *user]
	options += shlex.split(os.environ.get("MX_MARIADB_OPTIONS", ""))
	sockets = Path(slot.state["sockets"])
	setup = sockets / "root.sql"
	if not (slot.datadir / "mysql").is_dir():
		slot.datadir.mkdir(parents=True, exist_ok=True, mode=0o700)
		install = [
			find_program("mariadb-install-db", "mariadb-server"),
			"--no-defaults",
			f"--datadir={slot.datadir}",
			"--auth-root-authentication-method=normal",
			"--skip-test-db",
			"--innodb-log-file-size=48M",
		]
		slot.run_quietly([*install, *user], "mariadb-install-db", "mariadb", cwd=slot.path)
		setup.touch(mode=0o600)
		setup.write_text(
			f"CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '{root_password()}';\n"
			"GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
			f"ALTER USER root@localhost IDENTIFIED BY '{root_password()}';\n"
			"DROP USER IF EXISTS ''@localhost;\n"
			"FLUSH PRIVILEGES;\n"
		)
		options.append(f"--init-file={setup}")

	def command(port: int) -> list[str]:
		places = [
			f"--datadir={slot.datadir}",
			f"--tmpdir={slot.path / 'tmp'}",
			f"--socket={sockets / 'mariadb.sock'}",
			f"--pid-file={sockets / 'mariadb.pid'}",
			f"--port={port}",
		]
		return [server, "--no-defaults", *places, *options]

	_start(slot, "mariadb", command, answers)
	setup.unlink(missing_ok=True)


def redis_command(slot: Servers, port: int) -> list[str]:
	"""Return the command that starts a Redis on `port` without persistence."""
	server = find_program("redis-server", "redis-server")
	command = [server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(slot.path / "tmp")]
	return [*command, "--save", "", "--appendonly", "no"]


def _start(
	slot: Slot,
	kind: str,
	command: Callable[[int], list[str]],
	ready: Callable[[int], bool],
	port: int = 0,
	**options: Any,
) -> int:
	"""Start a server on a free port, again if another program takes that port first; return the port."""
	options = {"cwd": slot.path, "env": slot.environment()} | options
	for _attempt in range(3):
		port = free_port(port)
		process: subprocess.Popen[Any] = slot.spawn(kind, command(port), **options)
		wait_until(lambda port=port, process=process: process.poll() is not None or ready(port), 120)
		if process.poll() is None and ready(port):
			slot.remember(**{f"{kind}_port": port})
			return port
		stop_process(process.pid, start_time(process.pid))
		if "in use" not in tail(slot.logs / f"{kind}.log", 10):
			break
	raise Problem(f"{kind} did not start. Last lines:\n\n{tail(slot.logs / f'{kind}.log', 15)}")


def start_web(slot: Slot) -> str:
	"""Serve the site and Frappe's realtime messages, and return the address of the site."""
	_start_realtime(slot)

	def command(port: int) -> list[str]:
		slot.configure(port)
		return [str(slot.env.python), str(ENTRY), "_serve", slot.site, str(port)]

	# Without DEV_SERVER the page looks for the realtime server on the port of the site.
	port = _start(
		slot,
		"web",
		command,
		lambda port: http_status(f"http://127.0.0.1:{port}/api/method/ping") == 200,
		slot.state["web_port"],
		cwd=slot.sites,
		env=slot.environment() | {"DEV_SERVER": "1"},
	)
	return f"http://127.0.0.1:{port}"


def _start_realtime(slot: Slot) -> None:
	"""Start Frappe's server of realtime messages, without which the Desk does not open a form a second time."""
	node = find_program("node", "nodejs")
	server = slot.bench.path / "apps" / "frappe" / "socketio.js"

	def command(port: int) -> list[str]:
		slot.remember(realtime_port=port)
		slot.configure(slot.state["web_port"])
		# Cached pages of an earlier start may name another port.
		answers(slot.state["redis_cache_port"], b"FLUSHALL\r\n")
		return [node, "--require", str(LOOPBACK), str(server)]

	_start(slot, "realtime", command, is_realtime, slot.state.get("realtime_port", 0))


def is_realtime(port: int) -> bool:
	"""Return whether the server of realtime messages answers on this port."""
	return http_status(f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling") == 200


def start_jobs(slot: Slot, scheduler: bool) -> None:
	"""Start a background worker, and with `scheduler` Frappe's scheduler."""
	for kind in ("worker", "schedule") if scheduler else ("worker",):
		slot.spawn(kind, slot.frappe_command([kind]), cwd=slot.sites, env=slot.environment())
