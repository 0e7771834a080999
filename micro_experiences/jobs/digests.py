"""Digests by mail, one a day for each person, each exactly once.

The scheduled function only counts who is due and asks as many workers as can share it. A worker claims a chunk of
preferences that nobody else holds, and writes the queued mails, their proofs and the next moments in one transaction; then
the next chunk. Whoever cannot be written to is set aside with the reason, and stops nobody.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.permissions import ALL_USER_ROLE, SYSTEM_USER_ROLE
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count
from frappe.utils import get_url, get_url_to_form, now_datetime

from micro_experiences.desk.banner import language
from micro_experiences.desk.hours import hours_of
from micro_experiences.desk.preferences import next_digests, open_for
from micro_experiences.desk.safely import tell_log
from micro_experiences.desk.words import money
from micro_experiences.domain import digest as rules
from micro_experiences.domain.sight import USERS
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.micro_experiences.doctype.micro_experiences_settings.micro_experiences_settings import (
	get_settings,
)
from micro_experiences.privacy import sight

# How many mails make one transaction: each is composed within it.
CHUNK = 100
# What a digest in the mail queue refers to.
PREFERENCE = "Follow Up Preference"
# No persons, and Frappe mails to neither.
_NOBODY = frappe.STANDARD_USERS
# When whoever was set aside is tried again, where their own hour cannot be reckoned.
_LATER = timedelta(days=1)


def mx_open_preferences() -> None:
	"""Daily: whoever uses the app has a preference, and so a digest and a bell. Twice is once."""
	user, role, preference = DocType("User"), DocType("Has Role"), DocType(PREFERENCE)
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
	names = dict(frappe.get_all(PREFERENCE, filters=filters, fields=["user", "name"], as_list=True))
	moments = next_digests(dict.fromkeys(names, ""))
	updates = {names[user]: {"next_digest_at": moment} for user, moment in moments.items()}
	frappe.db.bulk_update(PREFERENCE, updates, update_modified=False)


def make_again(preferences: Iterable[str]) -> None:
	"""The last digest of each of these preferences was taken out of the mail queue before it was sent: it is due again, and
	its proof is taken back."""
	names = list(preferences)
	users = frappe.get_all(PREFERENCE, filters={"name": ("in", names)}, pluck="user")
	for user in users:
		of_user = {"recipient": user, "kind": rules.KIND}
		last = frappe.db.get_value("Follow Up Reminder", of_user, "name", order_by="sent_on desc")
		frappe.db.delete("Follow Up Reminder", {"name": last or ""})
	due = {"next_digest_at": now_datetime()}
	frappe.db.set_value(PREFERENCE, {"name": ("in", names), "digest": 1}, due, update_modified=False)


def mx_send_digests() -> None:
	"""Every ten minutes: ask workers for the digests that are due. One that is still at it shares the work."""
	if not get_settings().send_digests:
		return
	due = _due(now_datetime(), workers.most(CHUNK)).as_("due")
	workers.ask(send_due, "digests", frappe.qb.from_(due).select(Count("*")).run()[0][0], CHUNK)


def _due(now: datetime, limit: int, name: str | None = None):
	"""The query for the preferences whose digest is due (or the one `name`, if it is), the oldest first.

	Not by get_all: it reads an empty moment as the first day of all.
	"""
	preference = DocType(PREFERENCE)
	query = (
		frappe.qb.from_(preference)
		.select(preference.name, preference.user, preference.digest_hour)
		.where((preference.digest == 1) & (preference.next_digest_at <= now))
		.orderby(preference.next_digest_at)
		.limit(limit)
	)
	return query.where(preference.name == name) if name else query


def send_due() -> int:
	"""What a worker does: chunk after chunk until nothing is left that nobody else holds; how many mails were queued."""
	return workers.until_done(send_chunk)


def send_chunk(limit: int = CHUNK) -> tuple[int, int]:
	"""The digests of up to `limit` people who are due and whom nobody else holds, in one transaction: how many people, and
	how many mails. When something goes wrong that is of no single mail, each is tried by itself."""
	try:
		return workers.kept(lambda: _send(limit, now_datetime()))
	except workers.UNDONE:
		raise
	except Exception:
		frappe.db.rollback()
		names = _due(now_datetime(), limit).run(pluck=True)
		return len(names), sum(map(_send_alone, names))


def _send_alone(name: str) -> int:
	"""The digest of one preference in a transaction of its own; how many mails. Who is to blame is set aside."""
	try:
		return workers.kept(lambda: _send(1, now_datetime(), name))[1]
	except workers.UNDONE:
		raise
	except Exception as error:
		frappe.db.rollback()
		because = _why(name, error)
		workers.kept(lambda: _set_aside(name, because))
		return 0


def _set_aside(name: str, because: str) -> None:
	now = now_datetime()
	still_due = {"name": name, "next_digest_at": ("<=", now)}
	values = {"next_digest_at": now + _LATER, "set_aside_because": because}
	frappe.db.set_value(PREFERENCE, still_due, values, update_modified=False)


def _why(whose: str, error: Exception, lang: str | None = None) -> str:
	"""Why there is no mail for `whose`, as people read it; the Error Log has the rest."""
	frappe.clear_messages()
	tell_log(f"the digest of {whose}")
	text = _(
		"The mail could not be made ({0}). It is tried again with the next digest; the Error Log says more.",
		lang=lang,
	)
	# Not by format: what is wrong may be the translation of this.
	return text.replace("{0}", f"{type(error).__name__}: {error}"[:200])


def _send(limit: int, now: datetime, name: str | None = None) -> tuple[int, int]:
	"""Write everything that one chunk (of all, or of the preference `name` alone) means."""
	rows = _due(now, limit, name).for_update(skip_locked=True).run(as_dict=True)
	if not rows or not get_settings().send_digests:
		return 0, 0
	people, hours = _people([row.user for row in rows]), hours_of(row.user for row in rows)
	for row in rows:
		row.day, row.next = None, now + _LATER
		try:
			clock = rules.with_hour(hours[row.user], row.digest_hour)
			row.day, row.next = rules.day_due(now, clock), rules.next_digest_after(now, clock)
		except Exception as error:
			row.because = _why(row.user, error)
	sent_before = _sent_before(rows)
	fresh = [row for row in rows if row.day and row.user in people and _key(row) not in sent_before]
	sent = _write_mails(fresh, people)
	_write_proofs(sent, now)
	_schedule_next(rows)
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
	items = _items(rows, people)
	# On an empty day there is nothing to look up for anybody.
	busy = [row for row in rows if row.user in items]
	wallets = _wallets({row.user: people[row.user]["roles"] for row in busy})
	may_send = bool(busy) and bool(EmailAccount.find_outgoing())
	site_language = frappe.db.get_default("lang")
	return [
		row
		for row in busy
		if _write_mail(
			row,
			people[row.user],
			people[row.user]["language"] or site_language,
			items[row.user],
			wallets.get(row.user, ()),
			may_send=may_send,
		)
	]


def _write_mail(
	row, person: dict, lang: str, items: list[rules.Item], wallets: Iterable[ledger.Wallet], *, may_send: bool
) -> bool:
	"""Whether the mail of one row is queued. What stands in its way is kept in `row.because`, and undone alone."""
	frappe.db.savepoint("digest")
	try:
		left = [
			(money(wallet.left, wallet.budget.currency), wallet.period_end)
			for wallet in wallets
			if wallet.left > 0
		]
		digest = rules.compose(items, left, row.day, person["first_name"] or row.user, language(lang))
		if not digest:
			return False
		if not may_send:
			row.because = _(
				"There is no outgoing Email Account, so that no mail can be sent. The bell is not affected.",
				lang=lang,
			)
			return False
		if _queue(row, person, digest):
			return True
		row.because = _(
			"The mail could not be queued: this user has no e-mail address that takes mails.", lang=lang
		)
	except workers.UNDONE:
		raise
	except Exception as error:
		frappe.db.rollback(save_point="digest")
		row.because = _why(row.user, error, lang)
	return False


def _queue(row, person: dict, digest: rules.Digest) -> bool:
	names = {line.name for section in digest.sections for line in section.lines}
	queued = frappe.sendmail(
		recipients=[person["email"]] if person["email"] else [],
		subject=digest.subject,
		template="follow_up_digest",
		args={
			"digest": digest,
			"links": {name: get_url_to_form("Follow Up Task", name) for name in names},
			"all_link": get_url("/app/follow-up-task"),
			"change_link": get_url_to_form(PREFERENCE, row.name),
		},
		reference_doctype=PREFERENCE,
		reference_name=row.name,
		delayed=True,
	)
	return bool(queued)


def _items(rows: list, people: dict[str, dict]) -> dict[str, list[rules.Item]]:
	"""What is open and due within the week for each user, of the customers that the user may open today: three queries for
	all of them, and a few for each whom a User Permission or a hook keeps from some."""
	task, note, gesture = DocType("Follow Up Task"), DocType("Personal Note"), DocType("Gesture")
	behind = DocType("Personal Note").as_("behind")
	found = (
		frappe.qb.from_(task)
		.left_join(gesture)
		.on(gesture.name == task.gesture)
		.left_join(note)
		.on(note.name == task.personal_note)
		.left_join(behind)
		.on(behind.name == gesture.personal_note)
		.select(
			*(task.name, task.customer, task.assigned_to, task.subject, task.due_on, task.snoozed_until),
			task.occurrence_key,
			*(task.personal_note, note.visibility, note.sensitive),
			gesture.personal_note.as_("note_behind"),
			*(behind.visibility.as_("visibility_behind"), behind.sensitive.as_("sensitive_behind")),
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
	for row in _in_sight(found, people):
		row.notes = [
			(visibility, bool(sensitive))
			for name, visibility, sensitive in (
				(row.personal_note, row.visibility, row.sensitive),
				(row.note_behind, row.visibility_behind, row.sensitive_behind),
			)
			if name
		]
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


def _in_sight(rows: list, people: dict[str, dict]) -> list:
	"""Those of the tasks whose customer may still be opened by who has them."""
	customers: dict[str, set[str]] = {}
	for row in rows:
		customers.setdefault(row.assigned_to, set()).add(row.customer)
	everything = sight.read_all_customers({user: people[user]["roles"] for user in customers})
	seen = {
		user: mine if user in everything else sight.seen_by(user, "Customer", mine)
		for user, mine in customers.items()
	}
	return [row for row in rows if row.customer in seen[row.assigned_to]]


def _wallets(roles: dict[str, set[str]]) -> dict[str, list[ledger.Wallet]]:
	"""What each user has left. A budget without a period, such as a fiscal year that nobody has made yet, takes the
	promises out of no mail: then none of them speaks of money."""
	try:
		return ledger.wallets_of_many(roles)
	except ValueError:
		tell_log("the wallets for the digests")
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


def _schedule_next(rows: list) -> None:
	updates = {
		row.name: {"next_digest_at": row.next, "set_aside_because": row.get("because")} for row in rows
	}
	frappe.db.bulk_update(PREFERENCE, updates, update_modified=False)
