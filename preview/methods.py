"""The names that the browser calls, as in the Desk, and what happens to a call: checked, in one transaction, refused in words."""

import inspect
import sqlite3
import types
import typing
from collections.abc import Callable

from micro_experiences.domain import refusal
from preview import (
	banner,
	budgets,
	digests,
	follow_ups,
	gestures,
	invoices,
	notes,
	occasions,
	preferences,
	reminders,
	sensitive,
	wording,
)
from preview.clock import Clock
from preview.session import NotThere, Session
from preview.store import Store

READING = {
	"banner.get_banner": banner.get_banner,
	"notes.options": notes.options,
	"notes.suggest": notes.suggest,
	"gestures.propose": gestures.propose,
	"budgets.in_words": budgets.in_words,
	"wording.look": wording.look,
}
WRITING = {
	"notes.jot": notes.jot,
	"notes.used": notes.used,
	"notes.later": notes.later,
	"notes.no_longer_true": notes.no_longer_true,
	"follow_ups.promise": follow_ups.promise,
	"follow_ups.done": follow_ups.done,
	"follow_ups.later": follow_ups.later,
	"follow_ups.skip": follow_ups.skip,
	"follow_ups.stop_repeating": follow_ups.stop_repeating,
	"follow_ups.hand_over": follow_ups.hand_over,
	"gestures.give": gestures.give,
	"gestures.approve": gestures.approve,
	"gestures.decline": gestures.decline,
	"gestures.move": gestures.move,
	"gestures.correct": gestures.correct,
	"budgets.save": budgets.save,
	"preferences.save": preferences.save,
	"sensitive.open_sensitive": sensitive.open_sensitive,
	"sensitive.close_sensitive": sensitive.close_sensitive,
	"invoices.save": invoices.save,
}


# Which document is open, and which person stands on it: every method takes them, and the session knows them.
_CONTEXT = ("reference_doctype", "reference_name", "contact")
# What makes a record, and is sent again when the answer is lost on its way: it makes one.
_ONCE = {
	"notes.jot": "Personal Note",
	"notes.used": "Personal Note Use",
	"follow_ups.promise": "Follow Up Task",
	"gestures.give": "Gesture",
}


class Refused(Exception):
	"""A rule says no; the words are for the user. Nothing was saved."""


class Denied(Refused):
	"""Somebody else may do this."""


class Unknown(Refused):
	"""There is no such method or record."""


class BadArguments(Refused):
	"""An argument is missing, too many, or of the wrong type."""


def call(store: Store, clock: Clock, user: str, method: str, args: dict) -> dict | None:
	"""What the Desk's method of the same name would answer `user`. Raises Refused, Denied, Unknown or BadArguments, and
	the Trouble of a file that cannot be used; then nothing was saved."""
	function = READING.get(method) or WRITING.get(method)
	if not function:
		raise Unknown("There is nothing of this name.")
	arguments = _checked(function, args)
	doctype, name, contact = (_text(args, key) for key in _CONTEXT)
	with store.writing() if method in WRITING else store.reading() as db:
		# The moment at which it is this request's turn: it may have waited for another one.
		key = _text(args, "sent_key") if method in _ONCE else None
		session = Session(db, user, clock.now(), (doctype, name), contact, key)
		try:
			return _made_before(session, method) or function(session, **arguments)
		except refusal.Refused as refused:
			kind = Denied if isinstance(refused, refusal.NotAllowed) else Refused
			raise (Unknown if isinstance(refused, NotThere) else kind)(
				refused.say(str, session.show)
			) from refused
		except sqlite3.IntegrityError as error:
			# Such as two requests that are the first of their kind: the file itself keeps the second one out.
			raise Refused("Something changed meanwhile. Nothing was saved; please try again.") from error


def arguments_of(method: str) -> frozenset[str]:
	"""The names of the arguments that a method takes."""
	function = READING.get(method) or WRITING[method]
	known = set(_CONTEXT) | ({"sent_key"} if method in _ONCE else set())
	return frozenset(inspect.signature(function).parameters) - {"session"} | known


def _made_before(session: Session, method: str) -> dict | None:
	"""The answer to the second sending of a form, whose first one has made a record."""
	if not session.sent_key:
		return None
	rows = session.db.find(_ONCE[method], {"sent_key": session.sent_key, "owner": session.user})
	return rows and {"name": rows[0]["name"], "again": True} | banner.answer(session, rows[0]["customer"])


def run_jobs(store: Store, clock: Clock) -> int:
	"""What the clock does: closes what has had its time, opens what is near, and sends the digests and the reminders that
	are due; how many reminders were sent."""
	with store.writing() as db:
		session = Session(db, "Administrator", clock.now())
		notes.close_expired(session)
		occasions.open_near(session)
		gestures.lapse_approvals(session)
	with store.writing() as db:
		digests.send_due(Session(db, "Administrator", clock.now()))
	sent = 0
	while True:
		# One transaction for each chunk: bell, proof and next reminder are there together or not at all.
		with store.writing() as db:
			due, chunk = reminders.send_due(Session(db, "Administrator", clock.now()))
		sent += chunk
		if due < reminders.CHUNK:
			return sent


def _checked(function: Callable, args: dict) -> dict:
	"""The arguments that the function knows, with their types. Texts that are numbers or ticks become such."""
	parameters = dict(list(inspect.signature(function).parameters.items())[1:])
	known = {name: value for name, value in args.items() if name in parameters}
	for name, parameter in parameters.items():
		if name not in known:
			if parameter.default is parameter.empty:
				raise BadArguments(f"{name} is missing.")
			continue
		try:
			known[name] = _typed(known[name], parameter.annotation)
		except (TypeError, ValueError, OverflowError):
			raise BadArguments(f"{name} is not what it should be.") from None
	return known


def _text(args: dict, name: str) -> str | None:
	try:
		return _typed(args.get(name), str | None)
	except TypeError:
		raise BadArguments(f"{name} is not what it should be.") from None


def _typed(value: object, wanted: type) -> object:
	kinds = typing.get_args(wanted) if isinstance(wanted, types.UnionType) else (wanted,)
	if value is None or value == "":
		if type(None) in kinds or str in kinds:
			return value if str in kinds and type(None) not in kinds else None
		raise TypeError
	kind = kinds[0]
	if typing.get_origin(kind) is list:
		if not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
			raise TypeError
		return value
	if kind is str:
		if not isinstance(value, str):
			raise TypeError
		return value
	if kind is bool:
		if value not in (True, False, "0", "1"):
			raise TypeError
		return value in (True, 1, "1")
	if isinstance(value, bool):
		raise TypeError
	return kind(value)
