from unittest.mock import patch

import frappe
from frappe.utils import add_days, today

from micro_experiences.desk import banner, follow_ups, gestures, notes
from micro_experiences.jobs import reminders
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import access_log, erasure, traces
from micro_experiences.testing import SiteTestCase, make_customer, make_user

OURS = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
LEAVER, HEIR = "mx.leaver@example.com", "mx.heir@example.com"


def remind(task: str) -> None:
	"""Its reminder was sent: the bell, and the proof."""
	noon = frappe.utils.get_datetime(f"{add_days(today(), 1)} 12:00:00")
	with patch.object(reminders, "now_datetime", lambda: noon):
		reminders._send("Reminder", 1, [task])


class DepartureTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		for user in (LEAVER, HEIR):
			make_user(user, ("Sales User", "Accounts User"))
		self.customer = make_customer("MX Test Leaving")
		self.began = frappe.utils.now_datetime()
		self.policy = self.budget(holders=[{"user": LEAVER}, {"user": self.rep}])
		self.who = LEAVER

	def remember(self, **reference) -> dict[str, str]:
		"""One of each record of ours, about the customer, made by `who`: what -> name."""
		with self.as_user(self.who):
			note = notes.jot(self.customer, "Takes tea.", follow_up_on=today(), **reference)["name"]
			notes.used(note, "Thank you", **reference)
			notes.used(note, "Again", remember=1, **reference)
			made = {
				"note": note,
				"free gesture": gestures.give(self.customer, "a call", personal_note=note, **reference)[
					"name"
				],
				"paid gesture": gestures.give(
					self.customer,
					"secret flowers",
					message="Dear secret",
					cost=12,
					personal_note=note,
					**reference,
				)["name"],
				"task": follow_ups.promise(self.customer, "send the book", today(), **reference)["name"],
			}
			gesture = frappe.get_doc("Gesture", made["paid gesture"])
			gesture.update({"story": "A secret story", "share_story": 1, "reaction": "Delighted"}).save()
		made["done task"] = (
			frappe.get_doc(
				{
					"doctype": "Follow Up Task",
					"customer": self.customer,
					"subject": "done",
					"due_on": today(),
					"assigned_to": self.who,
					"escalate_to": self.who,
					"gesture": made["paid gesture"],
				}
			)
			.insert()
			.name
		)
		with self.as_user(self.who):
			follow_ups.done(made["done task"])
		return made

	def left(self, **filters) -> dict[str, int]:
		return {doctype: count for doctype in OURS if (count := frappe.db.count(doctype, filters))}

	def assert_can_be_saved(self):
		"""Every record of ours about the test can still be opened and saved: no link in it hangs in the air."""
		found = 0
		for doctype in ("Personal Note", "Gesture", "Follow Up Task"):
			for name in frappe.get_all(doctype, filters={"creation": (">=", self.began)}, pluck="name"):
				with self.subTest(doctype, name=name):
					# What the next request would find, and not what this transaction remembers of the links.
					frappe.db.value_cache.clear()
					frappe.get_doc(doctype, name).save()
					found += 1
		self.assertGreater(found, 0)

	def delete(self, doctype, name):
		frappe.delete_doc(doctype, name)
		self.assertFalse(frappe.db.exists(doctype, name))


