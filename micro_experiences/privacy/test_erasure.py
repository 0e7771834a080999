from unittest.mock import patch

import frappe
from frappe.utils import today

from micro_experiences.desk import banner, follow_ups, gestures, notes, personal_data
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import erasure
from micro_experiences.privacy.test_departure import remind
from micro_experiences.privacy.test_traces import Counted
from micro_experiences.testing import SiteTestCase, make_customer

OURS = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
WHY = "She asked by letter"


class ErasureTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget()
		with self.as_user("Administrator"):
			self.customer = make_customer("MX Test Erased")
			self.olivia = self.contact("Olivia", self.customer)

	def remember(self, contact: str | None = None) -> dict[str, str]:
		"""One of everything about the customer, or about his contact, by the rep: what -> name."""
		note = notes.jot(self.customer, "Her dog Rex is ill.", contact=contact, follow_up_on=today())["name"]
		notes.used(note, "He is well again")
		give = dict(contact=contact, personal_note=note)
		made = {
			"note": note,
			"free": gestures.give(self.customer, "a call", **give)["name"],
			"paid": gestures.give(self.customer, "flowers for Rex", cost=12, message="Dear Rex", **give)[
				"name"
			],
			"approved": gestures.give(self.customer, "a dinner", cost=30, **give)["name"],
			"promise": follow_ups.promise(self.customer, "send the book", today(), contact=contact)["name"],
		}
		with self.as_user(self.lead):
			gestures.approve(made["approved"])
		gesture = frappe.get_doc("Gesture", made["paid"])
		gesture.update({"story": "Rex sat up", "reaction": "Delighted"}).save()
		remind(made["promise"])
		return made

	def erase(
		self, contact: str | None = None, typed: str | None = None, customer: str | None = None
	) -> dict:
		customer = customer or self.customer
		with self.as_user(self.manager):
			typed = typed or erasure.name_of(customer, contact)
			return personal_data.erase(customer, typed, WHY, contact=contact)

	def left(self, **filters) -> dict[str, int]:
		return {doctype: count for doctype in OURS if (count := frappe.db.count(doctype, filters))}


