"""The panel in a real browser: what it shows, what it asks its host to do, and what it never loses."""

import re

import pytest
from panel_payloads import FACT, MOMENT, NEVER, PROMISE, banner

LINES = ".mx-line"


class Desk:
	"""One harness page: shows payloads, plays the server, reads the record."""

	def __init__(self, page):
		self.page = page

	def show(self, payload=None, **options):
		payload = payload or banner(PROMISE, MOMENT, FACT)
		self.page.evaluate("([payload, options]) => show(payload, options)", [payload, options])
		return self

	def update(self, payload, context=None):
		self.page.evaluate("([payload, context]) => panel.update(payload, context)", [payload, context])

	def answer(self, method, answer):
		self.page.evaluate("([method, answer]) => { answers[method] = answer }", [method, answer])

	def release(self, method, answer, at=0):
		self.page.evaluate("([method, answer, at]) => release(method, answer, at)", [method, answer, at])

	def calls(self, method=None):
		# The key by which a second try is known is random.
		calls = [
			(name, {key: value for key, value in args.items() if key != "sent_key"})
			for name, args in self.page.evaluate("calls")
		]
		return [args for name, args in calls if name == method] if method else [name for name, _ in calls]

	def keys(self, method):
		"""The key that went along with each try."""
		return [args.get("sent_key") for name, args in self.page.evaluate("calls") if name == method]

	def button(self, name, within=None):
		return (within or self.page.locator(".mx-panel")).get_by_role("button", name=name, exact=True)

	def opener(self, name):
		"""The button below the lines that opens a form; the form may have a button of the same name."""
		return self.button(name, self.page.locator(".mx-footer"))

	def save(self):
		self.page.locator("[data-action=save]").click()

	def alert(self):
		return self.page.get_by_role("alert").inner_text()

	def line(self, item):
		return self.page.locator(LINES).filter(has_text=item["text"])

	def focused(self, what="textContent"):
		return self.page.evaluate(f"document.activeElement.{what}")

	def texts(self):
		return self.page.locator(f"{LINES} .mx-text").all_text_contents()

	def message(self):
		return self.page.get_by_role("status").filter(visible=True).last


@pytest.fixture
def desk(open_page):
	return Desk(open_page("harness.html"))


# What is shown


def test_lines_come_in_the_order_of_the_server_with_source_and_what_was_said(desk):
	desk.show(banner(NEVER, MOMENT, FACT, more=2))
	assert desk.texts() == [NEVER["text"], MOMENT["text"], FACT["text"]]
	assert MOMENT["source"] in desk.line(MOMENT).inner_text()
	assert MOMENT["said"] in desk.line(MOMENT).inner_text()
	assert desk.button("2 more").is_visible()


def test_each_type_has_a_shape_and_a_word_of_its_own(desk):
	types = ["promise", "never", "occasion", "moment", "pinned", "fact"]
	desk.show(banner(*[{"type": kind, "name": kind, "text": kind, "source": ""} for kind in types]))
	shapes = desk.page.locator(f"{LINES} .mx-line-head > svg path").evaluate_all(
		"paths => paths.map(path => path.getAttribute('d'))"
	)
	words = desk.page.locator(f"{LINES} .mx-sr-only").all_text_contents()
	assert len(set(shapes)) == len(set(words)) == len(types)


def test_the_header_counts_promises_and_names_what_is_left(desk):
	desk.show()
	assert (
		re.sub(r"\s+", " ", desk.page.locator(".mx-counts").inner_text()).split()
		== "1 follow-up 38.00 left".split()
	)
	desk.update(banner(MOMENT, promises=3, wallet=None))
	assert desk.page.locator(".mx-counts").inner_text() == "3 follow-ups"


def test_only_what_one_can_do_is_offered(desk):
	desk.show(banner(NEVER, MOMENT, can={"jot": True, "gesture": False, "follow_up": False}))
	footer = desk.page.locator(".mx-footer")
	assert footer.get_by_role("button").all_inner_texts() == ["Add note"]
	assert desk.line(NEVER).get_by_role("button").count() == 1
	desk.button("More actions", desk.line(MOMENT)).click()
	assert desk.page.get_by_role("menuitem").all_inner_texts() == ["Mark as outdated", "Open note"]


def test_an_empty_banner_is_one_line_and_a_quiet_one_is_nothing(desk):
	desk.show(banner())
	assert desk.page.locator(".mx-empty").inner_text() == "No notes yet. What did they tell you?"
	assert desk.button("Add note").is_visible()
	desk.update(banner(quiet=True))
	assert not desk.page.locator(".mx-panel").is_visible()


@pytest.mark.parametrize(
	"text",
	[
		"<img src=x onerror='window.hit = 1'>",
		"<script>window.hit = 1</script>",
		"\u202egnp.exe and the rest",
		"{0} {1} __proto__ javascript:alert(1)",
	],
)
def test_hostile_text_is_shown_as_it_is_and_runs_nowhere(desk, text):
	hostile = {"type": "moment", "name": 'N"><b>', "text": text, "source": text, "said": text}
	desk.answer(
		"notes.get_form_options", {"topics": [{"name": text}], "contacts": [{"name": text, "label": text}]}
	)
	desk.answer(
		"gestures.propose",
		{
			"suggested_type": text,
			"what": text,
			"message": text,
			"warnings": [text],
			"wallets": [{"text": text}],
			"verdict": "doubtful",
			"text": text,
			"never_notes": [{"name": text, "note": text, "source": text}],
		},
	)
	hints = [{"category": text, "text": text, "words": [{"word": text, "start": 0, "end": 1}]}]
	desk.answer(
		"notes.suggest",
		{"topic": text, "duplicates": [{"name": text, "note": text, "source": text}], "hints": hints},
	)
	desk.show(banner(hostile, customer_name=text, wallet={"left": 1, "text": text, "low": False}))
	desk.button("Add note").click()
	desk.page.get_by_label("What do you want to remember?").fill("something to suggest on")
	desk.page.locator(".mx-duplicate").wait_for()
	desk.button("More actions", desk.page.locator(LINES)).click()
	desk.page.get_by_role("menuitem", name="Record gesture").click()
	desk.page.locator("[data-action=suggested-type]").click()
	desk.page.locator(".mx-warnings li").wait_for()
	assert desk.texts() == [text]
	assert desk.page.evaluate("window.hit") is None
	assert desk.page.locator(".mx-panel :is(img, script, b)").count() == 0
	# Isolated: a character that turns the writing direction ends with the words that hold it.
	bidi = desk.page.locator(f"{LINES} bdi").evaluate_all(
		"nodes => nodes.map(node => getComputedStyle(node).unicodeBidi)"
	)
	assert set(bidi) == {"isolate"}


# The actions of a line


def test_used_it_opens_one_input_and_enter_sends_what_they_said(desk):
	desk.answer("notes.mark_used", {"banner": banner(FACT)})
	desk.show()
	desk.button("Mark as used", desk.line(MOMENT)).click()
	assert desk.focused("name") == "they_said"
	desk.page.keyboard.type("He walks again")
	desk.page.get_by_label("Save as a note").check()
	desk.page.get_by_label("What did they say?").press("Enter")
	desk.page.get_by_text("Note marked as used.").wait_for()
	assert desk.calls("notes.mark_used") == [{"name": "N-1", "they_said": "He walks again", "remember": True}]
	assert desk.texts() == [FACT["text"]]
	assert desk.page.locator("form").count() == 0
	assert desk.focused() == "Mark as used"


