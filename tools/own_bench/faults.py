"""Faults of the servers and tables of a site, which are undone afterwards. They affect only servers of this checkout."""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from own_bench.processes import answers, find_program, stop_process, wait_until
from own_bench.servers import is_realtime, redis_command
from own_bench.settings import Problem
from own_bench.slot import Servers, root_password

NOTE = "`tabPersonal Note`"
SETTINGS = "doctype = 'Micro Experiences Settings'"
# Each fault as SQL, and the SQL that undoes it.
STATEMENTS = {
	"MariaDB is read-only": ("set global read_only = 1", "set global read_only = 0"),
	"a table of the app is missing": (
		f"rename table {NOTE} to `mx_saved`",
		f"rename table `mx_saved` to {NOTE}",
	),
	"a column of the app is missing": (
		f"alter table {NOTE} rename column pinned to mx_saved",
		f"alter table {NOTE} rename column mx_saved to pinned",
	),
	# Every note has an invalid date.
	"a row of the app is damaged": (
		f"create table mx_saved as select name, heard_on from {NOTE};"
		f" set sql_mode = ''; update {NOTE} set heard_on = '0000-00-00'",
		f"update {NOTE} note join mx_saved on mx_saved.name = note.name set note.heard_on = mx_saved.heard_on;"
		" drop table mx_saved",
	),
	# Texts stand where numbers belong. The settings are read again when the caller clears the cache.
	"the settings of the app are damaged": (
		f"create table mx_saved as select * from tabSingles where {SETTINGS};"
		f" update tabSingles set value = '{{three' where {SETTINGS}",
		f"delete from tabSingles where {SETTINGS};"
		" insert into tabSingles select * from mx_saved; drop table mx_saved",
	),
}


class Faults:
	"""The faults of one running slot; each is a context manager that undoes the fault at its end."""

	def __init__(self, slot: Servers, database: str) -> None:
		"""`database`: the name of the site's database."""
		self.slot = slot
		self.database = database

	def all(self) -> dict[str, Callable[[], contextlib.AbstractContextManager[None]]]:
		"""Return every fault by its name."""
		return {
			"Redis cache is down": lambda: self.stopped("redis_cache"),
			"Redis queue is down": lambda: self.stopped("redis_queue"),
			"MariaDB is down": lambda: self.stopped("mariadb"),
			"connections are killed": self.connections_killed,
			"a table of the app is locked": self.table_locked,
			**{name: lambda name=name: self.statement(name) for name in STATEMENTS},
		}

	def sql(self, statement: str) -> str:
		"""Run a statement as root and return its output without headings."""
		options = {"capture_output": True, "text": True, "check": False, "timeout": 60, "env": self._secret()}
		result = subprocess.run([*self._client(), "-e", statement], **options)
		if result.returncode:
			raise Problem(f"{statement}: {result.stderr.strip()}")
		return result.stdout.strip()

	@contextlib.contextmanager
	def statement(self, name: str) -> Iterator[None]:
		"""Run one of STATEMENTS, and undo it."""
		fault, undo = STATEMENTS[name]
		self.sql(fault)
		try:
			yield
		finally:
			self.sql(undo)

	@contextlib.contextmanager
	def stopped(self, kind: str) -> Iterator[None]:
		"""Stop a server; start it again in the same way and on the same port."""
		port = self.slot.state[f"{kind}_port"]
		if kind == "mariadb":
			command = [word for word in self._proc(kind, "cmdline") if not word.startswith("--init-file")]
		else:
			command = redis_command(self.slot, port)
		realtime, variables = self._proc("realtime", "cmdline"), self._proc("realtime", "environ")
		stop_process(**self.slot.state["processes"][kind])
		try:
			yield
		finally:
			self.slot.spawn(kind, command, cwd=self.slot.path)
			question = b"" if kind == "mariadb" else b"PING\r\n"
			if not wait_until(lambda: answers(port, question), 60):
				raise Problem(f"{kind} did not start again.")
			# Frappe's server of realtime messages ends when Redis does.
			if realtime and not self.slot.runs("realtime"):
				environment = dict(variable.split("=", 1) for variable in variables if "=" in variable)
				self.slot.spawn("realtime", realtime, cwd=self.slot.path, env=environment)
				wait_until(lambda: is_realtime(self.slot.state["realtime_port"]), 60)

	def _proc(self, kind: str, file: str) -> list[str]:
		"""Return the command line or the environment of a server; an empty list if it does not run."""
		pid = self.slot.state["processes"].get(kind, {}).get("pid")
		try:
			words = Path(f"/proc/{pid}/{file}").read_text().rstrip("\0")
		except OSError:
			return []
		return words.split("\0") if words else []

	@contextlib.contextmanager
	def connections_killed(self) -> Iterator[None]:
		"""Kill every connection to the database of the site, again and again."""
		done = threading.Event()
		find = (
			f"select id from information_schema.processlist where db = '{self.database}' and user != 'root'"
		)

		def kill():
			while not done.is_set():
				for number in self.sql(find).split():
					with contextlib.suppress(Problem):
						self.sql(f"kill {number}")
				time.sleep(0.01)

		killing = threading.Thread(target=kill)
		killing.start()
		try:
			yield
		finally:
			done.set()
			killing.join()

	@contextlib.contextmanager
	def table_locked(self) -> Iterator[None]:
		"""Block reading and writing notes, as while a large table is altered."""
		options = {"stdin": subprocess.PIPE, "text": True, "env": self._secret()}
		client = subprocess.Popen([*self._client(), "--unbuffered"], **options)
		client.stdin.write(f"lock tables {NOTE} write;\n")
		client.stdin.flush()
		time.sleep(0.5)
		try:
			yield
		finally:
			client.stdin.close()
			client.wait(30)

	def _client(self) -> list[str]:
		port = self.slot.state["mariadb_port"]
		options = ["--no-defaults", "--batch", "--skip-column-names", "--host=127.0.0.1", f"--port={port}"]
		return [find_program("mariadb", "mariadb-client"), *options, "--user=root", self.database]

	@staticmethod
	def _secret() -> dict[str, str]:
		return {**os.environ, "MYSQL_PWD": root_password()}
