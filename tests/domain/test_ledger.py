"""A wallet lives through any sequence of gifts, corrections, months and changes of policy: never overspent, always equal to
its entries, nothing booked twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from micro_experiences.domain.budget import (
	NotEnoughLeft,
	OverCap,
	Policy,
	adjustment,
	check_cap,
	counts_since,
	left,
)
from micro_experiences.domain.gestures import weighed
from micro_experiences.domain.ledger import Line, entry_key, lines_for, total

MONEY = st.decimals(Decimal("0.01"), Decimal(80), places=2)
ZERO = Decimal(0)


def months_between(one: date, other: date) -> int:
	"""How many months lie between two others: nobody opened a wallet in them."""
	return (other.year - one.year) * 12 + other.month - one.month - 1


class Wallet:
	"""One period: its four sums, and its entries."""

	def __init__(self, policy: Policy, start: date, end: date, carried: Decimal):
		self.start, self.end, self.currency = start, end, policy.currency
		self.opened_with = self.allowance = policy.amount
		self.carried_over = self.committed = self.spent = ZERO
		self.entries: dict[str, Line] = {}
		if carried:
			self.book(f"W{start}", (Line("Carry Over", carried),))

	@property
	def left(self) -> Decimal:
		return left(self.allowance, self.carried_over, self.committed, self.spent)

	def book(self, source: str, lines: tuple[Line, ...], number: int = 0) -> bool:
		"""The gate, and the entries behind it; whether it was open."""
		change = total(lines)
		if change.need > max(self.left, ZERO) and change.need > 0:
			return False
		for line in lines:
			key = entry_key(source, line.kind, number)
			assert key not in self.entries, f"{key} is booked twice"
			self.entries[key] = line
		self.allowance += change.allowance
		self.carried_over += change.carried_over
		self.committed += change.committed
		self.spent += change.spent
		return True


class Gesture:
	def __init__(self, name: str, amount: Decimal):
		self.name, self.amount, self.status, self.wallet, self.corrected = name, amount, "", None, 0


class WalletLife(RuleBasedStateMachine):
	alive = Bundle("alive")

	@initialize(
		amount=MONEY,
		free=MONEY,
		limit=MONEY | st.just(ZERO),
		unspent=st.sampled_from(["Lapses", "Carries Over"]),
	)
	def begin(self, amount, free, limit, unspent):
		self.today = date(2024, 1, 30)
		self.policy = Policy(
			"B", "Kindness", "C", "Per Person", "Month", "EUR", amount, free, self.today, unspent, limit
		)
		self.wallets: list[Wallet] = []
		self.of_months_between = ZERO
		self.made, self.changes = 0, 0
		self.open()

	def open(self) -> Wallet:
		start, end = self.policy.period_of(self.today)
		if self.wallets and self.wallets[-1].start == start:
			return self.wallets[-1]
		carried = ZERO
		if self.wallets:
			last = self.wallets[-1]
			carried = self.policy.carried_over(last.end, last.left, start)
			self.of_months_between += months_between(last.start, start) * self.policy.amount
			went_on = self.policy.went_on(last.left)
			assert last.book(f"W{last.start}", (Line("Carry Over", -went_on),) if went_on else (), 1)
		self.wallets.append(Wallet(self.policy, start, end, carried))
		return self.wallets[-1]

	def move(self, gesture: Gesture, status: str) -> bool:
		wallet = gesture.wallet or self.open()
		lines = lines_for(gesture.status, status, gesture.amount)
		if not wallet.book(gesture.name, lines):
			return False
		gesture.status = status
		if lines:
			gesture.wallet = wallet
		return True

	@rule(target=alive, amount=MONEY)
	def give(self, amount):
		wallet = self.open()
		self.made += 1
		gesture = Gesture(f"G{self.made}", amount)
		try:
			wanted = weighed("Given", amount, self.policy.free_up_to, wallet.left, "EUR", wallet.end)
		except NotEnoughLeft:
			assert amount > wallet.left
			return multiple()
		assert self.move(gesture, wanted)
		return gesture

	@rule(gesture=alive)
	def approve(self, gesture):
		if gesture.status == "Awaiting Approval":
			before = self.open().left
			assert self.move(gesture, "Approved") == (gesture.amount <= before)

	@rule(gesture=alive)
	def give_approved(self, gesture):
		if gesture.status == "Approved":
			assert self.move(gesture, "Given")

	@rule(gesture=consumes(alive))
	def cancel_or_refund(self, gesture):
		before = gesture.wallet.left if gesture.wallet else ZERO
		assert self.move(gesture, "Cancelled")
		if gesture.wallet:
			assert gesture.wallet.left == before + gesture.amount

	@rule(gesture=alive, price=MONEY)
	def correct(self, gesture, price):
		if gesture.status == "Given":
			line = Line("Adjust", price - gesture.amount)
			if gesture.wallet.book(gesture.name, (line,), gesture.corrected + 1):
				gesture.amount, gesture.corrected = price, gesture.corrected + 1

	@rule(amount=MONEY)
	def change_policy(self, amount):
		self.policy = replace(self.policy, amount=amount)
		wallet = self.wallets[-1]
		if wallet.end >= self.today:
			self.changes += 1
			by = adjustment(wallet.allowance, wallet.left, amount)
			assert wallet.book("W", (Line("Adjust", by, of_budget=True),), self.changes)
			assert wallet.allowance >= amount

	@rule(days=st.integers(1, 100))
	def time_goes_by(self, days):
		self.today += timedelta(days=days)

	@rule()
	def roll_over(self):
		self.open()
		self.open()

	@invariant()
	def nothing_is_overspent(self):
		for wallet in getattr(self, "wallets", ()):
			assert wallet.left >= 0
			assert wallet.committed >= 0 and wallet.spent >= 0

	@invariant()
	def every_wallet_equals_its_entries(self):
		for wallet in getattr(self, "wallets", ()):
			sums = total(wallet.entries.values())
			assert wallet.allowance == wallet.opened_with + sums.allowance
			assert (wallet.carried_over, wallet.committed, wallet.spent) == (
				sums.carried_over,
				sums.committed,
				sums.spent,
			)

	@invariant()
	def no_money_is_there_twice(self):
		"""All that was ever to be used, less what lapsed by the limit, is what was granted in all periods."""
		wallets = getattr(self, "wallets", ())
		if not wallets:
			return
		granted = sum((wallet.allowance for wallet in wallets), ZERO)
		usable = sum((wallet.allowance + wallet.carried_over for wallet in wallets), ZERO)
		assert usable <= granted + self.of_months_between

	@invariant()
	def what_is_carried_over_stays_within_its_limit(self):
		for wallet in getattr(self, "wallets", ()):
			if self.policy.unspent == "Lapses":
				assert wallet.carried_over == 0
			elif self.policy.carry_over_limit:
				assert wallet.carried_over <= self.policy.carry_over_limit


TestWalletLife = WalletLife.TestCase
TestWalletLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_months_that_nobody_looked_at_are_carried_over_too():
	policy = Policy(
		"B", "K", "C", "Per Person", "Month", "EUR", Decimal(50), ZERO, date(2026, 1, 1), "Carries Over"
	)
	end, left_then = date(2026, 1, 31), Decimal(20)
	assert policy.carried_over(end, left_then, date(2026, 2, 1)) == 20
	assert policy.carried_over(end, left_then, date(2026, 4, 1)) == 20 + 50 + 50
	limited = replace(policy, carry_over_limit=Decimal(30))
	assert limited.carried_over(end, left_then, date(2026, 2, 1)) == 20
	assert limited.carried_over(end, left_then, date(2026, 4, 1)) == 30
	assert replace(policy, unspent="Lapses").carried_over(end, left_then, date(2026, 4, 1)) == 0


def test_the_limit_for_one_customer():
	check_cap(Decimal(20), Decimal(80), Decimal(100), "EUR")
	check_cap(Decimal(20), Decimal(8000), ZERO, "EUR")
	with pytest.raises(OverCap):
		check_cap(Decimal("20.01"), Decimal(80), Decimal(100), "EUR")
	assert counts_since(date(2026, 11, 22)) == date(2025, 11, 23)
	assert counts_since(date(2024, 2, 29)) == date(2023, 3, 1)


def test_a_budget_that_shrinks_leaves_what_is_used():
	assert adjustment(Decimal(50), Decimal(10), Decimal(30)) == -10
	assert adjustment(Decimal(50), Decimal(30), Decimal(30)) == -20
	assert adjustment(Decimal(50), Decimal(30), Decimal(80)) == 30
	assert adjustment(Decimal(50), Decimal(-5), Decimal(30)) == 0
