"""Set new settings to their defaults. Values already chosen are kept."""

import frappe

SETTINGS = "Micro Experiences Settings"


def execute():
	chosen = frappe.db.get_singles_dict(SETTINGS)
	for field in frappe.get_meta(SETTINGS).fields:
		if field.default and chosen.get(field.fieldname) is None:
			frappe.db.set_single_value(SETTINGS, field.fieldname, field.default, update_modified=False)
