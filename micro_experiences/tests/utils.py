"""Test helper: the base class of site tests, with a user for each role, customers and factories for records."""

from contextlib import contextmanager
from datetime import datetime, time
from email import message_from_string, policy
from unittest.mock import patch

import frappe
from frappe.utils import add_months, getdate

from micro_experiences.domain.visibility import MANAGER_ROLE
from micro_experiences.permissions import budget_access

try:
	from frappe.tests import IntegrationTestCase as _TestCase
except ImportError:  # Frappe 15
	from frappe.tests.utils import FrappeTestCase as _TestCase

REP, COLLEAGUE, LEAD, MANAGER_USER, OUTSIDER = (
	f"mx.{name}@example.com" for name in ("rep", "colleague", "lead", "manager", "outsider")
)
_ROLES = {
	REP: ("Sales User", "Accounts User"),
	COLLEAGUE: ("Sales User",),
	LEAD: ("Sales Manager", "Accounts Manager"),
	MANAGER_USER: ("Sales User", MANAGER_ROLE),
	OUTSIDER: ("Employee",),
}


class SiteTestCase(_TestCase):
	"""Roll back everything that a test writes.

	`rep` and `colleague` are sales users, `lead` approves gestures, `manager` is a Micro Experiences Manager, and `outsider`
	has no access to the app.
	"""

	rep, colleague, lead, manager, outsider = REP, COLLEAGUE, LEAD, MANAGER_USER, OUTSIDER
	# Tests that commit, so that other processes see their records, must clean up themselves.
	commits = False

	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		frappe.set_user("Administrator")
		for email, roles in _ROLES.items():
			make_user(email, roles)
		cls.company = frappe.db.get_value("Company", {}, order_by="creation asc")
		cls.currency = frappe.get_cached_value("Company", cls.company, "default_currency")
		cls.customer = make_customer("MX Test Books")
		cls.other_customer = make_customer("MX Test Bakery")

	def setUp(self):
		super().setUp()
		frappe.db.savepoint("mx_test")
		frappe.set_user(self.rep)
		frappe.clear_messages()

	def tearDown(self):
		frappe.set_user("Administrator")
		frappe.db.rollback(save_point=None if self.commits else "mx_test")
		_clear_caches()
		super().tearDown()

	@contextmanager
	def as_user(self, user: str):
		"""Run the block as another user."""
		before = frappe.session.user
		frappe.set_user(user)
		try:
			yield
		finally:
			frappe.set_user(before)

	def note(self, text: str = "Takes tea.", **values):
		"""Create a note as the session user."""
		return frappe.get_doc(
			{"doctype": "Personal Note", "customer": self.customer, "note": text, "kind": "Fact"} | values
		).insert()

	def task(self, **values):
		"""Create a follow-up owned by the session user, due today."""
		return frappe.get_doc(
			{
				"doctype": "Follow Up Task",
				"customer": self.customer,
				"subject": "send the book",
				"due_on": getdate(),
				"assigned_to": frappe.session.user,
			}
			| values
		).insert()

	def budget(self, **values):
		"""Create an enabled budget for `rep` and `colleague`: 50 per month, free limit 20."""
		with self.as_user("Administrator"):
			return make_budget(self.company, [self.rep, self.colleague], **values)

	def invoice(self, **values):
		"""Create a draft Sales Invoice of 100 for the customer."""
		return make_invoice(self.company, self.customer, **values)

	def contact(self, first_name: str = "Olivia", customer: str | None = None) -> str:
		"""Create a Contact of the customer."""
		contact = frappe.get_doc({"doctype": "Contact", "first_name": first_name, "last_name": "Brandt"})
		contact.append("links", {"link_doctype": "Customer", "link_name": customer or self.customer})
		return contact.insert(ignore_permissions=True).name

	def group(self, *users: str) -> str:
		"""Create a User Group of these users."""
		group = frappe.get_doc(
			{"doctype": "User Group", "user_group_members": [{"user": user} for user in users]}
		)
		return group.insert(set_name="MX Test Group", ignore_permissions=True).name

	def set_time_zone(self, user: str, zone: str | None) -> None:
		"""Set the time zone of a user for this test."""
		frappe.db.set_value("User", user, "time_zone", zone)
		frappe.clear_document_cache("User", user)
		# The cache does not know that the test is rolled back.
		self.addCleanup(frappe.clear_document_cache, "User", user)

	@contextmanager
	def freeze(self, day):
		"""Set Frappe's clock to noon of `day` within the block."""
		noon = datetime.combine(getdate(day), time(12))
		with patch("frappe.utils.data.convert_utc_to_system_timezone", lambda *_args: noon):
			yield

	def set_settings(self, **values) -> None:
		"""Change the app's settings for this test."""
		settings = frappe.get_doc("Micro Experiences Settings")
		settings.update(values).save(ignore_permissions=True)
		self.addCleanup(frappe.clear_document_cache, settings.doctype, settings.doctype)


