"""The one writer of Gesture Wallet and Gesture Wallet Entry.

A wallet is changed by one conditional UPDATE, which is the gate, and the entry beside it in the same
transaction is the truth. To lock the row and then to read a plain SUM would not be safe under REPEATABLE READ.
"""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count, IfNull, Max, Sum
from frappe.utils import getdate, now, nowdate

from micro_experiences.desk.safely import after_commit, never_fail
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


# The fields of a budget that its wallets follow.
_POLICY = (
	*("name", "title", "company", "budget_kind", "period", "currency", "amount", "free_up_to", "starts_on"),
	*("unspent", "carry_over_limit", "cap_per_recipient"),
)
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
	rows = frappe.get_all(
		"Gesture Budget",
		filters={"enabled": 1},
		fields=[*_POLICY, "for_role", "for_user_group"],
		order_by="title asc, name asc",
	)
	for row in rows:
		row.users = frappe.get_all("Gesture Budget Holder", filters={"parent": row.name}, pluck="user")
		if row.for_user_group:
			row.users += group_members(row.for_user_group)
	return rows


def group_members(group: str) -> list[str]:
	"""The users of a User Group."""
	return frappe.get_all("User Group Member", filters={"parent": group}, pluck="user")


def people(users: list[str], role: str | None) -> set[str]:
	"""The enabled users whom a budget names, one by one (its groups included) or by their role."""
	named = set(users)
	if role:
		named |= set(frappe.get_all("Has Role", filters={"role": role, "parenttype": "User"}, pluck="parent"))
	return named & set(frappe.get_all("User", filters={"enabled": 1}, pluck="name"))


@never_fail
def forget_budgets(doc=None, method=None) -> None:
	"""A budget or a user group has changed: ask the database again, now and once the change is committed."""
	after_commit(lambda: frappe.cache.delete_value(_CACHE))
	frappe.cache.delete_value(_CACHE)


def budgets_of(user: str, company: str | None = None, day: date | None = None) -> list[Budget]:
	"""The budgets that `user` may spend from on `day` (today): own wallets before pools, sooner to lapse first."""
	if not user:
		return []
	return _budgets(enabled_budgets(), user, set(frappe.get_roles(user)), company, day or getdate())


def _budgets(
	enabled: list[tuple[Budget, dict]], user: str, roles: set[str], company: str | None, day: date
) -> list[Budget]:
	mine = [
		budget
		for budget, named in enabled
		if (not company or budget.company == company)
		and budget.is_for(user, roles, users=named["users"], for_role=named["for_role"], day=day)
	]
	return sorted(mine, key=lambda budget: budget.order(day))


def _budget(row: dict) -> Budget:
	return Budget.from_row(row | {"starts_on": getdate(row["starts_on"])})


def wallets_of(user: str, company: str | None = None, day: date | None = None) -> list[Wallet]:
	"""What `user` has left in each of his budgets, in one query; wallets are not opened by looking at them."""
	day = day or getdate()
	return _wallets({user: budgets_of(user, company, day)}, day)[user]


def wallets_of_many(roles: dict[str, set[str]]) -> dict[str, list[Wallet]]:
	"""What each user has left today in each of his budgets, in a few queries however many users there are. `roles` has the
	roles of each, by user."""
	enabled, day = enabled_budgets(), getdate()
	return _wallets({user: _budgets(enabled, user, held, None, day) for user, held in roles.items()}, day)


def _wallets(budgets: dict[str, list[Budget]], day: date) -> dict[str, list[Wallet]]:
	keys = {budget.wallet_key(user, day) for user, mine in budgets.items() for budget in mine}
	if not keys:
		return {user: [] for user in budgets}
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
		.where(wallet.wallet_key.isin(sorted(keys)))
		.run(as_dict=True)
	)
	open_wallets = {row.wallet_key: row for row in rows}
	unopened: dict[Budget, set[str]] = {}
	for user, mine in budgets.items():
		for budget in mine:
			if budget.wallet_key(user, day) not in open_wallets:
				unopened.setdefault(budget, set()).add(budget.holder(user))
	at_first = {budget: _left_at_first(budget, holders, day) for budget, holders in unopened.items()}
	return {
		user: [
			Wallet(
				row.name if (row := open_wallets.get(budget.wallet_key(user, day))) else None,
				budget,
				_left(row) if row else at_first[budget][budget.holder(user)],
				budget.period_of(day)[1],
			)
			for budget in mine
		]
		for user, mine in budgets.items()
	}


