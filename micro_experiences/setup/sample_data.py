"""Sample data of a small business to try the app, with dates relative to today, and its exact removal.

`add` stores the names of all documents it creates in the site's defaults; `remove` deletes exactly those.
"""

import json
from contextlib import contextmanager
from datetime import date

import frappe
from frappe import _
from frappe.utils import add_days, add_months, getdate, now_datetime

from micro_experiences.domain.ledger import COMMITTED_STATUSES
from micro_experiences.services import ledger
from micro_experiences.setup.sample_rows import CUSTOMERS, FOLLOW_UPS, GESTURES, NOTES, PEOPLE, USES
from micro_experiences.utils.errors import throw

_DEFAULT_KEY = "micro_experiences_sample_data"

_USERS = {who: user for who, (user, *_rest) in PEOPLE.items()}


def add(password: str | None = None) -> dict[str, int]:
	"""Add the sample data and return the number of documents by DocType. Existing documents are left
	unchanged.

	The sample users can log in only if a `password` is given (for the demo).
	"""
	if frappe.db.get_default(_DEFAULT_KEY):
		return {}
	made: list[tuple[str, str]] = []
	company = _get_company()
	steps = (
		("people", lambda: _add_people(made, password)),
		("customers", lambda: _add_customers(made)),
		("invoices", lambda: _add_invoices(made, company)),
		("notes", lambda: _add_notes(made)),
		("budget", lambda: _add_budget(made, company)),
		("gestures", lambda: _add_gestures(made, company)),
		("follow-ups", lambda: _add_follow_ups(made)),
	)
	for number, (what, step) in enumerate(steps, 1):
		print(f"Sample data {number}/{len(steps)}: {what}")
		step()
	frappe.db.set_default(_DEFAULT_KEY, json.dumps(made))
	counts: dict[str, int] = {}
	for doctype, _name in made:
		counts[doctype] = counts.get(doctype, 0) + 1
	return counts


def remove() -> int:
	"""Delete what `add` has created and what users have added to it since. Return the number of documents."""
	made = json.loads(frappe.db.get_default(_DEFAULT_KEY) or "[]")
	began = now_datetime()
	customers = [name for doctype, name in made if doctype == "Customer"]
	people = [name for doctype, name in made if doctype == "User"]
	budgets = [name for doctype, name in made if doctype == "Gesture Budget"]
	ledger.delete_wallets(budgets)
	for doctype in ("Follow Up Task", "Gesture", "Personal Note"):
		# Frappe treats an empty list as a filter for the empty name.
		for name in customers and frappe.get_all(
			doctype, filters={"customer": ("in", customers)}, pluck="name", order_by="creation desc"
		):
			if doctype == "Gesture" and frappe.db.exists("Gesture Wallet Entry", {"gesture": name}):
				_cancel_gesture(name)
			else:
				_delete(doctype, name)
	frappe.db.delete("Notification Log", {"for_user": ("in", people)})
	frappe.db.delete("Notification Settings", {"name": ("in", people)})
	# Frappe keeps the defaults of a deleted user.
	frappe.db.delete("DefaultValue", {"parent": ("in", people)})
	# Frappe creates a contact for every user.
	for name in people and frappe.get_all("Contact", filters={"user": ("in", people)}, pluck="name"):
		_delete("Contact", name)
	for doctype, name in reversed(made):
		if frappe.db.exists(doctype, name):
			_delete(doctype, name)
	# Frappe logs every deletion in a comment.
	feed = {"comment_type": "Deleted", "owner": frappe.session.user, "creation": (">=", began)}
	frappe.db.delete("Comment", feed)
	frappe.defaults.clear_default(key=_DEFAULT_KEY)
	return len(made)


def _cancel_gesture(gesture: str) -> None:
	"""Cancel a gesture that was paid from a real budget: its money returns to the wallet, and the ledger
	keeps the entries without the customer."""
	doc = frappe.get_doc("Gesture", gesture)
	if doc.status in (*COMMITTED_STATUSES, "Given"):
		doc.status = "Cancelled"
		doc.save()


