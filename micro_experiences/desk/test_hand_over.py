from unittest.mock import patch

import frappe
from frappe.utils import add_days, get_datetime, getdate, today

from micro_experiences.desk import hand_over
from micro_experiences.desk.sensitive import open_sensitive
from micro_experiences.testing import SiteTestCase

SECRET = "Getting divorced"


class HandOverTestCase(SiteTestCase):
	"""`rep` leaves, `colleague` takes over, `manager` hands over."""

	def setUp(self):
		super().setUp()
		for doctype in ("Follow Up Task", "Personal Note"):
			frappe.db.delete(doctype, {"customer": ("in", [self.customer, self.other_customer])})

	def leaves(self):
		frappe.db.set_value("User", self.rep, "enabled", 0)

	def preview(self, to=None) -> dict:
		with self.as_user(self.manager):
			return hand_over.preview(self.rep, to or self.colleague)

	def give(self, to=None, **values) -> dict:
		with self.as_user(self.manager):
			return hand_over.hand_over(self.rep, to or self.colleague, **values)

	def give_reason(self):
		"""From now on the manager sees what is sensitive about the customer."""
		with self.as_user(self.manager):
			open_sensitive(self.customer, "Hands over what the rep knew")

	def counts(self, answer) -> tuple:
		parts = (answer[kind] for kind in ("promises", "escalations", "notes"))
		return tuple(part["count"] if isinstance(part, dict) else part for part in parts)

	def only(self, user, customer):
		"""This user may open this customer and no other."""
		frappe.get_doc(
			{"doctype": "User Permission", "user": user, "allow": "Customer", "for_value": customer}
		).insert(ignore_permissions=True)


class TestWho(HandOverTestCase):
	def test_a_manager_and_nobody_else(self):
		for user in (self.rep, self.colleague, self.lead, self.outsider):
			with self.as_user(user):
				for method in (hand_over.preview, hand_over.hand_over):
					with self.assertRaises(frappe.PermissionError):
						method(self.rep, self.colleague)
				with self.assertRaises(frappe.PermissionError):
					hand_over.people()
		self.task()
		self.assertEqual(self.counts(self.give()), (1, 0, 0))

	def test_those_who_left_are_named_and_take_nothing_over(self):
		self.leaves()
		with self.as_user(self.manager):
			people = hand_over.people()
			leaving = {one["value"]: one["label"] for one in people["leaving"]}
			self.assertEqual(leaving[self.rep], "Rep (has left)")
			self.assertEqual(leaving[self.colleague], "Colleague")
			staying = [one["value"] for one in people["staying"]]
			self.assertIn(self.colleague, staying)
			self.assertNotIn(self.rep, staying)
			for pair in ((self.colleague, self.rep), (self.rep, self.rep), ("nobody", self.rep)):
				for method in (hand_over.preview, hand_over.hand_over):
					with self.assertRaises(frappe.ValidationError):
						method(*pair)

	def test_who_lost_his_roles_and_has_a_promise_is_named(self):
		self.task()
		frappe.db.set_value("User", self.rep, "user_type", "Website User")
		with self.as_user(self.manager):
			self.assertIn(self.rep, [one["value"] for one in hand_over.people()["leaving"]])