def test_used_it_needs_no_words(desk):
	desk.show()
	desk.button("Mark as used", desk.line(MOMENT)).click()
	desk.page.get_by_label("Save as a note").check()
	desk.page.get_by_label("What did they say?").press("Enter")
	assert desk.calls("notes.mark_used") == [{"name": "N-1"}]


def test_a_kept_promise_takes_its_outcome(desk):
	desk.show()
	desk.button("Done", desk.line(PROMISE)).click()
	desk.page.get_by_label("How did it go?").fill("She was glad")
	desk.page.keyboard.press("Enter")
	assert desk.calls("follow_ups.mark_done") == [{"name": "T-1", "outcome": "She was glad"}]


def test_later_is_chosen_with_the_keyboard_alone(desk):
	desk.answer("notes.snooze", {"banner": banner(PROMISE, FACT)})
	desk.show()
	later = desk.button("Snooze", desk.line(MOMENT))
	later.focus()
	desk.page.keyboard.press("Enter")
	assert (desk.focused(), later.get_attribute("aria-expanded")) == ("Tomorrow", "true")
	desk.page.keyboard.press("ArrowUp")
	assert desk.focused() == "Next visit"
	desk.page.keyboard.press("ArrowDown")
	desk.page.keyboard.press("ArrowDown")
	desk.page.keyboard.press("Enter")
	desk.page.get_by_text("Snoozed until next week.").wait_for()
	assert desk.calls("notes.snooze") == [{"name": "N-1", "until": "next_week"}]
	assert desk.page.evaluate("panel.element.contains(document.activeElement)")


def test_escape_and_a_click_elsewhere_close_a_menu_and_send_nothing(desk):
	desk.show()
	later = desk.button("Snooze", desk.line(MOMENT))
	later.click()
	desk.page.keyboard.press("Escape")
	assert desk.page.get_by_role("menu").count() == 0
	assert later.evaluate("node => node === document.activeElement")
	later.click()
	desk.page.locator("#outside").click()
	assert later.get_attribute("aria-expanded") == "false"
	assert desk.calls() == []


def open_more(desk, item):
	desk.button("More actions", desk.line(item)).click()
	return desk.page.get_by_role("menuitem").filter(visible=True).all_text_contents()


def test_only_what_repeats_can_stop(desk):
	desk.show(banner(PROMISE))
	assert open_more(desk, PROMISE) == ["Skip", "Hand over", "Open"]
	desk.show(banner({**PROMISE, "repeats": True}))
	assert open_more(desk, PROMISE) == ["Skip", "Stop repeating", "Hand over", "Open"]
	desk.answer("follow_ups.stop_repeating", {"banner": banner(PROMISE)})
	desk.page.get_by_role("menuitem", name="Stop repeating").click()
	desk.page.get_by_text("This follow-up will not repeat again.").wait_for()
	assert desk.calls() == ["follow_ups.stop_repeating"]
	assert desk.calls("follow_ups.stop_repeating") == [{"name": "T-1"}]


def test_a_promise_is_put_off_for_a_month_or_to_a_day_of_choice(desk):
	desk.show(banner(PROMISE))
	later = desk.button("Snooze", desk.line(PROMISE))
	later.click()
	desk.page.get_by_role("menuitem", name="In a month").click()
	later.click()
	desk.page.get_by_role("menuitem", name="Another day").click()
	day = desk.page.get_by_label("Until")
	assert day.evaluate("node => node === document.activeElement")
	assert day.get_attribute("min") == "2026-11-21"
	desk.button("Save").click()
	assert desk.page.get_by_role("alert").inner_text() == "Choose a date."
	day.fill("2026-12-24")
	desk.answer("follow_ups.snooze", {"banner": banner(FACT)})
	day.press("Enter")
	desk.line(PROMISE).wait_for(state="detached")
	assert [args["until"] for args in desk.calls("follow_ups.snooze")] == ["next_month", "2026-12-24"]


def test_a_promise_of_mine_is_handed_to_somebody_else(desk):
	users = [{"name": "me", "label": "Priya"}, {"name": "ana", "label": "Ana"}]
	desk.answer("notes.get_form_options", {"me": "me", "users": users})
	desk.show(banner(PROMISE))
	open_more(desk, PROMISE)
	desk.page.get_by_role("menuitem", name="Hand over").press("Enter")
	to = desk.page.get_by_label("To", exact=True)
	to.locator("option", has_text="Ana").wait_for(state="attached")
	assert to.locator("option").all_text_contents() == ["", "Ana"]
	desk.button("Hand over").click()
	assert desk.page.get_by_role("alert").inner_text() == "Choose who takes over."
	to.select_option("ana")
	desk.answer("follow_ups.hand_over", {"fails": "Ana cannot open this customer. Choose another user."})
	desk.button("Hand over").click()
	desk.page.get_by_text("Ana cannot open this customer").wait_for()
	assert to.input_value() == "ana"
	desk.answer("follow_ups.hand_over", {"banner": banner({**PROMISE, "mine": False})})
	desk.button("Hand over").click()
	desk.page.get_by_text("Follow-up handed over.").wait_for()
	assert desk.calls("follow_ups.hand_over") == [{"name": "T-1", "to": "ana"}] * 2


def test_a_colleagues_promise_may_be_taken_over(desk):
	desk.answer("notes.get_form_options", {"me": "me", "users": [{"name": "me", "label": "Priya"}]})
	desk.show(banner({**PROMISE, "mine": False}))
	open_more(desk, PROMISE)
	desk.page.get_by_role("menuitem", name="Hand over").click()
	desk.page.get_by_label("To", exact=True).locator("option", has_text="Priya").wait_for(state="attached")


@pytest.mark.parametrize(
	("item", "entry", "method"),
	[(MOMENT, "Mark as outdated", "notes.mark_outdated"), (PROMISE, "Skip", "follow_ups.skip")],
)
def test_a_line_goes_when_it_is_not_needed_any_more(desk, item, entry, method):
	desk.answer(method, {"banner": banner(FACT)})
	desk.show()
	desk.button("More actions", desk.line(item)).click()
	desk.page.get_by_role("menuitem", name=entry).click()
	desk.line(item).wait_for(state="detached")
	assert desk.calls(method) == [{"name": item["name"]}]


def test_opening_is_left_to_the_host(desk):
	desk.show(banner(PROMISE, MOMENT))
	for item, entry in ((PROMISE, "Open"), (MOMENT, "Open note")):
		desk.button("More actions", desk.line(item)).click()
		desk.page.get_by_role("menuitem", name=entry, exact=True).click()
	assert desk.page.evaluate("opened") == [
		{"kind": "task", "name": "T-1"},
		{"kind": "note", "name": "N-1"},
	]


def test_more_unfolds_in_place_with_all_actions_and_folds_again(desk):
	desk.answer("banner.get_more", {"items": [FACT]})
	desk.show(banner(PROMISE, MOMENT, more=1))
	desk.button("1 more").click()
	desk.button("More actions", desk.line(FACT)).wait_for()
	assert desk.page.evaluate("opened") == []
	desk.button("Show less").click()
	desk.line(FACT).wait_for(state="detached")
	desk.button("1 more").wait_for()


