"""For tests: what Frappe may come to keep about one record of ours, planted in every place. Used by no running code."""

import json

import frappe
from frappe.utils import now
from frappe.utils.background_jobs import get_queue, get_redis_conn
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.results import Result

_REPORT = "MX Test Planted"


def plant(doctype: str, name: str, words: str, user: str, marker: str) -> set[str]:
	"""Plant traces of a record, whose text has `words`, in every place; the marker words that were planted: `marker` and a
	word for the place. `user` has a Follow Up Preference."""
	planted: set[str] = set()

	def mark(place: str) -> str:
		planted.add(marker + place)
		return marker + place

	about = {"reference_doctype": doctype, "reference_name": name}
	row("Version", ref_doctype=doctype, docname=name, data=mark("version"))
	row("Comment", comment_type="Comment", content=mark("comment"), **about)
	row(
		"Notification Log",
		subject=mark("bell"),
		for_user=user,
		type="Alert",
		document_type=doctype,
		document_name=name,
		email_content=mark("bellcontent"),
	)
	row(
		"Notification Log",
		subject="x",
		for_user=user,
		type="Alert",
		email_content=f"micro_experiences {name} {mark('report')}",
	)
	todo = row("ToDo", reference_type=doctype, reference_name=name, description=mark("todo"))
	row("Comment", reference_doctype="ToDo", reference_name=todo, content=mark("commentoftodo"))
	row("DocShare", share_doctype=doctype, share_name=name, user=user, read=1)
	row("View Log", viewed_by=mark("viewed"), **about)
	row("Document Follow", ref_doctype=doctype, ref_docname=name, user=user)
	mail = row(
		"Communication",
		communication_type="Communication",
		subject=mark("mail"),
		content=mark("content"),
		**about,
	)
	row("Communication Link", parent=mail, parenttype="Communication", link_doctype="User", link_name=user)
	_mail(mark("queuedbymail"), communication=mail)
	row("Event", subject=mark("event"), starts_on=now(), reference_doctype=doctype, reference_docname=name)
	row("Activity Log", subject=mark("activity"), **about)
	row("Integration Request", data=mark("request"), reference_doctype=doctype, reference_docname=name)
	row("Error Log", method="x", error=mark("errorabout"), **about)
	row("Error Log", method="x", error=f"micro_experiences/x.py doc = {name} {mark('errorname')}")
	escaped = json.dumps({"note": words, "x": mark("errorwords")})
	row("Error Log", method="Personal Note", error=f"form_dict = {escaped!r}")
	row("Scheduled Job Log", status="Failed", details=f"micro_experiences {name} {mark('job')}")
	row("Deleted Document", deleted_doctype=doctype, deleted_name=name, data=mark("deleted"))
	comment = {"reference_doctype": doctype, "reference_name": name, "content": mark("deletedcomment")}
	row("Deleted Document", deleted_doctype="Comment", deleted_name="x", data=json.dumps(comment))
	row("Access Log", export_from=doctype, reference_document=name, filters=mark("export"))
	row("Access Log", file_type="PDF", page=f"<h2>{doctype}</h2><p>{words}</p>{mark('printed')}")
	row("Unhandled Email", raw=f"> /app/personal-note/{name} {mark('unhandled')}")
	row("List Filter", reference_doctype=doctype, filters=f'["name", "=", "{name}", "{mark("filter")}"]')
	row("Route History", route=f"Form/{doctype}/{name}/{mark('route')}", user=user)
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
	row("Tag", name=tag)
	row("Tag Link", document_type=doctype, document_name=name, tag=tag, title="x")
	frappe.db.set_value(
		doctype, name, {"_user_tags": f",{tag}", "_comments": mark("comments")}, update_modified=False
	)
	_file(doctype, name, mark("file"))
	job = row("Data Import", reference_doctype=doctype, import_type="Insert New Records")
	row("Data Import Log", name=None, data_import=job, docname=name, messages=mark("imported"))
	_file("Data Import", job, mark("importfile"))
	about_it = f"{_REPORT} {doctype}"
	if not frappe.db.exists("Report", about_it):
		row("Report", name=about_it, report_name=about_it, ref_doctype=doctype, report_type="Report Builder")
	result = row("Prepared Report", report_name=about_it, filters=mark("prepared"))
	_file("Prepared Report", result, mark("result"))
	auto = row("Auto Email Report", report=about_it, user=user, email_to=user)
	report = f"Content-Transfer-Encoding: base64\r\n\r\n{mark('reportmail')}"
	_mail(report, reference_doctype="Auto Email Report", reference_name=auto)
	plant_in_memory(doctype, name, user, mark)
	return planted


def plant_in_memory(doctype: str, name: str, user: str, mark) -> None:
	"""The part that stands in Redis, which no rollback undoes."""
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
	"""The document as Frappe caches it, with the marker."""
	doc = frappe.get_doc(doctype, name)
	doc.set("zqx", marker)
	frappe.cache.set_value(frappe.get_document_cache_key(doctype, name), doc)


def row(doctype: str, **values) -> str:
	doc = frappe.get_doc({"doctype": doctype, **values})
	doc.flags.ignore_permissions = True
	if not doc.name and frappe.get_meta(doctype).autoname != "autoincrement":
		doc.name = frappe.generate_hash(length=10)
	doc.db_insert()
	return doc.name


def _mail(message: str, **values) -> str:
	return row("Email Queue", message=message, status="Not Sent", sender="mx.shop@example.com", **values)


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
