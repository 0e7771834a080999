"""Test helper: plant what Frappe may store about a record of the app, in every place where it may be stored."""

import json

import frappe
from frappe.utils import now
from frappe.utils.background_jobs import get_queue, get_redis_conn
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.results import Result

_REPORT = "MX Test Planted"


def plant_traces(doctype: str, name: str, words: str, user: str, marker: str) -> set[str]:
	"""Plant traces of a record whose text contains `words`, and return the planted markers (`marker` and the place).

	`user` must have a Follow Up Preference.
	"""
	planted: set[str] = set()

	def mark(place: str) -> str:
		planted.add(marker + place)
		return marker + place

	about = {"reference_doctype": doctype, "reference_name": name}
	insert_row("Version", ref_doctype=doctype, docname=name, data=mark("version"))
	insert_row("Comment", comment_type="Comment", content=mark("comment"), **about)
	insert_row(
		"Notification Log",
		subject=mark("bell"),
		for_user=user,
		type="Alert",
		document_type=doctype,
		document_name=name,
		email_content=mark("bellcontent"),
	)
	insert_row(
		"Notification Log",
		subject="x",
		for_user=user,
		type="Alert",
		email_content=f"micro_experiences {name} {mark('report')}",
	)
	todo = insert_row("ToDo", reference_type=doctype, reference_name=name, description=mark("todo"))
	insert_row("Comment", reference_doctype="ToDo", reference_name=todo, content=mark("commentoftodo"))
	insert_row("DocShare", share_doctype=doctype, share_name=name, user=user, read=1)
	insert_row("View Log", viewed_by=mark("viewed"), **about)
	insert_row("Document Follow", ref_doctype=doctype, ref_docname=name, user=user)
	mail = insert_row(
		"Communication",
		communication_type="Communication",
		subject=mark("mail"),
		content=mark("content"),
		**about,
	)
	insert_row(
		"Communication Link", parent=mail, parenttype="Communication", link_doctype="User", link_name=user
	)
	_mail(mark("queuedbymail"), communication=mail)
	insert_row(
		"Event", subject=mark("event"), starts_on=now(), reference_doctype=doctype, reference_docname=name
	)
	insert_row("Activity Log", subject=mark("activity"), **about)
	insert_row("Integration Request", data=mark("request"), reference_doctype=doctype, reference_docname=name)
	insert_row("Error Log", method="x", error=mark("errorabout"), **about)
	insert_row("Error Log", method="x", error=f"micro_experiences/x.py doc = {name} {mark('errorname')}")
	escaped = json.dumps({"note": words, "x": mark("errorwords")})
	insert_row("Error Log", method="Personal Note", error=f"form_dict = {escaped!r}")
	insert_row("Scheduled Job Log", status="Failed", details=f"micro_experiences {name} {mark('job')}")
	insert_row("Deleted Document", deleted_doctype=doctype, deleted_name=name, data=mark("deleted"))
	comment = {"reference_doctype": doctype, "reference_name": name, "content": mark("deletedcomment")}
	insert_row("Deleted Document", deleted_doctype="Comment", deleted_name="x", data=json.dumps(comment))
	insert_row("Access Log", export_from=doctype, reference_document=name, filters=mark("export"))
	insert_row("Access Log", file_type="PDF", page=f"<h2>{doctype}</h2><p>{words}</p>{mark('printed')}")
	insert_row("Unhandled Email", raw=f"> /app/personal-note/{name} {mark('unhandled')}")
	insert_row(
		"List Filter", reference_doctype=doctype, filters=f'["name", "=", "{name}", "{mark("filter")}"]'
	)
	insert_row("Route History", route=f"Form/{doctype}/{name}/{mark('route')}", user=user)
	_mail(mark("mailabout"), **about)
	preference = frappe.db.get_value("Follow Up Preference", {"user": user})
	link = f"http://a.example/app/personal-note/{name}".replace(name, f"{name[:4]}=\r\n{name[4:]}")
	_mail(
		f"Content-Transfer-Encoding: quoted-printable\r\n\r\n{link} {mark('digest')}",
		reference_doctype="Follow Up Preference",
		reference_name=preference,
	)
	_mail(f"You are mentioned: /app/personal-note/{name} {mark('mention')}")
	tag = mark("tag")
	insert_row("Tag", name=tag)
	insert_row("Tag Link", document_type=doctype, document_name=name, tag=tag, title="x")
	frappe.db.set_value(
		doctype, name, {"_user_tags": f",{tag}", "_comments": mark("comments")}, update_modified=False
	)
	_file(doctype, name, mark("file"))
	job = insert_row("Data Import", reference_doctype=doctype, import_type="Insert New Records")
	insert_row("Data Import Log", name=None, data_import=job, docname=name, messages=mark("imported"))
	_file("Data Import", job, mark("importfile"))
	about_it = f"{_REPORT} {doctype}"
	if not frappe.db.exists("Report", about_it):
		insert_row(
			"Report", name=about_it, report_name=about_it, ref_doctype=doctype, report_type="Report Builder"
		)
	result = insert_row("Prepared Report", report_name=about_it, filters=mark("prepared"))
	_file("Prepared Report", result, mark("result"))
	auto = insert_row("Auto Email Report", report=about_it, user=user, email_to=user)
	report = f"Content-Transfer-Encoding: base64\r\n\r\n{mark('reportmail')}"
	_mail(report, reference_doctype="Auto Email Report", reference_name=auto)
	plant_redis_traces(doctype, name, user, mark)
	return planted