def _left_at_first(budget: Budget, holders: set[str], day: date) -> dict[str, Decimal]:
	"""What wallets that are not opened yet will hold, by holder."""
	start = budget.period_of(day)[0]
	last = _last_wallets(budget, sorted(holders), start)
	return {holder: budget.amount + _carried(budget, last.get(holder), start) for holder in holders}


def _carried(budget: Budget, last: dict | None, start: date) -> Decimal:
	"""What is carried over from somebody's last wallet into the period that begins on `start`."""
	return budget.carried_over(getdate(last.period_end), _left(last), start) if last else rules.ZERO


def _left(row) -> Decimal:
	return rules.left(
		*(rules.to_money(row[field]) for field in ("allowance", "carried_over", "committed", "spent"))
	)


def open_wallet(budget: Budget, user: str, day: date) -> str:
	"""The name of the user's wallet for the period around `day`; opened if it is not there yet, with what is carried
	over into it.

	Opening is guarded by the row of the budget, so that two first gestures at once open one wallet.
	"""
	key = budget.wallet_key(user, day)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}):
		return name
	budget = _locked(budget)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}, for_update=True):
		return name
	return _insert_wallets(budget, [budget.holder(user)], day)[0]


def open_wallets(budget: Budget, users: list[str], day: date) -> int:
	"""Open the wallets of many users for the period around `day`; how many were opened. Without a query for each user.

	The transaction must be new: what it reads is read after the budget is locked.
	"""
	budget = _locked(budget)
	holders = {budget.wallet_key(user, day): budget.holder(user) for user in users}
	there = frappe.get_all(
		"Gesture Wallet",
		filters={"wallet_key": ("in", list(holders))},
		pluck="wallet_key",
	)
	return len(_insert_wallets(budget, [holders[key] for key in holders.keys() - set(there)], day))


def _locked(budget: Budget) -> Budget:
	"""The budget as it is now, locked until the end of the transaction: its policy may have changed a moment ago."""
	row = frappe.db.get_value("Gesture Budget", budget.name, _POLICY, as_dict=True, for_update=True)
	if not row:
		frappe.throw(_("This budget is not there any more. Nothing was booked."), frappe.DoesNotExistError)
	return _budget(row)


def _insert_wallets(budget: Budget, holders: list[str], day: date) -> list[str]:
	"""The names of new wallets. What one takes over leaves the wallet before: a Carry Over entry in each of the two."""
	start, end = budget.period_of(day)
	earlier = _locked_wallets(_last_wallets(budget, holders, start))
	fields = (
		*("name", "creation", "modified", "owner", "modified_by", "gesture_budget", "holder", "company"),
		*("currency", "period_start", "period_end", "allowance", "opened_with", "carried_over", "wallet_key"),
	)
	who = (now(), now(), frappe.session.user, frappe.session.user)
	wallets, entries, emptied = [], [], {}
	for holder in holders:
		last = earlier.get(holder)
		name, carried = frappe.generate_hash(length=10), _carried(budget, last, start)
		key = rules.wallet_key(budget.name, holder, start)
		belongs = (budget.name, holder or None, budget.company, budget.currency, start, end)
		wallets.append((name, *who, *belongs, budget.amount, budget.amount, carried, key))
		if carried:
			entries.append((name, Line("Carry Over", carried), entry_key(name, "Carry Over"), None))
		if went_on := budget.went_on(_left(last)) if last else rules.ZERO:
			emptied[last.name] = {"carried_over": rules.to_money(last.carried_over) - went_on}
			key = entry_key(last.name, "Carry Over", 1)
			entries.append((last.name, Line("Carry Over", -went_on), key, None))
	if wallets:
		frappe.db.bulk_insert("Gesture Wallet", fields, wallets)
		frappe.db.bulk_update("Gesture Wallet", emptied, chunk_size=1000)
		_insert_entries(entries)
	return [wallet[0] for wallet in wallets]


def _locked_wallets(last: dict[str, dict]) -> dict[str, dict]:
	"""The rows of `_last_wallets` as they are now, locked: who spends from one before midnight is waited for."""
	if not last:
		return {}
	wallet = DocType("Gesture Wallet")
	names = [row.name for row in last.values()]
	rows = (
		frappe.qb.from_(wallet).select(*_LAST).where(wallet.name.isin(names)).for_update().run(as_dict=True)
	)
	return {row.holder or "": row for row in rows}


_LAST = ("name", "holder", "period_start", "period_end", "allowance", "carried_over", "committed", "spent")


