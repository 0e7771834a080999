"""Wallets: who may spend from which budget, and the only writer of Gesture Wallet and Gesture Wallet Entry."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from micro_experiences.domain import budgets as rules
from micro_experiences.domain.ledger import LedgerLine, entry_key, sum_lines
from preview.session import Session


class Budget(rules.BudgetPolicy):
	"""A Gesture Budget. In the preview, companies have calendar years."""

	__slots__ = ()

	def get_fiscal_year(self, day: date) -> tuple[date, date]:
		"""Return the first and last day of the year of `day`."""
		return date(day.year, 1, 1), date(day.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Wallet:
	"""What a user has in one budget now. `name` is None before its first use."""

	name: str | None
	budget: Budget
	left: Decimal
	period_end: date


def get_budgets(session: Session, user: str, company: str | None = None) -> list[Budget]:
	"""Return the budgets that a user may spend from today, the one to spend from first."""
	held, found = session.roles(user), []
	for row in session.db.find(
		"Gesture Budget", {"enabled": True} | ({"company": company} if company else {})
	):
		budget = Budget.from_row(row)
		holders = {one["user"] for one in session.db.find("Gesture Budget Holder", {"parent": budget.name})}
		if budget.is_available_to(user, held, users=holders, for_role=row["for_role"], day=session.today):
			found.append(budget)
	return sorted(found, key=lambda budget: budget.get_sort_key(session.today))


def get_wallets(session: Session, user: str, company: str | None = None) -> list[Wallet]:
	"""Return the wallets of a user today. A wallet is opened by its first use, not by reading it."""
	found = []
	for budget in get_budgets(session, user, company):
		row = _find_wallet(session, budget, user)
		end = budget.get_period(session.today)[1]
		found.append(Wallet(row and row["name"], budget, get_balance(row) if row else budget.amount, end))
	return found


def get_balance(wallet: dict) -> Decimal:
	"""Return what is left in a row of Gesture Wallet."""
	return rules.get_available_amount(
		*(wallet[part] for part in ("allowance", "carried_over", "committed", "spent"))
	)


def open_wallet(session: Session, budget: Budget, user: str) -> str:
	"""Return the name of the user's wallet for the current period, which is created if necessary."""
	if row := _find_wallet(session, budget, user):
		return row["name"]
	start, end = budget.get_period(session.today)
	return session.insert(
		"Gesture Wallet",
		{
			"gesture_budget": budget.name,
			"holder": user,
			"company": budget.company,
			"currency": budget.currency,
			"period_start": start,
			"period_end": end,
			"allowance": budget.amount,
			"opened_with": budget.amount,
			"wallet_key": budget.wallet_key(user, session.today),
		},
	)


def record_entries(session: Session, wallet: str, gesture: str, lines: tuple[LedgerLine, ...]) -> None:
	"""Record the lines of one gesture. Raises InsufficientBalance without changing anything."""
	change = sum_lines(lines)
	booked = session.db.run(
		'update "tabGesture Wallet" set committed = committed + ?, spent = spent + ?, modified = ?, modified_by = ?'
		" where name = ? and (? <= 0 or committed + spent + ? <= allowance + carried_over)",
		change.committed,
		change.spent,
		session.now,
		session.user,
		wallet,
		change.required_amount,
		change.required_amount,
	)
	if not booked:
		row = session.db.get("Gesture Wallet", wallet)
		raise rules.insufficient_balance(
			change.required_amount, get_balance(row), row["currency"], row["period_end"]
		)
	for line in lines:
		_insert_entry(session, wallet, line, entry_key(gesture, line.kind), gesture=gesture)


def adjust_wallets(session: Session, budget: str, amount: Decimal, reason: str) -> None:
	"""Bring the wallets of the current period to the new `amount` of their budget."""
	for wallet in session.db.find("Gesture Wallet", {"gesture_budget": budget}):
		by = rules.calculate_adjustment(wallet["allowance"], get_balance(wallet), amount)
		if by and wallet["period_end"] >= session.today:
			filters = {"gesture_wallet": wallet["name"], "gesture": None, "kind": "Adjust"}
			number = 1 + len(session.db.find("Gesture Wallet Entry", filters))
			session.update("Gesture Wallet", wallet["name"], {"allowance": wallet["allowance"] + by})
			line = LedgerLine("Adjust", by, is_allowance=True)
			_insert_entry(
				session, wallet["name"], line, entry_key(wallet["name"], "Adjust", number), reason=reason
			)


def _insert_entry(session: Session, wallet: str, line: LedgerLine, key: str, **more: str) -> None:
	values = {"gesture_wallet": wallet, "kind": line.kind, "amount": line.amount, "entry_key": key}
	values |= {"posting_date": session.today, "made_by": session.user}
	session.insert("Gesture Wallet Entry", values | more)


def _find_wallet(session: Session, budget: Budget, user: str) -> dict | None:
	key = budget.wallet_key(user, session.today)
	return next(iter(session.db.find("Gesture Wallet", {"wallet_key": key})), None)