class TestErase(ErasureTestCase):
	def test_nothing_is_left_but_money_without_a_name(self):
		made = self.remember()
		spent = ledger.wallets_of(self.rep)[0].left
		self.erase()
		self.assertEqual(self.left(customer=self.customer), {})
		for what in ("note", "free", "promise"):
			doctype = {"note": "Personal Note", "free": "Gesture"}.get(what, "Follow Up Task")
			self.assertFalse(frappe.db.exists(doctype, made[what]), what)
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"follow_up_task": made["promise"]}))
		paid = frappe.get_doc("Gesture", made["paid"])
		self.assertDocumentEqual({"cost": 12.0, "status": "Given", "given_by": self.rep, "what": "-"}, paid)
		text = frappe.as_json(paid.as_dict())
		for personal in ("Rex", "Erased", "Olivia", "Delighted", made["note"]):
			self.assertNotIn(personal, text)
		# What was approved and is not given any more is no longer set aside.
		self.assertEqual(frappe.db.get_value("Gesture", made["approved"], "status"), "Cancelled")
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, spent + 30)
		self.assertEqual(ledger.differences(), [])
		with self.as_user(self.manager):
			paid.reload().save()
		self.assertFalse(banner.payload_for(self.customer).get("items"))

	def test_the_certificate_says_how_much_and_not_what(self):
		self.remember()
		name = self.erase()["certificate"]
		certificate = frappe.get_doc(erasure.CERTIFICATE, name)
		self.assertDocumentEqual(
			{
				"whose": "MX Test Erased",
				"customer": self.customer,
				"erased_by": self.manager,
				"reason": WHY,
				"notes": 1,
				"uses": 1,
				"gestures": 1,
				"gestures_kept": 2,
				"released": 1,
				"promises": 2,
				"reminders": 1,
			},
			certificate,
		)
		self.assertEqual(str(certificate.first_day), today())
		self.assertGreater(certificate.traces, 0)
		self.assertNotIn("Rex", frappe.as_json(certificate.as_dict()))
		looked = {"customer": self.customer, "user": self.manager, "seen_in": "Erasure", "reason": WHY}
		self.assertTrue(frappe.db.exists("Personal Note Access", looked))

	def test_twice_is_once_and_says_so(self):
		self.remember()
		self.assertTrue(self.erase()["certificate"])
		again = self.erase()
		self.assertIsNone(again["certificate"])
		self.assertIn("nothing to erase", again["text"])
		self.assertEqual(frappe.db.count(erasure.CERTIFICATE, {"customer": self.customer}), 1)

	def test_other_customers_keep_theirs(self):
		self.remember()
		other = self.note("Takes tea.", customer=self.other_customer)
		notes.used(other.name, "With milk")
		before = self.left(customer=self.other_customer)
		self.erase()
		self.assertEqual(self.left(customer=self.other_customer), before)

	def test_all_of_it_or_nothing(self):
		made = self.remember()
		before = self.left(customer=self.customer)
		frappe.db.savepoint("erased")
		with patch.object(erasure.access_log, "note_look", side_effect=ZeroDivisionError):
			with self.assertRaises(ZeroDivisionError):
				self.erase()
		frappe.db.rollback(save_point="erased")
		self.assertEqual(self.left(customer=self.customer), before)
		self.assertFalse(frappe.db.count(erasure.CERTIFICATE, {"customer": self.customer}))
		self.assertEqual(frappe.db.get_value("Gesture", made["approved"], "status"), "Approved")

	def test_thousands_need_hardly_more_queries_than_one(self):
		def count(notes: int) -> int:
			rows = [
				(f"MX-{notes}-{n}", self.customer, f"Something to remember {n}", "Fact", "Everyone", "Active")
				for n in range(notes)
			]
			fields = ("name", "customer", "note", "kind", "visibility", "status")
			frappe.db.bulk_insert("Personal Note", fields, rows)
			with Counted() as counted:
				certificate = self.erase()["certificate"]
			self.assertEqual(frappe.db.get_value(erasure.CERTIFICATE, certificate, "notes"), notes)
			return counted.count

		few = count(1)
		many = count(3000)
		print(f"\nqueries to erase 1 note: {few}, 3000 notes: {many}")
		self.assertLess(many, 12 * few)

	def test_the_name_is_typed_and_the_reason_said(self):
		self.remember()
		before = self.left(customer=self.customer)
		with self.assertRaises(frappe.ValidationError):
			self.erase(typed="MX Test Books")
		with self.as_user(self.manager), self.assertRaises(frappe.ValidationError):
			personal_data.erase(self.customer, "MX Test Erased", "  ")
		with self.as_user(self.manager), self.assertRaises(frappe.ValidationError):
			personal_data.erase(self.customer, "MX Test Erased", WHY, requested_on="2999-01-01")
		self.assertEqual(self.left(customer=self.customer), before)
		self.assertTrue(self.erase(typed=" mx test  ERASED ")["certificate"])

	def test_who_is_no_manager_or_may_not_read_the_customer_is_refused(self):
		self.remember()
		for method in (
			lambda: personal_data.overview(self.customer),
			lambda: personal_data.report(self.customer, WHY),
			lambda: personal_data.erase(self.customer, "MX Test Erased", WHY),
		):
			for user in (self.rep, self.lead, self.outsider):
				with self.as_user(user), self.assertRaises(frappe.PermissionError):
					method()
			with self.as_user("Administrator"):
				permission = frappe.get_doc(
					{
						"doctype": "User Permission",
						"user": self.manager,
						"allow": "Customer",
						"for_value": self.other_customer,
					}
				).insert()
			frappe.clear_cache(user=self.manager)
			with self.as_user(self.manager), self.assertRaises(frappe.PermissionError):
				method()
			permission.delete(ignore_permissions=True)
			frappe.clear_cache(user=self.manager)
		self.assertTrue(self.left(customer=self.customer))


