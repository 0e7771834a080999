"""Fills a new file with the sample data of the app: a small shop, with dates relative to today."""

from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from micro_experiences.domain.visibility import APP_ROLES
from micro_experiences.setup import seeds
from micro_experiences.setup.sample_rows import CUSTOMERS, FOLLOW_UPS, GESTURES, NOTES, PEOPLE, USES
from preview import additions, budgets, follow_ups, gestures, invoices, notes
from preview.clock import Clock
from preview.session import Session
from preview.store import Store

COMPANY = "Harbour Trading"
_ADMINISTRATOR = "Administrator"


def fill(store: Store, clock: Clock) -> bool:
	"""Fill an empty file in one transaction. Returns False if it is not empty."""
	now = clock.now()
	with store.writing() as db:
		if db.row('select name from "tabUser" limit 1'):
			return False
		people = {who: Session(db, email, now) for who, (email, *_rest) in PEOPLE.items()}
		administrator = Session(db, _ADMINISTRATOR, now)
		_site(administrator)
		add_seeds(administrator)
		_customers(administrator)
		_notes(people)
		_budget(people["maya"])
		_gestures(people)
		_follow_ups(people)
	return True


def _site(session: Session) -> None:
	"""Add users with their roles, a company and a currency."""
	for role in (*APP_ROLES, "System Manager"):
		session.insert("Role", {"name": role})
	_user(session, _ADMINISTRATOR, _ADMINISTRATOR, _ADMINISTRATOR, APP_ROLES, enabled=False)
	for email, first, last, roles in PEOPLE.values():
		_user(session, email, first, f"{first} {last}", roles)
	session.insert("Currency", {"name": "EUR", "symbol": "€", "decimals": 2})
	session.insert("Company", {"name": COMPANY, "company_name": COMPANY, "default_currency": "EUR"})


def _user(session: Session, name: str, first: str, full: str, roles: tuple[str, ...], enabled=True) -> None:
	session.insert("User", {"name": name, "first_name": first, "full_name": full, "enabled": enabled})
	for role in roles:
		session.insert("Has Role", {"parent": name, "parenttype": "User", "role": role})


def add_seeds(session: Session) -> None:
	"""Add the topics and gesture types of a new site."""
	for topic, icon, sensitive in seeds.TOPICS:
		values = {"topic_name": topic, "icon": icon, "sensitive_by_default": bool(sensitive)}
		session.insert("Note Topic", values)
	for name, channel, cost, involves, template in seeds.GESTURE_TYPES:
		values = {"type_name": name, "channel": channel, "usual_cost": Decimal(cost), "involves": involves}
		session.insert("Gesture Type", values | {"message_template": template, "enabled": True})


def _customers(session: Session) -> None:
	"""Add customers, each with a contact and two or three submitted invoices."""
	for index, (name, kind, first, last) in enumerate(CUSTOMERS):
		session.insert("Customer", {"name": name, "customer_name": name, "customer_type": kind})
		person = {"first_name": first, "last_name": last, "full_name": f"{first} {last}", "customer": name}
		contact = session.insert("Contact", person)
		for turn in range(2 + index % 2):
			day = session.today - timedelta(days=20 + 11 * index + 100 * turn)
			values = {"customer": name, "contact_person": contact, "docstatus": 1, "posting_date": day}
			values |= {"due_date": day + timedelta(days=30), "status": "Paid" if turn else "Unpaid"}
			invoices.add(session, values | {"grand_total": Decimal(40 + 15 * index + 5 * turn)})


def _notes(people: dict[str, Session]) -> None:
	for customer, text, kind, topic, certainty, via, who, days_ago, more in NOTES:
		session, more = people[who], dict(more)
		for field in ("occasion_on", "remember_until"):
			if field in more:
				days, years = more[field]
				more[field] = session.today + timedelta(days=days) - relativedelta(years=years)
		if more.pop("about_contact", False):
			more["contact"] = session.db.find("Contact", {"customer": customer})[0]["name"]
		heard_on = session.today - timedelta(days=days_ago)
		values = {"customer": customer, "note": text, "kind": kind, "topic": topic, "certainty": certainty}
		name = additions.add_note(session, values | {"heard_via": via, "heard_on": heard_on} | more)
		for started, user, said, used_days_ago in USES:
			if text.startswith(started):
				then = session.now - timedelta(days=used_days_ago)
				earlier = Session(session.db, people[user].user, then)
				notes.log_use(earlier, earlier.get("Personal Note", name), "Used", they_said=said)


def _budget(manager: Session) -> None:
	values = {"title": "Small kindnesses", "amount": 50, "free_up_to": 20, "approver_role": "Sales Manager"}
	starts_on = manager.today - relativedelta(months=12)
	holders = [email for email, *_rest in PEOPLE.values()]
	budgets.write(manager, values | {"period": "Month", "starts_on": starts_on}, holders)


def _gestures(people: dict[str, Session]) -> None:
	for customer, kind, cost, status, who, reaction, story in GESTURES:
		session = people[who]
		first = status if status in ("Idea", "Awaiting Approval") else "Given"
		values = {"customer": customer, "gesture_type": kind, "what": kind, "cost": cost, "status": first}
		values |= {"reaction": reaction or None, "story": story, "share_story": bool(story)}
		name = gestures.insert_gesture(session, values)
		if status == "Cancelled":
			gestures.set_status(session, name, status)


def _follow_ups(people: dict[str, Session]) -> None:
	for customer, subject, due_in, who, repeats, status, outcome in FOLLOW_UPS:
		session = people[who]
		due = session.today + timedelta(days=due_in)
		values = {"customer": customer, "subject": subject, "due_on": due, "repeats": repeats, "every": 1}
		name = additions.add_follow_up(session, values)
		if status == "Done":
			follow_ups.mark_done(session, name, outcome)
		elif status == "Skipped":
			follow_ups.skip(session, name)
		elif status == "Later":
			follow_ups.snooze(session, name, (session.today + timedelta(days=5)).isoformat())
