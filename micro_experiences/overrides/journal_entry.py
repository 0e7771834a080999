"""Everything the app does to a Journal Entry."""

from micro_experiences.services import ledger
from micro_experiences.services.connections import add_connections
from micro_experiences.utils.resilience import fail_safe_write


def get_dashboard_data(data: dict) -> dict:
	"""Add the posted Gesture Wallet to the Connections of Journal Entry (`override_doctype_dashboards`)."""
	add_connections(data, "journal_entry", ("Gesture Wallet",))
	return data


@fail_safe_write
def after_insert(doc, method=None) -> None:
	"""Link an amended entry in place of the cancelled one (`Journal Entry.after_insert`)."""
	if doc.get("amended_from"):
		ledger.link_amended_entry(doc.amended_from, doc.name)


@fail_safe_write
def on_cancel(doc, method=None) -> None:
	"""Allow the wallet of a cancelled entry to be posted again (`Journal Entry.on_cancel`)."""
	ledger.unlink_cancelled_entry(doc.name)


@fail_safe_write
def on_trash(doc, method=None) -> None:
	"""Unlink a deleted entry from its wallet, which can then be posted again (`Journal Entry.on_trash`)."""
	ledger.unlink_deleted_entry(doc.name)