def _delete(doctype: str, name: str) -> None:
	doc = frappe.get_doc(doctype, name)
	if doc.docstatus.is_submitted():
		doc.cancel()
	if doctype == "Sales Invoice":
		for entries in ("GL Entry", "Payment Ledger Entry"):
			frappe.db.delete(entries, {"voucher_type": doctype, "voucher_no": name})
	frappe.delete_doc(doctype, name, force=True, ignore_permissions=True, delete_permanently=True)


def _get_company() -> str:
	company = frappe.defaults.get_global_default("company") or frappe.db.get_value(
		"Company", {}, order_by="creation asc"
	)
	if not company:
		throw(_("The sample data needs a company. Complete the ERPNext setup wizard first."))
	return company


def _insert(made: list, doc):
	doc.insert(ignore_permissions=True)
	made.append((doc.doctype, doc.name))
	return doc


@contextmanager
def _as_user(user: str):
	before = frappe.session.user
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(before)


def _add_people(made: list, password: str | None) -> None:
	for email, first, last, roles in PEOPLE.values():
		if frappe.db.exists("User", email):
			continue
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": first,
				"last_name": last,
				"send_welcome_email": 0,
				"roles": [{"role": role} for role in roles],
			}
		)
		user.flags.ignore_password_policy = True
		if password:
			user.new_password = password
		_insert(made, user)


def _add_customers(made: list) -> None:
	group = frappe.db.get_value("Customer Group", {"is_group": 0}, order_by="name asc")
	territory = frappe.db.get_value("Territory", {"is_group": 0}, order_by="name asc")
	for name, kind, first, last in CUSTOMERS:
		customer = _insert(
			made,
			frappe.get_doc(
				{
					"doctype": "Customer",
					"customer_name": name,
					"customer_type": kind,
					"customer_group": group,
					"territory": territory,
				}
			),
		)
		contact = frappe.get_doc(
			{"doctype": "Contact", "first_name": first, "last_name": last, "is_primary_contact": 1}
		)
		contact.append("links", {"link_doctype": "Customer", "link_name": customer.name})
		_insert(made, contact)


def _get_contact(customer: str) -> str | None:
	return frappe.db.get_value(
		"Dynamic Link", {"link_doctype": "Customer", "link_name": customer, "parenttype": "Contact"}, "parent"
	)


def _add_invoices(made: list, company: str) -> None:
	"""Create two or three invoices for each customer over the last year, and a draft for the first one."""
	today = getdate()
	for day in (today, getdate(add_months(today, -12))):
		_add_fiscal_year(made, day)
	item = _add_item(made)
	for index, (customer, *_rest) in enumerate(CUSTOMERS):
		for turn in range(2 + index % 2):
			day = getdate(add_days(today, -(20 + 11 * index + 100 * turn)))
			_add_invoice(made, company, customer, item, day, 40 + 15 * index + 5 * turn).submit()
	_add_invoice(made, company, CUSTOMERS[0][0], item, today, 60)


def _add_fiscal_year(made: list, day: date) -> None:
	"""Create the year before the first fiscal year if none covers `day`, so that it does not overlap any."""
	if frappe.db.exists("Fiscal Year", {"year_start_date": ("<=", day), "year_end_date": (">=", day)}):
		return
	first = frappe.db.get_value("Fiscal Year", {}, "year_start_date", order_by="year_start_date asc")
	start = getdate(add_months(first, -12)) if first else date(day.year, 1, 1)
	_insert(
		made,
		frappe.get_doc(
			{
				"doctype": "Fiscal Year",
				"year": f"{start.year} (sample)",
				"year_start_date": start,
				"year_end_date": getdate(add_days(add_months(start, 12), -1)),
			}
		),
	)


