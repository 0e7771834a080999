"""Every trace of records of ours that Frappe keeps beside them: in its tables and files, and in memory."""

import quopri
from collections.abc import Callable, Collection, Iterable, Iterator

import frappe
from frappe.query_builder import CustomFunction, DocType
from frappe.query_builder.functions import Replace

from micro_experiences.desk.safely import after_commit
from micro_experiences.domain.erasure import OURS, Marks, is_ours
from micro_experiences.domain.sight import GUARDED, WORDS
from micro_experiences.jobs import digests
from micro_experiences.privacy import memory

# How many records one statement is about.
CHUNK = 500

# Rows about a document: (DocType, its field for the document's DocType, its field for the name).
_ROWS = (
	("Version", "ref_doctype", "docname"),
	("Comment", "reference_doctype", "reference_name"),
	("Notification Log", "document_type", "document_name"),
	("DocShare", "share_doctype", "share_name"),
	("Document Share Key", "reference_doctype", "reference_docname"),
	("View Log", "reference_doctype", "reference_name"),
	("Document Follow", "ref_doctype", "ref_docname"),
	("Communication Link", "link_doctype", "link_name"),
	("Event Participants", "reference_doctype", "reference_docname"),
	("Dynamic Link", "link_doctype", "link_name"),
	("Activity Log", "reference_doctype", "reference_name"),
	("Activity Log", "timeline_doctype", "timeline_name"),
	("Activity Log", "link_doctype", "link_name"),
	("Milestone", "reference_type", "reference_name"),
	("Reminder", "reminder_doctype", "reminder_docname"),
	("Email Unsubscribe", "reference_doctype", "reference_name"),
	("Energy Point Log", "reference_doctype", "reference_name"),
	("Integration Request", "reference_doctype", "reference_docname"),
	("Submission Queue", "ref_doctype", "ref_docname"),
	("Error Log", "reference_doctype", "reference_name"),
)
# Documents about a document, which have traces of their own.
_DOCUMENTS = (
	("ToDo", "reference_type", "reference_name"),
	("Communication", "reference_doctype", "reference_name"),
	("Event", "reference_doctype", "reference_docname"),
	("Auto Repeat", "reference_doctype", "reference_document"),
	("Discussion Topic", "reference_doctype", "reference_docname"),
	("Workflow Action", "reference_doctype", "reference_name"),
)
# Where words of ours may stand in the midst of something else.
_TEXTS = {
	"Error Log": ("method", "error"),
	"Scheduled Job Log": ("details", "debug_log"),
	"Notification Log": ("subject", "email_content"),
	"Access Log": ("export_from", "reference_document", "filters", "columns", "page"),
	"Activity Log": ("subject", "content"),
	"Integration Request": ("data", "output", "error"),
	"Webhook Request Log": ("reference_document", "data", "response", "error"),
	"Unhandled Email": ("raw",),
	"Console Log": ("script",),
	"List Filter": ("reference_doctype", "filters"),
	"Route History": ("route",),
	"Email Queue": ("message", "error"),
}
_DELETED = ("deleted_doctype", "deleted_name", "data")
# What Frappe keeps about a record of ours, and keeps once more when it is deleted.
_AROUND = sorted({other for other, *_fields in (*_ROWS, *_DOCUMENTS)} | {"File"})
# In mails only links count: one to a customer may speak of a gesture.
_LINKS = "/(personal-note|gesture|follow-up-task|follow-up-preference)/"
_READ_AT_ONCE = 200


def remove(doctype: str, names: Collection[str]) -> int:
	"""Remove every trace of these documents of `doctype`, one of ours; how many rows, files and jobs that were.

	Call it before the documents themselves are deleted, while their words are known; the transaction is the caller's. Files
	and what is in memory go at once, so a transaction that is undone afterwards has lost them.
	"""
	marks = Marks(names, words_of(doctype, names))
	return remove_rows(doctype, names) + remove_mentions(marks)


def words_of(doctype: str, names: Collection[str], *, lock: bool = False) -> list[str]:
	"""What people wrote into these documents; with `lock` as others have left it by now."""
	if doctype not in WORDS:
		return []
	table, found = DocType(doctype), []
	for chunk in chunks(names):
		columns = (table[field] for field in WORDS[doctype])
		query = frappe.qb.from_(table).select(*columns).where(table.name.isin(chunk))
		rows = (query.for_update() if lock else query).run()
		found += [text for row in rows for text in row if text]
	return found


