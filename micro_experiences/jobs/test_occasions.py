"""The occasion job: one follow-up for each occurrence, for a user who can see the note."""

from datetime import datetime, time, timedelta
from unittest.mock import patch

import frappe
from frappe.utils import add_days, add_years, getdate, today

from micro_experiences.api import notes
from micro_experiences.domain.occasions import occurrence_key
from micro_experiences.domain.visibility import MANAGER_ROLE
from micro_experiences.jobs import occasions
from micro_experiences.services import occasions as occasions_services
from micro_experiences.tests.utils import SiteTestCase, make_customer, make_user
from micro_experiences.tests.workers import run_together, start_worker
from micro_experiences.utils.notifications import get_managers

LOG = "Micro Experiences: occasions without a follow-up"

WORKER = """
from micro_experiences.jobs import occasions
wait_for_the_others()
occasions.mx_open_occasions()
"""


class OccasionsTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.set_settings(occasion_lead_days=14)
		# The table of the Error Log has no transactions.
		frappe.db.delete("Error Log", {"method": LOG})

	def occasion(self, days: int = 5, **values):
		"""Create an occasion that many days from today, heard by the session user."""
		return self.note(
			"Opens the second shop", kind="Occasion", occasion_on=add_days(today(), days), **values
		)

	def end_missed(self):
		with self.as_user("Administrator"), patch.object(frappe.local.db, "commit"):
			occasions.mx_end_missed_occasions()

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

	def get_assignee(self, note) -> str:
		self.run_job()
		(task,) = self.tasks(note)
		return task.assigned_to

	def reports(self) -> list[str]:
		return frappe.get_all("Error Log", filters={"method": LOG}, pluck="error")


class TestOpening(OccasionsTestCase):
	def test_follow_up_ends_as_missed_when_the_day_of_its_assignee_is_over(self):
		note = self.occasion(days=0)
		self.run_job()
		(task,) = self.tasks(note)
		self.set_time_zone(self.rep, "Pacific/Honolulu")
		# At 05:00 of the next day in Ireland it is still the day of the occasion in Honolulu.
		next_day = datetime.combine(getdate(add_days(today(), 1)), time(5))
		for moment, status in ((next_day, "Open"), (next_day + timedelta(days=1), "Missed")):
			with patch("frappe.utils.data.convert_utc_to_system_timezone", lambda *_args, now=moment: now):
				self.end_missed()
			found = frappe.db.get_value(
				"Follow Up Task", task.name, ["status", "done_by", "next_reminder_at"], as_dict=True
			)
			self.assertEqual(found.status, status)
		self.assertEqual((found.done_by, found.next_reminder_at), (None, None))

	def test_occurrence_has_one_follow_up_however_often_the_job_runs(self):
		note = self.occasion(contact=self.contact())
		self.run_job()
		self.run_job()
		(task,) = self.tasks(note)
		self.assertEqual(
			(task.customer, task.contact, task.personal_note, task.due_on, task.remind_days_before),
			(self.customer, note.contact, note.name, getdate(note.occasion_on), 3),
		)
		self.assertNotIn(note.note, frappe.as_json(task))
		self.assertEqual(task.occurrence_key, f"{note.name}|{note.occasion_on}")
		self.assertEqual((task.status, task.repeats), ("Open", "Never"))
		self.assertTrue(task.next_reminder_at)

	def test_only_occasions_within_the_lead_days_have_a_follow_up(self):
		far, edge, now, passed = (self.occasion(days) for days in (15, 14, 0, -1))
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(far, edge, now, passed)], [edge.name, now.name])
		self.set_settings(occasion_lead_days=0)
		tomorrow = self.occasion(1)
		today_too = self.occasion(0)
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(tomorrow, today_too)], [today_too.name])

	def test_yearly_occasion_has_a_follow_up_this_year(self):
		day = add_days(today(), 4)
		note = self.note("Birthday", kind="Occasion", repeats_yearly=1, occasion_on=add_years(day, -76))
		self.run_job()
		(task,) = self.tasks(note)
		self.assertLessEqual((task.due_on - getdate(day)).days, 1)
		self.assertEqual(task.due_on.year, getdate(day).year)

	def test_closed_notes_and_disabled_customers_have_no_follow_up(self):
		fact, closed = self.note(), self.occasion()
		closed.close("No Longer True")
		gone = self.occasion(customer=self.other_customer)
		frappe.db.set_value("Customer", self.other_customer, "disabled", 1)
		self.run_job()
		self.assertEqual(self.tasks(fact, closed, gone), [])
		self.assertEqual(self.reports(), [])

	def test_subject_is_in_the_language_of_the_assignee(self):
		frappe.db.set_value("User", self.rep, "language", "de")
		frappe.get_doc(
			{
				"doctype": "Translation",
				"language": "de",
				"source_text": "Upcoming occasion for {0}",
				"translated_text": "Bei {0} steht etwas an",
			}
		).insert(ignore_permissions=True)
		note = self.occasion()
		self.run_job()
		self.assertEqual(self.tasks(note)[0].subject, f"Bei {self.customer} steht etwas an")

	def test_subject_with_the_longest_customer_name_is_shortened(self):
		with self.as_user("Administrator"):
			long = make_customer("MX " + "x" * 137)
		note = self.occasion(customer=long)
		self.run_job()
		self.assertEqual(len(self.tasks(note)[0].subject), 140)


