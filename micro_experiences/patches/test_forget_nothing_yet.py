import frappe

from micro_experiences.domain.retention import FIELDS
from micro_experiences.patches import forget_nothing_yet, set_new_settings
from micro_experiences.testing import SiteTestCase

SETTINGS = forget_nothing_yet.SETTINGS


class TestForgetNothingYet(SiteTestCase):
	def values(self) -> list[str]:
		kept = frappe.db.get_singles_dict(SETTINGS)
		return [str(kept.get(field)) for field in FIELDS]

	def test_nothing_is_forgotten_on_a_site_that_chose_nothing_and_a_choice_stays(self):
		self.addCleanup(frappe.clear_document_cache, SETTINGS, SETTINGS)
		frappe.db.delete("Singles", {"doctype": SETTINGS, "field": ("in", FIELDS)})
		forget_nothing_yet.execute()
		set_new_settings.execute()
		self.assertEqual(self.values(), ["0"] * 6)
		frappe.db.set_single_value(SETTINGS, "forget_fact_after", 36)
		forget_nothing_yet.execute()
		self.assertEqual(self.values(), ["0", "36", "0", "0", "0", "0"])