def test_every_never_note_is_visible_in_a_folded_banner(desk):
	never = [NEVER, NEVER | {"name": "N-9", "text": "No photographs."}]
	desk.show(banner(*never, PROMISE), state={"folded": True})
	for item in never:
		desk.page.locator(".mx-summary").get_by_text(item["text"]).wait_for()


def test_planned_gesture_is_given_with_one_click(desk):
	plan = {
		"type": "gesture",
		"name": "G-1",
		"text": "Give: Flowers",
		"source": "planned by you, today",
		"mine": True,
	}
	desk.answer("gestures.set_status", {"status": "Given", "banner": banner(FACT)})
	desk.show(banner(plan))
	desk.button("Give", desk.line(plan)).click()
	desk.page.get_by_text("Gesture recorded.").wait_for()
	assert desk.calls("gestures.set_status") == [{"name": "G-1", "status": "Given"}]


def test_occasion_completes_and_snoozes_its_follow_up(desk):
	occasion = {"type": "occasion", "name": "N-9", "task": "T-9", "text": "Birthday", "source": "in 3 days"}
	desk.show(banner(occasion))
	desk.button("More actions", desk.line(occasion)).click()
	desk.page.get_by_role("menuitem", name="Snooze follow-up").click()
	desk.page.get_by_label("Until").fill("2026-11-23")
	desk.save()
	assert desk.calls("follow_ups.snooze") == [{"name": "T-9", "until": "2026-11-23"}]
	desk.button("More actions", desk.line(occasion)).click()
	desk.page.get_by_role("menuitem", name="Complete follow-up").click()
	desk.page.get_by_label("How did it go?").fill("She was glad")
	desk.save()
	assert desk.calls("follow_ups.mark_done") == [{"name": "T-9", "outcome": "She was glad"}]


def test_an_action_that_is_under_way_is_not_sent_again(desk):
	desk.answer("notes.mark_outdated", {"waits": True})
	desk.show()
	for _ in range(2):
		desk.button("More actions", desk.line(MOMENT)).click()
		desk.page.get_by_role("menuitem", name="Mark as outdated").click()
	assert len(desk.calls("notes.mark_outdated")) == 1
	desk.release("notes.mark_outdated", {"banner": banner(FACT)})
	desk.line(MOMENT).wait_for(state="detached")


def test_an_action_that_fails_says_so_in_one_line_and_can_be_tried_again(desk):
	desk.answer("notes.snooze", {"fails": ""})
	desk.show()
	for _ in range(2):
		desk.button("Snooze", desk.line(MOMENT)).click()
		desk.page.get_by_role("menuitem", name="Tomorrow").click()
		desk.page.get_by_text("The request failed.").wait_for()
	assert len(desk.calls("notes.snooze")) == 2
	assert desk.line(MOMENT).is_visible()


# Jot


def jot(desk, text):
	desk.button("Add note").click()
	desk.page.keyboard.insert_text(text)


def test_a_note_is_jotted_in_two_clicks(desk):
	desk.answer("notes.jot", {"name": "N-9", "banner": banner(MOMENT)})
	desk.show(banner())
	jot(desk, "Takes tea")
	desk.button("Save").click()
	desk.page.get_by_text("Note saved.").wait_for()
	assert desk.calls("notes.jot") == [{"note": "Takes tea"}]
	assert desk.texts() == [MOMENT["text"]]
	assert desk.focused() == "Add note"


def test_control_enter_saves_and_a_plain_enter_is_a_new_line(desk):
	desk.show()
	jot(desk, "Takes tea")
	desk.page.keyboard.press("Enter")
	desk.page.keyboard.type("without milk")
	assert desk.calls("notes.jot") == []
	desk.page.keyboard.press("Control+Enter")
	assert desk.calls("notes.jot") == [{"note": "Takes tea\nwithout milk"}]


def test_a_double_click_on_save_sends_once(desk):
	desk.answer("notes.jot", {"waits": True})
	desk.show()
	jot(desk, "Takes tea")
	desk.button("Save").dblclick()
	desk.page.keyboard.press("Control+Enter")
	assert len(desk.calls("notes.jot")) == 1


def test_a_failure_keeps_the_text_and_says_why(desk):
	desk.answer("notes.jot", {"fails": "You may not write notes about this customer."})
	desk.show()
	jot(desk, "Takes tea")
	desk.button("Save").click()
	alert = desk.page.get_by_role("alert")
	desk.page.get_by_text("You may not write notes").wait_for()
	assert alert.inner_text().endswith("What you typed is still here.")
	assert desk.page.get_by_label("What do you want to remember?").input_value() == "Takes tea"
	desk.answer("notes.jot", {"banner": banner(MOMENT)})
	desk.button("Save").click()
	desk.page.get_by_text("Note saved.").wait_for()
	assert len(desk.calls("notes.jot")) == 2


def test_escape_closes_the_form_and_what_was_typed_comes_back(desk):
	desk.show()
	jot(desk, "Takes te")
	desk.page.keyboard.press("Escape")
	assert desk.page.locator("form").count() == 0
	assert desk.focused() == "Add note"
	desk.page.get_by_text("Your draft is kept").wait_for()
	jot(desk, "a")
	assert desk.page.get_by_label("What do you want to remember?").input_value() == "Takes tea"


def test_an_empty_note_is_not_sent(desk):
	desk.show()
	jot(desk, "   ")
	desk.button("Save").click()
	assert desk.page.get_by_role("alert").inner_text() == "Enter a note first."
	assert desk.calls("notes.jot") == []


def test_text_that_is_too_long_is_kept_and_not_sent(desk):
	desk.show()
	desk.button("Add note").click()
	note = desk.page.get_by_label("What do you want to remember?")
	counter = desk.page.locator(".mx-field", has=note).locator(".mx-counter")
	note.fill("a" * 430)
	assert counter.inner_text() == ""
	note.fill("a" * 495)
	assert counter.inner_text() == "5 characters left"
	# An emoji is one character for the server.
	note.fill("a" * 529 + "🎂")
	assert counter.inner_text() == "30 characters too many"
	desk.save()
	assert desk.alert() == "The text is 30 characters too long: at most 500 are allowed. Nothing was saved."
	assert note.input_value() == "a" * 529 + "🎂"
	assert desk.calls("notes.jot") == []


def test_proposals_are_asked_once_typing_rests_and_set_only_by_a_tap(desk):
	desk.answer(
		"notes.suggest",
		{
			"topic": "Health",
			"kind": "Moment",
			"occasion_on": None,
			"follow_up_on": "2026-12-06",
			"found": ["in two weeks"],
			"duplicates": [],
		},
	)
	desk.show()
	jot(desk, "Rex is ill, call in two weeks")
	chip = desk.page.get_by_role("button", name="Follow up on 6 December?")
	chip.wait_for()
	assert desk.calls("notes.suggest") == [{"note": "Rex is ill, call in two weeks"}]
	chip.click()
	assert desk.page.locator("[aria-pressed=true]").all_inner_texts() == ["Follow up on 6 December"]
	desk.button("Save").click()
	assert desk.calls("notes.jot") == [
		{"note": "Rex is ill, call in two weeks", "follow_up_on": "2026-12-06"}
	]


