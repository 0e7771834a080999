"""Gestures: propose, give, approve, decline, cancel. The rules decide each step, and this module carries it out."""

from datetime import date

from micro_experiences.domain import gesture_advice, gesture_plans, visibility
from micro_experiences.domain import gestures as rules
from micro_experiences.domain.currencies import round_amount, to_money
from micro_experiences.domain.errors import NotPermitted, _
from micro_experiences.domain.ledger import COMMITTED_STATUSES
from micro_experiences.domain.message_templates import get_person_name, render_message
from micro_experiences.domain.never_notes import CLEAR_VERDICT
from preview import banner, ledger, never_notes
from preview.additions import add_follow_up
from preview.follow_ups import finish
from preview.session import LANGUAGE, Session


def propose(
	session: Session, customer: str, personal_note: str | None = None, gesture_type: str | None = None
) -> dict:
	"""Return a gesture to begin with, the user's wallets, and warnings. Nothing is written."""
	session.check_can_create("Gesture")
	session.check_customer(customer)
	note = session.get("Personal Note", personal_note) if personal_note else None
	stops = never_notes.get_stops(session, customer)
	filters = {"enabled": True} | ({"name": gesture_type} if gesture_type else {})
	types = session.db.find("Gesture Type", filters, "usual_cost, name")
	suggested = gesture_advice.suggest_gesture_type(note and note["topic"], types, stops)
	# Nothing is filled in for a type that the user has not chosen.
	chosen = suggested if gesture_type else None
	person = _find_person_name(session, customer, session.contact or (note and note["contact"]))
	wallets = [_get_wallet_choice(session, one) for one in banner.get_wallets(session)]
	proposal = {
		"suggested_type": suggested and suggested["name"],
		"gesture_type": chosen and chosen["name"],
		"what": chosen and chosen["name"],
		"message": chosen
		and render_message(
			chosen["message_template"],
			customer_name=session.customer_name(customer),
			person_name=person,
			contact_name=person,
			note=note and note["note"],
			my_name=session.first_name(session.user),
		),
		"cost": float(chosen["usual_cost"]) if chosen else 0.0,
		"currency": wallets[0]["currency"] if wallets else None,
		"wallet": wallets[0] if wallets else None,
		"wallets": wallets,
		"warnings": _get_warnings(session, customer, chosen, stops) if chosen else [],
	}
	verdict = CLEAR_VERDICT
	if chosen:
		words = proposal["gesture_type"], proposal["what"], proposal["message"]
		verdict = never_notes.get_verdict(session, customer, *words)
	return proposal | never_notes.describe(session, customer, verdict)


def _find_person_name(session: Session, customer: str, contact: str | None) -> str:
	if at_hand := session.db.get("Contact", contact or ""):
		return at_hand["first_name"] or ""
	contacts = session.db.find("Contact", {"customer": customer})
	only = contacts[0] if len(contacts) == 1 else None
	return get_person_name(session.db.get("Customer", customer), only)


def record_gesture(session: Session, values: dict) -> dict:
	"""Record a gesture as given, and pay it from the wallet, or plan it for a day and set its money aside. Above the free
	limit it awaits approval instead, and its money is reserved."""
	name = insert_gesture(session, values | {"status": "Planned" if values.get("planned_on") else "Given"})
	gesture = session.db.get("Gesture", name)
	status, cost = gesture["status"], gesture["cost"]
	day = session.show(gesture["planned_on"]) if gesture["planned_on"] else ""
	amount = session.money(cost, gesture["currency"]) if cost else ""
	response = {"name": name, "status": status, "text": rules.format_recorded_message(status, day, amount)}
	response["can_undo"] = rules.can_undo(status)
	return response | banner.respond_with_banner(session, values["customer"])


def approve(session: Session, name: str) -> dict:
	"""Approve a gesture that awaits it: its money stays committed."""
	return _change(session, name, {"status": "Approved"})


def decline(session: Session, name: str, reason: str | None = None) -> dict:
	"""Decline a gesture that awaits approval, with a reason for the user who asked."""
	return _change(session, name, {"status": "Declined", "decline_reason": (reason or "").strip() or None})


def set_status(session: Session, name: str, status: str) -> dict:
	"""Give an approved gesture, or cancel one: its money is spent, released or refunded."""
	rules.check_chosen_status(status)
	row = session.get("Gesture", name)
	if not visibility.can_write("Gesture", row, session.user, manager=session.manager):
		raise NotPermitted(_("Only the user who gives this gesture can change it."))
	return _change(session, name, {"status": status})


