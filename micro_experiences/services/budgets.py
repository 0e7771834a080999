"""How a Gesture Budget is used: by holder and by period."""

import frappe
from frappe import _
from frappe.utils import cstr, flt, get_url_to_form, getdate

from micro_experiences.domain import budgets as rules
from micro_experiences.domain.currencies import round_amount, to_money
from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.gestures import get_approver_role
from micro_experiences.permissions import budget_access
from micro_experiences.utils.errors import format_error
from micro_experiences.utils.formatting import format_money, get_currency_precision
from micro_experiences.utils.language import get_language
from micro_experiences.utils.resilience import fail_safe_write

# The number of bars and of chart periods on the form.
_MAX_HOLDERS = 50
_MAX_PERIODS = 12
_DESCRIBED_FIELDS = (
	"budget_kind",
	"amount",
	"period",
	"free_up_to",
	"unspent",
	"carry_over_limit",
	"cap_per_recipient",
)
_MAX_APPROVERS_SHOWN = 5
_SUM_FIELDS = ("allowance", "carried_over", "committed", "spent")
# The fields of a budget that link to a role or a group.
_REFERENCE_FIELDS = {"Role": ("for_role", "approver_role"), "User Group": ("for_user_group",)}


def describe_budget(row: dict, named: list[str]) -> dict:
	"""Describe a budget from the fields of its form; `named` are the users among its holders.

	Returns `{"text", "people", "usual_free_up_to", "approval_text"}`.
	"""
	return _describe_use(row, named) | {"approval_text": _describe_approvers(cstr(row.get("approver_role")))}


def _describe_approvers(role: str) -> str:
	"""Return who approves gestures of a budget with this approver role."""
	role = get_approver_role(role)
	users = budget_access.get_budget_users([], role) - {"Administrator", "Guest"}
	names = sorted(frappe.utils.get_fullname(user) for user in users)
	shown = ", ".join(names[:_MAX_APPROVERS_SHOWN])
	return rules.describe_approvers(_(role), shown, len(names) - _MAX_APPROVERS_SHOWN, _)


def _describe_use(row: dict, named: list[str]) -> dict:
	role, group = (cstr(row.get(field)) for field in ("for_role", "for_user_group"))
	users = budget_access.get_budget_users(named + budget_access.get_group_members(group), role)
	people = len(users - {"Administrator", "Guest"})
	company = cstr(row.get("company"))
	currency = cstr(row.get("currency")) or cstr(frappe.db.get_value("Company", company, "default_currency"))
	if not frappe.db.exists("Currency", currency):
		return {"text": "", "people": people, "usual_free_up_to": 0.0}
	# The role or group is named only if all holders come from it.
	source = "" if named or (role and group) else _(role) or group
	precision = get_currency_precision(currency)
	usual = rules.get_default_free_limit(
		rules.parse_amount_or_none(row.get("amount")) or rules.ZERO, precision
	)
	values = {field: row.get(field) for field in _DESCRIBED_FIELDS}
	try:
		values |= _round_amounts(values, currency, precision)
		text = rules.describe_budget(values, people, source, lambda amount: format_money(amount, currency), _)
	except RuleViolation as refused:
		text = format_error(refused)
	return {"text": text, "people": people, "usual_free_up_to": flt(usual)}


def _round_amounts(values: dict, currency: str, precision: int) -> dict:
	"""Return the amounts of a form as they would be saved. Raises RuleViolation for less than the smallest amount."""
	amounts = {field: rules.parse_amount_or_none(values[field]) for field in rules.POLICY_MONEY_FIELDS}
	return {
		field: round_amount(amount, precision, currency)
		for field, amount in amounts.items()
		if amount is not None
	}


def get_usage(name: str) -> dict:
	"""Return the current wallets and the past periods of a budget; see `api.budgets.get_usage`."""
	now = {"gesture_budget": name, "period_end": (">=", getdate())}
	rows = frappe.get_list(
		"Gesture Wallet",
		filters=now,
		fields=["name", "holder", "currency", *_SUM_FIELDS],
		order_by="spent desc, committed desc, holder asc",
		limit=_MAX_HOLDERS + 1,
	)
	more = 0
	if len(rows) > _MAX_HOLDERS:
		more = len(frappe.get_list("Gesture Wallet", filters=now, pluck="name", limit=0)) - _MAX_HOLDERS
	return {
		"holders": [_get_holder_usage(row) for row in rows[:_MAX_HOLDERS]],
		"more": more,
		"periods": _get_period_usage(name),
	}


def _get_holder_usage(row: dict) -> dict:
	allowance, carried_over, committed, spent = (to_money(row[field]) for field in _SUM_FIELDS)
	left = rules.get_available_amount(allowance, carried_over, committed, spent)
	return {
		"who": frappe.utils.get_fullname(row.holder) if row.holder else _("Shared"),
		"used": flt(committed + spent),
		"has": flt(allowance + carried_over),
		"used_text": _("{0} used").format(format_money(committed + spent, row.currency)),
		"left_text": _("{0} left").format(format_money(left, row.currency)),
		"low": rules.is_balance_low(left, allowance),
		"href": get_url_to_form("Gesture Wallet", row.name),
	}


def _get_period_usage(name: str) -> list[dict]:
	rows = frappe.get_list(
		"Gesture Wallet",
		filters={"gesture_budget": name},
		fields=["period_start", *(f"sum(`tabGesture Wallet`.`{field}`) as {field}" for field in _SUM_FIELDS)],
		group_by="period_start",
		order_by="period_start desc",
		limit=_MAX_PERIODS,
	)
	today, language = getdate(), get_language()

	def label(day) -> str:
		"""Return a label that fits below a bar on a phone, without the year for the last twelve months."""
		return language.format_date(day, day if (today - day).days < 365 else today)

	return [
		{
			"label": label(getdate(row.period_start)),
			"used": flt(to_money(row.committed) + to_money(row.spent)),
			"left": flt(rules.get_available_amount(*(to_money(row[field]) for field in _SUM_FIELDS))),
		}
		for row in reversed(rows)
	]


@fail_safe_write
def clear_references(doc) -> None:
	"""Remove a deleted Role, User Group or User from all budgets, and disable budgets left without holders.

	Without an approver role, a Micro Experiences Manager decides.
	"""
	for field in _REFERENCE_FIELDS.get(doc.doctype, ()):
		frappe.db.set_value("Gesture Budget", {field: doc.name}, field, None)
	if doc.doctype == "User":
		frappe.db.delete("Gesture Budget Holder", {"user": doc.name})
	enabled = frappe.get_all(
		"Gesture Budget", filters={"enabled": 1}, fields=["name", "for_role", "for_user_group"]
	)
	for budget in enabled:
		users = frappe.get_all("Gesture Budget Holder", filters={"parent": budget.name}, pluck="user")
		if not rules.has_holders(budget, users):
			frappe.db.set_value("Gesture Budget", budget.name, "enabled", 0)
	budget_access.clear_budget_cache()