def test_a_proposed_occasion_brings_its_day_and_can_be_taken_back(desk):
	desk.answer("notes.suggest", {"occasion_on": "2027-06-12", "topic": "Family", "kind": "Occasion"})
	desk.show()
	jot(desk, "Wedding on 12 June")
	chip = desk.page.get_by_role("button", name="Occasion on 12 June 2027")
	chip.click()
	desk.page.get_by_role("button", name="Topic: Family?").click()
	desk.page.get_by_role("button", name="Topic: Family").click()
	desk.page.get_by_text("More options", exact=True).click()
	assert desk.page.get_by_label("Occasion On").input_value() == "2027-06-12"
	desk.button("Save").click()
	assert desk.calls("notes.jot") == [
		{"note": "Wedding on 12 June", "kind": "Occasion", "occasion_on": "2027-06-12"}
	]


def test_each_day_of_a_text_is_offered_with_its_words(desk):
	desk.answer(
		"notes.suggest",
		{
			"kind": "Occasion",
			"occasion_on": "2026-11-27",
			"year_known": True,
			"follow_up_on": "2026-12-04",
			"days": [
				{"day": "2026-11-27", "words": "next Friday", "use": "occasion"},
				{"day": "2026-12-04", "words": "in two weeks", "use": "follow_up"},
			],
		},
	)
	desk.show()
	jot(desk, "surgery next Friday, ask about it in two weeks")
	desk.page.locator("[data-action=suggestion]").first.wait_for()
	chips = desk.page.locator("[data-action=suggestion]")
	assert chips.all_inner_texts() == [
		"Occasion on 27 November (“next Friday”)?",
		"Follow up on 4 December (“in two weeks”)?",
	]
	for at in range(2):
		chips.nth(at).click()
	desk.save()
	assert desk.calls("notes.jot") == [
		{
			"note": "surgery next Friday, ask about it in two weeks",
			"kind": "Occasion",
			"occasion_on": "2026-11-27",
			"year_known": True,
			"follow_up_on": "2026-12-04",
		}
	]


def test_never_chip_shows_guessed_restrictions_that_can_be_unticked(desk):
	desk.answer(
		"notes.get_form_options",
		{"restrictions": [{"name": n, "label": n.title()} for n in ("alcohol", "gift", "parking")]},
	)
	desk.answer(
		"notes.suggest",
		{
			"kind": "Never",
			"stops": ["alcohol", "gift"],
			"avoids": "nuts",
			"remember_until": "2027-01-03",
			"days": [{"day": "2027-01-03", "words": "until 3 January", "use": "until"}],
		},
	)
	desk.show()
	jot(desk, "Never wine or nuts until 3 January")
	desk.page.get_by_role("button", name="Kind: Never?").click()
	desk.page.get_by_role("button", name="Remember until 3 January 2027?").click()
	assert (
		desk.page.get_by_label("Alcohol").is_checked() and not desk.page.get_by_label("Parking").is_checked()
	)
	desk.page.get_by_label("Gift").uncheck()
	assert desk.page.get_by_label("Words to Avoid").input_value() == "nuts"
	desk.save()
	assert desk.calls("notes.jot") == [
		{
			"note": "Never wine or nuts until 3 January",
			"kind": "Never",
			"remember_until": "2027-01-03",
			"stops": "alcohol",
			"avoids": "nuts",
		}
	]


def test_never_note_without_restriction_is_refused_in_the_form(desk):
	desk.show()
	jot(desk, "She hates that")
	desk.button("Never").click()
	desk.save()
	assert desk.alert() == "Say what this note rules out: tick a box or enter words to avoid."
	assert desk.calls("notes.jot") == []
	desk.page.get_by_label("Words to Avoid").fill("surprises")
	desk.save()
	assert desk.calls("notes.jot") == [{"note": "She hates that", "kind": "Never", "avoids": "surprises"}]


def test_an_old_suggestion_does_not_overwrite_a_newer_one(desk):
	desk.answer("notes.suggest", {"waits": True})
	desk.show()
	jot(desk, "Rex is ill")
	desk.page.wait_for_function("calls.filter(([name]) => name === 'notes.suggest').length === 1")
	desk.page.keyboard.insert_text(" and old")
	desk.page.wait_for_function("calls.filter(([name]) => name === 'notes.suggest').length === 2")
	desk.release("notes.suggest", {"topic": "Pet"}, at=1)
	desk.page.get_by_role("button", name="Topic: Pet?").wait_for()
	desk.release("notes.suggest", {"topic": "Work"})
	desk.page.wait_for_timeout(50)
	assert desk.page.locator("[data-action=suggestion]").all_inner_texts() == ["Topic: Pet?"]


def test_a_note_that_says_the_same_is_pointed_out(desk):
	desk.answer(
		"notes.suggest", {"duplicates": [{"name": "N-1", "note": "Rex was operated", "source": "Priya"}]}
	)
	desk.show()
	jot(desk, "Rex had an operation")
	desk.page.get_by_text("Rex was operated").wait_for()
	desk.button("Open note").click()
	assert desk.page.evaluate("opened") == [{"kind": "note", "name": "N-1"}]


def test_more_holds_the_rest_and_shows_what_goes_with_the_kind(desk):
	desk.answer(
		"notes.get_form_options",
		{
			"topics": [{"name": "Food and Drink"}],
			"contacts": [{"name": "C-7", "label": "Jo"}],
			"groups": ["Tills"],
		},
	)
	desk.show()
	jot(desk, "No wine, she said")
	assert not desk.page.get_by_label("Kind").is_visible()
	desk.page.get_by_text("More options", exact=True).click()
	assert not desk.page.get_by_label("Alcohol").is_visible()
	assert desk.page.get_by_label("Heard Via").locator("option:checked").inner_text() == "Not stated"
	desk.page.get_by_label("Kind").select_option("Never")
	desk.page.get_by_label("Alcohol").check()
	desk.page.get_by_label("Gifts").check()
	desk.page.get_by_label("Contact").select_option(label="Jo")
	desk.page.get_by_label("Visibility").select_option("Group")
	desk.button("Save").click()
	assert desk.page.get_by_role("alert").inner_text() == "Choose the group that can see this note."
	desk.page.get_by_label("Group", exact=True).select_option("Tills")
	desk.button("Save").click()
	assert desk.calls("notes.jot") == [
		{
			"note": "No wine, she said",
			"kind": "Never",
			"contact": "C-7",
			"visibility": "Group",
			"user_group": "Tills",
			"stops": "alcohol, gift",
		}
	]


# Gesture and follow up

PROPOSAL = {
	"suggested_type": "Card",
	"gesture_type": "Card",
	"what": "A card for Rex",
	"message": "Get well soon",
	"cost": 4.5,
	"currency": "EUR",
	"wallets": [
		{
			"gesture_budget": "B-1",
			"title": "Small Gestures",
			"left": 38,
			"text": "38.00 left",
			"free_up_to": 20,
			"free_text": "no approval needed up to 20.00",
			"currency": "EUR",
			"precision": 2,
		}
	],
	"warnings": ["A card was given on 3 May."],
}
TYPES = {"gesture_types": [{"name": "Card", "usual_cost": 4.5}, {"name": "Book", "usual_cost": 15}]}


