"""Use a site as people do, so that uninstalling has something to remove.

	python tools/own_bench.py python tools/site_use.py <site> before|day|evening

`before` creates what a site without the app has; `day` is a working day with the app and its sample data; `evening`
removes the sample data. It checks that each step of the day has left records, so that no step is without effect.
"""

import json
import sys

import frappe
from frappe.utils import getdate, now_datetime

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.services import reminders
from micro_experiences.setup import sample_data
from micro_experiences.setup.seeds import ROLES
from micro_experiences.tests.utils import make_budget, make_customer, make_invoice, make_user

USER, COLLEAGUE = "una@example.com", "colm@example.com"
CUSTOMER = "Quayside Stationers"
# Users customize these and add to their documents.
CUSTOMIZED = ("Personal Note", "Gesture", "Follow Up Task", "Gesture Budget")
# DocTypes of which the day leaves records.
TRACES = (
	"Personal Note",
	"Personal Note Use",
	"Gesture",
	"Gesture Wallet Entry",
	"Follow Up Task",
	"Follow Up Reminder",
	"DocShare",
	"ToDo",
	"Comment",
	"Communication",
	"Notification Log",
	"Version",
	"Deleted Document",
	"Tag Link",
	"Custom DocPerm",
	"Property Setter",
	"User Permission",
	"Number Card",
	"Route History",
	"Block Module",
)


def before() -> None:
	"""Create two users, a customer and an invoice."""
	from frappe.desk.doctype.tag.tag import add_tag

	for user in (USER, COLLEAGUE):
		make_user(user, ("Sales User", "Accounts User"))
	make_customer(CUSTOMER)
	company = frappe.defaults.get_global_default("company")
	make_invoice(company, CUSTOMER).submit()
	add_tag("tea", "Customer", CUSTOMER)


def day() -> None:
	"""Spend a working day."""
	sample_data.add(password="not-for-long")
	note, gesture, task = create_records()
	send_reminder()
	use_frappe_features(note, gesture, task)
	for doctype in CUSTOMIZED:
		use_list(doctype)
	customize()
	frappe.delete_doc("Personal Note", add_note("Said by mistake."))


def evening() -> None:
	"""Remove the sample data; what users created themselves stays."""
	sample_data.remove()
	left = {doctype: frappe.db.count(doctype) for doctype in TRACES}
	assert all(left.values()), f"a step left no records: {left}"


def add_note(text: str) -> str:
	"""Add a note about the customer, and return its name."""
	return notes.jot(customer=CUSTOMER, note=text, kind="Fact", topic="Family")["name"]


def create_records() -> tuple[str, str, str]:
	"""Create a note that is used, a gesture that is paid and a follow-up that is due."""
	make_budget(frappe.defaults.get_global_default("company"), [USER], title="For the uninstall")
	frappe.get_doc("User", COLLEAGUE).add_roles(*ROLES)
	frappe.set_user(USER)
	try:
		note = add_note("Takes tea.")
		notes.mark_used(name=note, they_said="With lemon.")
		gesture = gestures.record_gesture(customer=CUSTOMER, what="A box of tea", cost=5, personal_note=note)[
			"name"
		]
		task = follow_ups.create(customer=CUSTOMER, subject="Ask how the tea was", due_on=str(getdate()))[
			"name"
		]
	finally:
		frappe.set_user("Administrator")
	# Due now, at any time of day.
	frappe.db.set_value("Follow Up Task", task, "next_reminder_at", now_datetime())
	return note, gesture, task


def send_reminder() -> None:
	"""Send the reminder that is due."""
	# No quiet hours, at any time of day.
	frappe.get_doc("Micro Experiences Settings").update({"quiet_from": 0, "quiet_until": 0}).save()
	assert reminders.send_due_reminders(), "no reminder was due"


