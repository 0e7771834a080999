"""The banner "Remember this" on a form of the preview."""

from micro_experiences.domain import budgets, recall
from preview import ledger
from preview.session import LANGUAGE, Session

_MAX_ROWS = 200
_NOTE_FIELDS = (
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


def get_banner(session: Session, customer: str) -> dict | None:
	"""Return the banner of a form, or None if nothing is to be shown."""
	touchpoint = (session.open[0] or "Customer").lower().replace(" ", "_")
	if not session.settings.get(f"show_on_{touchpoint}") or not session.db.get("Customer", customer):
		return None
	return get_payload(session, customer)


def get_payload(session: Session, customer: str) -> dict | None:
	"""Return the banner of one customer for the user, or None if the user may not read notes."""
	if not session.has_permission("Personal Note", "read"):
		return None
	result = recall.select_items(
		_get_notes(session, customer),
		_get_follow_ups(session, customer),
		_get_uses(session, customer),
		now=session.now,
		contact=session.contact,
		reference=session.open if all(session.open) else None,
		recall_settings=recall.RecallSettings.from_settings(session.settings),
		language=LANGUAGE,
	)
	first = next(iter(get_wallets(session)), None)
	return recall.get_banner_fields(
		customer,
		result,
		first and get_wallet_summary(session, first),
		show_empty=session.settings["show_empty_banner"],
	)


def respond_with_banner(session: Session, customer: str) -> dict:
	"""Return `{"banner": …}` as the form would receive it now."""
	return {"banner": get_payload(session, customer)}


def get_wallets(session: Session) -> list[ledger.Wallet]:
	"""Return the user's wallets in the company of the open document, else all of them."""
	return ledger.get_wallets(session, session.user, session.company) or ledger.get_wallets(
		session, session.user
	)


def get_wallet_summary(session: Session, wallet: ledger.Wallet) -> dict:
	"""Return what is left in a wallet: the number, the text, whether it is low, and a nudge near its end."""
	policy = wallet.budget
	nudge = policy.should_nudge(wallet.left, session.today)
	return {
		"left": float(wallet.left),
		"text": f"{session.money(wallet.left, policy.currency)} left",
		"low": budgets.is_balance_low(wallet.left, policy.amount),
		"nudge": budgets.format_nudge(LANGUAGE.format_date(wallet.period_end, session.today))
		if nudge
		else None,
	}


def build_recall_note(session: Session, row: dict) -> recall.Note:
	"""Return a row of Personal Note as recall needs it."""
	return recall.Note(
		**{field: row[field] for field in _NOTE_FIELDS},
		heard_by=session.first_name(row["heard_by"]),
		is_mine=row["heard_by"] == session.user,
		heard_via=row["heard_via"] or "",
	)


def _get_notes(session: Session, customer: str) -> list[recall.Note]:
	filters = {"customer": customer, "status": "Active"}
	rows = session.rows("Personal Note", filters, "pinned desc, heard_on desc, name", _MAX_ROWS)
	return [build_recall_note(session, row) for row in rows]


def _get_follow_ups(session: Session, customer: str) -> list[recall.FollowUp]:
	filters = {"customer": customer, "status": "Open"}
	return [
		recall.FollowUp(
			row["name"],
			row["subject"],
			row["due_on"],
			session.first_name(row["assigned_to"]),
			row["assigned_to"] == session.user,
			row["snoozed_until"],
			row["repeats"],
			row["occurrence_key"] or "",
		)
		for row in session.rows("Follow Up Task", filters, "due_on, name", _MAX_ROWS)
	]


def _get_uses(session: Session, customer: str) -> list[recall.NoteUse]:
	filters = {"customer": customer, "action": ["Used", "Snoozed"]}
	return [
		recall.NoteUse(
			row["personal_note"],
			row["action"],
			session.first_name(row["used_by"]),
			row["used_by"] == session.user,
			row["used_on"],
			row["they_said"] or "",
			row["snoozed_until"],
			(row["reference_doctype"], row["reference_name"]) if row["reference_name"] else None,
		)
		for row in session.db.find("Personal Note Use", filters, "used_on desc", _MAX_ROWS)
	]