def open_gesture(desk):
	desk.answer("notes.get_form_options", TYPES)
	desk.answer("gestures.propose", PROPOSAL)
	desk.show()
	desk.button("More actions", desk.line(MOMENT)).click()
	desk.page.get_by_role("menuitem", name="Record gesture").click()
	desk.button("Card?").click()
	desk.page.get_by_text("A card was given on 3 May.").wait_for()


def test_accepted_type_fills_the_form_and_the_gesture_can_be_undone(desk):
	open_gesture(desk)
	assert desk.calls("gestures.propose") == [
		{"personal_note": "N-1"},
		{"personal_note": "N-1", "gesture_type": "Card"},
	]
	assert desk.page.get_by_text(
		"38.00 left; no approval needed up to 20.00; EUR 33.50 left after this"
	).is_visible()
	assert desk.page.get_by_label("What", exact=True).input_value() == "A card for Rex"
	desk.answer(
		"gestures.record_gesture",
		{
			"name": "G-7",
			"status": "Given",
			"text": "Given: 33.50 left.",
			"can_undo": True,
			"banner": banner(FACT),
		},
	)
	desk.save()
	desk.page.get_by_text("Given: 33.50 left.").wait_for()
	assert desk.calls("gestures.record_gesture") == [
		{
			"what": "A card for Rex",
			"gesture_type": "Card",
			"message": "Get well soon",
			"cost": 4.5,
			"gesture_budget": "B-1",
			"personal_note": "N-1",
		}
	]
	undo = desk.button("Undo")
	for _ in range(20):
		desk.page.keyboard.press("Tab")
		if undo.evaluate("node => node === document.activeElement"):
			break
	desk.page.keyboard.press("Enter")
	desk.page.get_by_text("Gesture cancelled.").wait_for()
	assert desk.calls("gestures.set_status") == [{"name": "G-7", "status": "Cancelled"}]


def test_undo_is_offered_for_at_least_ten_seconds(open_page):
	page = open_page("harness.html")
	page.clock.install()
	desk = Desk(page).show()
	desk.answer("gestures.record_gesture", {"name": "G-7", "text": "Given.", "can_undo": True})
	desk.opener("Record gesture").click()
	page.get_by_label("What", exact=True).fill("Tea")
	desk.save()
	desk.button("Undo").wait_for()
	page.clock.fast_forward(10_000)
	assert desk.button("Undo").is_visible()
	page.clock.fast_forward(11_000)
	assert desk.button("Undo").count() == 0


def test_gesture_form_records_nothing_that_was_not_chosen(desk):
	desk.answer("notes.get_form_options", TYPES)
	desk.answer("gestures.propose", PROPOSAL)
	desk.show()
	desk.opener("Record gesture").click()
	desk.button("Card?").wait_for()
	assert desk.page.get_by_label("Type").locator("option:checked").inner_text() == "Choose …"
	desk.page.keyboard.press("Enter")
	assert desk.alert() == "Choose a type, or say what you give. Nothing was saved."
	assert desk.calls("gestures.record_gesture") == []


@pytest.mark.parametrize(
	("cost", "precision", "answer"),
	[
		("-3", 2, "The cost must be zero or more."),
		("ten", 2, "Enter the cost as a number."),
		("1.2.3", 2, "Enter the cost as a number."),
		("4.555", 2, "An amount in EUR has at most 2 decimal places."),
		("4.5", 0, "An amount in EUR has no decimal places."),
		("10.125", 3, 10.125),
		("4,5", 2, 4.5),
		("1,234", 2, 1234),
		("1.234,50", 2, 1234.5),
		("١٢", 2, 12),
	],
)
def test_cost_is_read_as_written_or_refused_with_the_reason(desk, cost, precision, answer):
	wallet = PROPOSAL["wallets"][0] | {"precision": precision, "left": 5000}
	desk.answer("gestures.propose", PROPOSAL | {"wallets": [wallet]})
	desk.show()
	desk.opener("Record gesture").click()
	desk.page.get_by_text("no approval needed").wait_for()
	desk.page.get_by_label("What", exact=True).fill("Tea")
	desk.page.get_by_label("Cost (EUR)").fill(cost)
	desk.save()
	sent = [args["cost"] for args in desk.calls("gestures.record_gesture")]
	if isinstance(answer, str):
		assert (desk.alert(), sent) == (answer, [])
		assert desk.page.get_by_label("Cost (EUR)").input_value() == cost
	else:
		assert sent == [answer]


def test_save_button_says_what_will_happen(desk):
	open_gesture(desk)
	save = desk.page.locator("[data-action=save]")
	assert save.inner_text() == "Record gesture"
	desk.page.get_by_label("When").select_option(label="On a day")
	assert save.inner_text() == "Plan gesture"
	desk.page.get_by_label("Planned On").fill("2026-11-20")
	desk.save()
	assert desk.alert() == "Choose a day after today."
	desk.page.get_by_label("Planned On").fill("2026-11-27")
	desk.page.get_by_label("Cost (EUR)").fill("28")
	assert save.inner_text() == "Ask for approval"
	desk.page.get_by_label("Cost (EUR)").fill("20")
	assert save.inner_text() == "Plan gesture"
	desk.save()
	assert desk.calls("gestures.record_gesture")[0]["planned_on"] == "2026-11-27"


NO_ALCOHOL = [{"name": "N-3", "note": "No alcohol", "source": "told to Ana"}]


def describe_champagne(desk, found):
	desk.answer("gestures.check_never_notes", {"never_notes": NO_ALCOHOL, **found})
	desk.show()
	desk.opener("Record gesture").click()
	desk.page.get_by_label("What", exact=True).fill("A bottle of champagne")
	desk.page.locator(".mx-never").get_by_text("No alcohol").wait_for()


def test_doubtful_gesture_is_sent_only_after_the_notes_are_confirmed(desk):
	describe_champagne(desk, {"verdict": "doubtful", "text": "Does this go with what to avoid?"})
	assert desk.calls("gestures.check_never_notes") == [
		{"gesture_type": "", "what": "A bottle of champagne", "message": ""}
	]
	desk.save()
	assert desk.alert().startswith("Read what to avoid")
	assert desk.calls("gestures.record_gesture") == []
	desk.page.get_by_label("I have read this, and the gesture is fine.").check()
	desk.save()
	assert desk.calls("gestures.record_gesture") == [
		{"what": "A bottle of champagne", "never_notes_confirmed": True}
	]


def test_blocked_gesture_needs_the_reason_of_a_manager(desk):
	blocked = {"verdict": "blocked", "text": "Ruled out. Ask a manager."}
	describe_champagne(desk, blocked)
	desk.save()
	assert desk.alert() == "Ruled out. Ask a manager."
	assert not desk.page.get_by_label("Reason for Overriding").is_visible()
	describe_champagne(desk, blocked | {"can_override": True})
	desk.save()
	assert desk.calls("gestures.record_gesture") == []
	desk.page.get_by_label("Reason for Overriding").fill("For her husband")
	desk.save()
	assert desk.calls("gestures.record_gesture") == [
		{"what": "A bottle of champagne", "override_reason": "For her husband"}
	]


