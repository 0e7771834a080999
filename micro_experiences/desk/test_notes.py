import inspect

import frappe
from frappe.utils import add_days, getdate, today

from micro_experiences.desk import (
	answers,
	approvals,
	banner,
	books,
	budgets,
	cards,
	follow_ups,
	gestures,
	hand_over,
	health,
	notes,
	preferences,
	wallets,
)
from micro_experiences.domain.text import tidied
from micro_experiences.testing import SiteTestCase

HOSTILE = (
	"{{ 7*7 }} {% for x in range(9) %}{% endfor %} ${7*7} #{7*7}",
	"'; drop table `tabPersonal Note`; -- %s %(name)s \\",
	"\u202eright to left\u202c and \u2066isolated\u2069, zero\u200bwidth",
	"family \U0001f468\u200d\U0001f469\u200d\U0001f467, 犬, и, ﷽, e\u0301",
	"a NUL\x00inside",
	"a < b & c > d, I <3 tea, \"quotes\" and 'more'",
	'{"note": "not JSON to us", "visibility": "Everyone"}',
	"first line\nsecond\tline",
	"=HYPERLINK(1)",
)
MARKUP = (
	"<script>alert(1)</script>",
	"tea <img src=x onerror=alert(1)>",
	"<svg/onload=alert(1)> tea",
	"<a href='javascript:alert(1)'>tea</a>",
)


class NotesTestCase(SiteTestCase):
	def jot(self, note="Takes tea.", **values):
		return frappe.get_doc("Personal Note", notes.jot(self.customer, note, **values)["name"])

	def rows(self) -> dict[str, int]:
		"""How many records of ours there are about the two customers."""
		return {
			doctype: frappe.db.count(doctype, {"customer": ("in", (self.customer, self.other_customer))})
			for doctype in ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture")
		}


