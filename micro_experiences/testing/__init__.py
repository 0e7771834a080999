"""What the tests on a site share: a person for each role, some customers, a budget. Used by no running code."""

from contextlib import contextmanager
from datetime import datetime, time
from email import message_from_string, policy
from unittest.mock import patch

import frappe
from frappe.utils import add_months, getdate

from micro_experiences.domain.sight import MANAGER

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
	MANAGER_USER: ("Sales User", MANAGER),
	OUTSIDER: ("Employee",),
}


class SiteTestCase(_TestCase):
	"""A transaction of its own for each test; everything that a test writes is rolled back after it.

	`rep` and `colleague` sell, `lead` approves, `manager` is a Micro Experiences Manager, `outsider` has no part.
	"""

	rep, colleague, lead, manager, outsider = REP, COLLEAGUE, LEAD, MANAGER_USER, OUTSIDER
	# A test that commits (other processes are to see its records) cleans up by itself.
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
		_forget_caches()
		super().tearDown()

	@contextmanager
	def as_user(self, user: str):
		"""Run as somebody else."""
		before = frappe.session.user
		frappe.set_user(user)
		try:
			yield
		finally:
			frappe.set_user(before)

	def note(self, text: str = "Takes tea.", **values):
		"""A note of the session user."""
		return frappe.get_doc(
			{"doctype": "Personal Note", "customer": self.customer, "note": text, "kind": "Fact"} | values
		).insert()

	def task(self, **values):
		"""A promise of the session user, due today."""
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
		"""An enabled budget of 50 a month for `rep` and `colleague`, free up to 20."""
		with self.as_user("Administrator"):
			return make_budget(self.company, [self.rep, self.colleague], **values)

	def invoice(self, **values):
		"""A draft Sales Invoice over 100 for the customer."""
		return make_invoice(self.company, self.customer, **values)

	def contact(self, first_name: str = "Olivia", customer: str | None = None) -> str:
		"""A Contact of the customer."""
		contact = frappe.get_doc({"doctype": "Contact", "first_name": first_name, "last_name": "Brandt"})
		contact.append("links", {"link_doctype": "Customer", "link_name": customer or self.customer})
		return contact.insert(ignore_permissions=True).name

	def group(self, *users: str) -> str:
		"""A User Group of these users."""
		group = frappe.get_doc(
			{"doctype": "User Group", "user_group_members": [{"user": user} for user in users]}
		)
		return group.insert(set_name="MX Test Group", ignore_permissions=True).name

	@contextmanager
	def freeze(self, day):
		"""It is noon of `day`, for all that asks Frappe for the time."""
		noon = datetime.combine(getdate(day), time(12))
		with patch("frappe.utils.data.convert_utc_to_system_timezone", lambda *_args: noon):
			yield

	def set_settings(self, **values) -> None:
		"""Change the settings of the app until the end of the test."""
		settings = frappe.get_doc("Micro Experiences Settings")
		settings.update(values).save(ignore_permissions=True)
		self.addCleanup(frappe.clear_document_cache, settings.doctype, settings.doctype)


def make_user(email: str, roles: tuple[str, ...]) -> str:
	"""An enabled System User with just these roles."""
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
	"""A role of this name."""
	if not frappe.db.exists("Role", name):
		frappe.get_doc({"doctype": "Role", "role_name": name}).insert(ignore_permissions=True)
	return name


def make_customer(name: str) -> str:
	"""A customer in the first group and territory of the site."""
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
	"""An enabled budget of 50 a month per person, free up to 20, unless `values` say otherwise."""
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
	"""A default outgoing Email Account, from which nothing is ever sent."""
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
		# To be saved is to be tried out.
		account.flags.ignore_validate = True
		account.db_insert()
	# Frappe remembers the account, and that there is none, as long as it is connected.
	frappe.local.outgoing_email_account = {}


def queued_digests(*users: str) -> list[frappe._dict]:
	"""The digests in the mail queue, the oldest first: `name, recipient, subject, html, text`."""
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


def books_of(company: str) -> dict[str, str]:
	"""An expense account, a cash account and a cost center of a company, by the fields of a Gesture Budget."""
	kinds = {
		"expense_account": ("MX Test Gestures", {"root_type": "Expense"}),
		"paid_from_account": ("MX Test Petty Cash", {"root_type": "Asset", "account_type": "Cash"}),
	}
	found = {"cost_center": frappe.get_cached_value("Company", company, "cost_center")}
	for field, (name, kind) in kinds.items():
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
	"""A draft Sales Invoice over 100 for something that is not in stock."""
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


def _forget_caches() -> None:
	from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger

	ledger.forget_budgets()
	# Frappe fills these within the test; a rollback does not empty them.
	frappe.cache.delete_value(["user_permissions", "roles", "defaults", "micro_experiences:first_names"])
	frappe.cache.delete_value("micro_experiences:sensitive_terms")
	# Looks that wait to be written down.
	frappe.cache.delete_value("insert_queue_for_Personal Note Access")
	for told in ("opened", "looked"):
		frappe.cache.delete_keys(f"micro_experiences:{told}:")
	frappe.clear_messages()