def test_refused_gesture_asks_again_what_to_avoid(desk):
	"""A colleague adds a Never note while the form is open."""
	desk.show()
	desk.opener("Record gesture").click()
	desk.page.get_by_label("What", exact=True).fill("Cake")
	desk.page.wait_for_function("calls.some(([name]) => name === 'gestures.check_never_notes')")
	desk.answer("gestures.check_never_notes", {"verdict": "doubtful", "never_notes": NO_ALCOHOL})
	desk.answer("gestures.record_gesture", {"fails": "Please confirm.", "refused": True})
	desk.save()
	desk.page.get_by_label("I have read this, and the gesture is fine.").check()
	desk.answer("gestures.record_gesture", {})
	desk.save()
	assert desk.calls("gestures.record_gesture")[-1] == {"what": "Cake", "never_notes_confirmed": True}


def test_another_type_proposes_again_but_leaves_what_was_typed(desk):
	open_gesture(desk)
	desk.page.get_by_label("Message").fill("My own words")
	desk.answer(
		"gestures.propose", {**PROPOSAL, "what": "A book", "message": "Read well", "cost": 15, "warnings": []}
	)
	desk.page.get_by_label("Type").select_option("Book")
	desk.page.get_by_text("A card was given on 3 May.").wait_for(state="detached")
	assert desk.calls("gestures.propose")[-1] == {"personal_note": "N-1", "gesture_type": "Book"}
	assert desk.page.get_by_label("What", exact=True).input_value() == "A book"
	assert desk.page.get_by_label("Cost (EUR)").input_value() == "15"
	assert desk.page.get_by_label("Message").input_value() == "My own words"


def test_other_type_empties_what_was_proposed(desk):
	open_gesture(desk)
	desk.page.get_by_label("Type").select_option(label="Other")
	desk.page.get_by_text("A card was given on 3 May.").wait_for(state="detached")
	assert desk.page.get_by_label("What", exact=True).input_value() == ""
	assert desk.page.get_by_text("38.00 left; no approval needed up to 20.00").is_visible()
	assert len(desk.calls("gestures.propose")) == 2


def test_with_one_wallet_there_is_nothing_to_choose(desk):
	open_gesture(desk)
	assert not desk.page.get_by_label("Paid From").is_visible()


POOL = {
	"gesture_budget": "B-2",
	"title": "Team",
	"left": 200,
	"text": "200.00 left",
	"free_text": "no approval needed up to 50.00",
	"currency": "USD",
}


def test_of_several_wallets_one_is_chosen(desk):
	desk.answer("notes.get_form_options", TYPES)
	desk.answer("gestures.propose", PROPOSAL | {"wallets": [*PROPOSAL["wallets"], POOL]})
	desk.show()
	desk.button("Record gesture").click()
	paid_from = desk.page.get_by_label("Paid From")
	paid_from.wait_for()
	assert paid_from.locator("option").all_text_contents() == [
		"Small Gestures: 38.00 left",
		"Team: 200.00 left",
	]
	assert paid_from.input_value() == "B-1"
	assert desk.page.get_by_label("Cost (EUR)").is_visible()
	paid_from.select_option("B-2")
	assert desk.page.get_by_label("Cost (USD)").is_visible()
	assert desk.page.get_by_text("200.00 left; no approval needed up to 50.00").is_visible()
	# Another type does not take the choice back.
	desk.page.get_by_label("Type").select_option("Book")
	desk.page.wait_for_function("calls.filter(([name]) => name === 'gestures.propose').length === 2")
	desk.page.locator(".mx-form-body[aria-busy]").wait_for(state="detached")
	assert paid_from.input_value() == "B-2"
	desk.page.get_by_label("Type").select_option(label="Other")
	desk.page.get_by_label("What", exact=True).fill("Tea")
	desk.save()
	desk.page.wait_for_function("calls.some(([name]) => name === 'gestures.record_gesture')")
	assert desk.calls("gestures.record_gesture") == [{"what": "Tea", "gesture_budget": "B-2"}]


def test_in_the_discreet_mode_a_wallet_has_a_name_and_no_amount(desk):
	desk.answer("gestures.propose", PROPOSAL | {"wallets": [*PROPOSAL["wallets"], POOL]})
	desk.show(state={"discreet": True})
	desk.button("Record gesture").click()
	paid_from = desk.page.get_by_label("Paid From")
	paid_from.wait_for()
	assert paid_from.locator("option").all_text_contents() == ["Small Gestures", "Team"]
	assert desk.page.get_by_text("38.00 left").count() == 0


def test_near_the_end_a_kind_word_is_said_of_the_wallet(desk):
	wallet = {"left": 38.0, "text": "38.00 left", "low": False, "nudge": "Yours to give until 30 Nov."}
	desk.show(banner(MOMENT, wallet=wallet))
	assert desk.page.get_by_text("Yours to give until 30 Nov.").is_visible()
	assert desk.page.locator(".mx-wallet").get_attribute("title") == "Yours to give until 30 Nov."
	desk.show(banner(MOMENT, wallet=wallet), state={"discreet": True})
	assert desk.page.get_by_text("Yours to give").count() == 0
	desk.show(banner(MOMENT, wallet=wallet, can={"jot": True, "gesture": False, "follow_up": True}))
	assert not desk.page.get_by_text("Yours to give").is_visible()
	desk.show(banner(MOMENT))
	assert not desk.page.locator(".mx-nudge").is_visible()
	assert desk.page.locator(".mx-wallet").get_attribute("title") is None


def test_over_the_allowance_the_reason_is_shown_and_the_text_stays(desk):
	open_gesture(desk)
	desk.page.get_by_label("What", exact=True).fill("A whole shelf")
	desk.page.get_by_label("Cost (EUR)").fill("90")
	desk.answer("gestures.record_gesture", {"fails": "Only 38.00 is left until 30 November."})
	desk.save()
	desk.page.get_by_text("Only 38.00 is left until 30 November.").wait_for()
	assert desk.page.get_by_label("What", exact=True).input_value() == "A whole shelf"
	assert desk.page.get_by_label("Cost (EUR)").input_value() == "90"


def test_a_follow_up_needs_a_few_words_and_a_day(desk):
	desk.answer(
		"notes.get_form_options",
		{"users": [{"name": "me@x.y", "label": "Me"}, {"name": "ana@x.y", "label": "Ana"}], "me": "me@x.y"},
	)
	desk.show()
	desk.button("Follow up").click()
	desk.button("Save").click()
	assert desk.page.get_by_role("alert").inner_text() == "Describe the follow-up."
	desk.page.get_by_label("What will you do?").fill("Send the book")
	desk.button("Save").click()
	assert desk.page.get_by_role("alert").inner_text() == "Choose a date."
	desk.button("In a month").click()
	desk.page.get_by_label("Assigned To").select_option(label="Ana")
	desk.page.get_by_label("Remind Days Before").fill("2")
	desk.page.get_by_role("textbox", name="Due On").fill("2020-03-01")
	desk.save()
	assert desk.alert() == "This day is over. Choose today or a later day."
	assert desk.page.get_by_label("What will you do?").input_value() == "Send the book"
	desk.button("In a month").click()
	desk.save()
	assert desk.calls("follow_ups.create") == [
		{
			"subject": "Send the book",
			"due_on": "2026-12-20",
			"assigned_to": "ana@x.y",
			"remind_days_before": 2,
		}
	]