def lapse_approvals(session: Session) -> None:
	"""Cancel the gestures that were planned or approved and not given, or requested and not decided, in time."""
	days = session.settings["approval_lapses_after_days"]
	for status in COMMITTED_STATUSES:
		for gesture in session.db.find("Gesture", {"status": status}):
			since = gesture["approved_on"] or gesture["creation"]
			if gesture_plans.has_lapsed(since, gesture["planned_on"], session.now, days):
				_save(session, gesture | {"status": "Cancelled"}, status, gesture["planned_on"])


def get_available_statuses(session: Session, gesture: dict) -> tuple[str, ...]:
	"""Return the statuses that the user can give to a gesture, the usual one first."""
	can_write = visibility.can_write("Gesture", gesture, session.user, manager=session.manager)
	offered = rules.get_available_statuses(
		gesture["status"], can_write=can_write, can_decide=_can_decide(session, gesture)
	)
	# An idea has no planned day in the preview.
	return tuple(status for status in offered if status != "Planned")


def insert_gesture(session: Session, values: dict) -> str:
	"""Insert a gesture with the fields of the DocType, carry out its first step, and return its name."""
	session.check_can_create("Gesture")
	gesture = session.new("Gesture") | {"given_by": session.user} | values
	if not session.manager:
		gesture["override_reason"] = None
	rules.check_giver(gesture["given_by"], session.user, manager=session.manager)
	session.check_customer(gesture["customer"])
	session.check_source(gesture)
	return _save(session, gesture, "")


def _change(session: Session, name: str, changes: dict) -> dict:
	gesture = session.get("Gesture", name)
	_save(session, gesture | changes, gesture["status"], gesture["planned_on"])
	return {"status": session.db.get("Gesture", name)["status"]}


def _save(session: Session, gesture: dict, old: str, was_on: date | None = None) -> str:
	"""Carry out the step of a gesture from status `old`: write it, book it, remind and notify. Returns its name. `was_on`
	is the planned day until now."""
	if gesture_plans.is_planned_day_checked(gesture["status"], gesture["planned_on"], (old, was_on)):
		gesture_plans.check_planned_day(gesture["planned_on"], session.today)
	rules.check_status_change(old, gesture["status"])
	reserved = bool(gesture["gesture_wallet"])
	funds = None
	if rules.can_change_price(old, gesture["status"]):
		funds = _set_price(session, gesture, old)
	gesture |= rules.get_step_changes(old, gesture["status"], _get_facts(session, gesture, funds))
	if old:
		session.update("Gesture", gesture["name"], gesture)
	else:
		gesture["name"] = session.insert("Gesture", gesture)
	outcome = rules.get_step_outcome(old, gesture["status"], gesture["wallet_amount"], reserved=reserved)
	if outcome.lines:
		ledger.record_entries(session, _open_wallet(session, gesture), gesture["name"], outcome.lines)
	_update_follow_up(session, gesture, was_on)
	_notify(session, gesture, outcome.notify)
	return gesture["name"]


def _update_follow_up(session: Session, gesture: dict, was_on: date | None) -> None:
	"""Open or finish the follow-up that reminds the giver of a planned gesture. In the preview, the day does not move."""
	task = session.db.get("Follow Up Task", gesture["follow_up"] or "")
	action, due_on = gesture_plans.get_follow_up_step(
		gesture["status"],
		gesture["planned_on"],
		was_on,
		session.today,
		has_follow_up=bool(task),
		is_open=bool(task) and task["status"] == "Open",
	)
	if action == "Open":
		values = {"customer": gesture["customer"], "gesture": gesture["name"], "due_on": due_on}
		values |= {"subject": f"Give: {gesture['what']}"[:140], "assigned_to": gesture["given_by"]}
		session.update("Gesture", gesture["name"], {"follow_up": add_follow_up(session, values)})
	elif action in ("Done", "Skipped"):
		finish(session, task, action, None)


def _set_price(session: Session, gesture: dict, old: str) -> rules.Funds | None:
	"""Set the cost, and the budget that pays; return the wallet behind it. The preview has one currency."""
	cost, giver = rules.parse_cost(gesture["cost"]), gesture["given_by"]
	wallets = ledger.get_wallets(session, giver, gesture["company"]) if cost else []
	budget = rules.choose_budget(
		[wallet.budget for wallet in wallets],
		gesture["gesture_budget"],
		required=bool(cost) and rules.is_checked_against_budget(old, gesture["status"]),
		missing=lambda: rules.missing_budget(session.full_name(giver)),
	)
	gesture |= rules.get_pricing_fields(
		gesture,
		budget,
		default_company=lambda: session.db.find("Company", limit=1)[0]["name"],
		currency_of=lambda company: session.db.get("Company", company)["default_currency"],
		rate=_get_rate,
	)
	cost = round_amount(cost, session.precision(gesture["currency"]), gesture["currency"])
	gesture |= {"cost": cost, "base_cost": cost, "wallet_amount": cost if budget else to_money(0)}
	wallet = next((wallet for wallet in wallets if wallet.budget is budget), None)
	return wallet and rules.Funds(wallet.budget, wallet.left, wallet.period_end)