class TestJot(NotesTestCase):
	def test_everything_that_is_said_is_kept(self):
		contact, group, invoice = self.contact(), self.group(self.rep, self.colleague), self.invoice()
		said = {
			"contact": contact,
			"topic": "Celebration",
			"kind": "Occasion",
			"certainty": "Confirmed",
			"heard_via": "Phone",
			"occasion_on": add_days(today(), 5),
			"repeats_yearly": 1,
			"visibility": "Group",
			"user_group": group,
			"sensitive": 1,
			"pinned": 1,
			"reference_doctype": "Sales Invoice",
			"reference_name": invoice.name,
		}
		doc = self.jot("Olivia's birthday", **said)
		kept = {
			"note": "Olivia's birthday",
			"customer": self.customer,
			"occasion_on": getdate(said["occasion_on"]),
		}
		self.assertDocumentEqual(said | kept, doc)
		self.assertEqual((doc.heard_by, doc.heard_on, doc.owner), (self.rep, getdate(), self.rep))
		self.assertEqual((doc.status, doc.times_used), ("Active", 0))

		moment = self.jot("Away", kind="Moment", remember_until=add_days(today(), 3))
		self.assertEqual(moment.remember_until, getdate(add_days(today(), 3)))
		self.assertEqual(self.jot("No wine", kind="Never", stops="Gift,alcohol, gift").stops, "gift, alcohol")

	def test_what_is_not_said_is_modest(self):
		doc = self.jot()
		self.assertDocumentEqual(
			{
				"kind": "Fact",
				"certainty": "Told Us",
				"heard_via": "In Person",
				"visibility": "Everyone",
				"sensitive": 0,
				"pinned": 0,
			},
			doc,
		)

	def test_fields_of_another_kind_are_left_out(self):
		doc = self.jot(
			kind="Fact",
			occasion_on=today(),
			repeats_yearly=1,
			remember_until=today(),
			stops="gift",
			user_group=self.group(self.rep),
		)
		for field in ("occasion_on", "repeats_yearly", "remember_until", "stops", "user_group"):
			self.assertFalse(doc.get(field), field)

	def test_the_topic_says_whether_it_is_sensitive_unless_somebody_does(self):
		self.assertEqual(self.jot(topic="Health").sensitive, 1)
		self.assertEqual(self.jot(topic="Pet").sensitive, 0)
		self.assertEqual(self.jot(topic="Health", sensitive=False).sensitive, 0)
		self.assertEqual(self.jot(topic="Pet", sensitive=True).sensitive, 1)

	def test_the_answer_is_the_new_banner(self):
		answer = notes.jot(self.customer, "Takes tea.")
		self.assertEqual(answer["banner"]["items"][0]["name"], answer["name"])

	def test_follow_up_on_makes_a_promise_beside_it(self):
		day, contact = add_days(today(), 14), self.contact()
		doc = self.jot("Ask about the marathon", kind="Moment", follow_up_on=day, contact=contact)
		task = frappe.get_doc("Follow Up Task", {"personal_note": doc.name})
		self.assertDocumentEqual(
			{
				"subject": "Ask about the marathon",
				"customer": self.customer,
				"contact": contact,
				"due_on": getdate(day),
				"assigned_to": self.rep,
				"status": "Open",
			},
			task,
		)
		self.jot("Just a fact")
		self.assertEqual(frappe.db.count("Follow Up Task", {"customer": self.customer}), 1)

	def test_a_long_note_makes_a_promise_with_a_shorter_subject(self):
		doc = self.jot("x" * 500, follow_up_on=today())
		self.assertEqual(
			frappe.db.get_value("Follow Up Task", {"personal_note": doc.name}, "subject"), "x" * 139 + "…"
		)

	def test_a_reference_is_kept_only_where_it_exists_and_may_be_read(self):
		invoice = self.invoice()
		for doctype, name in (
			("Sales Invoice", "new-sales-invoice-abcdef"),
			("Sales Invoice", None),
			("No Such DocType", "x"),
			("No such `table`", "' or 1=1"),
			(None, invoice.name),
		):
			with self.subTest(doctype=doctype, name=name):
				doc = self.jot(reference_doctype=doctype, reference_name=name)
				self.assertEqual((doc.reference_doctype, doc.reference_name), (None, None))
		# A plain Sales User may not open an invoice in stock ERPNext.
		with self.as_user(self.colleague):
			doc = self.jot(reference_doctype="Sales Invoice", reference_name=invoice.name)
			self.assertIsNone(doc.reference_name)

	def test_what_cannot_be_kept_is_refused_and_nothing_is_written(self):
		before = self.rows()
		for why, error, values in (
			("empty", frappe.ValidationError, {"note": ""}),
			("blank", frappe.ValidationError, {"note": " \n\t "}),
			("501 characters", frappe.ValidationError, {"note": "x" * 501}),
			("10 MB", frappe.ValidationError, {"note": "x" * 10_000_000}),
			("unknown customer", frappe.DoesNotExistError, {"customer": "Nobody at all"}),
			("no customer", frappe.ValidationError, {"customer": ""}),
			("unknown topic", frappe.LinkValidationError, {"topic": "No Such Topic"}),
			("unknown contact", frappe.LinkValidationError, {"contact": "Nobody"}),
			("unknown kind", frappe.ValidationError, {"kind": "Rumour"}),
			("unknown visibility", frappe.ValidationError, {"visibility": "The World"}),
			("group without a group", frappe.ValidationError, {"visibility": "Group"}),
			("occasion without a day", frappe.ValidationError, {"kind": "Occasion"}),
			("day too early", frappe.ValidationError, {"kind": "Occasion", "occasion_on": "1899-12-31"}),
			("day too late", frappe.ValidationError, {"kind": "Occasion", "occasion_on": "2999-01-01"}),
			("no such day", frappe.ValidationError, {"kind": "Occasion", "occasion_on": "2026-02-31"}),
			("no day", frappe.ValidationError, {"kind": "Occasion", "occasion_on": "soon"}),
			("no day", frappe.ValidationError, {"kind": "Moment", "remember_until": "soon"}),
			("unknown word", frappe.ValidationError, {"kind": "Never", "stops": "cats"}),
			("a number", frappe.exceptions.FrappeTypeError, {"note": {"a": 1}}),
		):
			with self.subTest(why, **{k: v for k, v in values.items() if k != "note"}):
				with self.assertRaises(error) as refused:
					notes.jot(**({"customer": self.customer, "note": "Takes tea."} | values))
				# A clear error is short: it never repeats ten megabytes.
				self.assertLess(len(str(refused.exception)), 500)
				self.assertEqual(self.rows(), before)

	def test_five_hundred_characters_of_any_script_fit(self):
		for letter in ("x", "犬", "\U0001f600"):
			self.assertEqual(self.jot(letter * 500).note, letter * 500)

	def test_nobody_notes_in_the_name_of_somebody_else(self):
		for values in ({"heard_by": self.colleague}, {"heard_by": "Administrator"}):
			with self.assertRaises(frappe.PermissionError):
				self.note(**values)
		with self.as_user(self.manager):
			self.assertEqual(self.note(heard_by=self.colleague).heard_by, self.colleague)

	def test_the_log_fields_cannot_be_posted(self):
		doc = self.note(
			times_used=9, last_used_by=self.colleague, status="Closed", closed_because="Erased"
		).reload()
		self.assertEqual(
			(doc.times_used, doc.last_used_by, doc.status, doc.closed_because), (0, None, "Active", None)
		)
		doc.update(
			{"times_used": 9, "status": "Closed", "heard_by": self.colleague, "note": "Takes coffee."}
		).save()
		doc.reload()
		self.assertEqual(
			(doc.times_used, doc.status, doc.heard_by, doc.note), (0, "Active", self.rep, "Takes coffee.")
		)

	def test_who_may_not_use_the_app_or_the_customer_jots_nothing(self):
		before = self.rows()
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.colleague)
		for user in (self.outsider, self.colleague, "Guest"):
			with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
				notes.jot(self.customer, "Takes tea.")
		self.assertEqual(self.rows(), before)

	def test_a_note_is_not_moved_to_a_customer_that_i_may_not_read(self):
		note = self.note(customer=self.other_customer)
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.rep)
		note.customer = self.customer
		with self.assertRaises(frappe.PermissionError):
			note.save()

	def test_a_note_heard_tomorrow_is_refused(self):
		with self.assertRaises(frappe.ValidationError):
			self.note(heard_on=add_days(today(), 1))


