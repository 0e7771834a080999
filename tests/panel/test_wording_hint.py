"""The gentle question in the panel, in a real browser: it says why, offers three ways on, and stops nobody."""

import pytest
from panel_payloads import MOMENT, PROMISE, banner
from test_panel import Desk

HEALTH = {
	"category": "Health",
	"text": "This may be about their health. Write it only if they would not mind.",
	"words": [{"word": "depressed", "start": 7, "end": 16}],
}
INSULT = {
	"category": "Insult",
	"text": "This could hurt them if they read it. Could it be said more kindly?",
	"words": [{"word": "idiot", "start": 21, "end": 26}],
}
TEXT = "She is depressed, an idiot"
QUESTION = ".mx-wording-line"


@pytest.fixture
def desk(open_page):
	return Desk(open_page("harness.html")).show(banner(PROMISE, MOMENT))


def jot(desk, text=TEXT, hints=(HEALTH, INSULT)):
	"""Jots `text`, and the server asks about it."""
	desk.answer("notes.suggest", {"hints": list(hints)})
	desk.button("Add note").click()
	note = desk.page.get_by_label("What do you want to remember?")
	note.fill(text)
	desk.page.locator(QUESTION).first.wait_for()
	return note


def save(desk):
	desk.button("Save").click()
	desk.page.get_by_text("Note saved.").wait_for()
	return desk.calls("notes.jot")[-1]


def selected(desk):
	return desk.page.evaluate(
		"(({value, selectionStart, selectionEnd}) => value.slice(selectionStart, selectionEnd))(document.activeElement)"
	)


def test_one_line_for_each_kind_of_words_names_them(desk):
	jot(desk)
	assert [" ".join(text.split()) for text in desk.page.locator(QUESTION).all_inner_texts()] == [
		f"{HEALTH['text']} depressed",
		f"{INSULT['text']} idiot",
	]


def test_the_question_is_said_to_a_screen_reader_and_is_no_dialog(desk):
	jot(desk)
	said = desk.page.locator(".mx-wording-hints")
	assert said.get_attribute("role") == "status"
	assert (
		desk.page.get_by_role("dialog").count()
		== desk.page.get_by_role("alert").filter(visible=True).count()
		== 0
	)
	assert desk.focused("name") == "note"


def test_its_place_can_be_heard_before_there_is_anything_to_say(desk):
	"""A live region that is made together with its words is not read out by every screen reader."""
	desk.button("Add note").click()
	said = desk.page.locator(".mx-wording-hints")
	assert said.evaluate("node => getComputedStyle(node).display") != "none"
	assert said.evaluate("node => node.closest('.mx-wording').offsetHeight") == 0
	assert desk.page.get_by_role("group", name="Wording options").count() == 0


def test_whoever_passes_over_the_question_saves_as_ever(desk):
	jot(desk)
	assert desk.button("Save").is_enabled()
	assert save(desk) == {"note": TEXT}


def test_mark_sensitive_is_one_tap_and_can_be_taken_back(desk):
	jot(desk)
	mark = desk.button("Mark as sensitive")
	mark.click()
	assert mark.get_attribute("aria-pressed") == "true"
	mark.click()
	assert mark.get_attribute("aria-pressed") == "false"
	mark.click()
	assert save(desk) == {"note": TEXT, "sensitive": True}


def test_the_tick_among_the_details_is_the_same_one(desk):
	jot(desk)
	desk.page.locator("summary", has_text="More options").click()
	desk.page.get_by_label("Sensitive", exact=True).check()
	assert desk.button("Mark as sensitive").get_attribute("aria-pressed") == "true"
	desk.button("Mark as sensitive").click()
	assert not desk.page.get_by_label("Sensitive", exact=True).is_checked()


