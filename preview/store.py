"""The SQLite file of the preview: one transaction per use, rows with Python dates, and exact amounts of money."""

import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from time import monotonic, sleep

from preview import schema

# Amounts are stored as whole millionths, so that SQL adds them exactly.
_MONEY = 1_000_000
# Marks a file of the preview in the SQLite header ("MXpv").
_APPLICATION_ID = 0x4D587076


class Trouble(Exception):
	"""The file cannot be used. The message is for the user. Nothing was saved."""


class Busy(Trouble):
	"""Another process is still writing after the waiting time."""

	def __init__(self) -> None:
		super().__init__("Another user is saving. Nothing was saved. Please try again.")


class Store:
	"""The file at `path`, which is created if necessary. Raises Trouble.

	`fresh` deletes the data in one transaction; other processes that use the file continue with the new data.
	Threads may share a Store, and processes may share the file. A process that forks must not take its Store along.
	"""

	def __init__(self, path: Path | str, wait_seconds: float = 10, *, fresh: bool = False) -> None:
		self.path = Path(path)
		self.wait_seconds = wait_seconds
		with _translate_errors(self.path):
			self.path.parent.mkdir(parents=True, exist_ok=True)
			# One connection stays open. Otherwise the last one to close would clear the log after every use.
			self._connection = self._connect("rwc")
			try:
				_claim(self._connection, self.path, wait_seconds)
				_create_tables(self._connection, self.path, fresh)
			except BaseException:
				self._connection.close()
				raise

	def close(self) -> None:
		"""Close the file."""
		self._connection.close()

	@contextmanager
	def reading(self) -> Iterator["Db"]:
		"""Open a read-only transaction on a consistent snapshot. Others may write meanwhile."""
		with self._transaction("BEGIN") as db:
			yield db

	@contextmanager
	def writing(self) -> Iterator["Db"]:
		"""Open a transaction that is committed at the end and rolled back by any exception. Raises Busy."""
		with self._transaction("BEGIN IMMEDIATE") as db:
			yield db

	def is_empty(self) -> bool:
		"""Return whether the file has no user yet."""
		with self.reading() as db:
			return db.row('select name from "tabUser" limit 1') is None

	@contextmanager
	def _transaction(self, begin: str) -> Iterator["Db"]:
		with _translate_errors(self.path):
			connection = self._connect()
			try:
				if begin == "BEGIN":
					connection.execute("PRAGMA query_only = ON")
				connection.execute(begin)
				yield Db(connection)
				connection.execute("COMMIT")
			finally:
				# Rolls back what is not committed.
				connection.close()

	def _connect(self, mode: str = "rw") -> sqlite3.Connection:
		connection = sqlite3.connect(
			f"{self.path.absolute().as_uri()}?mode={mode}",
			uri=True,
			timeout=self.wait_seconds,
			isolation_level=None,
			detect_types=sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES,
			check_same_thread=False,
		)
		connection.row_factory = _as_dict
		connection.execute("PRAGMA foreign_keys = ON")
		connection.execute("PRAGMA synchronous = FULL")
		return connection


