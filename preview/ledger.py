"""The one writer of Gesture Wallet and Gesture Wallet Entry: one conditional UPDATE, then the entries beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from micro_experiences.domain import budget as rules
from micro_experiences.domain.ledger import Line, entry_key, total
from preview import people
from preview.store import Db

if TYPE_CHECKING:
	from preview.session import Session


class Budget(rules.Policy):
	"""A Gesture Budget; the companies of the preview keep calendar years."""

	__slots__ = ()

	def fiscal_year(self, day: date) -> tuple[date, date]:
		return date(day.year, 1, 1), date(day.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Wallet:
	"""What a user has in one budget now. `name` is None before its first use."""

	name: str | None
	budget: Budget
	left: Decimal
	period_end: date


def money(db: Db, amount: Decimal, currency: str | None) -> str:
	"""An amount as the user reads it."""
	known = db.get("Currency", currency) if currency else None
	symbol = (known and known["symbol"]) or currency or ""
	return f"{symbol} {amount:,.2f}".strip()


def budgets(db: Db, user: str | None, day: date, company: str | None = None) -> list[Budget]:
	"""The budgets that `user` may spend from on `day`, the one to spend from first."""
	if not user:
		return []
	held, mine = people.roles(db, user), []
	for row in db.find("Gesture Budget", {"enabled": True} | ({"company": company} if company else {})):
		budget = Budget.from_row(row)
		if budget.is_for(user, held, users=_named(db, row), for_role=row["for_role"], day=day):
			mine.append(budget)
	return sorted(mine, key=lambda budget: budget.order(day))


def wallets(db: Db, user: str, day: date, company: str | None = None) -> list[Wallet]:
	"""What `user` has left in each of his budgets; wallets are not opened by looking at them."""
	found = []
	for budget in budgets(db, user, day, company):
		row = _wallet(db, budget.wallet_key(user, day))
		name, available = (
			(row["name"], left(row)) if row else (None, budget.amount + _carried_at(db, budget, user, day))
		)
		found.append(Wallet(name, budget, available, budget.period_of(day)[1]))
	return found


def left(wallet: dict) -> Decimal:
	"""What may still be promised or spent from the row of a wallet."""
	return rules.left(*(wallet[part] for part in ("allowance", "carried_over", "committed", "spent")))


def open_wallet(session: Session, budget: Budget, user: str) -> str:
	"""The name of the user's wallet for today's period; opened if it is not there yet."""
	key = budget.wallet_key(user, session.today)
	if row := _wallet(session.db, key):
		return row["name"]
	start, end = budget.period_of(session.today)
	last = _last(session.db, budget, user, session.today)
	carried = _carried(budget, last, start)
	name = session.insert(
		"Gesture Wallet",
		{
			"gesture_budget": budget.name,
			"holder": budget.holder(user) or None,
			"company": budget.company,
			"currency": budget.currency,
			"period_start": start,
			"period_end": end,
			"allowance": budget.amount,
			"opened_with": budget.amount,
			"carried_over": carried,
			"wallet_key": key,
		},
	)
	if carried:
		_enter(session, name, None, Line("Carry Over", carried), entry_key(name, "Carry Over"))
	if went_on := budget.went_on(left(last)) if last else rules.ZERO:
		# What is taken over leaves the wallet before.
		before = last["name"]
		session.update("Gesture Wallet", before, {"carried_over": last["carried_over"] - went_on})
		_enter(session, before, None, Line("Carry Over", -went_on), entry_key(before, "Carry Over", 1))
	return name


def adjust_wallets(session: Session, budget: str, amount: Decimal, reason: str) -> None:
	"""Bring the open wallets of a budget to its new `amount` by an Adjust entry each, with the reason."""
	wallets = session.db.rows(
		'select * from "tabGesture Wallet" where gesture_budget = ? and period_end >= ?',
		budget,
		session.today,
	)
	for wallet in wallets:
		by = rules.adjustment(wallet["allowance"], left(wallet), amount)
		if by:
			number = 1 + _adjusted(session, {"gesture_wallet": wallet["name"], "gesture": None})
			session.update("Gesture Wallet", wallet["name"], {"allowance": wallet["allowance"] + by})
			key = entry_key(wallet["name"], "Adjust", number)
			_enter(session, wallet["name"], None, Line("Adjust", by, of_budget=True), key, reason)


def granted(db: Db, gesture: str) -> Decimal:
	"""What a gesture was allowed to cost when it was given: what its Spend entry has."""
	(spend,) = db.find("Gesture Wallet Entry", {"gesture": gesture, "kind": "Spend"})
	return spend["amount"]


def correct(session: Session, wallet: str, gesture: str, by: Decimal, reason: str | None) -> None:
	"""Book that a given gesture cost more, or less, than was booked. Raises NotEnoughLeft."""
	number = 1 + _adjusted(session, {"gesture": gesture})
	book(session, wallet, gesture, (Line("Adjust", by),), number, reason)


def _adjusted(session: Session, filters: dict) -> int:
	return len(session.db.find("Gesture Wallet Entry", filters | {"kind": "Adjust"}))


def _carried_at(db: Db, budget: Budget, user: str, day: date) -> Decimal:
	return _carried(budget, _last(db, budget, user, day), budget.period_of(day)[0])


def _carried(budget: Budget, last: dict | None, start: date) -> Decimal:
	"""What is carried over from somebody's last wallet into the period that begins on `start`."""
	return budget.carried_over(last["period_end"], left(last), start) if last else rules.ZERO


