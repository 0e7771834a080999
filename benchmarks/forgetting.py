"""What it costs to forget notes by themselves: queries, seconds and memory for a thousand notes and for ten thousand.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/forgetting.py

Each note is old, every tenth one is sensitive with a promise of its own, and every second one has a line in its log.
The job runs in this process as it does a week after its announcement. Prints a line of JSON for each number of notes.
What it adds to the site is gone afterwards.
"""

import argparse
import json
import time
import tracemalloc

import frappe
from form_load import connected, count_queries, site_of_the_bench
from frappe.utils import getdate

from micro_experiences.domain.retention import RetentionMonths
from micro_experiences.services import retention
from micro_experiences.tests.utils import make_customer

MARK = "FORGET-"
CUSTOMER = f"{MARK}customer"
OLD = "2015-01-01 10:00:00"


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--notes", type=int, nargs="+", default=[1000, 10_000])
	args = options.parse_args()
	with connected(args.site or site_of_the_bench()):
		clean_up()
		try:
			for count in args.notes:
				print(json.dumps(measure(count)), flush=True)
		finally:
			frappe.db.rollback()
			clean_up()


def measure(count: int) -> dict:
	"""One run of the job for so many notes."""

	make_customer(CUSTOMER)
	make_notes(count)
	# Only these: whatever else stands on the site is younger.
	months = RetentionMonths.from_settings(dict.fromkeys(("forget_fact_after", "forget_closed_after"), 120))
	forgotten = []
	tracemalloc.start()
	start = time.perf_counter()
	queries = count_queries(lambda: forgotten.append(retention.delete_due_notes(months, getdate())))
	seconds = time.perf_counter() - start
	peak = tracemalloc.get_traced_memory()[1]
	tracemalloc.stop()
	assert forgotten == [count], (forgotten, count)
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
	"""Old notes, with uses and promises, all at once."""
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
	for doctype in ("Personal Note", "Personal Note Use", "Follow Up Task", "Customer"):
		frappe.db.delete(doctype, {"name": ("like", f"{MARK}%")})
	frappe.db.commit()


if __name__ == "__main__":
	main()