class TestHostileText(NotesTestCase):
	def test_it_is_kept_as_it_is_and_runs_nowhere(self):
		for text in HOSTILE:
			with self.subTest(text):
				doc = self.jot(text)
				kept = frappe.db.get_value("Personal Note", doc.name, "note")
				self.assertEqual(kept, tidied(text, "Note", "note", "Small Text"))
				item = next(
					item
					for item in banner.payload_for(self.customer)["items"]
					if item["name"] == self.only(doc.name)
				)
				self.assertEqual(item["text"], kept)
				self.assertTrue(notes.suggest(self.customer, text))

	def only(self, name):
		"""Close every other note, so that this one is on the banner."""
		frappe.db.set_value(
			"Personal Note", {"customer": self.customer, "name": ("!=", name)}, "status", "Closed"
		)
		return name

	def test_markup_is_never_live(self):
		"""What Frappe's lists show as HTML is words there too."""
		for text in MARKUP:
			with self.subTest(text):
				self.assertEqual(self.jot(text).note, text.replace("<", "‹"))

	def test_in_what_they_said_and_in_a_promise(self):
		note = self.jot(kind="Moment")
		notes.used(note.name, they_said=HOSTILE[0] + HOSTILE[4], remember=1)
		self.assertTrue(
			frappe.db.exists("Personal Note", {"customer": self.customer, "note": HOSTILE[0] + HOSTILE[4]})
		)
		name = follow_ups.promise(self.customer, HOSTILE[1], today())["name"]
		self.assertEqual(frappe.db.get_value("Follow Up Task", name, "subject"), HOSTILE[1])
		text = next(i for i in banner.payload_for(self.customer)["items"] if i["name"] == name)["text"]
		self.assertIn(HOSTILE[1], text)

	def test_hostile_names_find_nothing(self):
		for name in ("' or 1=1 -- ", "%", "_", "\x00", "../../etc/passwd", "x" * 100_000):
			with self.subTest(name[:20]):
				with self.assertRaises(frappe.DoesNotExistError):
					notes.used(name)
				self.assertEqual(notes.suggest(name, "tea time, tea time")["duplicates"], [])


