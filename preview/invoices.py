"""Sales Invoices, as far as the preview needs them: a document of ERPNext that shows the banner."""

from micro_experiences.domain.errors import NotPermitted, RuleViolation, _
from preview import people
from preview.session import Session


def save(
	session: Session, customer: str, contact_person: str | None = None, remarks: str | None = None
) -> dict:
	"""Create a draft."""
	session.check_customer(customer)
	contact = session.db.get("Contact", contact_person) if contact_person else None
	if contact_person and not (contact and contact["customer"] == customer):
		raise RuleViolation(_("This contact belongs to another customer. Choose a contact of this customer."))
	return {
		"name": add(session, {"customer": customer, "contact_person": contact_person, "remarks": remarks})
	}


def add(session: Session, values: dict) -> str:
	"""Insert an invoice, and return its name."""
	if not people.can_use_app(session.roles()):
		raise NotPermitted(_("You cannot create an invoice."))
	company = session.db.find("Company", limit=1)[0]
	standard = {"company": company["name"], "currency": company["default_currency"], "status": "Draft"}
	standard |= {"posting_date": session.today, "due_date": session.today}
	return session.insert("Sales Invoice", standard | values)