def _last_wallets(budget: Budget, holders: list[str], before: date) -> dict[str, dict]:
	"""The last wallet of each holder that began before a day; nobody asks for it where nothing is carried over."""
	if not (budget.carries_over and holders):
		return {}
	wallet = DocType("Gesture Wallet")
	holder = IfNull(wallet.holder, "")
	last = (
		frappe.qb.from_(wallet)
		.select(holder.as_("holder"), Max(wallet.period_start).as_("period_start"))
		.where((wallet.gesture_budget == budget.name) & (wallet.period_start < before))
		.where(holder.isin(holders))
		.groupby(holder)
	).as_("last")
	rows = (
		frappe.qb.from_(wallet)
		.join(last)
		.on((holder == last.holder) & (wallet.period_start == last.period_start))
		.select(*(wallet[field] for field in _LAST))
		.where(wallet.gesture_budget == budget.name)
	)
	return {row.holder or "": row for row in rows.run(as_dict=True)}


def _insert_entries(rows: list[tuple[str, Line, str, str | None]]) -> None:
	"""Write entries of no gesture: (wallet, line, key, reason)."""
	fields = (
		*("name", "creation", "modified", "owner", "modified_by", "gesture_wallet", "kind", "amount"),
		*("posting_date", "made_by", "entry_key", "reason"),
	)
	me = frappe.session.user
	who = (now(), now(), me, me)
	values = [
		(frappe.generate_hash(length=10), *who, wallet, line.kind, line.amount, nowdate(), me, key, reason)
		for wallet, line, key, reason in rows
	]
	if values:
		frappe.db.bulk_insert("Gesture Wallet Entry", fields, values)


def adjust_wallets(budget: str, amount: Decimal, reason: str) -> int:
	"""Bring the open wallets of a budget to its new `amount` by an Adjust entry each, with the reason; how many changed.

	Nobody's allowance falls below what is promised and spent from it.
	"""
	wallet, entry = DocType("Gesture Wallet"), DocType("Gesture Wallet Entry")
	rows = (
		frappe.qb.from_(wallet)
		.select(wallet.name, wallet.allowance, wallet.carried_over, wallet.committed, wallet.spent)
		.where((wallet.gesture_budget == budget) & (wallet.period_end >= getdate()))
		.for_update()
		.run(as_dict=True)
	)
	adjusted = {}
	for row in rows:
		by = rules.adjustment(rules.to_money(row.allowance), _left(row), amount)
		if by:
			adjusted[row.name] = (rules.to_money(row.allowance) + by, by)
	if not adjusted:
		return 0
	before = dict(
		frappe.qb.from_(entry)
		.select(entry.gesture_wallet, Count("*"))
		.where(entry.gesture_wallet.isin(list(adjusted)) & (entry.kind == "Adjust") & entry.gesture.isnull())
		.groupby(entry.gesture_wallet)
		.run()
	)
	frappe.db.bulk_update(
		"Gesture Wallet", {name: {"allowance": allowance} for name, (allowance, _by) in adjusted.items()}
	)
	_insert_entries(
		[
			(
				name,
				Line("Adjust", by, of_budget=True),
				entry_key(name, "Adjust", before.get(name, 0) + 1),
				reason,
			)
			for name, (_allowance, by) in adjusted.items()
		]
	)
	return len(adjusted)


