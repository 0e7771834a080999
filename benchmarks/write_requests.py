"""Measure the queries and the CPU time of the most frequent write requests: add a note, record a gesture with a cost, create
a follow-up.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/write_requests.py

Each request goes through Frappe's WSGI application, including session, permission checks and the updated banner, as a
worker serves it. Prints the median number of queries and the median CPU time in milliseconds, one line of JSON per request.
Everything that it adds to the site is removed again.
"""

import argparse
import json
import statistics
import time

import frappe
import frappe.app
from form_load import MARK, clean_up, connected, get_default_site, log_in, prepare
from frappe.database.database import Database

METHODS = {
	"jot": ("micro_experiences.api.notes.jot", {"note": "The dog is called Bo", "kind": "Fact"}),
	"gesture": ("micro_experiences.api.gestures.record_gesture", {"what": "Coffee", "cost": 0.01}),
	"follow-up": ("micro_experiences.api.follow_ups.create", {"subject": "Send the book"}),
}


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--rounds", type=int, default=100)
	args = options.parse_args()
	site = args.site or get_default_site()
	with connected(site):
		customer, invoice = prepare()
		today = frappe.utils.nowdate()
	try:
		client = log_in(site)
		for what, (method, values) in METHODS.items():
			values = values | {"customer": customer}
			values |= {"reference_doctype": "Sales Invoice", "reference_name": invoice}
			if what == "follow-up":
				values["due_on"] = today
			print(json.dumps({"request": what} | measure(client, method, values, args.rounds)))
	finally:
		with connected(site):
			remove_records()


def remove_records() -> None:
	"""Delete what the requests have created, and then what `prepare` has created."""
	customers = frappe.get_all("Customer", filters={"name": ("like", f"{MARK}%")}, pluck="name")
	of_customers = {"customer": ("in", customers)}
	gestures = frappe.get_all("Gesture", filters=of_customers, pluck="name")
	frappe.db.delete("Gesture Wallet Entry", {"gesture": ("in", gestures)})
	for doctype in ("Gesture", "Personal Note"):
		frappe.db.delete(doctype, of_customers)
	clean_up()


def measure(client, method: str, values: dict, rounds: int) -> dict:
	"""Return the median queries and CPU milliseconds of `rounds` requests, after five that fill the caches."""
	queries, seconds = [], []
	original = Database.sql

	def counting(self, *args, **kwargs):
		counting.calls += 1
		return original(self, *args, **kwargs)

	Database.sql = counting
	try:
		for number in range(rounds + 5):
			counting.calls = 0
			start = time.process_time()
			response = client.post(f"/api/method/{method}", data=values)
			spent = time.process_time() - start
			assert response.status_code == 200, response.get_data(as_text=True)[-2000:]
			if number >= 5:
				queries.append(counting.calls)
				seconds.append(spent)
	finally:
		Database.sql = original
	return {
		"queries": statistics.median(queries),
		"cpu_ms": round(1000 * statistics.median(seconds), 1),
		"rounds": rounds,
	}


if __name__ == "__main__":
	main()
