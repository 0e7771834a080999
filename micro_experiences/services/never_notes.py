"""Never notes: what they rule out, and whether a gesture is ruled out by those of a customer."""

import frappe
from frappe import _

from micro_experiences.domain import never_notes as rules
from micro_experiences.domain import sensitive_access
from micro_experiences.permissions.roles import is_manager
from micro_experiences.services import access_log
from micro_experiences.services.notes import get_source_text
from micro_experiences.services.restrictions import get_extra_words
from micro_experiences.utils.user_time import get_user_today

_FIELDS = (
	"name",
	"note",
	"stops",
	"avoids",
	"kind",
	"certainty",
	"heard_by",
	"heard_on",
	"heard_via",
	"sensitive",
)


def guess(note: str) -> tuple[str, str]:
	"""Return the `stops` and `avoids` that a Never note with these words probably means, "" if unknown."""
	return rules.guess_restrictions(note, frappe.local.lang or "en", get_extra_words())


def get_stops(customer: str) -> list[str]:
	"""Return what the customer's Never notes rule out. Hidden notes count too."""
	return [row.stops for row in _get_rows(customer) if row.stops]


def get_verdict(
	customer: str, gesture_type: str | None, what: str | None, message: str | None
) -> rules.NeverVerdict:
	"""Return whether the customer's Never notes rule a gesture out. Notes that the session user may not see count."""
	return _judge(_get_rows(customer), gesture_type, what, message)


def check(customer: str | None, gesture_type: str | None, what: str | None, message: str | None) -> dict:
	"""Return the verdict for the form: `{"verdict", "never_notes": [{"name", "note", "source"}], "text", "can_override"}`.

	`never_notes` are those behind the verdict that the session user may read, which is logged for sensitive ones.
	"""
	rows, me = _get_rows(customer) if customer else [], frappe.session.user
	verdict, manager = _judge(rows, gesture_type, what, message), is_manager(me)
	shown = [row for row in rows if row.readable and row.name in verdict.notes]
	if shown:
		access_log.record_access(customer, me, "Banner", sensitive_access.get_logged_notes(shown, me))
	template, named = rules.describe_verdict(verdict, manager=manager)
	return {
		"verdict": verdict.verdict,
		"never_notes": [
			{"name": row.name, "note": row.note, "source": get_source_text(row)} for row in shown
		],
		"text": _(template).format(", ".join(_(name) for name in named)) if template else "",
		"can_override": manager,
	}


def _judge(rows: list, gesture_type: str | None, what: str | None, message: str | None) -> rules.NeverVerdict:
	if not rows:
		return rules.CLEAR_VERDICT
	involves = gesture_type and frappe.db.get_value("Gesture Type", gesture_type, "involves")
	notes = [rules.NeverNote(row.name, row.note, row.stops, row.avoids, row.readable) for row in rows]
	title = f"{gesture_type or ''}\n{what or ''}"
	return rules.get_never_verdict(
		rules.GestureWords(involves, title, message or ""), notes, get_extra_words()
	)


def _get_rows(customer: str) -> list:
	"""Return the Never notes of a customer that still apply, with `readable` for the session user."""
	filters = {"customer": customer, "status": "Active", "kind": "Never"}
	rows = frappe.get_all(
		"Personal Note",
		filters=filters,
		or_filters=[["remember_until", "is", "not set"], ["remember_until", ">=", get_user_today()]],
		fields=_FIELDS,
		order_by="creation asc",
	)
	readable = set(frappe.get_list("Personal Note", filters=filters, pluck="name", limit=0)) if rows else ()
	for row in rows:
		row.readable = row.name in readable
	return rows
