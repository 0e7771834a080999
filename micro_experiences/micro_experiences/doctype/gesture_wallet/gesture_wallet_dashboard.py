"""The Journal Entry of a wallet among its Connections."""

from frappe import _


def get_data() -> dict:
	"""What Frappe adds to the links of the DocType: the wallet names the entry, not the other way round."""
	return {
		"fieldname": "gesture_wallet",
		"internal_links": {"Journal Entry": "journal_entry"},
		"transactions": [{"label": _("Books"), "items": ["Journal Entry"]}],
	}