def book(
	wallet: str, gesture: str, lines: tuple[Line, ...], number: int = 0, reason: str | None = None
) -> None:
	"""Book the lines of one gesture: the wallet by one conditional UPDATE, then an entry for each line.

	Raises NotEnoughLeft, with what is left and when it refills, and has then changed nothing. A line that this
	gesture has booked before (under the same `number`) raises UniqueValidationError. The transaction is the caller's.
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
				"entry_key": entry_key(gesture, line.kind, number),
				"reason": reason,
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


def correct(wallet: str, gesture: str, by: Decimal, reason: str | None) -> None:
	"""Book that a given gesture cost more, or less, than was booked. Raises NotEnoughLeft. The row of the gesture is locked
	by the caller, so that two corrections are numbered one after the other."""
	number = 1 + frappe.db.count("Gesture Wallet Entry", {"gesture": gesture, "kind": "Adjust"})
	book(wallet, gesture, (Line("Adjust", by),), number, reason)


def granted(gesture: str) -> Decimal:
	"""What a gesture was allowed to cost when it was given: what its Spend entry has."""
	return rules.to_money(
		frappe.db.get_value("Gesture Wallet Entry", {"gesture": gesture, "kind": "Spend"}, "amount")
	)


def forget_reasons(gestures: list[str]) -> None:
	"""The customer of these gestures is forgotten: the entries stay, without what people wrote to them."""
	frappe.db.set_value("Gesture Wallet Entry", {"gesture": ("in", gestures)}, "reason", None)


def forget_wallets(budgets: list[str]) -> None:
	"""The sample data goes: the wallets of these budgets, and what was booked in them."""
	wallets = budgets and frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": ("in", budgets)}, pluck="name"
	)
	if wallets:
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})


def locked(wallet: str) -> dict | None:
	"""The row of a wallet as it is now, locked until the end of the transaction."""
	return frappe.db.get_value("Gesture Wallet", wallet, "*", as_dict=True, for_update=True)


def posted(wallet: str, journal_entry: str) -> None:
	"""The period of a wallet stands in the books by this Journal Entry."""
	frappe.db.set_value("Gesture Wallet", wallet, {"journal_entry": journal_entry, "cancelled_entry": None})


def entry_cancelled(journal_entry: str) -> None:
	"""A Journal Entry was cancelled: its wallet may be posted again, and knows which one an amendment follows."""
	for wallet in _wallets_with("journal_entry", journal_entry):
		values = {"journal_entry": None, "cancelled_entry": journal_entry}
		frappe.db.set_value("Gesture Wallet", wallet, values)


def entry_amended(cancelled: str, journal_entry: str) -> None:
	"""A Journal Entry takes the place of a cancelled one; a wallet that was posted again forgot that one."""
	for wallet in _wallets_with("cancelled_entry", cancelled):
		frappe.db.set_value("Gesture Wallet", wallet, "journal_entry", journal_entry)


def entry_deleted(journal_entry: str) -> None:
	"""A Journal Entry is gone: no wallet names it any more."""
	for field in ("journal_entry", "cancelled_entry"):
		for wallet in _wallets_with(field, journal_entry):
			frappe.db.set_value("Gesture Wallet", wallet, field, None)


def _wallets_with(field: str, journal_entry: str) -> list[str]:
	"""Looked up first: an UPDATE that finds none would lock a gap, and nearly every Journal Entry is none of ours."""
	return frappe.get_all("Gesture Wallet", filters={field: journal_entry}, pluck="name")


_SUMS = ("allowance", "carried_over", "committed", "spent")


def differences() -> list[dict]:
	"""The wallets that do not equal their entries: rows of wallet, and what the wallet (None where it is gone) and the
	entries say of its four sums. Empty when all is well."""
	entry = DocType("Gesture Wallet Entry")
	sums = (
		frappe.qb.from_(entry)
		.select(
			entry.gesture_wallet,
			entry.kind,
			entry.gesture.isnull().as_("of_budget"),
			Sum(entry.amount).as_("amount"),
		)
		.groupby(entry.gesture_wallet, entry.kind, entry.gesture.isnull())
		.run(as_dict=True)
	)
	lines: dict[str, list[Line]] = {}
	for row in sums:
		line = Line(row.kind, rules.to_money(row.amount, 9), of_budget=bool(row.of_budget))
		lines.setdefault(row.gesture_wallet, []).append(line)
	wallets = frappe.get_all("Gesture Wallet", fields=["name", "opened_with", *_SUMS], order_by="name asc")
	gone = lines.keys() - {wallet.name for wallet in wallets}
	found = []
	for wallet in wallets + [frappe._dict(name=name) for name in sorted(gone)]:
		proved = asdict(total(lines.get(wallet.name, ())))
		proved["allowance"] += rules.to_money(wallet.opened_with, 9)
		if wallet.name in gone or any(rules.to_money(wallet[field], 9) != proved[field] for field in _SUMS):
			kept = {field: wallet.get(field) for field in _SUMS}
			entries = {f"entries_{field}": amount for field, amount in proved.items()}
			found.append(frappe._dict({"wallet": wallet.name} | kept | entries))
	return found


def unbooked() -> list[str]:
	"""The names of the given gestures that cost something and have no Spend entry. Empty when all is well."""
	gesture, entry = DocType("Gesture"), DocType("Gesture Wallet Entry")
	return (
		frappe.qb.from_(gesture)
		.left_join(entry)
		.on((entry.gesture == gesture.name) & (entry.kind == "Spend"))
		.select(gesture.name)
		.where((gesture.status == "Given") & (gesture.wallet_amount > 0) & entry.name.isnull())
		.orderby(gesture.name)
		.run(pluck=True)
	)


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