class TestAssignee(OccasionsTestCase):
	def set_account_manager(self, user: str | None):
		frappe.db.set_value("Customer", self.customer, "account_manager", user)

	def test_account_manager_or_else_the_author_is_assigned(self):
		self.set_account_manager(self.colleague)
		self.assertEqual(self.get_assignee(self.occasion()), self.colleague)
		self.set_account_manager(None)
		self.assertEqual(self.get_assignee(self.occasion()), self.rep)
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.set_account_manager(self.colleague)
		self.assertEqual(self.get_assignee(self.occasion()), self.rep)

	def test_manager_is_assigned_if_the_author_is_disabled(self):
		self.set_account_manager(None)
		note = self.occasion()
		frappe.db.set_value("User", self.rep, "enabled", 0)
		with self.as_user("Administrator"):
			make_user("mx.deputy@example.com", ("Sales User", MANAGER_ROLE))
		first, second, *_others = sorted(get_managers().keys() - {"Administrator"})
		self.assertEqual(self.get_assignee(note), first)
		frappe.db.set_value("User", first, "enabled", 0)
		self.assertEqual(self.get_assignee(self.occasion(heard_by=self.rep)), second)

	def test_owner_of_a_note_without_an_author_is_assigned(self):
		note = self.occasion()
		note.db_set({"heard_by": None, "owner": self.colleague})
		self.assertEqual(self.get_assignee(note), self.colleague)

	def test_user_who_cannot_see_the_note_is_not_assigned(self):
		self.set_account_manager(self.colleague)
		for hidden in ({"visibility": "Only Me"}, {"sensitive": 1}):
			self.assertEqual(self.get_assignee(self.occasion(**hidden)), self.rep, hidden)
		group = self.group(self.rep)
		mine = self.occasion(visibility="Group", user_group=group)
		self.assertEqual(self.get_assignee(mine), self.rep)
		ours = self.occasion(visibility="Group", user_group=group)
		frappe.get_doc("User Group", group).append("user_group_members", {"user": self.colleague}).insert(
			ignore_permissions=True
		)
		self.assertEqual(self.get_assignee(ours), self.colleague)

	def test_user_who_cannot_open_the_customer_is_not_assigned(self):
		self.set_account_manager(self.outsider)
		self.assertEqual(self.get_assignee(self.occasion()), self.rep)
		self.set_account_manager(self.colleague)
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": self.colleague,
				"allow": "Customer",
				"for_value": self.other_customer,
			}
		).insert(ignore_permissions=True)
		self.assertEqual(self.get_assignee(self.occasion()), self.rep)

	def test_occasions_without_an_assignee_are_reported_once(self):
		notes = [self.occasion(14, visibility="Only Me") for _number in range(2)]
		other = self.occasion(customer=self.other_customer)
		frappe.db.set_value("User", self.rep, "enabled", 0)
		self.run_job()
		self.assertEqual(self.tasks(*notes), [])
		self.assertEqual(len(self.tasks(other)), 1)
		(report,) = self.reports()
		(notification,) = self.notifications(self.manager)
		self.assertIn("2", notification.subject)
		for text in (report, notification.email_content):
			for note in notes:
				self.assertIn(note.name, text)
			self.assertNotIn("second shop", text)

	def test_report_is_repeated_only_on_the_day_itself(self):
		note = self.occasion(14, visibility="Only Me")
		frappe.db.set_value("User", self.rep, "enabled", 0)
		counts = []
		for days in (-1, 0, 1, 13, 14, 15):
			before = len(self.notifications(self.manager))
			with self.freeze(add_days(note.occasion_on, days - 14)):
				self.run_job()
			counts.append(len(self.notifications(self.manager)) - before)
		self.assertEqual(counts, [0, 1, 0, 0, 1, 0])

	def notifications(self, user: str) -> list:
		return frappe.get_all(
			"Notification Log",
			filters={"for_user": user, "document_type": ("is", "not set")},
			fields=["subject", "email_content"],
		)


