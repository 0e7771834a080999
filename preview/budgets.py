"""What a manager does with Gesture Budgets."""

from micro_experiences.domain import budget as rules
from micro_experiences.domain.refusal import NotAllowed, Refused, _
from preview import ledger, schema
from preview.session import Session, day


def save(
	session: Session,
	title: str,
	amount: float = 0,
	name: str | None = None,
	period: str | None = None,
	free_up_to: float = 0,
	enabled: bool = True,
	for_role: str | None = None,
	holders: list[str] | None = None,
	unspent: str | None = None,
	carry_over_limit: float | None = None,
	cap_per_recipient: float | None = None,
) -> dict:
	"""Keep a budget, a new one where no `name` is given. Answers `{"name"}`."""
	before = session.seen("Gesture Budget", name) if name else None
	values = {
		"title": title,
		"amount": amount,
		"period": period,
		"free_up_to": free_up_to,
		"enabled": enabled,
		"for_role": for_role,
		"unspent": unspent,
		"carry_over_limit": carry_over_limit,
		"cap_per_recipient": cap_per_recipient,
	}
	changed = {field: value for field, value in values.items() if value is not None or field == "for_role"}
	return {"name": keep(session, changed | {"holders": holders or []}, before)}


def in_words(session: Session, budget: dict) -> dict:
	"""The fields that a form holds as one sentence; the text is "" until they say enough. Nothing is written."""
	if not session.may("Gesture Budget", "read"):
		raise NotAllowed(_("Budgets are kept by a Micro Experiences Manager."))
	name = str(budget.get("name") or "")
	row = (session.seen("Gesture Budget", name) if name else session.new("Gesture Budget")) | budget
	role, users = str(row.get("for_role") or ""), {str(user) for user in row.get("holders") or ()}
	everyone = {user["name"] for user in session.db.find("User", {"enabled": True})}
	held = {user for user in everyone if role in session.roles(user)} if role else set()
	company = row["company"] or session.db.find("Company", limit=1)[0]["name"]
	currency = row["currency"] or session.db.get("Company", company)["default_currency"]
	count = len((users & everyone) | held)
	source = "" if users else role
	text = rules.in_words(row, count, source, lambda amount: ledger.money(session.db, amount, currency))
	usual = rules.usual_free_up_to(rules.number(row.get("amount")) or rules.ZERO)
	return {"text": text, "people": count, "usual_free_up_to": float(usual)}


def keep(session: Session, values: dict, before: dict | None = None) -> str:
	"""Keep a budget with the fields of the DocType and its `holders` (users); its name. Raises Refused."""
	if not session.may("Gesture Budget", "write"):
		raise NotAllowed(_("Budgets are kept by a Micro Experiences Manager."))
	holders = values.pop("holders", [])
	budget = (before or session.new("Gesture Budget")) | values
	company = budget["company"] or session.db.find("Company", limit=1)[0]["name"]
	budget |= {
		"company": company,
		"currency": budget["currency"] or session.db.get("Company", company)["default_currency"],
		"starts_on": day(budget["starts_on"], _("Starts On")) or session.today,
	}
	label = {field.fieldname: field.label for field in schema.meta("Gesture Budget").fields}
	budget |= rules.checked_policy(budget, label)
	rules.check_holders(budget, holders)
	if not before:
		name = session.insert("Gesture Budget", budget)
	else:
		name = before["name"]
		used = session.db.find("Gesture Wallet", {"gesture_budget": name}, limit=1)
		for field in rules.POLICY_FROZEN if used else ():
			if budget[field] != before[field]:
				raise rules.policy_frozen(label[field])
		session.update("Gesture Budget", name, budget)
		if budget["amount"] != before["amount"]:
			old, new = (
				ledger.money(session.db, value, budget["currency"])
				for value in (before["amount"], budget["amount"])
			)
			ledger.adjust_wallets(session, name, budget["amount"], f"The budget changed from {old} to {new}")
		session.db.run('delete from "tabGesture Budget Holder" where parent = ?', name)
	for idx, user in enumerate(holders, 1):
		if not session.db.get("User", user):
			raise Refused(_("There is nobody called {0}."), user)
		row = {"parent": name, "parenttype": "Gesture Budget", "idx": idx, "user": user}
		session.insert("Gesture Budget Holder", row)
	return name
