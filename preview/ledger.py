"""The one writer of Gesture Wallet and Gesture Wallet Entry: one conditional UPDATE, then the entries beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from micro_experiences.domain import budget as rules
from micro_experiences.domain.ledger import Line, entry_key, total
from preview import records
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
	held, mine = records.roles(db, user), []
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
		name, available = (row["name"], left(row)) if row else (None, budget.amount)
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
	return session.insert(
		"Gesture Wallet",
		{
			"gesture_budget": budget.name,
			"holder": budget.holder(user) or None,
			"company": budget.company,
			"currency": budget.currency,
			"period_start": start,
			"period_end": end,
			"allowance": budget.amount,
			"wallet_key": key,
		},
	)


def book(session: Session, wallet: str, gesture: str, lines: tuple[Line, ...]) -> None:
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
		session.insert(
			"Gesture Wallet Entry",
			{
				"gesture_wallet": wallet,
				"gesture": gesture,
				"kind": line.kind,
				"amount": line.amount,
				"posting_date": session.today,
				"made_by": session.user,
				"entry_key": entry_key(gesture, line.kind),
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
