"""Digests by mail, one a day for each person, each exactly once.

The scheduled function only counts who is due and asks as many workers as can share it. A worker claims a chunk of
preferences that nobody else holds, and writes the queued mails, their proofs and the next moments in one transaction; then
the next chunk. Whoever cannot be written to is set aside with the reason, and stops nobody.
"""

from collections.abc import Callable
from datetime import datetime

import frappe
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.permissions import ALL_USER_ROLE, SYSTEM_USER_ROLE
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce, Count
from frappe.utils import get_url, get_url_to_form, now_datetime

from micro_experiences.desk.banner import language
from micro_experiences.desk.hours import hours_of
from micro_experiences.desk.preferences import next_digests, open_for
from micro_experiences.desk.words import money
from micro_experiences.domain import digest as rules
from micro_experiences.domain.sight import USERS
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)

# How many mails make one transaction: each is composed within it.
CHUNK = 100
_PREFERENCE = "Follow Up Preference"
# No persons, and Frappe mails to neither.
_NOBODY = frappe.STANDARD_USERS


def mx_open_preferences() -> None:
	"""Daily: whoever uses the app has a preference, and so a digest and a bell. Twice is once."""
	user, role, preference = DocType("User"), DocType("Has Role"), DocType(_PREFERENCE)
	missing = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User") & role.role.isin(USERS))
		.left_join(preference)
		.on(preference.user == user.name)
		.select(user.name)
		.distinct()
		.where((user.enabled == 1) & (user.user_type == "System User") & user.name.notin(_NOBODY))
		.where(preference.name.isnull())
		.run(pluck=True)
	)
	open_for(missing)


def follow_the_hour_of_the_site() -> None:
	"""The hour in the settings was changed: the next digests of those who chose none come at the new one."""
	filters = {"digest": 1, "digest_hour": ("in", ("", None))}
	names = dict(frappe.get_all(_PREFERENCE, filters=filters, fields=["user", "name"], as_list=True))
	moments = next_digests(dict.fromkeys(names, ""))
	updates = {names[user]: {"next_digest_at": moment} for user, moment in moments.items()}
	frappe.db.bulk_update(_PREFERENCE, updates, update_modified=False)


def mx_send_digests() -> None:
	"""Every ten minutes: ask workers for the digests that are due. One that is still at it shares the work."""
	if not get_settings().send_digests:
		return
	due = _due(now_datetime(), workers.most(CHUNK)).as_("due")
	workers.ask(send_due, "digests", frappe.qb.from_(due).select(Count("*")).run()[0][0], CHUNK)


def _due(now: datetime, limit: int):
	"""The query for the preferences whose digest is due, the oldest first.

	Not by get_all: it reads an empty moment as the first day of all.
	"""
	preference = DocType(_PREFERENCE)
	return (
		frappe.qb.from_(preference)
		.select(preference.name, preference.user, preference.digest_hour)
		.where((preference.digest == 1) & (preference.next_digest_at <= now))
		.orderby(preference.next_digest_at)
		.limit(limit)
	)


def send_due() -> int:
	"""What a worker does: chunk after chunk until nothing is left that nobody else holds; how many mails were queued."""
	return workers.until_done(send_chunk)


def send_chunk(limit: int = CHUNK) -> tuple[int, int]:
	"""The digests of up to `limit` people who are due and whom nobody else holds, in one transaction: how many people, and
	how many mails."""
	return workers.kept(lambda: _send(limit, now_datetime()))


def _send(limit: int, now: datetime) -> tuple[int, int]:
	rows = _due(now, limit).for_update(skip_locked=True).run(as_dict=True)
	if not rows or not get_settings().send_digests:
		return 0, 0
	people, hours = _people([row.user for row in rows]), hours_of(row.user for row in rows)
	for row in rows:
		row.hours = rules.with_hour(hours[row.user], row.digest_hour)
		row.day = rules.day_due(now, row.hours)
	sent_before = _sent_before(rows)
	fresh = [row for row in rows if row.day and row.user in people and _key(row) not in sent_before]
	sent = _write_mails(fresh, people)
	_write_proofs(sent, now)
	_schedule_next(rows, now)
	return len(rows), len(sent)


def _people(users: list[str]) -> dict[str, dict]:
	"""Those of `users` who may be written to: enabled System Users with a role of the app. `email, first_name, language,
	roles` by user."""
	user, role = DocType("User"), DocType("Has Role")
	rows = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name, user.email, user.first_name, user.language, role.role)
		.where(user.name.isin(users) & (user.enabled == 1) & (user.user_type == "System User"))
		.where(user.name.notin(_NOBODY))
		.run(as_dict=True)
	)
	people: dict[str, dict] = {}
	for row in rows:
		people.setdefault(row.name, row | {"roles": {ALL_USER_ROLE, SYSTEM_USER_ROLE}})["roles"].add(row.role)
	return {name: person for name, person in people.items() if not person["roles"].isdisjoint(USERS)}


def _key(row) -> str:
	return rules.digest_key(row.user, row.day)


def _sent_before(rows: list) -> set[str]:
	keys = [_key(row) for row in rows if row.day]
	filters = {"reminder_key": ("in", keys)}
	return set(frappe.get_all("Follow Up Reminder", filters=filters, pluck="reminder_key")) if keys else set()


