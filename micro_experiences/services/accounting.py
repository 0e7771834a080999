"""Post the period of a wallet as one Journal Entry, and release it when that entry is cancelled or
deleted."""

from datetime import date

import frappe
from babel.dates import format_date
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import flt, formatdate, getdate, strip_html

from micro_experiences.domain import accounting as rules
from micro_experiences.domain.currencies import to_money
from micro_experiences.services import ledger
from micro_experiences.utils.errors import domain_errors_as_frappe, throw
from micro_experiences.utils.formatting import format_money

_DOCSTATUS_CANCELLED = 2


def can_post(user: str, *, manager: bool) -> bool:
	"""Return whether a user may post a wallet that is visible to them."""
	may_submit = all(
		frappe.has_permission("Journal Entry", right, user=user) for right in ("create", "submit")
	)
	return rules.can_post(frappe.get_roles(user), may_submit_entries=may_submit, manager=manager)


def post_wallet(wallet: str, *, ignore_permissions: bool = False) -> str:
	"""Return the name of the Journal Entry of a wallet's period, creating and submitting it if there is none.

	The wallet row is locked, so concurrent calls create only one. Raises a ValidationError with the reason,
	without writing anything. The caller owns the transaction.
	"""
	row = ledger.lock_wallet(wallet)
	if not row:
		throw(_("This wallet no longer exists. Nothing was posted."), frappe.DoesNotExistError)
	budget = _get_budget(row)
	period = _build_period(row, budget, for_update=True)
	if period.posted is not None:
		return row.journal_entry
	with domain_errors_as_frappe():
		rules.check_postable(period, getdate())
	validate_accounts(budget)
	entry = _build_journal_entry(row, budget, period)
	entry.flags.ignore_permissions = ignore_permissions
	_submit_entry(entry, _get_title(row), period.end)
	ledger.set_journal_entry(wallet, entry.name)
	return entry.name


def get_posting_status(wallet) -> dict:
	"""Return what the wallet form shows to users who may post it: `{"line", "offered"}`, the line as plain
	text."""
	budget = _get_budget(wallet)
	period = _build_period(wallet, budget)
	line = rules.describe_posting(
		period, budget, lambda amount: format_money(amount, period.currency), formatdate, _
	)
	return {"line": line, "offered": rules.can_offer_posting(period, getdate())}


def get_wallets_to_post(day: date) -> list[str]:
	"""Return the wallets to post on `day`, oldest first: the period has ended, something was spent,
	nothing is committed any more, the budget posts to the ledger, and there is no active Journal Entry."""
	wallet, budget, entry = (DocType(name) for name in ("Gesture Wallet", "Gesture Budget", "Journal Entry"))
	return (
		frappe.qb.from_(wallet)
		.inner_join(budget)
		.on(budget.name == wallet.gesture_budget)
		.left_join(entry)
		.on((entry.name == wallet.journal_entry) & (entry.docstatus != _DOCSTATUS_CANCELLED))
		.select(wallet.name)
		.where((wallet.period_end < day) & (wallet.spent > 0) & (wallet.committed == 0))
		.where((budget.post_to_ledger == 1) & entry.name.isnull())
		.orderby(wallet.period_end)
		.orderby(wallet.name)
		.run(pluck=True)
	)


def validate_accounts(budget) -> None:
	"""Raise a ValidationError if a budget names an account or cost center that cannot be posted to."""
	account = ("name", "company", "is_group", "disabled", "root_type", "account_type", "account_currency")
	labels = frappe.get_meta("Gesture Budget")
	rows = {
		field: budget.get(field) and frappe.db.get_value("Account", budget.get(field), account, as_dict=True)
		for field in rules.ACCOUNT_ROOT_TYPES
	}
	center = budget.get("cost_center")
	rows["cost_center"] = center and frappe.db.get_value("Cost Center", center, account[:4], as_dict=True)
	with domain_errors_as_frappe():
		rules.check_posting_fields(
			budget.company,
			_get_company_currency(budget.company),
			rows,
			{field: labels.get_label(field) for field in rules.POSTING_FIELDS},
		)


def _get_budget(wallet):
	fields = ["post_to_ledger", "company", *rules.POSTING_FIELDS]
	return frappe.db.get_value("Gesture Budget", wallet.gesture_budget, fields, as_dict=True)


def _build_period(wallet, budget, for_update: bool = False) -> rules.WalletPeriod:
	"""Return the wallet's period for accounting. `for_update` reads what others have just committed."""
	gesture = DocType("Gesture")
	given = (
		frappe.qb.from_(gesture)
		.select(gesture.status, gesture.base_cost)
		.where(gesture.gesture_wallet == wallet.name)
	)
	entry = wallet.journal_entry and frappe.db.get_value(
		"Journal Entry",
		wallet.journal_entry,
		["docstatus", "total_debit"],
		as_dict=True,
		for_update=for_update,
	)
	is_live = bool(entry) and entry.docstatus != _DOCSTATUS_CANCELLED
	return rules.WalletPeriod(
		is_posting_enabled=bool(budget.post_to_ledger),
		end=getdate(wallet.period_end),
		committed=to_money(wallet.committed),
		wallet_currency=wallet.currency,
		amount=rules.get_posting_amount((given.for_update() if for_update else given).run(as_dict=True)),
		currency=_get_company_currency(wallet.company),
		posted=to_money(entry.total_debit, 9) if is_live else None,
	)


def _build_journal_entry(wallet, budget, period: rules.WalletPeriod):
	entry = frappe.new_doc("Journal Entry")
	entry.update(
		{
			"voucher_type": "Journal Entry",
			"company": wallet.company,
			"posting_date": period.end,
			"user_remark": _get_title(wallet),
		}
	)
	for line in rules.build_entry_rows(period.amount, budget):
		entry.append(
			"accounts",
			{
				"account": line["account"],
				"cost_center": line["cost_center"],
				"debit_in_account_currency": flt(line.get("debit")),
				"credit_in_account_currency": flt(line.get("credit")),
			},
		)
	return entry


def _submit_entry(entry, title: str, end: date) -> None:
	messages = list(frappe.local.message_log)
	try:
		entry.insert()
		# ERPNext titles a new entry after its first account.
		entry.title = title
		entry.submit()
	except frappe.ValidationError as error:
		frappe.local.message_log = messages
		with domain_errors_as_frappe():
			raise rules.posting_rejected(end, strip_html(str(error))) from error


def _get_title(wallet) -> str:
	"""Return the title in the language of the site, regardless of who posts the wallet."""
	language = frappe.db.get_single_value("System Settings", "language") or "en"

	def month(day: date) -> str:
		return format_date(day, "LLLL y", language.replace("-", "_"))

	start, end = getdate(wallet.period_start), getdate(wallet.period_end)
	return rules.format_entry_title(start, end, month, formatdate, lambda text: _(text, language))


def _get_company_currency(company: str) -> str:
	return frappe.get_cached_value("Company", company, "default_currency")