def remove_rows(doctype: str, names: Collection[str]) -> int:
	"""Remove what names these documents as what it is about; how many rows and files. Words elsewhere stay."""
	removed = 0
	for chunk in chunks(names):
		# Files first: each leaves a comment.
		removed += _remove_files(doctype, chunk)
		for other, doctype_field, name_field in _DOCUMENTS:
			removed += _remove_documents(other, _about(other, doctype_field, doctype, name_field, chunk))
		removed += _remove_imports(doctype, chunk)
		removed += _remove_mails({"reference_doctype": doctype, "reference_name": ("in", chunk)})
		if doctype == "Communication":
			removed += _remove_mails({"communication": ("in", chunk)})
		removed += _remove_tags(doctype, chunk)
		for other, doctype_field, name_field in _ROWS:
			removed += _delete(other, {doctype_field: doctype, name_field: ("in", chunk)})
		_forget_search(doctype, chunk)
		frappe.db.delete("__Auth", {"doctype": doctype, "name": ("in", chunk)})
	if names and doctype in GUARDED:
		removed += _remove_results_of_reports(doctype)
		frappe.clear_document_cache(doctype)
	return removed


def remove_mentions(marks: Marks) -> int:
	"""Remove what betrays by its text: logs, deleted documents, mails, settings of lists, jobs; how many."""
	removed = 0
	for doctype, columns in _TEXTS.items():
		if _is_there(doctype):
			names = [name for name, text in _texts_of_ours(doctype, columns) if marks.betrayed_by(text)]
			for chunk in chunks(names):
				removed += _remove_mails({"name": ("in", chunk)}) if doctype == "Email Queue" else 0
				removed += _delete(doctype, {"name": ("in", chunk)})
	removed += _remove_deleted(GUARDED, marks.betrayed_by) + _remove_deleted(_AROUND, marks.named_in)
	removed += _forget_lists(marks)
	with memory.if_there():
		removed += memory.forget(marks)
	# Whoever was at it meanwhile may have filled them again.
	after_commit(lambda: memory.forget(marks))
	return removed


def delete_rows(doctype: str, names: Collection[str]) -> int:
	"""Delete documents of a DocType with the rows of their tables, past their controllers; how many documents."""
	tables = [field.options for field in frappe.get_meta(doctype).get_table_fields()]
	deleted = 0
	for chunk in chunks(names):
		for table in tables:
			frappe.db.delete(table, {"parenttype": doctype, "parent": ("in", chunk)})
		deleted += _delete(doctype, {"name": ("in", chunk)})
	return deleted


def chunks(names: Iterable[str]) -> Iterator[list[str]]:
	"""`names` in pieces that one statement holds."""
	names = list(names)
	for start in range(0, len(names), CHUNK):
		yield names[start : start + CHUNK]


def _about(other: str, doctype_field: str, doctype: str, name_field: str, names: list[str]) -> list[str]:
	if not _is_there(other):
		return []
	return frappe.get_all(other, filters={doctype_field: doctype, name_field: ("in", names)}, pluck="name")


def _remove_documents(doctype: str, names: list[str]) -> int:
	return remove_rows(doctype, names) + delete_rows(doctype, names) if names else 0


def _delete(doctype: str, filters: dict) -> int:
	if not _is_there(doctype):
		return 0
	frappe.db.delete(doctype, filters)
	return frappe.db._cursor.rowcount


def _is_there(doctype: str) -> bool:
	"""Some of Frappe's tables are other apps' from one version to the next."""
	return frappe.db.table_exists(doctype)


def _remove_files(doctype: str, names: list[str]) -> int:
	"""The files attached to these documents, from the disk too. A document that is undone has lost them: it was to go."""
	files = frappe.get_all(
		"File", filters={"attached_to_doctype": doctype, "attached_to_name": ("in", names)}, pluck="name"
	)
	for name in files:
		# Not by Frappe's own deletion: that ends with a job for a queue which may be away, after the commit, and its error would
		# say that nothing was done.
		file = frappe.get_doc("File", name)
		file.run_method("on_trash")
		_delete("File", {"name": name})
		file.run_method("after_delete")
		file.clear_cache()
	return len(files) + (remove_rows("File", files) if files else 0)


def _forget_search(doctype: str, names: list[str]) -> None:
	"""What the search of the site knows of them, also what waits to be written: a file is found by its name."""
	if not names:
		return
	frappe.db.delete("__global_search", {"doctype": doctype, "name": ("in", names)})
	memory.forget_search(doctype, names)


def _remove_imports(doctype: str, names: list[str]) -> int:
	"""An import that has made one of them holds its words in its file; its log may outlive it."""
	log, job = DocType("Data Import Log"), DocType("Data Import")
	rows = (
		frappe.qb.from_(log)
		.left_join(job)
		.on(job.name == log.data_import)
		.select(log.data_import, job.name)
		.distinct()
		.where(log.docname.isin(names) & ((job.reference_doctype == doctype) | job.name.isnull()))
		.run()
	)
	if not rows:
		return 0
	imports = {logged for logged, _job in rows}
	logs = frappe.db.count("Data Import Log", {"data_import": ("in", list(imports))})

	def delete_logs():
		kept = set(frappe.get_all("Data Import", filters={"name": ("in", list(imports))}, pluck="name"))
		if gone := imports - kept:
			_delete("Data Import Log", {"data_import": ("in", list(gone))})

	# Frappe keeps these logs in a table that knows no transaction, and nothing else leads to the import: they go at the very
	# end, so that what is undone before is found again.
	frappe.db.before_commit.add(delete_logs)
	return logs + _remove_documents("Data Import", [there for _logged, there in rows if there])


