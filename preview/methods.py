"""The methods that the panel and the pages call: arguments are checked, and each call is one transaction."""

import inspect
import sqlite3
import types
import typing
from collections.abc import Callable
from datetime import date

from micro_experiences.domain import errors
from preview import banner, budgets, follow_ups, gestures, invoices, never_notes, notes, reminders, schema
from preview.clock import Clock
from preview.session import NotThere, Session
from preview.store import Store

READING = {
	"banner.get_banner": banner.get_banner,
	"banner.get_more": banner.get_more,
	"notes.get_form_options": notes.get_form_options,
	"notes.suggest": notes.suggest,
	"wording.check_wording": notes.check_wording,
	"gestures.propose": gestures.propose,
	"gestures.check_never_notes": never_notes.check_never_notes,
}
WRITING = {
	"notes.jot": notes.jot,
	"notes.mark_used": notes.mark_used,
	"notes.snooze": notes.snooze,
	"notes.mark_outdated": notes.mark_outdated,
	"follow_ups.create": follow_ups.create,
	"follow_ups.mark_done": follow_ups.mark_done,
	"follow_ups.snooze": follow_ups.snooze,
	"follow_ups.skip": follow_ups.skip,
	"follow_ups.stop_repeating": follow_ups.stop_repeating,
	"follow_ups.hand_over": follow_ups.hand_over,
	"gestures.record_gesture": gestures.record_gesture,
	"gestures.approve": gestures.approve,
	"gestures.decline": gestures.decline,
	"gestures.set_status": gestures.set_status,
	"budgets.save": budgets.save,
	"invoices.save": invoices.save,
}

# The document on the page, and the person on it. Every method takes them.
_CONTEXT = ("reference_doctype", "reference_name", "contact")
# The methods that create a record. A second submission with the same key returns the record of the first one.
_IDEMPOTENT = {
	"notes.jot": "Personal Note",
	"notes.mark_used": "Personal Note Use",
	"follow_ups.create": "Follow Up Task",
	"gestures.record_gesture": "Gesture",
}
_TEXTS = {"Data", "Small Text", "Link", "Select", "Date", "Time"}
# The fields of the new record that a form may send; the method gets them as `values`.
_FORMS = {
	"notes.jot": (
		"customer",
		"note",
		"topic",
		"kind",
		"certainty",
		"heard_via",
		"occasion_on",
		"repeats_yearly",
		"year_known",
		"remember_until",
		"visibility",
		"user_group",
		"sensitive",
		"pinned",
		"stops",
		"avoids",
		"kept_as_is_because",
	),
	"follow_ups.create": (
		"customer",
		"subject",
		"due_on",
		"due_time",
		"assigned_to",
		"remind_days_before",
		"repeats",
		"every",
		"personal_note",
		"gesture",
	),
	"gestures.record_gesture": (
		"customer",
		"what",
		"gesture_type",
		"message",
		"cost",
		"currency",
		"gesture_budget",
		"personal_note",
		"planned_on",
		"override_reason",
		"never_notes_confirmed",
	),
}


class Refused(Exception):
	"""A rule refuses the call. The message is for the user. Nothing was saved."""


class Denied(Refused):
	"""The user may not do this."""


class Unknown(Refused):
	"""There is no such method or record."""


class BadArguments(Refused):
	"""An argument is missing or has the wrong type."""


def call(store: Store, clock: Clock, user: str, method: str, args: dict) -> dict | None:
	"""Call a method for a user. Raises Refused and its subclasses, or Trouble; then nothing was saved."""
	function = READING.get(method) or WRITING.get(method)
	if not function:
		raise Unknown("There is no such method.")
	arguments = _parse_arguments(function, args)
	doctype, name, contact, key = (
		_parse_argument(one, args.get(one), str | None) for one in (*_CONTEXT, "sent_key")
	)
	if method in _FORMS:
		arguments["values"] = _parse_form(method, args)
	with store.writing() if method in WRITING else store.reading() as db:
		# Read the clock here: the request may have waited for another one.
		session = Session(
			db, user, clock.now(), (doctype, name), contact, key if method in _IDEMPOTENT else None
		)
		if method in _FORMS:
			arguments["values"] |= session.context
		try:
			return _get_previous_response(session, method) or function(session, **arguments)
		except errors.RuleViolation as refused:
			kind = Denied if isinstance(refused, errors.NotPermitted) else Refused
			kind = Unknown if isinstance(refused, NotThere) else kind
			raise kind(refused.format_message(str, session.show)) from refused
		except sqlite3.IntegrityError as error:
			raise Refused(
				"The data has changed in the meantime. Nothing was saved. Please try again."
			) from error