def plant_redis_traces(doctype: str, name: str, user: str, mark) -> None:
	"""Plant the traces in Redis, which a rollback does not remove."""
	frappe.db.sql(
		"replace into `__UserSettings` (`user`, `doctype`, `data`) values (%s, %s, %s)",
		(user, doctype, json.dumps({"List": {"filters": [[doctype, "name", "=", name, mark("listset")]]}})),
	)
	frappe.cache.hset(
		"_user_settings", f"{doctype}::{user}", json.dumps({"q": f"{name} {mark('cachedlist')}"})
	)
	row = {"method": "x", "error": f"micro_experiences {name} {mark('deferred')}"}
	frappe.cache.rpush("insert_queue_for_Error Log", json.dumps([row]))
	cache_document(doctype, name, mark("documentcache"))
	frappe.cache.hset(
		"recorder-requests", name, {"cmd": "micro_experiences", "form": f"{name} {mark('recorded')}"}
	)
	queue = get_queue("short")
	get_redis_conn().sadd(queue.redis_queues_keys, queue.key)
	kwargs = {
		"site": frappe.local.site,
		"method": "frappe.ping",
		"kwargs": {"name": name, "x": mark("queued")},
	}
	job = Job.create(
		"frappe.ping",
		kwargs=kwargs,
		connection=get_redis_conn(),
		id=f"mx_test_{frappe.generate_hash(length=6)}",
	)
	job.save()
	FailedJobRegistry(queue=queue).add(job, ttl=600)
	Result.create_failure(job, 600, exc_string=mark("failed"))


def cache_document(doctype: str, name: str, marker: str) -> None:
	"""Cache the document as Frappe does, with the marker in it."""
	doc = frappe.get_doc(doctype, name)
	doc.set("zqx", marker)
	frappe.cache.set_value(frappe.get_document_cache_key(doctype, name), doc)


def insert_row(doctype: str, **values) -> str:
	"""Insert a row without validation, and return its name."""
	doc = frappe.get_doc({"doctype": doctype, **values})
	doc.flags.ignore_permissions = True
	if not doc.name and frappe.get_meta(doctype).autoname != "autoincrement":
		doc.name = frappe.generate_hash(length=10)
	doc.db_insert()
	return doc.name


def _mail(message: str, **values) -> str:
	return insert_row(
		"Email Queue", message=message, status="Not Sent", sender="mx.shop@example.com", **values
	)


def _file(doctype: str, name: str, content: str) -> None:
	frappe.get_doc(
		{
			"doctype": "File",
			"file_name": f"{content}.txt",
			"attached_to_doctype": doctype,
			"attached_to_name": name,
			"content": f"the content {content}",
			"is_private": 1,
		}
	).insert(ignore_permissions=True)
