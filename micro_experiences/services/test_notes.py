"""Personal Notes through their whitelisted methods: jot, suggest, mark as used, snooze, mark as outdated."""

import frappe
from frappe.utils import add_days, getdate, today

from micro_experiences.api import follow_ups, gestures, notes
from micro_experiences.domain.text import clean_text
from micro_experiences.services.banner import get_banner_payload
from micro_experiences.services.notes import get_history
from micro_experiences.tests.utils import SiteTestCase, make_invoice

HOSTILE = (
	"{{ 7*7 }} {% for x in range(9) %}{% endfor %} ${7*7} #{7*7}",
	"'; drop table `tabPersonal Note`; -- %s %(name)s \\",
	"\u202eright to left\u202c and \u2066isolated\u2069, zero\u200bwidth",
	"family \U0001f468\u200d\U0001f469\u200d\U0001f467, 犬, и, ﷽, e\u0301",
	"a NUL\x00inside",
	"a < b & c > d, I <3 tea, \"quotes\" and 'more'",
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
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.invoice_name = make_invoice(cls.company, cls.customer).name
		cls.on_invoice = {"reference_doctype": "Sales Invoice", "reference_name": cls.invoice_name}

	def jot(self, note="Takes tea.", **values):
		return frappe.get_doc("Personal Note", notes.jot(self.customer, note, **values)["name"])

	def count_records(self) -> dict[str, int]:
		"""Return the number of the app's records about the two customers, by DocType."""
		return {
			doctype: frappe.db.count(doctype, {"customer": ("in", (self.customer, self.other_customer))})
			for doctype in ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture")
		}

	def restrict_to_other_customer(self, user: str) -> None:
		with self.as_user("Administrator"):
			frappe.permissions.add_user_permission("Customer", self.other_customer, user)


class TestJot(NotesTestCase):
	def test_jot_with_all_values_saves_them(self):
		values = {
			"contact": self.contact(),
			"topic": "Celebration",
			"kind": "Occasion",
			"certainty": "Confirmed",
			"heard_via": "Phone",
			"occasion_on": add_days(today(), 5),
			"repeats_yearly": 1,
			"visibility": "Group",
			"user_group": self.group(self.rep, self.colleague),
			"sensitive": 1,
			"pinned": 1,
		} | self.on_invoice
		doc = self.jot("Olivia's birthday", **values)
		saved = {"note": "Olivia's birthday", "customer": self.customer}
		self.assertDocumentEqual(values | saved | {"occasion_on": getdate(values["occasion_on"])}, doc)
		self.assertEqual((doc.heard_by, doc.heard_on, doc.owner), (self.rep, getdate(), self.rep))
		self.assertEqual((doc.status, doc.times_used), ("Active", 0))
		self.assertEqual(self.jot("No wine", kind="Never", stops="Gift,alcohol, gift").stops, "gift, alcohol")

	def test_jot_with_defaults_says_nothing_that_nobody_said(self):
		answer = notes.jot(self.customer, "Takes tea.")
		doc = frappe.get_doc("Personal Note", answer["name"])
		defaults = {"kind": "", "certainty": "", "heard_via": ""}
		self.assertDocumentEqual(defaults | {"visibility": "Everyone", "sensitive": 0, "pinned": 0}, doc)
		self.assertEqual(answer["banner"]["items"][0]["name"], doc.name)

	def test_jot_on_an_email_or_a_call_sets_the_channel(self):
		with self.as_user("Administrator"):
			email = frappe.get_doc(
				{"doctype": "Communication", "communication_medium": "Email", "subject": "x", "content": "x"}
			).insert()
			frappe.share.add("Communication", email.name, self.rep)
		call = {"reference_doctype": "Call Log", "reference_name": "No such call"}
		self.assertEqual(self.jot(**call).heard_via, "Phone")
		self.assertEqual(self.jot(heard_via="Visit", **call).heard_via, "Visit")
		on_email = {"reference_doctype": "Communication", "reference_name": email.name}
		self.assertEqual(self.jot(**on_email).heard_via, "Email")
		with self.as_user(self.colleague):
			self.assertEqual(self.jot(**on_email).heard_via, "")

	def test_year_known_is_kept_for_a_past_year_only(self):
		values = {"kind": "Occasion", "repeats_yearly": True, "year_known": True}
		self.assertEqual(self.jot(occasion_on="1980-03-04", **values).year_known, 1)
		self.assertEqual(self.jot(occasion_on=add_days(today(), 5), **values).year_known, 0)

	def test_jot_drops_fields_of_another_kind(self):
		values = {"occasion_on": today(), "repeats_yearly": 1, "remember_until": today(), "stops": "gift"}
		doc = self.jot(kind="Fact", user_group=self.group(self.rep), **values)
		for field in (*values, "user_group"):
			self.assertFalse(doc.get(field), field)

	def test_topic_decides_sensitivity_unless_stated(self):
		for topic, sensitive, expected in (
			("Health", None, 1),
			("Pet", None, 0),
			("Health", False, 0),
			("Pet", True, 1),
		):
			with self.subTest(topic, sensitive=sensitive):
				self.assertEqual(self.jot(topic=topic, sensitive=sensitive).sensitive, expected)

	def test_jot_with_follow_up_date_creates_follow_up(self):
		contact = self.contact()
		for text, subject in (
			("Ask about the marathon", "Ask about the marathon"),
			("x" * 500, "x" * 139 + "…"),
		):
			day = add_days(today(), 14)
			doc = self.jot(text, kind="Moment", follow_up_on=day, contact=contact)
			task = frappe.get_doc("Follow Up Task", {"personal_note": doc.name})
			expected = {"subject": subject, "customer": self.customer, "contact": contact, "status": "Open"}
			self.assertDocumentEqual(expected | {"due_on": getdate(day), "assigned_to": self.rep}, task)
		self.jot("Just a fact")
		self.assertEqual(frappe.db.count("Follow Up Task", {"customer": self.customer}), 2)

	def test_jot_with_unreadable_reference_saves_no_reference(self):
		for doctype, name in (
			("Sales Invoice", "new-sales-invoice-abcdef"),
			("Sales Invoice", None),
			("No Such `table`", "' or 1=1"),
			("User", self.rep),
			(None, self.invoice_name),
		):
			with self.subTest(doctype=doctype, name=name):
				self.assertIsNone(self.jot(reference_doctype=doctype, reference_name=name).reference_name)
		# A Sales User without Accounts User may not open an invoice in stock ERPNext.
		with self.as_user(self.colleague):
			self.assertIsNone(self.jot(**self.on_invoice).reference_name)

	def test_jot_with_invalid_value_is_refused_and_writes_nothing(self):
		before = self.count_records()
		invalid = frappe.ValidationError
		for case, error, values in (
			("blank", invalid, {"note": " \n\t "}),
			("501 characters", invalid, {"note": "x" * 501}),
			("10 MB", invalid, {"note": "x" * 10_000_000}),
			("unknown customer", frappe.DoesNotExistError, {"customer": "Nobody at all"}),
			("no customer", invalid, {"customer": ""}),
			("unknown topic", frappe.LinkValidationError, {"topic": "No Such Topic"}),
			("unknown contact", frappe.LinkValidationError, {"contact": "Nobody"}),
			("unknown kind", invalid, {"kind": "Rumour"}),
			("group without a group", invalid, {"visibility": "Group"}),
			("occasion without a day", invalid, {"kind": "Occasion"}),
			("day too late", invalid, {"kind": "Occasion", "occasion_on": "2999-01-01"}),
			("no such day", invalid, {"kind": "Occasion", "occasion_on": "2026-02-31"}),
			("not a day", invalid, {"kind": "Moment", "remember_until": "soon"}),
			("unknown restriction", invalid, {"kind": "Never", "stops": "cats"}),
			("a dict", frappe.exceptions.FrappeTypeError, {"note": {"a": 1}}),
		):
			with self.subTest(case):
				with self.assertRaises(error) as refused:
					notes.jot(**({"customer": self.customer, "note": "Takes tea."} | values))
				self.assertLess(len(str(refused.exception)), 500, "the message must not repeat the input")
				self.assertEqual(self.count_records(), before)

	def test_note_of_500_characters_in_any_script_is_saved(self):
		for letter in ("x", "犬", "\U0001f600"):
			self.assertEqual(self.jot(letter * 500).note, letter * 500)

	def test_heard_by_another_user_is_refused_except_for_managers(self):
		with self.assertRaises(frappe.PermissionError):
			self.note(heard_by=self.colleague)
		with self.as_user(self.manager):
			self.assertEqual(self.note(heard_by=self.colleague).heard_by, self.colleague)

	def test_posted_log_fields_are_ignored(self):
		logged = {
			"times_used": 9,
			"last_used_by": self.colleague,
			"status": "Closed",
			"closed_because": "Erased",
		}
		doc = self.note(**logged).reload()
		unchanged = {"times_used": 0, "last_used_by": None, "status": "Active", "closed_because": None}
		self.assertDocumentEqual(unchanged, doc)
		doc.update(logged | {"heard_by": self.colleague, "note": "Takes coffee."}).save()
		self.assertDocumentEqual(unchanged | {"heard_by": self.rep, "note": "Takes coffee."}, doc.reload())

	def test_jot_without_access_is_refused_and_writes_nothing(self):
		note = self.note(customer=self.other_customer)
		before = self.count_records()
		self.restrict_to_other_customer(self.colleague)
		for user in (self.outsider, self.colleague, "Guest"):
			with self.subTest(user), self.as_user(user), self.assertRaises(frappe.PermissionError):
				notes.jot(self.customer, "Takes tea.")
		self.assertEqual(self.count_records(), before)
		self.restrict_to_other_customer(self.rep)
		note.customer = self.customer
		with self.assertRaises(frappe.PermissionError):
			note.save()


class TestHostileText(NotesTestCase):
	def test_hostile_text_is_saved_and_shown_unchanged(self):
		for text in HOSTILE:
			with self.subTest(text):
				doc = self.jot(text)
				saved = frappe.db.get_value("Personal Note", doc.name, "note")
				self.assertEqual(saved, clean_text(text, "Note", "note", "Small Text"))
				others = {"customer": self.customer, "name": ("!=", doc.name)}
				frappe.db.set_value("Personal Note", others, "status", "Closed")
				(item,) = get_banner_payload(self.customer)["items"]
				self.assertEqual(item["text"], saved)
				self.assertTrue(notes.suggest(self.customer, text))

	def test_markup_is_saved_without_live_tags(self):
		"""Frappe's lists show the text as HTML."""
		for text in MARKUP:
			with self.subTest(text):
				self.assertEqual(self.jot(text).note, text.replace("<", "‹"))

	def test_hostile_text_in_answer_and_follow_up_is_saved_unchanged(self):
		notes.mark_used(self.jot(kind="Moment").name, they_said=HOSTILE[0] + HOSTILE[3], remember=1)
		self.assertTrue(frappe.db.exists("Personal Note", {"note": HOSTILE[0] + HOSTILE[3]}))
		name = follow_ups.create(self.customer, HOSTILE[1], today())["name"]
		self.assertEqual(frappe.db.get_value("Follow Up Task", name, "subject"), HOSTILE[1])

	def test_hostile_names_match_no_record(self):
		for name in ("' or 1=1 -- ", "%", "_", "\x00", "../../etc/passwd", "x" * 100_000):
			with self.subTest(name[:20]):
				with self.assertRaises(frappe.DoesNotExistError):
					notes.mark_used(name)
				self.assertEqual(notes.suggest(name, "tea time, tea time")["duplicates"], [])


class TestSuggest(NotesTestCase):
	def test_suggest_reads_dates_topic_and_sensitivity_and_writes_nothing(self):
		before = self.count_records()
		in_two_weeks = getdate(add_days(today(), 14))
		for text, expected in (
			("In two weeks ask about the marathon", {"kind": "Moment", "follow_up_on": in_two_weeks}),
			("Rex the dog had surgery", {"topic": "Pet", "sensitive": False}),
			("She is ill and in hospital", {"topic": "Health", "sensitive": True}),
			# Only the beginning of ten megabytes is read.
			("tomorrow " * 1_000_000, {"occasion_on": getdate(add_days(today(), 1))}),
		):
			with self.subTest(text[:40]):
				answer = notes.suggest(self.customer, text)
				self.assertEqual({key: answer[key] for key in expected}, expected)
		self.assertEqual(self.count_records(), before)
		frappe.db.delete("Note Topic", {"name": "Pet"})
		self.assertIsNone(notes.suggest(self.customer, "Rex the dog had surgery")["topic"])

	def test_suggest_returns_similar_open_visible_notes_of_the_customer(self):
		text = "Rex the greyhound had surgery."
		note = self.jot(text)
		self.jot("Prefers the morning.")
		self.note(text, customer=self.other_customer)
		self.jot(text).close("No Longer True")
		with self.as_user(self.colleague):
			self.note(text, visibility="Only Me")
			self.note(text, sensitive=1)
			self.assertEqual(len(notes.suggest(self.customer, text)["duplicates"]), 3)
		(similar,) = notes.suggest(self.customer, "rex, the greyhound, had surgery")["duplicates"]
		self.assertEqual((similar["name"], similar["note"]), (note.name, note.note))

	def test_suggest_without_access_is_refused(self):
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			notes.suggest(self.customer, "Rex")


class TestActions(NotesTestCase):
	def uses(self, note):
		fields = ["action", "they_said", "used_by", "customer", "snoozed_until", "reference_name"]
		filters = {"personal_note": note.name}
		return frappe.get_all("Personal Note Use", filters=filters, fields=fields, order_by="creation asc")

	def shown(self, **more):
		return [item["name"] for item in get_banner_payload(self.customer, **more)["items"]]

	def test_mark_used_logs_answer_and_reference(self):
		note = self.jot()
		notes.mark_used(note.name, "  Thank you  ", **self.on_invoice)
		(use,) = self.uses(note)
		expected = {
			"action": "Used",
			"they_said": "Thank you",
			"used_by": self.rep,
			"customer": self.customer,
		}
		self.assertEqual(use, expected | {"snoozed_until": None, "reference_name": self.invoice_name})
		self.assertDocumentEqual(
			{"times_used": 1, "last_used_by": self.rep, "status": "Active"}, note.reload()
		)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 1)

	def test_history_of_a_note_shows_the_latest_uses_to_those_who_may_read_it(self):
		note = self.jot("Rex is ill.", visibility="Group", user_group=self.group(self.rep, self.colleague))
		notes.mark_used(note.name, "He eats again")
		notes.snooze(note.name, "tomorrow")
		with self.as_user(self.colleague):
			notes.mark_used(note.name, "He runs again")
			history = get_history(note.name)
			self.assertEqual(
				[(use["used_by"], use["they_said"]) for use in history],
				[
					(frappe.utils.get_fullname(self.colleague), "He runs again"),
					(frappe.utils.get_fullname(self.rep), "He eats again"),
				],
			)
			doc = frappe.get_doc("Personal Note", note.name)
			doc.run_method("onload")
			self.assertEqual(doc.get_onload("micro_experiences_history"), history)
		for user in (self.lead, self.outsider):
			with self.as_user(user):
				self.assertEqual(get_history(note.name), [])
		for number in range(20):
			notes.mark_used(note.name, str(number))
		history = get_history(note.name)
		self.assertEqual((len(history), history[0]["they_said"]), (20, "19"))

	def test_mark_used_and_remember_creates_a_following_note(self):
		inherited = {"topic": "Pet", "contact": self.contact(), "visibility": "Only Me", "sensitive": 1}
		notes.mark_used(
			self.jot("Rex is ill.", kind="Moment", **inherited).name, "Rex runs again", remember=True
		)
		following = frappe.get_doc("Personal Note", {"customer": self.customer, "note": "Rex runs again"})
		self.assertDocumentEqual(inherited | {"kind": "Moment", "heard_by": self.rep}, following)
		fact = self.jot()
		with self.as_user(self.colleague):
			notes.mark_used(fact.name, "With lemon", remember=1)
		self.assertEqual(self.uses(fact)[0].used_by, self.colleague)
		following = frappe.get_doc("Personal Note", {"customer": self.customer, "note": "With lemon"})
		self.assertEqual((following.kind, following.heard_by), ("", self.colleague))

	def test_mark_used_without_answer_creates_no_note(self):
		for answer in (None, "   "):
			notes.mark_used(self.jot(f"Note {answer!r}").name, answer, remember=1)
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 2)

	def test_mark_used_with_unreadable_reference_logs_none(self):
		note = self.jot()
		with self.as_user(self.colleague):
			notes.mark_used(note.name, **self.on_invoice)
		self.assertIsNone(self.uses(note)[0].reference_name)

	def test_snoozed_note_is_hidden_from_user_until_that_day(self):
		for until, days in (("tomorrow", 1), ("next_week", 7), (add_days(today(), 30), 30)):
			with self.subTest(until):
				note = self.jot(f"Put off until {until}")
				notes.snooze(note.name, until)
				self.assertEqual(self.uses(note)[0].snoozed_until, getdate(add_days(today(), days)))
				self.assertNotIn(note.name, self.shown())
				with self.as_user(self.colleague):
					self.assertIn(note.name, self.shown())
				frappe.db.set_value(
					"Personal Note Use", {"personal_note": note.name}, "snoozed_until", today()
				)
				self.assertIn(note.name, self.shown())
				frappe.db.set_value("Personal Note", note.name, "status", "Closed")

	def test_note_snoozed_until_next_visit_returns_on_another_document(self):
		note = self.jot()
		notes.snooze(note.name, "next_visit", **self.on_invoice)
		self.assertEqual(self.shown(), [])
		yesterday = add_days(frappe.utils.now(), -1)
		frappe.db.set_value("Personal Note Use", {"personal_note": note.name}, "used_on", yesterday)
		self.assertEqual(self.shown(reference=("Sales Invoice", self.invoice_name)), [])
		self.assertEqual(self.shown(), [note.name])

	def test_snooze_until_no_future_day_is_refused(self):
		note = self.jot()
		for until in ("", "someday", today(), "2026-02-31"):
			with self.subTest(until), self.assertRaises(frappe.ValidationError):
				notes.snooze(note.name, until)
		self.assertEqual(self.uses(note), [])

	def test_outdated_note_is_closed_for_every_action(self):
		note = self.jot()
		notes.mark_outdated(note.name)
		self.assertDocumentEqual({"status": "Closed", "closed_because": "No Longer True"}, note.reload())
		self.assertEqual(self.shown(), [])
		for action in (
			lambda: notes.mark_used(note.name, "x", remember=1),
			lambda: notes.snooze(note.name, "tomorrow"),
			lambda: notes.mark_outdated(note.name),
		):
			with self.assertRaisesRegex(frappe.ValidationError, "closed"):
				action()
		self.assertEqual([use.action for use in self.uses(note)], ["No Longer True"])
		self.assertEqual(frappe.db.count("Personal Note", {"customer": self.customer}), 1)

	def test_invisible_note_is_refused_by_every_method(self):
		with self.as_user(self.colleague):
			private = self.note("Only mine.", visibility="Only Me")
			sensitive = self.note("Private.", sensitive=1)
			elsewhere = self.note("Elsewhere.")
		self.restrict_to_other_customer(self.manager)
		before = self.count_records()
		for user, note in ((self.rep, private), (self.rep, sensitive), (self.manager, elsewhere)):
			for method in (
				lambda name: notes.mark_used(name, "x", remember=1),
				lambda name: notes.snooze(name, "tomorrow"),
				lambda name: notes.mark_outdated(name),
				lambda name: gestures.propose(self.customer, personal_note=name),
				lambda name: follow_ups.create(self.customer, "x", today(), personal_note=name),
			):
				with self.subTest(user, note=note.note), self.as_user(user):
					self.assertRaises(frappe.PermissionError, method, note.name)
		self.assertEqual(self.count_records(), before)

	def test_form_options_hold_only_what_the_user_can_choose(self):
		contact, group = self.contact(), self.group(self.rep)
		self.contact("Else", self.other_customer)
		frappe.db.set_value("Gesture Type", "Flowers", "enabled", 0)
		frappe.db.set_value("User", self.lead, "enabled", 0)
		options = notes.get_form_options(self.customer)
		self.assertEqual((options["me"], options["groups"]), (self.rep, [group]))
		contacts = [(row["name"], row["label"]) for row in options["contacts"]]
		self.assertEqual(contacts, [(contact, "Olivia Brandt")])
		sensitive = {row["name"] for row in options["topics"] if row["sensitive"]}
		self.assertEqual(sensitive, {"Health", "Hard Time"})
		types = {row["name"] for row in options["gesture_types"]}
		self.assertIn("Coffee on the House", types)
		self.assertNotIn("Flowers", types)
		people = [row["name"] for row in options["users"]]
		self.assertEqual((people[0], len(people)), (self.rep, len(set(people))))
		self.assertIn(self.colleague, people)
		self.assertFalse({self.lead, self.outsider, "Administrator", "Guest"} & set(people))
		with self.as_user(self.outsider), self.assertRaises(frappe.PermissionError):
			notes.get_form_options(self.customer)