class TestCustomer(DepartureTestCase):
	def test_deleted_with_all_that_was_personal(self):
		made = self.remember()
		remind(made["task"])
		self.delete("Customer", self.customer)
		self.assertEqual(self.left(customer=self.customer), {})
		for what in ("note", "free gesture", "task", "done task"):
			doctype = {"note": "Personal Note", "free gesture": "Gesture"}.get(what, "Follow Up Task")
			self.assertFalse(frappe.db.exists(doctype, made[what]), what)
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": made["note"]}))
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"follow_up_task": made["task"]}))

	def test_money_that_was_booked_stays_without_a_name(self):
		made = self.remember()
		before = ledger.wallets_of(LEAVER)[0].left
		self.delete("Customer", self.customer)
		gesture = frappe.get_doc("Gesture", made["paid gesture"])
		self.assertDocumentEqual(
			{"cost": 12.0, "status": "Given", "given_by": LEAVER, "share_story": 0}, gesture
		)
		text = frappe.as_json(gesture.as_dict())
		for personal in ("secret", "Leaving", "Delighted", "Takes tea"):
			self.assertNotIn(personal, text)
		self.assertIsNone(gesture.personal_note)
		self.assertEqual(ledger.wallets_of(LEAVER)[0].left, before)
		self.assertEqual(ledger.differences(), [])
		gesture.save()
		gestures.move(gesture.name, "Cancelled")
		self.assertEqual(ledger.wallets_of(LEAVER)[0].left, before + 12)
		self.assertEqual(ledger.differences(), [])

	def test_nothing_of_it_is_kept_among_what_was_deleted(self):
		self.remember()
		self.delete("Customer", self.customer)
		kept = frappe.get_all("Deleted Document", filters={"deleted_doctype": ("in", OURS)}, pluck="data")
		self.assertFalse([data for data in kept if "Takes tea" in (data or "") or "secret" in (data or "")])
		for doctype, field in (
			("Version", "data"),
			("Comment", "content"),
			("Notification Log", "subject"),
		):
			for text in ("%Takes tea%", "%A secret story%", "%MX Test Leaving%"):
				filters = {field: ("like", text)}
				if doctype == "Comment":
					filters["reference_doctype"] = ("in", OURS)
				self.assertFalse(frappe.get_all(doctype, filters=filters), f"{doctype} {text}")

	def test_the_logs_are_searched_later_and_by_names_alone(self):
		made = self.remember()
		with (
			patch.object(erasure, "ask_waiting_worker") as asked,
			patch.object(traces, "remove_mentions") as searched,
		):
			self.delete("Customer", self.customer)
		self.assertFalse(searched.called)
		(job,), given = asked.call_args
		self.assertIs(job, erasure.search_later)
		self.assertIn(made["note"], given["names"])
		self.assertEqual(given["about"], ["MX Test Leaving"])
		self.assertNotIn("secret", frappe.as_json(given))

	def test_one_of_whom_nothing_is_held_costs_no_search(self):
		with (
			patch.object(erasure, "ask_waiting_worker") as asked,
			patch.object(traces, "remove_mentions") as searched,
		):
			self.delete("Customer", self.customer)
		self.assertFalse(asked.called or searched.called)

	def test_one_that_others_refer_to(self):
		"""Notes of another customer that were jotted on the form of this one."""
		reference = {"reference_doctype": "Customer", "reference_name": self.customer}
		with self.as_user(LEAVER):
			name = notes.jot(self.other_customer, "Takes tea.", **reference)["name"]
		self.delete("Customer", self.customer)
		doc = frappe.get_doc("Personal Note", name)
		self.assertEqual((doc.reference_doctype, doc.reference_name), (None, None))
		doc.save()

	def test_renamed(self):
		made = self.remember(reference_doctype="Customer", reference_name=self.customer)
		before = self.left(customer=self.customer)
		new = frappe.rename_doc("Customer", self.customer, "MX Test Renamed")
		self.assertEqual(self.left(customer=self.customer), {})
		self.assertEqual(self.left(customer=new), before)
		self.assertEqual(frappe.db.get_value("Personal Note", made["note"], "reference_name"), new)
		self.customer = new
		self.assertTrue(banner.payload_for(new)["items"])
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])

	def test_merged(self):
		self.remember()
		into = make_customer("MX Test Staying")
		self.note("Was there before.", customer=into)
		before = self.left(customer=self.customer)
		with (
			patch.object(erasure, "ask_waiting_worker") as asked,
			patch.object(traces, "remove_mentions") as searched,
		):
			frappe.rename_doc("Customer", self.customer, into, merge=True)
		self.assertFalse(asked.called or searched.called, "the notes live on")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		before["Personal Note"] += 1
		self.assertEqual(self.left(customer=into), before)
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])


