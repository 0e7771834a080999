"""Measure what it costs to delete notes after their retention period: queries, seconds and memory for 1,000 and 10,000 notes.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/forgetting.py

Every tenth note is sensitive and has a follow-up, and every second one was used. The job runs in this process as it does
a week after the announcement. Prints a line of JSON for each number of notes. Everything that it adds to the site is
removed again.
"""

import argparse
import json
import time
import tracemalloc

import frappe
from form_load import connected, count_queries, get_default_site
from frappe.utils import getdate

from micro_experiences.domain.retention import RetentionMonths
from micro_experiences.services import retention
from micro_experiences.tests.utils import make_customer

MARK = "FORGET-"
CUSTOMER = f"{MARK}customer"
OLD = "2015-01-01 10:00:00"


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--notes", type=int, nargs="+", default=[1000, 10_000])
	args = options.parse_args()
	with connected(args.site or get_default_site()):
		clean_up()
		try:
			for count in args.notes:
				print(json.dumps(measure(count)), flush=True)
		finally:
			frappe.db.rollback()
			clean_up()


def measure(count: int) -> dict:
	"""Run the job for `count` notes, and return the figures to print."""
	make_customer(CUSTOMER)
	make_notes(count)
	# Only these notes are old enough.
	months = RetentionMonths.from_settings(dict.fromkeys(("forget_fact_after", "forget_closed_after"), 120))
	deleted = []
	tracemalloc.start()
	start = time.perf_counter()
	queries = count_queries(lambda: deleted.append(retention.delete_due_notes(months, getdate())))
	seconds = time.perf_counter() - start
	peak = tracemalloc.get_traced_memory()[1]
	tracemalloc.stop()
	assert deleted == [count], (deleted, count)
	assert not frappe.db.count("Personal Note", {"customer": CUSTOMER})
	assert not frappe.db.count("Personal Note Use", {"customer": CUSTOMER})
	assert not frappe.db.count("Follow Up Task", {"customer": CUSTOMER})
	return {
		"notes": count,
		"queries": queries,
		"queries for each": round(queries / count, 2),
		"seconds": round(seconds, 1),
		"peak MB of Python": round(peak / 1e6, 1),
	}


def make_notes(count: int) -> None:
	"""Insert `count` old notes, with uses and follow-ups."""
	stamp = (OLD, OLD, "Administrator", "Administrator")
	common = ("name", "creation", "modified", "owner", "modified_by", "customer")
	names = [f"{MARK}{number:06d}" for number in range(count)]
	notes = [
		(
			name,
			*stamp,
			CUSTOMER,
			f"Something about them, {name}",
			"Fact",
			"Active",
			OLD[:10],
			"Everyone",
			number % 10 == 0,
		)
		for number, name in enumerate(names)
	]
	fields = [*common, "note", "kind", "status", "heard_on", "visibility", "sensitive"]
	frappe.db.bulk_insert("Personal Note", fields, notes)
	uses = [(f"{name}-use", *stamp, CUSTOMER, name, "Used", OLD, "Administrator") for name in names[::2]]
	fields = [*common, "personal_note", "action", "used_on", "used_by"]
	frappe.db.bulk_insert("Personal Note Use", fields, uses)
	tasks = [
		(f"{name}-task", *stamp, CUSTOMER, name, "send the book", "Open", OLD[:10]) for name in names[::10]
	]
	fields = [*common, "personal_note", "subject", "status", "due_on"]
	frappe.db.bulk_insert("Follow Up Task", fields, tasks)
	frappe.db.commit()


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
	for doctype in ("Personal Note", "Personal Note Use", "Follow Up Task", "Customer"):
		frappe.db.delete(doctype, {"name": ("like", f"{MARK}%")})
	frappe.db.commit()


if __name__ == "__main__":
	main()