def test_there_are_no_two_ways_to_mark_it_side_by_side(desk):
	desk.answer("notes.suggest", {"topic": "Health", "sensitive": True, "hints": [HEALTH]})
	desk.button("Add note").click()
	desk.page.get_by_label("What do you want to remember?").fill(TEXT)
	desk.page.locator(QUESTION).wait_for()
	chips = desk.page.locator(".mx-suggestions .mx-btn-chip")
	assert chips.all_inner_texts() == ["Topic: Health?"]


def test_rephrase_selects_the_words_one_after_the_other(desk):
	jot(desk)
	found = []
	for _ in range(3):
		desk.button("Rephrase").click()
		found.append(selected(desk))
	assert found == ["depressed", "idiot", "depressed"]


def test_rephrase_finds_the_word_after_an_emoji_and_after_spaces(desk):
	note = jot(desk, "  \U0001f600 ill? ill", [HEALTH | {"words": [{"word": "ill", "start": 7, "end": 10}]}])
	desk.button("Rephrase").click()
	assert (
		note.evaluate("node => node.selectionStart")
		== len("  \U0001f600 ill? ill".encode("utf-16-le")) // 2 - 3
	)


def test_keep_because_takes_one_line(desk):
	jot(desk)
	keep = desk.button("Keep with a reason")
	keep.click()
	assert keep.get_attribute("aria-expanded") == "true"
	assert desk.focused("name") == "kept_as_is_because"
	desk.page.keyboard.type("She asked us to know it")
	assert save(desk) == {"note": TEXT, "kept_as_is_because": "She asked us to know it"}


def test_a_reason_that_is_folded_away_is_not_sent(desk):
	jot(desk)
	desk.button("Keep with a reason").click()
	desk.page.keyboard.type("No reason")
	desk.button("Keep with a reason").click()
	assert save(desk) == {"note": TEXT}


def test_the_keyboard_alone_reaches_every_way_on(desk):
	jot(desk)
	desk.page.keyboard.press("Tab")
	assert desk.focused() == "Mark as sensitive"
	desk.page.keyboard.press("Space")
	desk.page.keyboard.press("Tab")
	assert desk.focused() == "Rephrase"
	desk.page.keyboard.press("Enter")
	assert selected(desk) == "depressed"
	for _ in range(3):
		desk.page.keyboard.press("Tab")
	assert desk.focused() == "Keep with a reason"
	desk.page.keyboard.press("Enter")
	desk.page.keyboard.type("Because")
	desk.page.keyboard.press("Control+Enter")
	desk.page.get_by_text("Note saved.").wait_for()
	assert desk.calls("notes.jot") == [{"note": TEXT, "sensitive": True, "kept_as_is_because": "Because"}]


def test_the_question_goes_with_the_words_and_the_reason_with_it(desk):
	note = jot(desk)
	desk.button("Keep with a reason").click()
	desk.page.keyboard.type("Because")
	desk.answer("notes.suggest", {"hints": []})
	note.fill("She likes tea")
	desk.page.locator(QUESTION).first.wait_for(state="detached")
	assert not desk.button("Rephrase").is_visible()
	assert save(desk) == {"note": "She likes tea"}


def test_whoever_stands_on_a_choice_while_the_words_go_is_back_in_the_box(desk):
	note = jot(desk)
	desk.answer("notes.suggest", {"waits": True})
	note.fill("She likes tea")
	desk.page.wait_for_function("calls.filter(([name]) => name === 'notes.suggest').length === 2")
	desk.button("Rephrase").focus()
	desk.release("notes.suggest", {"hints": []})
	desk.page.locator(QUESTION).first.wait_for(state="detached")
	assert desk.focused("name") == "note"


def test_a_question_that_does_not_come_is_not_missed(desk):
	desk.answer("notes.suggest", {"fails": "No."})
	desk.button("Add note").click()
	desk.page.get_by_label("What do you want to remember?").fill(TEXT)
	desk.page.wait_for_function("calls.some(([name]) => name === 'notes.suggest')")
	assert save(desk) == {"note": TEXT}


