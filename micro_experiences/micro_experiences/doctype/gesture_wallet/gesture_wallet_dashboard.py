"""Show the Journal Entry of a wallet in its connections."""

from frappe import _


def get_data() -> dict:
	"""Return the additional connections. The wallet links to the entry, not the other way round."""
	return {
		"fieldname": "gesture_wallet",
		"internal_links": {"Journal Entry": "journal_entry"},
		"transactions": [{"label": _("Accounting"), "items": ["Journal Entry"]}],
	}
