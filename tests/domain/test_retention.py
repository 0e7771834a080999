"""Retention: when notes are deleted, and that every deletion is announced first."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain import retention
from micro_experiences.domain.language import Language
from micro_experiences.domain.recall import NOTE_KINDS
from micro_experiences.domain.retention import ANNOUNCE, FORGET, NOTHING, WAIT, RetentionMonths

DAY = date(2026, 1, 31)
OLD = date(2000, 1, 1)
NEVER = dict.fromkeys(retention.RETENTION_FIELDS, 0)

dates = st.dates(date(2000, 1, 1), date(2030, 1, 1))
counts = st.integers(0, 120)
all_months = st.fixed_dictionaries(dict.fromkeys(retention.RETENTION_FIELDS, counts)).map(
	RetentionMonths.from_settings
)
notes = st.fixed_dictionaries(
	{
		"kind": st.sampled_from(NOTE_KINDS),
		"status": st.sampled_from(["Active", "Closed"]),
		"pinned": st.booleans(),
		"heard_on": st.none() | dates,
		"last_used_on": st.none() | dates,
		"modified": dates,
	}
)


def months(**values) -> RetentionMonths:
	return RetentionMonths.from_settings(NEVER | values)


def note(**values) -> dict:
	plain = {"kind": "Fact", "status": "Active", "pinned": False}
	return plain | {"heard_on": DAY, "last_used_on": None, "modified": DAY} | values


def day_of(one: dict, rules: RetentionMonths, invoice: date | None = None, since: date = OLD) -> date | None:
	return retention.get_expiry_date(one, rules, invoice, since)


@pytest.mark.parametrize("kind", NOTE_KINDS)
def test_each_kind_has_its_own_retention(kind):
	rules = months(**{retention.KIND_FIELDS[kind]: 1})
	assert day_of(note(kind=kind), rules) == date(2026, 2, 28)
	others = [other for other in NOTE_KINDS if other != kind]
	assert [day_of(note(kind=other), rules) for other in others] == [None] * 3


def test_note_without_a_kind_is_kept_like_a_fact():
	assert day_of(note(kind=""), months(forget_fact_after=1)) == date(2026, 2, 28)
	assert day_of(note(kind=None), months(forget_moment_after=1)) is None


@pytest.mark.parametrize("field", ["heard_on", "last_used_on", "modified"])
def test_retention_counts_from_the_last_change_or_use(field):
	assert day_of(note(**{field: date(2026, 3, 15)}), months(forget_fact_after=12)) == date(2027, 3, 15)


def test_closed_note_expires_at_the_earlier_of_two_dates():
	closed = note(status="Closed")
	assert day_of(closed, months(forget_closed_after=2)) == date(2026, 3, 31)
	assert day_of(closed, months(forget_closed_after=2, forget_fact_after=1)) == date(2026, 2, 28)
	assert day_of(note(), months(forget_closed_after=2)) is None


def test_retention_without_invoices_counts_from_the_last_invoice_or_the_new_customer():
	rules = months(forget_without_invoice=6)
	assert day_of(note(), rules, invoice=date(2025, 1, 1)) == date(2026, 7, 31)
	assert day_of(note(), rules, invoice=date(2026, 5, 1)) == date(2026, 11, 1)
	assert day_of(note(), rules, since=date(2026, 4, 1)) == date(2026, 10, 1)
	# For a customer with an invoice, the age of the record does not matter.
	assert day_of(note(), rules, invoice=date(2020, 1, 1), since=date(2026, 4, 1)) == date(2026, 7, 31)


def test_pinned_note_is_kept_while_it_is_active():
	rules = months(forget_fact_after=1, forget_closed_after=1, forget_without_invoice=1)
	assert day_of(note(pinned=True), rules) is None
	assert day_of(note(pinned=True, status="Closed"), rules) == date(2026, 2, 28)


@given(notes, dates | st.none(), dates)
def test_zero_months_never_expire(one, invoice, since):
	assert retention.get_expiry_date(one, months(), invoice, since) is None


@given(notes, all_months, dates | st.none(), dates)
def test_note_never_expires_before_the_shortest_retention(one, rules, invoice, since):
	day = retention.get_expiry_date(one, rules, invoice, since)
	if day is not None:
		touched = max(filter(None, (one["heard_on"], one["last_used_on"], one["modified"])))
		assert day >= retention.add_months(touched, rules.shortest)
		# The query for candidates finds it.
		assert touched <= retention.get_cutoff_date(rules, day)


def test_cutoff_date_includes_the_end_of_a_short_month():
	rules = months(forget_fact_after=1)
	day = day_of(note(), rules)
	assert (day, DAY <= retention.get_cutoff_date(rules, day)) == (date(2026, 2, 28), True)


@given(notes, all_months, dates | st.none(), dates, dates)
def test_use_never_brings_the_expiry_forward(one, rules, invoice, since, touched):
	before = retention.get_expiry_date(one, rules, invoice, since)
	used = one | {"last_used_on": max(touched, one["last_used_on"] or touched)}
	after = retention.get_expiry_date(used, rules, invoice, since)
	assert (before is None) == (after is None)
	assert before is None or after >= before


@given(notes, all_months, all_months, dates | st.none(), dates)
def test_earlier_expiry_is_announced_first(one, before, after, invoice, since):
	then = retention.get_expiry_date(one, before, invoice, since)
	now = retention.get_expiry_date(one, after, invoice, since)
	if now and (then is None or now < then):
		assert after.is_stricter_than(before.as_text())
		assert retention.get_next_step(after, before.as_text(), OLD, DAY) == ANNOUNCE


@given(all_months)
def test_unchanged_retention_is_not_stricter(rules):
	assert not rules.is_stricter_than(rules.as_text())
	assert rules.is_stricter_than(None) == bool(rules.shortest)


def test_deletion_follows_a_week_after_the_announcement():
	rules = months(forget_fact_after=12)
	announced = rules.as_text()
	assert retention.get_next_step(months(), None, None, DAY) == NOTHING
	assert retention.get_next_step(rules, None, None, DAY) == ANNOUNCE
	assert retention.get_next_step(rules, "", None, DAY) == ANNOUNCE
	assert retention.get_next_step(rules, announced, DAY, DAY) == WAIT
	assert retention.get_next_step(rules, announced, DAY, DAY + timedelta(days=6)) == WAIT
	assert retention.get_next_step(rules, announced, DAY, DAY + timedelta(days=7)) == FORGET
	longer, shorter = months(forget_fact_after=24), months(forget_fact_after=6)
	assert retention.get_next_step(longer, announced, DAY, DAY + timedelta(days=7)) == FORGET
	assert retention.get_next_step(shorter, announced, DAY, DAY + timedelta(days=7)) == ANNOUNCE
	also = months(forget_fact_after=12, forget_never_after=600)
	assert retention.get_next_step(also, announced, DAY, DAY + timedelta(days=7)) == ANNOUNCE
	# A text from another version.
	assert rules.is_stricter_than("12/12")


@given(dates)
def test_next_run_is_on_the_following_sunday(day):
	run = retention.get_next_run(day)
	assert run.weekday() == 6 and 1 <= (run - day).days <= 7


def test_next_step_is_described_with_its_dates():
	friday, sunday, monday = date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23)
	rules = months(forget_fact_after=12)

	def describe(announced_on, today) -> str:
		announced = announced_on and rules.as_text()
		return retention.describe_next_step(rules, announced, announced_on, today, Language())

	assert all(day in describe(None, friday) for day in ("22 Nov", "29 Nov"))
	assert all(day in describe(sunday, sunday) for day in ("22 Nov", "29 Nov"))
	assert "6 Dec" in describe(monday, monday)
	assert "6 Dec" in describe(sunday, date(2026, 11, 29))
	assert "22 Nov" not in retention.describe_next_step(months(), None, None, friday, Language())