class TestContact(ErasureTestCase):
	def test_what_names_the_contact_goes_and_the_rest_stays(self):
		about_her = self.remember(self.olivia)
		about_the_shop = self.note("The shop closes in August.").name
		gone = self.note("Likes tea.", contact=self.olivia).name
		# Stems from what goes, and does not name her.
		task = self.task(personal_note=gone, subject="bring tea").name
		certificate = self.erase(self.olivia)["certificate"]
		for doctype, name in (
			("Personal Note", about_her["note"]),
			("Personal Note", gone),
			("Follow Up Task", about_her["promise"]),
			("Follow Up Task", task),
		):
			self.assertFalse(frappe.db.exists(doctype, name), name)
		self.assertTrue(frappe.db.exists("Personal Note", about_the_shop))
		self.assertEqual(self.left(customer=self.customer), {"Personal Note": 1})
		self.assertEqual(frappe.db.get_value(erasure.CERTIFICATE, certificate, "whose"), "Olivia Brandt")
		self.assertEqual(ledger.differences(), [])

	def test_the_contact_of_somebody_else_is_refused(self):
		stranger = self.contact("Mia", self.other_customer)
		with self.assertRaises(frappe.PermissionError):
			self.erase(stranger)


class TestCertificate(ErasureTestCase):
	def setUp(self):
		super().setUp()
		self.note("x y z")
		self.certificate = frappe.get_doc(erasure.CERTIFICATE, self.erase()["certificate"])

	def test_nobody_makes_changes_renames_or_deletes_one(self):
		with self.as_user("Administrator"):
			copy = frappe.get_doc(self.certificate.as_dict() | {"name": None, "__islocal": 1})
			self.assertRaises(frappe.PermissionError, copy.insert)
			self.certificate.reload().notes = 5
			self.assertRaises(frappe.PermissionError, self.certificate.save)
			with self.assertRaises(frappe.PermissionError):
				frappe.delete_doc(erasure.CERTIFICATE, self.certificate.name)
			frappe.db.savepoint("renaming")
			with self.assertRaises(frappe.PermissionError):
				frappe.rename_doc(erasure.CERTIFICATE, self.certificate.name, "x", force=True)
			frappe.db.rollback(save_point="renaming")
		self.assertEqual(frappe.db.get_value(erasure.CERTIFICATE, self.certificate.name, "notes"), 1)

	def test_managers_who_may_read_the_customer_see_it(self):
		with self.as_user(self.manager):
			self.assertTrue(frappe.get_list(erasure.CERTIFICATE, filters={"name": self.certificate.name}))
		for user in (self.rep, self.lead):
			with self.as_user(user):
				self.assertFalse(self.certificate.has_permission("read"))
				with self.assertRaises(frappe.PermissionError):
					frappe.get_list(erasure.CERTIFICATE)

	def test_it_can_be_printed(self):
		with self.as_user(self.manager):
			page = frappe.get_print(erasure.CERTIFICATE, self.certificate.name)
		self.assertIn("MX Test Erased", page)
		self.assertIn(WHY, page)

	def test_it_outlives_its_customer(self):
		with self.as_user("Administrator"):
			frappe.delete_doc("Contact", self.olivia, force=True)
			frappe.delete_doc("Customer", self.customer)
		row = frappe.db.get_value(
			erasure.CERTIFICATE, self.certificate.name, ["customer", "whose", "notes"], as_dict=True
		)
		self.assertEqual((row.customer, row.whose, row.notes), (None, "MX Test Erased", 1))

	def test_it_follows_its_customer_when_he_is_renamed_or_merged(self):
		with self.as_user("Administrator"):
			frappe.rename_doc("Customer", self.customer, "MX Test Renamed Shop")
			self.assertEqual(self.about(), "MX Test Renamed Shop")
			frappe.rename_doc("Customer", "MX Test Renamed Shop", self.other_customer, merge=True)
			self.assertEqual(self.about(), self.other_customer)

	def about(self) -> str:
		return frappe.db.get_value(erasure.CERTIFICATE, self.certificate.name, "customer")