class TestContact(DepartureTestCase):
	def test_deleted_the_notes_stay_with_the_customer(self):
		contact = self.contact(customer=self.customer)
		with self.as_user(LEAVER):
			note = notes.jot(
				self.customer,
				"Takes tea.",
				contact=contact,
				follow_up_on=today(),
				reference_doctype="Contact",
				reference_name=contact,
			)["name"]
			gestures.give(self.customer, "a call", contact=contact)
		self.delete("Contact", contact)
		for doctype in ("Personal Note", "Gesture", "Follow Up Task"):
			(doc,) = (
				frappe.get_doc(doctype, name)
				for name in frappe.get_all(doctype, {"customer": self.customer}, pluck="name")
			)
			self.assertIsNone(doc.contact)
			self.assertFalse(doc.get("reference_name"))
		self.assertEqual(frappe.db.get_value("Personal Note", note, "status"), "Active")
		self.assert_can_be_saved()


class TestUser(DepartureTestCase):
	def setUp(self):
		super().setUp()
		self.made = self.remember()
		frappe.db.set_value("Personal Note", self.made["note"], "last_used_by", LEAVER)

	def test_deleted_the_promises_are_handed_on(self):
		self.delete("User", LEAVER)
		task = frappe.get_doc("Follow Up Task", self.made["task"])
		self.assertEqual((task.assigned_to, task.status), ("Administrator", "Open"))
		self.assertFalse(frappe.db.exists("Follow Up Task", {"assigned_to": LEAVER}))
		self.assertFalse(frappe.db.exists("Gesture Budget Holder", {"user": LEAVER}))
		self.policy.reload().save()

	def test_deleted_and_who_takes_over_is_reminded(self):
		later = frappe.utils.now_datetime() + frappe.utils.datetime.timedelta(days=1)

		def due() -> list[str]:
			return reminders._due("Reminder", later, 10_000).run(pluck=True)

		# He was reminded of it, and of another one he could not be.
		aside = frappe.db.get_value("Follow Up Task", self.made["task"], "next_reminder_at")
		values = {"next_reminder_at": None, "set_aside_at": aside, "set_aside_because": "gone"}
		frappe.db.set_value("Follow Up Task", self.made["task"], values)
		self.assertNotIn(self.made["task"], due())
		self.delete("User", LEAVER)
		self.assertIn(self.made["task"], due())
		self.assertFalse(frappe.db.get_value("Follow Up Task", self.made["task"], "set_aside_at"))
		self.assertNotIn(self.made["done task"], due())

	def test_deleted_and_every_record_can_be_saved(self):
		self.delete("User", LEAVER)
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])

	def test_deleted_and_his_money_can_be_given_back(self):
		self.delete("User", LEAVER)
		frappe.db.value_cache.clear()
		gestures.move(self.made["paid gesture"], "Cancelled")
		self.assertEqual(ledger.differences(), [])
		wallet = frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name})
		self.assertEqual((wallet.spent, wallet.holder), (0, LEAVER))

	def test_deleted_and_what_he_only_asked_for_goes_with_him(self):
		with self.as_user(LEAVER):
			asked = gestures.give(self.customer, "dinner", cost=30)["name"]
			approved = gestures.give(self.customer, "lunch", cost=25)["name"]
		with self.as_user(self.lead):
			gestures.approve(approved)
		self.delete("User", LEAVER)
		frappe.db.value_cache.clear()
		self.assertEqual(frappe.db.get_value("Gesture", asked, "status"), "Cancelled")
		with self.as_user(self.lead), self.assertRaises(frappe.ValidationError):
			gestures.approve(asked)
		gestures.move(approved, "Given")
		wallet = frappe.get_doc("Gesture Wallet", {"gesture_budget": self.policy.name})
		self.assertEqual((wallet.committed, wallet.spent), (0, 37))
		self.assertEqual(ledger.differences(), [])

	def test_deleted_and_the_banner_still_opens(self):
		self.delete("User", LEAVER)
		with self.as_user(self.rep):
			frappe.db.delete("Personal Note Use", {"customer": self.customer})
			texts = [item["text"] for item in banner.payload_for(self.customer)["items"]]
			self.assertIn("Takes tea.", texts)

	def test_renamed(self):
		frappe.rename_doc("User", LEAVER, "mx.renamed2@example.com", force=True)
		for doctype, field in (
			("Personal Note", "heard_by"),
			("Personal Note", "last_used_by"),
			("Personal Note Use", "used_by"),
			("Gesture", "given_by"),
			("Follow Up Task", "assigned_to"),
			("Follow Up Task", "escalate_to"),
			("Gesture Budget Holder", "user"),
			("Gesture Wallet", "holder"),
		):
			self.assertFalse(frappe.db.exists(doctype, {field: LEAVER}), f"{doctype}.{field}")
			self.assertTrue(
				frappe.db.exists(doctype, {field: "mx.renamed2@example.com"}), f"{doctype}.{field}"
			)
		self.assertEqual(ledger.wallets_of("mx.renamed2@example.com")[0].left, 38)
		self.assert_can_be_saved()
		with self.as_user("mx.renamed2@example.com"):
			follow_ups.done(self.made["task"])
			gestures.give(self.customer, "coffee", cost=5)
		self.assertEqual(ledger.wallets_of("mx.renamed2@example.com")[0].left, 33)
		self.assertEqual(frappe.db.count("Gesture Wallet", {"gesture_budget": self.policy.name}), 1)

	def test_merged(self):
		self.merge()
		self.assertFalse(frappe.db.exists("Follow Up Task", {"assigned_to": LEAVER}))
		self.assertEqual(ledger.wallets_of(HEIR)[0].left, 38)
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])
		self.policy.reload().save()

	def merge(self):
		frappe.rename_doc("User", LEAVER, HEIR, force=True, merge=True)
		self.assertFalse(frappe.db.exists("User", LEAVER))

	def test_merged_with_a_wallet_on_both_sides(self):
		self.policy.append("holders", {"user": HEIR})
		self.policy.save()
		with self.as_user(HEIR):
			gestures.give(self.customer, "coffee", cost=5)
		self.merge()
		self.assertEqual(ledger.wallets_of(HEIR)[0].left, 45)
		self.assertEqual(ledger.differences(), [])
		with self.as_user(HEIR):
			gestures.give(self.customer, "coffee", cost=5)
			gestures.move(self.made["paid gesture"], "Cancelled")
		self.assertEqual(ledger.wallets_of(HEIR)[0].left, 40)
		self.assertEqual(ledger.differences(), [])
		self.assert_can_be_saved()

	def test_merged_and_the_budget_of_both_can_be_saved(self):
		self.policy.append("holders", {"user": HEIR})
		self.policy.save()
		self.merge()
		self.policy.reload().save()
		self.assertEqual([row.user for row in self.policy.holders], [HEIR, self.rep])


