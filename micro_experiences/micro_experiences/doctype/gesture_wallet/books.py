"""A wallet's period becomes one Journal Entry, and is let go again when that is cancelled or deleted."""

from datetime import date

import frappe
from babel.dates import format_date
from frappe import _
from frappe.query_builder import DocType
from frappe.utils import flt, formatdate, getdate, strip_html

from micro_experiences.desk.safely import never_fail_writing
from micro_experiences.desk.words import money, refusing
from micro_experiences.domain import books as rules
from micro_experiences.domain.budget import to_money
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger

_CANCELLED = 2


def may_post(user: str, *, manager: bool) -> bool:
	"""Whether a user may post a wallet that he sees."""
	may_submit = all(
		frappe.has_permission("Journal Entry", right, user=user) for right in ("create", "submit")
	)
	return rules.may_post(frappe.get_roles(user), may_submit_entries=may_submit, manager=manager)


def post(wallet: str, *, ignore_permissions: bool = False) -> str:
	"""The name of the Journal Entry of a wallet's period, made and submitted unless there is one.

	Guarded by the row of the wallet, so that two at once make one. Raises a ValidationError that says why not, and has
	then written nothing. The transaction is the caller's.
	"""
	row = ledger.locked(wallet)
	if not row:
		frappe.throw(_("This wallet is not there any more. Nothing was posted."), frappe.DoesNotExistError)
	budget = _budget(row)
	period = _period(row, budget, for_update=True)
	if period.posted is not None:
		return row.journal_entry
	with refusing():
		rules.check_period(period, getdate())
	check_places(budget)
	entry = _journal_entry(row, budget, period)
	entry.flags.ignore_permissions = ignore_permissions
	_submit(entry, _title(row), period.end)
	ledger.posted(wallet, entry.name)
	return entry.name


def about(wallet) -> dict:
	"""What the form of a wallet shows to whoever may post it: `{"line", "offered"}`, the line as plain text."""
	budget = _budget(wallet)
	period = _period(wallet, budget)
	line = rules.in_words(period, budget, lambda amount: money(amount, period.currency), formatdate, _)
	return {"line": line, "offered": rules.is_offered(period, getdate())}


def due(day: date) -> list[str]:
	"""The wallets to post on `day`, the oldest first: their period is over, something was spent and nothing is promised
	any more, their budget posts, and they have no live Journal Entry."""
	wallet, budget, entry = (DocType(name) for name in ("Gesture Wallet", "Gesture Budget", "Journal Entry"))
	return (
		frappe.qb.from_(wallet)
		.inner_join(budget)
		.on(budget.name == wallet.gesture_budget)
		.left_join(entry)
		.on((entry.name == wallet.journal_entry) & (entry.docstatus != _CANCELLED))
		.select(wallet.name)
		.where((wallet.period_end < day) & (wallet.spent > 0) & (wallet.committed == 0))
		.where((budget.post_to_ledger == 1) & entry.name.isnull())
		.orderby(wallet.period_end)
		.orderby(wallet.name)
		.run(pluck=True)
	)


def check_places(budget) -> None:
	"""Raise a ValidationError where a budget names an account or a cost center that cannot be posted to."""
	account = ("name", "company", "is_group", "disabled", "root_type", "account_type", "account_currency")
	labels = frappe.get_meta("Gesture Budget")
	places = {
		field: budget.get(field) and frappe.db.get_value("Account", budget.get(field), account, as_dict=True)
		for field in rules.ROOTS
	}
	center = budget.get("cost_center")
	places["cost_center"] = center and frappe.db.get_value("Cost Center", center, account[:4], as_dict=True)
	with refusing():
		rules.check_places(
			budget.company,
			_currency(budget.company),
			places,
			{field: labels.get_label(field) for field in rules.PLACES},
		)


@never_fail_writing
def entry_made(doc, method=None) -> None:
	"""`Journal Entry.after_insert`: an amendment takes the place of the one that was cancelled."""
	if doc.get("amended_from"):
		ledger.entry_amended(doc.amended_from, doc.name)


@never_fail_writing
def entry_cancelled(doc, method=None) -> None:
	"""`Journal Entry.on_cancel`: the wallet can be posted again."""
	ledger.entry_cancelled(doc.name)


@never_fail_writing
def entry_deleted(doc, method=None) -> None:
	"""`Journal Entry.on_trash`: the wallet names it no more, and can be posted again."""
	ledger.entry_deleted(doc.name)


def _budget(wallet):
	fields = ["post_to_ledger", "company", *rules.PLACES]
	return frappe.db.get_value("Gesture Budget", wallet.gesture_budget, fields, as_dict=True)


def _period(wallet, budget, for_update: bool = False) -> rules.Period:
	"""The wallet as the books see it; `for_update` sees what others have just committed."""
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
	is_live = bool(entry) and entry.docstatus != _CANCELLED
	return rules.Period(
		posts=bool(budget.post_to_ledger),
		end=getdate(wallet.period_end),
		promised=to_money(wallet.committed),
		wallet_currency=wallet.currency,
		amount=rules.amount((given.for_update() if for_update else given).run(as_dict=True)),
		currency=_currency(wallet.company),
		posted=to_money(entry.total_debit, 9) if is_live else None,
	)


def _journal_entry(wallet, budget, period: rules.Period):
	entry = frappe.new_doc("Journal Entry")
	entry.update(
		{
			"voucher_type": "Journal Entry",
			"company": wallet.company,
			"posting_date": period.end,
			"user_remark": _title(wallet),
		}
	)
	for line in rules.lines(period.amount, budget):
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


def _submit(entry, title: str, end: date) -> None:
	messages = list(frappe.local.message_log)
	try:
		entry.insert()
		# A new one is called after its first account.
		entry.title = title
		entry.submit()
	except frappe.ValidationError as error:
		frappe.local.message_log = messages
		with refusing():
			raise rules.not_taken(end, strip_html(str(error))) from error


def _title(wallet) -> str:
	"""In the language of the site: whoever presses the button, the books speak one."""
	language = frappe.db.get_single_value("System Settings", "language") or "en"

	def month(day: date) -> str:
		return format_date(day, "LLLL y", language.replace("-", "_"))

	start, end = getdate(wallet.period_start), getdate(wallet.period_end)
	return rules.title(start, end, month, formatdate, lambda text: _(text, language))


def _currency(company: str) -> str:
	return frappe.get_cached_value("Company", company, "default_currency")
