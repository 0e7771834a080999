import subprocess
import sys
import time
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_years, getdate, today

from micro_experiences.desk import notes as desk
from micro_experiences.desk.bell import managers
from micro_experiences.domain.occasions import occurrence_key
from micro_experiences.domain.sight import MANAGER
from micro_experiences.jobs import occasions
from micro_experiences.testing import SiteTestCase, make_customer, make_user

LOG = "Micro Experiences: occasions that opened no promise"

# One worker: wait for the others, and open what is near.
_WORKER = """
import sys, time, frappe
frappe.init(site=sys.argv[1])
frappe.connect()
frappe.set_user("Administrator")
from micro_experiences.jobs import occasions
time.sleep(max(float(sys.argv[2]) - time.time(), 0))
occasions.mx_open_occasions()
"""


class OccasionsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(occasion_lead_days=14)
		# Frappe keeps its Error Log in a table without transactions.
		frappe.db.delete("Error Log", {"method": LOG})

	def occasion(self, days: int = 5, **values):
		"""A single occasion that many days from today, heard by the session user."""
		return self.note(
			"Opens the second shop", kind="Occasion", occasion_on=add_days(today(), days), **values
		)

	def run_job(self):
		with self.as_user("Administrator"), patch.object(frappe.local.db, "commit"):
			occasions.mx_open_occasions()

	def tasks(self, *notes) -> list:
		return frappe.get_all(
			"Follow Up Task",
			filters={"personal_note": ("in", [note.name for note in notes])},
			fields=["*"],
			order_by="creation asc, name asc",
		)

	def assigned(self, note) -> str:
		self.run_job()
		(task,) = self.tasks(note)
		return task.assigned_to

	def reports(self) -> list[str]:
		return frappe.get_all("Error Log", filters={"method": LOG}, pluck="error")


class TestOpening(OccasionsTestCase):
	def test_one_promise_for_one_occurrence_whatever_runs_twice(self):
		note = self.occasion(contact=self.contact())
		self.run_job()
		self.run_job()
		(task,) = self.tasks(note)
		self.assertEqual(
			(task.customer, task.contact, task.personal_note, task.due_on, task.remind_days_before),
			(self.customer, note.contact, note.name, getdate(note.occasion_on), 3),
		)
		self.assertEqual(task.subject, f"An occasion of {self.customer} is near")
		self.assertEqual(task.occurrence_key, f"{note.name}|{note.occasion_on}")
		self.assertEqual((task.status, task.repeats), ("Open", "Never"))
		self.assertTrue(task.next_reminder_at)

	def test_the_lead_days_and_the_day_itself(self):
		far, edge, now, passed = (self.occasion(days) for days in (15, 14, 0, -1))
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(far, edge, now, passed)], [edge.name, now.name])
		self.set_settings(occasion_lead_days=0)
		tomorrow = self.occasion(1)
		today_too = self.occasion(0)
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(tomorrow, today_too)], [today_too.name])

	def test_yearly_since_long_ago(self):
		day = add_days(today(), 4)
		note = self.note("Birthday", kind="Occasion", repeats_yearly=1, occasion_on=add_years(day, -76))
		self.run_job()
		(task,) = self.tasks(note)
		self.assertLessEqual((task.due_on - getdate(day)).days, 1)
		self.assertEqual(task.due_on.year, getdate(day).year)

	def test_nothing_for_facts_closed_notes_and_customers_who_left(self):
		fact, closed = self.note(), self.occasion()
		closed.close("No Longer True")
		gone = self.occasion(customer=self.other_customer)
		frappe.db.set_value("Customer", self.other_customer, "disabled", 1)
		self.run_job()
		self.assertEqual(self.tasks(fact, closed, gone), [])
		self.assertEqual(self.reports(), [])

	def test_its_text_is_nowhere_in_the_promise(self):
		note = self.note("Ends the treatment", kind="Occasion", occasion_on=today())
		self.run_job()
		(task,) = self.tasks(note)
		self.assertNotIn("treatment", frappe.as_json(task))

	def test_in_the_language_of_who_is_told(self):
		frappe.db.set_value("User", self.rep, "language", "de")
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "de",
				"source_text": "An occasion of {0} is near",
				"translated_text": "Bei {0} steht etwas an",
			}
		).insert(ignore_permissions=True)
		note = self.occasion()
		self.run_job()
		self.assertEqual(self.tasks(note)[0].subject, f"Bei {self.customer} steht etwas an")

	def test_a_name_as_long_as_names_can_be(self):
		with self.as_user("Administrator"):
			long = make_customer("MX " + "x" * 137)
		note = self.occasion(customer=long)
		self.run_job()
		self.assertEqual(len(self.tasks(note)[0].subject), 140)