class TestReference(DepartureTestCase):
	def assert_forgotten(self, made, name):
		self.assertEqual(self.left(reference_name=name), {})
		self.assertEqual(frappe.db.get_value("Personal Note", made["note"], "status"), "Active")
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])

	def test_a_draft_is_deleted(self):
		invoice = self.invoice()
		made = self.remember(reference_doctype="Sales Invoice", reference_name=invoice.name)
		self.assertGreater(len(self.left(reference_name=invoice.name)), 3)
		self.delete("Sales Invoice", invoice.name)
		self.assert_forgotten(made, invoice.name)

	def test_one_that_was_submitted_is_cancelled_and_deleted(self):
		invoice = self.invoice()
		made = self.remember(reference_doctype="Sales Invoice", reference_name=invoice.name)
		invoice.reload().submit()
		invoice.cancel()
		self.assertGreater(len(self.left(reference_name=invoice.name)), 3)
		self.assert_can_be_saved()
		for ledger_of in ("GL Entry", "Payment Ledger Entry"):
			frappe.db.delete(ledger_of, {"voucher_no": invoice.name})
		self.delete("Sales Invoice", invoice.name)
		self.assert_forgotten(made, invoice.name)

	def test_it_can_be_amended(self):
		invoice = self.invoice()
		self.remember(reference_doctype="Sales Invoice", reference_name=invoice.name)
		invoice.reload().submit()
		invoice.cancel()
		amended = frappe.copy_doc(invoice)
		amended.amended_from = invoice.name
		amended.docstatus = 0
		amended.insert()
		self.assert_can_be_saved()

	def test_the_same_name_in_another_doctype_is_kept(self):
		invoice = self.invoice()
		with self.as_user(LEAVER):
			name = notes.jot(self.customer, "x", reference_doctype="Customer", reference_name=self.customer)[
				"name"
			]
		frappe.db.set_value("Personal Note", name, "reference_name", invoice.name)
		self.delete("Sales Invoice", invoice.name)
		self.assertEqual(frappe.db.get_value("Personal Note", name, "reference_name"), invoice.name)

	def test_a_broken_hook_of_ours_deletes_all_the_same(self):
		invoice = self.invoice()
		with patch.object(frappe.db, "set_value", side_effect=ZeroDivisionError("on purpose")):
			from micro_experiences.privacy import departure

			departure.reference_deleted(invoice)
		self.addCleanup(frappe.db.delete, "Error Log", {"method": ("like", "%reference_deleted%")})
		self.delete("Sales Invoice", invoice.name)