def _last(db: Db, budget: Budget, user: str, day: date) -> dict | None:
	"""Somebody's last wallet from before the period around `day`."""
	return db.row(
		"""select * from "tabGesture Wallet" where gesture_budget = ? and ifnull(holder, '') = ?"""
		" and period_start < ? order by period_start desc limit 1",
		budget.name,
		budget.holder(user),
		budget.period_of(day)[0],
	)


def book(
	session: Session,
	wallet: str,
	gesture: str,
	lines: tuple[Line, ...],
	number: int = 0,
	reason: str | None = None,
) -> None:
	"""Book the lines of one gesture, or raise NotEnoughLeft and change nothing."""
	if not lines:
		return
	change = total(lines)
	booked = session.db.run(
		'update "tabGesture Wallet" set committed = committed + ?, spent = spent + ?, modified = ?, modified_by = ?'
		" where name = ? and (? <= 0 or committed + spent + ? <= allowance + carried_over)",
		change.committed,
		change.spent,
		session.now,
		session.user,
		wallet,
		change.need,
		change.need,
	)
	if not booked:
		row = session.db.get("Gesture Wallet", wallet)
		raise rules.not_enough(change.need, left(row), row["currency"], row["period_end"])
	for line in lines:
		_enter(session, wallet, gesture, line, entry_key(gesture, line.kind, number), reason)


def _enter(
	session: Session, wallet: str, gesture: str | None, line: Line, key: str, reason: str | None = None
) -> None:
	session.insert(
		"Gesture Wallet Entry",
		{
			"gesture_wallet": wallet,
			"gesture": gesture,
			"kind": line.kind,
			"amount": line.amount,
			"posting_date": session.today,
			"made_by": session.user,
			"entry_key": key,
			"reason": reason,
		},
	)


def _wallet(db: Db, key: str) -> dict | None:
	return db.row('select * from "tabGesture Wallet" where wallet_key = ?', key)


def _named(db: Db, budget: dict) -> set[str]:
	"""The users whom a budget names, one by one or by their group."""
	holders = db.find("Gesture Budget Holder", {"parent": budget["name"]})
	group = budget["for_user_group"]
	members = db.find("User Group Member", {"parent": group}) if group else []
	return {row["user"] for row in (*holders, *members)}
