"""The context of one request: its user, its time and its transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from micro_experiences.domain import errors, text, visibility
from micro_experiences.domain.currencies import format_amount
from micro_experiences.domain.errors import NotPermitted, RuleViolation, _
from micro_experiences.domain.language import Language
from micro_experiences.domain.quiet_hours import NotificationHours
from micro_experiences.domain.reminders import parse_quiet_hours
from preview import people, records, schema
from preview.store import Db

LANGUAGE = Language()
# The DocTypes that show the banner.
TOUCHPOINTS = ("Customer", "Sales Invoice")


class NotThere(RuleViolation):
	"""The record does not exist or is hidden from the user, who cannot tell which."""


@dataclass
class Session:
	"""`user` is an id such as "priya@example.com"; `now` is naive. `open` is the (DocType, name) of the document on the page,
	`contact` the person on it, and `sent_key` identifies one submission of a form of the panel."""

	db: Db
	user: str
	now: datetime
	open: tuple[str | None, str | None] = (None, None)
	contact: str | None = None
	sent_key: str | None = None

	@property
	def today(self) -> date:
		"""The day of `now`."""
		return self.now.date()

	@cached_property
	def settings(self) -> dict:
		"""The fields of Micro Experiences Settings."""
		return self.db.get("Micro Experiences Settings", "Micro Experiences Settings")

	@cached_property
	def hours(self) -> NotificationHours:
		"""When users may be reminded: in the preview everybody has the time zone of this machine, and no holidays."""
		return NotificationHours(self.settings["digest_hour"] or 0, parse_quiet_hours(self.settings))

	@property
	def manager(self) -> bool:
		"""Whether the user is a Micro Experiences Manager."""
		return visibility.MANAGER_ROLE in self.roles()

	def roles(self, user: str | None = None) -> frozenset[str]:
		"""Return the roles of a user, by default of this one."""
		return people.get_roles(self.db, user or self.user)

	def first_name(self, user: str | None) -> str:
		"""Return the first name of a user; "" for nobody."""
		return self._user_field(user, "first_name")

	def full_name(self, user: str | None) -> str:
		"""Return the full name of a user; "" for nobody."""
		return self._user_field(user, "full_name")

	def _user_field(self, user: str | None, field: str) -> str:
		row = self.db.get("User", user) if user else None
		return (row and row[field]) or user or ""

	def customer_name(self, customer: str) -> str:
		"""Return the name of a customer as people know it."""
		return self.db.get("Customer", customer)["customer_name"]

	def money(self, amount: Decimal, currency: str | None) -> str:
		"""Return an amount as the user reads it."""
		known = self.db.get("Currency", currency) if currency else None
		text = format_amount(amount, self.precision(currency))
		return f"{(known and known['symbol']) or currency or ''} {text}".strip()

	def precision(self, currency: str | None) -> int:
		"""Return the decimal places of a currency."""
		known = self.db.get("Currency", currency) if currency else None
		return known["decimals"] if known else 2

	def show(self, value: object) -> str:
		"""Return a value inside a message as the user reads it."""
		if isinstance(value, errors.Money):
			return self.money(value.amount, value.currency)
		return LANGUAGE.format_date(value, self.today) if isinstance(value, date) else str(value)

	# Reading

	def rows(
		self, doctype: str, filters: dict | None = None, order_by: str = "name", limit: int = 200
	) -> list:
		"""Return the records that the user may see."""
		return records.get_rows(self.db, doctype, self.user, filters, order_by, limit, self.now)

	def visible(self, doctype: str, name: str | None, user: str | None = None) -> dict | None:
		"""Return a record if a user, by default this one, may see it."""
		return records.get_row(self.db, doctype, name, user or self.user, self.now) if name else None

	def get(self, doctype: str, name: str) -> dict:
		"""Return a record that the user may see. Raises NotThere."""
		if row := self.visible(doctype, name):
			return row
		raise NotThere(_("{0} does not exist or is not visible to you."), name)

	def has_permission(self, doctype: str, ptype: str) -> bool:
		"""Return whether the roles of the user allow them to "read", "write" or "create" records of a DocType."""
		return records.has_permission(self.db, doctype, ptype, self.user)

	# Checks

	def check_can_create(self, doctype: str) -> None:
		"""Raise NotPermitted if no role of the user allows creating records of a DocType."""
		if not self.has_permission(doctype, "create"):
			raise NotPermitted(_("You cannot create a {0}."), errors.Translatable(doctype))

	def check_customer(self, customer: str | None) -> None:
		"""Raise NotThere or NotPermitted if the user may not open the customer."""
		if not customer:
			raise NotThere(_("Choose a customer."))
		if not self.db.get("Customer", customer):
			raise NotThere(_("There is no customer {0}."), customer)
		if not people.can_use_app(self.roles()):
			raise NotPermitted(_("You cannot open this customer."))

	def check_source(self, record: dict) -> None:
		"""Raise NotPermitted if a linked note or gesture is hidden from the user or belongs to another customer."""
		for field, doctype in visibility.SOURCE_FIELDS.items():
			name = record.get(field)
			row = self.visible(doctype, name)
			if name and not (row and row["customer"] == record["customer"]):
				message = _(
					"{0} does not exist, is not visible to you or belongs to another customer. Nothing was saved."
				)
				raise NotPermitted(message, name)

	# Writing

	def new(self, doctype: str) -> dict:
		"""Return the fields of a new record with their defaults."""
		return schema.new(doctype, self.user, self.now)

	def insert(self, doctype: str, values: dict) -> str:
		"""Insert a record, and return its name. Raises RuleViolation for values that its DocType does not allow."""
		fields = schema.meta(doctype).fields
		return self.db.insert(doctype, self._checked(doctype, values, fields), self.user, self.now)

	def update(self, doctype: str, name: str, values: dict) -> None:
		"""Change fields of a record. Raises RuleViolation for values that its DocType does not allow."""
		fields = [field for field in schema.meta(doctype).fields if field.fieldname in values]
		self.db.update(doctype, name, self._checked(doctype, values, fields), self.user, self.now)

	def notify(self, users: Iterable[str], subject: str, doctype: str, name: str) -> None:
		"""Notify users about a document."""
		for user in users:
			values = {"for_user": user, "subject": subject, "document_type": doctype, "document_name": name}
			self.insert("Notification Log", values | {"sent_on": self.now})

	def _checked(self, doctype: str, values: dict, fields: Iterable[schema.Field]) -> dict:
		"""Return values with clean text, checked as Frappe checks every document: mandatory fields, choices and links."""
		if doctype not in schema.HOST:
			values = values | {
				field.fieldname: text.clean_text(
					values[field.fieldname], field.label, field.fieldname, field.fieldtype, field.length
				)
				for field in fields
				if field.fieldname in values
			}
		for field in fields:
			value, label = values.get(field.fieldname), errors.Translatable(field.label)
			if value in (None, ""):
				if field.reqd:
					raise RuleViolation(_("{0} is required. Nothing was saved."), label)
			elif field.fieldtype == "Link" and not self.db.get(field.options, value):
				raise NotThere(_("{0}: {1} does not exist. Nothing was saved."), label, value)
			elif field.fieldtype == "Select" and value not in field.choices:
				choices = tuple(map(errors.Translatable, field.choices))
				raise RuleViolation(_("{0} must be one of {1}. Nothing was saved."), label, choices)
		return values

	# The document on the page

	@property
	def reference(self) -> dict:
		"""The fields that link a new record to the document on the page, unless that is not saved yet."""
		doctype, name = self.open
		if doctype in TOUCHPOINTS and name and self.db.get(doctype, name):
			return {"reference_doctype": doctype, "reference_name": name}
		return {}

	@property
	def context(self) -> dict:
		"""The fields of a new record that do not come from its form."""
		return {"contact": self.contact, "sent_key": self.sent_key} | self.reference

	@property
	def company(self) -> str | None:
		"""The company of the document on the page."""
		doctype, name = self.open
		row = self.db.get(doctype, name) if doctype == "Sales Invoice" and name else None
		return row and row["company"]