def use_frappe_features(note: str, gesture: str, task: str) -> None:
	"""Do what Frappe offers for every document."""
	from frappe.core.doctype.communication.email import make
	from frappe.desk.doctype.tag.tag import add_tag
	from frappe.share import add as share

	share("Personal Note", note, COLLEAGUE, write=1, notify=1)
	# The app refuses assignments; a site may have older ones.
	todo = frappe.get_doc({"doctype": "ToDo", "allocated_to": COLLEAGUE, "description": "Please"}).insert()
	todo.db_set({"reference_type": "Follow Up Task", "reference_name": task})
	add_tag("tea", "Gesture", gesture)
	for doctype, name in (("Personal Note", note), ("Gesture", gesture), ("Follow Up Task", task)):
		doc = frappe.get_doc(doctype, name)
		doc.add_comment("Comment", "Well done")
		doc.add_comment("Like", "Liked")
		doc.add_viewed(USER)
		make(doctype=doctype, name=name, content="About this", subject="About this", send_email=False)
		frappe.get_doc(
			{
				"doctype": "File",
				"file_name": f"{name}.txt",
				"content": f"About {name}",
				"attached_to_doctype": doctype,
				"attached_to_name": name,
				"is_private": 1,
			}
		).insert()
	frappe.get_doc("Gesture", gesture).update({"reaction": "Delighted"}).save()
	frappe.get_doc("Follow Up Task", task).update({"subject": "Ask how the green tea was"}).save()


def use_list(doctype: str) -> None:
	"""Save list settings, a filter and a report, and leave the traces of using them."""
	from frappe.core.doctype.access_log.access_log import make_access_log
	from frappe.model.utils import user_settings

	frappe.set_user(USER)
	user_settings.save(doctype, json.dumps({"List": {"filters": [[doctype, "customer", "=", CUSTOMER]]}}))
	# The hourly job has saved these, but not those of the next user.
	user_settings.sync_user_settings()
	frappe.set_user("Administrator")
	user_settings.save(doctype, json.dumps({"List": {"order_by": "creation desc"}}))
	make_access_log(doctype=doctype, file_type="CSV", method="Export")
	rows = (
		{"doctype": "List Filter", "reference_doctype": doctype, "filter_name": "Mine", "filters": "[]"},
		{
			"doctype": "Report",
			"ref_doctype": doctype,
			"report_name": f"My {doctype}",
			"report_type": "Report Builder",
		}
		| {"is_standard": "No"},
		{"doctype": "Route History", "user": USER, "route": f"List/{doctype}/List"},
		{"doctype": "Number Card", "label": f"My {doctype}", "document_type": doctype, "function": "Count"}
		| {"type": "Document Type", "filters_json": "[]"},
	)
	for row in rows:
		frappe.get_doc(row).insert(ignore_permissions=True, ignore_links=True)
	# The app refuses following a record by email; a site may have older entries.
	follow = {"doctype": "Document Follow", "ref_doctype": "Note", "ref_docname": "any", "user": USER}
	doc = frappe.get_doc(follow).insert(ignore_permissions=True, ignore_links=True)
	doc.db_set({"ref_doctype": doctype})


def customize() -> None:
	"""Customize the DocTypes as an administrator does."""
	from frappe.custom.doctype.custom_field.custom_field import create_custom_field
	from frappe.custom.doctype.property_setter.property_setter import make_property_setter
	from frappe.permissions import add_permission, add_user_permission

	make_property_setter("Personal Note", "note", "label", "What we heard", "Data")
	create_custom_field("Gesture", {"fieldname": "our_mood", "label": "Our Mood", "fieldtype": "Data"})
	add_permission("Personal Note", "Sales Master Manager")
	budget = frappe.get_all("Gesture Budget", pluck="name", limit=1, order_by="creation asc")[0]
	add_user_permission("Gesture Budget", budget, USER)
	frappe.get_doc("Micro Experiences Settings").save()
	user = frappe.get_doc("User", USER)
	user.update({"default_workspace": "Micro Experiences", "default_app": "micro_experiences"})
	user.append("block_modules", {"module": "Micro Experiences"})
	user.save()
	frappe.db.set_single_value("System Settings", "default_app", "micro_experiences")


if __name__ == "__main__":
	frappe.init(site=sys.argv[1])
	frappe.connect()
	frappe.set_user("Administrator")
	try:
		{"before": before, "day": day, "evening": evening}[sys.argv[2]]()
		frappe.db.commit()
	finally:
		frappe.destroy()
