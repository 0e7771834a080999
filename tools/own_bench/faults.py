"""Breaks what a site stands on, and mends it again: servers stopped, a database that only reads, our tables half migrated.

The servers are those of this checkout alone, so that nobody else is harmed.
"""

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from own_bench.processes import answers, find_program, http_status, stop_process, wait_until
from own_bench.servers import redis_command
from own_bench.settings import Trouble
from own_bench.slot import Servers, root_password

NOTE = "`tabPersonal Note`"


class Faults:
	"""The faults of one running slot; each is a context manager, and undone when it is left."""

	def __init__(self, slot: Servers, database: str) -> None:
		"""`database`: the name of the site's database."""
		self.slot = slot
		self.database = database

	def all(self) -> dict[str, Callable[[], contextlib.AbstractContextManager[None]]]:
		"""Every fault, by its name in plain words."""
		return {
			"Redis cache is down": lambda: self.stopped("redis_cache"),
			"Redis queue is down": lambda: self.stopped("redis_queue"),
			"MariaDB is down": lambda: self.stopped("mariadb"),
			"MariaDB only reads": self.read_only,
			"connections are killed": self.connections_killed,
			"a table of ours is locked": self.table_locked,
			"a table of ours is missing": self.table_missing,
			"a column of ours is missing": self.column_missing,
			"a row of ours is damaged": self.row_damaged,
			"our settings are damaged": self.settings_damaged,
		}

	def sql(self, statement: str) -> str:
		"""What the root of MariaDB is answered, without headings."""
		asked = subprocess.run(
			[*self._client(), "-e", statement],
			capture_output=True,
			text=True,
			check=False,
			timeout=60,
			env=self._secret(),
		)
		if asked.returncode:
			raise Trouble(f"{statement}: {asked.stderr.strip()}")
		return asked.stdout.strip()

	@contextlib.contextmanager
	def stopped(self, kind: str) -> Iterator[None]:
		"""A server is stopped, and started again as it was, on its port."""
		known = self.slot.state["processes"][kind]
		if kind == "mariadb":
			command = [word for word in self._command(kind) if not word.startswith("--init-file")]
		else:
			command = redis_command(self.slot, self.slot.state[f"{kind}_port"])
		realtime, environment = self._command("realtime"), self._environment("realtime")
		stop_process(**known)
		try:
			yield
		finally:
			self.slot.spawn(kind, command, cwd=self.slot.path)
			question = b"" if kind == "mariadb" else b"PING\r\n"
			if not wait_until(lambda: answers(self.slot.state[f"{kind}_port"], question), 60):
				raise Trouble(f"{kind} did not start again.")
			# Frappe's server of realtime messages ends without Redis.
			if realtime and not self._command("realtime"):
				self.slot.spawn("realtime", realtime, cwd=self.slot.path, env=environment)
				page = (
					f"http://127.0.0.1:{self.slot.state['realtime_port']}/socket.io/?EIO=4&transport=polling"
				)
				wait_until(lambda: http_status(page) == 200, 60)

	def _command(self, kind: str) -> list[str]:
		"""The words with which a server of the slot was started; none where it does not run."""
		return self._told(kind, "cmdline")

	def _environment(self, kind: str) -> dict[str, str]:
		return dict(word.split("=", 1) for word in self._told(kind, "environ") if "=" in word)

	def _told(self, kind: str, what: str) -> list[str]:
		pid = self.slot.state["processes"].get(kind, {}).get("pid")
		try:
			words = Path(f"/proc/{pid}/{what}").read_text().rstrip("\0")
		except OSError:
			return []
		# Of one that has ended nothing is told any more.
		return words.split("\0") if words else []

	@contextlib.contextmanager
	def read_only(self) -> Iterator[None]:
		self.sql("set global read_only = 1")
		try:
			yield
		finally:
			self.sql("set global read_only = 0")

	@contextlib.contextmanager
	def connections_killed(self) -> Iterator[None]:
		"""Whoever asks the database of the site for more than a blink is cut off."""
		done = threading.Event()
		find = (
			f"select id from information_schema.processlist where db = '{self.database}' and user != 'root'"
		)

		def cut():
			while not done.is_set():
				for number in self.sql(find).split():
					with contextlib.suppress(Trouble):
						self.sql(f"kill {number}")
				time.sleep(0.01)

		cutting = threading.Thread(target=cut)
		cutting.start()
		try:
			yield
		finally:
			done.set()
			cutting.join()

	@contextlib.contextmanager
	def table_locked(self) -> Iterator[None]:
		"""Nobody reads or writes notes, as while a big table is altered."""
		client = subprocess.Popen(
			[*self._client(), "--unbuffered"], stdin=subprocess.PIPE, text=True, env=self._secret()
		)
		client.stdin.write(f"lock tables {NOTE} write;\n")
		client.stdin.flush()
		time.sleep(0.5)
		try:
			yield
		finally:
			client.stdin.close()
			client.wait(30)

	@contextlib.contextmanager
	def table_missing(self) -> Iterator[None]:
		self.sql(f"rename table {NOTE} to `mx_away`")
		try:
			yield
		finally:
			self.sql(f"rename table `mx_away` to {NOTE}")

	@contextlib.contextmanager
	def column_missing(self) -> Iterator[None]:
		self.sql(f"alter table {NOTE} rename column pinned to mx_away")
		try:
			yield
		finally:
			self.sql(f"alter table {NOTE} rename column mx_away to pinned")

	@contextlib.contextmanager
	def row_damaged(self) -> Iterator[None]:
		"""Every note was heard on a day that is none."""
		self.sql(f"create table mx_away as select name, heard_on from {NOTE}")
		self.sql(f"set sql_mode = ''; update {NOTE} set heard_on = '0000-00-00'")
		try:
			yield
		finally:
			self.sql(
				f"update {NOTE} note join mx_away on mx_away.name = note.name set note.heard_on = mx_away.heard_on;"
				" drop table mx_away"
			)

	@contextlib.contextmanager
	def settings_damaged(self) -> Iterator[None]:
		"""Texts where numbers belong. The cache is emptied by whoever wants them to be read."""
		where = "doctype = 'Micro Experiences Settings'"
		self.sql(f"create table mx_away as select * from tabSingles where {where}")
		self.sql(f"update tabSingles set value = '{{three' where {where}")
		try:
			yield
		finally:
			self.sql(
				f"delete from tabSingles where {where}; insert into tabSingles select * from mx_away; drop table mx_away"
			)

	def _client(self) -> list[str]:
		port = self.slot.state["mariadb_port"]
		return [
			find_program("mariadb", "mariadb-client"),
			"--no-defaults",
			"--batch",
			"--skip-column-names",
			"--host=127.0.0.1",
			f"--port={port}",
			"--user=root",
			self.database,
		]

	@staticmethod
	def _secret() -> dict[str, str]:
		return {**os.environ, "MYSQL_PWD": root_password()}
