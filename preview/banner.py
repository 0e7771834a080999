"""The banner "Remember this" on a form of the preview."""

from micro_experiences.domain import budgets, recall, recall_rows
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
	"year_known",
	"remember_until",
	"pinned",
	"topic",
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
		viewpoint=_get_viewpoint(session),
	)
	first = next(iter(get_wallets(session)), None)
	return recall.get_banner_fields(
		customer,
		result,
		first and get_wallet_summary(session, first),
		show_empty=session.settings["show_empty_banner"],
	)


def get_more(session: Session, customer: str) -> dict:
	"""Return the lines that the banner counts as `more`."""
	if not session.has_permission("Personal Note", "read"):
		return {"items": []}
	items = recall.select_remaining_items(
		_get_notes(session, customer),
		_get_follow_ups(session, customer),
		_get_uses(session, customer),
		viewpoint=_get_viewpoint(session),
	)
	return {"items": [item.as_dict() for item in items]}


def _get_viewpoint(session: Session) -> recall.Viewpoint:
	settings = recall.RecallSettings.from_settings(session.settings)
	reference = session.open if all(session.open) else None
	return recall.Viewpoint(session.now, session.contact, reference, settings, LANGUAGE)


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


def build_recall_note(session: Session, row: dict) -> recall_rows.Note:
	"""Return a row of Personal Note as recall needs it."""
	by_viewer = row["heard_by"] == session.user
	return recall_rows.Note(
		**{field: row[field] for field in _NOTE_FIELDS} | {"kind": row["kind"] or ""},
		heard_by=session.first_name(row["heard_by"]),
		is_mine=by_viewer,
		heard_via=row["heard_via"] or "",
		is_new=recall.is_new(row["creation"], row["heard_on"], session.now, by_viewer=by_viewer),
	)


def _get_notes(session: Session, customer: str) -> list[recall_rows.Note]:
	filters = {"customer": customer, "status": "Active"}
	rows = session.rows(
		"Personal Note", filters, "kind = 'Never' desc, pinned desc, heard_on desc, name", _MAX_ROWS
	)
	return [build_recall_note(session, row) for row in rows]


def _get_follow_ups(session: Session, customer: str) -> list[recall_rows.FollowUp]:
	filters = {"customer": customer, "status": "Open"}
	return [
		recall_rows.FollowUp(
			row["name"],
			row["subject"],
			row["due_on"],
			session.first_name(row["assigned_to"]),
			row["assigned_to"] == session.user,
			row["snoozed_until"],
			row["repeats"],
			row["occurrence_key"] or "",
			row["gesture"],
		)
		for row in session.rows("Follow Up Task", filters, "due_on, name", _MAX_ROWS)
	]


def _get_uses(session: Session, customer: str) -> list[recall_rows.NoteUse]:
	filters = {"customer": customer, "action": ["Used", "Snoozed"]}
	return [
		recall_rows.NoteUse(
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
