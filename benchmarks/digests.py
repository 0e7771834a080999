"""What the digests of a day cost: queries and milliseconds each, for one person, for fifty and for five hundred.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/digests.py

Each person has five promises (`--promises`) that are due or late and a wallet; the job runs as at noon, in this
process. Prints a line of JSON for each number of people: all queries, those of a mail beyond what every chunk costs, and
how much of the time is Frappe's making of the mails. What it adds to the site is removed again.
"""

import argparse
import json
import time
from datetime import date, datetime, timedelta
from unittest.mock import patch

import frappe
from form_load import connected, count_queries, site_of_the_bench
from frappe.utils import getdate, now

from micro_experiences.jobs import digests
from micro_experiences.services import digests as digests_services
from micro_experiences.tests import utils
from micro_experiences.tests.utils import make_email_account

MARK = "DIGEST-"
ROLE = "Sales User"
CUSTOMER = f"{MARK}customer"


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--people", type=int, nargs="+", default=[1, 50, 500])
	options.add_argument("--promises", type=int, default=5, help="of each person")
	args = options.parse_args()
	with connected(args.site or site_of_the_bench()):
		clean_up()
		try:
			make_house()
			# The first one warms what a worker has warm: the template, the metadata.
			measure(1, args.promises)
			for people in args.people:
				print(json.dumps(measure(people, args.promises)), flush=True)
		finally:
			frappe.db.rollback()
			clean_up()


def measure(count: int, promises: int) -> dict:
	"""One run of the job for so many people."""

	make_people(count, promises)
	make_email_account()
	digests.mx_open_preferences()
	frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "next_digest_at", None)
	mine = {"user": ("like", f"{MARK.lower()}%")}
	frappe.db.set_value("Follow Up Preference", mine, "next_digest_at", "2020-01-01")
	frappe.db.commit()
	noon = datetime.combine(getdate(), datetime.min.time()) + timedelta(hours=12)
	making, real = [], frappe.sendmail

	def sendmail(**values):
		start = time.perf_counter()
		try:
			return real(**values)
		finally:
			making.append(time.perf_counter() - start)

	sent = []
	with (
		patch.object(digests_services, "now_datetime", lambda: noon),
		patch.object(frappe, "sendmail", sendmail),
	):
		start = time.perf_counter()
		queries = count_queries(lambda: sent.append(digests_services.send_due_digests()))
		seconds = time.perf_counter() - start
	assert sent == [count], (sent, count)
	forget_mails()
	return {
		"people": count,
		"promises": promises,
		"queries": queries,
		"queries each": round(queries / count, 1),
		"ms each": round(1000 * seconds / count, 1),
		"of which sendmail": round(1000 * sum(making) / count, 1),
		"seconds": round(seconds, 2),
	}


def make_house() -> None:
	"""A customer, and a budget for the role."""

	utils.make_customer(CUSTOMER)
	company = frappe.db.get_value("Company", {}, order_by="creation asc")
	utils.make_budget(company, [], title=f"{MARK}budget", for_role=ROLE)
	settings = frappe.get_doc("Micro Experiences Settings")
	settings.update({"send_digests": 1, "digest_hour": 9}).save()
	frappe.db.commit()


def make_people(count: int, promises: int) -> None:
	"""Users with the role and promises, all at once."""
	forget_people()
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
		(f"{MARK}{person}-{number}", *stamp, CUSTOMER, "send the book", person, "Open", due(number))
		for person in people
		for number in range(promises)
	]
	fields = [*common, "customer", "subject", "assigned_to", "status", "due_on"]
	frappe.db.bulk_insert("Follow Up Task", fields, tasks)
	frappe.db.commit()


def due(number: int) -> date:
	return getdate() - timedelta(days=number)


def forget_mails() -> None:
	frappe.db.delete("Follow Up Reminder", {"recipient": ("like", f"{MARK.lower()}%")})
	recipients = {"recipient": ("like", f"{MARK.lower()}%")}
	mails = frappe.get_all("Email Queue Recipient", filters=recipients, pluck="parent")
	frappe.db.delete("Email Queue Recipient", recipients)
	frappe.db.delete("Email Queue", {"name": ("in", mails)})
	frappe.db.commit()


def forget_people() -> None:
	mine = ("like", f"{MARK.lower()}%")
	frappe.db.delete("Follow Up Preference", {"user": mine})
	frappe.db.delete("Follow Up Task", {"assigned_to": mine})
	frappe.db.delete("Has Role", {"parent": mine})
	frappe.db.delete("User", {"name": mine})
	frappe.db.commit()


def clean_up() -> None:
	forget_mails()
	forget_people()
	for budget in frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name"):
		frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
		frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)
	if frappe.db.exists("Customer", CUSTOMER):
		frappe.delete_doc("Customer", CUSTOMER, force=True, delete_permanently=True)
	frappe.db.delete("Email Account", {"name": "MX Test"})
	# Those of the site come anew with the daily job, at their hour.
	frappe.db.delete("Follow Up Preference", {"next_digest_at": ("is", "not set"), "digest": 1})
	frappe.db.commit()


if __name__ == "__main__":
	main()
