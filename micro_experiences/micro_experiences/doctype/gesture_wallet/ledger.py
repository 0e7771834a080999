"""The one writer of Gesture Wallet and Gesture Wallet Entry.

A wallet is changed by one conditional UPDATE, which is the gate, and the entry beside it in the same
transaction is the truth. To lock the row and then to read a plain SUM would not be safe under REPEATABLE READ.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe.query_builder import DocType
from frappe.query_builder.functions import Sum
from frappe.utils import getdate, now, nowdate

from micro_experiences.desk.words import refusing
from micro_experiences.domain import budget as rules
from micro_experiences.domain.ledger import Line, entry_key, total


class Budget(rules.Policy):
	"""A Gesture Budget, with ERPNext's fiscal years."""

	__slots__ = ()

	def fiscal_year(self, day: date) -> tuple[date, date] | None:
		"""ERPNext's fiscal year of the company around `day`; None where there is none."""
		from erpnext.accounts.utils import FiscalYearError, get_fiscal_year

		try:
			_name, start, end = get_fiscal_year(day, company=self.company, verbose=0)
		except FiscalYearError:
			return None
		return getdate(start), getdate(end)


@dataclass(frozen=True, slots=True)
class Wallet:
	"""What a user has in one budget now. `name` is None before its first use."""

	name: str | None
	budget: Budget
	left: Decimal
	period_end: date


_CACHE = "micro_experiences:budgets"
_CACHE_SECONDS = 600


def enabled_budgets() -> list[tuple[Budget, dict]]:
	"""All enabled budgets, each with whom it names: `{"users", "for_role"}`.

	From the cache, in one look, because the banner asks on every form. What writes a budget or a user group
	clears it; that it also expires is for changes that go past our hooks, such as a renamed role.
	"""
	rows = frappe.cache.get_value(_CACHE, expires=True)
	if rows is None:
		rows = _load_budgets()
		frappe.cache.set_value(_CACHE, rows, expires_in_sec=_CACHE_SECONDS)
	return [(_budget(row), row) for row in rows]


def _load_budgets() -> list[dict]:
	budgets = frappe.get_all(
		"Gesture Budget",
		filters={"enabled": 1},
		fields=[
			"name",
			"title",
			"company",
			"budget_kind",
			"period",
			"currency",
			"amount",
			"free_up_to",
			"starts_on",
			"for_role",
			"for_user_group",
		],
		order_by="title asc, name asc",
	)
	for budget in budgets:
		budget.users = frappe.get_all("Gesture Budget Holder", filters={"parent": budget.name}, pluck="user")
		if budget.for_user_group:
			budget.users += frappe.get_all(
				"User Group Member", filters={"parent": budget.for_user_group}, pluck="user"
			)
	return budgets


def forget_budgets(doc=None, method=None) -> None:
	"""A budget or a user group has changed: ask the database again, now and once the change is committed."""
	frappe.cache.delete_value(_CACHE)
	frappe.db.after_commit.add(lambda: frappe.cache.delete_value(_CACHE))


def budgets_of(user: str, company: str | None = None, day: date | None = None) -> list[Budget]:
	"""The budgets that `user` may spend from on `day` (today): own wallets before pools, sooner to lapse first."""
	if not user:
		return []
	day = day or getdate()
	roles = set(frappe.get_roles(user))
	mine = [
		budget
		for budget, named in enabled_budgets()
		if (not company or budget.company == company)
		and budget.is_for(user, roles, users=named["users"], for_role=named["for_role"], day=day)
	]
	return sorted(mine, key=lambda budget: budget.order(day))


def _budget(row: dict) -> Budget:
	return Budget(
		name=row["name"],
		title=row["title"],
		company=row["company"],
		budget_kind=row["budget_kind"],
		period=row["period"],
		currency=row["currency"],
		amount=rules.to_money(row["amount"]),
		free_up_to=rules.to_money(row["free_up_to"]),
		starts_on=getdate(row["starts_on"]),
	)


def wallets_of(user: str, company: str | None = None, day: date | None = None) -> list[Wallet]:
	"""What `user` has left in each of his budgets, in one query; wallets are not opened by looking at them."""
	day = day or getdate()
	budgets = budgets_of(user, company, day)
	if not budgets:
		return []
	keys = {budget.wallet_key(user, day): budget for budget in budgets}
	wallet = DocType("Gesture Wallet")
	rows = (
		frappe.qb.from_(wallet)
		.select(
			wallet.name,
			wallet.wallet_key,
			wallet.allowance,
			wallet.carried_over,
			wallet.committed,
			wallet.spent,
		)
		.where(wallet.wallet_key.isin(list(keys)))
		.run(as_dict=True)
	)
	open_wallets = {row.wallet_key: row for row in rows}
	return [
		Wallet(
			row.name if (row := open_wallets.get(key)) else None,
			budget,
			_left(row) if row else budget.amount,
			budget.period_of(day)[1],
		)
		for key, budget in keys.items()
	]


