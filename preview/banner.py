"""The banner "Remember this" on a form of the preview."""

from micro_experiences.domain import budget, looks, recall
from preview import ledger
from preview.session import LANGUAGE, Session

_MOST = 200


def get_banner(session: Session, customer: str) -> dict | None:
	"""The banner of a form; None where nothing is to be shown."""
	shown_on = f"show_on_{(session.open[0] or 'Customer').lower().replace(' ', '_')}"
	if not session.settings.get(shown_on) or not session.db.get("Customer", customer):
		return None
	return payload(session, customer)


def payload(session: Session, customer: str) -> dict | None:
	"""The banner of one customer for the user; None when he may not know."""
	if not session.may("Personal Note", "read"):
		return None
	remembered = recall.recall(
		_notes(session, customer),
		_promises(session, customer),
		_uses(session, customer),
		now=session.now,
		contact=session.contact,
		reference=session.open if all(session.open) else None,
		manners=recall.Manners.from_settings(session.settings),
		language=LANGUAGE,
	)
	because = _opened(session, customer) if session.manager else None
	return recall.payload(
		customer,
		remembered,
		wallet(session),
		show_empty=session.settings["show_empty_banner"],
		opened=looks.opened(because, LANGUAGE) if because else None,
	)


def answer(session: Session, customer: str) -> dict:
	"""`{"banner": …}` as the form would get it if it were opened now."""
	return {"banner": payload(session, customer)}


def wallets(session: Session) -> list[ledger.Wallet]:
	"""The user's wallets in the company of the open document, else all that he has; the one to spend from first."""
	mine = ledger.wallets(session.db, session.user, session.today, session.company)
	return mine or ledger.wallets(session.db, session.user, session.today)


def wallet_line(session: Session, wallet: ledger.Wallet) -> dict:
	"""What is left in a wallet: the number, the words, whether it is low, and near its end a kind word."""
	policy = wallet.budget
	nudge = policy.is_to_be_used(wallet.left, session.today)
	return {
		"left": float(wallet.left),
		"text": f"{ledger.money(session.db, wallet.left, policy.currency)} left",
		"low": budget.is_low(wallet.left, policy.amount),
		"nudge": budget.text_nudge(LANGUAGE.date(wallet.period_end, session.today)) if nudge else None,
	}


def wallet(session: Session) -> dict | None:
	"""What is left in the user's first wallet, in words."""
	first = next(iter(wallets(session)), None)
	return first and wallet_line(session, first)


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


def _opened(session: Session, customer: str) -> str | None:
	"""The newest reason for which the customer's sensitive notes are open to the user now."""
	mine = {"customer": customer, "user": session.user}
	found = session.db.find("Personal Note Access", mine, "accessed_on desc")
	return next(
		(look["reason"] for look in found if look["open_until"] and look["open_until"] > session.now), None
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
			row["repeats"],
			row["occurrence_key"] or "",
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
