"""The wallet ledger: never overspent, always equal to its entries, nothing entered twice, whatever happens in any order."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from micro_experiences.domain.budgets import (
	BudgetPolicy,
	InsufficientBalance,
	calculate_adjustment,
	get_available_amount,
)
from micro_experiences.domain.gestures import can_change_status, resolve_status
from micro_experiences.domain.ledger import (
	LedgerLine,
	entry_key,
	get_entry_number,
	get_lines_for_transition,
	sum_lines,
)

MONEY = st.decimals(Decimal("0.01"), Decimal(80), places=2)
ZERO = Decimal(0)
STATUSES = ("Idea", "Planned", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled")
KINDS = ("Commit", "Release", "Spend", "Refund", "Carry Over", "Adjust")
LINES = st.lists(st.builds(LedgerLine, st.sampled_from(KINDS), MONEY), max_size=12)


def get_paths(status: str = "", path: tuple[str, ...] = (), longest: int = 9):
	"""Yield every legal path of statuses of a new gesture, up to a length."""
	if len(path) == longest:
		return
	for following in STATUSES:
		if following != status and can_change_status(status, following):
			yield (*path, following)
			yield from get_paths(following, (*path, following), longest)


def test_ledger_balances_along_every_path_of_a_gesture():
	amount, paths = Decimal("12.34"), list(get_paths())
	assert {path[-1] for path in paths} == set(STATUSES)
	for path in paths:
		committed = spent = ZERO
		keys, old, booked = [], "", []
		for new in path:
			for line in get_lines_for_transition(old, new, amount):
				assert line.amount == amount
				step = sum_lines([line])
				assert step.allowance == step.carried_over == 0
				committed, spent = committed + step.committed, spent + step.spent
				assert committed >= 0 and spent >= 0 and committed + spent <= amount, path
				counts = {kind: booked.count(kind) for kind in booked}
				keys.append(entry_key("GES-000001", line.kind, get_entry_number(line.kind, counts)))
				booked.append(line.kind)
			assert (committed, spent) == (
				amount if new in ("Planned", "Awaiting Approval", "Approved") else 0,
				amount if new == "Given" else 0,
			), path
			old = new
		assert len(set(keys)) == len(keys), path


def test_old_request_without_reserved_money_is_committed_on_approval():
	def get_kinds(new: str) -> list[str]:
		lines = get_lines_for_transition("Awaiting Approval", new, Decimal(5), reserved=False)
		return [line.kind for line in lines]

	assert get_kinds("Approved") == ["Commit"]
	assert get_kinds("Declined") == get_kinds("Cancelled") == get_kinds("Idea") == []


def test_line_of_the_same_round_has_the_same_key_twice():
	assert get_entry_number("Commit", {"Commit": 1}) == 0
	assert get_entry_number("Release", {"Commit": 1, "Release": 1}) == 0
	assert get_entry_number("Commit", {"Commit": 1, "Release": 1}) == 1


def test_transition_without_a_cost_or_a_change_has_no_lines():
	for new in STATUSES:
		assert get_lines_for_transition(new, new, Decimal(5)) == ()
		for old in ("", *STATUSES):
			assert get_lines_for_transition(old, new, ZERO) == ()


@given(LINES, LINES, MONEY)
def test_sums_of_lines_add_up_in_any_order(some, more, allowance):
	sums, others, both = sum_lines(some), sum_lines(more), sum_lines([*some, *more])
	for field in ("allowance", "carried_over", "committed", "spent", "required_amount"):
		assert getattr(both, field) == getattr(sums, field) + getattr(others, field)
	assert sum_lines(reversed(some)) == sums
	# `required_amount` is the difference in the available amount.
	before = get_available_amount(allowance, ZERO, ZERO, ZERO)
	after = get_available_amount(allowance + sums.allowance, sums.carried_over, sums.committed, sums.spent)
	assert before - after == sums.required_amount


def count_months_between(one: date, other: date) -> int:
	"""Return how many months without a wallet lie between two months."""
	return (other.year - one.year) * 12 + other.month - one.month - 1


class Wallet:
	"""One period with its four sums and its entries."""

	def __init__(self, policy: BudgetPolicy, start: date, end: date, carried: Decimal):
		self.start, self.end, self.currency = start, end, policy.currency
		self.opened_with = self.allowance = policy.amount
		self.carried_over = self.committed = self.spent = ZERO
		self.entries: dict[str, LedgerLine] = {}
		if carried:
			self.enter(f"W{start}", (LedgerLine("Carry Over", carried),))

	@property
	def left(self) -> Decimal:
		return get_available_amount(self.allowance, self.carried_over, self.committed, self.spent)

	def enter(
		self, source: str, lines: tuple[LedgerLine, ...], number: int = 0, booked: list[str] = ()
	) -> bool:
		"""Enter lines if the balance allows it, and return whether it did. `booked` are the kinds of earlier lines."""
		change = sum_lines(lines)
		if change.required_amount > max(self.left, ZERO) and change.required_amount > 0:
			return False
		counts = {kind: booked.count(kind) for kind in booked}
		for line in lines:
			key = entry_key(source, line.kind, number or get_entry_number(line.kind, counts))
			assert key not in self.entries, f"{key} is entered twice"
			self.entries[key] = line
		self.allowance += change.allowance
		self.carried_over += change.carried_over
		self.committed += change.committed
		self.spent += change.spent
		return True


class Gesture:
	def __init__(self, name: str, amount: Decimal):
		self.name, self.amount, self.status, self.wallet, self.corrected = name, amount, "", None, 0
		self.booked: list[str] = []


class WalletMachine(RuleBasedStateMachine):
	"""Run gestures, corrections, months and changes of the budget in any order."""

	gestures = Bundle("gestures")

	@initialize(
		amount=MONEY,
		free=MONEY,
		limit=MONEY | st.just(ZERO),
		unspent=st.sampled_from(["Lapses", "Carries Over"]),
	)
	def create_budget(self, amount, free, limit, unspent):
		self.today = date(2024, 1, 30)
		self.policy = BudgetPolicy(
			"B", "Kindness", "C", "Per Person", "Month", "EUR", amount, free, self.today, unspent, limit
		)
		self.wallets: list[Wallet] = []
		self.skipped_months = ZERO
		self.gesture_count, self.change_count = 0, 0
		self.open_wallet()

	def open_wallet(self) -> Wallet:
		start, end = self.policy.get_period(self.today)
		if self.wallets and self.wallets[-1].start == start:
			return self.wallets[-1]
		carried = ZERO
		if self.wallets:
			last = self.wallets[-1]
			carried = self.policy.calculate_carry_over(last.end, last.left, start)
			self.skipped_months += count_months_between(last.start, start) * self.policy.amount
			if carried_out := self.policy.get_amount_carried_out(last.left):
				assert last.enter(f"W{last.start}", (LedgerLine("Carry Over", -carried_out),), 1)
		self.wallets.append(Wallet(self.policy, start, end, carried))
		return self.wallets[-1]

	def set_status(self, gesture: Gesture, status: str) -> bool:
		wallet = gesture.wallet or self.open_wallet()
		lines = get_lines_for_transition(gesture.status, status, gesture.amount)
		if not wallet.enter(gesture.name, lines, booked=gesture.booked):
			return False
		gesture.status = status
		gesture.booked += [line.kind for line in lines]
		if lines:
			gesture.wallet = wallet
		return True

	@rule(target=gestures, amount=MONEY, wanted=st.sampled_from(["Given", "Planned"]))
	def give_or_plan(self, amount, wanted):
		wallet = self.open_wallet()
		self.gesture_count += 1
		gesture = Gesture(f"G{self.gesture_count}", amount)
		try:
			status = resolve_status(wanted, amount, self.policy.free_up_to, wallet.left, "EUR", wallet.end)
		except InsufficientBalance:
			assert amount > wallet.left
			return multiple()
		assert self.set_status(gesture, status)
		return gesture

	@rule(gesture=gestures)
	def approve(self, gesture):
		if gesture.status == "Awaiting Approval":
			before = gesture.wallet.left
			assert self.set_status(gesture, "Approved")
			assert gesture.wallet.left == before

	@rule(gesture=gestures)
	def withdraw(self, gesture):
		if gesture.status == "Awaiting Approval":
			before = gesture.wallet.left
			assert self.set_status(gesture, "Idea")
			assert gesture.wallet.left == before + gesture.amount
			gesture.wallet = None

	@rule(gesture=gestures)
	def request_again(self, gesture):
		if gesture.status == "Idea":
			before = self.open_wallet().left
			assert self.set_status(gesture, "Awaiting Approval") == (gesture.amount <= before)

	@rule(gesture=gestures)
	def give_reserved(self, gesture):
		if gesture.status in ("Planned", "Approved"):
			assert self.set_status(gesture, "Given")

	@rule(gesture=consumes(gestures))
	def cancel(self, gesture):
		before = gesture.wallet.left if gesture.wallet else ZERO
		assert self.set_status(gesture, "Cancelled")
		if gesture.wallet:
			assert gesture.wallet.left == before + gesture.amount

	@rule(gesture=gestures, price=MONEY)
	def correct_price(self, gesture, price):
		if gesture.status == "Given":
			line = LedgerLine("Adjust", price - gesture.amount)
			if gesture.wallet.enter(gesture.name, (line,), gesture.corrected + 1):
				gesture.amount, gesture.corrected = price, gesture.corrected + 1

	@rule(amount=MONEY)
	def change_amount(self, amount):
		self.policy = replace(self.policy, amount=amount)
		wallet = self.wallets[-1]
		if wallet.end >= self.today:
			self.change_count += 1
			by = calculate_adjustment(wallet.allowance, wallet.left, amount)
			assert wallet.enter("W", (LedgerLine("Adjust", by, is_allowance=True),), self.change_count)
			assert wallet.allowance >= amount

	@rule(days=st.integers(1, 100))
	def pass_days(self, days):
		self.today += timedelta(days=days)

	@rule()
	def open_wallet_twice(self):
		assert self.open_wallet() is self.open_wallet()

	@invariant()
	def no_wallet_is_overspent(self):
		for wallet in getattr(self, "wallets", ()):
			assert wallet.left >= 0
			assert wallet.committed >= 0 and wallet.spent >= 0

	@invariant()
	def wallets_equal_their_entries(self):
		for wallet in getattr(self, "wallets", ()):
			sums = sum_lines(wallet.entries.values())
			assert wallet.allowance == wallet.opened_with + sums.allowance
			assert (wallet.carried_over, wallet.committed, wallet.spent) == (
				sums.carried_over,
				sums.committed,
				sums.spent,
			)

	@invariant()
	def no_money_is_counted_twice(self):
		"""All that could ever be spent is at most what was granted in all periods."""
		wallets = getattr(self, "wallets", ())
		if not wallets:
			return
		granted = sum((wallet.allowance for wallet in wallets), ZERO)
		usable = sum((wallet.allowance + wallet.carried_over for wallet in wallets), ZERO)
		assert usable <= granted + self.skipped_months

	@invariant()
	def carried_over_amounts_stay_within_the_limit(self):
		for wallet in getattr(self, "wallets", ()):
			if self.policy.unspent == "Lapses":
				assert wallet.carried_over == 0
			elif self.policy.carry_over_limit:
				assert wallet.carried_over <= self.policy.carry_over_limit


TestWalletMachine = WalletMachine.TestCase
TestWalletMachine.settings = settings(stateful_step_count=40)
