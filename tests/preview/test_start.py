"""`python -m preview`: it says what it does and where it is, goes on where it was, and fails in one line."""

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


class Started:
	"""A preview in a process of its own; `said` is what it printed until it was ready."""

	def __init__(self, *arguments):
		self.process = subprocess.Popen(
			[sys.executable, "-m", "preview", *map(str, arguments)],
			cwd=ROOT,
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)
		self.said = ""
		while "app/outbox" not in self.said:
			line = self.process.stdout.readline()
			if not line:
				break
			self.said += line
		self.address = (re.search(r"http://127\.0\.0\.1:\d+", self.said) or [""])[0]

	def get(self, path):
		return urllib.request.urlopen(self.address + path, timeout=10).read().decode()

	def stop(self, sign=signal.SIGINT):
		"""(exit status, what it printed at last, what it complained of)"""
		self.process.send_signal(sign)
		out, err = self.process.communicate(timeout=20)
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


def fails(*arguments):
	"""(exit status, the one line) of a start that cannot begin."""
	done = subprocess.run(
		[sys.executable, "-m", "preview", *map(str, arguments)],
		cwd=ROOT,
		capture_output=True,
		text=True,
		timeout=60,
	)
	assert done.stderr.count("\n") == 1, done.stderr
	return done.returncode, done.stderr


@pytest.fixture
def port():
	with socket.socket() as free:
		free.bind(("127.0.0.1", 0))
		return free.getsockname()[1]


def test_it_says_each_step_the_address_and_what_to_look_at(start, port):
	preview = start("--port", port)
	for step in ("Loading the rules", "Opening", "Adding sample data", "Serving the pages"):
		assert re.search(rf"\[ 0:\d\d\] {step}.* \d+\.\d s\n", preview.said), step
	assert preview.address == f"http://127.0.0.1:{port}"
	assert "You are Priya Nair (sales)" in preview.said and "Maya Lindqvist (manager)" in preview.said
	for page in re.findall(r"http://[\d.:]+(/app\S*)", preview.said):
		assert "This is a preview, not ERPNext" in preview.get(page)
	assert "Harbour Street Books" in preview.get("/")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_one_line(start, port, sign):
	preview = start("--port", port)
	preview.get("/app/customer")
	status, out, err = preview.stop(sign)
	assert (status, err) == (0, "")
	assert out.strip() == "The preview has stopped. Started again, it shows the same data."


def test_it_can_be_stopped_before_it_is_ready(tmp_path):
	starting = subprocess.Popen(
		[sys.executable, "-m", "preview", "--data", tmp_path / "preview.sqlite3"],
		cwd=ROOT,
		stdout=subprocess.PIPE,
		stderr=subprocess.PIPE,
		text=True,
	)
	assert starting.stdout.read(10) == "[ 0:00] Lo"
	starting.send_signal(signal.SIGINT)
	out, err = starting.communicate(timeout=20)
	assert (starting.returncode, err) == (0, "")
	assert "The preview has stopped." in out and "http" not in out


def test_started_again_it_shows_the_same_data_and_fresh_it_begins_anew(start, port, tmp_path):
	start("--port", port).stop()
	with Store(tmp_path / "preview.sqlite3").writing() as db:
		db.run('update "tabCustomer" set customer_name = ? where name = ?', "Renamed", "Old Mill Bakery")
	again = start("--port", port)
	assert "Adding sample data" not in again.said and "Renamed" in again.get("/app/customer")
	again.stop()
	fresh = start("--port", port, "--fresh")
	assert "Adding sample data" in fresh.said and "Renamed" not in fresh.get("/app/customer")


def test_a_second_one_on_the_same_file_takes_the_next_port_and_says_so(start, port):
	first, second = start("--port", port), start("--port", port)
	assert f"Port {port} is taken; this is" in second.said
	assert second.address and second.address != first.address
	assert "Harbour Street Books" in first.get("/app/customer")
	assert "Harbour Street Books" in second.get("/app/customer")


def test_it_listens_on_this_machine_only(port):
	bound = web.listen(port)
	assert bound.getsockname() == ("127.0.0.1", port)
	bound.close()


@pytest.mark.parametrize(
	("arguments", "words"),
	[
		(("--port", "high"), "'high' is no port: choose a number from 1 to 65535"),
		(("--port", "0"), "'0' is no port"),
		(("--port", "70000"), "'70000' is no port"),
		(("--colour", "red"), "unrecognized arguments: --colour red"),
	],
)
def test_an_argument_that_cannot_be_is_told_in_one_line(arguments, words):
	status, line = fails(*arguments)
	assert status == 2 and words in line


def test_a_file_of_another_program_is_left_alone_also_by_a_fresh_start(tmp_path):
	path = tmp_path / "letter.txt"
	path.write_text("Dear Olivia")
	status, line = fails("--data", path, "--fresh")
	assert status == 1 and "is not a file of the preview" in line
	assert path.read_text() == "Dear Olivia"


def test_without_flask_it_says_what_to_do(tmp_path):
	(tmp_path / "flask.py").write_text("raise ModuleNotFoundError(name='flask')")
	done = subprocess.run(
		[sys.executable, "-m", "preview"],
		cwd=ROOT,
		env={"PYTHONPATH": str(tmp_path)},
		capture_output=True,
		text=True,
		timeout=60,
	)
	assert (done.returncode, done.stderr) == (
		1,
		'flask is missing. The remedy: pip install -e ".[preview]"\n',
	)
