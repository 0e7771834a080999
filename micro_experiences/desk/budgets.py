"""What the form of a Gesture Budget shows: the budget in plain words while it is filled in, and who holds what now."""

import frappe
from frappe import _
from frappe.permissions import AUTOMATIC_ROLES
from frappe.utils import cstr, flt, get_url_to_form, getdate

from micro_experiences.desk import sent
from micro_experiences.desk.banner import language
from micro_experiences.desk.limits import at_most
from micro_experiences.desk.words import money
from micro_experiences.domain import budget as rules
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger

# As many holders as the form has bars for, and as many periods as its chart.
_MOST_HOLDERS = 50
_MOST_PERIODS = 12
_WORDED = (
	"budget_kind",
	"amount",
	"period",
	"free_up_to",
	"unspent",
	"carry_over_limit",
	"cap_per_recipient",
)


@frappe.whitelist(methods=["POST"])
def in_words(budget: str | dict) -> dict:
	"""The fields that a form holds as one sentence, `{"text", "people", "usual_free_up_to"}`; the text is "" until they say
	enough. Nothing is written."""
	frappe.has_permission("Gesture Budget", "read", throw=True)
	row = sent.fields(budget)
	role, group = (cstr(row.get(field)) for field in ("for_role", "for_user_group"))
	holders = (sent.fields(holder) for holder in sent.listed(row.get("holders")))
	named = [cstr(holder.get("user")) for holder in holders if holder.get("user")]
	people = len(ledger.people(named + ledger.group_members(group), role) - {"Administrator", "Guest"})
	currency = cstr(row.get("currency"))
	text = ""
	if frappe.db.exists("Currency", currency):
		# Named only where all of them come from there.
		source = "" if named or (role and group) else _(role) or group
		values = {field: row.get(field) for field in _WORDED}
		text = rules.in_words(values, people, source, lambda amount: money(amount, currency), _)
	usual = rules.usual_free_up_to(rules.number(row.get("amount")) or rules.ZERO)
	return {"text": text, "people": people, "usual_free_up_to": flt(usual)}


@frappe.whitelist(methods=["GET", "POST"])
@at_most(240)
def roles(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: str | list | dict | None = None,
) -> list[tuple[str]]:
	"""The roles that a budget can name, for a Link field: in ERPNext only a System Manager may look them up. Those that
	everybody has by himself are not among them."""
	frappe.has_permission("Gesture Budget", "write", throw=True)
	return frappe.get_all(
		"Role",
		filters=[
			["name", "like", f"%{txt}%"],
			["name", "not in", (*AUTOMATIC_ROLES, "Administrator")],
			["disabled", "=", 0],
		],
		fields=["name"],
		order_by="name asc",
		limit_start=start,
		limit=page_len,
		as_list=True,
	)


@frappe.whitelist(methods=["GET"])
def standing(name: str) -> dict:
	"""Who holds what of a budget now, and what became of its last periods, as far as the session user sees the wallets.

	`holders` has `who, used, has, used_text, left_text, low, href`, the ones who used most first, and `more` counts the
	others; `periods` has `label, used, left`, the oldest first.
	"""
	frappe.get_doc("Gesture Budget", name).check_permission("read")
	now = {"gesture_budget": name, "period_end": (">=", getdate())}
	rows = frappe.get_list(
		"Gesture Wallet",
		filters=now,
		fields=["name", "holder", "currency", *_SUMS],
		order_by="spent desc, committed desc, holder asc",
		limit=_MOST_HOLDERS + 1,
	)
	more = 0
	if len(rows) > _MOST_HOLDERS:
		more = len(frappe.get_list("Gesture Wallet", filters=now, pluck="name", limit=0)) - _MOST_HOLDERS
	return {
		"holders": [_holder(row) for row in rows[:_MOST_HOLDERS]],
		"more": more,
		"periods": _periods(name),
	}


_SUMS = ("allowance", "carried_over", "committed", "spent")


def _holder(row: dict) -> dict:
	allowance, carried_over, committed, spent = (rules.to_money(row[field], 9) for field in _SUMS)
	left = rules.left(allowance, carried_over, committed, spent)
	return {
		"who": frappe.utils.get_fullname(row.holder) if row.holder else _("Everyone together"),
		"used": flt(committed + spent),
		"has": flt(allowance + carried_over),
		"used_text": _("{0} used").format(money(committed + spent, row.currency)),
		"left_text": _("{0} left").format(money(left, row.currency)),
		"low": rules.is_low(left, allowance),
		"href": get_url_to_form("Gesture Wallet", row.name),
	}


def _periods(name: str) -> list[dict]:
	rows = frappe.get_list(
		"Gesture Wallet",
		filters={"gesture_budget": name},
		fields=["period_start", *(f"sum(`tabGesture Wallet`.`{field}`) as {field}" for field in _SUMS)],
		group_by="period_start",
		order_by="period_start desc",
		limit=_MOST_PERIODS,
	)
	today, speak = getdate(), language()

	def label(day) -> str:
		"""Short, so that it stands below a bar on a phone as well: the year only where day and month do not tell it."""
		return speak.date(day, day if (today - day).days < 365 else today)

	return [
		{
			"label": label(getdate(row.period_start)),
			"used": flt(row.committed + row.spent, 2),
			"left": flt(rules.left(*(rules.to_money(row[field]) for field in _SUMS))),
		}
		for row in reversed(rows)
	]
