"""What the books get of a wallet: when, how much, and into which accounts."""

from datetime import date
from decimal import Decimal

import pytest

from micro_experiences.domain import books
from micro_experiences.domain.refusal import Refused

END, AFTER = date(2026, 11, 30), date(2026, 12, 1)
LABELS = {field: field.title() for field in books.PLACES}
ACCOUNT = {"company": "Acme", "is_group": 0, "disabled": 0, "account_type": "", "account_currency": "EUR"}
PLACES = {
	"expense_account": ACCOUNT | {"name": "Gestures", "root_type": "Expense"},
	"paid_from_account": ACCOUNT | {"name": "Cash", "root_type": "Asset", "account_type": "Cash"},
	"cost_center": {"name": "Main", "company": "Acme", "is_group": 0, "disabled": 0},
}


def period(**values) -> books.Period:
	usual = {
		"posts": True,
		"end": END,
		"promised": Decimal(0),
		"wallet_currency": "EUR",
		"amount": Decimal("26.79"),
		"currency": "EUR",
		"posted": None,
	}
	return books.Period(**usual | values)


def test_what_is_given_counts_as_it_is_now():
	rows = [
		{"status": status, "base_cost": cost}
		for status, cost in (("Given", 4.99), ("Given", 13.38), ("Cancelled", 3), ("Approved", 30))
	]
	assert books.amount(rows) == Decimal("18.37")
	assert books.amount([]) == 0


def test_a_tenth_a_thousand_times_is_a_hundred():
	assert books.amount([{"status": "Given", "base_cost": 0.1}] * 1000) == 100


def test_a_period_is_posted_when_it_is_over():
	books.check_period(period(), AFTER)
	assert books.is_offered(period(), AFTER)
	assert not books.is_offered(period(), END)


@pytest.mark.parametrize(
	("values", "words"),
	[
		({"posts": False}, "does not post"),
		({"end": AFTER}, "posted after that"),
		({"promised": Decimal(25)}, "promised and not given"),
		({"amount": Decimal(0)}, "nothing to post"),
	],
)
def test_it_is_refused_with_the_reason(values, words):
	with pytest.raises(Refused, match=words):
		books.check_period(period(**values), AFTER)


@pytest.mark.parametrize("values", [{"posts": False}, {"amount": Decimal(0)}, {"posted": Decimal("26.79")}])
def test_where_there_is_nothing_to_post_nothing_is_offered_or_said(values):
	assert not books.is_offered(period(**values), AFTER)
	assert books.in_words(period(**values), dict.fromkeys(books.PLACES, "x"), str, str) is None


def test_what_would_be_posted_is_said_with_its_accounts():
	names = {field: row["name"] for field, row in PLACES.items()}
	said = books.in_words(period(), names, lambda amount: f"{amount} EUR", str)
	assert said == "This would be posted as 26.79 EUR on 2026-11-30: debit Gestures, credit Cash."


def test_a_difference_to_the_journal_entry_is_said_also_when_the_budget_posts_no_more():
	said = books.in_words(period(posts=False, posted=Decimal(30)), {}, str, str)
	assert "30" in said and "26.79" in said


def test_the_two_rows_come_out_even_and_name_the_places():
	debit, credit = books.lines(Decimal("26.79"), {field: row["name"] for field, row in PLACES.items()})
	assert debit == {"account": "Gestures", "cost_center": "Main", "debit": Decimal("26.79")}
	assert credit == {"account": "Cash", "cost_center": "Main", "credit": Decimal("26.79")}


@pytest.mark.parametrize(
	("start", "end", "title"),
	[
		(date(2026, 11, 1), END, "Gestures, 2026-11"),
		(date(2028, 2, 1), date(2028, 2, 29), "Gestures, 2028-02"),
		(date(2026, 12, 1), date(2026, 12, 31), "Gestures, 2026-12"),
		(date(2026, 11, 23), date(2026, 11, 29), "Gestures, 2026-11-23 to 2026-11-29"),
		(date(2026, 10, 1), date(2026, 12, 31), "Gestures, 2026-10-01 to 2026-12-31"),
	],
)
def test_the_title_says_when_and_nothing_else(start, end, title):
	assert books.title(start, end, lambda day: f"{day:%Y-%m}", str) == title


def test_good_places_pass():
	books.check_places("Acme", "EUR", PLACES, LABELS)
	unsaid = PLACES | {"expense_account": PLACES["expense_account"] | {"account_currency": None}}
	books.check_places("Acme", "EUR", unsaid, LABELS)


@pytest.mark.parametrize("field", books.PLACES)
@pytest.mark.parametrize(
	"wrong",
	[None, {"company": "Other"}, {"is_group": 1}, {"disabled": 1}],
	ids=("none", "company", "group", "off"),
)
def test_a_wrong_place_is_refused(field, wrong):
	row = wrong and PLACES[field] | wrong
	with pytest.raises(books.WrongAccount, match=LABELS[field]):
		books.check_places("Acme", "EUR", PLACES | {field: row}, LABELS)


@pytest.mark.parametrize("field", books.ROOTS)
@pytest.mark.parametrize(
	"wrong", [{"account_currency": "USD"}, {"root_type": "Income"}, {"account_type": "Payable"}]
)
def test_a_wrong_account_is_refused(field, wrong):
	with pytest.raises(books.WrongAccount, match=LABELS[field]):
		books.check_places("Acme", "EUR", PLACES | {field: PLACES[field] | wrong}, LABELS)


@pytest.mark.parametrize(
	("roles", "may_submit_entries", "manager", "may"),
	[
		(["Accounts User"], True, False, True),
		(["Accounts Manager"], True, False, True),
		(["Accounts User"], False, False, False),
		(["Sales Manager"], True, False, False),
		([], False, True, True),
	],
)
def test_who_posts(roles, may_submit_entries, manager, may):
	assert books.may_post(roles, may_submit_entries=may_submit_entries, manager=manager) == may
