"""The only writer of Gesture Wallet and Gesture Wallet Entry.

A wallet is changed by one conditional UPDATE, which enforces the limit. The entry written in the same
transaction is the source of truth. Locking the row and then reading a plain SUM would not be safe under
REPEATABLE READ.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.query_builder import Case, DocType
from frappe.query_builder.functions import Count, IfNull, Max, Sum
from frappe.utils import getdate, now, nowdate

from micro_experiences.domain import budgets as rules
from micro_experiences.domain.currencies import to_money
from micro_experiences.domain.ledger import (
	COMMITTED_STATUSES,
	LedgerLine,
	entry_key,
	get_entry_number,
	sum_lines,
)
from micro_experiences.permissions.budget_access import (
	POLICY_FIELDS,
	Budget,
	build_budget,
	clear_budget_cache,
	filter_budgets,
	get_enabled_budgets,
	get_user_budgets,
)
from micro_experiences.utils.database import get_affected_rows
from micro_experiences.utils.errors import domain_errors_as_frappe, throw

_SUM_FIELDS = ("allowance", "carried_over", "committed", "spent")
_LAST_WALLET_FIELDS = (
	"name",
	"holder",
	"period_start",
	"period_end",
	"allowance",
	"carried_over",
	"committed",
	"spent",
)


@dataclass(frozen=True, slots=True)
class Wallet:
	"""What a user has left in one budget in the current period. `name` is None before its first use."""

	name: str | None
	budget: Budget
	left: Decimal
	period_end: date


def get_user_wallets(user: str, company: str | None = None, day: date | None = None) -> list[Wallet]:
	"""Return what `user` has left in each of their budgets, in one query. Reading does not open wallets."""
	day = day or getdate()
	return _get_wallets({user: get_user_budgets(user, company, day)}, day)[user]


def get_wallet(budget: Budget, user: str, day: date) -> Wallet:
	"""Return what `user` has left in one budget in the period around `day`. One query. Reading does not open the
	wallet."""
	return _get_wallets({user: [budget]}, day)[user][0]


def get_wallets_by_user(roles: dict[str, set[str]]) -> dict[str, list[Wallet]]:
	"""Return what each user has left today in each of their budgets, in a fixed number of queries. `roles`
	has the roles of each user."""
	enabled, day = get_enabled_budgets(), getdate()
	return _get_wallets(
		{user: filter_budgets(enabled, user, held, None, day) for user, held in roles.items()}, day
	)


def _get_wallets(budgets: dict[str, list[Budget]], day: date) -> dict[str, list[Wallet]]:
	keys = {budget.wallet_key(user, day) for user, user_budgets in budgets.items() for budget in user_budgets}
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
	for user, user_budgets in budgets.items():
		for budget in user_budgets:
			if budget.wallet_key(user, day) not in open_wallets:
				unopened.setdefault(budget, set()).add(budget.get_holder(user))
	opening_balances = {
		budget: _get_opening_balances(budget, holders, day) for budget, holders in unopened.items()
	}
	return {
		user: [
			Wallet(
				row.name if (row := open_wallets.get(budget.wallet_key(user, day))) else None,
				budget,
				get_balance(row) if row else opening_balances[budget][budget.get_holder(user)],
				budget.get_period(day)[1],
			)
			for budget in user_budgets
		]
		for user, user_budgets in budgets.items()
	}


def _get_opening_balances(budget: Budget, holders: set[str], day: date) -> dict[str, Decimal]:
	"""Return the opening balance of wallets that are not opened yet, by holder."""
	start = budget.get_period(day)[0]
	last = _get_last_wallets(budget, sorted(holders), start)
	return {holder: budget.amount + _get_carried_over(budget, last.get(holder), start) for holder in holders}


def _get_carried_over(budget: Budget, last: dict | None, start: date) -> Decimal:
	"""Return the amount carried over from a holder's last wallet into the period that begins on `start`."""
	return (
		budget.calculate_carry_over(getdate(last.period_end), get_balance(last), start)
		if last
		else rules.ZERO
	)


