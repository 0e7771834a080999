"""The one place for database features that Frappe has no public API for."""

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe.database.database import get_query_execution_timeout
from frappe.model.db_query import DatabaseQuery


def get_match_conditions(doctype: str, user: str) -> str:
	"""Return the SQL condition by which `frappe.get_list` restricts a DocType for a user; "" without a restriction."""
	return DatabaseQuery(doctype, user=user).build_match_conditions()


def get_affected_rows() -> int:
	"""Return how many rows the last statement has changed."""
	return frappe.db._cursor.rowcount


@contextmanager
def read_committed() -> Iterator[None]:
	"""Lock only the rows that a query returns and not the gaps between them, on which two workers could deadlock.

	If the binary log format STATEMENT forbids that, the isolation level is left unchanged and deadlocks are
	retried.
	"""
	# nosemgrep: frappe-using-db-sql -- session variables have no query builder
	isolation, log, form = frappe.db.sql("select @@tx_isolation, @@log_bin, @@binlog_format")[0]
	if log and form == "STATEMENT":
		yield
		return
	# nosemgrep: frappe-using-db-sql -- session variables have no query builder
	frappe.db.sql("set session tx_isolation = 'READ-COMMITTED'")
	try:
		yield
	finally:
		# nosemgrep: frappe-using-db-sql -- session variables have no query builder
		frappe.db.sql("set session tx_isolation = %s", isolation)


@contextmanager
def limit_query_time(seconds: int) -> Iterator[None]:
	"""Limit each query in the block, in case a table is locked or slow. A nested block keeps the outer limit."""
	if frappe.db.db_type != "mariadb" or frappe.flags.micro_experiences_query_limit:
		yield
		return
	frappe.flags.micro_experiences_query_limit = True
	frappe.db.set_execution_timeout(seconds)
	try:
		yield
	finally:
		frappe.flags.micro_experiences_query_limit = False
		# Restore the limit that the site configures, or else the default of the server.
		if site_limit := get_query_execution_timeout():
			frappe.db.set_execution_timeout(site_limit)
		else:
			# nosemgrep: frappe-using-db-sql -- session variables have no query builder
			frappe.db.sql("set session max_statement_time = default")
