"""What is forgotten by itself, and when."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain import recall, retention
from micro_experiences.domain.recall import KINDS
from micro_experiences.domain.retention import ANNOUNCE, FORGET, NOTHING, WAIT, Months

DAY = date(2026, 1, 31)
OLD = date(2000, 1, 1)
NEVER = dict.fromkeys(retention.FIELDS, 0)

dates = st.dates(date(2000, 1, 1), date(2030, 1, 1))
counts = st.integers(0, 120)
all_months = st.fixed_dictionaries(dict.fromkeys(retention.FIELDS, counts)).map(Months.from_settings)
notes = st.fixed_dictionaries(
	{
		"kind": st.sampled_from(KINDS),
		"status": st.sampled_from(["Active", "Closed"]),
		"pinned": st.booleans(),
		"heard_on": st.none() | dates,
		"last_used_on": st.none() | dates,
		"modified": dates,
	}
)


def months(**values) -> Months:
	return Months.from_settings(NEVER | values)


def note(**values) -> dict:
	plain = {"kind": "Fact", "status": "Active", "pinned": False}
	return plain | {"heard_on": DAY, "last_used_on": None, "modified": DAY} | values


def day_of(one: dict, rules: Months, invoice: date | None = None, since: date = OLD) -> date | None:
	return retention.forgotten_from(one, rules, invoice, since)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_own_months(kind):
	rules = months(**{retention.BY_KIND[kind]: 1})
	assert day_of(note(kind=kind), rules) == date(2026, 2, 28)
	others = [other for other in KINDS if other != kind]
	assert [day_of(note(kind=other), rules) for other in others] == [None] * 3


@pytest.mark.parametrize("field", ["heard_on", "last_used_on", "modified"])
def test_it_counts_from_the_last_time_that_anything_happened(field):
	touched = note(**{field: date(2026, 3, 15)})
	assert day_of(touched, months(forget_fact_after=12)) == date(2027, 3, 15)


def test_a_closed_note_goes_by_what_is_earlier():
	closed = note(status="Closed")
	assert day_of(closed, months(forget_closed_after=2)) == date(2026, 3, 31)
	assert day_of(closed, months(forget_closed_after=2, forget_fact_after=1)) == date(2026, 2, 28)
	assert day_of(note(), months(forget_closed_after=2)) is None


def test_without_invoices_it_counts_from_the_last_one_or_from_the_new_customer():
	rules = months(forget_without_invoice=6)
	assert day_of(note(), rules, invoice=date(2025, 1, 1)) == date(2026, 7, 31)
	assert day_of(note(), rules, invoice=date(2026, 5, 1)) == date(2026, 11, 1)
	assert day_of(note(), rules, since=date(2026, 4, 1)) == date(2026, 10, 1)
	# Who has bought since is no new customer: how long he is there does not matter.
	assert day_of(note(), rules, invoice=date(2020, 1, 1), since=date(2026, 4, 1)) == date(2026, 7, 31)


def test_what_is_pinned_is_kept_while_it_is_active():
	rules = months(forget_fact_after=1, forget_closed_after=1, forget_without_invoice=1)
	assert day_of(note(pinned=True), rules) is None
	assert day_of(note(pinned=True, status="Closed"), rules) == date(2026, 2, 28)


@given(notes, dates | st.none(), dates)
def test_zero_is_never(one, invoice, since):
	assert retention.forgotten_from(one, months(), invoice, since) is None


@given(notes, all_months, dates | st.none(), dates)
def test_nothing_is_forgotten_before_its_shortest_time(one, rules, invoice, since):
	day = retention.forgotten_from(one, rules, invoice, since)
	if day is not None:
		touched = max(filter(None, (one["heard_on"], one["last_used_on"], one["modified"])))
		assert day >= retention.later(touched, rules.shortest)
		# So the query that looks for candidates leaves none out.
		assert touched <= retention.untouched_since(rules, day)


def test_a_short_month_leaves_no_candidate_out():
	rules = months(forget_fact_after=1)
	day = day_of(note(), rules)
	assert (day, DAY <= retention.untouched_since(rules, day)) == (date(2026, 2, 28), True)


@given(notes, all_months, dates | st.none(), dates, dates)
def test_to_touch_it_never_makes_it_go_earlier(one, rules, invoice, since, touched):
	before = retention.forgotten_from(one, rules, invoice, since)
	used = one | {"last_used_on": max(touched, one["last_used_on"] or touched)}
	after = retention.forgotten_from(used, rules, invoice, since)
	assert (before is None) == (after is None)
	assert before is None or after >= before


@given(notes, all_months, all_months, dates | st.none(), dates)
def test_what_goes_earlier_was_announced_anew(one, before, after, invoice, since):
	then = retention.forgotten_from(one, before, invoice, since)
	now = retention.forgotten_from(one, after, invoice, since)
	if now and (then is None or now < then):
		assert after.is_stricter_than(before.as_text())
		assert retention.next_step(after, before.as_text(), OLD, DAY) == ANNOUNCE


@given(all_months)
def test_the_same_again_is_not_stricter(rules):
	assert not rules.is_stricter_than(rules.as_text())
	assert rules.is_stricter_than(None) == bool(rules.shortest)


def test_what_was_announced_by_another_version_is_announced_anew():
	assert months(forget_fact_after=12).is_stricter_than("12/12")


def test_first_it_is_announced_and_a_week_later_it_is_done():
	rules = months(forget_fact_after=12)
	said = rules.as_text()
	assert retention.next_step(months(), None, None, DAY) == NOTHING
	assert retention.next_step(rules, None, None, DAY) == ANNOUNCE
	assert retention.next_step(rules, "", None, DAY) == ANNOUNCE
	assert retention.next_step(rules, said, DAY, DAY) == WAIT
	assert retention.next_step(rules, said, DAY, DAY + timedelta(days=6)) == WAIT
	assert retention.next_step(rules, said, DAY, DAY + timedelta(days=7)) == FORGET
	longer, shorter = months(forget_fact_after=24), months(forget_fact_after=6)
	assert retention.next_step(longer, said, DAY, DAY + timedelta(days=7)) == FORGET
	assert retention.next_step(shorter, said, DAY, DAY + timedelta(days=7)) == ANNOUNCE
	also = months(forget_fact_after=12, forget_never_after=600)
	assert retention.next_step(also, said, DAY, DAY + timedelta(days=7)) == ANNOUNCE


def test_the_settings_say_what_happens_next_and_when():
	friday = date(2026, 11, 20)
	rules, language = months(forget_fact_after=12), recall.Language()
	said = rules.as_text()

	def told(months=rules, announced=None, on=None, today=friday) -> str:
		return retention.said(months, announced, on, today, language)

	assert told(months()) == "Nothing is forgotten by itself: every number here is zero."
	assert told().startswith("On 22 Nov the managers are told") and "on 29 Nov, and not before" in told()
	sunday = date(2026, 11, 22)
	assert told(announced=said, on=sunday, today=sunday) == (
		"The bell told on 22 Nov of what was to come, if there was anything. On 29 Nov that is forgotten, and what comes next is told. So it goes every week."
	)
	monday = date(2026, 11, 23)
	assert "It begins on 6 Dec" in told(announced=said, on=monday, today=monday)
	assert "On 6 Dec that is forgotten" in told(announced=said, on=sunday, today=date(2026, 11, 29))


@given(dates)
def test_the_next_run_is_the_sunday_after(day):
	run = retention.next_run(day)
	assert run.weekday() == 6 and 1 <= (run - day).days <= 7
