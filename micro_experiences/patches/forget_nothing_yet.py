"""Turn off retention on existing sites until a manager sets it. Values already chosen are kept."""

import frappe

from micro_experiences.domain.retention import RETENTION_FIELDS

SETTINGS = "Micro Experiences Settings"


def execute():
	chosen = frappe.db.get_singles_dict(SETTINGS)
	for field in RETENTION_FIELDS:
		if chosen.get(field) is None:
			frappe.db.set_single_value(SETTINGS, field, 0, update_modified=False)