def _get_rate(from_currency: str, to_currency: str) -> float:
	if from_currency != to_currency:
		raise rules.missing_exchange_rate(from_currency, to_currency)
	return 1.0


def _get_facts(session: Session, gesture: dict, funds: rules.Funds | None) -> rules.StepFacts:
	note = session.db.get("Personal Note", gesture["personal_note"] or "")
	return rules.StepFacts(
		user=session.user,
		now=session.now,
		manager=session.manager,
		amount=gesture["wallet_amount"],
		funds=funds,
		note=note and (note["visibility"], note["sensitive"]),
		never=never_notes.get_verdict(
			session, gesture["customer"], gesture["gesture_type"], gesture["what"], gesture["message"]
		),
		override_reason=gesture["override_reason"],
		never_notes_confirmed=bool(gesture["never_notes_confirmed"]),
		can_decide=_can_decide(session, gesture),
		approver_role=_get_approver_role(session, gesture),
	)


def _open_wallet(session: Session, gesture: dict) -> str:
	if not gesture["gesture_wallet"]:
		giver = gesture["given_by"]
		budgets = ledger.get_budgets(session, giver, gesture["company"])
		budget = next((one for one in budgets if one.name == gesture["gesture_budget"]), None)
		if not budget:
			raise rules.budget_unavailable(session.full_name(giver))
		gesture["gesture_wallet"] = ledger.open_wallet(session, budget, giver)
		session.update("Gesture", gesture["name"], {"gesture_wallet": gesture["gesture_wallet"]})
	return gesture["gesture_wallet"]


def _notify(session: Session, gesture: dict, whom: str) -> None:
	giver = gesture["given_by"]
	if whom == rules.APPROVERS:
		role = _get_approver_role(session, gesture)
		users = rules.get_approvers(role, lambda role: _get_role_holders(session, role, but=giver))
		subject = f"{session.first_name(giver)} requests approval for a gesture"
		session.notify(users, subject, "Gesture", gesture["name"])
	elif whom == rules.GIVER:
		subject = f"Your gesture was {gesture['status'].lower()}"
		session.notify([giver], subject, "Gesture", gesture["name"])


def _get_role_holders(session: Session, role: str, but: str) -> list[str]:
	"""Return the enabled users with a role. In the preview all of them may open every customer."""
	held = {row["parent"] for row in session.db.find("Has Role", {"role": role})} - {but}
	return [row["name"] for row in session.db.find("User", {"enabled": True}) if row["name"] in held]


def _can_decide(session: Session, gesture: dict) -> bool:
	role = _get_approver_role(session, gesture)
	return rules.can_decide(session.user, gesture["given_by"], session.roles(), role, manager=session.manager)


def _get_approver_role(session: Session, gesture: dict) -> str:
	budget = session.db.get("Gesture Budget", gesture["gesture_budget"] or "")
	return rules.get_approver_role(budget and budget["approver_role"])


def _get_wallet_choice(session: Session, wallet: ledger.Wallet) -> dict:
	policy = wallet.budget
	return banner.get_wallet_summary(session, wallet) | {
		"gesture_budget": policy.name,
		"title": policy.title,
		"currency": policy.currency,
		"precision": session.precision(policy.currency),
		"free_up_to": float(policy.free_up_to),
		"free_text": f"no approval needed up to {session.money(policy.free_up_to, policy.currency)}",
	}


def _get_warnings(session: Session, customer: str, chosen: dict, stops: list[str]) -> list[str]:
	given = session.db.find("Gesture", {"customer": customer, "status": "Given"}, "given_on desc", 100)
	return gesture_advice.get_warnings(
		chosen["name"],
		chosen["involves"],
		stops,
		[(row["gesture_type"], row["given_on"]) for row in given],
		session.today,
		same_gesture_days=session.settings["same_gesture_days"],
		gestures_per_month=session.settings["gestures_per_month"],
		language=LANGUAGE,
	)