class TestReferences(NotesTestCase):
	def test_reference_outside_touchpoints_is_refused(self):
		"""Only a touchpoint reports its own deletion; a link to another document would dangle."""
		gesture = {"doctype": "Gesture", "customer": self.customer, "what": "x"}
		for create in (self.note, self.task, lambda **values: frappe.get_doc(gesture | values).insert()):
			doc = create(reference_doctype="Customer", reference_name=self.customer)
			user = {"reference_doctype": "User", "reference_name": self.rep}
			self.assertRaises(frappe.ValidationError, create, **user)
			self.assertRaises(frappe.ValidationError, doc.update(user).save)
		# A link that was saved before this rule existed blocks nothing.
		task = self.task()
		task.db_set(user)
		follow_ups.mark_done(task.name)

	def test_deleted_note_leaves_unrelated_records(self):
		"""Frappe reads a filter of no names as the empty name, which matches every record without a note."""
		task = self.task()
		gesture = frappe.get_doc(
			{"doctype": "Gesture", "customer": self.customer, "what": "a card", "message": "Well done"}
		).insert()
		for values in ({}, {"visibility": "Only Me"}):
			frappe.delete_doc("Personal Note", self.note(**values).name, ignore_permissions=True)
			self.assertTrue(frappe.db.exists("Follow Up Task", task.name))
			self.assertEqual(frappe.db.get_value("Gesture", gesture.name, "message"), "Well done")
