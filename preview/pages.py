"""The pages of the preview, under the routes of the Desk: lists and forms of what the user may see."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Blueprint, abort, g, redirect, render_template, request

from micro_experiences.domain.follow_ups import is_repeating
from preview import follow_ups, gestures, ledger, people, schema
from preview.banner import get_banner, get_wallet_summary
from preview.formatting import MAX_ROWS, PAGES, day, pill, route, sections, shown, title
from preview.session import Session

pages = Blueprint("pages", __name__)
pages.add_app_template_test(is_repeating, "repeating")

# The columns of each list, its order, and what it says when it is empty.
_LISTS = {
	"Customer": (("customer_name", "customer_type"), "customer_name", "No customers yet."),
	"Sales Invoice": (
		("name", "customer", "posting_date", "grand_total"),
		"posting_date desc, name desc",
		"",
	),
	"Personal Note": (
		("note", "customer", "kind", "heard_by"),
		"modified desc",
		"No notes yet. Add one on a customer's form.",
	),
	"Gesture": (
		("what", "customer", "cost", "given_by"),
		"modified desc",
		"No gestures yet. Record one on a customer's form.",
	),
	"Follow Up Task": (
		("subject", "customer", "due_on", "assigned_to"),
		"due_on, name",
		"No follow-ups yet. Add one on a customer's form.",
	),
	"Gesture Budget": (("title", "amount", "period"), "title", "No budgets yet."),
}
_FILTERS = ("customer", "status", "assigned_to")
_BY_ADDRESS = {doctype.lower().replace(" ", "-"): doctype for doctype in PAGES}


@contextmanager
def _reading() -> Iterator[Session]:
	with g.store.reading() as db:
		yield Session(db, g.user, g.now)


@pages.get("/")
@pages.get("/app")
def home():
	"""Redirect to the customer with the most notes, as the first page."""
	with _reading() as session:
		row = session.db.row(
			"select customer from \"tabPersonal Note\" where status = 'Active'"
			" group by customer order by count(*) desc, customer limit 1"
		)
	return redirect(route("Customer", row["customer"]) if row else "/app/customer")


@pages.get("/app/<address>")
def show_list(address: str):
	"""Show the records of a DocType that the user may see."""
	doctype = _BY_ADDRESS.get(address) or abort(404)
	columns, order, nothing = _LISTS[doctype]
	filters = {name: value for name in _FILTERS if (value := request.args.get(name, "").strip())}
	meta = schema.meta(doctype)
	known = {name: value for name, value in filters.items() if name in schema.columns(doctype)}
	with _reading() as session:
		if doctype == "Gesture Budget" and not session.has_permission(doctype, "read"):
			return _only_for_a_manager()
		rows = [
			{
				"href": route(doctype, row["name"]),
				"cells": [shown(session, meta, name, row) for name in columns],
				"pill": pill(doctype, row),
			}
			for row in session.rows(doctype, known, order, MAX_ROWS + 1)
		]
		primary = doctype in ("Sales Invoice", "Gesture Budget") and session.has_permission(doctype, "create")
	return render_template(
		"list.html",
		heading=doctype,
		columns=["Name" if name == "name" else meta.field(name).label for name in columns],
		rows=rows[:MAX_ROWS],
		cut=len(rows) > MAX_ROWS,
		filtered=", ".join(known.values()),
		nothing=nothing,
		primary=(f"Add {doctype}", f"/app/{address}/new") if primary else None,
	)


@pages.get("/app/<address>/<path:name>")
def show_form(address: str, name: str):
	"""Show one record."""
	doctype = _BY_ADDRESS.get(address) or abort(404)
	with _reading() as session:
		doc = session.visible(doctype, name) or abort(404)
		meta = schema.meta(doctype)
		template, more = _FORMS.get(doctype, lambda *_: ("form.html", {}))(session, doc)
		return render_template(
			template,
			heading=title(session, doctype, name) if doctype == "Customer" else doc.get("customer") or name,
			crumbs=[(doctype, f"/app/{address}")],
			pill=pill(doctype, doc),
			doc=doc,
			sections=sections(session, meta, doc),
			**more,
		)


def _customer(session: Session, doc: dict) -> tuple[str, dict]:
	mine = {"customer": doc["name"]}
	return "form.html", {
		"banner": _banner(session, doc["name"], reference_doctype="Customer", reference_name=doc["name"]),
		"connections": [
			(doctype, len(session.rows(doctype, filters)), route(doctype, **filters))
			for doctype, filters in (
				("Personal Note", mine | {"status": "Active"}),
				("Gesture", mine),
				("Follow Up Task", mine | {"status": "Open"}),
				("Sales Invoice", mine),
			)
		],
	}


def _sales_invoice(session: Session, doc: dict) -> tuple[str, dict]:
	context = {"reference_doctype": "Sales Invoice", "reference_name": doc["name"]}
	return "form.html", {
		"banner": _banner(session, doc["customer"], contact=doc["contact_person"], **context)
	}


def _gesture(session: Session, doc: dict) -> tuple[str, dict]:
	return "gesture.html", {"moves": gestures.get_available_statuses(session, doc)}


def _follow_up(session: Session, doc: dict) -> tuple[str, dict]:
	can_act = follow_ups.can_act(session, doc)
	others = [one for one in people.get_colleagues(session.db) if one["name"] != doc["assigned_to"]]
	tomorrow = g.now.date() + timedelta(days=1)
	return "follow_up.html", {"can_act": can_act, "tomorrow": tomorrow, "colleagues": others}


_FORMS = {
	"Customer": _customer,
	"Sales Invoice": _sales_invoice,
	"Gesture": _gesture,
	"Follow Up Task": _follow_up,
}


def _banner(session: Session, customer: str | None, **context: str | None) -> dict:
	"""Return the initial data for the host of the panel."""
	payload = None
	if customer:
		document = (context["reference_doctype"], context["reference_name"])
		opened = Session(session.db, g.user, g.now, document, context.get("contact"))
		payload = get_banner(opened, customer)
	compact = context["reference_doctype"] != "Customer"
	creates = (("jot", "Personal Note"), ("gesture", "Gesture"), ("follow_up", "Follow Up Task"))
	return {
		"payload": payload,
		"context": {"customer": customer, **context, "compact": compact},
		"can": {what: session.has_permission(doctype, "create") for what, doctype in creates},
		"user": g.user,
		"today": g.now.date().isoformat(),
	}


@pages.get("/app/sales-invoice/new")
def new_sales_invoice():
	"""Show the form of a new invoice."""
	with _reading() as session:
		return render_template(
			"sales_invoice_new.html",
			meta=schema.meta("Sales Invoice"),
			customers=session.rows("Customer", order_by="customer_name"),
			contacts=session.rows("Contact", order_by="full_name"),
			banner=_banner(session, None, reference_doctype="Sales Invoice"),
		)


@pages.get("/app/my-follow-ups")
def my_follow_ups():
	"""Redirect to the open follow-ups of the user."""
	return redirect(route("Follow Up Task", assigned_to=g.user, status="Open"))


@pages.get("/app/gesture-wallet")
def wallets():
	"""Show the wallets of the user and their latest entries, and to a manager all current wallets."""
	with _reading() as session:
		mine = ledger.get_wallets(session, g.user)
		opened = {"gesture_wallet": [wallet.name for wallet in mine if wallet.name]}
		entries = session.rows("Gesture Wallet Entry", opened, "creation desc, name", 20)
		everyone = None
		if session.manager:
			now = [
				row
				for row in session.rows("Gesture Wallet", order_by="holder")
				if row["period_end"] >= session.today
			]
			everyone = [_wallet_row(session, row) for row in now if row["period_start"] <= session.today]
		return render_template(
			"gesture_wallet.html",
			wallets=[(wallet, get_wallet_summary(session, wallet)["nudge"]) for wallet in mine],
			entries=[_entry(session, row) for row in entries],
			everyone=everyone,
			money=session.money,
		)


def _wallet_row(session: Session, row: dict) -> dict:
	has = row["allowance"] + row["carried_over"]
	amounts = {
		"allowance": has,
		"committed": row["committed"],
		"spent": row["spent"],
		"left": ledger.get_balance(row),
	}
	return {
		"holder": title(session, "User", row["holder"]),
		"budget": title(session, "Gesture Budget", row["gesture_budget"]),
		"until": day(row["period_end"]),
		**{part: session.money(amount, row["currency"]) for part, amount in amounts.items()},
	}


def _entry(session: Session, row: dict) -> dict:
	gesture = session.visible("Gesture", row["gesture"])
	currency = session.db.get("Gesture Wallet", row["gesture_wallet"])["currency"]
	return {
		"date": day(row["posting_date"]),
		"kind": row["kind"],
		"amount": session.money(row["amount"], currency),
		"what": f"{gesture['what']} for {gesture['customer']}" if gesture else row["reason"] or "",
		"href": gesture and route("Gesture", gesture["name"]),
	}


@pages.get("/app/gesture-budget/new")
@pages.get("/app/gesture-budget/<name>")
def budget(name: str | None = None):
	"""Show the form of a budget, of a new one without a `name`."""
	with _reading() as session:
		if not session.has_permission("Gesture Budget", "read" if name else "create"):
			return _only_for_a_manager()
		doc = session.new("Gesture Budget")
		if name:
			doc = session.visible("Gesture Budget", name) or abort(404)
		holders = session.db.find("Gesture Budget Holder", {"parent": name}) if name else []
		return render_template(
			"gesture_budget.html",
			meta=schema.meta("Gesture Budget"),
			doc=doc,
			is_new=not name,
			holders=[row["user"] for row in holders],
		)


def _only_for_a_manager():
	words = "Only a manager can see budgets. Your wallet shows what you can spend."
	return render_template("message.html", heading="Gesture Budget", words=words)


@pages.get("/app/notifications")
def notifications():
	"""Show the notifications of the user: reminders, requests for approval and decisions."""
	with _reading() as session:
		rows = [
			row | {"href": route(row["document_type"], row["document_name"])}
			for row in session.rows("Notification Log", order_by="sent_on desc, name")
		]
	return render_template("notifications.html", notifications=rows)


@pages.get("/about")
def about():
	"""Show what the preview is."""
	return render_template("about.html")
