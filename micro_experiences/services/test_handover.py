"""Handover of all follow-ups and notes of a user who disable_rep."""

from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, today

from micro_experiences.api import handover
from micro_experiences.api.sensitive_notes import request_access
from micro_experiences.tests.utils import SiteTestCase

SECRET = "Getting divorced"


class HandoverTestCase(SiteTestCase):
	"""`rep` disable_rep, `colleague` takes over, `manager` hands over."""

	def setUp(self):
		super().setUp()
		for doctype in ("Follow Up Task", "Personal Note"):
			frappe.db.delete(doctype, {"customer": ("in", [self.customer, self.other_customer])})

	def disable_rep(self):
		frappe.db.set_value("User", self.rep, "enabled", 0)

	def preview(self, to=None) -> dict:
		with self.as_user(self.manager):
			return handover.preview(self.rep, to or self.colleague)

	def hand_over(self, to=None, **values) -> dict:
		with self.as_user(self.manager):
			return handover.hand_over(self.rep, to or self.colleague, **values)

	def open_sensitive_notes(self):
		"""From now on the manager sees what is sensitive about the customer."""
		with self.as_user(self.manager):
			request_access(self.customer, "Hands over what the rep knew")

	def counts(self, answer) -> tuple:
		parts = (answer[kind] for kind in ("promises", "escalations", "notes"))
		return tuple(part["count"] if isinstance(part, dict) else part for part in parts)

	def only(self, user, customer):
		"""This user may open this customer and no other."""
		frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": customer}
		).insert(ignore_permissions=True)


class TestUsers(HandoverTestCase):
	def test_handover_without_manager_role_is_refused(self):
		for user in (self.rep, self.colleague, self.lead, self.outsider):
			with self.as_user(user):
				for method in (handover.preview, handover.hand_over):
					with self.assertRaises(frappe.PermissionError):
						method(self.rep, self.colleague)
				with self.assertRaises(frappe.PermissionError):
					handover.get_people()
		self.task()
		self.assertEqual(self.counts(self.hand_over()), (1, 0, 0))

	def test_inactive_user_is_listed_and_cannot_take_over(self):
		self.disable_rep()
		with self.as_user(self.manager):
			people = handover.get_people()
			leaving = {one["value"]: one["label"] for one in people["leaving"]}
			self.assertEqual(leaving[self.rep], "Rep (inactive)")
			self.assertEqual(leaving[self.colleague], "Colleague")
			staying = [one["value"] for one in people["staying"]]
			self.assertIn(self.colleague, staying)
			self.assertNotIn(self.rep, staying)
			for pair in ((self.colleague, self.rep), (self.rep, self.rep), ("nobody", self.rep)):
				for method in (handover.preview, handover.hand_over):
					with self.assertRaises(frappe.ValidationError):
						method(*pair)


