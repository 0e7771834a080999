"""Play every scenario on the site: one test for each, in a transaction that is rolled back."""

import os
from datetime import datetime
from unittest.mock import patch

import frappe
from frappe.utils import getdate

from micro_experiences.jobs import digests, notes, occasions, wallets
from micro_experiences.overrides import sales_invoice
from micro_experiences.permissions import budget_access
from micro_experiences.services import digests as digests_services
from micro_experiences.services import ledger, quiet_hours, reminders
from micro_experiences.tests.scenarios import player
from micro_experiences.tests.utils import (
	SiteTestCase,
	get_queued_digests,
	make_budget,
	make_customer,
	make_email_account,
	make_invoice,
)
from micro_experiences.utils import user_time

SETTINGS = "Micro Experiences Settings"
NAMES = {alias: getattr(SiteTestCase, alias) for alias in player.PEOPLE} | player.CUSTOMERS
CUSTOMERS = list(player.CUSTOMERS.values())


class FrappeWorld:
	"""A `player.World` on this site. Other records of the site are ignored, and its budgets and other users are
	disabled until the rollback."""

	def __init__(self, test: SiteTestCase):
		self.company = test.company
		self.names = NAMES
		_reset_preferences()
		frappe.db.set_value("Gesture Budget", {"enabled": 1}, "enabled", 0)
		people = [NAMES[alias] for alias in player.PEOPLE]
		others = ("not in", [*people, "Administrator", "Guest"])
		frappe.db.set_value("User", {"name": others, "enabled": 1}, "enabled", 0)
		frappe.db.set_value("User", {"name": ("in", people)}, "time_zone", player.TIME_ZONE)
		frappe.local.lang = "en"
		for patched in (
			# now_datetime, getdate and nowdate all use this.
			patch("frappe.utils.data.convert_utc_to_system_timezone", lambda _utc: self.now),
			# A job commits; the test rolls everything back.
			patch.object(frappe.local.db, "commit"),
			# Ignore what other tests have left due.
			patch.object(reminders, "_get_due_query", self.due(reminders._get_due_query)),
			# Run the jobs of an invoice without waiting for its commit.
			patch.object(sales_invoice, "enqueue_after_commit", lambda job, **arguments: job(**arguments)),
			patch.object(quiet_hours, "get_system_timezone", lambda: player.TIME_ZONE),
			patch.object(user_time, "get_system_timezone", lambda: player.TIME_ZONE),
			# Keep the budgets of a scenario out of the cache that other processes read.
			patch.object(budget_access, "_CACHE_KEY", f"{budget_access._CACHE_KEY}:{os.getpid()}"),
		):
			patched.start()
			test.addCleanup(patched.stop)
		budget_access.clear_budget_cache()
		# The rollback does not empty these.
		test.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)
		test.addCleanup(frappe.cache.delete_value, "fiscal_years")

	def set_now(self, moment: datetime) -> None:
		self.now = moment

	@staticmethod
	def due(query):
		task = frappe.qb.DocType("Follow Up Task")
		return lambda *args: query(*args).where(task.customer.isin(CUSTOMERS))

	def set_settings(self, values: dict) -> None:
		settings = frappe.get_doc(SETTINGS)
		settings.update({df.fieldname: df.default for df in settings.meta.fields if df.default is not None})
		_update(settings, values)
		settings.save(ignore_permissions=True)

	def add(self, doctype: str, alias: str, values: dict) -> str:
		frappe.set_user("Administrator")
		return getattr(self, f"add_{frappe.scrub(doctype)}")(alias, values)

	def add_contact(self, alias: str, values: dict) -> str:
		contact = frappe.new_doc("Contact")
		customer = values.pop("customer", self.names["books"])
		contact.append("links", {"link_doctype": "Customer", "link_name": customer})
		return _update(contact, {"first_name": alias.title()} | values).insert().name

	def add_user_group(self, alias: str, values: dict) -> str:
		group = frappe.new_doc("User Group")
		for user in values["users"]:
			group.append("user_group_members", {"user": user})
		return group.insert(set_name=f"MX Scenario {alias.title()}").name

	def add_gesture_budget(self, alias: str, values: dict) -> str:
		holders = values.pop("holders", [])
		_update(frappe.new_doc("Gesture Budget"), values)
		return make_budget(self.company, holders, **player.BUDGET | {"title": alias} | values).name

	def add_follow_up_preference(self, alias: str, values: dict) -> str:
		user = values.pop("user", self.names["rep"])
		doc = frappe.get_doc("Follow Up Preference", {"user": user})
		return _update(doc, values).save(ignore_permissions=True).name

	def add_sales_invoice(self, alias: str, values: dict) -> str:
		submitted = values.pop("docstatus", 0)
		_update(frappe.new_doc("Sales Invoice"), values)
		day = values.pop("posting_date", getdate().isoformat())
		_make_fiscal_year(day)
		values = {"customer": self.names["books"], "posting_date": day, "due_date": day} | values
		invoice = make_invoice(self.company, values.pop("customer"), set_posting_time=1, **values)
		if submitted:
			# Load it again: Frappe writes a time on the full second in two ways, and would see two versions.
			frappe.get_doc("Sales Invoice", invoice.name).submit()
		return invoice.name

	def add_holiday_list(self, alias: str, values: dict) -> str:
		days = [{"holiday_date": day, "description": alias} for day in values["holidays"]]
		first, last = min(values["holidays"]), max(values["holidays"])
		holidays = frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": alias,
				"from_date": first,
				"to_date": last,
				"holidays": days,
			}
		).insert()
		for company in frappe.get_all("Company", pluck="name"):
			frappe.db.set_value("Company", company, "default_holiday_list", holidays.name)
		return holidays.name

	def add_sensitive_term(self, alias: str, values: dict) -> str:
		return _update(frappe.new_doc("Sensitive Term"), values).insert().name

	def add_user(self, alias: str, values: dict) -> str:
		frappe.db.set_value("User", values.pop("user"), values)
		return alias

	def call(self, user: str, method: str, args: dict) -> dict | None:
		function = frappe.get_attr(f"micro_experiences.api.{method}")
		frappe.is_whitelisted(function)
		frappe.set_user(user)
		frappe.clear_messages()
		frappe.db.savepoint("scenario_call")
		try:
			return function(**args)
		except frappe.PermissionError as error:
			refusal = player.Denied(error)
		except (frappe.ValidationError, frappe.exceptions.FrappeTypeError) as error:
			refusal = player.Refused(error)
		# As a request does.
		frappe.db.rollback(save_point="scenario_call")
		raise refusal

	def rows(self, user: str, doctype: str, where: dict) -> list[dict]:
		frappe.set_user(user)
		filters = {"customer": ("in", CUSTOMERS)} | where
		try:
			return frappe.get_list(doctype, filters=filters, fields=["*"], order_by="name asc", limit=0)
		except frappe.PermissionError:
			return []

	def run_jobs(self) -> list[dict]:
		frappe.set_user("Administrator")
		notes.mx_close_expired_notes()
		occasions.mx_open_occasions()
		occasions.mx_end_missed_occasions()
		tasks = self.rows("Administrator", "Follow Up Task", {})
		customers = {task.name: task.customer for task in tasks}
		before = {row.name for row in _get_notifications(customers)}
		wallets.mx_lapse_approvals()
		reminders.send_due_reminders()
		return [
			{
				"to": row.for_user,
				"text": frappe.utils.strip_html(row.subject),
				"customer": customers[row.document_name],
				"late": "overdue" in row.subject,
				"promise": row.document_name,
			}
			for row in _get_notifications(customers)
			if row.name not in before
		]

	def digests(self) -> list[dict]:
		frappe.set_user("Administrator")
		before = {mail["name"] for mail in _get_digests()}
		digests.mx_open_preferences()
		digests_services.send_due_digests()
		return [mail for mail in _get_digests() if mail["name"] not in before]

	def wallet(self, user: str, budget: str | None) -> dict:
		frappe.set_user(user)
		wallet = next(w for w in ledger.get_user_wallets(user) if budget in (None, w.budget.name))
		filters = {"name": wallet.name}
		row = frappe.db.get_value("Gesture Wallet", filters, ["committed", "spent"], as_dict=True)
		entries = frappe.get_all(
			"Gesture Wallet Entry",
			filters={"gesture_wallet": wallet.name},
			fields=["kind", "amount"],
			order_by="creation asc, name asc",
			as_list=True,
		)
		return {"left": wallet.left} | (row or {"committed": 0, "spent": 0}) | {"entries": entries}


