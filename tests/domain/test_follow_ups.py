"""Follow-ups: their dates, who acts on them, and how they repeat."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.errors import NotPermitted, RuleViolation
from micro_experiences.domain.follow_ups import (
	check_assignee,
	check_can_act,
	check_handover,
	check_open,
	check_repeating,
	clean_follow_up,
	get_due_state,
	get_next_schedule,
	is_repeating,
	recalculate_after_invoice,
)

TODAY = date(2026, 11, 22)
TASK = {
	"subject": " send the book ",
	"status": "Open",
	"repeats": "Never",
	"every": 1,
	"due_on": TODAY,
	"snoozed_until": None,
	"counted_from": None,
	"remind_days_before": 0,
	"escalate_after_days": 0,
}
NEAR = st.dates(TODAY - timedelta(days=1000), TODAY + timedelta(days=1000))


@pytest.mark.parametrize(
	"values",
	[
		{"due_on": None},
		{"due_on": date(2015, 12, 31)},
		{"due_on": date(2077, 1, 1)},
		{"snoozed_until": date(2077, 1, 1)},
		{"remind_days_before": -1},
		{"remind_days_before": 367},
		{"escalate_after_days": -1},
		{"escalate_after_days": 367},
		{"repeats": "Days", "every": 0},
		{"repeats": "Years", "every": 11},
	],
)
def test_follow_up_with_a_value_out_of_range_is_refused(values):
	with pytest.raises(RuleViolation):
		clean_follow_up(TASK | values, None, TODAY)


def test_interval_of_a_single_follow_up_is_ignored():
	assert clean_follow_up(TASK | {"every": 10**30, "repeats": None}, None, TODAY)["every"] == 1


@given(NEAR, NEAR, st.none() | NEAR)
def test_changed_due_date_restarts_the_count_and_clears_the_snooze(before_day, day, snoozed):
	before = TASK | {"due_on": before_day, "counted_from": before_day, "snoozed_until": snoozed}
	after = clean_follow_up(before | {"due_on": day}, before, TODAY)
	if day == before_day:
		assert (after["counted_from"], after["snoozed_until"]) == (before_day, snoozed)
	else:
		assert (after["counted_from"], after["snoozed_until"]) == (day, None)
	again = before | {"due_on": day} | after
	assert clean_follow_up(again, again, TODAY) == after


@pytest.mark.parametrize("status", ["Done", "Skipped"])
def test_finished_follow_up_cannot_be_reopened(status):
	with pytest.raises(RuleViolation):
		clean_follow_up(TASK, TASK | {"status": status}, TODAY)
	with pytest.raises(RuleViolation):
		check_open(status)
	check_open("Open")


def test_owner_assignee_and_managers_can_act():
	people = ("ana", "priya", None)
	check_can_act("ana", people, "Ana", manager=False)
	check_can_act("maya", people, "Ana", manager=True)
	with pytest.raises(NotPermitted):
		check_can_act("joe", people, "Ana", manager=False)


def test_assignee_who_cannot_see_customer_or_note_is_refused():
	check_assignee("Ana", can_open_customer=True, can_see_note=True)
	with pytest.raises(RuleViolation):
		check_assignee("Ana", can_open_customer=False, can_see_note=True)
	with pytest.raises(RuleViolation):
		check_assignee("Ana", can_open_customer=True, can_see_note=False)


@given(NEAR, st.none() | NEAR)
def test_due_state_depends_on_due_date_and_snooze(due_on, snoozed):
	is_snoozed = snoozed is not None and snoozed > TODAY
	expected = "Later" if is_snoozed or due_on > TODAY else "Today" if due_on == TODAY else "Overdue"
	assert get_due_state(due_on, snoozed, TODAY) == expected


@given(st.sampled_from(["Days", "Weeks", "Months", "Years"]), st.integers(1, 10), st.integers(1, 60))
def test_early_completion_restarts_intervals_but_not_calendar_dates(repeats, every, days):
	due = TODAY + timedelta(days=days)
	task = {"repeats": repeats, "every": every, "counted_from": due, "due_on": due}
	done, skipped = (get_next_schedule(task, status, TODAY, None) for status in ("Done", "Skipped"))
	assert skipped["counted_from"] == due and skipped["due_on"] > due
	if repeats in ("Days", "Weeks"):
		step = every * (7 if repeats == "Weeks" else 1)
		assert done == {"due_on": TODAY + timedelta(days=step), "counted_from": TODAY}
	else:
		assert done == skipped


@given(NEAR, NEAR, st.integers(1, 400), st.none() | NEAR)
def test_completion_restarts_the_count_after_the_last_invoice(due, first, every, invoice):
	task = {"repeats": "After Last Invoice", "every": every, "counted_from": first, "due_on": due}
	days = get_next_schedule(task, "Done", TODAY, invoice)
	assert days["counted_from"] == TODAY
	assert days["due_on"] == max(invoice or TODAY, TODAY) + timedelta(days=every)


@given(NEAR, st.integers(1, 400), NEAR)
def test_invoice_moves_the_due_date_and_its_cancellation_restores_it(due, every, invoice):
	values = TASK | {"repeats": "After Last Invoice", "every": every, "due_on": due}
	task = values | clean_follow_up(values, None, TODAY)
	changed = recalculate_after_invoice(task, invoice, invoice)
	moved = invoice + timedelta(days=every)
	if moved <= due:
		assert changed is None
	else:
		assert changed == {"due_on": moved, "snoozed_until": None, "escalated_on": None}
		# Unless a user has chosen another date since.
		assert recalculate_after_invoice(task | changed, None, invoice)["due_on"] == due
		chosen = task | changed | {"due_on": moved + timedelta(days=1)}
		assert recalculate_after_invoice(chosen, None, invoice) is None
	assert recalculate_after_invoice(task | {"status": "Done"}, invoice, invoice) is None


def test_older_invoice_does_not_move_a_due_date_that_a_user_chose():
	task = TASK | {"repeats": "After Last Invoice", "every": 30, "due_on": date(2026, 11, 20)}
	task |= {"counted_from": date(2026, 10, 21)}
	assert recalculate_after_invoice(task, date(2026, 11, 1), date(2026, 9, 1)) is None
	assert recalculate_after_invoice(task, date(2026, 11, 10), date(2026, 11, 10))["due_on"] == date(
		2026, 12, 10
	)


def test_changed_interval_after_an_invoice_counts_from_the_same_day():
	values = TASK | {"repeats": "After Last Invoice", "every": 30}
	before = values | clean_follow_up(values, None, TODAY)
	assert before["counted_from"] == TODAY - timedelta(days=30)
	after = clean_follow_up(before | {"every": 10}, before, TODAY)
	assert after["counted_from"] == TODAY - timedelta(days=10)


@pytest.mark.parametrize(("repeats", "does"), [(None, False), ("", False), ("Never", False), ("Weeks", True)])
def test_only_repeating_follow_ups_can_stop_repeating(repeats, does):
	assert is_repeating(repeats) is does
	if does:
		check_repeating(repeats)
		return
	with pytest.raises(RuleViolation):
		check_repeating(repeats)


def test_handover_to_the_current_assignee_or_a_disabled_user_is_refused():
	check_handover("ana", "priya", "Ana", enabled=True)
	with pytest.raises(RuleViolation):
		check_handover("priya", "priya", "Priya", enabled=True)
	with pytest.raises(RuleViolation):
		check_handover("ana", "priya", "Ana", enabled=False)
