"""Measure what the digests of a day cost: queries and milliseconds per digest, for 1, 50 and 500 users.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/digests.py

Each user has five follow-ups (`--promises`) that are due or overdue, and a wallet. The job runs in this process as if it
were noon. Prints a line of JSON for each number of users: the queries, the time in milliseconds, and the part of it that
Frappe needs to create the emails. Everything that it adds to the site is removed again.
"""

import argparse
import json
import time
from datetime import date, datetime, timedelta
from unittest.mock import patch

import frappe
from form_load import connected, count_queries, get_default_site
from frappe.utils import getdate, now

from micro_experiences.jobs import digests
from micro_experiences.services import digests as service
from micro_experiences.tests.utils import make_budget, make_customer, make_email_account

MARK = "DIGEST-"
ROLE = "Sales User"
CUSTOMER = f"{MARK}customer"


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--people", type=int, nargs="+", default=[1, 50, 500])
	options.add_argument("--promises", type=int, default=5, help="follow-ups of each user")
	args = options.parse_args()
	with connected(args.site or get_default_site()):
		clean_up()
		try:
			make_customer_and_budget()
			# The first run fills the caches that a worker has already filled: the template, the metadata.
			measure(1, args.promises)
			for people in args.people:
				print(json.dumps(measure(people, args.promises)), flush=True)
		finally:
			frappe.db.rollback()
			clean_up()


def measure(count: int, promises: int) -> dict:
	"""Run the job for `count` users with `promises` follow-ups each, and return the figures to print."""
	make_people(count, promises)
	make_email_account()
	digests.mx_open_preferences()
	frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "next_digest_at", None)
	own = {"user": ("like", f"{MARK.lower()}%")}
	frappe.db.set_value("Follow Up Preference", own, "next_digest_at", "2020-01-01")
	frappe.db.commit()
	noon = datetime.combine(getdate(), datetime.min.time()) + timedelta(hours=12)
	send_times, original = [], frappe.sendmail

	def sendmail(**values):
		start = time.perf_counter()
		try:
			return original(**values)
		finally:
			send_times.append(time.perf_counter() - start)

	sent = []
	with (
		patch.object(service, "now_datetime", lambda: noon),
		patch.object(frappe, "sendmail", sendmail),
	):
		start = time.perf_counter()
		queries = count_queries(lambda: sent.append(service.send_due_digests()))
		seconds = time.perf_counter() - start
	assert sent == [count], (sent, count)
	delete_mails()
	return {
		"people": count,
		"promises": promises,
		"queries": queries,
		"queries each": round(queries / count, 1),
		"ms each": round(1000 * seconds / count, 1),
		"of which sendmail": round(1000 * sum(send_times) / count, 1),
		"seconds": round(seconds, 2),
	}


def make_customer_and_budget() -> None:
	"""Create a customer, and a budget for ROLE, and turn the digests on."""
	make_customer(CUSTOMER)
	company = frappe.db.get_value("Company", {}, order_by="creation asc")
	make_budget(company, [], title=f"{MARK}budget", for_role=ROLE)
	settings = frappe.get_doc("Micro Experiences Settings")
	settings.update({"send_digests": 1, "digest_hour": 9}).save()
	frappe.db.commit()


def make_people(count: int, promises: int) -> None:
	"""Insert `count` users with ROLE and `promises` follow-ups each."""
	delete_people()
	people = [f"{MARK.lower()}{number:05d}@example.com" for number in range(count)]
	stamp = (now(), now(), "Administrator", "Administrator")
	common = ("name", "creation", "modified", "owner", "modified_by")
	users = [(person, *stamp, person, person, "Priya", 1, "System User", "en") for person in people]
	fields = [*common, "email", "username", "first_name", "enabled", "user_type", "language"]
	frappe.db.bulk_insert("User", fields, users)
	roles = [
		(f"{MARK}{number}", *stamp, person, "User", "roles", ROLE) for number, person in enumerate(people)
	]
	frappe.db.bulk_insert("Has Role", [*common, "parent", "parenttype", "parentfield", "role"], roles)
	tasks = [
		(f"{MARK}{person}-{number}", *stamp, CUSTOMER, "send the book", person, "Open", get_due_date(number))
		for person in people
		for number in range(promises)
	]
	fields = [*common, "customer", "subject", "assigned_to", "status", "due_on"]
	frappe.db.bulk_insert("Follow Up Task", fields, tasks)
	frappe.db.commit()


def get_due_date(number: int) -> date:
	"""Return the due date of a follow-up: today for the first one of a user, one day earlier for each further one."""
	return getdate() - timedelta(days=number)


def delete_mails() -> None:
	"""Delete the queued emails and the proof rows of the users."""
	frappe.db.delete("Follow Up Reminder", {"recipient": ("like", f"{MARK.lower()}%")})
	recipients = {"recipient": ("like", f"{MARK.lower()}%")}
	mails = frappe.get_all("Email Queue Recipient", filters=recipients, pluck="parent")
	frappe.db.delete("Email Queue Recipient", recipients)
	frappe.db.delete("Email Queue", {"name": ("in", mails)})
	frappe.db.commit()


def delete_people() -> None:
	"""Delete the users with their roles, follow-ups and preferences."""
	own = ("like", f"{MARK.lower()}%")
	frappe.db.delete("Follow Up Preference", {"user": own})
	frappe.db.delete("Follow Up Task", {"assigned_to": own})
	frappe.db.delete("Has Role", {"parent": own})
	frappe.db.delete("User", {"name": own})
	frappe.db.commit()


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
	delete_mails()
	delete_people()
	for budget in frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name"):
		frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
		frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)
	if frappe.db.exists("Customer", CUSTOMER):
		frappe.delete_doc("Customer", CUSTOMER, force=True, delete_permanently=True)
	frappe.db.delete("Email Account", {"name": "MX Test"})
	# The daily job creates those of the users of the site again.
	frappe.db.delete("Follow Up Preference", {"next_digest_at": ("is", "not set"), "digest": 1})
	frappe.db.commit()


if __name__ == "__main__":
	main()
