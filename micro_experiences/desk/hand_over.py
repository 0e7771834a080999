"""The page "Hand over": when a colleague leaves or is away, somebody else looks after the promises and the notes.

What was for one person alone, and what stems from it, is not touched, not shown and not counted. What was for a group is
handed over too; of what the manager who asks may not see himself, he learns how many there are, and nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import frappe
from frappe import _
from frappe.query_builder import DocType
from frappe.query_builder.functions import Coalesce
from frappe.utils import escape_html, get_fullname, get_url_to_form, getdate

from micro_experiences.desk.banner import language
from micro_experiences.desk.bell import ring
from micro_experiences.domain import notes, promises
from micro_experiences.domain.refusal import Refused
from micro_experiences.privacy import sight

# As many promises at once as a request has time for; the page asks until none is left.
_AT_ONCE = 100
_NOTES_AT_ONCE = 1000
_SHOWN = 20
_MOST_PEOPLE = 1000
_BY_FIELD = {"promises": "assigned_to", "escalations": "escalate_to"}


@frappe.whitelist(methods=["GET"])
def people() -> dict[str, list[dict]]:
	"""`{"leaving", "staying"}`: all users, also those who have left, and those who can take over; each `{"value", "label"}`."""
	sight.check_manager()
	rows = frappe.get_all(
		"User",
		filters={"name": ("not in", ("Guest", "Administrator")), "user_type": "System User"},
		fields=["name", "full_name", "enabled"],
		order_by="enabled asc, full_name asc",
		limit=_MOST_PEOPLE,
	)
	# A user who has left is often no System User any more, so whoever still has a promise is named too.
	known = {row.name for row in rows}
	query, task = _open_tasks()
	holders = query.select(task.assigned_to).distinct().run(pluck=True)
	others = [name for name in holders if name and name not in known]
	rows += [frappe._dict(name=name, full_name=get_fullname(name), enabled=0) for name in others]
	left = _("{0} (has left)")
	return {
		"leaving": [
			{"value": row.name, "label": row.full_name if row.enabled else left.format(row.full_name)}
			for row in rows
		],
		"staying": [{"value": row.name, "label": row.full_name} for row in rows if row.enabled],
	}


@frappe.whitelist(methods=["GET"])
def preview(leaving: str, staying: str) -> dict:
	"""What would be handed over from one user to another, and what not and why. Nothing is written.

	`promises`, `escalations` and `notes` have `count` and up to twenty `rows` of `customer, day, href`, of what the session user
	may see; `unseen` is how many others there are; `kept` are `{"why", "count"}`.
	"""
	sight.check_manager()
	_check(leaving, staying)
	tasks, why_tasks = _tasks(leaving, staying)
	found, why_notes = _notes(leaving, staying)
	tasks = [row for row in tasks if row.name not in why_tasks]
	found = [row for row in found if row.name not in why_notes]
	lists = {
		kind: _list("Follow Up Task", [row for row in tasks if row.seen and row[field] == leaving], "due_on")
		for kind, field in _BY_FIELD.items()
	}
	return lists | {
		"notes": _list("Personal Note", [row for row in found if row.seen], "heard_on"),
		"unseen": sum(not row.seen for row in (*tasks, *found)),
		"kept": _reasons([*why_tasks.values(), *why_notes.values()]),
	}


@frappe.whitelist(methods=["POST"])
def hand_over(leaving: str, staying: str, after: str | None = None) -> dict:
	"""Hand over the promises that come `after` this one by name, up to as many as a request has time for, and with the last
	of them the notes.

	Answers how many `promises`, `escalations` and `notes` were handed over that the session user may see, and how many others
	(`unseen`); what was `kept` (`{"why", "count"}`), and `after` for the next call, None where nothing is left. Doing it twice
	does it once.
	"""
	sight.check_manager()
	_check(leaving, staying)
	tasks, why = _tasks(leaving, staying, after or "", _AT_ONCE)
	given, mine = dict.fromkeys((*_BY_FIELD, "notes", "unseen"), 0), []
	for row in tasks:
		if row.name in why:
			continue
		if why_not := _give(row.name, leaving, staying):
			why[row.name] = why_not if row.seen else _why_unseen()
			continue
		for kind, field in _BY_FIELD.items():
			given[kind] += row.seen and row[field] == leaving
		given["unseen"] += not row.seen
		if row.assigned_to == leaving:
			mine.append(row.name)
	_tell(staying, mine)
	kept, more = list(why.values()), len(tasks) == _AT_ONCE
	if not more:
		found, why_notes = _notes(leaving, staying)
		found = [row for row in found if row.name not in why_notes]
		_give_notes([row.name for row in found], staying)
		given["notes"] = sum(row.seen for row in found)
		given["unseen"] += sum(not row.seen for row in found)
		kept += why_notes.values()
	return given | {"kept": _reasons(kept), "after": tasks[-1].name if more else None}


def _check(leaving: str, staying: str) -> None:
	"""Two people, and the second is there to take over."""
	if leaving == staying:
		frappe.throw(_("Choose two different people."))
	if not frappe.db.exists("User", leaving):
		frappe.throw(_("There is no colleague {0}.").format(escape_html(leaving)))
	if not frappe.db.exists("User", {"name": staying, "enabled": 1, "user_type": "System User"}):
		frappe.throw(_("{0} has left: choose somebody else.").format(escape_html(staying)))


def _open_tasks():
	"""The query for the open promises that stem neither from a note for one person alone nor from a confidential gesture,
	and its table."""
	task, gesture = DocType("Follow Up Task"), DocType("Gesture")
	query = frappe.qb.from_(task).left_join(gesture).on(gesture.name == task.gesture)
	for number, source in enumerate((task.personal_note, gesture.personal_note)):
		note = DocType("Personal Note").as_(f"note_{number}")
		query = (
			query.left_join(note)
			.on(note.name == source)
			.where((Coalesce(source, "") == "") | note.visibility.isin(notes.HANDED_OVER))
		)
	return query.where((task.status == "Open") & (Coalesce(gesture.confidential, 0) == 0)), task


def _tasks(leaving: str, staying: str, after: str = "", limit: int = 0) -> tuple[list, dict[str, str]]:
	"""The open promises of `leaving` that come `after` this one by name, and {name: why not} for those that `staying` cannot
	take over. At most `limit` of them, 0 for all."""
	query, task = _open_tasks()
	query = (
		query.select(
			*(task.name, task.customer, task.due_on, task.personal_note, task.assigned_to, task.escalate_to)
		)
		.where((task.name > after) & ((task.assigned_to == leaving) | (task.escalate_to == leaving)))
		.orderby(task.name)
	)
	rows = _with_sight("Follow Up Task", (query.limit(limit) if limit else query).run(as_dict=True))
	stems = {row.name: row.personal_note for row in rows}
	return rows, _why_not(staying, rows, stems, promises.check_chosen)


def _notes(leaving: str, staying: str) -> tuple[list, dict[str, str]]:
	"""The notes that `leaving` looks after, and {name: why not} for those that `staying` cannot. Private ones never.

	Who looks after a note, and may write it, is its owner, or who heard it where Administrator has brought it in. Who heard
	it stays: "told to Priya" is how it was.
	"""
	rows = frappe.get_all(
		"Personal Note",
		filters={
			"status": "Active",
			"owner": ("in", (leaving, "Administrator")),
			"visibility": ("in", notes.HANDED_OVER),
		},
		or_filters={"owner": leaving, "heard_by": leaving},
		fields=["name", "customer", "heard_on"],
		order_by="name asc",
	)
	rows = _with_sight("Personal Note", rows)
	return rows, _why_not(staying, rows, {row.name: row.name for row in rows}, notes.check_handed_over)


def _with_sight(doctype: str, rows: list) -> list:
	"""The rows, each with `seen`: whether the session user may see the record himself."""
	names = [row.name for row in rows]
	listed = frappe.get_list(doctype, filters={"name": ("in", names)}, pluck="name", limit=0) if names else []
	seen = set(listed)
	for row in rows:
		row.seen = row.name in seen
	return rows


def _why_not(user: str, rows: list, stems: dict[str, str | None], check: Callable) -> dict[str, str]:
	"""Why `user` may not have some records: {name: reason}. `stems` says which note each of them needs to be seen."""
	customers = sight.seen_by(user, "Customer", {row.customer for row in rows})
	seen = sight.seen_by(user, "Personal Note", set(filter(None, stems.values())))
	full_name, why = get_fullname(user), {}
	for row in rows:
		note = stems[row.name]
		try:
			check(full_name, sees_customer=row.customer in customers, sees_note=not note or note in seen)
		except Refused as refused:
			why[row.name] = refused.say(_, str) if row.seen else _why_unseen()
	return why


def _why_unseen() -> str:
	"""The one reason that is given for all that the session user may not see."""
	return _("It is not for you to see, and could not be handed over: choose somebody else.")


def _give(name: str, leaving: str, staying: str) -> str:
	"""Hand one promise over by its own rules; why not, or "" where it is done."""
	frappe.db.savepoint("hand_over")
	try:
		task = frappe.get_doc("Follow Up Task", name, for_update=True)
		task.update({field: staying for field in _BY_FIELD.values() if task.get(field) == leaving})
		task.save(ignore_permissions=True)
	except (frappe.ValidationError, frappe.PermissionError, frappe.DoesNotExistError) as error:
		frappe.db.rollback(save_point="hand_over")
		frappe.clear_messages()
		return frappe.utils.strip_html(str(error)) or _("It could not be saved.")
	return ""


def _give_notes(names: list[str], staying: str) -> None:
	"""The notes have a new owner."""
	for start in range(0, len(names), _NOTES_AT_ONCE):
		chunk = names[start : start + _NOTES_AT_ONCE]
		frappe.db.set_value("Personal Note", {"name": ("in", chunk)}, "owner", staying)


def _tell(user: str, names: list[str]) -> None:
	"""The bell of who takes over: one line, and nothing of what was promised."""
	if names and user != frappe.session.user:
		lang = frappe.db.get_value("User", user, "language")
		subject = _("Promises handed over to you: {0}", lang=lang).format(len(names))
		ring([(user, subject, "Follow Up Task", names[0])])


def _list(doctype: str, rows: list, day: str) -> dict:
	today, speak = getdate(), language()
	shown = sorted(rows, key=lambda row: (str(row[day] or ""), row.name))[:_SHOWN]
	return {
		"count": len(rows),
		"rows": [
			{
				"customer": row.customer,
				"day": speak.date(getdate(row[day]), today) if row[day] else "",
				"href": get_url_to_form(doctype, row.name),
			}
			for row in shown
		],
	}


def _reasons(whys: Iterable[str]) -> list[dict]:
	"""Each reason once, the most frequent first."""
	return [{"why": why, "count": count} for why, count in Counter(whys).most_common()]