def _write_mails(rows: list, people: dict[str, dict]) -> list:
	"""Queue the mail of each row; those that have one. `because` of a row says why it has none where it should."""
	if not rows:
		return []
	items = _items(rows)
	# On an empty day there is nothing to look up for anybody.
	busy = [row for row in rows if row.user in items]
	wallets = _wallets({row.user: people[row.user]["roles"] for row in busy})
	may_send = bool(busy) and bool(EmailAccount.find_outgoing())
	site_language, sent = frappe.db.get_default("lang"), []
	for row in busy:
		person = people[row.user]
		speak = language(person["language"] or site_language)
		_ = speak.translate
		told = [
			(money(wallet.left, wallet.budget.currency), wallet.period_end)
			for wallet in wallets.get(row.user, ())
			if wallet.left > 0
		]
		digest = rules.compose(items[row.user], told, row.day, person["first_name"] or row.user, speak)
		if not digest:
			continue
		if not may_send:
			row.because = _(
				"There is no outgoing Email Account, so that no mail can be sent. The bell is not affected."
			)
			continue
		if _queue(row, person, digest, speak.translate):
			sent.append(row)
	return sent


def _queue(row, person: dict, digest: rules.Digest, translate: Callable[[str], str]) -> bool:
	"""Whether the mail is queued. What stands in its way is kept in `row.because`, and undone alone."""
	_ = translate
	names = {line.name for section in digest.sections for line in section.lines}
	frappe.db.savepoint("digest")
	try:
		queued = frappe.sendmail(
			recipients=[person["email"]] if person["email"] else [],
			subject=digest.subject,
			template="follow_up_digest",
			args={
				"digest": digest,
				"links": {name: get_url_to_form("Follow Up Task", name) for name in names},
				"all_link": get_url("/app/follow-up-task"),
				"change_link": get_url_to_form(_PREFERENCE, row.name),
			},
			reference_doctype=_PREFERENCE,
			reference_name=row.name,
			delayed=True,
		)
	except workers.UNDONE:
		raise
	except Exception as error:
		frappe.db.rollback(save_point="digest")
		frappe.clear_messages()
		frappe.log_error(title=f"Micro Experiences: the digest of {row.user}")
		row.because = _(
			"The mail could not be made ({0}). It is tried again with the next digest; the Error Log says more."
		).format(f"{type(error).__name__}: {error}"[:200])
		return False
	if not queued:
		row.because = _("The mail could not be queued: this user has no e-mail address that takes mails.")
	return bool(queued)


def _items(rows: list) -> dict[str, list[rules.Item]]:
	"""What is open and due within the week for each user, in two queries for all of them."""
	task, note, gesture = DocType("Follow Up Task"), DocType("Personal Note"), DocType("Gesture")
	source = Coalesce(task.personal_note, gesture.personal_note)
	found = (
		frappe.qb.from_(task)
		.left_join(gesture)
		.on(gesture.name == task.gesture)
		.left_join(note)
		.on(note.name == source)
		.select(
			*(task.name, task.customer, task.assigned_to, task.subject, task.due_on, task.snoozed_until),
			task.occurrence_key,
			source.as_("personal_note"),
			note.visibility.as_("note_visibility"),
			note.sensitive.as_("note_sensitive"),
			gesture.confidential.as_("gesture_confidential"),
		)
		.where((task.status == "Open") & task.assigned_to.isin([row.user for row in rows]))
		.where(task.due_on <= rules.last_day(max(row.day for row in rows)))
		.run(as_dict=True)
	)
	customers = {row.customer for row in found}
	names = dict(
		frappe.get_all(
			"Customer",
			filters={"name": ("in", customers)},
			fields=["name", "customer_name"],
			as_list=True,
		)
	)
	names_promises = bool(get_settings().digest_names_promises)
	items: dict[str, list[rules.Item]] = {}
	for row in found:
		items.setdefault(row.assigned_to, []).append(
			rules.Item(
				row.name,
				names.get(row.customer) or row.customer or "",
				row.due_on,
				row.snoozed_until,
				rules.subject_told(row, names_promises=names_promises),
				bool(row.occurrence_key),
			)
		)
	return items


def _wallets(roles: dict[str, set[str]]) -> dict[str, list[ledger.Wallet]]:
	"""What each user has left. A budget without a period, such as a fiscal year that nobody has made yet, takes the
	promises out of no mail: then none of them speaks of money."""
	try:
		return ledger.wallets_of_many(roles)
	except ValueError:
		frappe.log_error(title="Micro Experiences: the wallets for the digests")
		return {}


def _write_proofs(rows: list, now: datetime) -> None:
	me = frappe.session.user
	fields = (
		*("name", "creation", "modified", "owner", "modified_by"),
		*("occurrence", "recipient", "kind", "sent_on", "reminder_key"),
	)
	values = [
		(frappe.generate_hash(length=12), now, now, me, me, row.day, row.user, rules.KIND, now, _key(row))
		for row in rows
	]
	if values:
		# Not ignore_duplicates: a key that is there already must undo this chunk, mails and all.
		frappe.db.bulk_insert("Follow Up Reminder", fields, values)


def _schedule_next(rows: list, now: datetime) -> None:
	updates = {
		row.name: {
			"next_digest_at": rules.next_digest_after(now, row.hours),
			"set_aside_because": row.get("because"),
		}
		for row in rows
	}
	frappe.db.bulk_update(_PREFERENCE, updates, update_modified=False)
