"""Periods that are over become Journal Entries."""

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.desk.bell import report
from micro_experiences.jobs import workers
from micro_experiences.micro_experiences.doctype.gesture_wallet import books


def mx_post_periods() -> None:
	"""Daily: post what is due, one wallet in one transaction. What the books do not take, such as an entry of a closed
	period, stops no other; it is reported to the Micro Experiences Managers and tried again the next day."""
	refused = {}
	for wallet in books.due(getdate()):
		frappe.db.commit()  # nosemgrep: each wallet is kept by itself, and its row is locked not for long
		frappe.db.savepoint("post_period")
		try:
			books.post(wallet, ignore_permissions=True)
		except workers.UNDONE:
			# The database has undone the transaction, and the savepoint with it.
			frappe.db.rollback()
		except Exception as error:
			frappe.db.rollback(save_point="post_period")
			refused[wallet] = str(error)
	frappe.clear_messages()
	if refused:
		subject = _("{0} wallets could not be posted. Open this to see why.").format(len(refused))
		report("periods that the books did not take", refused, subject)