def get_balance(row) -> Decimal:
	"""Return what is left in a wallet, from a row with its four sums."""
	return rules.get_available_amount(*(to_money(row[field]) for field in _SUM_FIELDS))


def open_wallet(budget: Budget, user: str, day: date) -> str:
	"""Return the name of the user's wallet for the period around `day`. Open it if it does not exist,
	including the carried-over amount.

	The budget row is locked, so two concurrent first gestures open only one wallet.
	"""
	key = budget.wallet_key(user, day)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}):
		return name
	budget = _lock_budget(budget)
	if name := frappe.db.get_value("Gesture Wallet", {"wallet_key": key}, for_update=True):
		return name
	return _insert_wallets(budget, [budget.get_holder(user)], day)[0]


def open_wallets(budget: Budget, users: list[str], day: date) -> int:
	"""Open the wallets of many users for the period around `day` without a query for each user. Return how
	many were opened.

	Must be called in a new transaction, so that everything is read after the budget is locked.
	"""
	budget = _lock_budget(budget)
	holders = {budget.wallet_key(user, day): budget.get_holder(user) for user in users}
	there = frappe.get_all(
		"Gesture Wallet",
		filters={"wallet_key": ("in", list(holders))},
		pluck="wallet_key",
	)
	return len(_insert_wallets(budget, [holders[key] for key in holders.keys() - set(there)], day))


def _lock_budget(budget: Budget) -> Budget:
	"""Return the current budget, locked until the end of the transaction, since its policy may have just
	changed."""
	row = frappe.db.get_value("Gesture Budget", budget.name, POLICY_FIELDS, as_dict=True, for_update=True)
	if not row:
		throw(_("This budget no longer exists. Nothing was saved."), frappe.DoesNotExistError)
	return build_budget(row)


def _insert_wallets(budget: Budget, holders: list[str], day: date) -> list[str]:
	"""Insert new wallets and return their names. A carried-over amount leaves the previous wallet: each of
	the two wallets gets a Carry Over entry."""
	start, end = budget.get_period(day)
	earlier = _lock_wallets(_get_last_wallets(budget, holders, start))
	fields = (
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"gesture_budget",
		"holder",
		"company",
		"currency",
		"period_start",
		"period_end",
		"allowance",
		"opened_with",
		"carried_over",
		"wallet_key",
	)
	who = (now(), now(), frappe.session.user, frappe.session.user)
	wallets, entries, emptied = [], [], {}
	for holder in holders:
		last = earlier.get(holder)
		name, carried = frappe.generate_hash(length=10), _get_carried_over(budget, last, start)
		key = rules.wallet_key(budget.name, holder, start)
		belongs_to = (budget.name, holder or None, budget.company, budget.currency, start, end)
		wallets.append((name, *who, *belongs_to, budget.amount, budget.amount, carried, key))
		if carried:
			entries.append((name, LedgerLine("Carry Over", carried), entry_key(name, "Carry Over"), None))
		if carried_out := budget.get_amount_carried_out(get_balance(last)) if last else rules.ZERO:
			emptied[last.name] = {"carried_over": to_money(last.carried_over) - carried_out}
			key = entry_key(last.name, "Carry Over", 1)
			entries.append((last.name, LedgerLine("Carry Over", -carried_out), key, None))
	if wallets:
		frappe.db.bulk_insert("Gesture Wallet", fields, wallets)
		frappe.db.bulk_update("Gesture Wallet", emptied, chunk_size=1000)
		_insert_entries(entries)
	return [wallet[0] for wallet in wallets]


def _lock_wallets(last: dict[str, dict]) -> dict[str, dict]:
	"""Lock the last wallets and return their current values. Waits for transactions that still
	spend from them."""
	if not last:
		return {}
	wallet = DocType("Gesture Wallet")
	names = [row.name for row in last.values()]
	rows = (
		frappe.qb.from_(wallet)
		.select(*_LAST_WALLET_FIELDS)
		.where(wallet.name.isin(names))
		.for_update()
		.run(as_dict=True)
	)
	return {row.holder or "": row for row in rows}


