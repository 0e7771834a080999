"""Compose, queue and record the daily digests."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import frappe
from frappe import _
from frappe.email.doctype.email_account.email_account import EmailAccount
from frappe.permissions import ALL_USER_ROLE, SYSTEM_USER_ROLE
from frappe.query_builder import DocType
from frappe.utils import get_url, get_url_to_form, now_datetime

from micro_experiences.domain import digests as rules
from micro_experiences.domain.visibility import APP_ROLES
from micro_experiences.permissions import visibility
from micro_experiences.services import ledger
from micro_experiences.services.preferences import get_next_digests
from micro_experiences.services.quiet_hours import get_user_hours
from micro_experiences.utils import background_jobs, transactions
from micro_experiences.utils.formatting import format_money
from micro_experiences.utils.language import get_language
from micro_experiences.utils.resilience import log_exception
from micro_experiences.utils.settings import get_settings

# Emails per transaction. Each is composed inside it.
CHUNK_SIZE = 100
# The reference document of a digest in the email queue.
PREFERENCE_DOCTYPE = "Follow Up Preference"
# Not people, and Frappe sends email to neither.
EXCLUDED_USERS = frappe.STANDARD_USERS
# When to retry a failed digest if the user's own hour cannot be calculated.
_RETRY_AFTER = timedelta(days=1)


def reschedule_default_digests() -> None:
	"""Reschedule the digests of users without an hour of their own after the hour in the settings has
	changed."""
	filters = {"digest": 1, "digest_hour": ("in", ("", None))}
	names = dict(frappe.get_all(PREFERENCE_DOCTYPE, filters=filters, fields=["user", "name"], as_list=True))
	moments = get_next_digests(dict.fromkeys(names, ""))
	updates = {names[user]: {"next_digest_at": moment} for user, moment in moments.items()}
	frappe.db.bulk_update(PREFERENCE_DOCTYPE, updates, update_modified=False)


def requeue_digests(preferences: Iterable[str]) -> None:
	"""Make the digests of these preferences due again and delete their proof rows, after the last email
	was removed from the queue before it was sent."""
	names = list(preferences)
	users = frappe.get_all(PREFERENCE_DOCTYPE, filters={"name": ("in", names)}, pluck="user")
	for user in users:
		of_user = {"recipient": user, "kind": rules.DIGEST_KIND}
		last = frappe.db.get_value("Follow Up Reminder", of_user, "name", order_by="sent_on desc")
		frappe.db.delete("Follow Up Reminder", {"name": last or ""})
	due = {"next_digest_at": now_datetime()}
	frappe.db.set_value(PREFERENCE_DOCTYPE, {"name": ("in", names), "digest": 1}, due, update_modified=False)


def get_due_query(now: datetime, limit: int, name: str | None = None):
	"""Build the query for preferences whose digest is due, oldest first, or for the preference `name` alone
	if it is due.

	Not get_all: it treats an empty due time as the earliest possible date.
	"""
	preference = DocType(PREFERENCE_DOCTYPE)
	query = (
		frappe.qb.from_(preference)
		.select(preference.name, preference.user, preference.digest_hour)
		.where((preference.digest == 1) & (preference.next_digest_at <= now))
		.orderby(preference.next_digest_at)
		.limit(limit)
	)
	return query.where(preference.name == name) if name else query


def send_due_digests() -> int:
	"""Run in a worker: process chunks until no unclaimed digest is due. Return the number of queued
	emails."""
	return background_jobs.process_chunks(send_chunk)


def send_chunk(limit: int = CHUNK_SIZE) -> tuple[int, int]:
	"""Send up to `limit` due digests that no other worker holds, in one transaction. Return (preferences,
	emails). If an error cannot be attributed to a single email, each digest is tried separately."""
	try:
		return transactions.commit_with_retry(lambda: _send(limit, now_datetime()))
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception:
		frappe.db.rollback()
		names = get_due_query(now_datetime(), limit).run(pluck=True)
		return len(names), sum(_send_single(name) for name in names)


def _send_single(name: str) -> int:
	"""Send the digest of one preference in its own transaction and return the number of emails. On error,
	the preference is marked as failed."""
	try:
		return transactions.commit_with_retry(lambda: _send(1, now_datetime(), name))[1]
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception as error:
		frappe.db.rollback()
		because = _describe_error(name, error)
		transactions.commit_with_retry(lambda: _mark_failed(name, because))
		return 0


def _mark_failed(name: str, because: str) -> None:
	now = now_datetime()
	still_due = {"name": name, "next_digest_at": ("<=", now)}
	values = {"next_digest_at": now + _RETRY_AFTER, "set_aside_because": because}
	frappe.db.set_value(PREFERENCE_DOCTYPE, still_due, values, update_modified=False)


def _describe_error(whose: str, error: Exception, lang: str | None = None) -> str:
	"""Return why there is no email for this user, as a message for people. The traceback goes to the Error
	Log."""
	frappe.clear_messages()
	log_exception(f"Digest of {whose}")
	text = _(
		"The email could not be created ({0}). The app tries again with the next scheduled digest. See the Error Log for details.",
		lang=lang,
	)
	# Not str.format: the translation itself may be what is broken.
	return text.replace("{0}", f"{type(error).__name__}: {error}"[:200])


def _send(limit: int, now: datetime, name: str | None = None) -> tuple[int, int]:
	"""Write the emails, proof rows and next due times of one chunk, or of the preference `name` alone."""
	rows = get_due_query(now, limit, name).for_update(skip_locked=True).run(as_dict=True)
	if not rows or not get_settings().send_digests:
		return 0, 0
	people, hours = _get_recipients([row.user for row in rows]), get_user_hours(row.user for row in rows)
	for row in rows:
		row.day, row.next = None, now + _RETRY_AFTER
		try:
			clock = rules.apply_digest_hour(hours[row.user], row.digest_hour)
			row.day, row.next = rules.get_due_day(now, clock), rules.get_next_digest_time(now, clock)
		except Exception as error:
			row.because = _describe_error(row.user, error)
	sent_before = _get_sent_keys(rows)
	fresh = [row for row in rows if row.day and row.user in people and _get_key(row) not in sent_before]
	sent = _queue_mails(fresh, people)
	_write_proofs(sent, now)
	_schedule_next(rows)
	return len(rows), len(sent)


def _get_recipients(users: list[str]) -> dict[str, dict]:
	"""Return the users who may receive a digest: enabled System Users with a role of the app. Each has
	`email, first_name, language, roles`, by user."""
	user, role = DocType("User"), DocType("Has Role")
	rows = (
		frappe.qb.from_(user)
		.join(role)
		.on((role.parent == user.name) & (role.parenttype == "User"))
		.select(user.name, user.email, user.first_name, user.language, role.role)
		.where(user.name.isin(users) & (user.enabled == 1) & (user.user_type == "System User"))
		.where(user.name.notin(EXCLUDED_USERS))
		.run(as_dict=True)
	)
	people: dict[str, dict] = {}
	for row in rows:
		people.setdefault(row.name, row | {"roles": {ALL_USER_ROLE, SYSTEM_USER_ROLE}})["roles"].add(row.role)
	return {name: person for name, person in people.items() if not person["roles"].isdisjoint(APP_ROLES)}


def _get_key(row) -> str:
	return rules.digest_key(row.user, row.day)


def _get_sent_keys(rows: list) -> set[str]:
	keys = [_get_key(row) for row in rows if row.day]
	filters = {"reminder_key": ("in", keys)}
	return set(frappe.get_all("Follow Up Reminder", filters=filters, pluck="reminder_key")) if keys else set()


def _queue_mails(rows: list, people: dict[str, dict]) -> list:
	"""Queue the email of each row and return the rows that have one. `because` of a row says why it has
	none although it should."""
	if not rows:
		return []
	items = _get_items(rows, people)
	# Users without items need no further queries.
	busy = [row for row in rows if row.user in items]
	wallets = _get_wallets({row.user: people[row.user]["roles"] for row in busy})
	can_send = bool(busy) and bool(EmailAccount.find_outgoing())
	site_language = frappe.db.get_default("lang")
	return [
		row
		for row in busy
		if _queue_mail(
			row,
			people[row.user],
			people[row.user]["language"] or site_language,
			items[row.user],
			wallets.get(row.user, ()),
			can_send=can_send,
		)
	]


def _queue_mail(
	row,
	person: dict,
	lang: str,
	items: list[rules.DigestItem],
	wallets: Iterable[ledger.Wallet],
	*,
	can_send: bool,
) -> bool:
	"""Return whether the email of one row was queued. An error is stored in `row.because`, and only this
	row is rolled back."""
	frappe.db.savepoint("digest")
	try:
		left = [
			(format_money(wallet.left, wallet.budget.currency), wallet.period_end)
			for wallet in wallets
			if wallet.left > 0
		]
		digest = rules.compose_digest(
			items, left, row.day, person["first_name"] or row.user, get_language(lang)
		)
		if not digest:
			return False
		if not can_send:
			row.because = _(
				"No email can be sent because there is no outgoing Email Account. Notifications in Desk are not affected.",
				lang=lang,
			)
			return False
		if _send_mail(row, person, digest):
			return True
		row.because = _(
			"The email could not be queued because this user has no valid email address.", lang=lang
		)
	except transactions.RETRYABLE_ERRORS:
		raise
	except Exception as error:
		frappe.db.rollback(save_point="digest")
		row.because = _describe_error(row.user, error, lang)
	return False


def _send_mail(row, person: dict, digest: rules.Digest) -> bool:
	names = {line.name for section in digest.sections for line in section.lines}
	queued = frappe.sendmail(
		recipients=[person["email"]] if person["email"] else [],
		subject=digest.subject,
		template="follow_up_digest",
		args={
			"digest": digest,
			"links": {name: get_url_to_form("Follow Up Task", name) for name in names},
			"all_link": get_url("/app/follow-up-task"),
			"change_link": get_url_to_form(PREFERENCE_DOCTYPE, row.name),
		},
		reference_doctype=PREFERENCE_DOCTYPE,
		reference_name=row.name,
		delayed=True,
	)
	return bool(queued)


def _get_items(rows: list, people: dict[str, dict]) -> dict[str, list[rules.DigestItem]]:
	"""Return the open follow-ups due within a week, by user, for customers that the user may open today.
	Takes three queries for everybody, plus a few for each user whose access is restricted by a User
	Permission or a hook."""
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
			task.name,
			task.customer,
			task.assigned_to,
			task.subject,
			task.due_on,
			task.snoozed_until,
			task.occurrence_key,
			task.personal_note,
			note.visibility,
			note.sensitive,
			gesture.personal_note.as_("note_behind"),
			behind.visibility.as_("visibility_behind"),
			behind.sensitive.as_("sensitive_behind"),
			gesture.confidential.as_("gesture_confidential"),
		)
		.where((task.status == "Open") & task.assigned_to.isin([row.user for row in rows]))
		.where(task.due_on <= rules.get_last_day(max(row.day for row in rows)))
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
	includes_subjects = bool(get_settings().digest_names_promises)
	items: dict[str, list[rules.DigestItem]] = {}
	for row in _filter_visible(found, people):
		row.notes = [
			(visibility, bool(sensitive))
			for name, visibility, sensitive in (
				(row.personal_note, row.visibility, row.sensitive),
				(row.note_behind, row.visibility_behind, row.sensitive_behind),
			)
			if name
		]
		items.setdefault(row.assigned_to, []).append(
			rules.DigestItem(
				row.name,
				names.get(row.customer) or row.customer or "",
				row.due_on,
				row.snoozed_until,
				rules.get_disclosable_subject(row, includes_subjects=includes_subjects),
				bool(row.occurrence_key),
			)
		)
	return items


def _filter_visible(rows: list, people: dict[str, dict]) -> list:
	"""Return the tasks whose owner may still open the customer."""
	customers: dict[str, set[str]] = {}
	for row in rows:
		customers.setdefault(row.assigned_to, set()).add(row.customer)
	everything = visibility.get_all_customer_readers({user: people[user]["roles"] for user in customers})
	seen = {
		user: mine if user in everything else visibility.filter_visible(user, "Customer", mine)
		for user, mine in customers.items()
	}
	return [row for row in rows if row.customer in seen[row.assigned_to]]


def _get_wallets(roles: dict[str, set[str]]) -> dict[str, list[ledger.Wallet]]:
	"""Return what each user has left. If a budget has no period, for example because a fiscal year is
	missing, the emails are sent without amounts."""
	try:
		return ledger.get_wallets_by_user(roles)
	except ValueError:
		log_exception("Wallets for the digests")
		return {}


def _write_proofs(rows: list, now: datetime) -> None:
	me = frappe.session.user
	fields = (
		"name",
		"creation",
		"modified",
		"owner",
		"modified_by",
		"occurrence",
		"recipient",
		"kind",
		"sent_on",
		"reminder_key",
	)
	values = [
		(
			frappe.generate_hash(length=12),
			now,
			now,
			me,
			me,
			row.day,
			row.user,
			rules.DIGEST_KIND,
			now,
			_get_key(row),
		)
		for row in rows
	]
	if values:
		# Not ignore_duplicates: an existing key must roll back the whole chunk, including its emails.
		frappe.db.bulk_insert("Follow Up Reminder", fields, values)


def _schedule_next(rows: list) -> None:
	updates = {
		row.name: {"next_digest_at": row.next, "set_aside_because": row.get("because")} for row in rows
	}
	frappe.db.bulk_update(PREFERENCE_DOCTYPE, updates, update_modified=False)
