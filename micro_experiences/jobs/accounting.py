"""Post ended wallet periods as Journal Entries."""

import frappe
from frappe import _
from frappe.utils import getdate

from micro_experiences.services import accounting
from micro_experiences.utils import transactions
from micro_experiences.utils.notifications import report_to_managers


def mx_post_periods() -> None:
	"""Post each due wallet in its own transaction. Runs daily. A wallet that ERPNext refuses to post, for
	example because its accounting period is closed, does not stop the others: it is reported to the Micro
	Experiences Managers and tried again the next day."""
	refused = {}
	for wallet in accounting.get_wallets_to_post(getdate()):
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- each wallet has its own short transaction
		frappe.db.savepoint("post_period")
		try:
			accounting.post_wallet(wallet, ignore_permissions=True)
		except transactions.RETRYABLE_ERRORS:
			# The database has rolled back the transaction together with the savepoint.
			frappe.db.rollback()
		except Exception as error:
			frappe.db.rollback(save_point="post_period")
			refused[wallet] = str(error)
	frappe.clear_messages()
	if refused:
		subject = _("{0} wallets could not be posted. Open this notification for details.").format(
			len(refused)
		)
		report_to_managers("wallet periods that could not be posted", refused, subject)