def _get_last_wallets(budget: Budget, holders: list[str], before: date) -> dict[str, dict]:
	"""Return the last wallet of each holder that began before `before`. Not queried if nothing is carried
	over."""
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
		.select(*(wallet[field] for field in _LAST_WALLET_FIELDS))
		.where(wallet.gesture_budget == budget.name)
	)
	return {row.holder or "": row for row in rows.run(as_dict=True)}


def _insert_entries(rows: list[tuple[str, LedgerLine, str, str | None]]) -> None:
	"""Insert entries without a gesture, as (wallet, line, key, reason)."""
	fields = (
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"gesture_wallet",
		"kind",
		"amount",
		"posting_date",
		"made_by",
		"entry_key",
		"reason",
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
	"""Adjust the open wallets of a budget to its new `amount` with one Adjust entry each, including the
	reason. Return how many changed.

	An allowance never falls below what is already committed and spent.
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
		by = rules.calculate_adjustment(to_money(row.allowance), get_balance(row), amount)
		if by:
			adjusted[row.name] = (to_money(row.allowance) + by, by)
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
				LedgerLine("Adjust", by, is_allowance=True),
				entry_key(name, "Adjust", before.get(name, 0) + 1),
				reason,
			)
			for name, (_allowance, by) in adjusted.items()
		]
	)
	return len(adjusted)


# Returns the error for an amount that is needed, the amount that is left, the currency and the end of the period.
Refusal = Callable[[Decimal, Decimal, str, date], rules.InsufficientBalance]


def record_entries(
	wallet: str,
	gesture: str,
	lines: tuple[LedgerLine, ...],
	number: int | None = None,
	reason: str | None = None,
	refusal: Refusal = rules.insufficient_balance,
) -> None:
	"""Record the lines of one gesture: change the wallet with one conditional UPDATE, then insert an entry
	for each line.

	Raises InsufficientBalance, made by `refusal`, without changing anything. Raises UniqueValidationError for a line
	already recorded for this gesture under the same `number`. The caller owns the transaction.
	"""
	if not lines:
		return
	change = sum_lines(lines)
	table = DocType("Gesture Wallet")
	update = (
		frappe.qb.update(table)
		.set(table.committed, table.committed + change.committed)
		.set(table.spent, table.spent + change.spent)
		.set(table.modified, now())
		.set(table.modified_by, frappe.session.user)
		.where(table.name == wallet)
	)
	if change.required_amount > 0:
		update = update.where(
			table.committed + table.spent + change.required_amount <= table.allowance + table.carried_over
		)
	update.run()
	if not get_affected_rows():
		_raise_insufficient_balance(wallet, change.required_amount, refusal)
	numbers = _get_entry_numbers(gesture, lines) if number is None else {}
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
				"entry_key": entry_key(gesture, line.kind, numbers.get(line.kind, number or 0)),
				"reason": reason,
			}
		)
		entry.flags.by_ledger = True
		entry.flags.ignore_links = True
		entry.insert(ignore_permissions=True)


def _get_entry_numbers(gesture: str, lines: tuple[LedgerLine, ...]) -> dict[str, int]:
	"""Return the number of each line that can be booked repeatedly for one gesture, by kind."""
	if not any(line.kind in ("Commit", "Release") for line in lines):
		return {}
	booked = frappe.get_all("Gesture Wallet Entry", filters={"gesture": gesture}, pluck="kind", limit=0)
	counts = {kind: booked.count(kind) for kind in booked}
	return {line.kind: get_entry_number(line.kind, counts) for line in lines}


def _raise_insufficient_balance(wallet: str, need: Decimal, refusal: Refusal) -> None:
	# A locking read: a plain one would return the wallet as of the start of this transaction.
	row = frappe.db.get_value(
		"Gesture Wallet",
		wallet,
		["allowance", "carried_over", "committed", "spent", "currency", "period_end"],
		as_dict=True,
		for_update=True,
	)
	with domain_errors_as_frappe():
		raise refusal(need, get_balance(row), row.currency, getdate(row.period_end))


def record_adjustment(wallet: str, gesture: str, by: Decimal, reason: str | None) -> None:
	"""Record that a given gesture cost more or less than recorded. Raises InsufficientBalance. The caller locks
	the gesture row, so that concurrent corrections are numbered consecutively."""
	number = 1 + frappe.db.count("Gesture Wallet Entry", {"gesture": gesture, "kind": "Adjust"})
	line = LedgerLine("Adjust", by)
	record_entries(wallet, gesture, (line,), number, reason, rules.correction_beyond_balance)


def get_granted_amount(gesture: str) -> Decimal:
	"""Return the amount a gesture was allowed to cost when it was given: the amount of its Spend entry."""
	return to_money(
		frappe.db.get_value("Gesture Wallet Entry", {"gesture": gesture, "kind": "Spend"}, "amount")
	)


def clear_reasons(gestures: list[str]) -> None:
	"""Clear the reasons of the entries of these gestures when their customer is erased. The entries
	remain."""
	frappe.db.set_value("Gesture Wallet Entry", {"gesture": ("in", gestures)}, "reason", None)


def delete_wallets(budgets: list[str]) -> None:
	"""Delete the wallets of these budgets and their entries when the sample data is removed."""
	wallets = budgets and frappe.get_all(
		"Gesture Wallet", filters={"gesture_budget": ("in", budgets)}, pluck="name"
	)
	if wallets:
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})


def lock_wallet(wallet: str) -> dict | None:
	"""Return the current row of a wallet, locked until the end of the transaction."""
	return frappe.db.get_value("Gesture Wallet", wallet, "*", as_dict=True, for_update=True)


def set_journal_entry(wallet: str, journal_entry: str) -> None:
	"""Store the Journal Entry that posts the period of a wallet."""
	frappe.db.set_value("Gesture Wallet", wallet, {"journal_entry": journal_entry, "cancelled_entry": None})


def unlink_cancelled_entry(journal_entry: str) -> None:
	"""Release the wallet of a cancelled Journal Entry: it can be posted again and remembers the entry in
	case it is amended."""
	for wallet in _find_wallets("journal_entry", journal_entry):
		values = {"journal_entry": None, "cancelled_entry": journal_entry}
		frappe.db.set_value("Gesture Wallet", wallet, values)


def link_amended_entry(cancelled: str, journal_entry: str) -> None:
	"""Link an amended Journal Entry to the wallet of the cancelled one, unless that wallet has been posted
	again."""
	for wallet in _find_wallets("cancelled_entry", cancelled):
		frappe.db.set_value("Gesture Wallet", wallet, "journal_entry", journal_entry)


def unlink_deleted_entry(journal_entry: str) -> None:
	"""Remove all links to a deleted Journal Entry."""
	for field in ("journal_entry", "cancelled_entry"):
		for wallet in _find_wallets(field, journal_entry):
			frappe.db.set_value("Gesture Wallet", wallet, field, None)


def _find_wallets(field: str, journal_entry: str) -> list[str]:
	"""Find the wallets linked to a Journal Entry. Read first, because an UPDATE without a match would lock
	a gap, and hardly any Journal Entry belongs to the app."""
	return frappe.get_all("Gesture Wallet", filters={field: journal_entry}, pluck="name")


def find_differences() -> list[dict]:
	"""Return the wallets that differ from their entries: the wallet, its four sums (None if it no longer
	exists) and the sums of its entries. Empty if all match."""
	entry = DocType("Gesture Wallet Entry")
	sums = (
		frappe.qb.from_(entry)
		.select(
			entry.gesture_wallet,
			entry.kind,
			entry.gesture.isnull().as_("is_allowance"),
			Sum(entry.amount).as_("amount"),
		)
		.groupby(entry.gesture_wallet, entry.kind, entry.gesture.isnull())
		.run(as_dict=True)
	)
	lines: dict[str, list[LedgerLine]] = {}
	for row in sums:
		line = LedgerLine(row.kind, to_money(row.amount), is_allowance=bool(row.is_allowance))
		lines.setdefault(row.gesture_wallet, []).append(line)
	wallets = frappe.get_all(
		"Gesture Wallet", fields=["name", "opened_with", *_SUM_FIELDS], order_by="name asc"
	)
	gone = lines.keys() - {wallet.name for wallet in wallets}
	found = []
	for wallet in wallets + [frappe._dict(name=name) for name in sorted(gone)]:
		expected = asdict(sum_lines(lines.get(wallet.name, ())))
		expected["allowance"] += to_money(wallet.opened_with)
		if wallet.name in gone or any(to_money(wallet[field]) != expected[field] for field in _SUM_FIELDS):
			stored = {field: wallet.get(field) for field in _SUM_FIELDS}
			entries = {f"entries_{field}": amount for field, amount in expected.items()}
			found.append(frappe._dict({"wallet": wallet.name} | stored | entries))
	return found


def find_gestures_without_entry() -> list[str]:
	"""Return the names of gestures whose money is not in the ledger: given ones without a Spend entry, and planned,
	requested or approved ones whose amount is not committed. Empty if there are none."""
	return sorted(_find_given_without_entry() + _find_uncommitted())


def _find_uncommitted() -> list[str]:
	"""A request without a wallet is from an older version and has reserved nothing."""
	gesture, entry = DocType("Gesture"), DocType("Gesture Wallet Entry")
	signed = Case().when(entry.kind == "Commit", entry.amount).else_(-entry.amount)
	committed = IfNull(Sum(signed), 0)
	return (
		frappe.qb.from_(gesture)
		.left_join(entry)
		.on((entry.gesture == gesture.name) & entry.kind.isin(("Commit", "Release")))
		.select(gesture.name)
		.where(gesture.status.isin(COMMITTED_STATUSES) & (gesture.wallet_amount > 0))
		.where((gesture.status != "Awaiting Approval") | (IfNull(gesture.gesture_wallet, "") != ""))
		.groupby(gesture.name, gesture.wallet_amount)
		.having(committed != gesture.wallet_amount)
		.run(pluck=True)
	)


def _find_given_without_entry() -> list[str]:
	gesture, entry = DocType("Gesture"), DocType("Gesture Wallet Entry")
	return (
		frappe.qb.from_(gesture)
		.left_join(entry)
		.on((entry.gesture == gesture.name) & (entry.kind == "Spend"))
		.select(gesture.name)
		.where((gesture.status == "Given") & (gesture.wallet_amount > 0) & entry.name.isnull())
		.run(pluck=True)
	)


def rename_holder(new: str) -> None:
	"""Update the wallet keys, which contain the holder, after a user was renamed to `new`.

	After a merge, the wallet of the remaining user stays in use, and the other one keeps its entries.
	"""
	wallets = frappe.get_all(
		"Gesture Wallet", filters={"holder": new}, fields=["name", "gesture_budget", "period_start"]
	)
	for wallet in wallets:
		key = rules.wallet_key(wallet.gesture_budget, new, getdate(wallet.period_start))
		if not frappe.db.exists("Gesture Wallet", {"wallet_key": key}):
			frappe.db.set_value("Gesture Wallet", wallet.name, "wallet_key", key, update_modified=False)
	clear_budget_cache()


def check_written_by_ledger(doc: Document) -> None:
	"""Refuse any writer but the ledger service, including Administrator: a balance that can be edited
	proves nothing."""
	if not doc.flags.by_ledger:
		throw(
			_("Wallets and their entries are maintained by the app. Record or cancel a gesture instead."),
			frappe.PermissionError,
			title=_("Maintained by the App"),
		)