class TestPromises(HandOverTestCase):
	def test_seen_before_and_done_then(self):
		due = [self.task(due_on=add_days(today(), days)) for days in (2, -1)]
		done = self.task()
		done.done()
		self.leaves()
		seen = self.preview()
		self.assertEqual(self.counts(seen), (2, 0, 0))
		self.assertEqual(seen["kept"], [])
		# The most urgent one first, with customer and day.
		self.assertEqual(
			[row["href"].rsplit("/", 1)[1] for row in seen["promises"]["rows"]], [due[1].name, due[0].name]
		)
		self.assertEqual({row["customer"] for row in seen["promises"]["rows"]}, {self.customer})
		self.assertEqual({task.reload().assigned_to for task in due}, {self.rep})
		answer = self.give()
		self.assertEqual((self.counts(answer), answer["kept"], answer["after"]), ((2, 0, 0), [], None))
		self.assertEqual({task.reload().assigned_to for task in due}, {self.colleague})
		self.assertEqual(done.reload().assigned_to, self.rep)

	def test_twice_is_once(self):
		task = self.task()
		self.give()
		bells = self.bells()
		self.assertEqual(self.counts(self.give()), (0, 0, 0))
		self.assertEqual(self.counts(self.preview()), (0, 0, 0))
		self.assertEqual(self.bells(), bells)
		self.assertEqual(task.reload().assigned_to, self.colleague)

	def bells(self) -> list[str]:
		filters = {"for_user": self.colleague, "document_type": "Follow Up Task"}
		return frappe.get_all("Notification Log", filters=filters, pluck="subject")

	def test_one_line_in_the_bell_and_nothing_of_what_was_promised(self):
		for _number in range(3):
			self.task(subject=SECRET)
		self.give()
		self.assertEqual(self.bells(), ["Promises handed over to you: 3"])

	def test_the_reminder_is_reckoned_anew_and_what_was_set_aside_comes_back(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		task = self.task(due_on=add_days(today(), 3))
		task.db_set(
			{
				"next_reminder_at": None,
				"set_aside_at": f"{today()} 09:00:00",
				"set_aside_because": "Has left.",
			}
		)
		self.leaves()
		self.give()
		task.reload()
		self.assertEqual(task.next_reminder_at, get_datetime(f"{add_days(today(), 3)} 09:00:00"))

	def test_those_who_are_told_change_too(self):
		with self.as_user(self.manager):
			task = self.task(assigned_to=self.manager, escalate_to=self.rep, escalate_after_days=2)
		self.leaves()
		self.assertEqual(self.counts(self.preview()), (0, 1, 0))
		self.assertEqual(self.counts(self.give()), (0, 1, 0))
		task.reload()
		self.assertEqual((task.assigned_to, task.escalate_to), (self.manager, self.colleague))

	def test_who_may_not_open_the_customer_does_not_get_its_promise(self):
		theirs, other = self.task(), self.task(customer=self.other_customer)
		self.only(self.colleague, self.other_customer)
		why = "Colleague may not open this customer: choose somebody else."
		self.assertEqual(self.preview()["kept"], [{"why": why, "count": 1}])
		answer = self.give()
		self.assertEqual((self.counts(answer), answer["kept"]), ((1, 0, 0), [{"why": why, "count": 1}]))
		self.assertEqual(
			(theirs.reload().assigned_to, other.reload().assigned_to), (self.rep, self.colleague)
		)

	def test_nor_of_a_note_that_the_new_one_may_not_see(self):
		note = self.note(sensitive=1)
		task = self.task(personal_note=note.name)
		self.give_reason()
		answer = self.give()
		self.assertEqual(self.counts(answer), (0, 0, 0))
		self.assertIn("may not see the note", answer["kept"][0]["why"])
		self.assertEqual(task.reload().assigned_to, self.rep)

	def test_a_bad_one_stops_no_other_and_says_why(self):
		bad, good = self.task(), self.task()
		frappe.db.set_value("Follow Up Task", bad.name, "due_on", "1999-01-01")
		answer = self.give()
		self.assertEqual(self.counts(answer), (1, 0, 0))
		why = "The day is too far away: please check the year."
		self.assertEqual(answer["kept"], [{"why": why, "count": 1}])
		self.assertEqual((bad.reload().assigned_to, good.reload().assigned_to), (self.rep, self.colleague))

	def test_many_come_in_parts_and_the_notes_with_the_last(self):
		names = [self.task().name for _number in range(5)]
		self.note()
		after, parts = "", []
		with patch.object(hand_over, "_AT_ONCE", 2):
			while after is not None:
				answer = self.give(after=after)
				parts.append(self.counts(answer))
				after = answer["after"]
		self.assertEqual(parts, [(2, 0, 0), (2, 0, 0), (1, 0, 1)])
		taken = frappe.get_all("Follow Up Task", {"name": ("in", names), "assigned_to": self.colleague})
		self.assertEqual(len(taken), 5)


class TestNotes(HandOverTestCase):
	def test_who_looks_after_it_changes_and_who_heard_it_does_not(self):
		note = self.note()
		self.leaves()
		self.assertEqual(self.counts(self.preview()), (0, 0, 1))
		self.assertEqual(self.counts(self.give()), (0, 0, 1))
		note.reload()
		self.assertEqual((note.owner, note.heard_by), (self.colleague, self.rep))
		with self.as_user(self.colleague):
			note.note = "Takes coffee."
			note.save()
		self.assertEqual(self.counts(self.give()), (0, 0, 0))

	def test_what_was_brought_in_for_the_one_who_leaves_and_nothing_that_another_one_has(self):
		imported, taken = self.note(), self.note()
		imported.db_set("owner", "Administrator")
		taken.db_set("owner", self.lead)
		self.assertEqual(self.counts(self.give()), (0, 0, 1))
		owners = [note.reload().owner for note in (imported, taken)]
		self.assertEqual(owners, [self.colleague, self.lead])

	def test_a_group_note_to_a_member_alone(self):
		with self.as_user("Administrator"):
			group = self.group(self.rep, self.manager)
		note = self.note(visibility="Group", user_group=group)
		self.assertEqual(
			self.give()["kept"][0]["why"], "Colleague may not see this note: choose somebody else."
		)
		self.assertEqual(note.reload().owner, self.rep)
		frappe.get_doc("User Group", group).append("user_group_members", {"user": self.colleague}).insert(
			ignore_permissions=True
		)
		self.assertEqual(self.counts(self.give()), (0, 0, 1))

	def of_another_group(self, *users: str) -> tuple:
		"""A note of a group that the manager is not in, and a promise that stems from it."""
		with self.as_user("Administrator"):
			group = self.group(self.rep, *users)
		note = self.note(SECRET, visibility="Group", user_group=group)
		return note, self.task(subject=SECRET, personal_note=note.name)

	def test_what_was_for_a_group_is_handed_over_unseen(self):
		note, task = self.of_another_group(self.colleague)
		seen = self.task()
		self.leaves()
		found = self.preview()
		self.assertEqual((self.counts(found), found["unseen"], found["kept"]), ((1, 0, 0), 2, []))
		for name in (note.name, task.name, "divorced"):
			self.assertNotIn(name, frappe.as_json(found))
		answer = self.give()
		self.assertEqual((self.counts(answer), answer["unseen"], answer["kept"]), ((1, 0, 0), 2, []))
		self.assertEqual((note.reload().owner, note.heard_by), (self.colleague, self.rep))
		self.assertEqual({one.reload().assigned_to for one in (task, seen)}, {self.colleague})
		self.assertEqual((self.give()["unseen"], self.preview()["unseen"]), (0, 0))

	def test_what_the_new_one_may_not_see_either_is_kept_without_a_word_of_it(self):
		note, task = self.of_another_group(self.lead)
		why = "It is not for you to see, and could not be handed over: choose somebody else."
		for answer in (self.preview(), self.give()):
			self.assertEqual((self.counts(answer), answer["unseen"]), ((0, 0, 0), 0))
			self.assertEqual(answer["kept"], [{"why": why, "count": 2}])
		self.assertEqual((note.reload().owner, task.reload().assigned_to), (self.rep, self.rep))

	def test_who_has_left_with_nothing_but_what_was_for_a_group_is_named(self):
		self.of_another_group()
		frappe.db.set_value("User", self.rep, "user_type", "Website User")
		with self.as_user(self.manager):
			self.assertIn(self.rep, [one["value"] for one in hand_over.people()["leaving"]])

	def test_a_sensitive_one_only_to_who_may_see_it(self):
		note = self.note(sensitive=1)
		for to in (self.colleague, self.manager):
			self.assertEqual(self.counts(self.give(to=to)), (0, 0, 0))
		self.give_reason()
		self.assertEqual(self.counts(self.give()), (0, 0, 0))
		self.assertEqual(self.counts(self.give(to=self.manager)), (0, 0, 1))
		self.assertEqual(note.reload().owner, self.manager)

	def test_closed_ones_stay(self):
		note = self.note()
		note.close("No Longer True")
		self.assertEqual(self.counts(self.give()), (0, 0, 0))

	def test_no_query_more_for_many(self):
		def queries() -> int:
			with self.as_user(self.manager), patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked:
				hand_over.preview(self.rep, self.colleague)
				hand_over.hand_over(self.rep, self.colleague)
			return asked.call_count

		self.note()
		queries()
		self.note()
		few = queries()
		for number in range(40):
			self.note(f"note {number}")
		self.assertEqual(queries(), few)

	def test_twenty_are_listed_and_all_are_counted(self):
		for number in range(23):
			self.note(f"note {number}")
		notes = self.preview()["notes"]
		self.assertEqual((notes["count"], len(notes["rows"])), (23, 20))


class TestPrivateNotes(HandOverTestCase):
	def test_no_answer_differs_where_there_are_private_notes(self):
		self.task(subject="send the book")
		self.note()
		before = [self.preview(), self.preview(self.manager)]
		for values in ({}, {"sensitive": 1}):
			note = self.note(SECRET, visibility="Only Me", **values)
			self.task(subject=SECRET, personal_note=note.name)
			with self.as_user(self.colleague):
				# Told on by the one who leaves, about a note that only the other one sees.
				own = self.note(SECRET, visibility="Only Me")
			hidden = self.task(subject=SECRET)
			hidden.db_set({"personal_note": own.name, "owner": self.colleague})
		self.assertEqual([self.preview(), self.preview(self.manager)], before)
		self.assertEqual(self.counts(self.give()), (1, 0, 1))
		self.assertEqual(self.give()["kept"], [])
		private = frappe.get_all(
			"Personal Note", {"note": SECRET, "heard_by": self.rep}, ["owner", "heard_by"], as_list=True
		)
		self.assertEqual(set(private), {(self.rep, self.rep)})
		mine = frappe.get_all("Follow Up Task", {"subject": SECRET}, pluck="assigned_to")
		self.assertEqual(set(mine), {self.rep})

	def test_nor_where_it_stems_from_one_through_a_gesture(self):
		note = self.note(SECRET, visibility="Only Me")
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "personal_note": note.name, "what": "A card"}
		)
		gesture.db_insert()
		task = self.task(subject=SECRET)
		task.db_set("gesture", gesture.name)
		frappe.db.set_value("User", self.rep, "user_type", "Website User")
		for answer in (self.preview(), self.give()):
			self.assertEqual((self.counts(answer), answer["unseen"], answer["kept"]), ((0, 0, 0), 0, []))
		with self.as_user(self.manager):
			self.assertNotIn(self.rep, [one["value"] for one in hand_over.people()["leaving"]])
		self.assertEqual(task.reload().assigned_to, self.rep)

	def test_the_words_of_a_note_are_in_no_answer(self):
		note = self.note(SECRET)
		self.task(subject=SECRET, personal_note=note.name, due_on=getdate())
		for answer in (self.preview(), self.preview(self.outsider), self.give(self.outsider), self.give()):
			self.assertNotIn("divorced", frappe.as_json(answer))
