"""The life of a gesture: what is weighed, who decides, who puts a price right, and what lapses."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.budget import NotEnoughLeft, check_number, checked_policy
from micro_experiences.domain.gestures import (
	FROZEN,
	check_by_button,
	check_correction,
	check_cost,
	check_giver,
	check_higher_price,
	check_move,
	frozen_fields,
	has_lapsed,
	is_decision,
	is_meant,
	is_weighed,
	may_correct,
	may_decide,
	may_move,
	moves,
	text_given,
	weighed,
)
from micro_experiences.domain.refusal import Money, NotAllowed, Refused, Word

STATUSES = ("Idea", "Awaiting Approval", "Approved", "Given", "Declined", "Cancelled")
END = date(2026, 11, 30)
MONEY = st.decimals(0, 100, places=2)


@given(st.sampled_from(["Given", "Awaiting Approval"]), MONEY, MONEY, MONEY)
def test_what_somebody_asks_for_is_never_paid_unasked(wanted, amount, free, available):
	if amount > available:
		with pytest.raises(NotEnoughLeft):
			weighed(wanted, amount, free, available, "EUR", END)
	else:
		status = weighed(wanted, amount, free, available, "EUR", END)
		assert status == (wanted if amount <= free else "Awaiting Approval")


@pytest.mark.parametrize("cost", [-1, "abc", "nan", "1e999", float("inf"), 10**12])
def test_what_is_no_price_is_refused(cost):
	with pytest.raises(Refused, match="Nothing was booked"):
		check_cost(cost)
	assert check_cost(None) == check_cost("") == 0
	assert check_cost("12.345") == Decimal("12.345")


def test_the_money_of_a_budget():
	labels = {
		"amount": "Amount",
		"free_up_to": "Free Up To",
		"carry_over_limit": "Carry Over at Most",
		"cap_per_recipient": "For One Customer",
	}
	row = dict.fromkeys(labels, 0) | {"amount": "50"}
	assert checked_policy(row, labels)["amount"] == 50
	for values, words in (
		({"amount": 0}, "above zero"),
		({"free_up_to": -1}, "Free Up To cannot be below zero"),
		({"carry_over_limit": "abc"}, "Carry Over at Most must be a number"),
		({"cap_per_recipient": 10**12}, "For One Customer must be a number"),
	):
		with pytest.raises(Refused, match=words):
			checked_policy(row | values, labels)
	assert check_number("-3.5", "x") == Decimal("-3.5")


@pytest.mark.parametrize("old", ("", *STATUSES))
@pytest.mark.parametrize("new", STATUSES)
def test_a_button_leads_where_a_gesture_may_go(old, new):
	offered = moves(old, may_write=True, may_decide=True)
	if new in offered:
		assert may_move(old, new) and old != new
		check_move(old, new)
	elif not may_move(old, new):
		with pytest.raises(Refused, match="Nothing was changed"):
			check_move(old, new)
	assert not set(moves(old, may_write=True, may_decide=False)) & {"Approved", "Declined"}
	assert not set(moves(old, may_write=False, may_decide=True)) & {"Given", "Cancelled"}


def test_what_is_no_status_stays_somebodys_own_words():
	with pytest.raises(Refused) as refused:
		check_move("Idea", "<img src=x>")
	assert refused.value.say(str.upper, lambda value: "shown") == (
		"A GESTURE THAT IS IDEA CANNOT BECOME shown. NOTHING WAS CHANGED."
	)


def test_the_steps_and_what_they_mean():
	assert is_weighed("", "Given") and is_weighed("Idea", "Awaiting Approval")
	assert not is_weighed("Approved", "Given") and not is_weighed("", "Idea")
	assert is_meant("Idea", "Given") and not is_meant("Given", "Given") and not is_meant("Given", "Cancelled")
	assert is_decision("Awaiting Approval", "Declined") and not is_decision("Approved", "Approved")
	assert frozen_fields("Idea") == frozen_fields("") == ()
	assert all(frozen_fields(status) == FROZEN for status in STATUSES if status != "Idea")


def test_nobody_decides_about_his_own():
	assert may_decide("lead", "rep", ["Sales Manager"], "Sales Manager", manager=False)
	assert may_decide("maya", "rep", [], "Sales Manager", manager=True)
	assert not may_decide("rep", "rep", ["Sales Manager"], "Sales Manager", manager=True)
	assert not may_decide("ana", "rep", ["Sales User"], "Sales Manager", manager=False)


def test_it_is_paid_from_ones_own_wallet():
	check_giver("rep", "rep", manager=False)
	check_giver("rep", "maya", manager=True)
	with pytest.raises(NotAllowed, match="your own"):
		check_giver("rep", "ana", manager=False)


@pytest.mark.parametrize("status", STATUSES)
def test_who_puts_a_price_right(status):
	assert may_correct(status, "rep", "rep", may_decide=False, wallet="w") == (status == "Given")
	assert may_correct(status, "lead", "rep", may_decide=True, wallet="w") == (status == "Given")
	assert not may_correct(status, "ana", "rep", may_decide=False, wallet="w")
	assert not may_correct(status, "rep", "rep", may_decide=True, wallet=None)
	if status == "Given":
		with pytest.raises(NotAllowed):
			check_correction(status, "ana", "rep", may_decide=False, wallet=None)
		with pytest.raises(Refused, match="without a cost"):
			check_correction(status, "rep", "rep", may_decide=False, wallet=None)
	else:
		with pytest.raises(Refused, match="that was given"):
			check_correction(status, "rep", "rep", may_decide=True, wallet="w")


@given(MONEY, MONEY, MONEY, MONEY)
def test_how_far_a_price_goes_up_unasked(price, booked, granted, free):
	def check(may_decide):
		check_higher_price(
			price, booked, granted, free, "EUR", may_decide=may_decide, approver_role="Sales Manager"
		)

	check(may_decide=True)
	if price <= booked or price <= granted or price <= free:
		check(may_decide=False)
	else:
		with pytest.raises(NotAllowed, match="Sales Manager"):
			check(may_decide=False)


def test_an_approval_lapses_after_its_days():
	then = datetime(2026, 11, 1, 9)
	assert not has_lapsed(then, then + timedelta(days=5, seconds=-1), 5)
	assert has_lapsed(then, then + timedelta(days=5), 5)
	assert not has_lapsed(then, then + timedelta(days=5000), 0)


def test_the_words_for_the_one_who_gives():
	assert "How did it go" in text_given("Given")
	assert "awaits approval" in text_given("Awaiting Approval")
	with pytest.raises(Refused):
		check_by_button("Approved")


def test_a_refusal_translates_its_own_words_and_shows_others_as_they_are():
	refused = Refused("{0} and {1} and {2}", Word("given"), "given", (Word("a"), Money(Decimal(2), "EUR")))
	shown = refused.say(str.upper, lambda value: f"[{value}]" if isinstance(value, str) else "2 EUR")
	assert shown == "GIVEN AND [given] AND A, 2 EUR"
	assert str(Refused("Only {0}", 3)) == "Only 3"