def get_argument_names(method: str) -> frozenset[str]:
	"""Return the names of the arguments of a method."""
	function = READING.get(method) or WRITING[method]
	known = {*_CONTEXT, *_FORMS.get(method, ())} | ({"sent_key"} if method in _IDEMPOTENT else set())
	return frozenset(inspect.signature(function).parameters) - {"session", "values"} | known


def run_jobs(store: Store, clock: Clock) -> int:
	"""Close expired notes, cancel lapsed approvals and send due reminders. Returns how many reminders were sent."""
	with store.writing() as db:
		session = Session(db, "Administrator", clock.now())
		notes.close_expired(session)
		gestures.lapse_approvals(session)
	sent = 0
	while True:
		with store.writing() as db:
			due, chunk = reminders.send_due(Session(db, "Administrator", clock.now()))
		sent += chunk
		if due < reminders.CHUNK_SIZE:
			return sent


def _get_previous_response(session: Session, method: str) -> dict | None:
	"""Return the answer to a second submission of a form whose first one has created a record."""
	if not session.sent_key:
		return None
	rows = session.db.find(_IDEMPOTENT[method], {"sent_key": session.sent_key, "owner": session.user})
	return rows and {"name": rows[0]["name"], "again": True} | banner.respond_with_banner(
		session, rows[0]["customer"]
	)


def _parse_arguments(function: Callable, args: dict) -> dict:
	"""Return the arguments that a function takes, with their types. Raises BadArguments."""
	checked = {}
	for name, parameter in inspect.signature(function).parameters.items():
		if name in ("session", "values"):
			continue
		if name in args:
			checked[name] = _parse_argument(name, args[name], parameter.annotation)
		elif parameter.default is parameter.empty:
			raise BadArguments(f"{name} is missing.")
	return checked


def _parse_form(method: str, args: dict) -> dict:
	"""Return the fields of a form that have a value. Raises BadArguments."""
	doctype, values = schema.meta(_IDEMPOTENT[method]), {}
	for name in _FORMS[method]:
		value, field = args.get(name), doctype.field(name)
		required = name in _FORMS[method][:2]
		if value is None and required:
			raise BadArguments(f"{field.label} is missing.")
		if value in (None, "") and not required:
			continue
		try:
			if isinstance(value, list | dict) or (field.fieldtype in _TEXTS and not isinstance(value, str)):
				raise TypeError
			values[name] = schema.convert(value, field.fieldtype)
		except (TypeError, ValueError, OverflowError, ArithmeticError):
			if field.fieldtype == "Time":
				raise Refused("Enter the time as hours and minutes, for example 14:30.") from None
			raise BadArguments(f"{field.label} is not valid.") from None
	return values


def _parse_argument(name: str, value: object, wanted: type) -> object:
	try:
		return _convert(value, wanted)
	except (TypeError, ValueError, OverflowError):
		raise BadArguments(f"{name} is not valid.") from None


def _convert(value: object, wanted: type) -> object:
	kinds = typing.get_args(wanted) if isinstance(wanted, types.UnionType) else (wanted,)
	kind = kinds[0]
	if value in (None, "") and types.NoneType in kinds:
		return None
	if kind is bool and value in (True, False, "0", "1"):
		return value in (True, "1")
	if kind is date and isinstance(value, str):
		return date.fromisoformat(value)
	if kind is list and not all(isinstance(one, str) for one in value):
		raise TypeError
	if kind in (str, list, bool, date):
		if not isinstance(value, kind):
			raise TypeError
		return value
	if isinstance(value, bool):
		raise TypeError
	return kind(value)