def _left(row) -> Decimal:
	return rules.left(
		*(rules.to_money(row[field]) for field in ("allowance", "carried_over", "committed", "spent"))
	)


def open_wallet(budget: Budget, user: str, day: date) -> str:
	"""The name of the user's wallet for the period around `day`; opened if it is not there yet.

	Opening is guarded by the row of the budget, so that two first gestures at once open one wallet.
	"""
	key = budget.wallet_key(user, day)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}):
		return name
	frappe.db.get_value("Gesture Budget", budget.name, "name", for_update=True)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}, for_update=True):
		return name
	start, end = budget.period_of(day)
	wallet = frappe.get_doc(
		{
			"doctype": "Gesture Wallet",
			"gesture_budget": budget.name,
			"holder": budget.holder(user) or None,
			"company": budget.company,
			"currency": budget.currency,
			"period_start": start,
			"period_end": end,
			"allowance": budget.amount,
			"wallet_key": key,
		}
	)
	wallet.flags.by_ledger = True
	wallet.flags.ignore_links = True
	return wallet.insert(ignore_permissions=True).name


def book(wallet: str, gesture: str, lines: tuple[Line, ...]) -> None:
	"""Book the lines of one gesture: the wallet by one conditional UPDATE, then an entry for each line.

	Raises NotEnoughLeft, with what is left and when it refills, and has then changed nothing. A line that this
	gesture has booked before raises UniqueValidationError. The transaction is the caller's.
	"""
	if not lines:
		return
	change = total(lines)
	table = DocType("Gesture Wallet")
	update = (
		frappe.qb.update(table)
		.set(table.committed, table.committed + change.committed)
		.set(table.spent, table.spent + change.spent)
		.set(table.modified, now())
		.set(table.modified_by, frappe.session.user)
		.where(table.name == wallet)
	)
	if change.need > 0:
		update = update.where(
			table.committed + table.spent + change.need <= table.allowance + table.carried_over
		)
	update.run()
	if not frappe.db._cursor.rowcount:
		_refuse(wallet, change.need)
	for line in lines:
		entry = frappe.get_doc(
			{
				"doctype": "Gesture Wallet Entry",
				"gesture_wallet": wallet,
				"gesture": gesture,
				"kind": line.kind,
				"amount": line.amount,
				"posting_date": nowdate(),
				"made_by": frappe.session.user,
				"entry_key": entry_key(gesture, line.kind),
			}
		)
		entry.flags.by_ledger = True
		entry.flags.ignore_links = True
		entry.insert(ignore_permissions=True)


def _refuse(wallet: str, need: Decimal) -> None:
	# A locking read: a plain one would show the wallet as it was when this transaction began.
	row = frappe.db.get_value(
		"Gesture Wallet",
		wallet,
		["allowance", "carried_over", "committed", "spent", "currency", "period_end"],
		as_dict=True,
		for_update=True,
	)
	with refusing():
		raise rules.not_enough(need, _left(row), row.currency, getdate(row.period_end))


def differences() -> list[dict]:
	"""The wallets that do not equal their entries: rows of wallet, and what the wallet and the entries say of
	`committed`, `spent` and `carried_over`. Empty when all is well."""
	entry = DocType("Gesture Wallet Entry")
	sums = (
		frappe.qb.from_(entry)
		.select(entry.gesture_wallet, entry.kind, Sum(entry.amount).as_("amount"))
		.groupby(entry.gesture_wallet, entry.kind)
		.run(as_dict=True)
	)
	lines: dict[str, list[Line]] = {}
	for row in sums:
		lines.setdefault(row.gesture_wallet, []).append(Line(row.kind, rules.to_money(row.amount, 9)))
	fields = ("committed", "spent", "carried_over")
	found = []
	for wallet in frappe.get_all("Gesture Wallet", fields=["name", *fields], order_by="name asc"):
		change = total(lines.get(wallet.name, ()))
		if any(rules.to_money(wallet[field], 9) != getattr(change, field) for field in fields):
			kept = {field: wallet[field] for field in fields}
			proved = {f"entries_{field}": getattr(change, field) for field in fields}
			found.append(frappe._dict({"wallet": wallet.name} | kept | proved))
	return found


def holder_renamed(doc, method, old: str, new: str, merge: bool = False) -> None:
	"""`User.after_rename`: the key of a wallet names its holder. On a merge the wallet of the one who stays is kept
	in use, and the other one stays as it is, with its entries."""
	wallets = frappe.get_all(
		"Gesture Wallet", filters={"holder": new}, fields=["name", "gesture_budget", "period_start"]
	)
	for wallet in wallets:
		key = rules.wallet_key(wallet.gesture_budget, new, getdate(wallet.period_start))
		if not frappe.db.exists("Gesture Wallet", {"wallet_key": key}):
			frappe.db.set_value("Gesture Wallet", wallet.name, "wallet_key", key, update_modified=False)
	forget_budgets()