class TestSuggest(NotesTestCase):
	def test_a_proposal_relative_to_today(self):
		answer = notes.suggest(self.customer, "In two weeks ask about the marathon")
		self.assertEqual((answer["kind"], answer["follow_up_on"]), ("Moment", getdate(add_days(today(), 14))))
		self.assertEqual([words.lower() for words in answer["found"]], ["in two weeks"])
		answer = notes.suggest(self.customer, "Rex the dog had surgery")
		self.assertEqual((answer["topic"], answer["sensitive"]), ("Pet", False))
		answer = notes.suggest(self.customer, "She is ill and in hospital")
		self.assertEqual((answer["topic"], answer["sensitive"]), ("Health", True))

	def test_it_writes_nothing(self):
		before = self.rows()
		notes.suggest(self.customer, "In two weeks ask about the marathon")
		self.assertEqual(self.rows(), before)

	def test_a_topic_that_the_site_does_not_have_is_not_proposed(self):
		frappe.db.delete("Note Topic", {"name": "Pet"})
		self.assertIsNone(notes.suggest(self.customer, "Rex the dog had surgery")["topic"])

	def test_duplicates_are_pointed_out(self):
		note = self.jot("Rex the greyhound had surgery.")
		other = self.jot("Prefers the morning.")
		self.note("Rex the greyhound had surgery.", customer=self.other_customer)
		(same,) = notes.suggest(self.customer, "rex, the greyhound, had surgery")["duplicates"]
		self.assertEqual((same["name"], same["note"]), (note.name, note.note))
		self.assertIn("you", same["source"])
		self.assertNotIn(other.name, str(same))

	def test_a_closed_note_is_no_duplicate(self):
		self.jot("Rex the greyhound had surgery.").close("No Longer True")
		self.assertEqual(notes.suggest(self.customer, "Rex the greyhound had surgery.")["duplicates"], [])

	def test_notes_that_i_may_not_see_are_no_duplicates(self):
		with self.as_user(self.colleague):
			self.note("Rex the greyhound had surgery.", visibility="Only Me")
			self.note("Rex the greyhound had surgery!", sensitive=1)
			self.assertEqual(
				len(notes.suggest(self.customer, "Rex the greyhound had surgery")["duplicates"]), 2
			)
		self.assertEqual(notes.suggest(self.customer, "Rex the greyhound had surgery")["duplicates"], [])

	def test_ten_megabytes_are_read_in_no_time(self):
		answer = notes.suggest(self.customer, "tomorrow " * 1_000_000)
		self.assertEqual(answer["occasion_on"], getdate(add_days(today(), 1)))

	def test_who_may_not_jot_is_told_nothing(self):
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			notes.suggest(self.customer, "Rex")


