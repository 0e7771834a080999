"""What the panel and the pages do with Gestures: propose, give, approve, decline, cancel."""

from decimal import Decimal

from micro_experiences.domain import gestures as rules
from micro_experiences.domain import sight, variety
from micro_experiences.domain.budget import check_cap, counts, counts_since, to_money
from micro_experiences.domain.ledger import lines_for
from micro_experiences.domain.refusal import NotAllowed, _
from micro_experiences.domain.wording import render_message
from preview import banner, ledger
from preview.banner import answer
from preview.people import roles
from preview.session import LANGUAGE, Session
from preview.store import Db


def propose(
	session: Session,
	customer: str,
	personal_note: str | None = None,
	gesture_type: str | None = None,
) -> dict:
	"""A gesture to begin with, my wallets, the one that pays first, and what speaks against it. Nothing is written."""
	session.check_may_make("Gesture")
	session.check_customer(customer)
	note = session.seen("Personal Note", personal_note) if personal_note else None
	stops = _stops(session, customer)
	filters = {"enabled": True} | ({"name": gesture_type} if gesture_type else {})
	types = session.db.find("Gesture Type", filters, "usual_cost, name")
	chosen = variety.fitting_type(note and note["topic"], types, stops)
	contact = session.contact or (note and note["contact"])
	person = session.db.get("Contact", contact) if contact else None
	mine = [_wallet(session, one) for one in banner.wallets(session)]
	return {
		"gesture_type": chosen and chosen["name"],
		"what": chosen and chosen["name"],
		"message": chosen
		and render_message(
			chosen["message_template"],
			customer_name=session.db.get("Customer", customer)["customer_name"],
			contact_name=person and person["first_name"],
			note=note and note["note"],
			my_name=session.first_name(session.user),
		),
		"cost": float(chosen["usual_cost"]) if chosen else 0.0,
		"currency": mine[0]["currency"] if mine else None,
		"wallet": mine[0] if mine else None,
		"wallets": mine,
		"warnings": _warnings(session, customer, chosen, stops) if chosen else [],
	}


def give(
	session: Session,
	customer: str,
	what: str,
	gesture_type: str | None = None,
	message: str | None = None,
	cost: float = 0,
	currency: str | None = None,
	gesture_budget: str | None = None,
	personal_note: str | None = None,
	override_reason: str | None = None,
) -> dict:
	"""Record a gesture as given, and pay it from the wallet. Above the free limit it awaits approval instead."""
	values = {
		"customer": customer,
		"contact": session.contact,
		"gesture_type": gesture_type,
		"personal_note": personal_note,
		"what": what,
		"message": message,
		"cost": cost,
		"currency": currency,
		"gesture_budget": gesture_budget,
		"override_reason": override_reason,
		"status": "Given",
		"sent_key": session.sent_key,
	}
	mine = ledger.budgets(session.db, session.user, session.today)
	companies = [one.company for one in mine if one.name == gesture_budget] or [
		one.company for one in mine if one.company == session.company
	]
	if companies:
		values["company"] = companies[0]
	name = keep(session, values | session.reference)
	status = session.db.get("Gesture", name)["status"]
	text = rules.text_given(status)
	return {"name": name, "status": status, "text": text} | answer(session, customer)


def _wallet(session: Session, wallet: ledger.Wallet) -> dict:
	policy = wallet.budget
	free = ledger.money(session.db, policy.free_up_to, policy.currency)
	return banner.wallet_line(session, wallet) | {
		"gesture_budget": policy.name,
		"title": policy.title,
		"currency": policy.currency,
		"free_up_to": float(policy.free_up_to),
		"free_text": f"up to {free} without asking",
	}


def approve(session: Session, name: str) -> dict:
	"""Approve a gesture that awaits it: its money is committed. Never one's own."""
	return _move(session, name, {"status": "Approved"})


def decline(session: Session, name: str, reason: str | None = None) -> dict:
	"""Decline a gesture that awaits approval, with a reason for the one who asked."""
	return _move(session, name, {"status": "Declined", "decline_reason": (reason or "").strip() or None})


def move(session: Session, name: str, status: str) -> dict:
	"""Give an approved gesture or an idea, or cancel one: its money is spent, released or refunded."""
	rules.check_by_button(status)
	row = session.seen("Gesture", name)
	if not sight.may_write("Gesture", row, session.user, manager=session.manager):
		raise NotAllowed(_("This is for the one who gives it."))
	return _move(session, name, {"status": status})


