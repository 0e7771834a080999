import frappe
from frappe.utils import now_datetime

from micro_experiences.desk import preferences
from micro_experiences.testing import SiteTestCase, make_user

PREFERENCE = "Follow Up Preference"
ONE, OTHER = "mx.one@example.com", "mx.other@example.com"


class PreferencesTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.delete(PREFERENCE)

	def mine(self, user: str | None = None):
		with self.as_user(user or self.rep):
			return frappe.get_doc(PREFERENCE, preferences.mine())


class TestPreferences(PreferencesTestCase):
	def test_it_is_made_on_first_sight_and_once(self):
		mine = self.mine()
		self.assertEqual((mine.user, mine.bell, mine.digest, mine.digest_hour), (self.rep, 1, 1, ""))
		self.assertGreater(mine.next_digest_at, now_datetime())
		self.assertEqual(self.mine().name, mine.name)
		preferences.open_for([self.rep])
		self.assertEqual(frappe.db.count(PREFERENCE), 1)

	def test_who_has_no_part_has_none(self):
		with self.assertRaises(frappe.PermissionError):
			self.mine(self.outsider)
		self.assertFalse(frappe.db.exists(PREFERENCE, {"user": self.outsider}))

	def test_one_chooses_for_oneself(self):
		mine = self.mine()
		mine.update({"bell": 0, "digest_hour": "07:00"}).save()
		self.assertEqual(mine.reload().next_digest_at.strftime("%H:%M"), "07:00")
		mine.update({"digest": 0}).save()
		self.assertIsNone(mine.reload().next_digest_at)
		self.assertEqual(preferences.bells([self.rep, self.colleague]), {self.colleague})

	def test_of_others_one_sees_and_changes_nothing(self):
		theirs = self.mine(self.colleague)
		mine = self.mine()
		self.assertEqual(frappe.get_list(PREFERENCE, pluck="name"), [mine.name])
		for ptype in ("read", "write"):
			self.assertFalse(frappe.has_permission(PREFERENCE, ptype, doc=theirs))
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc(PREFERENCE, theirs.name).update({"digest": 0}).save()
		# Nor by giving away one's own, nor by making a second one.
		doc = frappe.get_doc(PREFERENCE, mine.name)
		doc.user = self.colleague
		with self.assertRaises(frappe.ValidationError):
			doc.save()
		with self.assertRaises(frappe.PermissionError):
			frappe.get_doc({"doctype": PREFERENCE, "user": self.lead}).insert()

	def test_a_manager_sees_all_and_may_help(self):
		names = {self.mine(self.colleague).name, self.mine().name}
		with self.as_user(self.manager):
			self.assertEqual(set(frappe.get_list(PREFERENCE, pluck="name")), names)
			doc = frappe.get_doc(PREFERENCE, {"user": self.rep})
			doc.update({"digest": 0}).save()
		self.assertFalse(self.mine().digest)

	def test_the_bell_rings_for_who_never_chose(self):
		self.assertEqual(preferences.bells([self.rep, self.lead]), {self.rep, self.lead})
		self.assertEqual(preferences.bells([]), set())

	def test_choosing_anew_forgets_what_went_wrong(self):
		mine = self.mine()
		mine.db_set("set_aside_because", "There is no outgoing Email Account")
		mine.update({"digest_hour": "08:00"}).save()
		self.assertFalse(mine.reload().set_aside_because)


class TestUsersGo(PreferencesTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		for user in (ONE, OTHER):
			make_user(user, ("Sales User",))

	def test_deleted(self):
		self.mine(ONE)
		frappe.delete_doc("User", ONE, force=True)
		self.assertFalse(frappe.db.exists(PREFERENCE, {"user": ONE}))

	def test_renamed(self):
		name = self.mine(ONE).name
		frappe.rename_doc("User", ONE, "mx.third@example.com", force=True)
		self.assertEqual(frappe.db.get_value(PREFERENCE, name, "user"), "mx.third@example.com")

	def test_merged_with_one_who_chose_too(self):
		self.mine(ONE)
		name = self.mine(OTHER).name
		frappe.rename_doc("User", ONE, OTHER, force=True, merge=True)
		self.assertEqual(frappe.get_all(PREFERENCE, fields=["name", "user"]), [{"name": name, "user": OTHER}])

	def test_merged_with_one_who_never_did(self):
		name = self.mine(ONE).name
		frappe.rename_doc("User", ONE, OTHER, force=True, merge=True)
		self.assertEqual(frappe.get_all(PREFERENCE, fields=["name", "user"]), [{"name": name, "user": OTHER}])
