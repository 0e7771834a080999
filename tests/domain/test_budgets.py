"""Gesture money: periods without gap or overlap, and ledger lines that always come out even."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.budget import (
	ASK,
	FREE,
	POLICY_MONEY,
	REFUSE,
	Policy,
	in_words,
	left,
	period_of,
	to_money,
	usual_free_up_to,
	verdict,
	wallet_key,
)
from micro_experiences.domain.gestures import may_move
from micro_experiences.domain.ledger import Line, entry_key, lines_for, total

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
MONEY = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
CALENDAR = ("Week", "Month", "Quarter", "Half-Year")
STATUSES = ("Idea", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled")
FINAL = {"Declined", "Cancelled"}
ONE_DAY = timedelta(days=1)


@given(DAYS, st.sampled_from(CALENDAR))
def test_periods_partition_time(day, period):
	start, end = period_of(day, period)
	assert start <= day <= end
	# Every day of it names the same period, and the days beside it name the neighbours, which adjoin.
	for offset in range((end - start).days + 1):
		assert period_of(start + timedelta(days=offset), period) == (start, end)
	assert period_of(start - ONE_DAY, period)[1] == start - ONE_DAY
	assert period_of(end + ONE_DAY, period)[0] == end + ONE_DAY


@pytest.mark.parametrize(
	("period", "start", "end"),
	[
		("Week", "2026-11-16", "2026-11-22"),
		("Month", "2026-11-01", "2026-11-30"),
		("Quarter", "2026-10-01", "2026-12-31"),
		("Half-Year", "2026-07-01", "2026-12-31"),
	],
)
def test_the_periods_around_a_sunday(period, start, end):
	assert period_of(date(2026, 11, 22), period) == (date.fromisoformat(start), date.fromisoformat(end))


@pytest.mark.parametrize(("period", "a_year"), [("Month", 12), ("Quarter", 4), ("Half-Year", 2)])
def test_a_year_has_so_many_periods(period, a_year):
	days = [date(2028, 1, 1) + timedelta(days=n) for n in range(366)]
	assert len({period_of(day, period) for day in days}) == a_year


def test_the_fiscal_year_is_the_one_of_the_company():
	year = (date(2026, 4, 1), date(2027, 3, 31))
	for day in (*year, date(2026, 11, 22)):
		assert period_of(day, "Fiscal Year", year) == year
	for day, fiscal_year in ((date(2026, 3, 31), year), (date(2027, 4, 1), year), (date(2026, 11, 22), None)):
		with pytest.raises(ValueError):
			period_of(day, "Fiscal Year", fiscal_year)


def test_an_unknown_period_is_refused():
	for period in ("", "Day", "month"):
		with pytest.raises(ValueError):
			period_of(date(2026, 11, 22), period)


def test_every_wallet_has_a_key_of_its_own():
	keys = {
		wallet_key(budget, holder, start)
		for budget in ("b1", "b2")
		for holder in ("", "ana@example.com", "maya@example.com")
		for start in (date(2026, 11, 1), date(2026, 12, 1))
	}
	assert len(keys) == 12


def paths(status: str = "", walked: tuple[str, ...] = (), longest: int = 9):
	"""Every legal path of a gesture from new, up to a length; an idea may be sent back any number of times."""
	if len(walked) == longest:
		return
	for following in STATUSES:
		if following != status and may_move(status, following):
			yield (*walked, following)
			yield from paths(following, (*walked, following), longest)


PATHS = list(paths())


def test_the_paths_are_many_and_reach_every_status():
	assert len(PATHS) > 50
	assert {path[-1] for path in PATHS} == set(STATUSES)
	assert {path[0] for path in PATHS} == {"Idea", "Awaiting Approval", "Given"}


@given(MONEY, st.sampled_from(PATHS))
def test_money_comes_out_even_along_every_path(amount, path):
	committed = spent = Decimal(0)
	booked, old = [], ""
	for new in path:
		for line in lines_for(old, new, amount):
			assert line.amount == amount > 0
			step = total([line])
			assert step.allowance == step.carried_over == 0
			committed, spent = committed + step.committed, spent + step.spent
			assert committed >= 0 and spent >= 0 and committed + spent <= amount
			booked.append(entry_key("GES-000001", line.kind))
		assert committed == (amount if new == "Approved" else 0)
		assert spent == (amount if new == "Given" else 0)
		old = new
	assert len(set(booked)) == len(booked), "an entry key would repeat"


def test_every_path_comes_out_even():
	"""The same for all paths, one after the other, so that none is left to chance."""
	amount = Decimal("12.34")
	for path in PATHS:
		lines = [
			line for old, new in zip(("", *path), path, strict=False) for line in lines_for(old, new, amount)
		]
		sums = total(lines)
		assert (sums.committed, sums.spent) == (
			amount if path[-1] == "Approved" else 0,
			amount if path[-1] == "Given" else 0,
		), path
		assert len({line.kind for line in lines}) == len(lines), path


@pytest.mark.parametrize("new", STATUSES)
@pytest.mark.parametrize("old", ("", *STATUSES))
def test_a_gesture_without_cost_and_a_standstill_book_nothing(old, new):
	assert lines_for(old, new, Decimal(0)) == ()
	assert lines_for(new, new, Decimal(5)) == ()


def test_what_is_final_stays_final():
	for status in FINAL:
		assert [new for new in STATUSES if may_move(status, new)] == [status]
	assert [new for new in STATUSES if may_move("Given", new)] == ["Given", "Cancelled"]
	assert all(any(may_move(old, new) for new in STATUSES if new != old) for old in set(STATUSES) - FINAL)


def test_approval_is_given_only_to_what_awaits_it():
	assert {old for old in ("", *STATUSES) if may_move(old, "Approved")} == {"Awaiting Approval", "Approved"}
	assert {old for old in ("", *STATUSES) if may_move(old, "Declined")} == {"Awaiting Approval", "Declined"}


@given(MONEY, MONEY | st.just(Decimal(0)), MONEY | st.just(Decimal(0)))
def test_verdict(amount, free_up_to, available):
	answer = verdict(amount, free_up_to, available)
	assert (answer == REFUSE) == (amount > available)
	assert (answer == FREE) == (amount <= available and amount <= free_up_to)
	assert (answer == ASK) == (free_up_to < amount <= available)


def test_verdict_at_the_edges():
	ten = Decimal(10)
	assert verdict(ten, ten, ten) == FREE
	assert verdict(ten, Decimal("9.99"), ten) == ASK
	assert verdict(ten, ten, Decimal("9.99")) == REFUSE
	assert verdict(Decimal("0.01"), ten, Decimal(0)) == REFUSE


KINDS = ("Commit", "Release", "Spend", "Refund", "Carry Over", "Adjust")
LINES = st.lists(st.builds(Line, st.sampled_from(KINDS), MONEY), max_size=12)


@given(LINES, MONEY)
def test_need_is_what_less_is_left_afterwards(lines, allowance):
	sums = total(lines)
	before = left(allowance, Decimal(0), Decimal(0), Decimal(0))
	after = left(allowance + sums.allowance, sums.carried_over, sums.committed, sums.spent)
	assert before - after == sums.need
	assert total(reversed(lines)) == sums


@given(LINES, LINES)
def test_change_adds_up(some, more):
	one, two, both = total(some), total(more), total([*some, *more])
	for sum_of in ("allowance", "carried_over", "committed", "spent", "need"):
		assert getattr(both, sum_of) == getattr(one, sum_of) + getattr(two, sum_of)


@pytest.mark.parametrize(
	("value", "expected"),
	[
		(None, "0.00"),
		("", "0.00"),
		(0.1 + 0.2, "0.30"),
		("2.675", "2.68"),
		(2.5, "2.50"),
		(-0.005, "-0.01"),
		(7, "7.00"),
	],
)
def test_money_is_rounded_half_up(value, expected):
	assert str(to_money(value)) == expected


def test_money_may_have_other_places():
	assert to_money("1.2345", 3) == Decimal("1.235")
	assert to_money("1.5", 0) == Decimal("2")


# Near the end of a period


def policy(**values):
	row = {"name": "B", "title": "B", "company": "C", "budget_kind": "Per Person", "period": "Month"}
	row |= {"currency": "EUR", "starts_on": date(2020, 1, 1), "unspent": "Lapses", "amount": 50}
	return Policy.from_row(dict.fromkeys(POLICY_MONEY, 0) | row | values)


@pytest.mark.parametrize(
	("period", "first_day"),
	[("Week", "2026-11-21"), ("Month", "2026-11-25"), ("Quarter", "2026-12-25"), ("Half-Year", "2026-12-25")],
)
def test_the_money_is_to_be_used_in_the_last_fifth_and_at_most_a_week(period, first_day):
	budget, day = policy(period=period), date.fromisoformat(first_day)
	assert not budget.is_to_be_used(Decimal(50), day - ONE_DAY)
	end = budget.period_of(day)[1]
	while day <= end:
		assert budget.is_to_be_used(Decimal(50), day)
		day += ONE_DAY
	assert not budget.is_to_be_used(Decimal(50), day)


def test_only_more_than_half_that_lapses_is_worth_a_word():
	last = date(2026, 11, 30)
	assert policy().is_to_be_used(Decimal("25.01"), last)
	assert not policy().is_to_be_used(Decimal(25), last)
	assert not policy(unspent="Carries Over").is_to_be_used(Decimal(50), last)


# In words


def words(people=14, group="Sales User", **values):
	row = {
		"budget_kind": "Per Person",
		"amount": 50,
		"period": "Month",
		"free_up_to": 20,
		"unspent": "Lapses",
	}
	return in_words(row | values, people, group, lambda amount: f"{amount} EUR")


@pytest.mark.parametrize(
	("said", "values"),
	[
		(
			"Each of 14 people in Sales User may use 50 EUR a month, without asking up to 20 EUR;"
			" what is unspent lapses.",
			{},
		),
		(
			"Each of 3 people may use 50 EUR a week, without asking; …",
			{"people": 3, "group": "", "period": "Week", "free_up_to": 50},
		),
		(
			"One person in VIP may use 50 EUR a quarter, and asks for each gesture; …",
			{"people": 1, "group": "VIP", "period": "Quarter", "free_up_to": 0},
		),
		(
			"14 people in Sales User share 50 EUR each half-year, and ask for each gesture; …",
			{"budget_kind": "Shared Pool", "period": "Half-Year", "free_up_to": ""},
		),
		(
			"5 people share 50 EUR each fiscal year, …",
			{"budget_kind": "Shared Pool", "people": 5, "group": "", "period": "Fiscal Year"},
		),
		("One person may use 50 EUR a month, …", {"budget_kind": "Shared Pool", "people": 1, "group": ""}),
		("Nobody yet may use 50 EUR a month, …", {"people": 0, "group": ""}),
		("…; what is unspent is carried over.", {"unspent": "Carries Over"}),
		(
			"…; what is unspent is carried over, at most 100 EUR.",
			{"unspent": "Carries Over", "carry_over_limit": "100"},
		),
		(
			"…; what is unspent lapses; one customer gets at most 60 EUR in twelve months.",
			{"cap_per_recipient": 60},
		),
		("Each of 14 people in {0} {x} may use 50 EUR a month, …", {"group": "{0} {x}"}),
	],
)
def test_a_budget_in_words(said, values):
	text = words(**values)
	begin, _, end = said.partition("…")
	assert text.startswith(begin) and text.endswith(end or "")
	assert "…" in said or text == said


@pytest.mark.parametrize(
	"values",
	[
		{"amount": ""},
		{"amount": "much"},
		{"amount": -5},
		{"amount": 10**20},
		{"free_up_to": "x"},
		{"period": None},
		{"period": "Day"},
	],
)
def test_what_is_not_filled_in_yet_has_no_words(values):
	assert words(**values) == ""


def test_the_ordinary_is_free_unless_something_else_is_said():
	assert usual_free_up_to(Decimal(50)) == 20
	assert usual_free_up_to(Decimal("0.01")) == 0
