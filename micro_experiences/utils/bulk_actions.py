"""Run one action on many records of a list, each separately."""

from collections.abc import Callable

import frappe
from frappe import _
from frappe.utils import strip_html

# The number of records that one request processes, so that it does not block other users.
MAX_RECORDS = 500


def process_each(names: list[str], act: Callable[[str], object]) -> tuple[list[str], list[dict]]:
	"""Run `act` on up to 500 records. Return the names that were changed, and `[{"name", "why"}]` of the others.

	A record that a rule refuses is rolled back alone. A record that changed at the same moment raises
	TimestampMismatchError, so that the whole request is retried.
	"""
	changed, unchanged = [], []
	for name in names[:MAX_RECORDS]:
		frappe.db.savepoint("bulk_action")
		messages = list(frappe.local.message_log)
		try:
			act(name)
			changed.append(name)
		except frappe.TimestampMismatchError:
			raise
		except (frappe.ValidationError, frappe.PermissionError) as error:
			frappe.db.rollback(save_point="bulk_action")
			unchanged.append({"name": name, "why": strip_html(str(error))})
			frappe.local.message_log = messages
	why = _("Only {0} records can be processed at once. Select the rest and try again.").format(MAX_RECORDS)
	unchanged += [{"name": name, "why": why} for name in names[MAX_RECORDS:]]
	return changed, unchanged
