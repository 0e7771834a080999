"""Roles, guarded DocTypes and write access, as far as the app itself decides; the host decides who may read a customer.

The conditions under which a record is visible are SQL, in `permissions.conditions`.
"""

from collections.abc import Mapping

# Roles that use the app: those of ERPNext, and its own.
MANAGER_ROLE = "Micro Experiences Manager"
APP_ROLES = ("Sales User", "Sales Manager", "Accounts User", "Accounts Manager", "Support Team", MANAGER_ROLE)
# Roles that see all wallets.
ALL_WALLETS_ROLES = frozenset({MANAGER_ROLE, "Sales Manager", "Accounts Manager", "System Manager"})
# Fields with the users who may change a visible record, besides a Micro Experiences Manager.
WRITER_FIELDS = {
	"Personal Note": ("heard_by", "owner"),
	"Gesture": ("given_by", "owner"),
	"Follow Up Task": ("assigned_to", "owner"),
	"Follow Up Preference": ("user",),
}
# DocTypes that are subject to the visibility rules, however they are accessed.
GUARDED_DOCTYPES = (
	"Personal Note",
	"Personal Note Use",
	"Gesture",
	"Gesture Wallet",
	"Gesture Wallet Entry",
	"Follow Up Task",
	"Follow Up Reminder",
	"Follow Up Preference",
	"Personal Note Access",
	"Personal Data Erasure",
)
# Fields that name a record of the app. They are not Links, because a host may follow a Link without a check.
SOURCE_FIELDS = {"personal_note": "Personal Note", "gesture": "Gesture"}
# Free text written by users; it is removed from the copy of a deleted record.
FREE_TEXT_FIELDS = {
	"Personal Note": ("note", "stops", "avoids", "kept_as_is_because"),
	"Personal Note Use": ("they_said",),
	"Gesture": ("what", "message", "story", "override_reason", "decline_reason"),
	"Follow Up Task": ("subject", "outcome"),
	"Personal Note Access": ("reason",),
}
# DocTypes that no user can change or delete, whatever their permissions: otherwise they could hide an access or erasure.
PROTECTED_DOCTYPES = frozenset({"Personal Note Access", "Personal Data Erasure"})


def can_write(doctype: str, row: Mapping, user: str, *, manager: bool) -> bool:
	"""Return whether a user may change a record that is visible to them."""
	if doctype in PROTECTED_DOCTYPES:
		return False
	return manager or any(row.get(field) == user for field in WRITER_FIELDS.get(doctype, ()))
