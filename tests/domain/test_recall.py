"""Which notes and promises are shown, in what order and in what words; and that they fit into two kilobytes."""

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.recall import (
	PAYLOAD_BYTES,
	Item,
	Language,
	Manners,
	Note,
	Promise,
	Use,
	expired,
	fit,
	recall,
	source,
)

NOW = datetime(2026, 11, 22, 10, 30)  # a Sunday
TODAY = NOW.date()
MANNERS = Manners()
ALL = Manners(lines=1000)
RANKS = ("promise", "never", "occasion", "moment", "pinned", "fact")
CONTACTS = (None, "Olivia", "Tomas")
INVOICE, CUSTOMER = ("Sales Invoice", "SINV-1"), ("Customer", "Bluebell")


def days(least: int, most: int):
	return st.integers(least, most).map(lambda n: TODAY + timedelta(days=n))


NOTES = st.lists(
	st.builds(
		Note,
		name=st.just(""),
		kind=st.sampled_from(["Moment", "Fact", "Occasion", "Never"]),
		note=st.sampled_from(["Takes tea.", "Rex was ill", "Ana's birthday", "{0} {1} %s {note}"]),
		certainty=st.sampled_from(["Told Us", "Noticed", "Confirmed"]),
		heard_by=st.sampled_from(["", "Priya"]),
		heard_by_me=st.booleans(),
		heard_on=st.none() | days(-400, 0),
		heard_via=st.sampled_from(["", "Phone", "Visit", "Other"]),
		contact=st.sampled_from(CONTACTS),
		occasion_on=st.none() | days(-500, 40) | st.just(date(2000, 2, 29)),
		repeats_yearly=st.booleans(),
		remember_until=st.none() | days(-60, 60),
		pinned=st.booleans(),
	),
	max_size=10,
).map(lambda notes: [replace(note, name=f"NOTE-{n:03}") for n, note in enumerate(notes)])
PROMISES = st.lists(
	st.builds(
		Promise,
		name=st.just(""),
		subject=st.just("Send the book"),
		due_on=days(-60, 20),
		assigned_to=st.sampled_from(["Ana", "Priya"]),
		mine=st.booleans(),
		snoozed_until=st.none() | days(-10, 10),
	),
	max_size=4,
).map(lambda rows: [replace(row, name=f"PROMISE-{n:03}") for n, row in enumerate(rows)])
USES = st.lists(
	st.builds(
		Use,
		note=st.integers(0, 9).map(lambda n: f"NOTE-{n:03}"),
		action=st.sampled_from(["Used", "Snoozed"]),
		used_by=st.just("Ana"),
		by_me=st.booleans(),
		used_on=st.integers(0, 40 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
		they_said=st.sampled_from(["", "Better"]),
		snoozed_until=st.none() | days(-5, 5),
		reference=st.sampled_from([None, INVOICE, CUSTOMER]),
	),
	max_size=6,
	unique_by=lambda use: (use.note, use.used_on),
)
CASES = st.tuples(NOTES, PROMISES, USES)


def show(case, **more):
	notes, promises, uses = case
	return recall(notes, promises, uses, **{"now": NOW, "manners": ALL, **more})


def names(shown) -> list[str]:
	return [item.name for item in shown.items]


def one(note: Note, *uses: Use, **more) -> Item | None:
	items = show(([note], [], uses), **more).items
	return items[0] if items else None


# What is shown, in what order


@given(CASES)
def test_the_most_useful_comes_first(case):
	"""A promise that is due, Never, an occasion that is near, a fresh moment, what is pinned, a fact."""
	shown = show(case)
	ranks = [RANKS.index(item.type) for item in shown.items]
	assert ranks == sorted(ranks)
	notes = {note.name: note for note in case[0]}
	for item in shown.items:
		if item.type == "promise":
			continue
		note = notes[item.name]
		age = (TODAY - note.heard_on).days if note.heard_on else 0
		if note.kind == "Never":
			assert item.type == "never"
		elif item.type == "occasion":
			assert note.kind == "Occasion" and note.occasion_on
		elif item.type == "moment":
			assert note.kind == "Moment" and age <= MANNERS.moment_fresh_days
		else:
			assert (item.type == "pinned") == note.pinned
			assert not (note.kind == "Moment" and age <= MANNERS.moment_fresh_days)
			assert item.type != "never"


@given(CASES, st.integers(0, 8))
def test_fewer_lines_show_the_first_of_them(case, lines):
	shown, everything = show(case, manners=Manners(lines=lines)), show(case)
	assert len(shown.items) <= max(lines, 1)
	assert shown.items == everything.items[: max(lines, 1)]


@given(CASES, st.integers(0, 8))
def test_nothing_is_lost_from_the_count(case, lines):
	shown = show(case, manners=Manners(lines=lines))
	assert shown.more + len(shown.items) == len(case[0]) + len(case[1])
	assert shown.more >= 0
	assert len(set(names(shown))) == len(shown.items)


@given(CASES, st.integers(0, 2**16), st.sampled_from(CONTACTS), st.sampled_from([None, INVOICE, CUSTOMER]))
def test_the_order_of_the_rows_does_not_matter(case, seed, contact, reference):
	shuffled = [list(rows) for rows in case]
	for rows in shuffled:
		Random(seed).shuffle(rows)
	context = {"contact": contact, "reference": reference, "manners": Manners(lines=4)}
	assert show(shuffled, **context) == show(case, **context)


@given(CASES)
def test_what_has_had_its_time_is_not_shown(case):
	notes = {note.name: note for note in case[0]}
	for item in show(case).items:
		if not (note := notes.get(item.name)):
			continue
		if note.kind == "Moment":
			assert not (note.remember_until and note.remember_until < TODAY)
			if not note.remember_until and note.heard_on:
				assert TODAY - note.heard_on <= timedelta(days=120)
		if note.kind == "Occasion" and note.occasion_on and not note.repeats_yearly:
			assert note.occasion_on >= TODAY
		assert not expired(note, TODAY, MANNERS)


@given(CASES)
def test_what_was_used_lately_rests(case):
	never = {note.name for note in case[0] if note.kind == "Never"}
	shown = set(names(show(case)))
	for use in case[2]:
		if use.action == "Used" and NOW - use.used_on < timedelta(days=14):
			assert use.note not in shown - never
		if use.action == "Snoozed" and use.by_me and use.snoozed_until and use.snoozed_until > TODAY:
			assert use.note not in shown - never


@given(CASES)
def test_a_never_note_is_always_shown(case):
	"""Whoever used it, put it off or heard it ten years ago: as long as promises leave a line."""
	never = {note.name for note in case[0] if note.kind == "Never"}
	due = show(case).promises
	shown = show(case, manners=Manners(lines=due + len(never)))
	assert never <= set(names(shown))


@given(CASES)
def test_promises_are_shown_when_they_are_due(case):
	due = {p.name for p in case[1] if p.due_on <= TODAY and not (p.snoozed_until and p.snoozed_until > TODAY)}
	shown = show(case)
	assert shown.promises == len(due)
	assert due == {item.name for item in shown.items if item.type == "promise"}
	for item in shown.items:
		if item.type == "promise":
			assert item.late == (next(p for p in case[1] if p.name == item.name).due_on < TODAY)


def test_one_of_each_in_order():
	notes = [
		Note("n-fact", "Fact", "Takes tea"),
		Note("n-pinned", "Fact", "Calls before noon", pinned=True),
		Note("n-moment", "Moment", "The dog is ill", heard_on=TODAY),
		Note("n-occasion", "Occasion", "Wedding", occasion_on=TODAY + timedelta(days=14)),
		Note("n-never", "Never", "No alcohol"),
	]
	promises = [
		Promise("p-today", "Send it", TODAY),
		Promise("p-later", "Send more", TODAY + timedelta(days=1)),
	]
	shown = recall(notes, promises, now=NOW)
	assert names(shown) == ["p-today", "n-never", "n-occasion"]
	assert (shown.more, shown.promises) == (4, 1)
	assert names(show((notes, promises, []))) == [
		"p-today",
		"n-never",
		"n-occasion",
		"n-moment",
		"n-pinned",
		"n-fact",
	]


def test_ties_keep_the_order_of_their_names():
	notes = [Note(name, "Fact", "Takes tea", heard_on=TODAY) for name in ("c", "a", "b")]
	assert names(show((notes, [], []))) == ["a", "b", "c"]
	promises = [Promise(name, "Send it", TODAY) for name in ("q", "p")]
	assert names(show(([], promises, []))) == ["p", "q"]


def test_my_own_and_the_longest_overdue_promises_come_first():
	promises = [
		Promise("a", "s", TODAY - timedelta(days=9), assigned_to="Ana"),
		Promise("b", "s", TODAY, mine=True),
		Promise("c", "s", TODAY - timedelta(days=2), mine=True),
	]
	assert names(show(([], promises, []))) == ["c", "b", "a"]


def test_the_contact_on_the_document_comes_first_within_a_rank():
	notes = [
		Note("a-other", "Fact", "Takes tea", contact="Tomas", heard_on=TODAY),
		Note("b-this", "Fact", "Takes milk", contact="Olivia", heard_on=TODAY - timedelta(days=300)),
		Note("c-other-never", "Never", "No alcohol", contact="Tomas"),
	]
	assert names(show((notes, [], []), contact="Olivia")) == ["c-other-never", "b-this", "a-other"]
	assert names(show((notes, [], []), contact="Tomas")) == ["c-other-never", "a-other", "b-this"]
	assert names(show((notes, [], []))) == ["c-other-never", "a-other", "b-this"]


def test_the_nearer_date_comes_first():
	occasions = [
		Note(f"n{n}", "Occasion", "Party", occasion_on=TODAY + timedelta(days=n)) for n in (9, 0, 14, 15)
	]
	assert names(show((occasions, [], []))) == ["n0", "n9", "n14"]
	facts = [Note(f"n{n}", "Fact", "Tea", heard_on=TODAY - timedelta(days=n)) for n in (40, 3, 365)]
	assert names(show((facts, [], []))) == ["n3", "n40", "n365"]


def test_no_lines_at_all_still_show_the_best_one():
	assert len(show(([Note("n", "Fact", "Takes tea")], [], []), manners=Manners(lines=0)).items) == 1


def test_nothing_known_shows_nothing():
	shown = recall([], [], now=NOW)
	assert (shown.items, shown.more, shown.promises) == ((), 0, 0)


# How notes fade


def test_a_moment_is_fresh_then_a_fact_then_forgotten():
	ages = {
		n: one(Note("n", "Moment", "Ill", heard_on=TODAY - timedelta(days=n))) for n in (0, 30, 31, 120, 121)
	}
	assert {n: item and item.type for n, item in ages.items()} == {
		0: "moment",
		30: "moment",
		31: "fact",
		120: "fact",
		121: None,
	}


def test_remember_until_holds_longer_and_ends_sooner():
	old = Note("n", "Moment", "Ill", heard_on=TODAY - timedelta(days=200), remember_until=TODAY)
	assert one(old).type == "fact"
	assert one(replace(old, heard_on=TODAY, remember_until=TODAY - timedelta(days=1))) is None


def test_an_occasion_far_away_is_silent_unless_pinned():
	far = Note("n", "Occasion", "Wedding", occasion_on=TODAY + timedelta(days=60))
	assert one(far) is None
	assert one(replace(far, pinned=True)).type == "pinned"


# In what words


def test_a_birthday_on_29_february():
	note = Note(
		"n",
		"Occasion",
		"Birthday",
		heard_on=date(2026, 1, 1),
		occasion_on=date(2000, 2, 29),
		repeats_yearly=True,
	)
	common = one(note, now=datetime(2027, 2, 20))
	assert common.text == "Birthday: in 8 days, on 28 Feb (turns 27)"
	leap = one(note, now=datetime(2028, 2, 20))
	assert leap.text == "Birthday: in 9 days, on 29 Feb (turns 28)"
	assert one(note, now=datetime(2027, 2, 28)).text == "Birthday: today (turns 27)"
	assert one(note, now=datetime(2027, 3, 1)) is None


@pytest.mark.parametrize(
	("occasion_on", "heard_on", "yearly", "turns"),
	[
		(date(1982, 12, 1), date(2025, 5, 5), True, "44"),
		(date(2025, 12, 1), date(2025, 5, 5), True, None),  # "1 December": the year of birth was not said
		(date(2026, 12, 1), date(2025, 5, 5), True, None),
		(date(2026, 12, 1), date(2025, 5, 5), False, None),
		(date(1982, 12, 1), None, True, None),
	],
)
def test_an_age_is_told_only_when_the_year_is_known(occasion_on, heard_on, yearly, turns):
	item = one(
		Note("n", "Occasion", "Birthday.", heard_on=heard_on, occasion_on=occasion_on, repeats_yearly=yearly)
	)
	assert item.text == "Birthday: in 9 days, on 1 Dec" + (f" (turns {turns})" if turns else "")


def test_an_occasion_in_the_new_year_says_the_year():
	note = Note("n", "Occasion", "Party", occasion_on=date(2027, 1, 2))
	assert one(note, now=datetime(2026, 12, 30)).text == "Party: in 3 days, on 2 Jan 2027"


def test_today_and_tomorrow_need_no_date():
	for ahead, words in ((0, "today"), (1, "tomorrow")):
		assert (
			one(Note("n", "Occasion", "Party", occasion_on=TODAY + timedelta(days=ahead))).text
			== f"Party: {words}"
		)


def test_what_was_only_noticed_is_a_question():
	item = one(
		Note("n", "Fact", "May prefer oat milk.", certainty="Noticed", heard_by="Ana", heard_via="Visit")
	)
	assert item.ask
	assert item.text == "May prefer oat milk: noticed once, better ask"
	assert item.source == "noticed by Ana"
	for certainty in ("Told Us", "Confirmed"):
		sure = one(Note("n", "Fact", "Oat milk.", certainty=certainty))
		assert not sure.ask and sure.text == "Oat milk."
	assert not one(Note("n", "Never", "No alcohol", certainty="Noticed")).ask


@given(CASES)
def test_a_question_is_asked_exactly_where_something_was_noticed(case):
	notes = {note.name: note for note in case[0]}
	for item in show(case).items:
		note = notes.get(item.name)
		assert item.ask == bool(note and note.certainty == "Noticed" and note.kind != "Never")


@pytest.mark.parametrize(
	("note", "expected"),
	[
		(Note("n", "Fact", "Tea", heard_by="Priya", heard_via="Phone", heard_on=date(2026, 11, 1)), "told to Priya by phone, 3 weeks ago"),
		(Note("n", "Fact", "Tea", heard_by="Priya", heard_by_me=True, heard_via="Email", heard_on=TODAY), "told to you by email, today"),
		(Note("n", "Fact", "Tea", "Confirmed", "Ana", heard_via="In Person", heard_on=date(2026, 11, 21)), "confirmed to Ana in person, yesterday"),
		(Note("n", "Fact", "Tea", "Noticed", "Ana", heard_via="Visit", heard_on=date(2025, 11, 1)), "noticed by Ana, 13 months ago"),
		(Note("n", "Fact", "Tea", heard_by="Ana", heard_via="Other"), "told to Ana"),
		(Note("n", "Fact", "Tea", heard_on=date(2026, 11, 13)), "9 days ago"),
		(Note("n", "Fact", "Tea"), ""),
	],
)  # fmt: skip
def test_where_it_comes_from(note, expected):
	assert source(note, TODAY, Language()) == expected


def test_promises_in_words():
	mine = Promise("p", "Send the book", TODAY - timedelta(days=1), "Ana", mine=True)
	theirs = replace(mine, mine=False, due_on=TODAY)
	item, other = show(([], [mine], [])).items[0], show(([], [theirs], [])).items[0]
	assert (item.text, item.source, item.late, item.mine) == (
		"You promised: Send the book",
		"due yesterday",
		True,
		True,
	)
	assert (other.text, other.source, other.late, other.mine) == (
		"Ana promised: Send the book",
		"due today",
		False,
		False,
	)


def test_text_with_braces_stays_text():
	item = one(Note("n", "Fact", "{0} {note} {} %s {{ x }}", certainty="Noticed", heard_by="{0}"))
	assert item.text == "{0} {note} {} %s {{ x }}: noticed once, better ask"
	assert item.source == "noticed by {0}"


# Used, and later


USED = Use("n", "Used", "Ana", False, datetime(2026, 11, 3, 12), "He is better")
FACT = Note("n", "Fact", "The dog is ill", heard_on=date(2026, 10, 1))


def test_a_used_note_rests_and_then_says_so():
	assert one(FACT, replace(USED, used_on=NOW - timedelta(days=13, hours=23))) is None
	assert one(FACT, replace(USED, used_on=NOW - timedelta(days=14))) is not None
	assert one(FACT, USED).said == "asked by Ana on 3 Nov: He is better"
	assert one(FACT, replace(USED, by_me=True, they_said="")).said == "asked by you on 3 Nov"
	assert (
		one(FACT, replace(USED, used_on=datetime(2025, 11, 3))).said
		== "asked by Ana on 3 Nov 2025: He is better"
	)


def test_the_last_use_is_the_one_that_is_told():
	older = replace(USED, used_on=datetime(2026, 9, 1), used_by="Maya", they_said="Still ill")
	for uses in ((older, USED), (USED, older)):
		assert one(FACT, *uses).said == "asked by Ana on 3 Nov: He is better"


def test_a_never_note_does_not_rest():
	never = replace(FACT, kind="Never")
	assert one(never, replace(USED, used_on=NOW)).type == "never"
	assert one(never, Use("n", "Snoozed", "Ana", True, NOW)).type == "never"


def test_an_occasion_that_was_spoken_of_is_over_until_next_year():
	note = Note("n", "Occasion", "Birthday", occasion_on=date(2025, 12, 1), repeats_yearly=True)
	for_this_one = replace(USED, used_on=datetime(2026, 11, 17))
	quick = Manners(rest_days=1)
	assert one(note, for_this_one, manners=quick) is None
	assert one(note, replace(USED, used_on=datetime(2026, 11, 16)), manners=quick) is not None
	assert one(note, for_this_one, manners=quick, now=datetime(2027, 11, 25)).said.startswith(
		"asked by Ana on 17 Nov 2026"
	)


def later(until: date | None, reference=INVOICE, by_me=True, used_on=NOW) -> Use:
	return Use("n", "Snoozed", "Ana", by_me, used_on, snoozed_until=until, reference=reference)


def at(day: int, hour: int = 9) -> datetime:
	return datetime(2026, 11, day, hour)


@pytest.mark.parametrize(("until", "back_on"), [(date(2026, 11, 23), 23), (date(2026, 11, 29), 29)])
def test_later_until_a_day(until, back_on):
	for day in range(22, 31):
		shown = one(FACT, later(until), now=at(day, 23)) is not None
		assert shown == (day >= back_on)


def test_later_until_the_next_visit():
	put_off = later(None)
	other = ("Sales Invoice", "SINV-2")
	# The same document, that day and on any later day.
	assert one(FACT, put_off, now=at(22, 23), reference=INVOICE) is None
	assert one(FACT, put_off, now=at(28), reference=INVOICE) is None
	# Another document on the same day is still the same visit.
	assert one(FACT, put_off, now=at(22, 23), reference=other) is None
	assert one(FACT, put_off, now=at(22, 23)) is None
	# Another document, or none yet, on the next day is the next visit.
	assert one(FACT, put_off, now=at(23), reference=other) is not None
	assert one(FACT, put_off, now=at(23)) is not None


def test_the_form_of_the_customer_is_no_visit_of_its_own():
	"""It is the same document every day: put off there, the note is back tomorrow."""
	put_off = later(None, reference=CUSTOMER)
	assert one(FACT, put_off, now=at(22, 23), reference=CUSTOMER) is None
	assert one(FACT, put_off, now=at(23), reference=CUSTOMER) is not None


def test_what_a_colleague_puts_off_is_not_put_off_for_me():
	assert one(FACT, later(date(2026, 12, 24), by_me=False)) is not None
	assert one(FACT, later(None, by_me=False), reference=INVOICE) is not None


def test_snoozing_is_not_asking():
	assert one(FACT, later(TODAY, used_on=NOW - timedelta(days=3))).said == ""


# In the language of the viewer


@pytest.mark.parametrize(
	("locale", "ago", "day", "day_of_another_year"),
	[
		("en", "3 weeks ago", "1 Nov", "1 Nov 2025"),
		("de", "vor 3 Wochen", "1 Nov.", "1 Nov. 2025"),
		("fr", "il y a 3 semaines", "1 nov.", "1 nov. 2025"),
		("es", "hace 3 semanas", "1 nov", "1 nov 2025"),
	],
)
def test_dates_in_the_language_of_the_viewer(locale, ago, day, day_of_another_year):
	language = Language(str, locale)
	assert language.ago(date(2026, 11, 1), TODAY) == ago
	assert language.date(date(2026, 11, 1), TODAY) == day
	assert language.date(date(2025, 11, 1), TODAY) == day_of_another_year


def test_arabic_is_written_in_arabic():
	language = Language(str, "ar")
	for text in (language.ago(date(2026, 11, 1), TODAY), language.date(date(2026, 11, 1), TODAY)):
		assert re.search(r"[\u0600-\u06ff]", text)
		assert not re.search(r"[a-z]", text, re.IGNORECASE)


def test_what_is_translated_is_asked_for_as_a_template():
	"""The translator sees templates and words, never the text of a note."""
	asked = []

	def translate(text: str) -> str:
		asked.append(text)
		return text

	note = Note(
		"n", "Occasion", "SECRET", "Noticed", "Ana", heard_on=TODAY, occasion_on=TODAY, repeats_yearly=True
	)
	shown = recall(
		[note],
		[Promise("p", "SECRET", TODAY)],
		[USED],
		now=NOW,
		language=Language(translate, "de"),
		manners=ALL,
	)
	assert len(shown.items) == 2 and all("SECRET" in item.text for item in shown.items)
	assert asked and not any("SECRET" in text or "Ana" in text for text in asked)


@given(CASES, st.sampled_from(["de", "fr", "ar", "pt_BR", "zh_Hant", "hi"]))
def test_the_language_changes_words_and_nothing_else(case, locale):
	shown, english = show(case, language=Language(str, locale)), show(case)
	assert [(i.name, i.type, i.ask, i.late) for i in shown.items] == [
		(i.name, i.type, i.ask, i.late) for i in english.items
	]


# Two kilobytes

TEXTS = st.builds(
	lambda piece, times: piece * times,
	st.text(
		st.sampled_from("aä é🎂👩\u200d👧日本語\x00\x1f\n\t\"\\</>&'\u2028\ufffd\u0301ن"),
		min_size=1,
		max_size=9,
	)
	| st.text(min_size=1, max_size=5),
	st.integers(1, 90),
).map(lambda text: text[:500])
ITEMS = st.lists(
	st.builds(
		Item,
		type=st.sampled_from(RANKS),
		name=st.integers(0, 10**6).map(lambda n: f"NOTE-{n:06}"),
		text=TEXTS,
		source=TEXTS | st.just(""),
		said=TEXTS | st.just(""),
		ask=st.booleans(),
		late=st.booleans(),
		mine=st.booleans(),
	),
	max_size=6,
)


def payload(items: list[Item], customer: str = "Harbour Street Books", more: int = 2) -> dict:
	return {
		"customer": customer,
		"items": [item.as_dict() for item in items],
		"more": more,
		"promises": 1,
		"wallet": {"left": 38.0, "text": "€ 38.00 left", "low": False},
		"can": {"jot": True, "gesture": True, "follow_up": True},
	}


def size(value: dict) -> int:
	return len(json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii"))


@given(ITEMS, st.integers(0, 300))
def test_a_banner_fits_whatever_stands_in_it(items, more):
	whole = payload(items, more=more)
	before = json.dumps(whole)
	fitted = fit(whole)
	assert size(fitted) <= PAYLOAD_BYTES == 2048
	assert json.dumps(whole) == before, "the caller's payload was changed"
	kept = fitted["items"]
	assert fitted["more"] + len(kept) == more + len(items)
	assert {k: v for k, v in fitted.items() if k not in ("items", "more")} == {
		k: v for k, v in whole.items() if k not in ("items", "more")
	}
	for old, new in zip(whole["items"], kept, strict=False):
		assert old.keys() == new.keys()
		for key, value in old.items():
			if new[key] != value:
				assert key in ("text", "source", "said")
				assert (
					new[key].endswith("…")
					and value.startswith(new[key][:-1])
					and len(new[key]) < len(value) + 1
				)


@given(ITEMS)
def test_no_line_goes_while_shorter_texts_would_do(items):
	fitted = fit(payload(items))
	if len(fitted["items"]) < len(items):
		# One line more, its texts cut as short as those that stayed, would not have fitted.
		longest = max(
			(len(i.get(k, "")) for i in fitted["items"] for k in ("text", "source", "said")), default=0
		)
		assert longest <= 40


def test_what_fits_is_left_as_it_is():
	small = payload([Item("fact", "NOTE-000001", "Takes tea", "told to Priya, today")] * 3)
	assert fit(small) == small


def test_three_full_lines_of_plain_text_all_stay():
	full = payload([Item("fact", f"NOTE-{n:06}", "x" * 500, "y" * 60, "z" * 500, ask=True) for n in range(3)])
	fitted = fit(full)
	assert len(fitted["items"]) == 3 and fitted["more"] == 2
	assert all(len(item["text"]) >= 100 for item in fitted["items"])


def test_three_lines_of_emoji_all_stay():
	"""Twelve bytes for each of them: the texts become short, but none of the three lines goes."""
	fitted = fit(
		payload([Item("fact", f"NOTE-{n:06}", "🎂" * 500, "told to Priya, today") for n in range(3)])
	)
	assert len(fitted["items"]) == 3
	assert size(fitted) <= 2048


@pytest.mark.parametrize("customer", ["x" * 140, "漢" * 140, "🎂" * 140])
def test_the_longest_name_of_a_customer_fits_too(customer):
	fitted = fit(payload([Item("fact", "NOTE-000001", "🎂" * 500)] * 3, customer=customer))
	assert size(fitted) <= 2048
	assert fitted["customer"] == customer
	assert fitted["more"] + len(fitted["items"]) == 5


@given(CASES, st.sampled_from(["en", "de", "ar"]))
def test_whatever_is_recalled_fits(case, locale):
	shown = show(case, manners=MANNERS, language=Language(str, locale))
	assert size(fit(payload(list(shown.items), more=shown.more))) <= 2048


@pytest.mark.parametrize(
	"item", [Item("fact", "n", "Tea"), Item("fact", "n", "Tea", said="x", ask=True, late=True)]
)
def test_a_line_leaves_out_what_is_empty(item):
	row = item.as_dict()
	assert {"type", "name", "text", "source"} <= row.keys()
	assert all(row[key] for key in row.keys() - {"source"})
	assert {key for key in ("said", "ask", "late", "mine") if getattr(item, key)} <= row.keys()
