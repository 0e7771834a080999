from unittest.mock import patch

import frappe
from erpnext.accounts.doctype.sales_invoice.sales_invoice import make_sales_return
from frappe.utils import add_days, add_months, get_datetime, getdate, today

from micro_experiences.desk import bell, follow_ups
from micro_experiences.micro_experiences.doctype.follow_up_task import after_invoice, follow_up_task
from micro_experiences.testing import SiteTestCase


class TestFollowUps(SiteTestCase):
	def promise(self, subject="send the book", due_on=None, **values):
		name = follow_ups.promise(self.customer, subject, due_on or today(), **values)["name"]
		return frappe.get_doc("Follow Up Task", name)

	def open_tasks(self, **filters):
		return frappe.get_all(
			"Follow Up Task",
			filters={"customer": self.customer, "status": "Open"} | filters,
			fields=["name", "due_on", "subject", "repeats", "every"],
			order_by="creation asc",
		)

	# --- promise

	def test_everything_that_is_promised_is_kept(self):
		note, contact, invoice = self.note(), self.contact(), self.invoice()
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		said = {
			"due_time": "14:30",
			"assigned_to": self.colleague,
			"remind_days_before": 2,
			"repeats": "Weeks",
			"every": 2,
			"personal_note": note.name,
			"contact": contact,
			"reference_doctype": "Sales Invoice",
			"reference_name": invoice.name,
		}
		day = getdate(add_days(today(), 10))
		task = self.promise("call about the marathon", str(day), **said)
		self.assertDocumentEqual(
			{key: value for key, value in said.items() if key != "due_time"}
			| {
				"subject": "call about the marathon",
				"due_on": day,
				"customer": self.customer,
				"status": "Open",
			},
			task,
		)
		self.assertEqual(str(task.due_time), "14:30:00")
		self.assertEqual(task.next_reminder_at, get_datetime(f"{add_days(today(), 8)} 14:30:00"))

	def test_what_is_not_said_is_mine_today_and_once(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		task = self.promise()
		self.assertEqual(
			(task.assigned_to, task.due_time, task.repeats, task.remind_days_before),
			(self.rep, None, "Never", 0),
		)
		self.assertEqual(task.next_reminder_at, get_datetime(f"{today()} 09:00:00"))

	def test_the_answer_is_the_new_banner(self):
		answer = follow_ups.promise(self.customer, "send the book", today())
		self.assertEqual([item["name"] for item in answer["banner"]["items"]], [answer["name"]])
		self.assertEqual(answer["banner"]["promises"], 1)
		answer = follow_ups.done(answer["name"])
		self.assertEqual((answer["banner"]["items"], answer["banner"]["promises"]), ([], 0))

	def test_what_cannot_be_promised_is_refused_and_nothing_is_written(self):
		frappe.db.set_value("User", self.lead, "enabled", 0)
		before = frappe.db.count("Follow Up Task")
		for why, values in (
			("no subject", {"subject": "  "}),
			("long subject", {"subject": "x" * 141}),
			("no day", {"due_on": "soon"}),
			("no such day", {"due_on": "2026-02-31"}),
			("far away", {"due_on": "2999-01-01"}),
			("long ago", {"due_on": "1999-01-01"}),
			("no such time", {"due_time": "25:00"}),
			("no time", {"due_time": "noonish"}),
			("unknown customer", {"customer": "Nobody"}),
			("unknown user", {"assigned_to": "nobody@example.com"}),
			("disabled user", {"assigned_to": self.lead}),
			("unknown repeat", {"repeats": "Sometimes"}),
			("too seldom", {"repeats": "Days", "every": 3651}),
			("backwards", {"repeats": "Days", "every": -1}),
			("reminder after", {"remind_days_before": -1}),
			("reminder too early", {"remind_days_before": 367}),
			("unknown note", {"personal_note": "NOTE-999999"}),
			("unknown gesture", {"gesture": "GES-999999"}),
		):
			with (
				self.subTest(why),
				self.assertRaises((frappe.ValidationError, frappe.PermissionError)) as no,
			):
				follow_ups.promise(
					**({"customer": self.customer, "subject": "x", "due_on": today()} | values)
				)
			self.assertLess(len(str(no.exception)), 500)
			self.assertEqual(frappe.db.count("Follow Up Task"), before, why)

	def test_a_note_or_gesture_of_another_customer_is_refused(self):
		note = self.note(customer=self.other_customer)
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.other_customer, "what": "x", "status": "Idea"}
		).insert()
		for values in ({"personal_note": note.name}, {"gesture": gesture.name}):
			with self.assertRaises(frappe.PermissionError):
				self.promise(**values)

	def test_no_hidden_note_is_read_through_a_promise(self):
		"""`personal_note.note` in a list asks nobody whether the note may be seen, so the link is not made."""
		with self.as_user(self.colleague):
			hidden = self.note("Only mine.", visibility="Only Me")
		task = self.promise()
		task.personal_note = hidden.name
		with self.assertRaises(frappe.PermissionError):
			task.save()
		with self.as_user(self.colleague):
			self.assertEqual(self.promise(personal_note=hidden.name).personal_note, hidden.name)

	def test_who_may_not_read_the_customer_promises_nothing(self):
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			self.promise()

	# --- done

	def test_done_says_when_by_whom_and_what_came_of_it(self):
		task = self.promise()
		follow_ups.done(task.name, "  She loved it  ")
		task.reload()
		self.assertEqual(
			(task.status, task.outcome, task.done_by, task.next_reminder_at),
			("Done", "She loved it", self.rep, None),
		)
		self.assertEqual(getdate(task.done_on), getdate())
		self.assertFalse(frappe.db.exists("Personal Note", {"customer": self.customer}))

	def test_done_and_remembered_makes_a_note(self):
		task, invoice = self.promise(contact=self.contact()), self.invoice()
		follow_ups.done(
			task.name,
			"She loved it",
			remember=True,
			reference_doctype="Sales Invoice",
			reference_name=invoice.name,
		)
		note = frappe.get_doc("Personal Note", {"customer": self.customer})
		self.assertDocumentEqual(
			{
				"note": "She loved it",
				"kind": "Moment",
				"contact": task.contact,
				"heard_by": self.rep,
				"reference_name": invoice.name,
			},
			note,
		)

	def test_nothing_came_of_it_and_nothing_is_remembered(self):
		for outcome in (None, "", "  "):
			follow_ups.done(self.promise().name, outcome, remember=1)
		self.assertFalse(frappe.db.exists("Personal Note", {"customer": self.customer}))

	def test_done_twice_is_said_and_changes_nothing(self):
		task = self.promise(repeats="Weeks")
		follow_ups.done(task.name, "first")
		for again in (
			lambda: follow_ups.done(task.name, "second", remember=1),
			lambda: follow_ups.skip(task.name),
			lambda: follow_ups.later(task.name, "tomorrow"),
		):
			with self.assertRaisesRegex(frappe.ValidationError, "already"):
				again()
		task.reload()
		self.assertEqual((task.outcome, len(self.open_tasks())), ("first", 1))
		self.assertFalse(frappe.db.exists("Personal Note", {"customer": self.customer}))

	# --- later, skip

	def test_later_hides_it_and_keeps_its_day(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		for until, day in (
			("tomorrow", 1),
			("next_week", 7),
			("next_month", (getdate(add_months(today(), 1)) - getdate()).days),
			(add_days(today(), 20), 20),
		):
			with self.subTest(until):
				task = self.promise()
				answer = follow_ups.later(task.name, until)
				self.assertEqual(answer["banner"]["items"], [])
				task.reload()
				self.assertEqual((task.due_on, task.status), (getdate(), "Open"))
				self.assertEqual(task.snoozed_until, getdate(add_days(today(), day)))
				self.assertEqual(task.next_reminder_at, get_datetime(f"{add_days(today(), day)} 09:00:00"))

	def test_later_needs_a_day_to_come(self):
		task = self.promise(due_time="21:30")
		for until in ("", "soon", today(), add_days(today(), -1), "2026-02-31", "9999-12-31"):
			with self.subTest(until), self.assertRaises(frappe.ValidationError):
				follow_ups.later(task.name, until)
		task.reload()
		self.assertIsNone(task.snoozed_until)

	def test_skipped_is_let_go_and_comes_back_if_it_repeats(self):
		once, weekly = self.promise("once"), self.promise("weekly", repeats="Weeks")
		for task in (once, weekly):
			follow_ups.skip(task.name)
			task.reload()
			self.assertEqual((task.status, task.done_by), ("Skipped", self.rep))
		(following,) = self.open_tasks()
		self.assertEqual((following.subject, following.due_on), ("weekly", getdate(add_days(today(), 7))))

	# --- repeating

	def test_a_repeating_promise_opens_exactly_one_next(self):
		for repeats, every, due, following in (
			("Days", 3, today(), add_days(today(), 3)),
			("Weeks", 1, today(), add_days(today(), 7)),
			("Months", 1, today(), add_months(today(), 1)),
			("Years", 1, today(), add_months(today(), 12)),
			# Kept late: counted from the day it was due, and always to come.
			("Weeks", 1, add_days(today(), -10), add_days(today(), 4)),
			# Kept early: an interval goes on from today, a day of the calendar stays.
			("Weeks", 1, add_days(today(), 3), add_days(today(), 7)),
			("Months", 1, add_days(today(), 3), add_months(add_days(today(), 3), 1)),
		):
			with self.subTest(repeats, due=due):
				task = self.promise(f"{repeats} {due}", due, repeats=repeats, every=every)
				follow_ups.done(task.name, "kept")
				(row,) = self.open_tasks(subject=task.subject)
				self.assertEqual(row.due_on, getdate(following))

	def finish_on(self, name: str, day: str) -> str:
		"""Finish a promise on that day; when the next one is due."""
		with patch.object(follow_up_task, "getdate", lambda value=None: getdate(value or day)):
			frappe.get_doc("Follow Up Task", name).done()
		return str(self.open_tasks()[0].due_on)

	def test_the_thirty_first_is_the_last_day_of_a_short_month(self):
		task = self.promise(due_on="2026-01-31", repeats="Months")
		self.assertEqual(self.finish_on(task.name, "2026-01-31"), "2026-02-28")

	def test_and_it_returns_to_the_thirty_first(self):
		task = self.promise(due_on="2026-01-31", repeats="Months")
		self.finish_on(task.name, "2026-01-31")
		self.assertEqual(self.finish_on(self.open_tasks()[0].name, "2026-02-28"), "2026-03-31")

	def test_what_comes_back_is_fresh(self):
		task = self.promise(
			repeats="Months",
			every=2,
			due_time="14:30",
			assigned_to=self.colleague,
			personal_note=self.note().name,
		)
		follow_ups.later(task.name, "tomorrow")
		follow_ups.done(task.name, "kept")
		following = frappe.get_doc("Follow Up Task", self.open_tasks()[0].name)
		self.assertDocumentEqual(
			{
				"repeats": "Months",
				"every": 2,
				"assigned_to": self.colleague,
				"personal_note": task.personal_note,
				"subject": task.subject,
			},
			following,
		)
		self.assertEqual(str(following.due_time), "14:30:00")
		for empty in ("outcome", "snoozed_until", "done_on", "done_by", "escalated_on"):
			self.assertFalse(following.get(empty), empty)
		self.assertEqual(following.next_reminder_at, get_datetime(f"{add_months(today(), 2)} 14:30:00"))

	def test_a_closed_promise_that_is_saved_again_opens_nothing_more(self):
		task = self.promise(repeats="Weeks")
		follow_ups.done(task.name)
		task.reload().save()
		task.outcome = "more to tell"
		task.save()
		self.assertEqual(len(self.open_tasks()), 1)

	def test_after_the_last_invoice(self):
		posted = getdate(add_days(today(), 5))
		with self.as_user("Administrator"):
			invoice = self.invoice(set_posting_time=1, posting_date=posted, due_date=posted)
			invoice.submit()
		task = self.promise(repeats="After Last Invoice", every=30)
		follow_ups.done(task.name)
		(following,) = self.open_tasks()
		self.assertEqual(following.due_on, getdate(add_days(posted, 30)))
		with self.as_user("Administrator"):
			invoice.cancel()
		task = self.promise("without an invoice", repeats="After Last Invoice", every=30)
		follow_ups.done(task.name)
		(following,) = self.open_tasks(subject="without an invoice")
		self.assertEqual(following.due_on, getdate(add_days(today(), 30)))

	def test_each_invoice_starts_the_count_anew_and_cancelling_gives_it_back(self):
		task = self.promise(due_on=add_days(today(), 10), repeats="After Last Invoice", every=30)
		task.put_off(getdate(add_days(today(), 12)))
		other = self.promise("on a day", add_days(today(), 10), repeats="Months")

		self.run_jobs_at_once()

		def due() -> tuple:
			row = task.reload()
			return row.due_on, row.next_reminder_at, row.snoozed_until

		first = (getdate(add_days(today(), 10)), task.next_reminder_at, getdate(add_days(today(), 12)))
		self.assertEqual(due(), first)
		with self.as_user("Administrator"):
			invoice = self.invoice()
			self.assertEqual(due(), first, "a draft is no invoice yet")
			invoice.submit()
			anew = getdate(add_days(today(), 30))
			self.assertEqual((due()[0], due()[1].date(), due()[2]), (anew, anew, None))
			invoice.cancel()
			self.assertEqual((due()[0], due()[1].date()), (first[0], first[0]))
			amended = frappe.copy_doc(invoice)
			amended.update(
				{"docstatus": 0, "amended_from": invoice.name, "set_posting_time": 1, "posting_date": today()}
			)
			amended.insert().submit()
			self.assertEqual(due()[0], anew)
			make_sales_return(amended.name).insert().submit()
			self.assertEqual(due()[0], anew, "a credit note is no visit")
		self.assertEqual(other.reload().due_on, getdate(add_days(today(), 10)))

	def run_jobs_at_once(self):
		"""What is counted after the commit of an invoice is counted now, in the transaction of the test."""
		at_once = patch.object(after_invoice, "ask_worker", lambda job, **arguments: job(**arguments))
		for patched in (at_once, patch.object(frappe.local.db, "commit")):
			patched.start()
			self.addCleanup(patched.stop)

	def test_the_day_that_somebody_chose_stays_through_credit_notes_and_old_invoices(self):
		self.run_jobs_at_once()
		with self.as_user("Administrator"):
			last = self.invoice()
			last.submit()
		task = self.promise(due_on=add_days(today(), 10), repeats="After Last Invoice", every=30)
		task.put_off(getdate(add_days(today(), 12)))
		before = task.reload().as_dict()
		day = add_days(today(), -40)
		with self.as_user("Administrator"):
			make_sales_return(last.name).insert().submit()
			old = self.invoice(set_posting_time=1, posting_date=day, due_date=day)
			old.submit()
			old.cancel()
		after = task.reload()
		for field in ("due_on", "snoozed_until", "next_reminder_at", "counted_from"):
			self.assertEqual(after.get(field), before[field], field)

	def test_an_invoice_is_submitted_whatever_becomes_of_our_promises(self):
		self.promise(repeats="After Last Invoice", every=30)
		with self.as_user("Administrator"), patch.object(after_invoice, "getdate", side_effect=KeyError):
			invoice = self.invoice()
			invoice.submit()
			self.assertEqual(invoice.reload().docstatus, 1)
		self.assertTrue(
			frappe.get_all("Error Log", filters={"method": ("like", "%invoice_changed%")}, limit=1)
		)

	def test_who_has_left_keeps_nobody_from_being_done(self):
		task = self.promise(repeats="Weeks")
		frappe.db.set_value("Follow Up Task", task.name, "escalate_to", self.lead)
		frappe.db.set_value("User", self.lead, "enabled", 0)
		follow_ups.later(task.name, "tomorrow")
		follow_ups.done(task.name)
		(following,) = self.open_tasks()
		theirs = self.promise("call", repeats="Weeks")
		frappe.db.set_value("Follow Up Task", theirs.name, "assigned_to", self.lead)
		with self.as_user(self.manager):
			follow_ups.done(theirs.name)
		(following,) = self.open_tasks(subject="call")
		self.assertEqual(frappe.db.get_value("Follow Up Task", following.name, "assigned_to"), self.lead)

	def test_an_invoice_of_somebody_without_such_a_promise_costs_one_question(self):
		with self.as_user("Administrator"):
			invoice = self.invoice()
			with patch.object(frappe.local.db, "sql", wraps=frappe.local.db.sql) as sql:
				after_invoice.invoice_changed(invoice)
			asked = [str(call.args[0]) for call in sql.call_args_list]
			self.assertEqual([query for query in asked if "max_statement_time" not in query], asked[1:2])
			self.assertEqual(len(asked), 3, "one question, and before and after it how long it may take")

	def test_a_manager_who_may_not_see_the_note_can_close_the_promise(self):
		task = self.promise(repeats="Weeks", personal_note=self.note(visibility="Only Me").name)
		frappe.db.set_value("Follow Up Task", task.name, "escalate_to", self.colleague)
		with self.as_user(self.colleague):
			follow_ups.done(task.name)
		self.assertEqual(len(self.open_tasks()), 1)

	# --- whose it is

	def test_somebody_elses_promise_is_refused(self):
		task = self.promise()
		with self.as_user(self.colleague):
			for method in (
				lambda: follow_ups.done(task.name, "x", remember=1),
				lambda: follow_ups.skip(task.name),
				lambda: follow_ups.later(task.name, "tomorrow"),
			):
				with self.assertRaisesRegex(frappe.PermissionError, "Rep"):
					method()
			with self.assertRaises(frappe.PermissionError):
				doc = frappe.get_doc("Follow Up Task", task.name)
				doc.status = "Done"
				doc.save()
		task.reload()
		self.assertEqual((task.status, task.snoozed_until), ("Open", None))

	def test_its_owner_its_maker_and_managers_may(self):
		for user in (self.rep, self.colleague, self.manager):
			task = self.promise(assigned_to=self.colleague)
			with self.subTest(user), self.as_user(user):
				follow_ups.done(task.name)
				task.reload()
				self.assertEqual((task.status, task.done_by), ("Done", user))

	def test_hidden_with_its_customer(self):
		task = self.promise()
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		for method in (
			lambda: follow_ups.done(task.name),
			lambda: follow_ups.later(task.name, "tomorrow"),
		):
			with self.assertRaises(frappe.PermissionError):
				method()

	# --- stop repeating, hand over

	def test_what_stops_repeating_comes_this_once_and_no_more(self):
		task = self.promise(repeats="Weeks", every=2)
		answer = follow_ups.stop_repeating(task.name)
		self.assertEqual([item["name"] for item in answer["banner"]["items"]], [task.name])
		self.assertNotIn("repeats", answer["banner"]["items"][0])
		task.reload()
		self.assertEqual((task.status, task.repeats, task.every), ("Open", "Never", 1))
		with self.assertRaisesRegex(frappe.ValidationError, "does not repeat"):
			follow_ups.stop_repeating(task.name)
		follow_ups.done(task.name)
		self.assertEqual(self.open_tasks(), [])

	def test_the_banner_says_what_repeats(self):
		self.promise(repeats="Weeks")
		answer = follow_ups.skip(self.promise("once").name)
		self.assertEqual([item.get("repeats") for item in answer["banner"]["items"]], [True])

	def bells(self, user: str) -> list[str]:
		return frappe.get_all(
			"Notification Log", filters={"for_user": user, "document_type": "Follow Up Task"}, pluck="subject"
		)

	def test_who_it_is_handed_to_has_it_is_told_and_is_reminded(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		task = self.promise("send the secret book")
		frappe.db.set_value("Follow Up Task", task.name, "next_reminder_at", None)
		answer = follow_ups.hand_over(task.name, self.colleague)
		self.assertFalse(answer["banner"]["items"][0].get("mine"))
		task.reload()
		self.assertEqual((task.assigned_to, task.status), (self.colleague, "Open"))
		self.assertEqual(task.next_reminder_at, get_datetime(f"{today()} 09:00:00"))
		(bell,) = self.bells(self.colleague)
		self.assertEqual(
			frappe.utils.strip_html(bell), f"Rep handed a promise to {self.customer} over to you"
		)
		with self.as_user(self.colleague):
			follow_ups.done(task.name)

	def test_the_bell_shows_names_as_text(self):
		with self.as_user("Administrator"):
			frappe.db.set_value("Customer", self.customer, "customer_name", "<img src=x>")
		follow_ups.hand_over(self.promise().name, self.colleague)
		self.assertNotIn("<img", self.bells(self.colleague)[0])

	def test_to_whom_it_cannot_be_handed(self):
		task, secret = self.promise(), self.promise(personal_note=self.note(visibility="Only Me").name)
		frappe.db.set_value("User", self.lead, "enabled", 0)
		for name, to, why in (
			(task.name, self.rep, "has this one already"),
			(task.name, self.outsider, "may not open this customer"),
			(task.name, self.lead, "not here any more"),
			(task.name, "nobody@example.com", "not here any more"),
			(task.name, "", "not here any more"),
			(secret.name, self.colleague, "may not see the note"),
		):
			with self.subTest(why, to=to), self.assertRaisesRegex(frappe.ValidationError, why):
				follow_ups.hand_over(name, to)
		for doc in (task, secret):
			self.assertEqual(doc.reload().assigned_to, self.rep)
		self.assertEqual(self.bells(self.colleague), [])

	def test_whom_it_may_be_handed_to(self):
		frappe.db.set_value("User", self.lead, "enabled", 0)
		names = [row["name"] for row in follow_ups.people()]
		self.assertEqual(names[0], self.rep)
		self.assertIn(self.colleague, names)
		self.assertFalse({self.lead, self.outsider} & set(names))
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			follow_ups.people()

	def test_whoever_takes_a_promise_over_hears_no_bell(self):
		task = self.promise()
		with self.as_user(self.manager):
			follow_ups.hand_over(task.name, self.manager)
		self.assertEqual(task.reload().assigned_to, self.manager)
		self.assertEqual(self.bells(self.manager), [])

	def test_what_is_done_is_neither_stopped_nor_handed_over_nor_moved(self):
		task = self.promise(repeats="Weeks")
		follow_ups.done(task.name)
		for method in (
			lambda: follow_ups.stop_repeating(task.name),
			lambda: follow_ups.hand_over(task.name, self.colleague),
			lambda: follow_ups.move(task.name, add_days(today(), 1)),
		):
			with self.assertRaisesRegex(frappe.ValidationError, "already"):
				method()

	def test_a_promise_of_others_is_neither_stopped_nor_handed_over_nor_moved(self):
		task = self.promise(repeats="Weeks")
		with self.as_user(self.colleague):
			for method in (
				lambda: follow_ups.stop_repeating(task.name),
				lambda: follow_ups.hand_over(task.name, self.colleague),
				lambda: follow_ups.move(task.name, add_days(today(), 1)),
			):
				with self.assertRaisesRegex(frappe.PermissionError, "Rep"):
					method()
		task.reload()
		self.assertEqual(
			(task.assigned_to, task.repeats, task.due_on),
			(self.rep, "Weeks", getdate()),
			"nothing was changed",
		)

	# --- many at once

	def test_many_at_once_does_what_it_may_and_says_why_not(self):
		mine, closed = self.promise("mine"), self.promise("closed")
		repeating = self.promise("again", repeats="Weeks")
		follow_ups.done(closed.name, "kept")
		with self.as_user(self.colleague):
			theirs = self.promise("theirs")
			given_to_me = self.promise("given to me", assigned_to=self.rep)
		names = [mine.name, theirs.name, "PROMISE-999999", closed.name, repeating.name, given_to_me.name]
		answer = follow_ups.act_on_many([*names, mine.name], "done")
		self.assertEqual(answer["done"], [mine.name, repeating.name, given_to_me.name])
		kept = {row["name"]: row["why"] for row in answer["kept"]}
		self.assertEqual(list(kept), [theirs.name, "PROMISE-999999", closed.name])
		self.assertIn("promised by Colleague", kept[theirs.name])
		self.assertIn("not found", kept["PROMISE-999999"])
		self.assertIn("Done already", kept[closed.name])
		self.assertEqual({row.subject for row in self.open_tasks()}, {"theirs", "again"})
		self.assertEqual(frappe.db.get_value("Follow Up Task", closed.name, "outcome"), "kept")
		self.assertEqual(frappe.local.message_log, [])

	def test_each_action_on_many(self):
		def fresh():
			return self.promise("again", repeats="Weeks"), self.promise("once")

		for action, values, changes in (
			("done", {}, {"status": "Done"}),
			("skip", {}, {"status": "Skipped"}),
			("later", {"until": "next_month"}, {"snoozed_until": getdate(add_months(today(), 1))}),
			("hand_over", {"to": self.colleague}, {"assigned_to": self.colleague}),
		):
			with self.subTest(action):
				tasks = fresh()
				answer = follow_ups.act_on_many([task.name for task in tasks], action, **values)
				self.assertEqual(answer, {"done": [task.name for task in tasks], "kept": []})
				for task in tasks:
					self.assertDocumentEqual(changes, task.reload())
		again, once = fresh()
		answer = follow_ups.act_on_many([again.name, once.name], "stop_repeating")
		self.assertEqual((answer["done"], answer["kept"][0]["name"]), ([again.name], once.name))
		self.assertIn("does not repeat", answer["kept"][0]["why"])

	def test_many_come_from_the_desk_as_json(self):
		task = self.promise()
		answer = follow_ups.act_on_many(frappe.as_json([task.name]), "done")
		self.assertEqual(answer, {"done": [task.name], "kept": []})

	def test_many_at_once_undoes_what_one_of_them_half_did(self):
		good, bad = self.promise("good"), self.promise("bad", repeats="Weeks")
		real = follow_up_task.FollowUpTask.open_next

		def open_next(task):
			real(task)
			if task.subject == "bad":
				frappe.throw("on purpose")

		with patch.object(follow_up_task.FollowUpTask, "open_next", open_next):
			answer = follow_ups.act_on_many([bad.name, good.name], "skip")
		self.assertEqual(answer, {"done": [good.name], "kept": [{"name": bad.name, "why": "on purpose"}]})
		self.assertEqual([row.name for row in self.open_tasks()], [bad.name])

	def test_what_many_lack_is_said_once(self):
		task = self.promise()
		for action, values, why in (
			("open", {}, "what to do"),
			("", {}, "what to do"),
			("later", {}, "a day after today"),
			("later", {"until": today()}, "a day after today"),
			("hand_over", {}, "who is to take it over"),
		):
			with self.subTest(action), self.assertRaisesRegex(frappe.ValidationError, why):
				follow_ups.act_on_many([task.name], action, **values)
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			follow_ups.act_on_many([task.name], "done")
		self.assertEqual(task.reload().status, "Open")

	def test_of_too_many_the_rest_is_kept_and_said(self):
		answer = follow_ups.act_on_many([f"PROMISE-9{at:06}" for at in range(503)], "done")
		self.assertEqual([len(answer["done"]), len(answer["kept"])], [0, 503])
		self.assertEqual(
			[row["name"] for row in answer["kept"] if "Only 500" in row["why"]],
			["PROMISE-9000500", "PROMISE-9000501", "PROMISE-9000502"],
		)

	# --- what a dialog and a hint say of one

	def test_about_a_promise(self):
		late = self.promise("late", add_days(today(), -1), repeats="Weeks")
		about = follow_ups.about(late.name)
		self.assertEqual(
			(about["subject"], about["customer"], about["due_on"], about["repeats"], about["may_act"]),
			("late", self.customer, add_days(today(), -1), True, True),
		)
		self.assertEqual(about["line"], f"A promise to {self.customer} is overdue")
		with self.as_user(self.colleague):
			self.assertFalse(follow_ups.about(late.name)["may_act"])
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			follow_ups.about(late.name)
		follow_ups.done(late.name)
		self.assertFalse(follow_ups.about(late.name)["may_act"])

	def test_the_form_knows_whose_buttons_they_are(self):
		task = self.promise()
		for user, may in ((self.rep, True), (self.colleague, False), (self.manager, True)):
			with self.as_user(user):
				doc = frappe.get_doc("Follow Up Task", task.name)
				doc.run_method("onload")
				self.assertEqual(doc.get_onload("may_act"), may, user)

	def test_a_hint_holds_names_alone_and_waits_for_the_transaction(self):
		with patch("frappe.realtime.emit_via_redis") as emitted:
			bell.hint(self.rep, ["PROMISE-1", "PROMISE-2"])
			emitted.assert_not_called()
			frappe.realtime.flush_realtime_log()
		event, message, room = emitted.call_args.args
		self.assertEqual(
			(event, message), ("micro_experiences_reminder", {"names": ["PROMISE-1", "PROMISE-2"]})
		)
		self.assertIn(self.rep, room)

	# --- the calendar

	def test_dragged_to_another_day_it_is_due_then(self):
		self.set_settings(digest_hour=9, quiet_from=20, quiet_until=7)
		task, day = self.promise(repeats="Weeks"), add_days(today(), 3)
		follow_ups.later(task.name, "next_week")
		self.assertEqual(follow_ups.move(task.name, day), {"due_on": day})
		task.reload()
		self.assertEqual(
			(task.due_on, task.counted_from, task.snoozed_until), (getdate(day), getdate(day), None)
		)
		self.assertEqual(task.next_reminder_at, get_datetime(f"{day} 09:00:00"))

	def test_a_day_that_is_none_moves_nothing(self):
		task = self.promise()
		for day in ("", "soon", "2026-02-31", "2999-01-01"):
			with self.subTest(day), self.assertRaises(frappe.ValidationError):
				follow_ups.move(task.name, day)
		self.assertEqual(task.reload().due_on, getdate())

	def test_the_calendar_shows_what_i_may_see_of_these_days(self):
		mine, far = self.promise("mine"), self.promise("far", add_days(today(), 40))
		with self.as_user(self.colleague):
			note = self.note(visibility="Only Me")
			hidden = self.promise("hidden", personal_note=note.name)
			theirs = self.promise("theirs")

		def shown(**more):
			events = follow_ups.events(today(), add_days(today(), 30), **more)
			return {row["name"] for row in events} & {doc.name for doc in (mine, far, hidden, theirs)}

		self.assertEqual(shown(), {mine.name, theirs.name})
		self.assertEqual(shown(filters=[["Follow Up Task", "assigned_to", "=", self.rep]]), {mine.name})
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			shown()

	# --- what a form or an import may post

	def test_mass_assignment(self):
		posted = {
			"doctype": "Follow Up Task",
			"customer": self.customer,
			"subject": "posted",
			"due_on": add_days(today(), 5),
			"assigned_to": self.rep,
			"status": "Done",
			"done_by": self.colleague,
			"done_on": "2020-01-01 00:00:00",
			"next_reminder_at": "2020-01-01 00:00:00",
			"owner": self.colleague,
		}
		task = frappe.get_doc(posted).insert().reload()
		self.assertEqual((task.done_by, getdate(task.done_on), task.owner), (self.rep, getdate(), self.rep))
		self.assertIsNone(task.next_reminder_at)
		task.update({"done_by": self.colleague, "done_on": "2020-01-01 00:00:00"}).save()
		task.reload()
		self.assertEqual((task.done_by, getdate(task.done_on)), (self.rep, getdate()))
		for status in ("Open", "Skipped"):
			with self.assertRaises(frappe.ValidationError):
				task.reload().update({"status": status}).save()

		task = frappe.get_doc(posted | {"status": "Open"}).insert().reload()
		self.assertIsNone(task.done_by)
		due = task.next_reminder_at
		self.assertEqual(getdate(due), getdate(add_days(today(), 5)))
		task.next_reminder_at = "2020-01-01 00:00:00"
		task.save()
		self.assertEqual(task.reload().next_reminder_at, due)

	def test_saving_without_a_change_keeps_what_was_reminded(self):
		task = self.promise(due_time="14:30")
		frappe.db.set_value("Follow Up Task", task.name, "next_reminder_at", None)
		task.reload().save()
		self.assertIsNone(task.reload().next_reminder_at)
		task.due_on = add_days(today(), 1)
		task.save()
		self.assertEqual(task.reload().next_reminder_at, get_datetime(f"{add_days(today(), 1)} 14:30:00"))
