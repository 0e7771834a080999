"""`python -m preview`: what it prints, that it keeps its data, and how it fails."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from preview import web
from preview.store import Store

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "preview"]


class Started:
	"""A preview in a process of its own. `printed` is its output until it was ready."""

	def __init__(self, *arguments):
		command = [*COMMAND, *map(str, arguments)]
		pipe = subprocess.PIPE
		self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
		self.printed = ""
		while "You are" not in self.printed:
			line = self.process.stdout.readline()
			if not line:
				break
			self.printed += line
		self.address = (re.search(r"http://127\.0\.0\.1:\d+", self.printed) or [""])[0]

	def get(self, path):
		return urllib.request.urlopen(self.address + path, timeout=60).read().decode()

	def stop(self, sign=signal.SIGINT):
		"""Return the exit status, the last output and the errors."""
		self.process.send_signal(sign)
		out, err = self.process.communicate(timeout=60)
		return self.process.returncode, out, err


@pytest.fixture
def start(tmp_path):
	started = []

	def start_(*arguments):
		started.append(Started("--data", tmp_path / "preview.sqlite3", *arguments))
		return started[-1]

	yield start_
	for one in started:
		if one.process.poll() is None:
			one.process.kill()
			one.process.communicate()


def fails(*arguments, **options):
	"""Return the exit status and the last line of a start that fails."""
	command = [*COMMAND, *map(str, arguments)]
	done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, **options)
	assert "Traceback" not in done.stderr
	return done.returncode, done.stderr.splitlines()[-1]


@pytest.fixture
def port():
	with socket.socket() as free:
		free.bind(("127.0.0.1", 0))
		return free.getsockname()[1]


def test_start_prints_the_address_and_how_to_start_over(start, port):
	preview = start("--port", port)
	assert "Adding sample data" in preview.printed and preview.address
	assert "--fresh" in preview.printed.split(preview.address)[1]
	assert "You are Priya Nair (sales)" in preview.printed and "Maya Lindqvist (manager)" in preview.printed
	assert "Harbour Street Books" in preview.get("/")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stop_prints_one_line(start, port, sign):
	status, out, err = start("--port", port).stop(sign)
	assert (status, err, out.strip()) == (0, "", "The preview has stopped. Your data is saved.")


def test_second_start_shows_the_same_data_and_fresh_replaces_it(start, port, tmp_path):
	start("--port", port).stop()
	with Store(tmp_path / "preview.sqlite3").writing() as db:
		db.run('update "tabCustomer" set customer_name = ? where name = ?', "Renamed", "Old Mill Bakery")
	again = start("--port", port)
	assert "Adding sample data" not in again.printed and "Renamed" in again.get("/app/customer")
	again.stop()
	fresh = start("--port", port, "--fresh")
	assert "Adding sample data" in fresh.printed and "Renamed" not in fresh.get("/app/customer")


def test_second_preview_uses_another_port(start, port):
	first, second = start("--port", port), start("--port", port)
	assert f"Port {port} is in use" in second.printed and second.address not in ("", first.address)
	assert "Harbour Street Books" in second.get("/app/customer")


def test_preview_listens_on_loopback(port):
	bound = web.listen(port)
	assert bound.getsockname()[0] == "127.0.0.1"
	bound.close()


@pytest.mark.parametrize(
	("arguments", "words"),
	[(("--port", "high"), "'high' is not a port"), (("--port", "70000"), "'70000' is not a port")],
)
def test_wrong_port_is_refused(arguments, words):
	status, line = fails(*arguments)
	assert status == 2 and words in line


def test_file_of_another_program_is_left_alone(tmp_path):
	path = tmp_path / "letter.txt"
	path.write_text("Dear Olivia")
	status, line = fails("--data", path, "--fresh")
	assert status == 1 and str(path) in line
	assert path.read_text() == "Dear Olivia"


def test_missing_package_is_named(tmp_path):
	(tmp_path / "flask.py").write_text("raise ModuleNotFoundError(name='flask')")
	status, line = fails(env={"PYTHONPATH": str(tmp_path)})
	assert (status, line) == (1, 'flask is missing. Install it with: pip install -e ".[preview]"')
