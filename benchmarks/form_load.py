"""Measure what the banner adds to opening a form: `getdoc` of a Customer and of a Sales Invoice, without and with the app.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/form_load.py --notes 1000 100000

Each call is a complete request through Frappe's WSGI application, including session and JSON, as a worker serves it.
Both sides run alternately in the same process on the same site, so that a busy machine slows both; "stock" is the
same request without the hooks of this app. Prints the median time of each side in milliseconds, their difference, the
number of queries, and which index each query of the banner uses. Everything that it adds to the site is removed again.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import frappe
import frappe.app
from frappe.database.database import Database
from frappe.utils import add_days, getdate, now
from frappe.utils.password import update_password
from werkzeug.test import Client

from micro_experiences.services import banner
from micro_experiences.tests.utils import make_budget, make_customer, make_invoice, make_user

MARK = "BENCH-"
PER_CUSTOMER = 20
ROUNDS = 150
USER, PASSWORD = "bench.rep@example.com", "measure-me"

_installed_hooks = frappe.get_doc_hooks
# The side that is being measured: "stock" or "app".
_current = {"side": "app"}


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--notes", type=int, nargs="+", default=[1_000, 100_000])
	options.add_argument("--rounds", type=int, default=ROUNDS)
	args = options.parse_args()
	site = args.site or get_default_site()
	with connected(site):
		customer, invoice = prepare()
	try:
		client = log_in(site)
		for notes in args.notes:
			with connected(site):
				fill(customer, notes)
			for doctype, name in (("Customer", customer), ("Sales Invoice", invoice)):
				print(
					json.dumps(
						{"notes": notes, "form": doctype} | compare(client, doctype, name, args.rounds)
					)
				)
			with connected(site):
				print(json.dumps({"notes": notes, "explain": explain(customer)}))
	finally:
		with connected(site):
			clean_up()


@contextmanager
def connected(site: str) -> Iterator[None]:
	"""Connect to a site as Administrator, and commit at the end. A request closes the connection."""
	frappe.init(site=site, force=True)
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		yield
		frappe.db.commit()
	finally:
		frappe.destroy()


def get_default_site() -> str:
	"""Return the default site of the bench, whose sites folder is the working directory."""
	with open("common_site_config.json") as config:
		return json.load(config)["default_site"]


def prepare() -> tuple[str, str]:
	"""Create a user, and a customer and a submitted invoice to open. Returns their names, and commits."""
	clean_up()
	make_user(USER, ("Sales User", "Accounts User"))
	update_password(USER, PASSWORD)
	company = frappe.db.get_value("Company", {}, order_by="creation asc")
	customer = make_customer(f"{MARK}customer")
	make_budget(company, [USER], title=f"{MARK}budget")
	invoice = make_invoice(company, customer)
	invoice.submit()
	for subject in ("send the book", "ask about the move"):
		frappe.get_doc(
			{
				"doctype": "Follow Up Task",
				"customer": customer,
				"subject": subject,
				"due_on": getdate(),
				"assigned_to": USER,
			}
		).insert()
	frappe.db.commit()
	return customer, invoice.name


def fill(customer: str, notes: int) -> None:
	"""Add notes until the site has `notes` of them, the first twenty about `customer`, each used once."""
	existing = frappe.db.count("Personal Note", {"name": ("like", f"{MARK}%")})
	fields = [
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"customer",
		"note",
		"kind",
		"certainty",
		"heard_by",
		"heard_on",
		"heard_via",
		"visibility",
		"status",
	]
	kinds = ("Fact", "Moment", "Fact", "Never")
	stamp, today = now(), getdate()
	rows = [
		(
			f"{MARK}{number:08d}",
			stamp,
			stamp,
			USER,
			USER,
			customer if number < PER_CUSTOMER else f"{MARK}other-{number // PER_CUSTOMER:07d}",
			f"Something worth remembering, number {number}.",
			kinds[number % 4],
			"Told Us",
			USER,
			add_days(today, -(number % 90)),
			"Phone",
			"Everyone",
			"Active",
		)
		for number in range(existing, notes)
	]
	frappe.db.bulk_insert("Personal Note", fields, rows, chunk_size=5_000)
	fields = [
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"personal_note",
		"customer",
		"action",
		"used_by",
		"used_on",
		"they_said",
	]
	used_on = add_days(now(), -30)
	uses = [
		(row[0], stamp, stamp, USER, USER, row[0], row[5], "Used", USER, used_on, "Fine, thank you")
		for row in rows
	]
	frappe.db.bulk_insert("Personal Note Use", fields, uses, chunk_size=5_000)
	frappe.db.commit()
	for table in ("Personal Note", "Personal Note Use"):
		frappe.db.sql_ddl(f"analyze table `tab{table}`")


def compare(client: Client, doctype: str, name: str, rounds: int) -> dict:
	"""Return the medians in milliseconds, their difference, and the queries of one request with warm caches."""
	times: dict[str, list[float]] = {"stock": [], "app": []}
	queries = {}
	for side in times:
		with use_hooks(side):
			open_form(client, doctype, name)
			queries[side] = count_queries(lambda: open_form(client, doctype, name))
	for _round in range(rounds):
		for side, took in times.items():
			with use_hooks(side):
				start = time.perf_counter()
				open_form(client, doctype, name)
				took.append((time.perf_counter() - start) * 1000)
	medians = {side: statistics.median(took) for side, took in times.items()}
	return {
		"stock_ms": round(medians["stock"], 2),
		"app_ms": round(medians["app"], 2),
		"more_ms": round(medians["app"] - medians["stock"], 2),
		"more_percent": round((medians["app"] / medians["stock"] - 1) * 100, 1),
		"stock_queries": queries["stock"],
		"app_queries": queries["app"],
	}


def log_in(site: str) -> Client:
	"""Return a client with a session of USER."""
	frappe.app._site = site
	client = Client(frappe.app.application)
	response = client.post("/api/method/login", data={"usr": USER, "pwd": PASSWORD})
	assert response.status_code == 200, response.get_data(as_text=True)
	return client


def open_form(client: Client, doctype: str, name: str) -> None:
	"""Send the request with which the Desk opens a form, and check whether it contains the banner."""
	response = client.get(
		"/api/method/frappe.desk.form.load.getdoc", query_string={"doctype": doctype, "name": name}
	)
	assert response.status_code == 200, response.get_data(as_text=True)
	assert (b'"micro_experiences":' in response.data) == (_current["side"] == "app")


@contextmanager
def use_hooks(side: str) -> Iterator[None]:
	"""Run the block with the hooks of one side: "app" as installed, "stock" without the doc_events of this app."""

	def stock_hooks():
		return {
			doctype: {
				event: [path for path in paths if not path.startswith("micro_experiences.")]
				for event, paths in events.items()
			}
			for doctype, events in _installed_hooks().items()
		}

	_current["side"] = side
	frappe.get_doc_hooks = stock_hooks if side == "stock" else _installed_hooks
	try:
		yield
	finally:
		frappe.get_doc_hooks = _installed_hooks
		_current["side"] = "app"


def count_queries(call: Callable[[], object]) -> int:
	"""Call a function, and return the number of its queries."""
	count = 0
	original = Database.sql

	def counting(self, *args, **kwargs):
		nonlocal count
		count += 1
		return original(self, *args, **kwargs)

	Database.sql = counting
	try:
		call()
	finally:
		Database.sql = original
	return count


def explain(customer: str) -> list[dict]:
	"""Return the plan of MariaDB for each query of the banner: table, index and estimated number of rows."""
	queries = []
	frappe.set_user(USER)
	original = Database.sql

	def recording(self, *args, **kwargs):
		result = original(self, *args, **kwargs)
		queries.append(str(self.last_query))
		return result

	Database.sql = recording
	try:
		banner.get_banner_payload(customer)
	finally:
		Database.sql = original
		frappe.set_user("Administrator")
	rows = []
	for query in queries:
		# EXPLAIN accepts no other statements, such as the time limit of the session.
		if not query.lstrip().lower().startswith("select"):
			continue
		rows += [
			{"table": row.table, "index": row.key, "rows": row.rows}
			for row in frappe.db.sql(f"explain {query}", as_dict=True)
		]
	return rows


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
	customers = frappe.get_all("Customer", filters={"name": ("like", f"{MARK}%")}, pluck="name")
	frappe.db.delete("Personal Note Use", {"personal_note": ("like", f"{MARK}%")})
	frappe.db.delete("Personal Note", {"name": ("like", f"{MARK}%")})
	frappe.db.delete("Follow Up Task", {"customer": ("in", customers)})
	budgets = frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name")
	frappe.db.delete("Gesture Wallet", {"gesture_budget": ("in", budgets)})
	for budget in budgets:
		frappe.delete_doc("Gesture Budget", budget, force=True)
	for invoice in frappe.get_all("Sales Invoice", filters={"customer": ("in", customers)}, pluck="name"):
		doc = frappe.get_doc("Sales Invoice", invoice)
		if doc.docstatus == 1:
			doc.cancel()
		for ledger in ("GL Entry", "Payment Ledger Entry"):
			frappe.db.delete(ledger, {"voucher_type": "Sales Invoice", "voucher_no": invoice})
		doc.delete()
	for customer in customers:
		frappe.delete_doc("Customer", customer, force=True)
	if frappe.db.exists("User", USER):
		frappe.delete_doc("User", USER, force=True)
	frappe.db.commit()


if __name__ == "__main__":
	main()
