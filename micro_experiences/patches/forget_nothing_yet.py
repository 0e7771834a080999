"""A site that is there already forgets nothing by itself until a manager says so; what it has chosen stays."""

import frappe

from micro_experiences.domain.retention import FIELDS

SETTINGS = "Micro Experiences Settings"


def execute():
	chosen = frappe.db.get_singles_dict(SETTINGS)
	for field in FIELDS:
		if chosen.get(field) is None:
			frappe.db.set_single_value(SETTINGS, field, 0, update_modified=False)
