"""The pages of the preview, under the routes of the Desk: each shows what the user may see, in the words of the app."""

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, flash, g, redirect, render_template, request

from micro_experiences.domain import promises
from preview import follow_ups as tasks
from preview import gestures, ledger, methods, people, preferences, records, schema
from preview.banner import wallet_line
from preview.session import Session
from preview.showing import MOST, banner, day, found, list_route, pill, route, show_form, show_list, title
from preview.store import Db

pages = Blueprint("pages", __name__)
pages.add_app_template_test(promises.repeating, "repeating")


# Customers


@pages.get("/")
@pages.get("/app")
def home():
	return redirect("/app/customer")


@pages.get("/app/customer")
def customers():
	wanted = request.args.get("q", "").strip()
	with g.store.reading() as db:
		rows = records.rows(db, "Customer", g.user, order_by="customer_name", limit=MOST * 10)
		contacts = {
			row["customer"]: row["full_name"]
			for row in records.rows(db, "Contact", g.user, order_by="creation desc", limit=MOST * 10)
		}
		open_tasks = records.rows(db, "Follow Up Task", g.user, {"status": "Open"}, limit=MOST * 10)
	promises = [task["customer"] for task in open_tasks]
	shown = []
	for row in rows:
		contact, count = contacts.get(row["name"], ""), promises.count(row["name"])
		if wanted.casefold() not in f"{row['customer_name']} {contact}".casefold():
			continue
		hint = {0: ""}.get(count, "1 open promise" if count == 1 else f"{count} open promises")
		shown.append(
			{
				"href": route("Customer", row["name"]),
				"cells": [row["customer_name"], contact, hint],
				"pill": pill("Enabled"),
			}
		)
	return show_list(
		"Customer",
		["Customer Name", "Contact", "Promises"],
		shown,
		search={"label": "Search by name or contact", "value": wanted},
		nothing="No customer is called so." if wanted else "No customers yet.",
	)


@pages.get("/app/customer/<path:name>")
def customer(name: str):
	with g.store.reading() as db:
		doc = found(db, "Customer", name)
		contacts = records.rows(db, "Contact", g.user, {"customer": name}, order_by="full_name")
		invoices = records.rows(
			db, "Sales Invoice", g.user, {"customer": name}, order_by="posting_date desc, name desc"
		)
		return show_form(
			db,
			"Customer",
			doc,
			doc["customer_name"],
			template="customer.html",
			pill=pill("Enabled"),
			banner=banner(db, name, reference_doctype="Customer", reference_name=name, compact=False),
			contacts=contacts,
			invoices=[_invoice_row(db, row) for row in invoices],
			connections=_connections(db, {"customer": name}),
		)


def _connections(db: Db, filters: dict[str, str]) -> list[dict]:
	return [
		{
			"label": doctype,
			"count": len(records.rows(db, doctype, g.user, filters | only, limit=MOST)),
			"href": list_route(doctype, **filters, **only),
		}
		for doctype, only in (
			("Personal Note", {"status": "Active"}),
			("Gesture", {}),
			("Follow Up Task", {}),
		)
	]


# Sales Invoices


@pages.get("/app/sales-invoice")
def sales_invoices():
	with g.store.reading() as db:
		rows = records.rows(
			db, "Sales Invoice", g.user, order_by="posting_date desc, name desc", limit=MOST + 1
		)
		return show_list(
			"Sales Invoice",
			["Customer", "Date", "Grand Total", "Name"],
			[_invoice_row(db, row) for row in rows],
			primary=("Add Sales Invoice", "/app/sales-invoice/new"),
		)


def _invoice_row(db: Db, row: dict) -> dict:
	return {
		"href": route("Sales Invoice", row["name"]),
		"cells": [
			title(db, "Customer", row["customer"]),
			day(row["posting_date"]),
			ledger.money(db, row["grand_total"], row["currency"]),
			row["name"],
		],
		"pill": pill(row["status"]),
	}


@pages.get("/app/sales-invoice/new")
def new_sales_invoice():
	with g.store.reading() as db:
		return render_template(
			"sales_invoice_new.html",
			meta=schema.meta("Sales Invoice"),
			customers=records.rows(db, "Customer", g.user, order_by="customer_name", limit=MOST * 10),
			contacts=records.rows(db, "Contact", g.user, order_by="full_name", limit=MOST * 10),
			banner=banner(db, None, reference_doctype="Sales Invoice", compact=True),
		)


@pages.get("/app/sales-invoice/<path:name>")
def sales_invoice(name: str):
	with g.store.reading() as db:
		doc = found(db, "Sales Invoice", name)
		context = {
			"contact": doc["contact_person"],
			"reference_doctype": "Sales Invoice",
			"reference_name": name,
			"compact": True,
		}
		return show_form(
			db,
			"Sales Invoice",
			doc,
			name,
			banner=banner(db, doc["customer"], **context),
			connections=_connections(db, {"reference_doctype": "Sales Invoice", "reference_name": name}),
		)


# Notes, gestures, follow-ups


def _filters(*fieldnames: str) -> dict[str, str]:
	"""What the address asks for, by field."""
	return {name: value for name in fieldnames if (value := request.args.get(name, "").strip())}


