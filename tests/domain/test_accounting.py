"""Posting a wallet to the ledger: when, how much, and to which accounts."""

from datetime import date
from decimal import Decimal

import pytest

from micro_experiences.domain import accounting
from micro_experiences.domain.errors import RuleViolation

END, AFTER = date(2026, 11, 30), date(2026, 12, 1)
LABELS = {field: field.title() for field in accounting.POSTING_FIELDS}
ACCOUNT = {"company": "Acme", "is_group": 0, "disabled": 0, "account_type": "", "account_currency": "EUR"}
ROWS = {
	"expense_account": ACCOUNT | {"name": "Gestures", "root_type": "Expense"},
	"paid_from_account": ACCOUNT | {"name": "Cash", "root_type": "Asset", "account_type": "Cash"},
	"cost_center": {"name": "Main", "company": "Acme", "is_group": 0, "disabled": 0},
}
NAMES = {field: row["name"] for field, row in ROWS.items()}


def period(**values) -> accounting.WalletPeriod:
	default = {
		"is_posting_enabled": True,
		"end": END,
		"committed": Decimal(0),
		"wallet_currency": "EUR",
		"amount": Decimal("26.79"),
		"currency": "EUR",
		"posted": None,
	}
	return accounting.WalletPeriod(**default | values)


def test_posting_amount_counts_only_given_gestures_without_float_errors():
	rows = [
		{"status": status, "base_cost": cost}
		for status, cost in (("Given", 4.99), ("Given", 13.38), ("Cancelled", 3), ("Approved", 30))
	]
	assert accounting.get_posting_amount(rows) == Decimal("18.37")
	assert accounting.get_posting_amount([]) == 0
	assert accounting.get_posting_amount([{"status": "Given", "base_cost": 0.1}] * 1000) == 100


def test_period_is_postable_from_the_day_after_its_end():
	accounting.check_postable(period(), AFTER)
	assert accounting.can_offer_posting(period(), AFTER)
	assert not accounting.can_offer_posting(period(), END)


@pytest.mark.parametrize(
	"values",
	[{"is_posting_enabled": False}, {"end": AFTER}, {"committed": Decimal(25)}, {"amount": Decimal(0)}],
)
def test_period_that_cannot_be_posted_is_refused(values):
	with pytest.raises(RuleViolation):
		accounting.check_postable(period(**values), AFTER)


@pytest.mark.parametrize(
	"values", [{"is_posting_enabled": False}, {"amount": Decimal(0)}, {"posted": Decimal("26.79")}]
)
def test_period_with_nothing_to_post_has_no_offer_and_no_description(values):
	assert not accounting.can_offer_posting(period(**values), AFTER)
	assert accounting.describe_posting(period(**values), NAMES, str, str) is None


def test_description_names_accounts_and_a_difference_to_the_posted_amount():
	text = accounting.describe_posting(period(), NAMES, str, str)
	assert all(word in text for word in ("26.79", "2026-11-30", "Gestures", "Cash"))
	# Also after the budget has stopped posting.
	text = accounting.describe_posting(period(is_posting_enabled=False, posted=Decimal(30)), {}, str, str)
	assert "30" in text and "26.79" in text


def test_entry_rows_balance_and_name_their_accounts():
	debit, credit = accounting.build_entry_rows(Decimal("26.79"), NAMES)
	assert debit == {"account": "Gestures", "cost_center": "Main", "debit": Decimal("26.79")}
	assert credit == {"account": "Cash", "cost_center": "Main", "credit": Decimal("26.79")}


@pytest.mark.parametrize(
	("start", "end", "title"),
	[
		(date(2026, 11, 1), END, "Gestures, 2026-11"),
		(date(2028, 2, 1), date(2028, 2, 29), "Gestures, 2028-02"),
		(date(2026, 11, 23), date(2026, 11, 29), "Gestures, 2026-11-23 to 2026-11-29"),
		(date(2026, 10, 1), date(2026, 12, 31), "Gestures, 2026-10-01 to 2026-12-31"),
	],
)
def test_entry_title_names_the_month_or_the_days(start, end, title):
	assert accounting.format_entry_title(start, end, lambda day: f"{day:%Y-%m}", str) == title


def test_valid_accounts_are_accepted_with_or_without_a_currency():
	accounting.check_posting_fields("Acme", "EUR", ROWS, LABELS)
	no_currency = ROWS | {"expense_account": ROWS["expense_account"] | {"account_currency": None}}
	accounting.check_posting_fields("Acme", "EUR", no_currency, LABELS)


@pytest.mark.parametrize(
	("field", "wrong"),
	[
		(field, wrong)
		for field in accounting.POSTING_FIELDS
		for wrong in (None, {"company": "Other"}, {"is_group": 1}, {"disabled": 1})
	]
	+ [
		(field, wrong)
		for field in accounting.ACCOUNT_ROOT_TYPES
		for wrong in ({"account_currency": "USD"}, {"root_type": "Income"}, {"account_type": "Payable"})
	],
)
def test_unsuitable_account_is_refused_by_its_label(field, wrong):
	row = wrong and ROWS[field] | wrong
	with pytest.raises(accounting.InvalidPostingAccount, match=LABELS[field]):
		accounting.check_posting_fields("Acme", "EUR", ROWS | {field: row}, LABELS)


@pytest.mark.parametrize(
	("roles", "may_submit_entries", "manager", "expected"),
	[
		(["Accounts User"], True, False, True),
		(["Accounts User"], False, False, False),
		(["Sales Manager"], True, False, False),
		([], False, True, True),
	],
)
def test_accountants_who_may_submit_entries_and_managers_can_post(
	roles, may_submit_entries, manager, expected
):
	assert accounting.can_post(roles, may_submit_entries=may_submit_entries, manager=manager) == expected
