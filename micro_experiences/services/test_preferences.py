"""Follow Up Preferences: creation, permissions, and cleanup when a user is renamed or deleted."""

import frappe
from frappe.utils import now_datetime

from micro_experiences.api import preferences
from micro_experiences.services import preferences as preferences_services
from micro_experiences.tests.utils import SiteTestCase, make_user

PREFERENCE = "Follow Up Preference"
ONE, OTHER = "mx.one@example.com", "mx.other@example.com"


class PreferencesTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.delete(PREFERENCE)

	def get_preference(self, user: str | None = None):
		with self.as_user(user or self.rep):
			return frappe.get_doc(PREFERENCE, preferences.get_or_create())


class TestPreferences(PreferencesTestCase):
	def test_preference_is_created_once_on_first_access(self):
		own = self.get_preference()
		self.assertEqual((own.user, own.bell, own.digest, own.digest_hour), (self.rep, 1, 1, ""))
		self.assertGreater(own.next_digest_at, now_datetime())
		self.assertEqual(self.get_preference().name, own.name)
		preferences_services.create_preferences([self.rep])
		self.assertEqual(frappe.db.count(PREFERENCE), 1)

	def test_user_without_role_gets_no_preference(self):
		with self.assertRaises(frappe.PermissionError):
			self.get_preference(self.outsider)
		self.assertFalse(frappe.db.exists(PREFERENCE, {"user": self.outsider}))

	def test_user_changes_own_preference(self):
		own = self.get_preference()
		own.update({"bell": 0, "digest_hour": "07:00"}).save()
		self.assertEqual(own.reload().next_digest_at.strftime("%H:%M"), "07:00")
		own.update({"digest": 0}).save()
		self.assertIsNone(own.reload().next_digest_at)
		self.assertEqual(
			preferences_services.get_users_with_notifications([self.rep, self.colleague]), {self.colleague}
		)

	def test_preference_of_another_user_is_hidden_and_protected(self):
		theirs = self.get_preference(self.colleague)
		own = self.get_preference()
		self.assertEqual(frappe.get_list(PREFERENCE, pluck="name"), [own.name])
		for ptype in ("read", "write"):
			self.assertFalse(frappe.has_permission(PREFERENCE, ptype, doc=theirs))
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc(PREFERENCE, theirs.name).update({"digest": 0}).save()
		# A user cannot give theirs away or create one for another user.
		doc = frappe.get_doc(PREFERENCE, own.name)
		doc.user = self.colleague
		with self.assertRaises(frappe.ValidationError):
			doc.save()
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc({"doctype": PREFERENCE, "user": self.lead}).insert()

	def test_manager_can_change_every_preference(self):
		names = {self.get_preference(self.colleague).name, self.get_preference().name}
		with self.as_user(self.manager):
			self.assertEqual(set(frappe.get_list(PREFERENCE, pluck="name")), names)
			doc = frappe.get_doc(PREFERENCE, {"user": self.rep})
			doc.update({"digest": 0}).save()
		self.assertFalse(self.get_preference().digest)

	def test_saving_clears_the_last_failure(self):
		own = self.get_preference()
		own.db_set("set_aside_because", "There is no outgoing Email Account")
		own.update({"digest_hour": "08:00"}).save()
		self.assertFalse(own.reload().set_aside_because)


class TestUserChanges(PreferencesTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		for user in (ONE, OTHER):
			make_user(user, ("Sales User",))

	def test_deleted_user_loses_preference(self):
		self.get_preference(ONE)
		frappe.delete_doc("User", ONE, force=True)
		self.assertFalse(frappe.db.exists(PREFERENCE, {"user": ONE}))

	def test_renamed_user_keeps_preference(self):
		name = self.get_preference(ONE).name
		frappe.rename_doc("User", ONE, "mx.third@example.com", force=True)
		self.assertEqual(frappe.db.get_value(PREFERENCE, name, "user"), "mx.third@example.com")

	def test_merged_users_keep_one_preference(self):
		self.get_preference(ONE)
		name = self.get_preference(OTHER).name
		frappe.rename_doc("User", ONE, OTHER, force=True, merge=True)
		self.assertEqual(frappe.get_all(PREFERENCE, fields=["name", "user"]), [{"name": name, "user": OTHER}])

	def test_merged_user_takes_over_the_preference(self):
		name = self.get_preference(ONE).name
		frappe.rename_doc("User", ONE, OTHER, force=True, merge=True)
		self.assertEqual(frappe.get_all(PREFERENCE, fields=["name", "user"]), [{"name": name, "user": OTHER}])
