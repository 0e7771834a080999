"""Fills a new file with the small business of the app's sample data, with dates relative to today."""

from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.sight import USERS
from micro_experiences.setup import seeds
from micro_experiences.setup.sample_rows import CUSTOMERS, FOLLOW_UPS, GESTURES, NOTES, PEOPLE, USES
from preview import budgets, follow_ups, gestures, invoices, keeping, notes
from preview.clock import Clock
from preview.session import Session
from preview.store import Store

COMPANY = "Harbour Trading"
_KEEPER = "Administrator"


def fill(store: Store, clock: Clock) -> dict[str, int]:
	"""Fill an empty file, as a whole or not at all; how many records of each DocType. {} where it is not empty."""
	now = clock.now()
	with store.writing() as db:
		if db.row('select name from "tabUser" limit 1'):
			return {}
		people = {who: Session(db, email, now) for who, (email, *_rest) in PEOPLE.items()}
		keeper = Session(db, _KEEPER, now)
		_house(keeper)
		add_seeds(keeper)
		_customers(keeper)
		_notes(people)
		_budget(people["maya"])
		_gestures(people)
		_follow_ups(people)
		counted = ("Customer", "Sales Invoice", "Personal Note", "Gesture", "Follow Up Task")
		return {doctype: len(db.find(doctype)) for doctype in counted}


def _house(keeper: Session) -> None:
	"""What an ERPNext site has before the app: people with their roles, a company, a currency."""
	for role in (*USERS, "System Manager"):
		keeper.insert("Role", {"name": role})
	keeper.insert("User", {"name": _KEEPER, "full_name": _KEEPER, "first_name": _KEEPER, "enabled": False})
	for role in USERS:
		_role(keeper, _KEEPER, role)
	for email, first, last, roles in PEOPLE.values():
		keeper.insert(
			"User", {"name": email, "first_name": first, "full_name": f"{first} {last}", "enabled": True}
		)
		for role in roles:
			_role(keeper, email, role)
	keeper.insert("Currency", {"name": "EUR", "symbol": "€", "decimals": 2})
	keeper.insert("Company", {"name": COMPANY, "company_name": COMPANY, "default_currency": "EUR"})


def _role(keeper: Session, user: str, role: str) -> None:
	keeper.insert("Has Role", {"parent": user, "parenttype": "User", "role": role})


def add_seeds(keeper: Session) -> None:
	"""What a new site of the app begins with: topics and gesture types."""
	for topic, icon, sensitive in seeds.TOPICS:
		keeper.insert(
			"Note Topic", {"topic_name": topic, "icon": icon, "sensitive_by_default": bool(sensitive)}
		)
	for name, channel, cost, involves, template in seeds.GESTURE_TYPES:
		keeper.insert(
			"Gesture Type",
			{
				"type_name": name,
				"channel": channel,
				"usual_cost": Decimal(cost),
				"involves": involves,
				"message_template": template,
				"enabled": True,
			},
		)


def _customers(keeper: Session) -> None:
	"""Each with a contact, and two or three invoices over the last year; a draft for the first one."""
	for index, (name, kind, first, last) in enumerate(CUSTOMERS):
		keeper.insert("Customer", {"name": name, "customer_name": name, "customer_type": kind})
		full_name = f"{first} {last}"
		contact = keeper.insert(
			"Contact",
			{"first_name": first, "last_name": last, "full_name": full_name, "customer": name},
		)
		for turn in range(2 + index % 2):
			day = keeper.today - timedelta(days=20 + 11 * index + 100 * turn)
			total, status = Decimal(40 + 15 * index + 5 * turn), "Unpaid" if turn == 0 else "Paid"
			_invoice(keeper, name, contact, day, total, status=status, docstatus=1)
		if index == 0:
			_invoice(keeper, name, contact, keeper.today, Decimal(60))


def _invoice(keeper: Session, customer: str, contact: str, day: date, total: Decimal, **more) -> None:
	values = {"customer": customer, "contact_person": contact, "grand_total": total} | more
	invoices.keep(keeper, values | {"posting_date": day, "due_date": day + timedelta(days=30)})


def _notes(people: dict[str, Session]) -> None:
	for customer, text, kind, topic, certainty, via, who, days_ago, more in NOTES:
		session, more = people[who], dict(more)
		for field in ("occasion_on", "remember_until"):
			if field in more:
				days, years = more[field]
				more[field] = session.today + timedelta(days=days) - relativedelta(years=years)
		if more.pop("about_contact", False):
			more["contact"] = session.db.find("Contact", {"customer": customer})[0]["name"]
		values = {
			"customer": customer,
			"note": text,
			"kind": kind,
			"topic": topic,
			"certainty": certainty,
			"heard_via": via,
			"heard_on": session.today - timedelta(days=days_ago),
		}
		name = keeping.keep_note(session, values | more)
		for started, user, said, used_days_ago in USES:
			if text.startswith(started):
				then = session.now - timedelta(days=used_days_ago)
				earlier = Session(session.db, people[user].user, then)
				notes.log(earlier, earlier.seen("Personal Note", name), "Used", said)


def _budget(manager: Session) -> None:
	budgets.keep(
		manager,
		{
			"title": "Small kindnesses",
			"budget_kind": "Per Person",
			"holders": [email for email, *_rest in PEOPLE.values()],
			"amount": 50,
			"period": "Month",
			"starts_on": manager.today - relativedelta(months=12),
			"free_up_to": 20,
			"approver_role": "Sales Manager",
		},
	)


def _gestures(people: dict[str, Session]) -> None:
	for customer, kind, cost, status, who, reaction, story in GESTURES:
		session = people[who]
		first = status if status in ("Idea", "Awaiting Approval") else "Given"
		values = {"customer": customer, "gesture_type": kind, "what": kind, "cost": cost, "status": first}
		name = gestures.keep(
			session, values | {"reaction": reaction or None, "story": story, "share_story": bool(story)}
		)
		if status == "Cancelled":
			gestures.move(session, name, status)


def _follow_ups(people: dict[str, Session]) -> None:
	for customer, subject, due_in, who, repeats, status, outcome in FOLLOW_UPS:
		session = people[who]
		due = session.today + timedelta(days=due_in)
		values = {"customer": customer, "subject": subject, "due_on": due, "repeats": repeats, "every": 1}
		name = keeping.keep_promise(session, values)
		if status == "Done":
			follow_ups.done(session, name, outcome)
		elif status == "Skipped":
			follow_ups.skip(session, name)
		elif status == "Later":
			follow_ups.later(session, name, (session.today + timedelta(days=5)).isoformat())
