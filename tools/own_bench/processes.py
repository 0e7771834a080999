"""Programs: found, run, waited for, stopped; and the ports they listen on."""

import contextlib
import os
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

from own_bench.settings import Trouble


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