class TestActions(NotesTestCase):
	def uses(self, note):
		return frappe.get_all(
			"Personal Note Use",
			filters={"personal_note": note.name},
			fields=[
				"action",
				"they_said",
				"used_by",
				"customer",
				"snoozed_until",
				"reference_doctype",
				"reference_name",
			],
			order_by="creation asc",
		)

	def shown(self, **more):
		return [item["name"] for item in banner.payload_for(self.customer, **more)["items"]]

	def test_used_is_logged_with_what_they_said(self):
		note, invoice = self.jot(), self.invoice()
		notes.used(note.name, "  Thank you  ", reference_doctype="Sales Invoice", reference_name=invoice.name)
		(use,) = self.uses(note)
		self.assertEqual(
			(use.action, use.they_said, use.used_by, use.customer),
			("Used", "Thank you", self.rep, self.customer),
		)
		self.assertEqual((use.reference_doctype, use.reference_name), ("Sales Invoice", invoice.name))
		note.reload()
		self.assertEqual((note.times_used, note.last_used_by, note.status), (1, self.rep, "Active"))
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 1)

	def test_used_and_remembered_makes_the_next_note(self):
		contact = self.contact()
		note = self.jot(
			"Rex had surgery.", kind="Moment", topic="Pet", contact=contact, visibility="Only Me", sensitive=1
		)
		notes.used(note.name, "Rex runs again", remember=True)
		following = frappe.get_doc("Personal Note", {"customer": self.customer, "note": "Rex runs again"})
		self.assertDocumentEqual(
			{
				"kind": "Moment",
				"topic": "Pet",
				"contact": contact,
				"visibility": "Only Me",
				"sensitive": 1,
				"heard_by": self.rep,
			},
			following,
		)

	def test_what_follows_a_fact_is_a_fact(self):
		notes.used(self.jot().name, "With lemon now", remember=1)
		self.assertEqual(
			frappe.db.get_value(
				"Personal Note", {"note": "With lemon now", "customer": self.customer}, "kind"
			),
			"Fact",
		)

	def test_nothing_said_is_nothing_to_remember(self):
		for said in (None, "", "   "):
			notes.used(self.jot(f"Note {said!r}").name, said, remember=1)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 3)

	def test_a_colleague_may_use_what_he_sees_and_keeps_his_own_name(self):
		note = self.jot()
		with self.as_user(self.colleague):
			notes.used(note.name, "Thank you", remember=1)
		self.assertEqual(self.uses(note)[0].used_by, self.colleague)
		self.assertEqual(
			frappe.db.get_value(
				"Personal Note", {"note": "Thank you", "customer": self.customer}, "heard_by"
			),
			self.colleague,
		)

	def test_a_reference_that_cannot_be_read_is_left_out(self):
		note, invoice = self.jot(), self.invoice()
		for reference in (
			("Sales Invoice", "new-sales-invoice-x"),
			("Nonsense", "x"),
			("Sales Invoice", invoice.name),
		):
			with self.as_user(self.colleague):
				notes.used(note.name, reference_doctype=reference[0], reference_name=reference[1])
		self.assertEqual({use.reference_name for use in self.uses(note)}, {None})

	def test_later_is_for_me_until_that_day(self):
		for until, day in (
			("tomorrow", add_days(today(), 1)),
			("next_week", add_days(today(), 7)),
			(add_days(today(), 30), add_days(today(), 30)),
		):
			with self.subTest(until):
				note = self.jot(f"Put off until {until}")
				answer = notes.later(note.name, until)
				self.assertEqual(self.uses(note)[0].snoozed_until, getdate(day))
				self.assertNotIn(note.name, [item["name"] for item in answer["banner"]["items"]])
				with self.as_user(self.colleague):
					self.assertIn(note.name, self.shown())
				frappe.db.set_value(
					"Personal Note Use", {"personal_note": note.name}, "snoozed_until", today()
				)
				self.assertIn(note.name, self.shown())
				frappe.delete_doc("Personal Note", note.name, ignore_permissions=True)

	def test_until_the_next_visit(self):
		note, invoice = self.jot(), self.invoice()
		reference = ("Sales Invoice", invoice.name)
		notes.later(note.name, "next_visit", *reference)
		self.assertIsNone(self.uses(note)[0].snoozed_until)
		self.assertEqual(self.shown(), [])
		frappe.db.set_value(
			"Personal Note Use", {"personal_note": note.name}, "used_on", add_days(frappe.utils.now(), -1)
		)
		self.assertEqual(self.shown(reference=reference), [])
		self.assertEqual(self.shown(), [note.name])

	def test_later_needs_a_day_to_come(self):
		note = self.jot()
		for until in ("", "someday", "yesterday", today(), add_days(today(), -1), "2026-02-31", "0"):
			with self.subTest(until), self.assertRaises(frappe.ValidationError):
				notes.later(note.name, until)
		self.assertEqual(self.uses(note), [])

	def test_no_longer_true_closes_and_keeps(self):
		note = self.jot()
		notes.no_longer_true(note.name)
		note.reload()
		self.assertEqual((note.status, note.closed_because), ("Closed", "No Longer True"))
		self.assertEqual([use.action for use in self.uses(note)], ["No Longer True"])
		self.assertEqual(self.shown(), [])

	def test_a_closed_note_is_closed_for_every_action(self):
		note = self.jot()
		notes.no_longer_true(note.name)
		for action in (
			lambda: notes.used(note.name, "x", remember=1),
			lambda: notes.later(note.name, "tomorrow"),
			lambda: notes.no_longer_true(note.name),
		):
			with self.assertRaisesRegex(frappe.ValidationError, "closed"):
				action()
		self.assertEqual(len(self.uses(note)), 1)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 1)

	def test_a_note_that_i_may_not_see_is_refused_by_every_method(self):
		with self.as_user(self.colleague):
			mine = self.note("Only mine.", visibility="Only Me")
			sensitive = self.note("Private.", sensitive=1)
		with self.as_user("Administrator"):
			elsewhere = self.note("Elsewhere.")
			frappe.permissions.add_user_permission("Customer", self.other_customer, self.manager)
		before = self.rows()
		for user, note in ((self.rep, mine), (self.rep, sensitive), (self.manager, elsewhere)):
			for what, method in {
				"used": lambda name: notes.used(name, "x", remember=1),
				"later": lambda name: notes.later(name, "tomorrow"),
				"no_longer_true": lambda name: notes.no_longer_true(name),
				"propose": lambda name: gestures.propose(self.customer, personal_note=name),
				"promise": lambda name: follow_ups.promise(self.customer, "x", today(), personal_note=name),
			}.items():
				with self.subTest(what, note=note.note), self.as_user(user):
					self.assertRaises(frappe.PermissionError, method, note.name)
		self.assertEqual(self.rows(), before)

	def test_options(self):
		contact, group = self.contact(), self.group(self.rep)
		self.contact("Else", self.other_customer)
		frappe.db.set_value("Gesture Type", "Flowers", "enabled", 0)
		answer = notes.options(self.customer)
		self.assertEqual(answer["me"], self.rep)
		self.assertEqual(answer["groups"], [group])
		self.assertEqual(
			[(row["name"], row["label"]) for row in answer["contacts"]], [(contact, "Olivia Brandt")]
		)
		self.assertEqual(
			{row["name"] for row in answer["topics"] if row["sensitive"]}, {"Health", "Hard Time"}
		)
		types = {row["name"]: row["usual_cost"] for row in answer["gesture_types"]}
		self.assertEqual(types["Coffee on the House"], 4)
		self.assertNotIn("Flowers", types)
		people = [row["name"] for row in answer["users"]]
		self.assertEqual(people[0], self.rep)
		self.assertIn(self.colleague, people)
		for nobody in (self.outsider, "Administrator", "Guest"):
			self.assertNotIn(nobody, people)
		self.assertEqual(len(people), len(set(people)))

	def test_options_of_a_customer_that_i_may_not_read(self):
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			notes.options(self.customer)

	def test_a_disabled_colleague_is_not_offered(self):
		frappe.db.set_value("User", self.colleague, "enabled", 0)
		self.assertNotIn(self.colleague, [row["name"] for row in notes.options(self.customer)["users"]])


