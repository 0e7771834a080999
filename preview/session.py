"""One request: who asks, at what moment, in which transaction; with what every service needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from micro_experiences.domain import refusal, sight, text
from micro_experiences.domain.recall import Language
from micro_experiences.domain.refusal import NotAllowed, Refused, _
from preview import ledger, people, records, schema
from preview.store import Db, fitting

LANGUAGE = Language()
# What stands for the touchpoints of the Desk: these may be open when something is jotted, promised or given.
TOUCHPOINTS = ("Customer", "Sales Invoice")


class NotThere(Refused):
	"""The record is not there, or not for this user: he cannot tell which."""


@dataclass
class Session:
	"""`user` is an id such as "priya@example.com"; `now` is naive, in the time of the preview. `open` is the (DocType, name)
	of the document on the page, `contact` the person on it, and `sent_key` what names this sending of a form of the panel."""

	db: Db
	user: str
	now: datetime
	open: tuple[str | None, str | None] = (None, None)
	contact: str | None = None
	sent_key: str | None = None

	@property
	def today(self) -> date:
		return self.now.date()

	@cached_property
	def settings(self) -> dict:
		"""The fields of Micro Experiences Settings."""
		return self.db.get("Micro Experiences Settings", "Micro Experiences Settings")

	@property
	def manager(self) -> bool:
		"""Whether the user is a Micro Experiences Manager."""
		return self.is_manager(self.user)

	def roles(self, user: str | None = None) -> frozenset[str]:
		"""The roles of a user, or of this one."""
		return people.roles(self.db, user or self.user)

	def is_manager(self, user: str) -> bool:
		return sight.MANAGER in self.roles(user)

	def first_name(self, user: str | None) -> str:
		"""The first name of a colleague; "" for nobody."""
		return self.user_field(user, "first_name")

	def full_name(self, user: str | None) -> str:
		"""The full name of a colleague; "" for nobody."""
		return self.user_field(user, "full_name")

	def user_field(self, user: str | None, field: str) -> str:
		row = self.db.get("User", user) if user else None
		return (row and row[field]) or user or ""

	def rows(
		self, doctype: str, filters: dict | None = None, order_by: str = "name", limit: int = 200
	) -> list[dict]:
		"""What the user may see."""
		return records.rows(self.db, doctype, self.user, filters, order_by, limit, self.now)

	def seen(self, doctype: str, name: str) -> dict:
		"""One record that the user may see. Raises NotThere."""
		row = records.get(self.db, doctype, name, self.user, self.now)
		if not row:
			raise NotThere(_("{0} is not there, or not for you."), name)
		return row

	def check_customer(self, customer: str | None) -> None:
		"""Raises NotThere or NotAllowed where the user may not open this customer."""
		if not customer or not self.db.get("Customer", customer):
			raise NotThere(
				_("Say for which customer this is.") if not customer else _("There is no customer {0}."),
				customer,
			)
		if not people.may_use(self.roles()):
			raise NotAllowed(_("You may not open this customer."))

	def may(self, doctype: str, ptype: str) -> bool:
		"""Whether a role of the user's may "read", "write" or "create" such records."""
		return records.may(self.db, doctype, ptype, self.user)

	def check_source(self, record: dict) -> None:
		"""A link to a note or a gesture leads to one of the same customer's that the user may see. Raises NotAllowed."""
		for field, doctype in sight.SOURCES.items():
			name = record.get(field)
			row = name and records.get(self.db, doctype, name, self.user, self.now)
			if name and not (row and row["customer"] == record["customer"]):
				raise NotAllowed(
					_(
						"{0} is not one of this customer's that you may open, or not any more. Nothing was saved."
					),
					name,
				)

	def new(self, doctype: str) -> dict:
		"""The fields of a record that is about to be made."""
		types = {field.fieldname: field.fieldtype for field in schema.meta(doctype).fields}
		values = schema.new(doctype, self.user, self.now)
		return {field: fitting(value, types[field]) for field, value in values.items()}

	def copy(self, doctype: str, row: dict) -> dict:
		"""The fields of a record that takes over from another one what its DocType lets be copied."""
		fields = schema.meta(doctype).fields
		return self.new(doctype) | {f.fieldname: row[f.fieldname] for f in fields if not f.no_copy}

	def check_may_make(self, doctype: str) -> None:
		"""Raises NotAllowed where no role of the user's may make such a record."""
		if not self.may(doctype, "create"):
			raise NotAllowed(_("You may not make a {0}."), refusal.Word(doctype))

	def insert(self, doctype: str, values: dict) -> str:
		"""Keep a new record; its name. Raises Refused for what its DocType cannot hold."""
		values = self._tidied(doctype, values)
		self._check(doctype, values, schema.meta(doctype).fields)
		return self.db.insert(doctype, values, self.user, self.now)

	def update(self, doctype: str, name: str, values: dict) -> None:
		"""Change some fields of a record. Raises Refused for what its DocType cannot hold."""
		values = self._tidied(doctype, values)
		changed = [field for field in schema.meta(doctype).fields if field.fieldname in values]
		self._check(doctype, values, changed)
		self.db.update(doctype, name, values, self.user, self.now)

	def _tidied(self, doctype: str, values: dict) -> dict:
		"""The values with their text as the rule for text wants it; those of the host are not ours to put right."""
		if doctype in schema.HOST:
			return values
		types = {field.fieldname: field for field in schema.meta(doctype).fields}
		return values | {
			name: text.tidied(values[name], field.label, name, field.fieldtype, field.length)
			for name, field in types.items()
			if name in values
		}

	def _check(self, doctype: str, values: dict, fields: Iterable[schema.Field]) -> None:
		"""What Frappe asks of every document: what must be filled in is, choices and links exist."""
		for field in fields:
			value, label = values.get(field.fieldname), refusal.Word(field.label)
			if value in (None, ""):
				if field.reqd:
					raise Refused(_("{0} is needed. Nothing was saved."), label)
			elif field.fieldtype == "Link" and not self.db.get(field.options, value):
				raise NotThere(_("{0}: {1} is not there. Nothing was saved."), label, value)
			elif field.fieldtype == "Select" and value not in field.choices:
				choices = tuple(map(refusal.Word, field.choices))
				raise Refused(_("{0}: choose one of {1}. Nothing was saved."), label, choices)

	@property
	def reference(self) -> dict:
		"""Where something came from: the document that is open, unless it is not saved yet."""
		doctype, name = self.open
		if doctype in TOUCHPOINTS and name and self.db.get(doctype, name):
			return {"reference_doctype": doctype, "reference_name": name}
		return {}

	@property
	def company(self) -> str | None:
		"""The company of the document that is open: its wallet is the one to speak of."""
		doctype, name = self.open
		row = self.db.get(doctype, name) if doctype == "Sales Invoice" and name else None
		return row and row["company"]

	def show(self, value: object) -> str:
		"""What stands inside a refusal, as the user reads it."""
		if isinstance(value, refusal.Money):
			return ledger.money(self.db, value.amount, value.currency)
		return LANGUAGE.date(value, self.today) if isinstance(value, date) else str(value)


def day(value: str | date | None, label: str) -> date | None:
	"""An ISO date that the browser sent. Raises Refused, naming the field."""
	try:
		return fitting(value, "Date")
	except ValueError:
		raise Refused(_("{0}: write the day as year-month-day, such as 2026-11-30."), label) from None
