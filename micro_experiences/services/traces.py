"""Removal of every trace of the app's records that Frappe keeps elsewhere: in its tables, in files and in Redis."""

import quopri
from collections.abc import Callable, Collection, Iterable, Iterator

import frappe
from frappe.query_builder import CustomFunction, DocType
from frappe.query_builder.functions import Replace

from micro_experiences.domain.erasure import RECORD_PATTERN, TraceMatcher, mentions_app_records
from micro_experiences.domain.visibility import FREE_TEXT_FIELDS, GUARDED_DOCTYPES
from micro_experiences.services import digests, redis_traces
from micro_experiences.utils.background_jobs import run_after_commit
from micro_experiences.utils.database import get_affected_rows

# Number of records per statement.
CHUNK_SIZE = 500

# Rows about a document: (DocType, field with the document's DocType, field with its name).
_LINKED_ROWS = (
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
# Documents about a document, which leave traces themselves.
_LINKED_DOCUMENTS = (
	("ToDo", "reference_type", "reference_name"),
	("Communication", "reference_doctype", "reference_name"),
	("Event", "reference_doctype", "reference_docname"),
	("Auto Repeat", "reference_doctype", "reference_document"),
	("Discussion Topic", "reference_doctype", "reference_docname"),
	("Workflow Action", "reference_doctype", "reference_name"),
)
# Columns whose text may contain names or texts of the app's records.
_TEXT_COLUMNS = {
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
_DELETED_DOCUMENT_COLUMNS = ("deleted_doctype", "deleted_name", "data")
# DocTypes about a record, which Frappe also keeps as Deleted Document.
_RELATED_DOCTYPES = sorted({other for other, *_fields in (*_LINKED_ROWS, *_LINKED_DOCUMENTS)} | {"File"})
# In emails only links count, because an email to a customer may contain the word "gesture".
_LINK_PATTERN = "/(personal-note|gesture|follow-up-task|follow-up-preference)/"
_READ_CHUNK_SIZE = 200


def remove_traces(doctype: str, names: Collection[str]) -> int:
	"""Remove every trace of these documents of a guarded DocType, and return the number of rows, files and jobs.

	Call this before the documents are deleted, because their texts are needed, and in the caller's transaction. Files and
	Redis entries are removed immediately, so a later rollback does not restore them.
	"""
	marks = TraceMatcher(names, get_texts(doctype, names))
	return remove_linked_rows(doctype, names) + remove_mentions(marks)


def get_texts(doctype: str, names: Collection[str], *, lock: bool = False) -> list[str]:
	"""Return the texts in these documents; with `lock`, the current texts regardless of the transaction's snapshot."""
	if doctype not in FREE_TEXT_FIELDS:
		return []
	table, found = DocType(doctype), []
	for chunk in split_into_chunks(names):
		columns = (table[field] for field in FREE_TEXT_FIELDS[doctype])
		query = frappe.qb.from_(table).select(*columns).where(table.name.isin(chunk))
		rows = (query.for_update() if lock else query).run()
		found += [text for row in rows for text in row if text]
	return found


def remove_linked_rows(doctype: str, names: Collection[str]) -> int:
	"""Remove rows and files that refer to these documents, and return their number. Texts elsewhere stay."""
	removed = 0
	for chunk in split_into_chunks(names):
		# Files first, because deleting a file adds a comment.
		removed += _remove_files(doctype, chunk)
		for other, doctype_field, name_field in _LINKED_DOCUMENTS:
			removed += _remove_documents(
				other, _find_linked(other, doctype_field, doctype, name_field, chunk)
			)
		removed += _remove_imports(doctype, chunk)
		removed += _remove_mails({"reference_doctype": doctype, "reference_name": ("in", chunk)})
		if doctype == "Communication":
			removed += _remove_mails({"communication": ("in", chunk)})
		removed += _remove_tags(doctype, chunk)
		for other, doctype_field, name_field in _LINKED_ROWS:
			removed += _delete_rows(other, {doctype_field: doctype, name_field: ("in", chunk)})
		_remove_search_entries(doctype, chunk)
		frappe.db.delete("__Auth", {"doctype": doctype, "name": ("in", chunk)})
	if names and doctype in GUARDED_DOCTYPES:
		removed += _remove_report_results(doctype)
		frappe.clear_document_cache(doctype)
	return removed


def remove_mentions(marks: TraceMatcher) -> int:
	"""Remove logs, deleted documents, emails, list settings and jobs whose text is identified by `marks`.

	Return the number of removed items.
	"""
	removed = 0
	for doctype, columns in _TEXT_COLUMNS.items():
		if _table_exists(doctype):
			names = [name for name, text in _iterate_guarded_texts(doctype, columns) if marks.matches(text)]
			for chunk in split_into_chunks(names):
				removed += _remove_mails({"name": ("in", chunk)}) if doctype == "Email Queue" else 0
				removed += _delete_rows(doctype, {"name": ("in", chunk)})
	removed += _remove_deleted_documents(GUARDED_DOCTYPES, marks.matches) + _remove_deleted_documents(
		_RELATED_DOCTYPES, marks.names_record
	)
	removed += _remove_list_settings(marks)
	with redis_traces.tolerate_redis_outage():
		removed += redis_traces.remove_traces(marks)
	# Concurrent requests may have added entries before the commit.
	run_after_commit(lambda: redis_traces.remove_traces(marks))
	return removed


def delete_documents(doctype: str, names: Collection[str]) -> int:
	"""Delete documents with their child rows, without running controllers, and return the number of documents."""
	tables = [field.options for field in frappe.get_meta(doctype).get_table_fields()]
	deleted = 0
	for chunk in split_into_chunks(names):
		for table in tables:
			frappe.db.delete(table, {"parenttype": doctype, "parent": ("in", chunk)})
		deleted += _delete_rows(doctype, {"name": ("in", chunk)})
	return deleted


def split_into_chunks(names: Iterable[str]) -> Iterator[list[str]]:
	"""Yield `names` in chunks that fit into one statement."""
	names = list(names)
	for start in range(0, len(names), CHUNK_SIZE):
		yield names[start : start + CHUNK_SIZE]


def _find_linked(
	other: str, doctype_field: str, doctype: str, name_field: str, names: list[str]
) -> list[str]:
	if not _table_exists(other):
		return []
	return frappe.get_all(other, filters={doctype_field: doctype, name_field: ("in", names)}, pluck="name")


def _remove_documents(doctype: str, names: list[str]) -> int:
	return remove_linked_rows(doctype, names) + delete_documents(doctype, names) if names else 0


def _delete_rows(doctype: str, filters: dict) -> int:
	if not _table_exists(doctype):
		return 0
	frappe.db.delete(doctype, filters)
	return get_affected_rows()


def _table_exists(doctype: str) -> bool:
	"""Return whether a table exists: between versions, Frappe moves some DocTypes to other apps."""
	return frappe.db.table_exists(doctype)


def _remove_files(doctype: str, names: list[str]) -> int:
	"""Remove the files attached to these documents, including from disk, and return the number of rows and files.

	A rollback does not restore them.
	"""
	files = frappe.get_all(
		"File", filters={"attached_to_doctype": doctype, "attached_to_name": ("in", names)}, pluck="name"
	)
	for name in files:
		# Not frappe.delete_doc: it enqueues a job after the commit, and if the queue is unavailable, its error would suggest
		# that nothing was deleted.
		file = frappe.get_doc("File", name)
		file.run_method("on_trash")
		_delete_rows("File", {"name": name})
		file.run_method("after_delete")
		file.clear_cache()
	return len(files) + (remove_linked_rows("File", files) if files else 0)


def _remove_search_entries(doctype: str, names: list[str]) -> None:
	"""Remove global search entries of these documents, including queued ones."""
	if not names:
		return
	frappe.db.delete("__global_search", {"doctype": doctype, "name": ("in", names)})
	redis_traces.remove_search_entries(doctype, names)


def _remove_imports(doctype: str, names: list[str]) -> int:
	"""Remove data imports that created one of these documents: their files contain its texts. Logs can outlive imports."""
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
			_delete_rows("Data Import Log", {"data_import": ("in", list(gone))})

	# The log table has no transactions, and only the logs lead to the import: they are deleted last, so that an import
	# restored by a rollback can be found again.
	frappe.db.before_commit.add(delete_logs)
	return logs + _remove_documents("Data Import", [existing for _logged, existing in rows if existing])


def _remove_report_results(doctype: str) -> int:
	"""Remove prepared reports about `doctype` and emails that contain such a report as an attachment.

	Prepared reports can be created again. Attachments cannot be searched.
	"""
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
	"""Remove the tags of these documents, and tags that no other document uses, because their text came from them."""
	link = DocType("Tag Link")
	about = (link.document_type == doctype) & link.document_name.isin(names)
	tags = frappe.qb.from_(link).select(link.tag).distinct().where(about).run(pluck=True)
	removed = _delete_rows("Tag Link", {"document_type": doctype, "document_name": ("in", names)})
	if tags:
		used = set(frappe.get_all("Tag Link", filters={"tag": ("in", tags)}, pluck="tag"))
		if unused := [tag for tag in tags if tag not in used]:
			removed += _delete_rows("Tag", {"name": ("in", unused)})
	return removed


def _remove_mails(filters: dict) -> int:
	"""Remove queued emails. Unsent digests are created again without the removed records."""
	mails = frappe.get_all(
		"Email Queue", filters=filters, fields=["name", "status", "reference_doctype", "reference_name"]
	)
	if not mails:
		return 0
	unsent = {
		mail.reference_name
		for mail in mails
		if mail.status == "Not Sent" and mail.reference_doctype == digests.PREFERENCE_DOCTYPE
	}
	if unsent:
		digests.requeue_digests(unsent)
	names = [mail.name for mail in mails]
	_delete_rows("Email Queue Recipient", {"parent": ("in", names)})
	return _delete_rows("Email Queue", {"name": ("in", names)})


def _remove_deleted_documents(kinds: Collection[str], matches: Callable[[str], bool]) -> int:
	"""Remove Deleted Documents of these DocTypes whose text satisfies `matches`; others can still be restored."""
	texts = _iterate_guarded_texts("Deleted Document", _DELETED_DOCUMENT_COLUMNS, deleted_doctype=kinds)
	names = [name for name, text in texts if matches(text)]
	return sum(
		_delete_rows("Deleted Document", {"name": ("in", chunk)}) for chunk in split_into_chunks(names)
	)


def _iterate_guarded_texts(
	doctype: str, columns: tuple[str, ...], **one_of: Collection[str]
) -> Iterator[tuple[str, str]]:
	"""Yield (name, text) of rows that mention a record or module of the app, read in chunks.

	`one_of` restricts a column to a set of values.
	"""
	table = DocType(doctype)
	joined = CustomFunction("concat_ws", ["between", *columns])
	text = joined(" ", *(table[column] for column in columns))
	if doctype == "Email Queue":
		# Quoted-printable emails break lines at any character.
		text = Replace(text, "=\r\n", "")
	pattern = _LINK_PATTERN if doctype == "Email Queue" else RECORD_PATTERN
	query = frappe.qb.from_(table).select(table.name).where(text.regexp(pattern))
	for column, values in one_of.items():
		query = query.where(table[column].isin(values))
	names = query.run(pluck=True)
	for start in range(0, len(names), _READ_CHUNK_SIZE):
		chunk = names[start : start + _READ_CHUNK_SIZE]
		rows = frappe.qb.from_(table).select(table.name, text).where(table.name.isin(chunk)).run()
		for name, found in rows:
			yield name, _decode_mail(found) if doctype == "Email Queue" else found


def _decode_mail(mail: str) -> str:
	return quopri.decodestring(mail.encode()).decode("utf-8", "replace")


def _remove_list_settings(marks: TraceMatcher) -> int:
	"""Remove saved list settings of guarded DocTypes that name removed records; the lists return to their defaults."""
	# nosemgrep: frappe-using-db-sql -- __UserSettings is no DocType
	rows = frappe.db.sql("select `user`, `doctype`, `data` from `__UserSettings`", as_dict=True)
	found = [
		row for row in rows if mentions_app_records(f"/{row.doctype}/") and marks.matches(row.data or "")
	]
	for row in found:
		frappe.db.delete("__UserSettings", {"user": row.user, "doctype": row.doctype})
	return len(found)
