"""Open wallets at the start of a period, cancel lapsed gestures, and check all wallets against the ledger
every night."""

from datetime import date
from functools import partial

import frappe
from frappe import _
from frappe.utils import cint, getdate, now_datetime

from micro_experiences.permissions import budget_access
from micro_experiences.services import ledger, planned_gestures
from micro_experiences.utils import transactions
from micro_experiences.utils.notifications import report_to_managers
from micro_experiences.utils.resilience import log_exception
from micro_experiences.utils.settings import get_settings

_CHUNK_SIZE = 1000
_MAX_ATTEMPTS = 3


def mx_open_wallets() -> None:
	"""Open the wallets of all budget holders, including carried-over amounts. Runs daily, is safe to repeat
	and catches up after an outage.

	A budget that cannot be opened, for example because its fiscal year does not exist yet, does not stop the
	others.
	"""
	today = getdate()
	for budget, named in budget_access.get_enabled_budgets():
		if budget.starts_on > today:
			continue
		users = [""]
		if budget.budget_kind != "Shared Pool":
			users = sorted(budget_access.get_budget_users(named["users"], named["for_role"]))
		for start in range(0, len(users), _CHUNK_SIZE):
			_open_chunk(budget, users[start : start + _CHUNK_SIZE], today)


def _open_chunk(budget: budget_access.Budget, users: list[str], today: date) -> None:
	"""Open the wallets of some holders in their own transaction. Retried if a concurrent transaction
	spends from a previous wallet."""
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- a short transaction that locks the budget and reads its current values
	frappe.db.savepoint("open_wallets")
	try:
		transactions.retry(partial(ledger.open_wallets, budget, users, today), _MAX_ATTEMPTS)
	except transactions.RETRYABLE_ERRORS:
		# Not to the savepoint: it does not survive a deadlock.
		frappe.db.rollback()
		log_exception(f"the wallets of {budget.title} cannot be opened")
	except (frappe.ValidationError, ValueError):
		frappe.db.rollback(save_point="open_wallets")
		log_exception(f"the wallets of {budget.title} cannot be opened")


def mx_lapse_approvals() -> None:
	"""Cancel planned, requested and approved gestures that were not given or decided in time, which returns their
	money to the wallet. Runs daily."""
	days = cint(get_settings().approval_lapses_after_days)
	for name, status in planned_gestures.find_lapsed(now_datetime(), days):
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- each gesture has its own short transaction
		frappe.db.savepoint("lapse")
		try:
			planned_gestures.lapse(name, status, days)
		except transactions.RETRYABLE_ERRORS:
			# Not to the savepoint: it does not survive a deadlock. The next run tries again.
			frappe.db.rollback()
		except Exception:
			frappe.db.rollback(save_point="lapse")
			log_exception(f"The gesture {name} that has lapsed could not be cancelled")


def mx_prove_wallets() -> None:
	"""Check that every wallet equals its entries and that every given gesture has its entry. Runs nightly.
	Differences are reported to the Micro Experiences Managers with their rows, and never corrected
	automatically."""
	wallets, gestures = ledger.find_differences(), ledger.find_gestures_without_entry()
	if not (wallets or gestures):
		return
	count = len(wallets) + len(gestures)
	subject = _("{0} wallets or gestures differ from the ledger. This notification lists them.").format(count)
	rows = {"wallets": wallets, "gestures without an entry": gestures}
	report_to_managers("wallets differ from their entries", rows, subject)