class TestChunks(OccasionsTestCase):
	def test_notes_without_a_follow_up_need_no_queries(self):
		def queries() -> int:
			with (
				patch.object(occasions, "_CHUNK_SIZE", 100_000),
				patch.object(frappe.db, "sql", wraps=frappe.db.sql) as sql,
			):
				self.run_job()
			return sql.call_count

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

	def test_every_chunk_is_processed(self):
		near = [self.occasion(number) for number in range(7)]
		with patch.object(occasions, "_CHUNK_SIZE", 2):
			self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(*near)], [note.name for note in near])

	def test_failing_note_does_not_stop_the_others(self):
		bad, good = self.occasion(14, contact=self.contact()), self.occasion()
		frappe.db.set_value("Personal Note", bad.name, "contact", "Nobody at all")
		self.run_job()
		self.assertEqual([t.personal_note for t in self.tasks(bad, good)], [good.name])
		(report,) = self.reports()
		self.assertIn(bad.name, report)
		self.assertNotIn(good.name, report)

	def test_follow_up_of_a_faster_worker_is_not_repeated(self):
		note = self.occasion()
		rows = frappe.get_all("Personal Note", filters={"name": note.name}, fields=["*"])
		self.run_job()
		# Both workers have looked before either has written.
		with patch.object(occasions_services.frappe, "get_all", wraps=frappe.get_all) as get_all:
			get_all.side_effect = lambda doctype, *args, **kwargs: (
				[]
				if kwargs.get("pluck") == "occurrence_key"
				else frappe.get_list(doctype, *args, ignore_permissions=True, **({"limit": 0} | kwargs))
			)
			self.assertEqual(occasions_services.open_follow_ups(rows, getdate(), 14), {})
		self.assertEqual(len(self.tasks(note)), 1)
		self.assertEqual(self.reports(), [])

	def test_deadlock_is_retried(self):
		note, real, failed = self.occasion(), occasions_services._insert_follow_up, []

		def fails_once(fields):
			if not failed:
				failed.append(fields)
				raise frappe.QueryDeadlockError
			return real(fields)

		with (
			patch.object(occasions_services, "_insert_follow_up", side_effect=fails_once),
			patch.object(frappe.local.db, "rollback"),
		):
			self.run_job()
		self.assertTrue(failed)
		self.assertEqual(len(self.tasks(note)), 1)