def _filtered_list(
	doctype: str,
	filters: dict[str, str],
	columns: dict[str, Callable[[Db, dict], str]],
	nothing: str,
	order_by: str = "modified desc",
) -> str:
	"""The page of what equals `filters`. `columns` has for each heading what a row says under it."""
	with g.store.reading() as db:
		rows = [
			{
				"href": route(doctype, row["name"]),
				"cells": [say(db, row) for say in columns.values()],
				"pill": pill(row["status"]),
			}
			for row in records.rows(db, doctype, g.user, filters, order_by, limit=MOST + 1)
		]
	said = ", ".join(value for name, value in filters.items() if name != "reference_doctype")
	return show_list(doctype, list(columns), rows, filtered=said, nothing=nothing)


@pages.get("/app/personal-note")
def personal_notes():
	return _filtered_list(
		"Personal Note",
		_filters("customer", "status", "reference_doctype", "reference_name"),
		{
			"Note": lambda db, row: row["note"],
			"Customer": lambda db, row: row["customer"],
			"Kind": lambda db, row: row["kind"],
			"Heard By": lambda db, row: title(db, "User", row["heard_by"]),
		},
		"Nothing to remember here yet. Jot it on the form of a customer.",
	)


@pages.get("/app/personal-note/<path:name>")
def personal_note(name: str):
	with g.store.reading() as db:
		doc = found(db, "Personal Note", name)
		return show_form(db, "Personal Note", doc, doc["customer"])


@pages.get("/app/gesture")
def gesture_list():
	return _filtered_list(
		"Gesture",
		_filters("customer", "status", "reference_doctype", "reference_name"),
		{
			"What": lambda db, row: row["what"],
			"Customer": lambda db, row: row["customer"],
			"Cost": lambda db, row: ledger.money(db, row["cost"], row["currency"]) if row["cost"] else "",
			"Given By": lambda db, row: title(db, "User", row["given_by"]),
		},
		"No gesture here yet. Give one on the form of a customer.",
	)


@pages.get("/app/gesture/<path:name>")
def gesture(name: str):
	with g.store.reading() as db:
		doc = found(db, "Gesture", name)
		moves = gestures.moves(db, doc, g.user)
		may_correct = gestures.may_correct(db, doc, g.user)
		return show_form(
			db, "Gesture", doc, doc["customer"], template="gesture.html", moves=moves, may_correct=may_correct
		)


@pages.get("/app/follow-up-task")
def follow_ups():
	if filters := _filters("customer", "reference_doctype", "reference_name"):
		return _follow_up_list(filters)
	mine = {"assigned_to": g.user, "status": "Open"}
	today = g.now.date()
	groups: dict[str, list[dict]] = {"Overdue": [], "Today": [], "Later": []}
	with g.store.reading() as db:
		for task in records.rows(db, "Follow Up Task", g.user, mine, order_by="due_on, name", limit=MOST):
			groups[promises.standing(task["due_on"], task["snoozed_until"], today)].append(task)
		colleagues = _all_but(g.user, people.colleagues(db))
	tomorrow = today + timedelta(days=1)
	return render_template(
		"follow_ups.html", groups=groups, today=today, tomorrow=tomorrow, colleagues=colleagues
	)


def _all_but(user: str, colleagues: list[dict]) -> list[dict]:
	"""Whoever has a promise is not offered to take it over."""
	return [colleague for colleague in colleagues if colleague["name"] != user]


def _follow_up_list(filters: dict[str, str]) -> str:
	return _filtered_list(
		"Follow Up Task",
		filters,
		{
			"What": lambda db, row: row["subject"],
			"Customer": lambda db, row: row["customer"],
			"Due On": lambda db, row: day(row["due_on"]),
			"Who": lambda db, row: title(db, "User", row["assigned_to"]),
		},
		"Nothing was promised here.",
		order_by="due_on desc",
	)


@pages.get("/app/follow-up-task/<path:name>")
def follow_up(name: str):
	with g.store.reading() as db:
		doc = found(db, "Follow Up Task", name)
		return show_form(
			db,
			"Follow Up Task",
			doc,
			doc["customer"],
			template="follow_up.html",
			may_act=doc["status"] == "Open" and tasks.may_act(Session(db, g.user, g.now), doc),
			tomorrow=g.now.date() + timedelta(days=1),
			colleagues=_all_but(doc["assigned_to"], people.colleagues(db)),
		)


# Money


@pages.get("/app/gesture-wallet")
def wallet():
	with g.store.reading() as db:
		mine = ledger.wallets(db, g.user, g.now.date())
		opened = {"gesture_wallet": [one.name for one in mine if one.name]}
		booked = records.rows(
			db, "Gesture Wallet Entry", g.user, opened, order_by="creation", limit=MOST * 10
		)
		# The last one first, also among those of one moment.
		entries = booked[::-1][:20]
		for entry in entries:
			given = entry["gesture"] and records.get(db, "Gesture", entry["gesture"], g.user)
			entry["what"] = f"{given['what']} for {given['customer']}" if given else ""
			entry["href"] = route("Gesture", entry["gesture"]) if given else None
		currencies = {one.name: one.budget.currency for one in mine}
		session = Session(db, g.user, g.now)
		nudges = {one.budget.name: wallet_line(session, one)["nudge"] for one in mine}
		return render_template(
			"gesture_wallet.html",
			wallets=mine,
			entries=entries,
			money=lambda amount, currency: ledger.money(db, amount, currency),
			currencies=currencies,
			nudges=nudges,
		)