class TestGroup(DepartureTestCase):
	def test_a_group_is_deleted_and_its_notes_are_for_their_authors_alone(self):
		group = self.group(LEAVER, HEIR)
		with self.as_user(LEAVER):
			name = notes.jot(self.customer, "Takes tea.", visibility="Group", user_group=group)["name"]
		with self.as_user(HEIR):
			self.assertTrue(frappe.get_list("Personal Note", filters={"name": name}))
		self.delete("User Group", group)
		with self.as_user(HEIR):
			self.assertFalse(frappe.get_list("Personal Note", filters={"name": name}))
		with self.as_user(LEAVER):
			self.assertTrue(frappe.get_list("Personal Note", filters={"name": name}))
		self.assert_can_be_saved()

	def test_a_note_is_deleted_and_what_stems_from_it_stays(self):
		made = self.remember()
		promised = frappe.db.get_value("Follow Up Task", {"personal_note": made["note"]})
		self.delete("Personal Note", made["note"])
		self.assertFalse(frappe.db.exists("Personal Note Use", {"personal_note": made["note"]}))
		for what in ("free gesture", "paid gesture", "task", "done task"):
			doctype = "Gesture" if what.endswith("gesture") else "Follow Up Task"
			self.assertTrue(frappe.db.exists(doctype, made[what]), what)
		for doctype in ("Gesture", "Follow Up Task"):
			self.assertFalse(frappe.db.exists(doctype, {"personal_note": made["note"]}))
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", promised, ["subject", "status"]), ("Takes tea.", "Open")
		)
		self.assert_can_be_saved()

	def test_a_task_is_deleted_with_its_reminders(self):
		made = self.remember()
		remind(made["task"])
		self.delete("Follow Up Task", made["task"])
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"follow_up_task": made["task"]}))
		self.assertFalse(frappe.db.exists("Notification Log", {"document_name": made["task"]}))

	def test_a_gesture_that_cost_nothing_is_deleted(self):
		made = self.remember()
		follow_up = follow_ups.promise(
			self.customer, "x", add_days(today(), 1), gesture=made["free gesture"]
		)["name"]
		self.delete("Gesture", made["free gesture"])
		self.assertIsNone(frappe.db.get_value("Follow Up Task", follow_up, "gesture"))
		self.assert_can_be_saved()