_MODULES = (
	*(answers, approvals, banner, books, budgets, cards, follow_ups, gestures, hand_over, health, notes),
	*(preferences, wallets),
)
_READING = {
	(answers, "awaited"),
	(approvals, "may_decide_about_some"),
	(banner, "get_banner"),
	(budgets, "roles"),
	(budgets, "standing"),
	(follow_ups, "about"),
	(follow_ups, "events"),
	(follow_ups, "people"),
	(hand_over, "people"),
	(hand_over, "preview"),
	(health, "reminders"),
	(wallets, "mine"),
}


class TestTouchpoints(SiteTestCase):
	def test_nothing_comes_from_a_document_that_would_not_say_when_it_goes(self):
		gesture = {"doctype": "Gesture", "customer": self.customer, "what": "x"}
		for make in (
			lambda **came_from: self.note(**came_from),
			lambda **came_from: self.task(**came_from),
			lambda **came_from: frappe.get_doc(gesture | came_from).insert(),
		):
			doc = make(reference_doctype="Customer", reference_name=self.customer)
			with self.assertRaisesRegex(frappe.ValidationError, "cannot come from"):
				make(reference_doctype="User", reference_name=self.rep)
			doc.update({"reference_doctype": "User", "reference_name": self.rep})
			self.assertRaises(frappe.ValidationError, doc.save)

	def test_what_came_from_such_a_document_before_can_still_be_saved(self):
		task = self.task()
		task.db_set({"reference_doctype": "User", "reference_name": self.rep})
		frappe.get_doc("Follow Up Task", task.name).done()


class TestDeleting(NotesTestCase):
	def test_what_has_nothing_to_do_with_the_note_stays(self):
		"""To Frappe a filter of no names is one for the empty name: all that stems from no note."""
		task = self.task()
		with self.as_user(self.rep):
			gesture = frappe.get_doc(
				{"doctype": "Gesture", "customer": self.customer, "what": "a card", "message": "Well done"}
			).insert()
		for values in ({}, {"visibility": "Only Me"}):
			note = self.note("Takes tea.", **values)
			frappe.delete_doc("Personal Note", note.name, ignore_permissions=True)
			self.assertTrue(frappe.db.exists("Follow Up Task", task.name))
			self.assertEqual(frappe.db.get_value("Gesture", gesture.name, "message"), "Well done")


class TestMethods(SiteTestCase):
	def test_what_writes_is_not_done_by_get_and_no_guest_gets_in(self):
		found = 0
		for module in _MODULES:
			for name, method in inspect.getmembers(module, inspect.isfunction):
				if method not in frappe.whitelisted or method.__module__ != module.__name__:
					continue
				found += 1
				methods = frappe.allowed_http_methods_for_whitelisted_func[method]
				reads_only = module is cards or (module, name) in _READING
				with self.subTest(f"{module.__name__}.{name}"):
					self.assertEqual("GET" in methods, reads_only)
					self.assertLessEqual(set(methods), {"GET", "POST"})
					self.assertNotIn(method, frappe.guest_methods)
					for parameter in inspect.signature(method).parameters.values():
						self.assertIsNot(parameter.annotation, inspect.Parameter.empty, parameter.name)
		self.assertGreater(found, 40)