def test_the_words_are_not_shown_where_customers_see_the_screen(desk):
	desk.show(banner(MOMENT), state={"discreet": True})
	jot(desk)
	assert desk.page.locator(QUESTION).first.inner_text() == HEALTH["text"]


# What they said, and the message of a gesture


def test_what_they_said_is_asked_about_and_becomes_a_sensitive_note(desk):
	desk.answer("wording.check_wording", {"hints": [HEALTH]})
	desk.button("Mark as used", desk.line(MOMENT)).click()
	desk.page.get_by_label("What did they say?").fill(TEXT)
	desk.page.locator(QUESTION).wait_for()
	assert desk.calls("wording.check_wording") == [{"text": TEXT}]
	assert not desk.button("Keep with a reason").is_visible()
	desk.button("Mark as sensitive").click()
	assert desk.page.get_by_label("Save as a note").is_checked()
	desk.button("Save").click()
	desk.page.get_by_text("Note marked as used.").wait_for()
	assert desk.calls("notes.mark_used") == [
		{"name": "N-1", "they_said": TEXT, "remember": True, "sensitive": True}
	]


def test_what_they_said_is_kept_with_a_reason_only_as_a_note(desk):
	desk.answer("wording.check_wording", {"hints": [HEALTH]})
	desk.button("Mark as used", desk.line(MOMENT)).click()
	desk.page.get_by_label("What did they say?").fill(TEXT)
	desk.page.locator(QUESTION).wait_for()
	desk.page.get_by_label("Save as a note").check()
	desk.button("Keep with a reason").click()
	desk.page.keyboard.type("For the cake")
	desk.page.keyboard.press("Enter")
	desk.page.get_by_text("Note marked as used.").wait_for()
	assert desk.calls("notes.mark_used") == [
		{"name": "N-1", "they_said": TEXT, "remember": True, "kept_as_is_because": "For the cake"}
	]


def test_the_outcome_of_a_promise_and_a_message_can_be_rephrased(desk):
	desk.answer("wording.check_wording", {"hints": [HEALTH]})
	desk.button("Done", desk.line(PROMISE)).click()
	desk.page.get_by_label("How did it go?").fill(TEXT)
	desk.page.locator(QUESTION).wait_for()
	assert desk.page.get_by_role("group", name="Wording options").get_by_role("button").all_inner_texts() == [
		"Rephrase"
	]
	desk.button("Cancel").click()
	desk.button("Record gesture").click()
	desk.page.get_by_label("Message").fill(TEXT)
	desk.page.locator(QUESTION).wait_for()
	desk.button("Rephrase").click()
	assert selected(desk) == "depressed"


def test_what_is_written_for_one_is_not_asked(desk):
	"""The proposal of a message is the site's own."""
	desk.answer(
		"gestures.propose", {"suggested_type": "Card", "what": "Card", "message": "Get well soon, so ill"}
	)
	desk.button("Record gesture").click()
	desk.button("Card?").click()
	desk.page.wait_for_function("document.querySelector('[name=message]').value")
	desk.page.wait_for_timeout(600)
	assert desk.calls("wording.check_wording") == []


# How it looks


@pytest.mark.parametrize("look", [{}, {"theme": "dark"}, {"dir": "rtl"}])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_wherever_it_stands(open_page, look, width):
	query = "&".join(f"{key}={value}" for key, value in look.items())
	desk = Desk(open_page(f"harness.html?{query}", width=width)).show(banner(MOMENT))
	jot(desk)
	desk.button("Keep with a reason").click()
	page = desk.page
	assert page.evaluate("document.documentElement.scrollWidth") <= width
	edge = "borderRightWidth" if look.get("dir") == "rtl" else "borderLeftWidth"
	assert page.locator(".mx-wording").evaluate(f"node => getComputedStyle(node).{edge}") == "2px"
	for button in page.get_by_role("group", name="Wording options").get_by_role("button").all():
		box = button.bounding_box()
		assert 0 <= box["x"] and box["x"] + box["width"] <= width