class TestPrivacyRecords(DepartureTestCase):
	"""The log of looks and the certificates of erasures follow a customer and a contact."""

	def setUp(self):
		super().setUp()
		self.olivia = self.contact("Olivia", self.customer)
		self.remember()
		access_log.note_look(self.customer, self.manager, "Reason", reason="She asked")
		self.certificate = self.erase_contact()

	def erase_contact(self) -> str:
		with self.as_user(LEAVER):
			notes.jot(self.customer, "About her", contact=self.olivia)
		with self.as_user(self.manager):
			return erasure.erase(self.customer, self.olivia, "She asked", None)

	def of(self, field: str) -> list[str | None]:
		certificate = frappe.db.get_value("Personal Data Erasure", self.certificate, field)
		looks = frappe.get_all(
			"Personal Note Access", {"user": self.manager}, pluck="customer", distinct=True
		)
		return [certificate, *looks]

	def test_a_customer_is_merged_with_one_that_has_them_too(self):
		into = make_customer("MX Test Staying")
		other = self.note("Was there before.", customer=into)
		access_log.note_look(into, self.manager, "Reason", reason="He asked")
		with self.as_user(self.manager):
			erasure.erase(into, None, "He asked", None)
		self.note("Again", customer=into)
		counts = self.left(customer=self.customer)
		frappe.rename_doc("Customer", self.customer, into, merge=True)
		self.assertFalse(frappe.db.exists("Personal Note", other.name))
		self.assertEqual(self.left(customer=into), counts | {"Personal Note": counts["Personal Note"] + 1})
		self.assertEqual(frappe.db.count("Personal Data Erasure", {"customer": into}), 2)
		self.assertIn(into, self.of("customer"))
		self.assertNotIn("MX Test Leaving", self.of("customer"))
		self.assert_can_be_saved()
		self.assertEqual(ledger.differences(), [])
		with self.as_user(self.manager):
			self.assertTrue(erasure.erase(into, None, "He asked again", None))
		self.assertEqual(self.left(customer=into), {})

	def test_a_customer_is_renamed_and_can_be_erased_after_that(self):
		new = frappe.rename_doc("Customer", self.customer, "MX Test Renamed")
		self.assertEqual(set(self.of("customer")), {new})
		with self.as_user(self.manager):
			self.assertTrue(erasure.erase(new, None, "She asked", None))
		self.assertEqual(self.left(customer=new), {})

	def test_a_contact_is_renamed_and_merged(self):
		with self.as_user(LEAVER):
			notes.jot(self.customer, "Takes milk", contact=self.olivia)
		new = frappe.rename_doc("Contact", self.olivia, "MX Olivia")
		self.assertEqual(frappe.db.get_value("Personal Note", {"contact": new}, "note"), "Takes milk")
		self.assertEqual(self.of("contact")[0], new)
		into = self.contact("Mia", self.customer)
		with self.as_user(LEAVER):
			notes.jot(self.customer, "Takes sugar", contact=into)
		frappe.rename_doc("Contact", new, into, merge=True)
		self.assertFalse(frappe.db.exists("Contact", new))
		self.assertEqual(frappe.db.count("Personal Note", {"contact": into}), 2)
		self.assertEqual(self.of("contact")[0], into)
		self.assert_can_be_saved()

	def test_a_contact_is_deleted_and_the_certificate_says_whose_it_was(self):
		frappe.delete_doc("Contact", self.olivia)
		self.assertIsNone(self.of("contact")[0])
		self.assertEqual(self.of("whose")[0], "Olivia Brandt")

	def test_a_deleted_customer_leaves_looks_without_a_name(self):
		self.delete("Customer", self.customer)
		self.assertEqual(set(self.of("customer")), {None})
		self.assertFalse(frappe.get_all("Personal Note Access", {"reason": "She asked", "seen_in": "Reason"}))
		self.assertEqual(self.of("whose")[0], "Olivia Brandt")
