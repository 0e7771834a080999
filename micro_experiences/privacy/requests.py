"""When somebody asks Frappe for his personal data, or for its deletion: whoever answers for notes about him is told."""

import frappe
from frappe import _
from frappe.utils import get_url, quoted

from micro_experiences.desk.bell import managers, ring
from micro_experiences.desk.safely import never_fail_writing
from micro_experiences.privacy import sight

_CONFIRMED = "Pending Approval"


@never_fail_writing
def deletion_asked(doc, method=None) -> None:
	"""`Personal Data Deletion Request.on_update`: once he has confirmed by mail that it was he who asked."""
	if doc.status == _CONFIRMED and doc.has_value_changed("status"):
		_tell(doc.email, lambda lang: _("{0} asks for the erasure of what we hold.", lang=lang))


@never_fail_writing
def download_asked(doc, method=None) -> None:
	"""`Personal Data Download Request.after_insert`: Frappe sends what it knows of the user, and nothing of ours."""
	_tell(doc.user, lambda lang: _("{0} asks for what we hold.", lang=lang))


def customers_of(email: str) -> set[str]:
	"""The customers one of whose contacts has this e-mail address."""
	address, link = frappe.qb.DocType("Contact Email"), frappe.qb.DocType("Dynamic Link")
	return set(
		frappe.qb.from_(address)
		.join(link)
		.on((link.parent == address.parent) & (link.parenttype == "Contact"))
		.select(link.link_name)
		.where((address.email_id == email) & (link.link_doctype == "Customer"))
		.run(pluck=True)
	)


def _tell(email: str, words) -> None:
	"""The bell of each manager who may read the customer, with the page where it is done."""
	customers = customers_of(email)
	for user, lang in managers().items() if customers else ():
		for customer in sorted(sight.seen_by(user, "Customer", customers)):
			subject = words(lang).format(f"<b>{frappe.utils.escape_html(customer)}</b>")
			ring(
				[(user, subject, "Customer", customer)],
				link=get_url(f"/app/personal-data/{quoted(customer)}"),
			)
