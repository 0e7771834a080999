"""Measure how long 10,000 wallets take to roll over into a new period, and check that a second run changes nothing.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/roll_over.py --holders 10000

The budget carries over unspent money and is for a role that `--holders` users have. Their wallets are opened as of last
month and some money is spent. Then the daily job runs as of today, three more times, and as of four months from now, after
three periods in which it did not run. Prints a line of JSON for each run, then rows for docs/benchmarks.md. Everything
that it adds to the site is removed again.
"""

import argparse
import json
import time
from datetime import date
from decimal import Decimal
from unittest.mock import patch

import frappe
from form_load import connected, count_queries, get_default_site
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
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--holders", type=int, default=10_000)
	args = options.parse_args()
	with connected(args.site or get_default_site()):
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
	"""Run the job as described above, and return the figures of each run."""
	today = get_first_day(getdate())
	last, later = add_months(today, -1), add_months(today, 4)
	people = make_people(holders)
	budget = make_budget(last)
	rows = [run("first wallets", last, budget)]
	spend(budget, people[:SPENDERS])
	rows.append(run("new period", today, budget))
	check_carry_over(budget, today, AMOUNT - SPENT, AMOUNT)
	rows += [run("same period again", today, budget) for _time in range(3)]
	assert all(row["wallets"] == row["entries"] == 0 for row in rows[-3:]), "a second run changed something"
	rows.append(run("after three missed periods", later, budget))
	# 93 or 100 were left in the current period, so after each missed period the carried amount reaches the limit.
	check_carry_over(budget, later, LIMIT, LIMIT)
	rows.append(run("same period again", later, budget))
	assert rows[-1]["wallets"] == rows[-1]["entries"] == 0
	check_ledger()
	return rows


def run(what: str, day: date, budget: str) -> dict:
	"""Run the daily job as of `day`, and return the figures to print."""
	before = count_records(budget)
	start = time.perf_counter()
	with patch.object(wallets, "getdate", lambda: day):
		queries = count_queries(wallets.mx_open_wallets)
	frappe.db.commit()
	seconds = time.perf_counter() - start
	new = [after - earlier for after, earlier in zip(count_records(budget), before, strict=True)]
	row = {
		"run": what,
		"seconds": round(seconds, 2),
		"queries": queries,
		"wallets": new[0],
		"entries": new[1],
	}
	print(json.dumps(row), flush=True)
	return row


def count_records(budget: str) -> tuple[int, int]:
	"""Return the number of wallets of the budget, and the number of all ledger entries."""
	wallets = frappe.db.count("Gesture Wallet", {"gesture_budget": budget})
	return wallets, frappe.db.count("Gesture Wallet Entry")


def check_carry_over(budget: str, start: date, of_spenders: Decimal, of_others: Decimal) -> None:
	"""Check what users who spent money, and all others, have carried over into the period that begins on `start`."""
	counts: dict[Decimal, int] = {}
	for carried in frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": budget, "period_start": start}, pluck="carried_over"
	):
		counts[Decimal(str(carried))] = counts.get(Decimal(str(carried)), 0) + 1
	assert set(counts) == {of_spenders, of_others}, counts
	assert of_spenders == of_others or counts[of_spenders] == SPENDERS, counts


def check_ledger() -> None:
	"""Check that all wallets equal their entries, and print how long that took."""
	start = time.perf_counter()
	assert ledger.find_differences() == []
	assert ledger.find_gestures_without_entry() == []
	print(json.dumps({"run": "check of all wallets", "seconds": round(time.perf_counter() - start, 2)}))


def make_people(holders: int) -> list[str]:
	"""Insert `holders` enabled users with ROLE, and return their names."""
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
	"""Create a budget for ROLE that carries over unspent money, and return its name."""
	company = frappe.db.get_value("Company", {}, order_by="creation asc")
	policy = {"for_role": ROLE, "unspent": "Carries Over", "carry_over_limit": LIMIT, "amount": AMOUNT}
	budget = utils.make_budget(company, [], title=f"{MARK}budget", starts_on=starts_on, **policy)
	frappe.db.commit()
	return budget.name


def spend(budget: str, people: list[str]) -> None:
	"""Spend SPENT from the wallet of each of these users, so that not all carry over the same amount."""
	for wallet in frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": budget, "holder": ("in", people)}, pluck="name"
	):
		ledger.record_entries(wallet, f"{MARK}{wallet}", (LedgerLine("Spend", SPENT),))
	frappe.db.commit()


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
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