@pages.get("/app/gesture-budget")
def budgets():
	with g.store.reading() as db:
		rows = records.rows(db, "Gesture Budget", g.user, order_by="title", limit=MOST + 1)
		if not rows and not records.may(db, "Gesture Budget", "read", g.user):
			return _kept_by_a_manager()
		shown = [
			{
				"href": route("Gesture Budget", row["name"]),
				"cells": [
					row["title"],
					row["company"],
					ledger.money(db, row["amount"], row["currency"]),
					row["period"],
				],
				"pill": ("Enabled", "blue") if row["enabled"] else ("Disabled", "gray"),
			}
			for row in rows
		]
		may_add = records.may(db, "Gesture Budget", "create", g.user)
	return show_list(
		"Gesture Budget",
		["Title", "Company", "Amount", "Per"],
		shown,
		primary=("Add Gesture Budget", "/app/gesture-budget/new") if may_add else None,
		nothing="No budget yet.",
	)


@pages.get("/app/gesture-budget/new")
def new_budget():
	return _budget_form(None)


@pages.get("/app/gesture-budget/<path:name>")
def budget(name: str):
	return _budget_form(name)


def _budget_form(name: str | None):
	with g.store.reading() as db:
		if not records.may(db, "Gesture Budget", "read" if name else "create", g.user):
			return _kept_by_a_manager()
		doc = found(db, "Gesture Budget", name) if name else schema.new("Gesture Budget", g.user, g.now)
		holders = db.find("Gesture Budget Holder", {"parent": name}) if name else []
		wallets = []
		if name:
			wallets = records.rows(
				db, "Gesture Wallet", g.user, {"gesture_budget": name}, order_by="period_start desc, holder"
			)
		return render_template(
			"gesture_budget.html",
			meta=schema.meta("Gesture Budget"),
			doc=doc,
			is_new=not name,
			holders=[row["user"] for row in holders],
			roles=[row["name"] for row in db.find("Role")],
			wallets=[_wallet_row(db, row) for row in wallets],
		)


def _wallet_row(db: Db, row: dict) -> dict:
	has = row["allowance"] + row["carried_over"]
	return {
		"holder": title(db, "User", row["holder"]) or "Everyone",
		"period": f"{day(row['period_start'])} to {day(row['period_end'])}",
		"used": float(row["committed"] + row["spent"]),
		"has": float(has),
		**{
			part: ledger.money(db, amount, row["currency"])
			for part, amount in (
				("allowance", has),
				("committed", row["committed"]),
				("spent", row["spent"]),
				("left", ledger.left(row)),
			)
		},
	}


def _kept_by_a_manager():
	return render_template(
		"message.html",
		heading="Gesture Budget",
		words="Budgets are kept by a manager. What you may give stands in your wallet.",
		link=("My wallet", "/app/gesture-wallet"),
	)


# Reminders


@pages.get("/app/outbox")
def outbox():
	with g.store.reading() as db:
		bells = db.find("Notification Log", {"document_type": "Follow Up Task"}, "sent_on desc, name", MOST)
		proofs = {
			(row["follow_up_task"], row["recipient"], row["sent_on"]): row["reminder_key"]
			for row in records.rows(db, "Follow Up Reminder", g.user, order_by="sent_on desc", limit=MOST)
		}
		sent = [
			row
			| {
				"key": proofs.get((row["document_name"], row["for_user"], row["sent_on"])),
				"to": title(db, "User", row["for_user"]),
				"href": route("Follow Up Task", row["document_name"]),
			}
			for row in bells
		]
		mails = records.rows(db, "Email Queue", g.user, order_by="sent_on desc, name", limit=MOST)
		for mail in mails:
			mail["to"] = title(db, "User", mail["recipient"])
	# One's own bell, and for those who may read the proofs every other one too.
	return render_template(
		"outbox.html", sent=[row for row in sent if row["key"] or row["for_user"] == g.user], mails=mails
	)


@pages.get("/app/follow-up-preference")
def preference():
	with g.store.reading() as db:
		session = Session(db, g.user, g.now)
		return render_template(
			"follow_up_preference.html",
			meta=schema.meta("Follow Up Preference"),
			doc=preferences.mine(session),
			site_hour=session.settings["digest_hour"] or 0,
		)


@pages.post("/app/follow-up-preference")
def save_preference():
	chosen = {field: request.form.get(field, "0") for field in ("bell", "digest")}
	chosen["digest_hour"] = request.form.get("digest_hour", "")
	methods.call(g.store, g.clock, g.user, "preferences.save", chosen)
	flash("Kept.")
	return redirect("/app/follow-up-preference")


@pages.get("/about")
def about():
	return render_template("about.html")