class TestFollowUps(HandoverTestCase):
	def test_handover_moves_what_the_preview_shows(self):
		due = [self.task(due_on=add_days(today(), days)) for days in (2, -1)]
		done = self.task()
		done.mark_done()
		self.disable_rep()
		seen = self.preview()
		self.assertEqual(self.counts(seen), (2, 0, 0))
		self.assertEqual(seen["kept"], [])
		# The most urgent one first, with customer and day.
		self.assertEqual(
			[row["href"].rsplit("/", 1)[1] for row in seen["promises"]["rows"]], [due[1].name, due[0].name]
		)
		self.assertEqual({row["customer"] for row in seen["promises"]["rows"]}, {self.customer})
		self.assertEqual({task.reload().assigned_to for task in due}, {self.rep})
		answer = self.hand_over()
		self.assertEqual((self.counts(answer), answer["kept"], answer["after"]), ((2, 0, 0), [], None))
		self.assertEqual({task.reload().assigned_to for task in due}, {self.colleague})
		self.assertEqual(done.reload().assigned_to, self.rep)

	def test_second_handover_changes_nothing(self):
		task = self.task()
		self.hand_over()
		get_notifications = self.get_notifications()
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 0))
		self.assertEqual(self.counts(self.preview()), (0, 0, 0))
		self.assertEqual(self.get_notifications(), get_notifications)
		self.assertEqual(task.reload().assigned_to, self.colleague)

	def get_notifications(self) -> list[str]:
		filters = {"for_user": self.colleague, "document_type": "Follow Up Task"}
		return frappe.get_all("Notification Log", filters=filters, pluck="subject")

	def test_recipient_gets_one_notification_without_subjects(self):
		for _number in range(3):
			self.task(subject=SECRET)
		self.hand_over()
		self.assertEqual(self.get_notifications(), ["Follow-ups handed over to you: 3"])

	def test_failed_reminder_is_scheduled_again(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		task = self.task(due_on=add_days(today(), 3))
		task.db_set(
			{
				"next_reminder_at": None,
				"set_aside_at": f"{today()} 09:00:00",
				"set_aside_because": "Has left.",
			}
		)
		self.disable_rep()
		self.hand_over()
		task.reload()
		self.assertEqual(task.next_reminder_at, get_datetime(f"{add_days(today(), 3)} 09:00:00"))

	def test_escalation_is_handed_over(self):
		with self.as_user(self.manager):
			task = self.task(assigned_to=self.manager, escalate_to=self.rep, escalate_after_days=2)
		self.disable_rep()
		self.assertEqual(self.counts(self.preview()), (0, 1, 0))
		self.assertEqual(self.counts(self.hand_over()), (0, 1, 0))
		task.reload()
		self.assertEqual((task.assigned_to, task.escalate_to), (self.manager, self.colleague))

	def test_follow_up_of_unreadable_customer_is_kept(self):
		theirs, other = self.task(), self.task(customer=self.other_customer)
		self.only(self.colleague, self.other_customer)
		why = "Colleague cannot open this customer. Choose another user."
		self.assertEqual(self.preview()["kept"], [{"why": why, "count": 1}])
		answer = self.hand_over()
		self.assertEqual((self.counts(answer), answer["kept"]), ((1, 0, 0), [{"why": why, "count": 1}]))
		self.assertEqual(
			(theirs.reload().assigned_to, other.reload().assigned_to), (self.rep, self.colleague)
		)

	def test_follow_up_of_hidden_note_is_kept(self):
		note = self.note(sensitive=1)
		task = self.task(personal_note=note.name)
		self.open_sensitive_notes()
		answer = self.hand_over()
		self.assertEqual(self.counts(answer), (0, 0, 0))
		self.assertIn("cannot see the note", answer["kept"][0]["why"])
		self.assertEqual(task.reload().assigned_to, self.rep)

	def test_invalid_follow_up_is_kept_and_others_move(self):
		bad, good = self.task(), self.task()
		frappe.db.set_value("Follow Up Task", bad.name, "due_on", "1999-01-01")
		answer = self.hand_over()
		self.assertEqual(self.counts(answer), (1, 0, 0))
		why = "The date is too far away. Check the year."
		self.assertEqual(answer["kept"], [{"why": why, "count": 1}])
		self.assertEqual((bad.reload().assigned_to, good.reload().assigned_to), (self.rep, self.colleague))

	def test_large_handover_runs_in_batches(self):
		names = [self.task().name for _number in range(5)]
		self.note()
		after, parts = "", []
		with patch("micro_experiences.services.handover._MAX_AT_ONCE", 2):
			while after is not None:
				answer = self.hand_over(after=after)
				parts.append(self.counts(answer))
				after = answer["after"]
		self.assertEqual(parts, [(2, 0, 0), (2, 0, 0), (1, 0, 1)])
		taken = frappe.get_all("Follow Up Task", {"name": ("in", names), "assigned_to": self.colleague})
		self.assertEqual(len(taken), 5)


class TestNotes(HandoverTestCase):
	def test_note_changes_owner_and_keeps_heard_by(self):
		note = self.note()
		self.disable_rep()
		self.assertEqual(self.counts(self.preview()), (0, 0, 1))
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 1))
		note.reload()
		self.assertEqual((note.owner, note.heard_by), (self.colleague, self.rep))
		with self.as_user(self.colleague):
			note.note = "Takes coffee."
			note.save()
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 0))

	def test_imported_note_moves_and_note_of_another_owner_stays(self):
		imported, taken = self.note(), self.note()
		imported.db_set("owner", "Administrator")
		taken.db_set("owner", self.lead)
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 1))
		owners = [note.reload().owner for note in (imported, taken)]
		self.assertEqual(owners, [self.colleague, self.lead])

	def test_group_note_moves_only_to_a_member(self):
		with self.as_user("Administrator"):
			group = self.group(self.rep, self.manager)
		note = self.note(visibility="Group", user_group=group)
		self.assertEqual(
			self.hand_over()["kept"][0]["why"], "Colleague cannot see this note. Choose another user."
		)
		self.assertEqual(note.reload().owner, self.rep)
		frappe.get_doc("User Group", group).append("user_group_members", {"user": self.colleague}).insert(
			ignore_permissions=True
		)
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 1))

	def of_another_group(self, *users: str) -> tuple:
		"""A note of a group that the manager is not in, and a promise that stems from it."""
		with self.as_user("Administrator"):
			group = self.group(self.rep, *users)
		note = self.note(SECRET, visibility="Group", user_group=group)
		return note, self.task(subject=SECRET, personal_note=note.name)

	def test_group_records_hidden_from_manager_move_unseen(self):
		note, task = self.of_another_group(self.colleague)
		seen = self.task()
		self.disable_rep()
		found = self.preview()
		self.assertEqual((self.counts(found), found["unseen"], found["kept"]), ((1, 0, 0), 2, []))
		for name in (note.name, task.name, "divorced"):
			self.assertNotIn(name, frappe.as_json(found))
		answer = self.hand_over()
		self.assertEqual((self.counts(answer), answer["unseen"], answer["kept"]), ((1, 0, 0), 2, []))
		self.assertEqual((note.reload().owner, note.heard_by), (self.colleague, self.rep))
		self.assertEqual({one.reload().assigned_to for one in (task, seen)}, {self.colleague})
		self.assertEqual((self.hand_over()["unseen"], self.preview()["unseen"]), (0, 0))

	def test_records_hidden_from_both_are_kept_without_details(self):
		note, task = self.of_another_group(self.lead)
		why = "This record is not visible to you and could not be handed over. Choose someone else."
		for answer in (self.preview(), self.hand_over()):
			self.assertEqual((self.counts(answer), answer["unseen"]), ((0, 0, 0), 0))
			self.assertEqual(answer["kept"], [{"why": why, "count": 2}])
		self.assertEqual((note.reload().owner, task.reload().assigned_to), (self.rep, self.rep))

	def test_sensitive_note_moves_only_to_user_who_can_see_it(self):
		note = self.note(sensitive=1)
		for to in (self.colleague, self.manager):
			self.assertEqual(self.counts(self.hand_over(to=to)), (0, 0, 0))
		self.open_sensitive_notes()
		self.assertEqual(self.counts(self.hand_over()), (0, 0, 0))
		self.assertEqual(self.counts(self.hand_over(to=self.manager)), (0, 0, 1))
		self.assertEqual(note.reload().owner, self.manager)

	def test_query_count_does_not_grow_with_records(self):
		def queries() -> int:
			with self.as_user(self.manager), patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
				handover.preview(self.rep, self.colleague)
				handover.hand_over(self.rep, self.colleague)
			return asked.call_count

		self.note()
		queries()
		self.note()
		few = queries()
		for number in range(40):
			self.note(f"note {number}")
		self.assertEqual(queries(), few)