def _update(doc, values: dict):
	"""Set the values, all of which must be fields: Frappe ignores an unknown one."""
	if unknown := [key for key in values if not doc.meta.has_field(key)]:
		raise player.Mistake(f"{doc.doctype} has no {unknown}")
	return doc.update(values)


def _get_notifications(tasks) -> list:
	return frappe.get_all(
		"Notification Log",
		filters={"document_type": "Follow Up Task", "document_name": ("in", list(tasks))},
		fields=["name", "for_user", "subject", "document_name"],
	)


def _reset_preferences() -> None:
	"""Make the digests of the scenarios' users due, and disable all others."""
	make_email_account()
	digests.mx_open_preferences()
	frappe.db.set_value("Follow Up Preference", {"name": ("is", "set")}, "digest", 0)
	chosen = {"digest": 1, "bell": 1, "digest_hour": "", "next_digest_at": "2020-01-01"}
	frappe.db.set_value("Follow Up Preference", {"user": ("in", list(NAMES.values()))}, chosen)


def _get_digests() -> list[dict]:
	"""Return the queued digests as plain text."""
	return [
		{
			"name": mail.name,
			"to": mail.recipient,
			"subject": mail.subject,
			"text": mail.text,
			"late": "(overdue)" in mail.text,
		}
		for mail in get_queued_digests()
	]


def _make_fiscal_year(day: str) -> None:
	"""Create the fiscal year that ERPNext needs for an invoice on `day`."""
	if frappe.db.exists("Fiscal Year", {"year_start_date": ("<=", day), "year_end_date": (">=", day)}):
		return
	first, last = f"{day[:4]}-01-01", f"{day[:4]}-12-31"
	year = frappe.new_doc("Fiscal Year")
	year.update({"year": f"MX {day[:4]}", "year_start_date": first, "year_end_date": last}).insert()
	frappe.cache.delete_value("fiscal_years")


class TestScenarios(SiteTestCase):
	def setUp(self):
		# Before the savepoint of the test, so that they are created once.
		for customer in CUSTOMERS:
			make_customer(customer)
		super().setUp()

	def test_users_have_the_roles_of_the_scenarios(self):
		for alias, roles in player.PEOPLE.items():
			expected = {"All", "Guest", "Desk User", *roles}
			self.assertEqual(set(frappe.get_roles(NAMES[alias])), expected, alias)

	def play(self, scenario: player.Scenario) -> None:
		player.play(scenario, FrappeWorld(self))


def _test(scenario: player.Scenario):
	def test(self):
		self.play(scenario)

	test.__doc__ = None
	return test


for _scenario in player.load():
	setattr(TestScenarios, f"test_{_scenario.slug}", _test(_scenario))
