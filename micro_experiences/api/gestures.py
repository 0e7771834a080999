"""Whitelisted methods for gestures: propose, record, decide, correct."""

import frappe
from frappe.utils import cint

from micro_experiences.permissions.visibility import check_can_read_customer
from micro_experiences.services import approvals, gestures, never_notes
from micro_experiences.services.banner_response import respond_with_banner
from micro_experiences.utils import request_data
from micro_experiences.utils.bulk_actions import process_each
from micro_experiences.utils.idempotency import idempotent
from micro_experiences.utils.rate_limit import rate_limit_per_user
from micro_experiences.utils.touchpoints import FormContext
from micro_experiences.utils.transactions import retry_on_deadlock


@frappe.whitelist(methods=["GET"])
def can_decide_any() -> bool:
	"""Return whether the session user can approve gestures at the moment."""
	frappe.has_permission("Gesture", throw=True)
	return bool(approvals.get_pending_filters())


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def propose(
	customer: str,
	personal_note: str | None = None,
	gesture_type: str | None = None,
	contact: str | None = None,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
) -> dict:
	"""Return the initial values of the gesture form: type, what, message, cost, warnings and wallets.

	They are empty until the user chooses a `gesture_type`; `suggested_type` is one that suits. The message is rendered from
	the template of the type. `wallets` are the session user's wallets, the one that pays by default first; `wallet` is that
	one, and `notice` says why there is none, if that is known. Nothing is written.
	"""
	frappe.has_permission("Gesture", "create", throw=True)
	check_can_read_customer(customer)
	note = frappe.get_doc("Personal Note", personal_note) if personal_note else None
	if note:
		note.check_permission("read")
	form = FormContext(reference_doctype, reference_name, contact)
	return gestures.propose(form, customer, note, gesture_type)


@frappe.whitelist(methods=["POST"])
@rate_limit_per_user(120)
def check_never_notes(
	customer: str, gesture_type: str | None = None, what: str | None = None, message: str | None = None
) -> dict:
	"""Return whether the customer's Never notes rule a gesture out.

	`{"verdict": "clear", "doubtful" or "blocked", "never_notes": [{"name", "note", "source"}], "text", "can_override"}`, with
	the notes that the user may read. Nothing is written. Uses POST so that no personal text appears in a web server's log.
	"""
	frappe.has_permission("Gesture", "create", throw=True)
	check_can_read_customer(customer)
	return never_notes.check(customer, gesture_type, what, message)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
@idempotent("Gesture")
def record_gesture(
	form: FormContext,
	customer: str,
	what: str,
	gesture_type: str | None = None,
	message: str | None = None,
	cost: float = 0,
	currency: str | None = None,
	gesture_budget: str | None = None,
	personal_note: str | None = None,
	planned_on: str | None = None,
	override_reason: str | None = None,
	never_notes_confirmed: bool | int = False,
	sent_key: str | None = None,
) -> dict:
	"""Record a gesture as given and pay it from the wallet, or plan it for the ISO date `planned_on` and set its money
	aside. Above the free limit it awaits approval instead, and its money is reserved.

	`cost` is in `currency`, or in the currency of the budget. Returns `{"name", "status", "text", "can_undo", "banner"}`;
	`set_status(name, "Cancelled")` undoes it. What a Never note rules out needs an
	`override_reason` of a manager; what it may rule out needs `never_notes_confirmed`.
	Raises InsufficientBalance, RecipientCapExceeded, MissingBudget or RuledOutByNote, and records nothing then.
	"""
	values = {
		"customer": customer,
		"gesture_type": gesture_type or None,
		"personal_note": personal_note or None,
		"what": what,
		"message": message,
		"cost": cost,
		"currency": currency,
		"gesture_budget": gesture_budget or None,
		"planned_on": planned_on or None,
		"override_reason": override_reason,
		"never_notes_confirmed": cint(never_notes_confirmed),
		"sent_key": sent_key,
	}
	return gestures.record_gesture(form, values) | {"customer": customer}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def approve(name: str) -> dict:
	"""Approve a gesture of another user that awaits approval. Its cost stays committed in the wallet."""
	return gestures.decide(name, "Approved")


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def decline(name: str, reason: str | None = None) -> dict:
	"""Decline a gesture that awaits approval, with a reason for the user who requested it."""
	return gestures.decide(name, "Declined", reason)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def decide_many(names: str | list, status: str, reason: str | None = None) -> dict:
	"""Approve or decline many gestures, each separately. Declining requires a reason.

	Returns `{"done": count, "kept": [{"name", "why"}]}`; `kept` are the gestures that were not changed. Only the
	first 500 are processed.
	"""
	frappe.has_permission("Gesture", throw=True)
	gestures.check_decision(status, reason)
	done, kept = process_each(
		request_data.parse_names(names), lambda name: gestures.decide(name, status, reason)
	)
	return {"done": len(done), "kept": kept}


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
@respond_with_banner
def set_status(form: FormContext, name: str, status: str) -> dict:
	"""Plan, give or cancel a gesture. Its cost is committed, spent, released or refunded. Returns `{"status", "banner"}`."""
	return gestures.set_status(name, status)


@frappe.whitelist(methods=["POST"])
@retry_on_deadlock
def correct_cost(name: str, cost: float, reason: str | None = None) -> dict:
	"""Correct the cost of a given gesture, in its currency. The wallet gets an Adjust entry.
	Returns `{"cost", "status"}`."""
	return gestures.correct_cost(name, cost, reason)
