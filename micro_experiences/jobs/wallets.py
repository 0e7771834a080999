"""Wallets are opened at the start of a period, approvals that nobody uses lapse, and every night all of it is proved."""

from datetime import date

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime

from micro_experiences.desk.bell import report
from micro_experiences.desk.safely import tell_log
from micro_experiences.domain.gestures import has_lapsed
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

_CHUNK = 1000
_TRIES = 3


def mx_open_wallets() -> None:
	"""Daily: open the wallets of everybody who has a budget, with what is carried over. Twice is once, and after an
	outage it makes up for all of it.

	A budget that cannot be opened, such as one by the fiscal year when there is none yet, stops no other.
	"""
	today = getdate()
	for budget, named in ledger.enabled_budgets():
		if budget.starts_on > today:
			continue
		users = [""]
		if budget.budget_kind != "Shared Pool":
			users = sorted(ledger.people(named["users"], named["for_role"]))
		for start in range(0, len(users), _CHUNK):
			_open_chunk(budget, users[start : start + _CHUNK], today)


def _open_chunk(budget: ledger.Budget, users: list[str], today: date) -> None:
	"""Open the wallets of some holders, in a transaction of its own; tried again where somebody who spends from the
	wallet before was in the way."""
	for _attempt in range(_TRIES):
		frappe.db.commit()  # nosemgrep: a chunk locks the budget, not for long, and sees it as it is now
		frappe.db.savepoint("open_wallets")
		try:
			ledger.open_wallets(budget, users, today)
			return
		except workers.UNDONE:
			# Not to the savepoint: after a deadlock there is none any more.
			frappe.db.rollback()
		except (frappe.ValidationError, ValueError):
			frappe.db.rollback(save_point="open_wallets")
			tell_log(f"the wallets of {budget.title} cannot be opened")
			return
	tell_log(f"the wallets of {budget.title} cannot be opened")


def mx_lapse_approvals() -> None:
	"""Daily: what was approved and not given in time is cancelled, and its money goes back into the wallet."""
	days, now = cint(get_settings().approval_lapses_after_days), now_datetime()
	approved = frappe.get_all("Gesture", filters={"status": "Approved"}, fields=["name", "approved_on"])
	for name in (row.name for row in approved if has_lapsed(row.approved_on, now, days)):
		frappe.db.commit()  # nosemgrep: each is kept by itself, and its rows are locked not for long
		frappe.db.savepoint("lapse")
		try:
			gesture = frappe.get_doc("Gesture", name, for_update=True)
			gesture.lapse(days)
		except workers.UNDONE:
			# Not to the savepoint: after a deadlock there is none any more. Tomorrow is another day.
			frappe.db.rollback()
		except Exception:
			frappe.db.rollback(save_point="lapse")
			tell_log(f"the approval of {name} could not lapse")


def mx_prove_wallets() -> None:
	"""Nightly: every wallet equals its entries, and every given gesture has its own. A difference is reported to the
	Micro Experiences Managers with its rows, and never mended in silence."""
	wallets, gestures = ledger.differences(), ledger.unbooked()
	if not (wallets or gestures):
		return
	count = len(wallets) + len(gestures)
	subject = _("{0} wallets or gestures do not equal the ledger. The rows are in this notification.").format(
		count
	)
	rows = {"wallets": wallets, "gestures without an entry": gestures}
	report("wallets differ from their entries", rows, subject)
