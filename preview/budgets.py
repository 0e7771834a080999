"""Gesture Budgets, which a manager sets up."""

from micro_experiences.domain import budgets as rules
from micro_experiences.domain.errors import NotPermitted, RuleViolation, _
from preview import ledger, schema
from preview.session import Session


def save(
	session: Session,
	title: str,
	amount: float = 0,
	name: str | None = None,
	modified: str | None = None,
	free_up_to: float = 0,
	enabled: bool = True,
	holders: list | None = None,
) -> dict:
	"""Save a budget, a new one where no `name` is given. `modified` is the version that the form was loaded with."""
	before = session.get("Gesture Budget", name) if name else None
	if before and modified != str(before["modified"]):
		raise RuleViolation(
			_("This budget was changed in another window. Nothing was saved. Reload the page and try again.")
		)
	values = {"title": title, "amount": amount, "free_up_to": free_up_to, "enabled": enabled}
	return {"name": write(session, values, holders or [], before)}


def write(session: Session, values: dict, holders: list[str], before: dict | None = None) -> str:
	"""Write a budget with the fields of the DocType, and return its name."""
	if not session.has_permission("Gesture Budget", "write"):
		raise NotPermitted(_("Only a Micro Experiences Manager can change budgets."))
	budget = (before or session.new("Gesture Budget")) | values
	budget["company"] = budget["company"] or session.db.find("Company", limit=1)[0]["name"]
	budget["currency"] = session.db.get("Company", budget["company"])["default_currency"]
	budget["starts_on"] = budget["starts_on"] or session.today
	label = {field.fieldname: field.label for field in schema.meta("Gesture Budget").fields}
	budget |= rules.validate_policy_amounts(budget, label, session.precision(budget["currency"]))
	rules.check_holders(budget, holders)
	if before:
		session.update("Gesture Budget", budget["name"], budget)
	else:
		budget["name"] = session.insert("Gesture Budget", budget)
	if before and budget["amount"] != before["amount"]:
		old, new = (session.money(row["amount"], budget["currency"]) for row in (before, budget))
		reason = f"The budget changed from {old} to {new}"
		ledger.adjust_wallets(session, budget["name"], budget["amount"], reason)
	session.db.run('delete from "tabGesture Budget Holder" where parent = ?', budget["name"])
	for idx, user in enumerate(holders, 1):
		if not session.db.get("User", user):
			raise RuleViolation(_("There is no user {0}."), user)
		row = {"parent": budget["name"], "parenttype": "Gesture Budget", "idx": idx, "user": user}
		session.insert("Gesture Budget Holder", row)
	return budget["name"]