def _add_item(made: list) -> str:
	name = "Sample Hamper"
	if not frappe.db.exists("Item", name):
		_insert(
			made,
			frappe.get_doc(
				{
					"doctype": "Item",
					"item_code": name,
					"item_group": frappe.db.get_value("Item Group", {"is_group": 0}, order_by="name asc"),
					"stock_uom": "Nos",
					"is_stock_item": 0,
				}
			),
		)
	return name


def _add_invoice(made: list, company: str, customer: str, item: str, day: date, rate: float):
	invoice = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"company": company,
			"customer": customer,
			"contact_person": _get_contact(customer),
			"set_posting_time": 1,
			"posting_date": day,
			"due_date": add_days(max(day, getdate()), 14),
			"items": [{"item_code": item, "qty": 1, "rate": rate}],
		}
	)
	invoice.set_missing_values()
	return _insert(made, invoice)


def _add_notes(made: list) -> None:
	today = getdate()
	for customer, text, kind, topic, certainty, via, who, days_ago, more in NOTES:
		more = dict(more)
		for field in ("occasion_on", "remember_until"):
			if isinstance(days := more.get(field), tuple):
				# (days from today, years ago), so that occasions are upcoming whenever the sample data is added
				more[field] = add_months(add_days(today, days[0]), -12 * days[1])
		contact = _get_contact(customer) if more.pop("about_contact", False) else None
		note = _insert(
			made,
			frappe.get_doc(
				{
					"doctype": "Personal Note",
					"customer": customer,
					"contact": contact,
					"note": text,
					"kind": kind,
					"topic": topic,
					"certainty": certainty,
					"heard_via": via,
					"heard_by": _USERS[who],
					"heard_on": add_days(today, -days_ago),
					**more,
				}
			),
		)
		for started, user, said, used_days_ago in USES:
			if text.startswith(started):
				with _as_user(_USERS[user]):
					note.log_use("Used", said)
				frappe.db.set_value(
					"Personal Note Use",
					{"personal_note": note.name},
					"used_on",
					add_days(now_datetime(), -used_days_ago),
				)


def _add_budget(made: list, company: str) -> None:
	_insert(
		made,
		frappe.get_doc(
			{
				"doctype": "Gesture Budget",
				"title": "Small kindnesses",
				"company": company,
				"budget_kind": "Per Person",
				"holders": [{"user": user} for user, *_rest in PEOPLE.values()],
				"amount": 50,
				"period": "Month",
				"starts_on": add_months(getdate(), -12),
				"free_up_to": 20,
				"approver_role": "Sales Manager",
			}
		),
	)


def _add_gestures(made: list, company: str) -> None:
	for customer, kind, cost, status, who, reaction, story in GESTURES:
		with _as_user(_USERS[who]):
			gesture = _insert(
				made,
				frappe.get_doc(
					{
						"doctype": "Gesture",
						"customer": customer,
						"gesture_type": kind,
						"what": kind,
						"company": company,
						"cost": cost,
						"status": status if status in ("Idea", "Awaiting Approval") else "Given",
						"reaction": reaction,
						"story": story,
						"share_story": int(bool(story)),
					}
				),
			)
			if status == "Cancelled":
				gesture.status = "Cancelled"
				gesture.save(ignore_permissions=True)


def _add_follow_ups(made: list) -> None:
	today = getdate()
	for customer, subject, due_in, who, repeats, status, outcome in FOLLOW_UPS:
		task = _insert(
			made,
			frappe.get_doc(
				{
					"doctype": "Follow Up Task",
					"customer": customer,
					"subject": subject,
					"due_on": add_days(today, due_in),
					"assigned_to": _USERS[who],
					"repeats": repeats,
					"every": 1,
				}
			),
		)
		with _as_user(_USERS[who]):
			if status == "Done":
				task.mark_done(outcome)
			elif status == "Skipped":
				task.mark_skipped(outcome)
			elif status == "Later":
				task.snooze(getdate(add_days(today, 5)))