def correct(session: Session, name: str, cost: float, reason: str | None = None) -> dict:
	"""Put the price of a given gesture right; the wallet gets an Adjust entry."""
	gesture = session.seen("Gesture", name)
	may_decide, wallet = _may_decide(session.db, gesture, session.user), gesture["gesture_wallet"]
	rules.check_correction(
		gesture["status"], session.user, gesture["given_by"], may_decide=may_decide, wallet=wallet
	)
	price, before = to_money(rules.check_cost(cost)), gesture["wallet_amount"]
	by = price - before
	budget = session.db.get("Gesture Budget", gesture["gesture_budget"])
	rules.check_higher_price(
		price,
		before,
		ledger.granted(session.db, name),
		budget["free_up_to"],
		budget["currency"],
		may_decide=may_decide,
		approver_role=_approver_role(session.db, gesture),
	)
	gesture |= {"cost": price, "base_cost": price, "wallet_amount": price}
	if by > 0 and counts(gesture["given_on"], session.today):
		_check_cap(session, gesture)
	session.update("Gesture", name, gesture)
	if by:
		ledger.correct(session, wallet, name, by, (reason or "").strip() or None)
	return {"cost": float(price), "status": gesture["status"]}


def lapse_approvals(session: Session) -> None:
	"""What was approved and not given in time is cancelled, and its money goes back into the wallet."""
	days = session.settings["approval_lapses_after_days"]
	for gesture in session.db.find("Gesture", {"status": "Approved"}):
		if rules.has_lapsed(gesture["approved_on"], session.now, days):
			session.update("Gesture", gesture["name"], {"status": "Cancelled"})
			_book(session, gesture | {"status": "Cancelled"}, "Approved")


def moves(db: Db, gesture: dict, user: str) -> list[str]:
	"""What `user` may make of a gesture by a button, the ordinary one first."""
	manager = sight.MANAGER in roles(db, user)
	may_write = sight.may_write("Gesture", gesture, user, manager=manager)
	return list(
		rules.moves(gesture["status"], may_write=may_write, may_decide=_may_decide(db, gesture, user))
	)


def may_correct(db: Db, gesture: dict, user: str) -> bool:
	"""Whether `user` may put the price of a gesture right."""
	return rules.may_correct(
		gesture["status"],
		user,
		gesture["given_by"],
		may_decide=_may_decide(db, gesture, user),
		wallet=gesture["gesture_wallet"],
	)


def keep(session: Session, values: dict) -> str:
	"""Keep a new gesture with the fields of the DocType, and book what it costs; its name. Raises Refused."""
	session.check_may_make("Gesture")
	gesture = session.new("Gesture") | {"given_by": session.user} | values
	rules.check_giver(gesture["given_by"], session.user, manager=session.manager)
	session.check_customer(gesture["customer"])
	session.check_source(gesture)
	gesture["name"] = session.insert("Gesture", _stepped(session, gesture, ""))
	_book(session, gesture, "")
	_tell(session, gesture, "")
	return gesture["name"]


def _move(session: Session, name: str, changes: dict) -> dict:
	before = session.seen("Gesture", name)
	gesture = _stepped(session, before | changes, before["status"])
	session.update("Gesture", name, gesture)
	_book(session, gesture, before["status"])
	_tell(session, gesture, before["status"])
	return {"status": gesture["status"]}


def _stepped(session: Session, gesture: dict, old: str) -> dict:
	"""The gesture after its step from status `old`, with all that the rules ask of that step."""
	rules.check_move(old, gesture["status"])
	if rules.is_priced(old, gesture["status"]):
		_weigh(session, gesture, old)
	if rules.is_meant(old, gesture["status"]):
		_check_cap(session, gesture)
	kind = session.db.get("Gesture Type", gesture["gesture_type"] or "")
	if kind and rules.is_meant(old, gesture["status"]):
		variety.check_never(
			kind["involves"],
			_stops(session, gesture["customer"]),
			override_reason=gesture["override_reason"],
			manager=session.manager,
		)
	if rules.is_decision(old, gesture["status"]):
		rules.check_may_decide(
			_may_decide(session.db, gesture, session.user), _approver_role(session.db, gesture)
		)
		gesture |= {"approver": session.user, "approved_on": session.now}
	if rules.is_given(old, gesture["status"]):
		gesture["given_on"] = session.today
	return gesture


