"""Which Gesture Budgets a user may spend from."""

from datetime import date

import frappe
from frappe.utils import getdate

from micro_experiences.domain import budgets as rules
from micro_experiences.utils.background_jobs import run_after_commit
from micro_experiences.utils.resilience import fail_safe

# The fields of a budget that determine its wallets.
POLICY_FIELDS = (
	"name",
	"title",
	"company",
	"budget_kind",
	"period",
	"currency",
	"amount",
	"free_up_to",
	"starts_on",
	"unspent",
	"carry_over_limit",
	"cap_per_recipient",
)
_CACHE_KEY = "micro_experiences:budgets"
_CACHE_SECONDS = 600


class Budget(rules.BudgetPolicy):
	"""A Gesture Budget that uses ERPNext's fiscal years."""

	__slots__ = ()

	def get_fiscal_year(self, day: date) -> tuple[date, date] | None:
		"""Return (start, end) of the company's fiscal year around `day`, or None if there is none."""
		from erpnext.accounts.utils import FiscalYearError, get_fiscal_year

		try:
			_name, start, end = get_fiscal_year(day, company=self.company, verbose=0)
		except FiscalYearError:
			return None
		return getdate(start), getdate(end)


def get_enabled_budgets() -> list[tuple[Budget, dict]]:
	"""Return all enabled budgets, each with its holders: `{"users", "for_role"}`.

	Read from the cache in one call, because the banner needs them on every form. Changes to a budget or a
	user group clear the cache; it also expires, to catch changes without a hook, such as a renamed role.
	"""
	rows = frappe.cache.get_value(_CACHE_KEY, expires=True)
	if rows is None:
		rows = _load_budgets()
		frappe.cache.set_value(_CACHE_KEY, rows, expires_in_sec=_CACHE_SECONDS)
	return [(build_budget(row), row) for row in rows]


def _load_budgets() -> list[dict]:
	rows = frappe.get_all(
		"Gesture Budget",
		filters={"enabled": 1},
		fields=[*POLICY_FIELDS, "for_role", "for_user_group"],
		order_by="title asc, name asc",
	)
	for row in rows:
		row.users = frappe.get_all("Gesture Budget Holder", filters={"parent": row.name}, pluck="user")
		if row.for_user_group:
			row.users += get_group_members(row.for_user_group)
	return rows


def get_group_members(group: str) -> list[str]:
	"""Return the users of a User Group."""
	return frappe.get_all("User Group Member", filters={"parent": group}, pluck="user")


def get_budget_users(users: list[str], role: str | None) -> set[str]:
	"""Return the enabled users of a budget, named individually (including its groups) or by role."""
	named = set(users)
	if role:
		named |= set(frappe.get_all("Has Role", filters={"role": role, "parenttype": "User"}, pluck="parent"))
	return named & set(frappe.get_all("User", filters={"enabled": 1}, pluck="name"))


@fail_safe
def clear_budget_cache(doc=None, method=None) -> None:
	"""Clear the cached budgets after a budget or user group has changed: now and again after the commit."""
	run_after_commit(lambda: frappe.cache.delete_value(_CACHE_KEY))
	frappe.cache.delete_value(_CACHE_KEY)


def get_user_budgets(user: str, company: str | None = None, day: date | None = None) -> list[Budget]:
	"""Return the budgets that `user` may spend from on `day` (default: today): personal wallets before
	pools, and those that lapse sooner first."""
	if not user:
		return []
	return filter_budgets(get_enabled_budgets(), user, set(frappe.get_roles(user)), company, day or getdate())


def filter_budgets(
	enabled: list[tuple[Budget, dict]], user: str, roles: set[str], company: str | None, day: date
) -> list[Budget]:
	"""Return those of the `enabled` budgets that `user`, who has `roles`, may spend from on `day`, in the order of spending.

	`enabled` is what `get_enabled_budgets` returns. With `company`, only its budgets.
	"""
	available = [
		budget
		for budget, named in enabled
		if (not company or budget.company == company)
		and budget.is_available_to(user, roles, users=named["users"], for_role=named["for_role"], day=day)
	]
	return sorted(available, key=lambda budget: budget.get_sort_key(day))


def find_budget_without_period(user: str, company: str | None, day: date) -> Budget | None:
	"""Return a budget that `user` could spend from on `day` if its company had a fiscal year for that day."""
	roles = set(frappe.get_roles(user))
	for budget, named in get_enabled_budgets():
		is_holder = user in named["users"] or named["for_role"] in roles
		is_started = budget.starts_on <= day and (not company or budget.company == company)
		if is_holder and is_started and not budget.has_period(day):
			return budget
	return None


def build_budget(row: dict) -> Budget:
	"""Return the budget of a row with POLICY_FIELDS."""
	return Budget.from_row(row | {"starts_on": getdate(row["starts_on"])})