class TestForWhom(OccasionsTestCase):
	def manage(self, user: str | None):
		frappe.db.set_value("Customer", self.customer, "account_manager", user)

	def test_the_account_manager_first(self):
		self.manage(self.colleague)
		self.assertEqual(self.assigned(self.occasion()), self.colleague)

	def test_else_the_author(self):
		self.manage(None)
		self.assertEqual(self.assigned(self.occasion()), self.rep)

	def test_else_a_manager(self):
		self.manage(None)
		note = self.occasion()
		frappe.db.set_value("User", self.rep, "enabled", 0)
		with self.as_user("Administrator"):
			make_user("mx.deputy@example.com", ("Sales User", MANAGER))
		first, second, *_others = sorted(managers().keys() - {"Administrator"})
		self.assertEqual(self.assigned(note), first)
		frappe.db.set_value("User", first, "enabled", 0)
		self.assertEqual(self.assigned(self.occasion(heard_by=self.rep)), second)

	def test_who_looks_after_a_note_whose_author_is_unknown(self):
		note = self.occasion()
		note.db_set({"heard_by": None, "owner": self.colleague})
		self.assertEqual(self.assigned(note), self.colleague)

	def test_not_who_has_left(self):
		self.manage(self.colleague)
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertEqual(self.assigned(self.occasion()), self.rep)

	def test_not_who_may_not_see_the_note(self):
		self.manage(self.colleague)
		for hidden in ({"visibility": "Only Me"}, {"sensitive": 1}):
			self.assertEqual(self.assigned(self.occasion(**hidden)), self.rep, hidden)
		group = self.group(self.rep)
		mine = self.occasion(visibility="Group", user_group=group)
		self.assertEqual(self.assigned(mine), self.rep)
		ours = self.occasion(visibility="Group", user_group=group)
		frappe.get_doc("User Group", group).append("user_group_members", {"user": self.colleague}).insert(
			ignore_permissions=True
		)
		self.assertEqual(self.assigned(ours), self.colleague)

	def test_not_who_may_not_open_the_customer_or_has_no_part_in_it(self):
		self.manage(self.outsider)
		self.assertEqual(self.assigned(self.occasion()), self.rep)
		self.manage(self.colleague)
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": self.colleague,
				"allow": "Customer",
				"for_value": self.other_customer,
			}
		).insert(ignore_permissions=True)
		self.assertEqual(self.assigned(self.occasion()), self.rep)

	def test_where_there_is_nobody_it_is_said_once(self):
		notes = [self.occasion(14, visibility="Only Me") for _number in range(2)]
		other = self.occasion(customer=self.other_customer)
		frappe.db.set_value("User", self.rep, "enabled", 0)
		self.run_job()
		self.assertEqual(self.tasks(*notes), [])
		self.assertEqual(len(self.tasks(other)), 1)
		(report,) = self.reports()
		(bell,) = self.bells(self.manager)
		self.assertIn("2 occasions", bell.subject)
		for text in (report, bell.email_content):
			for note in notes:
				self.assertIn(note.name, text)
			self.assertNotIn("second shop", text)

	def test_and_not_every_day_anew(self):
		note = self.occasion(14, visibility="Only Me")
		frappe.db.set_value("User", self.rep, "enabled", 0)
		said = []
		for days in (-1, 0, 1, 13, 14, 15):
			before = len(self.bells(self.manager))
			with self.freeze(add_days(note.occasion_on, days - 14)):
				self.run_job()
			said.append(len(self.bells(self.manager)) - before)
		self.assertEqual(said, [0, 1, 0, 0, 1, 0])

	def bells(self, user: str) -> list:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": user, "document_type": ("is", "not set")},
			fields=["subject", "email_content"],
		)