def test_a_follow_up_from_a_note_carries_it_and_repeats_when_asked(desk):
	desk.show(today="2027-01-31")
	desk.button("More actions", desk.line(MOMENT)).click()
	desk.page.get_by_role("menuitem", name="Follow up").click()
	desk.page.get_by_label("What will you do?").fill("Call about Rex")
	desk.button("In a month").click()
	desk.page.get_by_text("Repeats").first.click()
	desk.page.get_by_label("Repeats").select_option("Weeks")
	desk.page.get_by_label("Every").fill("0")
	desk.save()
	assert desk.alert() == "Enter a whole number from 1 on."
	desk.page.get_by_label("Every").fill("1")
	desk.button("Save").click()
	assert desk.calls("follow_ups.create") == [
		{
			"subject": "Call about Rex",
			"due_on": "2027-02-28",
			"repeats": "Weeks",
			"every": 1,
			"personal_note": "N-1",
		}
	]


def test_the_choices_are_asked_once_for_all_forms(desk):
	desk.show()
	for name in ("Add note", "Follow up", "Record gesture", "Add note"):
		desk.opener(name).click()
	assert desk.calls().count("notes.get_form_options") == 1


# Folded, discreet


def test_folding_shows_the_best_line_and_is_remembered(desk):
	desk.show()
	desk.button("Collapse").click()
	assert not desk.page.locator(".mx-lines").is_visible()
	assert PROMISE["text"] in desk.page.locator(".mx-summary").inner_text()
	desk.button("Expand").click()
	assert desk.line(MOMENT).is_visible()
	assert [state["folded"] for state in desk.page.evaluate("saved")] == [True, False]


def test_a_compact_one_starts_as_one_line_and_jots_from_there(desk):
	desk.show(context={"compact": True})
	assert not desk.page.locator(".mx-lines").is_visible()
	assert desk.page.locator(".mx-header").bounding_box()["height"] < 40
	assert "2 more" in desk.page.locator(".mx-counts").inner_text()
	desk.button("Add note").click()
	assert desk.focused("name") == "note"
	assert desk.page.evaluate("saved") == []
	desk.show(context={"compact": True}, state={"folded": False})
	assert desk.line(MOMENT).is_visible()


def test_discreet_leaves_no_text_on_the_page_until_it_is_asked_for(desk):
	desk.show()
	desk.button("Hide content").click()
	whole = desk.page.locator(".mx-panel").evaluate("node => node.outerHTML")
	for hidden in (PROMISE["text"], MOMENT["text"], MOMENT["source"], MOMENT["said"], "38.00"):
		assert hidden not in whole
	desk.button("Show", desk.page.locator(LINES).nth(1)).click()
	assert desk.texts() == [MOMENT["text"]]
	assert desk.page.evaluate("saved.at(-1).discreet") is True
	desk.button("Collapse").click()
	assert PROMISE["text"] not in desk.page.locator(".mx-panel").evaluate("node => node.outerHTML")


# Updates from outside


def test_an_update_while_typing_keeps_the_text_the_focus_and_the_caret(desk):
	desk.show()
	desk.button("Mark as used", desk.line(MOMENT)).click()
	desk.page.keyboard.type("He walks again")
	desk.page.keyboard.press("Home")
	desk.update(banner(NEVER, {**MOMENT, "source": "told to Priya, 4 weeks ago"}, PROMISE))
	desk.update(banner(NEVER, PROMISE))
	desk.page.keyboard.type("Yes. ")
	assert desk.page.get_by_label("What did they say?").input_value() == "Yes. He walks again"
	assert desk.texts() == [NEVER["text"], MOMENT["text"], PROMISE["text"]]
	desk.page.keyboard.press("Escape")
	assert desk.texts() == [NEVER["text"], PROMISE["text"]]


def test_another_customer_drops_the_form_and_every_draft(desk):
	desk.show()
	jot(desk, "About the first one")
	desk.update(banner(FACT, customer="CUST-2"))
	assert desk.page.locator("form").count() == 0
	desk.button("Add note").click()
	assert desk.page.get_by_label("What do you want to remember?").input_value() == ""


def test_an_answer_about_the_customer_before_is_not_shown(desk):
	desk.answer("notes.snooze", {"waits": True})
	desk.show()
	desk.button("Snooze", desk.line(MOMENT)).click()
	desk.page.get_by_role("menuitem", name="Tomorrow").click()
	desk.update(banner(FACT, customer="CUST-2"))
	desk.release("notes.snooze", {"banner": banner(PROMISE)})
	desk.page.wait_for_timeout(50)
	assert desk.texts() == [FACT["text"]]
	assert desk.page.locator(".mx-message").inner_text() == ""


# For everyone


def test_everything_has_a_role_and_a_name(desk):
	desk.answer("notes.get_form_options", TYPES)
	desk.show(banner(NEVER, PROMISE, MOMENT, more=1))
	assert desk.page.get_by_role("region", name="Remember this").count() == 1
	assert desk.page.get_by_role("list").first.get_by_role("listitem").count() == 3
	fold = desk.button("Collapse")
	assert fold.get_attribute("aria-expanded") == "true"
	controlled = fold.get_attribute("aria-controls")
	assert desk.page.locator(f"[id='{controlled}']").count() == 1
	for opener in ("Add note", "Record gesture", "Follow up"):
		desk.opener(opener).click()
		assert desk.opener(opener).get_attribute("aria-expanded") == "true"
		assert desk.page.get_by_role("form", name=opener).count() == 1
		nameless = desk.page.locator(".mx-panel :is(button, input, select, textarea)").evaluate_all(
			"""nodes => nodes.filter(node => !(node.textContent.trim() && node.tagName === 'BUTTON')
				&& !node.getAttribute('aria-label') && !node.labels?.length).map(node => node.outerHTML)"""
		)
		assert nameless == []
	assert desk.page.locator(".mx-message").get_attribute("aria-live") == "polite"


def test_the_focus_can_be_seen(desk):
	desk.show()
	desk.page.locator("#outside").focus()
	desk.page.keyboard.press("Shift+Tab")
	outline = desk.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
	assert desk.page.evaluate("panel.element.contains(document.activeElement)")
	assert outline == "2px"


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_phone_is_wide_enough(open_page, direction):
	desk = Desk(open_page(f"harness.html?dir={direction}", width=360, height=740))
	long = {**MOMENT, "text": "Donaudampfschifffahrtsgesellschaftskapitän " * 3 + "x" * 90}
	desk.answer("gestures.propose", PROPOSAL)
	desk.show(banner(long, PROMISE, NEVER, more=12, promises=12))
	for opener in ("Add note", "Record gesture", "Follow up"):
		desk.button(opener).click()
		desk.page.locator("details").evaluate_all("nodes => nodes.forEach(node => { node.open = true })")
		assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360
	for at in range(3):
		opener = desk.page.locator("[data-action=more]").nth(at)
		opener.click()
		menu, button = desk.page.get_by_role("menu").bounding_box(), opener.bounding_box()
		assert menu["x"] >= 0 and menu["x"] + menu["width"] <= 360
		assert menu["x"] < button["x"] + button["width"] and button["x"] < menu["x"] + menu["width"]
		desk.page.keyboard.press("Escape")
	icon, words, actions = (
		desk.page.locator(LINES).first.locator(part).first.bounding_box()
		for part in ("svg", ".mx-line-text", ".mx-actions")
	)
	assert abs(icon["y"] - words["y"]) < 6
	assert actions["y"] + 8 >= words["y"] + words["height"]
	desk.button("Collapse").click()
	assert desk.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_right_to_left_turns_the_line_around(open_page):
	desk = Desk(open_page("harness.html?dir=rtl"))
	desk.show()
	line = desk.page.locator(LINES).first
	icon, actions = (line.locator(part).first.bounding_box() for part in ("svg", ".mx-actions"))
	assert icon["x"] > actions["x"] + actions["width"]