def make_user(email: str, roles: tuple[str, ...]) -> str:
	"""Create an enabled System User with exactly these roles."""
	if not frappe.db.exists("User", email):
		frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": email.split("@")[0].split(".")[-1].title(),
				"send_welcome_email": 0,
				"roles": [{"role": role} for role in roles],
			}
		).insert(ignore_permissions=True)
	return email


def make_role(name: str) -> str:
	"""Create a role if it does not exist."""
	if not frappe.db.exists("Role", name):
		frappe.get_doc({"doctype": "Role", "role_name": name}).insert(ignore_permissions=True)
	return name


def make_customer(name: str) -> str:
	"""Create a customer in the first group and territory of the site, if it does not exist."""
	if not frappe.db.exists("Customer", name):
		frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": name,
				"customer_type": "Company",
				"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}, order_by="name asc"),
				"territory": frappe.db.get_value("Territory", {"is_group": 0}, order_by="name asc"),
			}
		).insert(ignore_permissions=True)
	return name


def make_budget(company: str, users: list[str], **values):
	"""Create an enabled budget: 50 per person and month, free limit 20, unless `values` say otherwise."""
	return frappe.get_doc(
		{
			"doctype": "Gesture Budget",
			"title": "MX Test",
			"company": company,
			"holders": [{"user": user} for user in users],
			"amount": 50,
			"period": "Month",
			"starts_on": add_months(getdate(), -1),
			"free_up_to": 20,
			"approver_role": "Sales Manager",
		}
		| values
	).insert(ignore_permissions=True)


def make_email_account() -> None:
	"""Create a default outgoing Email Account, from which nothing is sent."""
	if not frappe.db.exists("Email Account", {"default_outgoing": 1, "enable_outgoing": 1}):
		account = frappe.get_doc(
			{
				"doctype": "Email Account",
				"email_account_name": "MX Test",
				"email_id": "mx.shop@example.com",
				"enable_outgoing": 1,
				"default_outgoing": 1,
				"smtp_server": "localhost",
				"no_smtp_authentication": 1,
			}
		)
		# Validation would connect to the mail server.
		account.flags.ignore_validate = True
		account.db_insert()
	# Frappe caches the account, or that there is none, per connection.
	frappe.local.outgoing_email_account = {}


def get_queued_digests(*users: str) -> list[frappe._dict]:
	"""Return the digests in the email queue, oldest first: `name, recipient, subject, html, text`."""
	filters = {"reference_doctype": "Follow Up Preference"}
	mails = []
	for row in frappe.get_all(
		"Email Queue", filters=filters, fields=["name", "message"], order_by="creation asc, name asc"
	):
		parsed = message_from_string(row.message, policy=policy.default)
		for recipient in frappe.get_all(
			"Email Queue Recipient", filters={"parent": row.name}, pluck="recipient"
		):
			mails.append(
				frappe._dict(
					name=row.name,
					recipient=recipient,
					subject=parsed["Subject"],
					html=parsed.get_body(("html",)).get_content(),
					text=parsed.get_body(("plain",)).get_content().replace("\r\n", "\n"),
				)
			)
	return [mail for mail in mails if not users or mail.recipient in users]


def make_accounts(company: str) -> dict[str, str]:
	"""Return an expense account, a cash account and a cost center of a company, keyed by Gesture Budget field."""
	accounts = {
		"expense_account": ("MX Test Gestures", {"root_type": "Expense"}),
		"paid_from_account": ("MX Test Petty Cash", {"root_type": "Asset", "account_type": "Cash"}),
	}
	found = {"cost_center": frappe.get_cached_value("Company", company, "cost_center")}
	for field, (name, kind) in accounts.items():
		found[field] = frappe.db.get_value("Account", {"account_name": name, "company": company}) or (
			frappe.get_doc(
				{
					"doctype": "Account",
					"account_name": name,
					"company": company,
					"parent_account": frappe.db.get_value(
						"Account", {"company": company, "is_group": 1} | kind, order_by="lft desc"
					),
				}
				| kind
			)
			.insert(ignore_permissions=True)
			.name
		)
	return found


def make_invoice(company: str, customer: str, **values):
	"""Create a draft Sales Invoice of 100 for a non-stock item."""
	item = "MX Test Hamper"
	if not frappe.db.exists("Item", item):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": item,
				"item_group": frappe.db.get_value("Item Group", {"is_group": 0}, order_by="name asc"),
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
		).insert(ignore_permissions=True)
	invoice = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"company": company,
			"customer": customer,
			"due_date": getdate(),
			"items": [{"item_code": item, "qty": 1, "rate": 100}],
		}
		| values
	)
	invoice.set_missing_values()
	return invoice.insert(ignore_permissions=True)


def _clear_caches() -> None:
	budget_access.clear_budget_cache()
	# Filled within the test, and not cleared by a rollback.
	frappe.cache.delete_value(["user_permissions", "roles", "defaults", "micro_experiences:first_names"])
	frappe.cache.delete_value("micro_experiences:sensitive_terms")
	# Access log entries that wait to be inserted.
	frappe.cache.delete_value("insert_queue_for_Personal Note Access")
	for prefix in ("opened", "looked"):
		frappe.cache.delete_keys(f"micro_experiences:{prefix}:")
	frappe.clear_messages()