class TestMany(OccasionsTestCase):
	def test_no_query_more_for_notes_that_open_nothing(self):
		def queries() -> int:
			with (
				patch.object(occasions, "_CHUNK", 100_000),
				patch.object(frappe.db, "sql", wraps=frappe.db.sql) as asked,
			):
				self.run_job()
			return asked.call_count

		self.run_job()
		self.occasion(100)
		self.occasion(5)
		self.run_job()
		few = queries()
		for number in range(30):
			self.occasion(20 + number)
		near = [self.occasion(5) for _number in range(10)]
		self.run_job()
		self.assertEqual(len(self.tasks(*near)), 10)
		self.assertEqual(queries(), few)

	def test_the_managers_are_looked_up_once_for_many(self):
		for _number in range(4):
			self.occasion(5)
		with patch.object(occasions, "managers", wraps=managers) as asked:
			self.run_job()
		self.assertEqual(asked.call_count, 1)

	def test_chunk_by_chunk_none_is_passed_over(self):
		near = [self.occasion(number) for number in range(7)]
		with patch.object(occasions, "_CHUNK", 2):
			self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(*near)], [note.name for note in near])

	def test_a_bad_note_stops_no_other(self):
		bad, good = self.occasion(14, contact=self.contact()), self.occasion()
		frappe.db.set_value("Personal Note", bad.name, "contact", "Nobody at all")
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(bad, good)], [good.name])
		(report,) = self.reports()
		self.assertIn(bad.name, report)
		self.assertNotIn(good.name, report)

	def test_who_was_faster_has_opened_it(self):
		note = self.occasion()
		rows = frappe.get_all("Personal Note", filters={"name": note.name}, fields=["*"])
		self.run_job()
		# As it is where both have looked before either has written.
		with patch.object(occasions.frappe, "get_all", wraps=frappe.get_all) as get_all:
			get_all.side_effect = lambda doctype, *args, **kwargs: (
				[]
				if kwargs.get("pluck") == "occurrence_key"
				else frappe.get_list(doctype, *args, ignore_permissions=True, **({"limit": 0} | kwargs))
			)
			self.assertEqual(occasions._open(rows, getdate(), 14), {})
		self.assertEqual(len(self.tasks(note)), 1)
		self.assertEqual(self.reports(), [])

	def test_after_a_deadlock_the_chunk_is_opened_again(self):
		note, real, failed = self.occasion(), occasions._insert, []

		def fails_once(fields):
			if not failed:
				failed.append(fields)
				raise frappe.QueryDeadlockError
			return real(fields)

		with (
			patch.object(occasions, "_insert", side_effect=fails_once),
			patch.object(frappe.local.db, "rollback"),
		):
			self.run_job()
		self.assertTrue(failed)
		self.assertEqual(len(self.tasks(note)), 1)


class TestTwoAtOnce(OccasionsTestCase):
	commits = True

	def test_two_machines_open_one_promise_each(self):
		notes = [self.occasion(number % 10) for number in range(20)]
		frappe.db.commit()
		self.addCleanup(self.remove, notes)
		start = str(time.time() + 6)
		workers = [
			subprocess.Popen([sys.executable, "-c", _WORKER, frappe.local.site, start])
			for _number in range(2)
		]
		self.assertEqual([worker.wait(120) for worker in workers], [0, 0])
		frappe.db.rollback()
		self.assertEqual(sorted(t.personal_note for t in self.tasks(*notes)), sorted(n.name for n in notes))
		self.assertEqual(self.reports(), [])

	def remove(self, notes):
		frappe.set_user("Administrator")
		names = ("in", [note.name for note in notes])
		frappe.db.delete("Follow Up Task", {"personal_note": names})
		frappe.db.delete("Personal Note", {"name": names})
		frappe.db.commit()


