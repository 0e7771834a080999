"""Find, run, wait for and stop programs, and find ports for them."""

import contextlib
import os
import random
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from own_bench.settings import Problem

# Below the ports that the system gives to outgoing connections, which could take a port before its server does.
PORTS = range(20_000, 32_000)


def find_program(name: str, package: str) -> str:
	"""Return the path of a program; Debian installs servers outside the PATH of ordinary users."""
	places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/libexec"]
	if found := shutil.which(name, path=os.pathsep.join(places)):
		return found
	raise Problem(f"{name} is missing. Install it: apt-get install {package}")


def start_time(pid: int) -> str:
	"""Return when a process started, which no later process with its number shares; "" if it has ended."""
	with contextlib.suppress(ChildProcessError):
		os.waitpid(pid, os.WNOHANG)  # A child that has ended is a zombie until it is waited for.
	try:
		fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
		boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
	except OSError:
		return ""
	return "" if fields[0] == "Z" else f"{boot} {fields[19]}"


def is_running(pid: int, started: str) -> bool:
	"""Return whether the process that began at `started` (see `start_time`) still runs."""
	return bool(started) and start_time(pid) == started


def stop_process(pid: int, started: str) -> None:
	"""Stop a process that this tool started, with its group; kill it after 40 seconds."""
	for number, wait in ((signal.SIGTERM, 40), (signal.SIGKILL, 10)):
		if not is_running(pid, started):
			return
		with contextlib.suppress(ProcessLookupError, PermissionError):
			os.killpg(pid, number)
		wait_until(lambda: not is_running(pid, started), wait)


@contextlib.contextmanager
def ignore_interrupts() -> Iterator[None]:
	"""Finish cleaning up even if the developer presses Ctrl-C a second time."""
	before = signal.signal(signal.SIGINT, signal.SIG_IGN)
	try:
		yield
	finally:
		signal.signal(signal.SIGINT, before)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
	"""Wait for a condition for at most `seconds`, and return whether it was met."""
	end = time.monotonic() + seconds
	while not (reached := condition()) and time.monotonic() < end:
		time.sleep(0.05)
	return reached


def tail(file: Path, lines: int = 40) -> str:
	"""Return the last lines of a file; "" if it cannot be read."""
	try:
		return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])
	except OSError:
		return ""


def run_quietly(command: list[str], what: str, log: Path, **options: Any) -> None:
	"""Run a command with its output in `log`; if it fails, raise its last lines."""
	log.parent.mkdir(parents=True, exist_ok=True)
	with log.open("a") as out:
		out.write(f"\n$ {shlex.join(command)}\n")
		out.flush()
		options = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": subprocess.STDOUT} | options
		with running(command, **options) as process:
			code = process.wait()
	if code:
		raise Problem(f"{what} failed (exit code {code}). Last lines of {log}:\n\n{tail(log)}")


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[Any]]:
	"""Start a command and stop it at the end of the block."""
	process = subprocess.Popen(command, **options)
	try:
		yield process
	finally:
		if process.poll() is None:
			process.terminate()
			try:
				process.wait(timeout=60)
			except subprocess.TimeoutExpired:
				process.kill()
				process.wait()


def free_port(wanted: int = 0) -> int:
	"""Return `wanted` if it is free, otherwise any free port of 127.0.0.1."""
	for port in [*([wanted] if wanted else []), *random.sample(PORTS, 50)]:
		with socket.socket() as probe:
			probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
			with contextlib.suppress(OSError):
				probe.bind(("127.0.0.1", port))
				return port
	raise Problem("There is no free port on 127.0.0.1.")


def answers(port: int, question: bytes = b"") -> bool:
	"""Return whether a server sends a greeting on this port, or answers the question."""
	try:
		with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
			connection.sendall(question)
			return bool(connection.recv(16))
	except OSError:
		return False


def http_status(url: str) -> int:
	"""Return the HTTP status of a page, 0 if no server answers."""
	try:
		with urllib.request.urlopen(url, timeout=30) as page:
			return int(page.status)
	except urllib.error.HTTPError as error:
		return error.code
	except OSError:
		return 0
