"""The file of the preview: SQLite, one transaction per use, and rows with Python's dates and exact money."""

import re
import secrets
import sqlite3
import time as sleeping
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from preview import schema

# Money lies in the file as whole millionths, so that SQL adds it up exactly.
_MONEY = 1_000_000
# Says in the head of the file that it is ours ("MXpv").
_APPLICATION_ID = 0x4D587076

_OWN_TABLES = (
	'CREATE TABLE IF NOT EXISTS "series" (name TEXT PRIMARY KEY NOT NULL, current INTEGER NOT NULL)',
	'CREATE TABLE IF NOT EXISTS "clock" (id INTEGER PRIMARY KEY CHECK (id = 1), ahead INTEGER NOT NULL)',
)


class Trouble(Exception):
	"""The file cannot be used just now; the words are for the user. Nothing was saved."""


class Busy(Trouble):
	"""Somebody else is writing, and has not finished in time."""

	def __init__(self) -> None:
		super().__init__("Somebody else is writing just now. Nothing was saved; please try again.")


class Store:
	"""The file at `path`, made and brought up to date when it is opened. Raises Trouble where that cannot be done.

	`fresh` forgets in one step what is in it; another process that uses the file goes on with what is new.
	Threads may share a Store, and processes the file; a process that forks must not take its Store along.
	"""

	def __init__(self, path: Path | str, wait_seconds: float = 10, *, fresh: bool = False) -> None:
		self.path = Path(path)
		self.wait_seconds = wait_seconds
		with _in_words(self.path):
			self.path.parent.mkdir(parents=True, exist_ok=True)
			# One connection stays open: the last one to close would otherwise clear the log after every use.
			self._kept = self._connect("rwc")
			try:
				_claim(self._kept, self.path, wait_seconds)
				_bring_up_to_date(self._kept, fresh)
			except BaseException:
				self._kept.close()
				raise

	def close(self) -> None:
		"""Let go of the file."""
		self._kept.close()

	@contextmanager
	def reading(self) -> Iterator["Db"]:
		"""A consistent state of the file, which others may go on writing to; writes are refused."""
		with self._transaction("BEGIN") as db:
			yield db

	@contextmanager
	def writing(self) -> Iterator["Db"]:
		"""A transaction: kept as a whole at the end, and undone as a whole by any exception. Raises Busy."""
		with self._transaction("BEGIN IMMEDIATE") as db:
			yield db

	def is_empty(self) -> bool:
		"""Whether nobody lives in the file yet."""
		with self.reading() as db:
			return db.row('select name from "tabUser" limit 1') is None

	@contextmanager
	def _transaction(self, begin: str) -> Iterator["Db"]:
		with _in_words(self.path):
			connection = self._connect()
			try:
				if begin == "BEGIN":
					connection.execute("PRAGMA query_only = ON")
				connection.execute(begin)
				yield Db(connection)
				connection.execute("COMMIT")
			finally:
				# What is not committed is rolled back here.
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
	"""One open transaction. Rows are dicts; money is Decimal, a Check is a bool, days and moments are Python's own.

	A sum of money has no column to tell its type: write `select sum(amount) as "total [MONEY]"`.
	"""

	def __init__(self, connection: sqlite3.Connection) -> None:
		self._connection = connection

	def rows(self, sql: str, *values: object) -> list[dict]:
		"""All rows of a query."""
		return self._connection.execute(sql, values).fetchall()

	def row(self, sql: str, *values: object) -> dict | None:
		"""The first row of a query."""
		return self._connection.execute(sql, values).fetchone()

	def value(self, sql: str, *values: object) -> object:
		"""The first value of the first row of a query."""
		row = self.row(sql, *values)
		return next(iter(row.values())) if row else None

	def run(self, sql: str, *values: object) -> int:
		"""Run a statement; how many rows it changed."""
		return self._connection.execute(sql, values).rowcount

	def get(self, doctype: str, name: str) -> dict | None:
		"""The document of this name."""
		return self.row(f"select * from {schema.table(doctype)} where name = ?", name)

	def find(
		self,
		doctype: str,
		filters: dict | None = None,
		order_by: str = "name",
		limit: int | None = None,
		condition: str = "",
	) -> list[dict]:
		"""The documents whose fields equal `filters`; a list stands for any of its values, None for no value. They also
		fulfil `condition`, which is SQL of our own.

		`order_by` is like "due_on asc, name". KeyError for a field that the DocType has not.
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
		sql += f" order by {_order(doctype, known, order_by)}"
		return self.rows(sql if limit is None else f"{sql} limit {int(limit)}", *values)

	def insert(self, doctype: str, values: dict, user: str, now: datetime) -> str:
		"""Keep a new document with its defaults, and with the name that is given or made; its name.

		KeyError for a field that the DocType has not, ValueError for a value that its type cannot hold.
		"""
		known = schema.columns(doctype)
		row = schema.new(doctype, user, now) | values
		row |= {"creation": now, "modified": now, "owner": user, "modified_by": user}
		row["name"] = row.get("name") or self._name(doctype, row, now)
		fitting = self._fitting(doctype, known, row)
		names = ", ".join(map(schema.quoted, fitting))
		marks = ", ".join("?" * len(fitting))
		self.run(f"insert into {schema.table(doctype)} ({names}) values ({marks})", *fitting.values())
		return row["name"]

	def update(self, doctype: str, name: str, values: dict, user: str, now: datetime) -> None:
		"""Change some fields of a document. KeyError for an unknown field, LookupError where it is not there."""
		fitting = self._fitting(
			doctype, schema.columns(doctype), values | {"modified": now, "modified_by": user}
		)
		changes = ", ".join(f"{schema.quoted(fieldname)} = ?" for fieldname in fitting)
		sql = f"update {schema.table(doctype)} set {changes} where name = ?"
		if not self.run(sql, *fitting.values(), name):
			raise LookupError(f"{doctype} {name} is not there")

	def _fitting(self, doctype: str, known: dict[str, str], values: dict) -> dict[str, object]:
		for fieldname in values:
			_check_known(doctype, known, fieldname)
		types = {field.fieldname: field.fieldtype for field in schema.meta(doctype).fields}
		return {name: fitting(value, types.get(name, "")) for name, value in values.items()}

	def _name(self, doctype: str, row: dict, now: datetime) -> str:
		"""A name as the DocType wants it: "NOTE-.######" counts, "field:title" is a field, "hash" is random."""
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


def fitting(value: object, fieldtype: str) -> object:
	"""`value` as a column of `fieldtype` holds it: nothing for an empty text that is a date, a link or a choice; zero for
	an empty number. ValueError for what is no date, time or number."""
	if fieldtype in ("Date", "Datetime", "Time", "Link", "Dynamic Link", "Select") and value in (None, ""):
		return None
	if fieldtype == "Currency":
		return Decimal(str(value or 0))
	if fieldtype == "Check":
		return bool(value) if not isinstance(value, str) else value not in ("", "0")
	if fieldtype in ("Int", "Float"):
		return {"Int": int, "Float": float}[fieldtype](value or 0)
	if isinstance(value, str) and fieldtype in ("Date", "Datetime", "Time"):
		value = {"Date": date, "Datetime": datetime, "Time": time}[fieldtype].fromisoformat(value)
	if getattr(value, "tzinfo", None):
		raise ValueError("the preview keeps local times, without a time zone")
	return value


def _check_known(doctype: str, known: dict[str, str], fieldname: str) -> None:
	if fieldname not in known:
		raise KeyError(f"{doctype} has no field {fieldname!r}")


def _order(doctype: str, known: dict[str, str], order_by: str) -> str:
	parts = []
	for part in order_by.split(","):
		found = re.fullmatch(r"\s*(\w+)(?:\s+(asc|desc))?\s*", part)
		if not found:
			raise ValueError(f"{order_by!r} is no order")
		_check_known(doctype, known, found[1])
		parts.append(f"{schema.quoted(found[1])} {found[2] or 'asc'}")
	return ", ".join(parts)


def _as_dict(cursor: sqlite3.Cursor, row: tuple) -> dict:
	return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


# Opening


def _claim(connection: sqlite3.Connection, path: Path, wait_seconds: float) -> None:
	"""Make sure that the file is ours, or mark a new one as ours."""
	# In one look, because another process may be making the same file just now.
	connection.execute("BEGIN")
	others = connection.execute("select name from sqlite_master").fetchone()
	mine = connection.execute("PRAGMA application_id").fetchone()["application_id"] == _APPLICATION_ID
	connection.execute("COMMIT")
	if others and not mine:
		raise Trouble(f"{path} belongs to another program. Name another file with --data.")
	if connection.execute("PRAGMA journal_mode").fetchone()["journal_mode"] != "wal":
		_until_free(connection, "PRAGMA journal_mode = WAL", wait_seconds)
	if not mine:
		connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _until_free(connection: sqlite3.Connection, statement: str, wait_seconds: float) -> None:
	"""SQLite does not wait by itself for the moment in which a new file may be given its log."""
	end = sleeping.monotonic() + wait_seconds
	while True:
		try:
			connection.execute(statement)
			return
		except sqlite3.OperationalError as error:
			if "locked" not in str(error) or sleeping.monotonic() > end:
				raise
			sleeping.sleep(0.05)


def _bring_up_to_date(connection: sqlite3.Connection, fresh: bool) -> None:
	"""Make what is missing. A table of an older checkout is made anew around its rows; no column is dropped."""
	# Only outside a transaction; a table that is made anew would otherwise take along what points at it.
	connection.execute("PRAGMA foreign_keys = OFF")
	connection.execute("BEGIN IMMEDIATE")
	if fresh:
		for row in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
			connection.execute(f"drop table {schema.quoted(row['name'])}")
	for statement in _OWN_TABLES:
		connection.execute(statement)
	connection.execute("insert or ignore into clock (id, ahead) values (1, 0)")
	there = {
		row["name"]: row["sql"]
		for row in connection.execute("select name, sql from sqlite_master where type = 'table'")
	}
	db, now = Db(connection), datetime.now()
	for doctype in schema.doctypes():
		_make_table(db, doctype, there.get(f"tab{doctype}"), now)
		for statement in schema.indexes(doctype):
			db.run(statement)
	for doctype in schema.doctypes():
		if not db.get("DocType", doctype):
			db.insert("DocType", {"name": doctype}, "Administrator", now)
		if schema.meta(doctype).is_single and not db.get(doctype, doctype):
			db.insert(doctype, {"name": doctype}, "Administrator", now)
	connection.execute("COMMIT")


def _make_table(db: Db, doctype: str, there: str | None, now: datetime) -> None:
	wanted = schema.columns(doctype)
	if there is None:
		db.run(_statement(f"tab{doctype}", wanted))
		return
	old = db.rows(f"PRAGMA table_info({schema.table(doctype)})")
	kept = {row["name"]: row["type"] for row in old if row["name"] not in wanted}
	if there == _statement(f"tab{doctype}", wanted | kept):
		return
	aside = f"tab{doctype} new"
	db.run(_statement(aside, wanted | kept))
	defaults = schema.new(doctype, "Administrator", now)
	types = {field.fieldname: field.fieldtype for field in schema.meta(doctype).fields}
	names = {row["name"] for row in old}
	taken = [schema.quoted(name) for name in (wanted | kept) if name in names]
	added = [name for name in wanted if name not in names]
	values = [fitting(defaults.get(name), types.get(name, "")) for name in added]
	db.run(
		f"insert into {schema.quoted(aside)} ({', '.join([*taken, *map(schema.quoted, added)])})"
		f" select {', '.join([*taken, *'?' * len(added)])} from {schema.table(doctype)}",
		*values,
	)
	db.run(f"drop table {schema.table(doctype)}")
	db.run(f"alter table {schema.quoted(aside)} rename to {schema.table(doctype)}")


def _statement(table: str, columns: dict[str, str]) -> str:
	listed = ", ".join(f"{schema.quoted(name)} {declared}" for name, declared in columns.items())
	return f"CREATE TABLE {schema.quoted(table)} ({listed})"


# Failing in words


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
	"""Turns what SQLite and the file system say into one line for the user."""
	try:
		yield
	except sqlite3.IntegrityError:
		raise
	except (sqlite3.DatabaseError, OSError) as error:
		said = str(error)
		if "locked" in said:
			raise Busy from error
		for sign, words in _WORDS.items():
			if sign in said:
				raise Trouble(words.format(path)) from error
		raise


_WORDS = {
	"not a database": "{0} is not a file of the preview. Name another one with --data.",
	"malformed": "{0} is damaged. Remove it, or name another file with --data.",
	"readonly": "{0} cannot be written to. Nothing was saved.",
	"disk is full": "The disk is full. Nothing was saved.",
	"No space left": "The disk is full. Nothing was saved.",
	"I/O error": "The disk that holds {0} reports an error. Nothing was saved.",
	"unable to open": "{0} cannot be opened. Name another file with --data.",
	"Not a directory": "{0} cannot be made, because its folder is a file. Name another one with --data.",
	"File exists": "{0} cannot be made, because its folder is a file. Name another one with --data.",
	"Permission denied": "{0} may not be made here. Name another file with --data.",
	"Read-only file system": "{0} may not be made here. Name another file with --data.",
}


# Values in and out, for the whole process


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