def _remove_results_of_reports(doctype: str) -> int:
	"""The kept results of reports about `doctype`, which are made again when asked for, and of the mails that carried them those
	with a file in them: it cannot be searched."""
	reports = frappe.get_all("Report", filters={"ref_doctype": doctype}, pluck="name")
	if not reports:
		return 0
	results = frappe.get_all("Prepared Report", filters={"report_name": ("in", reports)}, pluck="name")
	mailed = frappe.get_all("Auto Email Report", filters={"report": ("in", reports)}, pluck="name")
	by_report = {
		"reference_doctype": "Auto Email Report",
		"reference_name": ("in", mailed),
		"message": ("like", "%base64%"),
	}
	return _remove_documents("Prepared Report", results) + (_remove_mails(by_report) if mailed else 0)


def _remove_tags(doctype: str, names: list[str]) -> int:
	"""The tags of these documents; a tag that nothing else has is a word of theirs, and goes too."""
	link = DocType("Tag Link")
	mine = (link.document_type == doctype) & link.document_name.isin(names)
	tags = frappe.qb.from_(link).select(link.tag).distinct().where(mine).run(pluck=True)
	removed = _delete("Tag Link", {"document_type": doctype, "document_name": ("in", names)})
	if tags:
		used = set(frappe.get_all("Tag Link", filters={"tag": ("in", tags)}, pluck="tag"))
		if unused := [tag for tag in tags if tag not in used]:
			removed += _delete("Tag", {"name": ("in", unused)})
	return removed


def _remove_mails(filters: dict) -> int:
	"""Mails of the queue. A digest that was still to be sent is made again, without what is gone."""
	mails = frappe.get_all(
		"Email Queue", filters=filters, fields=["name", "status", "reference_doctype", "reference_name"]
	)
	if not mails:
		return 0
	unsent = {
		mail.reference_name
		for mail in mails
		if mail.status == "Not Sent" and mail.reference_doctype == digests.PREFERENCE
	}
	if unsent:
		digests.make_again(unsent)
	names = [mail.name for mail in mails]
	_delete("Email Queue Recipient", {"parent": ("in", names)})
	return _delete("Email Queue", {"name": ("in", names)})


def _remove_deleted(kinds: Collection[str], betrayed: Callable[[str], bool]) -> int:
	"""What Frappe keeps of deleted documents of these DocTypes; what was somebody else's can be restored as ever."""
	texts = _texts_of_ours("Deleted Document", _DELETED, deleted_doctype=kinds)
	names = [name for name, text in texts if betrayed(text)]
	return sum(_delete("Deleted Document", {"name": ("in", chunk)}) for chunk in chunks(names))


def _texts_of_ours(
	doctype: str, columns: tuple[str, ...], **one_of: Collection[str]
) -> Iterator[tuple[str, str]]:
	"""(name, text) of the rows in which one of our records or modules is named, a few at a time; `one_of` narrows a column."""
	table = DocType(doctype)
	joined = CustomFunction("concat_ws", ["between", *columns])
	text = joined(" ", *(table[column] for column in columns))
	if doctype == "Email Queue":
		# A mail is folded at any letter.
		text = Replace(text, "=\r\n", "")
	pattern = _LINKS if doctype == "Email Queue" else OURS
	query = frappe.qb.from_(table).select(table.name).where(text.regexp(pattern))
	for column, values in one_of.items():
		query = query.where(table[column].isin(values))
	names = query.run(pluck=True)
	for start in range(0, len(names), _READ_AT_ONCE):
		some = names[start : start + _READ_AT_ONCE]
		rows = frappe.qb.from_(table).select(table.name, text).where(table.name.isin(some)).run()
		for name, found in rows:
			yield name, _unfolded(found) if doctype == "Email Queue" else found


def _unfolded(mail: str) -> str:
	return quopri.decodestring(mail.encode()).decode("utf-8", "replace")


def _forget_lists(marks: Marks) -> int:
	"""What users have searched for in our lists, where it names what is gone: their list begins anew."""
	rows = frappe.db.sql("select `user`, `doctype`, `data` from `__UserSettings`", as_dict=True)
	found = [row for row in rows if is_ours(f"/{row.doctype}/") and marks.betrayed_by(row.data or "")]
	for row in found:
		frappe.db.delete("__UserSettings", {"user": row.user, "doctype": row.doctype})
	return len(found)
