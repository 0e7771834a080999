"""Gestures: their statuses, who decides, price corrections and approvals that lapse."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.budgets import InsufficientBalance, RecipientCapExceeded
from micro_experiences.domain.errors import Money, NotPermitted, RuleViolation, Translatable
from micro_experiences.domain.gesture_plans import (
	check_planned_day,
	get_follow_up_step,
	has_lapsed,
	is_planned_day_checked,
)
from micro_experiences.domain.gestures import (
	FROZEN_FIELDS,
	CustomerCap,
	StepFacts,
	can_change_status,
	can_correct_price,
	can_decide,
	check_chosen_status,
	check_giver,
	check_price_correction,
	check_price_increase,
	check_status_change,
	format_recorded_message,
	get_available_statuses,
	get_frozen_fields,
	get_step_changes,
	is_checked_against_budget,
	is_commitment,
	is_decision,
	parse_cost,
	resolve_status,
)

STATUSES = ("Idea", "Planned", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled")
END = date(2026, 11, 30)
MONEY = st.decimals(0, 100, places=2)


@given(st.sampled_from(["Given", "Planned", "Awaiting Approval"]), MONEY, MONEY, MONEY)
def test_requested_status_is_given_only_within_balance_and_free_limit(wanted, amount, free, available):
	if amount > available:
		with pytest.raises(InsufficientBalance):
			resolve_status(wanted, amount, free, available, "EUR", END)
	else:
		status = resolve_status(wanted, amount, free, available, "EUR", END)
		assert status == (wanted if amount <= free else "Awaiting Approval")


@pytest.mark.parametrize("cost", [-1, "abc", "nan", "1e999", float("inf"), 10**12])
def test_cost_that_is_no_positive_number_is_refused(cost):
	with pytest.raises(RuleViolation):
		parse_cost(cost)
	assert parse_cost(None) == parse_cost("") == 0
	assert parse_cost("12.345") == Decimal("12.345")


@pytest.mark.parametrize("old", ("", *STATUSES))
@pytest.mark.parametrize("new", STATUSES)
def test_offered_statuses_are_allowed_and_others_are_refused(old, new):
	offered = get_available_statuses(old, can_write=True, can_decide=True)
	if new in offered:
		assert can_change_status(old, new) and old != new
		check_status_change(old, new)
	elif not can_change_status(old, new):
		with pytest.raises(RuleViolation):
			check_status_change(old, new)
	assert not set(get_available_statuses(old, can_write=True, can_decide=False)) & {"Approved", "Declined"}
	assert not set(get_available_statuses(old, can_write=False, can_decide=True)) & {"Given", "Cancelled"}


def test_final_statuses_cannot_change():
	for status in ("Declined", "Cancelled"):
		assert [new for new in STATUSES if can_change_status(status, new)] == [status]
	assert [new for new in STATUSES if can_change_status("Given", new)] == ["Given", "Cancelled"]


def test_only_gestures_that_await_approval_are_approved_or_declined():
	for decision in ("Approved", "Declined"):
		assert {old for old in ("", *STATUSES) if can_change_status(old, decision)} == {
			"Awaiting Approval",
			decision,
		}
	with pytest.raises(RuleViolation):
		check_chosen_status("Approved")


def test_status_changes_are_classified_by_their_effect():
	assert is_checked_against_budget("", "Given") and is_checked_against_budget("Idea", "Awaiting Approval")
	assert not is_checked_against_budget("Approved", "Given") and not is_checked_against_budget("", "Idea")
	assert (
		is_commitment("Idea", "Given")
		and not is_commitment("Given", "Given")
		and not is_commitment("Given", "Cancelled")
	)
	assert is_decision("Awaiting Approval", "Declined") and not is_decision("Approved", "Approved")
	assert get_frozen_fields("Idea") == get_frozen_fields("") == ()
	assert all(get_frozen_fields(status) == FROZEN_FIELDS for status in STATUSES if status != "Idea")


def test_users_decide_about_others_gestures_only():
	assert can_decide("lead", "rep", ["Sales Manager"], "Sales Manager", manager=False)
	assert can_decide("maya", "rep", [], "Sales Manager", manager=True)
	assert not can_decide("rep", "rep", ["Sales Manager"], "Sales Manager", manager=True)
	assert not can_decide("ana", "rep", ["Sales User"], "Sales Manager", manager=False)


def test_only_managers_give_from_another_users_wallet():
	check_giver("rep", "rep", manager=False)
	check_giver("rep", "maya", manager=True)
	with pytest.raises(NotPermitted):
		check_giver("rep", "ana", manager=False)


@pytest.mark.parametrize("status", STATUSES)
def test_giver_and_approvers_correct_the_price_of_a_given_gesture(status):
	assert can_correct_price(status, "rep", "rep", can_decide=False, wallet="w") == (status == "Given")
	assert can_correct_price(status, "lead", "rep", can_decide=True, wallet="w") == (status == "Given")
	assert not can_correct_price(status, "ana", "rep", can_decide=False, wallet="w")
	assert not can_correct_price(status, "rep", "rep", can_decide=True, wallet=None)
	if status == "Given":
		with pytest.raises(NotPermitted):
			check_price_correction(status, "ana", "rep", can_decide=False, wallet=None)
		with pytest.raises(RuleViolation):
			check_price_correction(status, "rep", "rep", can_decide=False, wallet=None)
	else:
		with pytest.raises(RuleViolation):
			check_price_correction(status, "rep", "rep", can_decide=True, wallet="w")


@given(MONEY, MONEY, MONEY, MONEY)
def test_price_increase_above_the_free_limit_needs_an_approver(price, booked, granted, free):
	def check(can_decide):
		check_price_increase(
			price, booked, granted, free, "EUR", can_decide=can_decide, approver_role="Sales Manager"
		)

	check(can_decide=True)
	if price <= booked or price <= granted or price <= free:
		check(can_decide=False)
	else:
		with pytest.raises(NotPermitted, match="Sales Manager"):
			check(can_decide=False)


def test_gesture_lapses_after_its_days_and_never_with_zero():
	then = datetime(2026, 11, 1, 9)
	assert not has_lapsed(then, None, then + timedelta(days=5, seconds=-1), 5)
	assert has_lapsed(then, None, then + timedelta(days=5), 5)
	assert not has_lapsed(then, None, then + timedelta(days=5000), 0)


def test_planned_gesture_lapses_days_after_its_planned_day():
	then, planned_on = datetime(2026, 11, 1, 9), date(2026, 11, 20)
	assert not has_lapsed(then, planned_on, datetime(2026, 11, 24, 23, 59), 5)
	assert has_lapsed(then, planned_on, datetime(2026, 11, 25), 5)
	# Approved after its planned day.
	assert not has_lapsed(datetime(2026, 11, 23, 9), planned_on, datetime(2026, 11, 28, 8), 5)


def test_planned_day_is_today_or_later_within_a_year():
	today = date(2026, 11, 20)
	for day in (today, date(2026, 11, 27), date(2027, 11, 20)):
		check_planned_day(day, today)
	for day in (None, date(2026, 11, 19), date(2028, 1, 1)):
		with pytest.raises(RuleViolation, match="Nothing was saved"):
			check_planned_day(day, today)
	assert is_planned_day_checked("Planned", None, ("", None))
	assert is_planned_day_checked("Approved", today, ("Approved", None))
	# A gesture whose day has passed can still be saved, and an idea may have any day.
	assert not is_planned_day_checked("Planned", today, ("Planned", today))
	assert not is_planned_day_checked("Idea", today, ("", None))


def test_follow_up_of_a_planned_gesture_is_opened_once_moved_and_finished():
	today, day, later = date(2026, 11, 20), date(2026, 11, 27), date(2026, 12, 4)

	def get_step(status, planned_on, was_on=None, has_follow_up=False, is_open=False) -> tuple:
		step = get_follow_up_step(
			status, planned_on, was_on, today, has_follow_up=has_follow_up, is_open=is_open
		)
		return step.action, step.due_on

	opened = {"has_follow_up": True, "is_open": True}
	done = {"has_follow_up": True}
	assert get_step("Planned", day) == ("Open", day)
	assert get_step("Approved", day, day) == ("Open", day)
	# Approved after its planned day.
	assert get_step("Approved", date(2026, 11, 19), date(2026, 11, 19)) == ("Open", today)
	assert get_step("Planned", day, day, **opened) == get_step("Planned", day, day, **done) == ("", None)
	assert get_step("Planned", later, day, **opened) == ("Move", later)
	assert get_step("Planned", later, day, **done) == ("Open", later)
	assert get_step("Given", day, day, **opened) == ("Done", None)
	assert get_step("Cancelled", day, day, **opened) == ("Skipped", None)
	assert get_step("Given", day, day, **done) == get_step("Awaiting Approval", day) == ("", None)
	assert get_step("Approved", None) == ("", None)


def test_message_after_recording_says_what_happened_to_the_money():
	assert format_recorded_message("Given", "", "€ 28") == "Gesture recorded."
	assert format_recorded_message("Awaiting Approval", "", "€ 28") == "Sent for approval. € 28 is reserved."
	assert format_recorded_message("Planned", "5 Dec", "€ 5") == "Planned for 5 Dec. € 5 is set aside."
	assert format_recorded_message("Planned", "5 Dec", "") == "Planned for 5 Dec."


def test_error_for_an_approver_advises_the_approver():
	cap = CustomerCap(Decimal(25), Decimal(10), Decimal(30), "EUR")
	facts = StepFacts("lead", datetime(2026, 11, 20), cap=cap, can_decide=True)
	with pytest.raises(RecipientCapExceeded, match="Decline the request"):
		get_step_changes("Awaiting Approval", "Approved", facts)
	with pytest.raises(RecipientCapExceeded, match="Choose a smaller gesture"):
		get_step_changes("Idea", "Given", facts)


def test_rule_violation_translates_its_own_words_only():
	refused = RuleViolation(
		"{0} and {1} and {2}", Translatable("given"), "given", (Translatable("a"), Money(Decimal(2), "EUR"))
	)
	shown = refused.format_message(
		str.upper, lambda value: f"[{value}]" if isinstance(value, str) else "2 EUR"
	)
	assert shown == "GIVEN AND [given] AND A, 2 EUR"
	assert str(RuleViolation("Only {0}", 3)) == "Only 3"