def test_text_can_be_read_in_light_and_in_dark(open_page):
	contrast = """() => {
		const luminance = (colour) => {
			const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => part / 255)
				.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
			return 0.2126 * r + 0.7152 * g + 0.0722 * b;
		};
		const under = luminance(getComputedStyle(document.querySelector('.mx-panel')).backgroundColor);
		return [...document.querySelectorAll('.mx-text, .mx-source, .mx-response, .mx-count, .mx-btn-plain, .mx-form-error')]
			.map((node) => luminance(getComputedStyle(node).color))
			.map((over) => (Math.max(over, under) + 0.05) / (Math.min(over, under) + 0.05));
	}"""
	for theme in ("light", "dark"):
		desk = Desk(open_page(f"harness.html?theme={theme}"))
		desk.show()
		desk.button("Add note").click()
		desk.button("Save").click()
		assert min(desk.page.evaluate(contrast)) >= 4.5


def test_nothing_moves_when_the_user_wants_it_still(open_page):
	desk = Desk(open_page("harness.html", reduced_motion="reduce"))
	desk.show()
	durations = desk.page.locator(".mx-panel *").evaluate_all(
		"nodes => nodes.map(node => getComputedStyle(node).transitionDuration)"
	)
	assert set(durations) == {"0s"}


# What breaks


FORMS = [
	("Add note", "What do you want to remember?", "notes.jot"),
	("Record gesture", "What", "gestures.record_gesture"),
	("Follow up", "What will you do?", "follow_ups.create"),
]
LOST = {"fails": "There is no connection to the server."}


def write(desk, opener, label, text):
	desk.button(opener).click()
	desk.page.get_by_label(label, exact=True).fill(text)
	if opener == "Follow up":
		desk.button("Tomorrow").click()


@pytest.mark.parametrize(("opener", "label", "method"), FORMS)
def test_a_second_try_goes_by_the_key_of_the_first(desk, opener, label, method):
	"""The answer was lost on its way: the words stay, and what had arrived is not made a second time."""
	desk.show()
	desk.answer(method, LOST)
	write(desk, opener, label, "Takes tea")
	desk.save()
	desk.page.get_by_text("There is no connection to the server. What you typed is still here.").wait_for()
	assert desk.page.get_by_label(label, exact=True).input_value() == "Takes tea"
	desk.answer(method, {"again": True, "banner": banner(FACT)})
	desk.save()
	desk.page.get_by_text("Already saved on the first attempt. No duplicate was created.").wait_for()
	assert desk.page.locator("form").count() == 0
	first, second = desk.keys(method)
	assert first == second and len(first) == 32


@pytest.mark.parametrize(("opener", "label", "method"), FORMS)
def test_what_was_changed_after_a_first_try_that_had_arrived_is_not_lost(desk, opener, label, method):
	desk.show()
	desk.answer(method, LOST)
	write(desk, opener, label, "Takes tea")
	desk.save()
	desk.page.get_by_text("There is no connection").wait_for()
	desk.page.get_by_label(label, exact=True).fill("Takes tea with milk")
	desk.answer(method, {"again": True, "banner": banner(FACT)})
	desk.save()
	desk.page.get_by_text("Your first version is already saved.").wait_for()
	assert desk.page.get_by_label(label, exact=True).input_value() == "Takes tea with milk"
	assert desk.texts() == [FACT["text"]]
	desk.answer(method, {"banner": banner(FACT)})
	desk.save()
	desk.page.locator("form").wait_for(state="detached")
	first, second, third = desk.keys(method)
	assert first == second != third


def test_what_was_refused_leaves_nothing_behind_that_a_later_try_could_be_taken_for(desk):
	desk.show()
	desk.answer("notes.jot", {"fails": "Better not.", "refused": True})
	jot(desk, "Takes tea")
	desk.button("Save").click()
	desk.page.get_by_text("Better not.").wait_for()
	desk.page.get_by_label("What do you want to remember?").fill("Takes milk")
	desk.answer("notes.jot", LOST)
	desk.button("Save").click()
	desk.page.get_by_text("There is no connection").wait_for()
	desk.answer("notes.jot", {"again": True, "banner": banner(FACT)})
	desk.button("Save").click()
	desk.page.get_by_text("Already saved on the first attempt").wait_for()


def test_two_notes_have_keys_of_their_own(desk):
	desk.show()
	for text in ("Takes tea", "Takes milk"):
		jot(desk, text)
		desk.button("Save").click()
		desk.page.locator("form").wait_for(state="detached")
	first, second = desk.keys("notes.jot")
	assert first != second


def test_an_answer_that_never_comes_is_waited_for_no_longer_than_a_while(open_page):
	page = open_page("harness.html")
	page.clock.install()
	desk = Desk(page).show()
	desk.answer("notes.jot", {"waits": True})
	jot(desk, "Takes tea")
	desk.button("Save").click()
	page.clock.fast_forward(44_000)
	assert page.get_by_text("The server has not answered yet.").count() == 0
	page.clock.fast_forward(2_000)
	page.get_by_text(
		"The server has not answered yet. Please try again. What you typed is still here."
	).wait_for()
	# The late answer changes nothing any more; the second try is known by its key.
	desk.release("notes.jot", {"banner": banner(FACT)})
	assert page.get_by_label("What do you want to remember?").input_value() == "Takes tea"
	desk.answer("notes.jot", {"again": True, "banner": banner(FACT)})
	desk.button("Save").click()
	page.get_by_text("Already saved on the first attempt").wait_for()
	assert len(set(desk.keys("notes.jot"))) == 1


def leave(page) -> list[str]:
	"""What the browser asks when the page is loaded anew; the person stays."""
	asked = []

	def stay(dialog):
		asked.append(dialog.type)
		dialog.dismiss()

	page.on("dialog", stay)
	page.evaluate("setTimeout(() => location.reload())")
	page.wait_for_timeout(400)
	page.remove_listener("dialog", stay)
	return asked


def test_who_leaves_with_words_unsent_is_asked_first(desk):
	desk.show()
	jot(desk, "Takes tea")
	assert leave(desk.page) == ["beforeunload"]
	assert desk.page.get_by_label("What do you want to remember?").input_value() == "Takes tea"
	# ... also when the form is put away for the moment
	desk.page.keyboard.press("Escape")
	assert leave(desk.page) == ["beforeunload"]
	jot(desk, "")
	desk.button("Save").click()
	desk.page.get_by_text("Note saved.").wait_for()
	desk.page.evaluate("window.before = true")
	assert leave(desk.page) == []
	desk.page.wait_for_function("!window.before")


def test_nothing_that_was_typed_is_left_in_the_browser(desk):
	"""The next person at this screen could find it there."""
	desk.show()
	jot(desk, "Takes tea")
	desk.button("Cancel").click()
	kept = desk.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
	assert "tea" not in kept