class TestPrivateNotes(HandoverTestCase):
	def test_private_notes_change_no_answer(self):
		self.task(subject="send the book")
		self.note()
		before = [self.preview(), self.preview(self.manager)]
		for values in ({}, {"sensitive": 1}):
			note = self.note(SECRET, visibility="Only Me", **values)
			self.task(subject=SECRET, personal_note=note.name)
			with self.as_user(self.colleague):
				# Told on by the one who disable_rep, about a note that only the other one sees.
				own = self.note(SECRET, visibility="Only Me")
			hidden = self.task(subject=SECRET)
			hidden.db_set({"personal_note": own.name, "owner": self.colleague})
		self.assertEqual([self.preview(), self.preview(self.manager)], before)
		self.assertEqual(self.counts(self.hand_over()), (1, 0, 1))
		self.assertEqual(self.hand_over()["kept"], [])
		private = frappe.get_all(
			"Personal Note", {"note": SECRET, "heard_by": self.rep}, ["owner", "heard_by"], as_list=True
		)
		self.assertEqual(set(private), {(self.rep, self.rep)})
		mine = frappe.get_all("Follow Up Task", {"subject": SECRET}, pluck="assigned_to")
		self.assertEqual(set(mine), {self.rep})

	def test_private_notes_behind_gesture_change_no_answer(self):
		note = self.note(SECRET, visibility="Only Me")
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "personal_note": note.name, "what": "A card"}
		)
		gesture.db_insert()
		task = self.task(subject=SECRET)
		task.db_set("gesture", gesture.name)
		frappe.db.set_value("User", self.rep, "user_type", "Website User")
		for answer in (self.preview(), self.hand_over()):
			self.assertEqual((self.counts(answer), answer["unseen"], answer["kept"]), ((0, 0, 0), 0, []))
		with self.as_user(self.manager):
			self.assertNotIn(self.rep, [one["value"] for one in handover.get_people()["leaving"]])
		self.assertEqual(task.reload().assigned_to, self.rep)
