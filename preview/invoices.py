"""Sales Invoices, as far as the preview needs them: a document of the host on which the banner stands."""

from micro_experiences.domain.refusal import NotAllowed, Refused, _
from preview import follow_ups, people
from preview.session import Session, day


def save(
	session: Session,
	customer: str,
	name: str | None = None,
	contact_person: str | None = None,
	remarks: str | None = None,
) -> dict:
	"""Keep a draft; answers `{"name"}`. An invoice that is not a draft any more stays as it is."""
	session.check_customer(customer)
	contact = session.db.get("Contact", contact_person) if contact_person else None
	if contact_person and not (contact and contact["customer"] == customer):
		raise Refused(_("This contact belongs to somebody else. Choose one of the customer's."))
	values = {"customer": customer, "contact_person": contact_person, "remarks": remarks}
	if name:
		if session.seen("Sales Invoice", name)["docstatus"]:
			raise NotAllowed(_("This invoice was submitted and stays as it is."))
		session.update("Sales Invoice", name, values)
		return {"name": name}
	return {"name": keep(session, values)}


def keep(session: Session, values: dict) -> str:
	"""Keep a new invoice with these fields; its name."""
	if not people.may_use(session.roles()):
		raise NotAllowed(_("You may not make an invoice."))
	company = session.db.find("Company", limit=1)[0]
	standard = {
		"company": company["name"],
		"currency": company["default_currency"],
		"posting_date": session.today,
		"due_date": session.today,
		"status": "Draft",
	}
	invoice = standard | values
	name = session.insert("Sales Invoice", invoice)
	if invoice.get("docstatus"):
		follow_ups.invoice_changed(session, invoice["customer"], day(invoice["posting_date"], _("Date")))
	return name
