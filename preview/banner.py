"""The banner "Remember this" on a form of the preview."""

from micro_experiences.domain import budget, recall
from preview import ledger
from preview.session import LANGUAGE, Session

_MOST = 200


def get_banner(
	session: Session,
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict | None:
	"""The banner of a form; None where nothing is to be shown."""
	shown_on = f"show_on_{(reference_doctype or 'Customer').lower().replace(' ', '_')}"
	if not session.settings.get(shown_on) or not session.db.get("Customer", customer):
		return None
	return payload(session, customer, reference_doctype, reference_name, contact)


def payload(
	session: Session,
	customer: str,
	reference_doctype: str | None = None,
	reference_name: str | None = None,
	contact: str | None = None,
) -> dict | None:
	"""The banner of one customer for the user; None when he may not know."""
	if not session.may("Personal Note", "read"):
		return None
	reference = (reference_doctype, reference_name) if reference_doctype and reference_name else None
	remembered = recall.recall(
		_notes(session, customer),
		_promises(session, customer),
		_uses(session, customer),
		now=session.now,
		contact=contact,
		reference=reference,
		manners=recall.Manners.from_settings(session.settings),
		language=LANGUAGE,
	)
	company = company_of(session, reference_doctype, reference_name)
	return recall.payload(
		customer, remembered, wallet(session, company), show_empty=session.settings["show_empty_banner"]
	)


def answer(
	session: Session,
	customer: str,
	reference_doctype: str | None,
	reference_name: str | None,
	contact: str | None = None,
) -> dict:
	"""`{"banner": …}` as the form would get it if it were opened now."""
	return {"banner": payload(session, customer, reference_doctype, reference_name, contact)}


def wallet(session: Session, company: str | None = None) -> dict | None:
	"""What is left in the user's first wallet: the number, the words, and whether it is low."""
	mine = ledger.wallets(session.db, session.user, session.today, company)
	mine = mine or ledger.wallets(session.db, session.user, session.today)
	if not mine:
		return None
	first = mine[0]
	return {
		"left": float(first.left),
		"text": f"{ledger.money(session.db, first.left, first.budget.currency)} left",
		"low": budget.is_low(first.left, first.budget.amount),
	}


def company_of(session: Session, doctype: str | None, name: str | None) -> str | None:
	"""The company of the document that is open: its wallet is the one to speak of."""
	row = session.db.get(doctype, name) if doctype == "Sales Invoice" and name else None
	return row and row["company"]


def rules_note(session: Session, row: dict) -> recall.Note:
	"""A row as recall knows it."""
	fields = (
		"name",
		"kind",
		"note",
		"certainty",
		"heard_on",
		"contact",
		"occasion_on",
		"repeats_yearly",
		"remember_until",
		"pinned",
	)
	return recall.Note(
		**{field: row[field] for field in fields},
		heard_by=session.first_name(row["heard_by"]),
		heard_by_me=row["heard_by"] == session.user,
		heard_via=row["heard_via"] or "",
	)


def _notes(session: Session, customer: str) -> list[recall.Note]:
	filters = {"customer": customer, "status": "Active"}
	rows = session.rows("Personal Note", filters, "pinned desc, heard_on desc, name", _MOST)
	return [rules_note(session, row) for row in rows]


def _promises(session: Session, customer: str) -> list[recall.Promise]:
	filters = {"customer": customer, "status": "Open"}
	return [
		recall.Promise(
			row["name"],
			row["subject"],
			row["due_on"],
			session.first_name(row["assigned_to"]),
			row["assigned_to"] == session.user,
			row["snoozed_until"],
		)
		for row in session.rows("Follow Up Task", filters, "due_on, name", _MOST)
	]


def _uses(session: Session, customer: str) -> list[recall.Use]:
	filters = {"customer": customer, "action": ["Used", "Snoozed"]}
	return [
		recall.Use(
			row["personal_note"],
			row["action"],
			session.first_name(row["used_by"]),
			row["used_by"] == session.user,
			row["used_on"],
			row["they_said"] or "",
			row["snoozed_until"],
			(row["reference_doctype"], row["reference_name"]) if row["reference_name"] else None,
		)
		for row in session.db.find("Personal Note Use", filters, "used_on desc", _MOST)
	]
