"""A promise keeps its day, is acted on by its own people, and comes round again when it is due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.promises import (
	check_chosen,
	check_handed_over,
	check_may_act,
	check_open,
	check_repeats,
	following,
	handed_over_line,
	may_act,
	repeating,
	restarted,
	standing,
	tidied,
)
from micro_experiences.domain.refusal import NotAllowed, Refused

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
	("values", "words"),
	[
		({"due_on": None}, "Say when"),
		({"due_on": date(2015, 12, 31)}, "too far away"),
		({"due_on": date(2077, 1, 1)}, "too far away"),
		({"snoozed_until": date(2077, 1, 1)}, "too far away"),
		({"remind_days_before": -1}, "from 0 to 366"),
		({"remind_days_before": 367}, "from 0 to 366"),
		({"escalate_after_days": -1}, "from 1 to 366"),
		({"escalate_after_days": 367}, "from 1 to 366"),
		({"repeats": "Days", "every": 0}, "Repeat every 1 to 3650 Days"),
		({"repeats": "Years", "every": 11}, "Repeat every 1 to 10 Years"),
	],
)
def test_what_is_refused_and_in_which_words(values, words):
	with pytest.raises(Refused, match=words):
		tidied(TASK | values, None, TODAY)


def test_what_does_not_repeat_needs_no_count():
	assert tidied(TASK | {"every": 10**30, "repeats": None}, None, TODAY)["every"] == 1


@given(NEAR, NEAR, st.none() | NEAR)
def test_a_day_that_moves_is_counted_anew_and_forgets_the_old_delay(before_day, day, snoozed):
	before = TASK | {"due_on": before_day, "counted_from": before_day, "snoozed_until": snoozed}
	after = tidied(before | {"due_on": day}, before, TODAY)
	if day == before_day:
		assert (after["counted_from"], after["snoozed_until"]) == (before_day, snoozed)
	else:
		assert (after["counted_from"], after["snoozed_until"]) == (day, None)
	again = before | {"due_on": day} | after
	assert tidied(again, again, TODAY) == after


@pytest.mark.parametrize("status", ["Done", "Skipped"])
def test_what_is_finished_stays_finished(status):
	with pytest.raises(Refused, match=f"What is {status} stays so"):
		tidied(TASK, TASK | {"status": status}, TODAY)
	with pytest.raises(Refused, match=f"{status} already"):
		check_open(status)
	check_open("Open")


def test_its_own_people_and_managers_act_on_it():
	people = ("ana", "priya", None)
	check_may_act("ana", people, "Ana", manager=False)
	check_may_act("maya", people, "Ana", manager=True)
	with pytest.raises(NotAllowed, match="promised by Ana"):
		check_may_act("joe", people, "Ana", manager=False)


def test_whoever_is_chosen_sees_what_it_is_about():
	check_chosen("Ana", sees_customer=True, sees_note=True)
	with pytest.raises(Refused, match="Ana may not open this customer"):
		check_chosen("Ana", sees_customer=False, sees_note=True)
	with pytest.raises(Refused, match="Ana may not see the note"):
		check_chosen("Ana", sees_customer=True, sees_note=False)


@given(NEAR, st.none() | NEAR)
def test_a_promise_stands_in_one_way(due_on, snoozed):
	put_off = snoozed is not None and snoozed > TODAY
	expected = "Later" if put_off or due_on > TODAY else "Today" if due_on == TODAY else "Overdue"
	assert standing(due_on, snoozed, TODAY) == expected


def test_the_thirty_first_comes_back_to_the_thirty_first():
	first = date(2026, 1, 31)
	task = {"repeats": "Months", "every": 1, "counted_from": first}
	assert following(task | {"due_on": first}, "Done", date(2026, 2, 1), None) == {
		"due_on": date(2026, 2, 28),
		"counted_from": first,
	}
	march = following(task | {"due_on": date(2026, 2, 28)}, "Done", date(2026, 2, 28), None)
	assert march == {"due_on": date(2026, 3, 31), "counted_from": first}


@given(st.sampled_from(["Days", "Weeks", "Months", "Years"]), st.integers(1, 10), st.integers(1, 60))
def test_kept_early_an_interval_goes_on_from_that_day_and_a_day_of_the_calendar_stays(repeats, every, days):
	due = TODAY + timedelta(days=days)
	task = {"repeats": repeats, "every": every, "counted_from": due, "due_on": due}
	done, skipped = (following(task, status, TODAY, None) for status in ("Done", "Skipped"))
	assert skipped["counted_from"] == due and skipped["due_on"] > due
	if repeats in ("Days", "Weeks"):
		step = every * (7 if repeats == "Weeks" else 1)
		assert done == {"due_on": TODAY + timedelta(days=step), "counted_from": TODAY}
	else:
		assert done == skipped


@given(NEAR, NEAR, st.integers(1, 400), st.none() | NEAR)
def test_after_the_last_invoice_it_is_counted_from_the_day_that_it_was_done(due, first, every, invoice):
	task = {"repeats": "After Last Invoice", "every": every, "counted_from": first, "due_on": due}
	days = following(task, "Done", TODAY, invoice)
	assert days["counted_from"] == TODAY
	assert days["due_on"] == max(invoice or TODAY, TODAY) + timedelta(days=every)


@given(NEAR, st.integers(1, 400), NEAR)
def test_an_invoice_moves_the_day_and_forgets_the_delay_and_without_it_all_is_as_before(due, every, invoice):
	values = TASK | {"repeats": "After Last Invoice", "every": every, "due_on": due}
	task = values | tidied(values, None, TODAY)
	changed = restarted(task, invoice, invoice)
	anew = invoice + timedelta(days=every)
	if anew <= due:
		assert changed is None
	else:
		assert changed == {"due_on": anew, "snoozed_until": None, "escalated_on": None}
		# Cancelled, it gives the day back, unless somebody has chosen another one since.
		assert restarted(task | changed, None, invoice)["due_on"] == due
		chosen = task | changed | {"due_on": anew + timedelta(days=1)}
		assert restarted(chosen, None, invoice) is None
	assert restarted(task | {"status": "Done"}, invoice, invoice) is None


def test_an_invoice_that_is_not_the_last_one_leaves_the_day_that_somebody_chose():
	"""The last invoice was on the first; then somebody wanted it sooner; then an old invoice was submitted or cancelled."""
	task = TASK | {"repeats": "After Last Invoice", "every": 30, "due_on": date(2026, 11, 20)}
	task |= {"counted_from": date(2026, 10, 21)}
	assert restarted(task, date(2026, 11, 1), date(2026, 9, 1)) is None
	assert restarted(task, date(2026, 11, 10), date(2026, 11, 10))["due_on"] == date(2026, 12, 10)


def test_after_an_invoice_another_interval_is_counted_from_the_same_day():
	values = TASK | {"repeats": "After Last Invoice", "every": 30}
	before = values | tidied(values, None, TODAY)
	assert before["counted_from"] == TODAY - timedelta(days=30)
	after = tidied(before | {"every": 10}, before, TODAY)
	assert after["counted_from"] == TODAY - timedelta(days=10)


@pytest.mark.parametrize(("repeats", "does"), [(None, False), ("", False), ("Never", False), ("Weeks", True)])
def test_only_what_repeats_can_stop(repeats, does):
	assert repeating(repeats) is does
	if does:
		check_repeats(repeats)
		return
	with pytest.raises(Refused, match="does not repeat"):
		check_repeats(repeats)


def test_it_is_handed_to_somebody_else_who_is_here():
	check_handed_over("ana", "priya", "Ana", enabled=True)
	with pytest.raises(Refused, match="Priya has this one already"):
		check_handed_over("priya", "priya", "Priya", enabled=True)
	with pytest.raises(Refused, match="Ana is not here any more"):
		check_handed_over("ana", "priya", "Ana", enabled=False)


def test_the_bell_names_who_and_for_whom_and_no_more():
	assert handed_over_line("Ana", "Books & Co") == "Ana handed a promise to Books & Co over to you"
	assert handed_over_line("Ana", "Books", str.upper) == "Ana HANDED A PROMISE TO Books OVER TO YOU"


def test_who_may_act():
	people = ("ana", "priya", None)
	assert may_act("priya", people, manager=False)
	assert may_act("maya", people, manager=True)
	assert not may_act("maya", people, manager=False)