class Db:
	"""One open transaction. Rows are dicts with Decimal, bool, date, datetime and time values."""

	def __init__(self, connection: sqlite3.Connection) -> None:
		self._connection = connection

	def rows(self, sql: str, *values: object) -> list[dict]:
		"""Return all rows of a query."""
		return self._connection.execute(sql, values).fetchall()

	def row(self, sql: str, *values: object) -> dict | None:
		"""Return the first row of a query."""
		return self._connection.execute(sql, values).fetchone()

	def value(self, sql: str, *values: object) -> object:
		"""Return the first value of the first row of a query."""
		row = self.row(sql, *values)
		return next(iter(row.values())) if row else None

	def run(self, sql: str, *values: object) -> int:
		"""Run a statement, and return the number of rows that it changed."""
		return self._connection.execute(sql, values).rowcount

	def get(self, doctype: str, name: str) -> dict | None:
		"""Return a document by its name."""
		return self.row(f"select * from {schema.table(doctype)} where name = ?", name)

	def find(
		self,
		doctype: str,
		filters: dict | None = None,
		order_by: str = "name",
		limit: int | None = None,
		condition: str = "",
	) -> list[dict]:
		"""Return the documents whose fields equal `filters` and that meet `condition`. That and `order_by` are trusted SQL.

		In `filters`, a list stands for any of its values, and None for no value.
		Raises KeyError for an unknown field.
		"""
		known = schema.columns(doctype)
		where, values = [f"({condition})" if condition else "1"], []
		for fieldname, wanted in (filters or {}).items():
			_check_known(doctype, known, fieldname)
			column = schema.quoted(fieldname)
			if wanted is None:
				where.append(f"{column} is null")
			elif isinstance(wanted, list | tuple | set):
				where.append(f"{column} in ({', '.join('?' * len(wanted))})")
				values += wanted
			else:
				where.append(f"{column} = ?")
				values.append(wanted)
		sql = f"select * from {schema.table(doctype)} where {' and '.join(where)}"
		sql += f" order by {order_by}"
		return self.rows(sql if limit is None else f"{sql} limit {int(limit)}", *values)

	def insert(self, doctype: str, values: dict, user: str, now: datetime) -> str:
		"""Insert a document with its defaults, and return its name.

		Raises KeyError for an unknown field, ValueError for a value that its type cannot hold.
		"""
		row = schema.new(doctype, user, now) | values
		row |= {"creation": now, "modified": now, "owner": user, "modified_by": user}
		row["name"] = row.get("name") or self._name(doctype, row, now)
		converted = self._converted(doctype, row)
		names = ", ".join(map(schema.quoted, converted))
		marks = ", ".join("?" * len(converted))
		self.run(f"insert into {schema.table(doctype)} ({names}) values ({marks})", *converted.values())
		return row["name"]

	def update(self, doctype: str, name: str, values: dict, user: str, now: datetime) -> None:
		"""Change fields of a document. Raises KeyError for an unknown field, LookupError for an unknown document."""
		converted = self._converted(doctype, values | {"modified": now, "modified_by": user})
		changes = ", ".join(f"{schema.quoted(fieldname)} = ?" for fieldname in converted)
		sql = f"update {schema.table(doctype)} set {changes} where name = ?"
		if not self.run(sql, *converted.values(), name):
			raise LookupError(f"{doctype} {name} does not exist")

	def _converted(self, doctype: str, values: dict) -> dict[str, object]:
		known = schema.columns(doctype)
		for fieldname in values:
			_check_known(doctype, known, fieldname)
		types = {field.fieldname: field.fieldtype for field in schema.meta(doctype).fields}
		return {name: schema.convert(value, types.get(name, "")) for name, value in values.items()}

	def _name(self, doctype: str, row: dict, now: datetime) -> str:
		"""Return a name by the `autoname` of the DocType: "NOTE-.######" counts, "field:title" is a field, "hash" is random."""
		autoname = schema.meta(doctype).autoname
		if autoname.startswith("field:"):
			return row[autoname.removeprefix("field:")]
		*parts, last = autoname.split(".")
		if not parts:
			return secrets.token_hex(5)
		prefix = "".join(str(now.year) if part == "YYYY" else part for part in parts)
		if not self.run("update series set current = current + 1 where name = ?", prefix):
			self.run("insert into series (name, current) values (?, 1)", prefix)
		current = self.value("select current from series where name = ?", prefix)
		return f"{prefix}{current:0{len(last)}d}"


def _check_known(doctype: str, known: dict[str, str], fieldname: str) -> None:
	if fieldname not in known:
		raise KeyError(f"{doctype} has no field {fieldname!r}")


def _as_dict(cursor: sqlite3.Cursor, row: tuple) -> dict:
	return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


# Opening


