"""Whitelisted methods for Personal Notes: suggest, jot, mark as used, snooze, mark as outdated."""

import frappe
from frappe.utils import cint

from micro_experiences.permissions.visibility import check_can_read_customer
from micro_experiences.services import notes
from micro_experiences.services.banner_response import respond_with_banner
from micro_experiences.utils.idempotency import idempotent
from micro_experiences.utils.rate_limit import rate_limit_per_user
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.transactions import retry_on_deadlock


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def get_form_options(customer: str) -> dict:
	"""Return the options of the panel's forms: `{"me", "topics", "contacts", "groups", "users",
	"restrictions", "gesture_types"}`."""
	check_can_read_customer(customer)
	return notes.get_form_options(customer)


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def suggest(customer: str, note: str) -> dict:
	"""Return suggested values for a note, similar notes (`duplicates`), and `hints` about sensitive words.

	Uses POST although it writes nothing, so that no personal text appears in the access log of a web server.
	"""
	frappe.has_permission("Personal Note", "create", throw=True)
	return notes.suggest(customer, note)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
@idempotent("Personal Note")
def jot(
	form: FormContext,
	customer: str,
	note: str,
	topic: str | None = None,
	kind: str | None = None,
	certainty: str | None = None,
	heard_via: str | None = None,
	occasion_on: str | None = None,
	repeats_yearly: bool | int = False,
	year_known: bool | int | None = None,
	remember_until: str | None = None,
	visibility: str | None = None,
	user_group: str | None = None,
	sensitive: bool | int | None = None,
	pinned: bool | int = False,
	stops: str | None = None,
	avoids: str | None = None,
	follow_up_on: str | None = None,
	kept_as_is_because: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Create a note, and a follow-up if `follow_up_on` (an ISO date) is set. Returns `{"name", "banner"}`.

	If `sensitive` is None, the topic decides.
	"""
	values = {
		"customer": customer,
		"note": note,
		"topic": topic or None,
		"kind": kind,
		"certainty": certainty or "",
		"heard_via": heard_via or "",
		"occasion_on": occasion_on or None,
		"repeats_yearly": cint(repeats_yearly),
		"year_known": cint(year_known),
		"remember_until": remember_until or None,
		"visibility": visibility or "Everyone",
		"user_group": user_group or None,
		"sensitive": None if sensitive is None else bool(cint(sensitive)),
		"pinned": cint(pinned),
		"stops": stops or None,
		"avoids": avoids or None,
		"kept_as_is_because": kept_as_is_because or None,
		"sent_key": sent_key,
	}
	return {"name": notes.create_note(form, values, follow_up_on), "customer": customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
@idempotent("Personal Note Use")
def mark_used(
	form: FormContext,
	name: str,
	they_said: str | None = None,
	remember: bool | int = False,
	sensitive: bool | int = False,
	kept_as_is_because: str | None = None,
	sent_key: str | None = None,
) -> dict:
	"""Mark a note as used, and record what the customer said as a new note if `remember` is set.

	The new note is sensitive if the first one is, or if `sensitive` is set. Returns `{"banner"}`.
	"""
	note = notes.get_visible_note(name)
	notes.mark_used(note, form, they_said, sent_key)
	if cint(remember) and (they_said or "").strip():
		more = {"sensitive": cint(sensitive), "kept_as_is_because": kept_as_is_because or None}
		notes.create_following_note(note, form, they_said, more)
	return {"customer": note.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def snooze(form: FormContext, name: str, until: str) -> dict:
	"""Snooze a note for the session user until "tomorrow", "next_week" or "next_visit". Returns `{"banner"}`."""
	note = notes.get_visible_note(name)
	notes.snooze(note, form, until)
	return {"customer": note.customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def mark_outdated(form: FormContext, name: str) -> dict:
	"""Mark a note as outdated: it is closed but not deleted. Returns `{"banner"}`."""
	note = notes.get_visible_note(name)
	notes.mark_outdated(note, form)
	return {"customer": note.customer}