class TestWorkers(OccasionsTestCase):
	commits = True

	def test_concurrent_workers_create_each_follow_up_once(self):
		notes = [self.occasion(number % 10) for number in range(20)]
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.addCleanup(self.remove, notes)
		run_together([start_worker(WORKER) for _number in range(2)])
		frappe.db.rollback()
		self.assertEqual(sorted(t.personal_note for t in self.tasks(*notes)), sorted(n.name for n in notes))
		self.assertEqual(self.reports(), [])

	def remove(self, notes):
		frappe.set_user("Administrator")
		names = ("in", [note.name for note in notes])
		frappe.db.delete("Follow Up Task", {"personal_note": names})
		frappe.db.delete("Personal Note", {"name": names})
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it


class TestChangedNote(OccasionsTestCase):
	def create_follow_up(self, **values):
		note = self.occasion(**values)
		self.run_job()
		return note, frappe.get_doc("Follow Up Task", self.tasks(note)[0].name)

	def test_changed_date_skips_the_old_follow_up_and_creates_a_new_one(self):
		note, task = self.create_follow_up()
		note.occasion_on = add_days(today(), 7)
		note.save()
		self.assertEqual(task.reload().status, "Skipped")
		self.assertTrue(task.outcome)
		self.run_job()
		_old, new = self.tasks(note)
		self.assertEqual((new.status, new.due_on), ("Open", getdate(note.occasion_on)))

	def test_restored_date_creates_a_follow_up_again(self):
		note, task = self.create_follow_up()
		first = note.occasion_on
		for day in (add_days(today(), 7), first):
			note.occasion_on = day
			note.save()
			self.run_job()
		days = [(t.due_on, t.status) for t in self.tasks(note)]
		there, back = getdate(first), getdate(add_days(today(), 7))
		self.assertEqual(days, [(there, "Skipped"), (back, "Skipped"), (there, "Open")])
		self.assertEqual(task.reload().status, "Skipped")

	def test_changed_text_keeps_and_changed_kind_skips_the_follow_up(self):
		note, task = self.create_follow_up()
		note.note = "Opens the third shop"
		note.save()
		self.assertEqual(task.reload().status, "Open")
		note.kind = "Fact"
		note.save()
		self.assertEqual(task.reload().status, "Skipped")

	def test_follow_up_of_a_past_occurrence_stays_open(self):
		note, task = self.create_follow_up(repeats_yearly=1)
		passed = add_days(today(), -3)
		task.db_set({"due_on": passed, "occurrence_key": occurrence_key(note.name, getdate(passed))})
		note.occasion_on = add_days(today(), 7)
		note.save()
		self.assertEqual(task.reload().status, "Open")

	def test_closed_note_skips_its_follow_up_and_no_others(self):
		note, task = self.create_follow_up()
		other = self.task(personal_note=note.name)
		notes.mark_outdated(note.name)
		self.assertEqual((task.reload().status, other.reload().status), ("Skipped", "Open"))
		self.run_job()
		self.assertEqual(len(self.tasks(note)), 2)

	def test_used_note_completes_the_follow_up(self):
		note, task = self.create_follow_up()
		with self.as_user(self.colleague):
			notes.mark_used(note.name, "How kind!")
		task.reload()
		self.assertEqual((task.status, task.done_by), ("Done", self.colleague))
		self.run_job()
		self.assertEqual(len(self.tasks(note)), 1)

	def test_deleted_note_skips_or_deletes_the_follow_up(self):
		for hidden in ({}, {"visibility": "Only Me"}):
			note, task = self.create_follow_up(**hidden)
			with self.as_user("Administrator"):
				frappe.delete_doc("Personal Note", note.name)
			status = frappe.db.get_value("Follow Up Task", task.name, "status")
			self.assertEqual(status, None if hidden else "Skipped")

	def test_follow_up_of_a_disabled_user_is_skipped(self):
		note, task = self.create_follow_up()
		frappe.db.set_value("User", self.rep, "enabled", 0)
		with self.as_user(self.manager):
			doc = frappe.get_doc("Personal Note", note.name)
			doc.occasion_on = add_days(today(), 7)
			doc.save()
		self.assertEqual(task.reload().status, "Skipped")