def _claim(connection: sqlite3.Connection, path: Path, wait_seconds: float) -> None:
	"""Check that the file belongs to the preview, or mark a new one."""
	# In one transaction, because another process may be creating the same file.
	connection.execute("BEGIN")
	tables = connection.execute("select name from sqlite_master").fetchone()
	is_preview = connection.execute("PRAGMA application_id").fetchone()["application_id"] == _APPLICATION_ID
	connection.execute("COMMIT")
	if tables and not is_preview:
		raise Trouble(f"{path} belongs to another program. Choose another file with --data.")
	if connection.execute("PRAGMA journal_mode").fetchone()["journal_mode"] != "wal":
		_retry_until_free(connection, "PRAGMA journal_mode = WAL", wait_seconds)
	if not is_preview:
		connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _retry_until_free(connection: sqlite3.Connection, statement: str, wait_seconds: float) -> None:
	"""Retry a statement for which SQLite does not wait: switching a new file to the write-ahead log."""
	end = monotonic() + wait_seconds
	while True:
		try:
			connection.execute(statement)
			return
		except sqlite3.OperationalError as error:
			if "locked" not in str(error) or monotonic() > end:
				raise
			sleep(0.05)


def _create_tables(connection: sqlite3.Connection, path: Path, fresh: bool) -> None:
	"""Create the tables of an empty file. Raises Trouble for the tables of another version."""
	statements = list(_statements())
	version = zlib.crc32("".join(statements).encode()) & 0x7FFFFFFF
	connection.execute("PRAGMA foreign_keys = OFF")
	connection.execute("BEGIN IMMEDIATE")
	tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
	if tables and not fresh:
		if connection.execute("PRAGMA user_version").fetchone()["user_version"] != version:
			raise Trouble(
				f"{path} was made by another version. Start with --fresh to replace it with new sample data."
			)
		connection.execute("COMMIT")
		return
	for table in tables:
		connection.execute(f"drop table {schema.quoted(table['name'])}")
	for statement in statements:
		connection.execute(statement)
	db, now = Db(connection), datetime.now()
	for doctype in schema.doctypes():
		db.insert("DocType", {"name": doctype}, "Administrator", now)
		if schema.meta(doctype).is_single:
			db.insert(doctype, {"name": doctype}, "Administrator", now)
	connection.execute(f"PRAGMA user_version = {version}")
	connection.execute("COMMIT")


def _statements() -> Iterator[str]:
	"""Return the statements that create the tables and indexes."""
	yield 'CREATE TABLE "series" (name TEXT PRIMARY KEY NOT NULL, current INTEGER NOT NULL)'
	yield 'CREATE TABLE "clock" (id INTEGER PRIMARY KEY CHECK (id = 1), ahead INTEGER NOT NULL)'
	yield "insert into clock (id, ahead) values (1, 0)"
	for doctype in schema.doctypes():
		columns = (f"{schema.quoted(name)} {declared}" for name, declared in schema.columns(doctype).items())
		yield f"CREATE TABLE {schema.table(doctype)} ({', '.join(columns)})"
		yield from schema.indexes(doctype)


# Errors


@contextmanager
def _translate_errors(path: Path) -> Iterator[None]:
	"""Turn errors of SQLite and of the file system into one line for the user."""
	try:
		yield
	except sqlite3.IntegrityError:
		raise
	except (sqlite3.DatabaseError, OSError) as error:
		if "locked" in str(error):
			raise Busy from error
		raise Trouble(f"{path} cannot be used: {error}. Nothing was saved.") from error


# Conversion of values, for the whole process


def _money_in(value: Decimal) -> int:
	return int((value * _MONEY).to_integral_value(ROUND_HALF_UP))


sqlite3.register_adapter(Decimal, _money_in)
sqlite3.register_adapter(date, date.isoformat)
sqlite3.register_adapter(datetime, lambda moment: moment.isoformat(" ", "microseconds"))
sqlite3.register_adapter(time, lambda moment: moment.isoformat("seconds"))
sqlite3.register_converter("MONEY", lambda raw: Decimal(int(raw)) / _MONEY)
sqlite3.register_converter("BOOLEAN", lambda raw: raw != b"0")
sqlite3.register_converter("DATE", lambda raw: date.fromisoformat(raw.decode()))
sqlite3.register_converter("DATETIME", lambda raw: datetime.fromisoformat(raw.decode()))
sqlite3.register_converter("TIME", lambda raw: time.fromisoformat(raw.decode()))