class TestTheNoteChanges(OccasionsTestCase):
	def opened(self, **values):
		note = self.occasion(**values)
		self.run_job()
		return note, frappe.get_doc("Follow Up Task", self.tasks(note)[0].name)

	def test_another_day_lets_the_old_one_go_and_the_new_one_is_opened(self):
		note, task = self.opened()
		note.occasion_on = add_days(today(), 7)
		note.save()
		self.assertEqual((task.reload().status, task.outcome), ("Skipped", "The occasion has changed."))
		self.run_job()
		_old, new = self.tasks(note)
		self.assertEqual((new.status, new.due_on), ("Open", getdate(note.occasion_on)))

	def test_back_to_the_first_day_it_is_opened_again(self):
		note, task = self.opened()
		first = note.occasion_on
		for day in (add_days(today(), 7), first):
			note.occasion_on = day
			note.save()
			self.run_job()
		days = [(t.due_on, t.status) for t in self.tasks(note)]
		there, back = getdate(first), getdate(add_days(today(), 7))
		self.assertEqual(days, [(there, "Skipped"), (back, "Skipped"), (there, "Open")])
		self.assertEqual(task.reload().status, "Skipped")

	def test_other_words_change_nothing(self):
		note, task = self.opened()
		note.note = "Opens the third shop"
		note.save()
		self.assertEqual(task.reload().status, "Open")

	def test_what_is_no_occasion_any_more(self):
		note, task = self.opened()
		note.kind = "Fact"
		note.save()
		self.assertEqual(task.reload().status, "Skipped")

	def test_the_promise_of_an_occurrence_that_has_passed_stays(self):
		note, task = self.opened(repeats_yearly=1)
		passed = add_days(today(), -3)
		task.db_set({"due_on": passed, "occurrence_key": occurrence_key(note.name, getdate(passed))})
		note.occasion_on = add_days(today(), 7)
		note.save()
		self.assertEqual(task.reload().status, "Open")

	def test_closed(self):
		note, task = self.opened()
		desk.no_longer_true(note.name)
		self.assertEqual((task.reload().status, task.outcome), ("Skipped", "The note is closed."))
		self.run_job()
		self.assertEqual(len(self.tasks(note)), 1)

	def test_used_is_kept(self):
		note, task = self.opened()
		with self.as_user(self.colleague):
			desk.used(note.name, "How kind!")
		task.reload()
		self.assertEqual((task.status, task.done_by), ("Done", self.colleague))
		self.run_job()
		self.assertEqual(len(self.tasks(note)), 1)

	def test_deleted(self):
		for hidden in ({}, {"visibility": "Only Me"}):
			note, task = self.opened(**hidden)
			with self.as_user("Administrator"):
				frappe.delete_doc("Personal Note", note.name)
			status = frappe.db.get_value("Follow Up Task", task.name, "status")
			self.assertEqual(status, None if hidden else "Skipped")

	def test_also_where_the_one_who_had_it_has_left(self):
		note, task = self.opened()
		frappe.db.set_value("User", self.rep, "enabled", 0)
		with self.as_user(self.manager):
			doc = frappe.get_doc("Personal Note", note.name)
			doc.occasion_on = add_days(today(), 7)
			doc.save()
		self.assertEqual(task.reload().status, "Skipped")

	def test_promises_that_somebody_made_of_the_note_stay(self):
		note, _task = self.opened()
		mine = self.task(personal_note=note.name)
		desk.no_longer_true(note.name)
		self.assertEqual(mine.reload().status, "Open")
