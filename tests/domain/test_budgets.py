"""Budgets: periods without gaps, approval, amounts, nudges and descriptions."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.budgets import (
	FREE,
	INSUFFICIENT,
	NEEDS_APPROVAL,
	POLICY_MONEY_FIELDS,
	BudgetPolicy,
	RecipientCapExceeded,
	calculate_adjustment,
	check_recipient_cap,
	describe_budget,
	get_approval_verdict,
	get_cap_start,
	get_default_free_limit,
	get_distinct_titles,
	get_period,
	parse_amount,
	to_money,
	validate_policy_amounts,
	wallet_key,
)
from micro_experiences.domain.errors import RuleViolation

DAYS = st.dates(date(1990, 1, 1), date(2100, 12, 31))
MONEY = st.decimals(Decimal("0.01"), Decimal("99999.99"), places=2)
ONE_DAY = timedelta(days=1)


@given(DAYS, st.sampled_from(["Week", "Month", "Quarter", "Half-Year"]))
def test_periods_partition_time(day, period):
	start, end = get_period(day, period)
	assert start <= day <= end
	for offset in range((end - start).days + 1):
		assert get_period(start + timedelta(days=offset), period) == (start, end)
	assert get_period(start - ONE_DAY, period)[1] == start - ONE_DAY
	assert get_period(end + ONE_DAY, period)[0] == end + ONE_DAY


@pytest.mark.parametrize(
	("period", "start", "end"),
	[
		("Week", "2026-11-16", "2026-11-22"),
		("Month", "2026-11-01", "2026-11-30"),
		("Quarter", "2026-10-01", "2026-12-31"),
		("Half-Year", "2026-07-01", "2026-12-31"),
	],
)
def test_period_of_a_sunday_has_the_calendar_s_bounds(period, start, end):
	assert get_period(date(2026, 11, 22), period) == (date.fromisoformat(start), date.fromisoformat(end))


def test_fiscal_year_period_needs_the_company_s_fiscal_year():
	year = (date(2026, 4, 1), date(2027, 3, 31))
	for day in year:
		assert get_period(day, "Fiscal Year", year) == year
	for day, fiscal_year in ((date(2026, 3, 31), year), (date(2027, 4, 1), year), (date(2026, 11, 22), None)):
		with pytest.raises(ValueError):
			get_period(day, "Fiscal Year", fiscal_year)
	for period in ("", "Day", "month"):
		with pytest.raises(ValueError):
			get_period(date(2026, 11, 22), period)


def test_wallet_keys_are_unique():
	keys = {
		wallet_key(budget, holder, start)
		for budget in ("b1", "b2")
		for holder in ("", "ana@example.com", "maya@example.com")
		for start in (date(2026, 11, 1), date(2026, 12, 1))
	}
	assert len(keys) == 12


@given(MONEY, MONEY | st.just(Decimal(0)), MONEY | st.just(Decimal(0)))
def test_approval_verdict_depends_on_free_limit_and_balance(amount, free_up_to, available):
	for limit, balance in ((free_up_to, available), (amount, amount)):
		verdict = get_approval_verdict(amount, limit, balance)
		assert (verdict == INSUFFICIENT) == (amount > balance)
		assert (verdict == FREE) == (amount <= balance and amount <= limit)
		assert (verdict == NEEDS_APPROVAL) == (limit < amount <= balance)


@pytest.mark.parametrize(
	("value", "places", "expected"),
	[
		(None, 2, "0.00"),
		("", 2, "0.00"),
		(0.1 + 0.2, 2, "0.30"),
		("2.675", 2, "2.68"),
		(-0.005, 2, "-0.01"),
		("1.2345", 3, "1.235"),
		("1.5", 0, "2"),
	],
)
def test_money_is_rounded_half_up(value, places, expected):
	assert str(to_money(value, places)) == expected


def test_policy_amounts_that_are_no_positive_numbers_are_refused():
	labels = dict.fromkeys(POLICY_MONEY_FIELDS, "") | {field: field for field in POLICY_MONEY_FIELDS}
	row = dict.fromkeys(labels, 0) | {"amount": "50", "currency": "EUR"}
	assert validate_policy_amounts(row, labels, 2)["amount"] == 50
	assert parse_amount("-3.5", "x") == Decimal("-3.5")
	with pytest.raises(RuleViolation):
		validate_policy_amounts(row | {"amount": 0}, labels, 2)
	for field in labels:
		for value in (-1, "abc", "nan", 10**12):
			with pytest.raises(RuleViolation, match=field):
				validate_policy_amounts(row | {field: value}, labels, 2)


def test_policy_amounts_have_the_precision_of_their_currency():
	labels = {field: field for field in POLICY_MONEY_FIELDS}
	row = dict.fromkeys(labels, 0) | {"amount": 10.125, "currency": "KWD"}
	assert validate_policy_amounts(row, labels, 3)["amount"] == Decimal("10.125")
	with pytest.raises(RuleViolation, match=r"less than the smallest amount in EUR, which is 0\.01"):
		validate_policy_amounts(row | {"cap_per_recipient": 0.004, "currency": "EUR"}, labels, 2)


def test_budgets_of_one_title_are_told_apart_by_what_differs():
	def get_titles(*values: dict) -> list[str]:
		policies = [make_policy(name=f"B{number}", **row) for number, row in enumerate(values)]
		return list(get_distinct_titles(policies).values())

	assert get_titles({"title": "A"}, {"title": "B"}) == ["A", "B"]
	assert get_titles({}, {"company": "D"}) == ["B (C)", "B (D)"]
	assert get_titles({}, {"period": "Week", "currency": "USD"}) == ["B (Month, EUR)", "B (Week, USD)"]
	assert get_titles({}, {}) == ["B (B0)", "B (B1)"]


def test_later_period_pays_for_its_own_gestures_unless_money_is_carried_over():
	today, later = date(2026, 11, 20), date(2026, 12, 5)
	assert make_policy().get_paying_day(later, today) == later
	assert make_policy(unspent="Carries Over").get_paying_day(later, today) == today
	# Without a fiscal year for that day, today's period pays.
	assert make_policy(period="Fiscal Year").get_paying_day(later, today) == today
	assert (
		make_policy().get_paying_day(None, today)
		== make_policy().get_paying_day(date(2026, 11, 1), today)
		== today
	)


def make_policy(**values) -> BudgetPolicy:
	row = {"name": "B", "title": "B", "company": "C", "budget_kind": "Per Person", "period": "Month"}
	row |= {"currency": "EUR", "starts_on": date(2020, 1, 1), "unspent": "Lapses", "amount": 50}
	return BudgetPolicy.from_row(dict.fromkeys(POLICY_MONEY_FIELDS, 0) | row | values)


@pytest.mark.parametrize(
	("period", "first_day"),
	[("Week", "2026-11-21"), ("Month", "2026-11-25"), ("Quarter", "2026-12-25"), ("Half-Year", "2026-12-25")],
)
def test_nudge_appears_in_the_last_fifth_of_a_period_and_for_at_most_a_week(period, first_day):
	budget, first = make_policy(period=period), date.fromisoformat(first_day)
	last = budget.get_period(first)[1]
	days = [first + n * ONE_DAY for n in range(-3, (last - first).days + 3)]
	assert [day for day in days if budget.should_nudge(Decimal(50), day)] == [
		day for day in days if first <= day <= last
	]


def test_nudge_appears_only_for_more_than_half_that_would_lapse():
	last = date(2026, 11, 30)
	assert make_policy().should_nudge(Decimal("25.01"), last)
	assert not make_policy().should_nudge(Decimal(25), last)
	assert not make_policy(unspent="Carries Over").should_nudge(Decimal(50), last)


def test_carry_over_includes_the_periods_without_a_wallet():
	policy = make_policy(unspent="Carries Over")
	end, left = date(2026, 1, 31), Decimal(20)
	assert policy.calculate_carry_over(end, left, date(2026, 2, 1)) == 20
	assert policy.calculate_carry_over(end, left, date(2026, 4, 1)) == 20 + 50 + 50
	limited = replace(policy, carry_over_limit=Decimal(30))
	assert limited.calculate_carry_over(end, left, date(2026, 2, 1)) == 20
	assert limited.calculate_carry_over(end, left, date(2026, 4, 1)) == 30
	assert replace(policy, unspent="Lapses").calculate_carry_over(end, left, date(2026, 4, 1)) == 0


def test_recipient_cap_covers_twelve_months_and_zero_means_no_cap():
	check_recipient_cap(Decimal(20), Decimal(80), Decimal(100), "EUR")
	check_recipient_cap(Decimal(20), Decimal(8000), Decimal(0), "EUR")
	with pytest.raises(RecipientCapExceeded):
		check_recipient_cap(Decimal("20.01"), Decimal(80), Decimal(100), "EUR")
	assert get_cap_start(date(2026, 11, 22)) == date(2025, 11, 23)
	assert get_cap_start(date(2024, 2, 29)) == date(2023, 3, 1)


def test_adjustment_of_a_smaller_allowance_leaves_what_is_used():
	assert calculate_adjustment(Decimal(50), Decimal(10), Decimal(30)) == -10
	assert calculate_adjustment(Decimal(50), Decimal(30), Decimal(30)) == -20
	assert calculate_adjustment(Decimal(50), Decimal(30), Decimal(80)) == 30
	assert calculate_adjustment(Decimal(50), Decimal(-5), Decimal(30)) == 0


def describe(people=14, group="Sales User", **values) -> str:
	row = {
		"budget_kind": "Per Person",
		"amount": 50,
		"period": "Month",
		"free_up_to": 20,
		"unspent": "Lapses",
	}
	return describe_budget(row | values, people, group, lambda amount: f"{amount} EUR")


@pytest.mark.parametrize(
	("values", "parts"),
	[
		({}, ("Each of 14 people in Sales User", "50 EUR a month", "up to 20 EUR", "lapses")),
		(
			{"people": 3, "group": "", "period": "Week", "free_up_to": 50},
			("3 people may", "a week without approval"),
		),
		({"people": 1, "free_up_to": 0}, ("One person", "every gesture needs approval")),
		(
			{"budget_kind": "Shared Pool", "period": "Fiscal Year"},
			("14 people in Sales User share", "fiscal year"),
		),
		({"people": 0, "group": ""}, ("Nobody",)),
		({"unspent": "Carries Over", "carry_over_limit": "100"}, ("up to 100 EUR", "carried over")),
		({"cap_per_recipient": 60}, ("one customer", "60 EUR", "twelve months")),
		({"group": "{0} {x}"}, ("in {0} {x} may",)),
	],
)
def test_budget_description_names_every_rule_of_the_budget(values, parts):
	assert all(part in describe(**values) for part in parts), describe(**values)


@pytest.mark.parametrize(
	"values", [{"amount": ""}, {"amount": "much"}, {"amount": -5}, {"free_up_to": "x"}, {"period": "Day"}]
)
def test_budget_that_is_not_filled_in_has_no_description(values):
	assert describe(**values) == ""


def test_default_free_limit_is_two_fifths_of_the_amount():
	assert get_default_free_limit(Decimal(50), 2) == 20
	assert get_default_free_limit(Decimal("0.01"), 2) == 0
	assert get_default_free_limit(Decimal("10.125"), 3) == Decimal("4.05")
