"""How long 10,000 wallets take to roll over into a new period, and that to do it again changes nothing.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/roll_over.py --holders 10000

A budget that carries over, for a role that so many people have. Their first wallets are opened as last month, some are
spent from, then the daily job runs as today; three times more; and once as four months from now, after three periods in
which it never ran. Prints a line of JSON for each run, and rows for the README at the end. What it adds to the site is
removed again.
"""

import argparse
import json
import time
from datetime import date
from decimal import Decimal
from unittest.mock import patch

import frappe
from form_load import connected, count_queries, site_of_the_bench
from frappe.utils import add_months, get_first_day, getdate, now

from micro_experiences.domain.ledger import LedgerLine
from micro_experiences.jobs import wallets
from micro_experiences.services import ledger
from micro_experiences.tests import utils

MARK = "ROLL-"
ROLE = f"{MARK}role"
AMOUNT, LIMIT, SPENT = Decimal(50), Decimal(120), Decimal(7)
SPENDERS = 100


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--holders", type=int, default=10_000)
	args = options.parse_args()
	with connected(args.site or site_of_the_bench()):
		clean_up()
		try:
			rows = measure(args.holders)
		finally:
			frappe.db.rollback()
			clean_up()
	for row in rows:
		print(
			"| "
			+ " | ".join(f"{value:,}" if isinstance(value, int) else str(value) for value in row.values())
			+ " |"
		)


def measure(holders: int) -> list[dict]:
	"""Each run of the job: seconds, queries, and what it changed."""
	today = get_first_day(getdate())
	last, later = add_months(today, -1), add_months(today, 4)
	people = make_people(holders)
	budget = make_budget(last)
	rows = [run("the first wallets", last, budget)]
	spend(budget, people[:SPENDERS])
	rows.append(run("a new period", today, budget))
	check(budget, today, AMOUNT - SPENT, AMOUNT)
	rows += [run("the same again", today, budget) for _time in range(3)]
	assert all(row["wallets"] == row["entries"] == 0 for row in rows[-3:]), (
		"to run it again changed something"
	)
	rows.append(run("after three missed periods", later, budget))
	# 93 or 100 were left in the period of today; with every missed period what is left reaches the limit.
	check(budget, later, LIMIT, LIMIT)
	rows.append(run("the same again", later, budget))
	assert rows[-1]["wallets"] == rows[-1]["entries"] == 0
	prove()
	return rows


def run(what: str, day: date, budget: str) -> dict:
	"""The daily job, as on `day`."""

	before = stock(budget)
	start = time.perf_counter()
	with patch.object(wallets, "getdate", lambda: day):
		queries = count_queries(wallets.mx_open_wallets)
	frappe.db.commit()
	seconds = time.perf_counter() - start
	new = [after - earlier for after, earlier in zip(stock(budget), before, strict=True)]
	row = {
		"run": what,
		"seconds": round(seconds, 2),
		"queries": queries,
		"wallets": new[0],
		"entries": new[1],
	}
	print(json.dumps(row), flush=True)
	return row


def stock(budget: str) -> tuple[int, int]:
	"""How many wallets and entries there are."""
	wallets = frappe.db.count("Gesture Wallet", {"gesture_budget": budget})
	return wallets, frappe.db.count("Gesture Wallet Entry")


def check(budget: str, start: date, of_spenders: Decimal, of_others: Decimal) -> None:
	"""What those who spent something and those who did not have carried over into the period from `start`."""
	counts: dict[Decimal, int] = {}
	for carried in frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": budget, "period_start": start}, pluck="carried_over"
	):
		counts[Decimal(str(carried))] = counts.get(Decimal(str(carried)), 0) + 1
	assert set(counts) == {of_spenders, of_others}, counts
	assert of_spenders == of_others or counts[of_spenders] == SPENDERS, counts


def prove() -> None:

	start = time.perf_counter()
	assert ledger.find_differences() == []
	assert ledger.find_gestures_without_entry() == []
	print(json.dumps({"run": "proof of all wallets", "seconds": round(time.perf_counter() - start, 2)}))


def make_people(holders: int) -> list[str]:
	"""Enabled users with the role; inserted all at once."""
	frappe.get_doc({"doctype": "Role", "role_name": ROLE, "desk_access": 1}).insert()
	people = [f"{MARK.lower()}{number:05d}@example.com" for number in range(holders)]
	stamp = (now(), now(), "Administrator", "Administrator")
	common = ("name", "creation", "modified", "owner", "modified_by")
	users = [(person, *stamp, person, person, person, 1, "System User") for person in people]
	fields = [*common, "email", "username", "first_name", "enabled", "user_type"]
	frappe.db.bulk_insert("User", fields, users, chunk_size=5_000)
	roles = [
		(f"{MARK}{number}", *stamp, person, "User", "roles", ROLE) for number, person in enumerate(people)
	]
	fields = [*common, "parent", "parenttype", "parentfield", "role"]
	frappe.db.bulk_insert("Has Role", fields, roles, chunk_size=5_000)
	frappe.db.commit()
	return people


def make_budget(starts_on: date) -> str:

	company = frappe.db.get_value("Company", {}, order_by="creation asc")
	policy = {"for_role": ROLE, "unspent": "Carries Over", "carry_over_limit": LIMIT, "amount": AMOUNT}
	budget = utils.make_budget(company, [], title=f"{MARK}budget", starts_on=starts_on, **policy)
	frappe.db.commit()
	return budget.name


def spend(budget: str, people: list[str]) -> None:
	"""Book something for each of these people, so that not all carry over the same."""

	for wallet in frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": budget, "holder": ("in", people)}, pluck="name"
	):
		ledger.record_entries(wallet, f"{MARK}{wallet}", (LedgerLine("Spend", SPENT),))
	frappe.db.commit()


def clean_up() -> None:
	for budget in frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name"):
		frappe.db.sql(
			"delete entry from `tabGesture Wallet Entry` entry join `tabGesture Wallet` wallet "
			"on wallet.name = entry.gesture_wallet where wallet.gesture_budget = %s",
			budget,
		)
		frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
		frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)
	frappe.db.delete("Has Role", {"role": ROLE})
	frappe.db.delete("User", {"name": ("like", f"{MARK.lower()}%")})
	if frappe.db.exists("Role", ROLE):
		frappe.delete_doc("Role", ROLE, force=True, delete_permanently=True)
	frappe.db.commit()


if __name__ == "__main__":
	main()