def _weigh(session: Session, gesture: dict, old: str) -> None:
	"""The budget that pays, and what it says to the cost. The preview keeps one currency."""
	cost = to_money(rules.check_cost(gesture["cost"]))
	mine = ledger.wallets(session.db, gesture["given_by"], session.today, gesture["company"])
	chosen = gesture["gesture_budget"]
	wallet = next((one for one in mine if chosen in (None, one.budget.name)), None) if cost else None
	weighed = rules.is_weighed(old, gesture["status"])
	if cost and weighed and not wallet:
		raise rules.no_budget(session.full_name(gesture["given_by"]))
	budget = wallet and wallet.budget
	company = (
		(budget and budget.company) or gesture["company"] or session.db.find("Company", limit=1)[0]["name"]
	)
	own = session.db.get("Company", company)["default_currency"]
	currency = gesture["currency"] or (budget.currency if budget else own)
	if currency != (budget.currency if budget else own):
		raise rules.no_rate(currency, budget.currency if budget else own)
	gesture |= {
		"company": company,
		"currency": currency,
		"conversion_rate": 1.0,
		"gesture_budget": budget.name if budget else None,
		"cost": cost,
		"base_cost": cost,
		"wallet_amount": cost if budget else Decimal(0),
		"wallet_rate": 1.0,
	}
	if budget and weighed:
		gesture["status"] = rules.weighed(
			gesture["status"], cost, budget.free_up_to, wallet.left, budget.currency, wallet.period_end
		)
	note = session.db.get("Personal Note", gesture["personal_note"] or "")
	if note and rules.is_confidential(gesture["status"], note["visibility"], note["sensitive"]):
		gesture |= {"personal_note": None, "confidential": True}


def _check_cap(session: Session, gesture: dict) -> None:
	"""What one customer gets from everybody within twelve months stays within what the budget allows."""
	budget = session.db.get("Gesture Budget", gesture["gesture_budget"] or "")
	if not (budget and gesture["wallet_amount"]):
		return
	filters = {
		"customer": gesture["customer"],
		"company": gesture["company"],
		"status": ["Approved", "Given"],
	}
	first = counts_since(session.today)
	so_far = sum(
		row["base_cost"]
		for row in session.db.find("Gesture", filters)
		if row["name"] != gesture.get("name") and (row["given_on"] or row["approved_on"].date()) >= first
	)
	check_cap(gesture["base_cost"], so_far, budget["cap_per_recipient"], budget["currency"])


def _tell(session: Session, gesture: dict, old: str) -> None:
	"""The bell: approvers are asked, and the giver hears what they have decided."""
	status, giver = gesture["status"], gesture["given_by"]
	if status == "Awaiting Approval" and old != status:
		line = f"{session.first_name(giver)} asks whether a gesture may be given"
		told = rules.asked(
			_approver_role(session.db, gesture), lambda role: _holders(session.db, role, but=giver)
		)
	elif rules.is_decision(old, status):
		told = [giver] if session.db.get("User", giver)["enabled"] else []
		line = f"Your gesture was {status.lower()}"
	else:
		return
	for user in told:
		session.insert(
			"Notification Log",
			{
				"for_user": user,
				"subject": line,
				"document_type": "Gesture",
				"document_name": gesture["name"],
				"sent_on": session.now,
			},
		)


def _holders(db: Db, role: str, but: str) -> list[str]:
	"""The enabled users with a role; in the preview all of them may open every customer."""
	held = {row["parent"] for row in db.find("Has Role", {"role": role})} - {but}
	return [row["name"] for row in db.find("User", {"enabled": True}) if row["name"] in held]


def _book(session: Session, gesture: dict, old: str) -> None:
	"""Book what the step means for the wallet; the wallet is opened on its first use."""
	lines = lines_for(old, gesture["status"], gesture["wallet_amount"])
	if not lines:
		return
	if not gesture["gesture_wallet"]:
		giver = gesture["given_by"]
		mine = ledger.budgets(session.db, giver, session.today, gesture["company"])
		budget = next((one for one in mine if one.name == gesture["gesture_budget"]), None)
		if not budget:
			raise rules.budget_gone(session.full_name(giver))
		gesture["gesture_wallet"] = ledger.open_wallet(session, budget, giver)
		session.update("Gesture", gesture["name"], {"gesture_wallet": gesture["gesture_wallet"]})
	ledger.book(session, gesture["gesture_wallet"], gesture["name"], lines)


def _may_decide(db: Db, gesture: dict, user: str) -> bool:
	held = roles(db, user)
	manager, role = sight.MANAGER in held, _approver_role(db, gesture)
	return rules.may_decide(user, gesture["given_by"], held, role, manager=manager)


def _approver_role(db: Db, gesture: dict) -> str:
	budget = db.get("Gesture Budget", gesture["gesture_budget"] or "")
	return rules.decider(budget and budget["approver_role"])


def _stops(session: Session, customer: str) -> list[str]:
	filters = {"customer": customer, "status": "Active", "kind": "Never"}
	return [row["stops"] for row in session.db.find("Personal Note", filters) if row["stops"]]


def _warnings(session: Session, customer: str, chosen: dict, stops: list[str]) -> list[str]:
	filters = {"customer": customer, "status": "Given"}
	given = session.db.find("Gesture", filters, "given_on desc", 100)
	return variety.warnings(
		chosen["name"],
		chosen["involves"],
		stops,
		[(row["gesture_type"], row["given_on"]) for row in given],
		session.today,
		same_gesture_days=session.settings["same_gesture_days"],
		gestures_per_month=session.settings["gestures_per_month"],
		language=LANGUAGE,
	)
