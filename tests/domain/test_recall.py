"""The banner's lines: which notes and follow-ups are shown, in what order and in what words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.language import Language
from micro_experiences.domain.recall import (
	RecallSettings,
	Viewpoint,
	is_expired,
	is_new,
	select_items,
	select_remaining_items,
)
from micro_experiences.domain.recall_lines import BannerItem, format_source
from micro_experiences.domain.recall_rows import FollowUp, Note, NoteUse

NOW = datetime(2026, 11, 22, 10, 30)  # a Sunday
TODAY = NOW.date()
DEFAULTS = RecallSettings()
ALL = RecallSettings(lines=1000)
RANKS = ("never", "own promise", "occasion", "fresh", "moment", "pinned", "fact", "promise")
CONTACTS = (None, "Olivia", "Tomas")
INVOICE, CUSTOMER = ("Sales Invoice", "SINV-1"), ("Customer", "Bluebell")


def days_from_today(least: int, most: int):
	return st.integers(least, most).map(lambda n: TODAY + timedelta(days=n))


NOTES = st.lists(
	st.builds(
		Note,
		name=st.just(""),
		kind=st.sampled_from(["Moment", "Fact", "Occasion", "Never", ""]),
		note=st.sampled_from(["Takes tea.", "Rex was ill", "Ana's birthday", "{0} {1} %s {note}"]),
		certainty=st.sampled_from(["", "Told Us", "Noticed", "Confirmed"]),
		heard_by=st.sampled_from(["", "Priya"]),
		is_mine=st.booleans(),
		heard_on=st.none() | days_from_today(-400, 0),
		heard_via=st.sampled_from(["", "Phone", "Visit", "Other"]),
		contact=st.sampled_from(CONTACTS),
		occasion_on=st.none() | days_from_today(-500, 40) | st.just(date(2000, 2, 29)),
		repeats_yearly=st.booleans(),
		remember_until=st.none() | days_from_today(-60, 60),
		pinned=st.booleans(),
		year_known=st.booleans(),
		is_new=st.booleans(),
	),
	max_size=10,
).map(lambda notes: [replace(note, name=f"NOTE-{n:03}") for n, note in enumerate(notes)])
FOLLOW_UPS = st.lists(
	st.builds(
		FollowUp,
		name=st.just(""),
		subject=st.just("Send the book"),
		due_on=days_from_today(-60, 20),
		assigned_to=st.sampled_from(["Ana", "Priya"]),
		is_mine=st.booleans(),
		snoozed_until=st.none() | days_from_today(-10, 10),
		occurrence_key=st.just("")
		| st.builds("NOTE-{:03}|{}".format, st.integers(0, 12), days_from_today(-20, 20)),
	),
	max_size=4,
).map(lambda rows: [replace(row, name=f"PROMISE-{n:03}") for n, row in enumerate(rows)])
USES = st.lists(
	st.builds(
		NoteUse,
		note=st.integers(0, 9).map(lambda n: f"NOTE-{n:03}"),
		action=st.sampled_from(["Used", "Snoozed"]),
		used_by=st.just("Ana"),
		is_mine=st.booleans(),
		used_on=st.integers(0, 40 * 24).map(lambda hours: NOW - timedelta(hours=hours)),
		they_said=st.sampled_from(["", "Better"]),
		snoozed_until=st.none() | days_from_today(-5, 5),
		reference=st.sampled_from([None, INVOICE, CUSTOMER]),
	),
	max_size=6,
	unique_by=lambda use: (use.note, use.used_on),
)
CASES = st.tuples(NOTES, FOLLOW_UPS, USES)


def look(*, now=NOW, contact=None, reference=None, recall_settings=ALL, language=None) -> Viewpoint:
	return Viewpoint(now, contact, reference, recall_settings, language or Language())


def show(case, **more):
	return select_items(*case, viewpoint=look(**more))


def rest(case, **more):
	return select_remaining_items(*case, viewpoint=look(**more))


def names(shown) -> list[str]:
	return [item.name for item in shown.items]


def one(note: Note, *uses: NoteUse, **more) -> BannerItem | None:
	items = show(([note], [], uses), **more).items
	return items[0] if items else None


def get_rank(item) -> int:
	if item.type == "promise":
		return RANKS.index("own promise" if item.mine else "promise")
	is_fresh = item.fresh and item.type not in ("never", "occasion")
	return RANKS.index("fresh" if is_fresh else "fact" if item.type == "note" else item.type)


@given(CASES)
def test_lines_are_ordered_by_rank(case):
	"""Occasions without a visible note and distant new occasions are lines of type promise and occasion too."""
	plain = [replace(task, occurrence_key="") for task in case[1]]
	near = [note for note in case[0] if note.kind != "Occasion"]
	ranks = [get_rank(item) for item in show((near, plain, case[2])).items]
	assert ranks == sorted(ranks)


@given(CASES)
def test_line_has_the_type_of_its_note(case):
	notes = {note.name: note for note in case[0]}
	for item in show(case).items:
		if item.type == "promise":
			continue
		note = notes[item.name]
		age = (TODAY - note.heard_on).days if note.heard_on else 0
		assert (item.type == "never") == (note.kind == "Never")
		if item.type == "occasion":
			assert note.kind == "Occasion" and note.occasion_on
		if item.type == "moment":
			assert note.kind == "Moment" and age <= DEFAULTS.moment_fresh_days
		if item.type == "pinned":
			assert note.pinned
		if item.type == "note":
			assert not note.kind


@given(CASES, st.integers(1, 8))
def test_shown_and_remaining_lines_are_all_lines(case, lines):
	settings = RecallSettings(lines=lines)
	shown, remaining = show(case, recall_settings=settings), rest(case, recall_settings=settings)
	every = {(item.type, item.name) for item in (*shown.items, *remaining)}
	assert len(every) == len(shown.items) + len(remaining)
	assert shown.more == len(remaining)
	expired = {note.name for note in case[0] if is_expired(note, TODAY, settings)}
	assert {note.name for note in case[0]} - expired == {name for kind, name in every if kind != "promise"}
	never = sum(item.type == "never" for item in shown.items)
	assert len(shown.items) - never <= lines
	assert not any(item.type == "never" for item in remaining)


@given(CASES, st.integers(0, 2**16), st.sampled_from(CONTACTS), st.sampled_from([None, INVOICE, CUSTOMER]))
def test_selection_does_not_depend_on_the_order_of_rows(case, seed, contact, reference):
	shuffled = [list(rows) for rows in case]
	for rows in shuffled:
		Random(seed).shuffle(rows)
	context = {"contact": contact, "reference": reference, "recall_settings": RecallSettings(lines=4)}
	assert show(shuffled, **context) == show(case, **context)


@given(CASES)
def test_expired_note_is_not_shown(case):
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
		assert not is_expired(note, TODAY, DEFAULTS)


@given(CASES)
def test_used_or_snoozed_note_is_not_shown(case):
	never = {note.name for note in case[0] if note.kind == "Never"}
	shown = set(names(show(case)))
	for use in case[2]:
		if use.action == "Used" and NOW - use.used_on < timedelta(days=14):
			assert use.note not in shown - never
		if use.action == "Snoozed" and use.is_mine and use.snoozed_until and use.snoozed_until > TODAY:
			assert use.note not in shown - never


@given(CASES, st.integers(1, 4))
def test_never_note_is_always_shown_first(case, lines):
	"""Whatever its uses and its age, and whatever else there is."""
	never = {note.name for note in case[0] if note.kind == "Never" and not is_expired(note, TODAY, DEFAULTS)}
	shown = names(show(case, recall_settings=RecallSettings(lines=lines)))
	assert never == set(shown[: len(never)])


def test_never_note_is_shown_beside_three_overdue_follow_ups():
	late = [FollowUp(f"p{n}", "Send it", TODAY - timedelta(days=n), "Ana", is_mine=True) for n in (1, 2, 3)]
	shown = show(([Note("n", "Never", "Nuts: allergic")], late, []), recall_settings=DEFAULTS)
	assert names(shown) == ["n", "p3", "p2", "p1"]


def test_never_note_ends_with_its_date():
	note = Note("n", "Never", "No calls until 3 January", remember_until=date(2027, 1, 3))
	assert one(note, now=datetime(2027, 1, 3, 9)) is not None
	assert one(note, now=datetime(2027, 1, 4, 9)) is None


@given(CASES)
def test_due_follow_up_of_a_person_is_shown(case):
	plain = [replace(task, occurrence_key="") for task in case[1]]
	due = {p.name for p in plain if p.due_on <= TODAY and not (p.snoozed_until and p.snoozed_until > TODAY)}
	shown = show((case[0], plain, case[2]))
	assert shown.promises == len(plain)
	assert due == {item.name for item in shown.items if item.type == "promise"}
	for item in shown.items:
		if item.type == "promise":
			assert item.late == (next(p for p in plain if p.name == item.name).due_on < TODAY)


def test_one_of_each_kind_is_shown_in_order():
	notes = [
		Note("n-fact", "Fact", "Takes tea"),
		Note("n-plain", "", "Met at the fair"),
		Note("n-pinned", "Fact", "Calls before noon", pinned=True),
		Note("n-moment", "Moment", "The dog is ill", heard_on=TODAY),
		Note("n-new", "Fact", "Plays the cello", is_new=True),
		Note("n-occasion", "Occasion", "Wedding", occasion_on=TODAY + timedelta(days=14)),
		Note("n-never", "Never", "No alcohol"),
	]
	follow_ups = [
		FollowUp("p-mine", "Send it", TODAY, is_mine=True),
		FollowUp("p-theirs", "Send it too", TODAY, "Ana"),
		FollowUp("p-later", "Send more", TODAY + timedelta(days=1)),
	]
	first = show((notes, follow_ups, []), recall_settings=DEFAULTS)
	assert names(first) == ["n-never", "p-mine", "n-occasion", "n-new"]
	assert (first.more, first.promises) == (6, 3)
	others = rest((notes, follow_ups, []), recall_settings=DEFAULTS)
	assert [item.name for item in others] == [
		"n-moment",
		"n-pinned",
		"n-fact",
		"n-plain",
		"p-theirs",
		"p-later",
	]
	assert {item.name: item.type for item in others}["n-plain"] == "note"


def test_note_just_written_has_a_line_whatever_else_there_is():
	late = [FollowUp(f"p{n}", "Send it", TODAY - timedelta(days=n), is_mine=True) for n in (1, 2, 3)]
	far = Note("n", "Occasion", "Wedding", occasion_on=TODAY + timedelta(days=200), is_new=True)
	shown = show(([far], late, []), recall_settings=DEFAULTS)
	assert names(shown) == ["p3", "p2", "n"]
	assert shown.items[-1].fresh
	seen = [NoteUse("n", "Snoozed", "Ana", True, NOW, snoozed_until=TODAY + timedelta(days=9))]
	assert names(show(([far], late, seen), recall_settings=DEFAULTS)) == ["p3", "p2", "p1"]


def test_note_is_new_to_colleagues_for_a_week():
	assert is_new(NOW - timedelta(days=6, hours=23), None, NOW, by_viewer=False)
	assert is_new(NOW, TODAY - timedelta(days=6), NOW, by_viewer=False)
	assert not is_new(NOW - timedelta(days=7), None, NOW, by_viewer=False)
	assert not is_new(NOW, TODAY - timedelta(days=7), NOW, by_viewer=False)
	assert not is_new(NOW, TODAY, NOW, by_viewer=True)


BIRTHDAY = Note("n", "Occasion", "Mia's birthday", occasion_on=date(2020, 12, 1), repeats_yearly=True)
OPENED = FollowUp(
	"p", "Upcoming occasion for X", date(2026, 12, 1), is_mine=True, occurrence_key="n|2026-12-01"
)


def test_occasion_and_its_follow_up_are_one_line():
	shown = show(([BIRTHDAY], [OPENED], []))
	assert [(i.type, i.name, i.task, i.text) for i in shown.items] == [
		("occasion", "n", "p", "Mia's birthday: in 9 days, on 1 Dec")
	]
	assert (shown.more, shown.promises) == (0, 1)


@pytest.mark.parametrize(
	"uses",
	[
		[NoteUse("n", "Used", "Ana", False, NOW)],
		[NoteUse("n", "Snoozed", "Ana", True, NOW, snoozed_until=date(2026, 12, 24))],
	],
)
def test_follow_up_of_used_or_snoozed_occasion_is_no_promise(uses):
	assert show(([BIRTHDAY], [OPENED], uses)).items == ()


def test_follow_up_of_past_occasion_is_not_shown():
	after = datetime(2026, 12, 22, 9)
	once = replace(BIRTHDAY, occasion_on=date(2026, 12, 1), repeats_yearly=False)
	for notes in ([BIRTHDAY], [once], []):
		assert show((notes, [OPENED], []), now=after).items == ()


def test_occasion_without_visible_note_is_worded_neutrally():
	(item,) = show(([], [replace(OPENED, is_mine=False, assigned_to="Ana")], [])).items
	assert (item.text, item.source) == ("Upcoming occasion for X", "in 9 days")


def test_planned_gesture_is_shown_near_its_day():
	plan = FollowUp("p", "Give: Flowers", date(2026, 12, 1), "Ana", is_mine=True, gesture="g")
	assert show(([], [plan], [])).items == ()
	(item,) = show(([], [plan], []), now=datetime(2026, 11, 28, 9)).items
	assert (item.type, item.name, item.task, item.source) == (
		"gesture",
		"g",
		"p",
		"planned by you, in 3 days",
	)
	(item,) = show(([], [replace(plan, is_mine=False)], []), now=datetime(2026, 12, 3, 9)).items
	assert (item.source, item.late) == ("planned by Ana, 2 days ago", True)


def test_own_and_longest_overdue_follow_ups_come_first():
	follow_ups = [
		FollowUp("a", "s", TODAY - timedelta(days=9), assigned_to="Ana"),
		FollowUp("b", "s", TODAY, is_mine=True),
		FollowUp("c", "s", TODAY - timedelta(days=2), is_mine=True),
	]
	assert names(show(([], follow_ups, []))) == ["c", "b", "a"]


def test_note_on_the_contact_comes_first_within_its_rank():
	notes = [
		Note("a-other", "Fact", "Takes tea", contact="Tomas", heard_on=TODAY),
		Note("b-this", "Fact", "Takes milk", contact="Olivia", heard_on=TODAY - timedelta(days=300)),
		Note("c-other-never", "Never", "No alcohol", contact="Tomas"),
	]
	assert names(show((notes, [], []), contact="Olivia")) == ["c-other-never", "b-this", "a-other"]
	assert names(show((notes, [], []), contact="Tomas")) == ["c-other-never", "a-other", "b-this"]
	assert names(show((notes, [], []))) == ["c-other-never", "a-other", "b-this"]


def test_nearer_date_comes_first():
	occasions = [
		Note(f"n{n}", "Occasion", "Party", occasion_on=TODAY + timedelta(days=n)) for n in (9, 0, 14, 15)
	]
	assert names(show((occasions, [], []))) == ["n0", "n9", "n14"]
	facts = [Note(f"n{n}", "Fact", "Tea", heard_on=TODAY - timedelta(days=n)) for n in (40, 3, 365)]
	assert names(show((facts, [], []))) == ["n3", "n40", "n365"]


def test_moment_becomes_a_fact_and_expires():
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


def test_remember_until_overrides_the_expiry():
	old = Note("n", "Moment", "Ill", heard_on=TODAY - timedelta(days=200), remember_until=TODAY)
	assert one(old).type == "fact"
	assert one(replace(old, heard_on=TODAY, remember_until=TODAY - timedelta(days=1))) is None


def test_distant_occasion_is_shown_only_if_pinned():
	far = Note("n", "Occasion", "Wedding", occasion_on=TODAY + timedelta(days=60))
	assert one(far) is None
	assert one(replace(far, pinned=True)).type == "pinned"


@pytest.mark.parametrize(
	("note", "topic", "first", "known", "words"),
	[
		("Mia's birthday.", "Family", date(1982, 12, 1), True, "turns 44"),
		("Mia's birthday.", "Family", date(1982, 12, 1), False, ""),
		("Mias Geburtstag", None, date(2020, 12, 1), True, "turns 6"),
		("生日", None, date(2020, 12, 1), True, "turns 6"),
		("Birthday", None, date(1904, 12, 1), True, ""),
		("Wedding anniversary", "Celebration", date(1999, 12, 1), True, "27 years"),
		("Anniversaire de mariage", "Celebration", date(1999, 12, 1), True, "27 years"),
		("The shop opened", "Work", date(2025, 12, 1), True, "1 year"),
		("Her mother died", "Family", date(2019, 12, 1), True, ""),
		("Todestag der Mutter", None, date(2019, 12, 1), True, ""),
		("The day of the fire", "Hard Time", date(2019, 12, 1), True, ""),
		("Birthday", None, date(2026, 12, 1), True, ""),
	],
)
def test_years_are_shown_as_far_as_they_are_known(note, topic, first, known, words):
	occasion = Note(
		"n", "Occasion", note, topic=topic, occasion_on=first, repeats_yearly=True, year_known=known
	)
	text = f"{note.rstrip('.')}: in 9 days, on 1 Dec"
	assert one(occasion).text == (f"{text} ({words})" if words else text)


def test_day_is_written_as_in_its_language():
	occasion = Note("n", "Occasion", "誕生日", occasion_on=date(2026, 12, 1))
	for locale, day in (
		("ja", "12月1日"),
		("zh", "12月1日"),
		("ko", "12월 1일"),
		("hu", "dec. 1."),
		("de", "1. Dez."),
	):
		assert one(occasion, language=Language(str, locale)).text.endswith(f"on {day}")


def test_noticed_fact_is_worded_as_a_question():
	item = one(
		Note("n", "Fact", "May prefer oat milk.", certainty="Noticed", heard_by="Ana", heard_via="Visit")
	)
	assert item.ask
	assert item.text == "May prefer oat milk (noticed, not confirmed)"
	assert item.source == "noticed by Ana"
	for certainty in ("Told Us", "Confirmed"):
		sure = one(Note("n", "Fact", "Oat milk.", certainty=certainty))
		assert not sure.ask and sure.text == "Oat milk."
	assert not one(Note("n", "Never", "No alcohol", certainty="Noticed")).ask


@given(CASES)
def test_only_noticed_notes_are_questions(case):
	notes = {note.name: note for note in case[0]}
	for item in show(case).items:
		note = notes.get(item.name)
		assert item.ask == bool(note and note.certainty == "Noticed" and note.kind != "Never")


@pytest.mark.parametrize(
	("note", "expected"),
	[
		(Note("n", "Fact", "Tea", "Told Us", heard_by="Priya", heard_on=date(2026, 11, 1)), "told to Priya, 3 weeks ago"),
		(Note("n", "", "Tea", heard_by="Priya", is_mine=True, heard_on=TODAY), "noted by you, today"),
		(Note("n", "Fact", "Tea", heard_by="Priya", heard_via="Visit", heard_on=TODAY), "noted by Priya on a visit, today"),
		(Note("n", "Fact", "Tea", heard_by="Priya", heard_via="Phone", heard_on=date(2026, 11, 1)), "told to Priya by phone, 3 weeks ago"),
		(Note("n", "Fact", "Tea", heard_by="Priya", is_mine=True, heard_via="Email", heard_on=TODAY), "told to you by email, today"),
		(Note("n", "Fact", "Tea", "Confirmed", "Ana", heard_via="In Person", heard_on=date(2026, 11, 21)), "confirmed to Ana in person, yesterday"),
		(Note("n", "Fact", "Tea", "Noticed", "Ana", heard_via="Visit", heard_on=date(2025, 11, 1)), "noticed by Ana, 13 months ago"),
		(Note("n", "Fact", "Tea", heard_by="Ana", heard_via="Other"), "noted by Ana"),
		(Note("n", "Fact", "Tea", heard_on=date(2026, 11, 13)), "9 days ago"),
		(Note("n", "Fact", "Tea"), ""),
	],
)  # fmt: skip
def test_source_names_person_channel_and_time(note, expected):
	assert format_source(note, TODAY, Language()) == expected


def test_follow_up_line_names_its_owner_and_due_date():
	mine = FollowUp("p", "Send the book", TODAY - timedelta(days=1), "Ana", is_mine=True)
	theirs = replace(mine, is_mine=False, due_on=TODAY)
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


def test_text_with_braces_is_not_formatted():
	item = one(Note("n", "Fact", "{0} {note} {} %s {{ x }}", certainty="Noticed", heard_by="{0}"))
	assert item.text == "{0} {note} {} %s {{ x }} (noticed, not confirmed)"
	assert item.source == "noticed by {0}"


USED = NoteUse("n", "Used", "Ana", False, datetime(2026, 11, 3, 12), "He is better")
FACT = Note("n", "Fact", "The dog is ill", heard_on=date(2026, 10, 1))


def test_used_note_rests_and_then_shows_its_last_use():
	assert one(FACT, replace(USED, used_on=NOW - timedelta(days=13, hours=23))) is None
	assert one(FACT, replace(USED, used_on=NOW - timedelta(days=14))) is not None
	assert one(FACT, USED).said == "asked by Ana on 3 Nov: He is better"
	assert one(FACT, replace(USED, is_mine=True, they_said="")).said == "asked by you on 3 Nov"
	assert (
		one(FACT, replace(USED, used_on=datetime(2025, 11, 3))).said
		== "asked by Ana on 3 Nov 2025: He is better"
	)


def test_last_use_is_shown():
	older = replace(USED, used_on=datetime(2026, 9, 1), used_by="Maya", they_said="Still ill")
	for uses in ((older, USED), (USED, older)):
		assert one(FACT, *uses).said == "asked by Ana on 3 Nov: He is better"


def test_used_occasion_is_hidden_until_next_year():
	note = Note("n", "Occasion", "Birthday", occasion_on=date(2025, 12, 1), repeats_yearly=True)
	for_this_one = replace(USED, used_on=datetime(2026, 11, 17))
	quick = RecallSettings(rest_days=1)
	assert one(note, for_this_one, recall_settings=quick) is None
	assert one(note, replace(USED, used_on=datetime(2026, 11, 16)), recall_settings=quick) is not None
	assert one(note, for_this_one, recall_settings=quick, now=datetime(2027, 11, 25)).said.startswith(
		"asked by Ana on 17 Nov 2026"
	)


def snooze(until: date | None, reference=INVOICE, is_mine=True, used_on=NOW) -> NoteUse:
	return NoteUse("n", "Snoozed", "Ana", is_mine, used_on, snoozed_until=until, reference=reference)


def at(day: int, hour: int = 9) -> datetime:
	return datetime(2026, 11, day, hour)


@pytest.mark.parametrize(("until", "back_on"), [(date(2026, 11, 23), 23), (date(2026, 11, 29), 29)])
def test_snoozed_note_returns_on_its_day(until, back_on):
	for day in range(22, 31):
		shown = one(FACT, snooze(until), now=at(day, 23)) is not None
		assert shown == (day >= back_on)


def test_note_snoozed_until_the_next_visit_returns_on_another_document_and_day():
	snoozed = snooze(None)
	other = ("Sales Invoice", "SINV-2")
	# The same document, that day and on any later day.
	assert one(FACT, snoozed, now=at(22, 23), reference=INVOICE) is None
	assert one(FACT, snoozed, now=at(28), reference=INVOICE) is None
	# Another document on the same day is still the same visit.
	assert one(FACT, snoozed, now=at(22, 23), reference=other) is None
	assert one(FACT, snoozed, now=at(22, 23)) is None
	# Another document, or none yet, on the next day is the next visit.
	assert one(FACT, snoozed, now=at(23), reference=other) is not None
	assert one(FACT, snoozed, now=at(23)) is not None


def test_note_snoozed_on_the_customer_form_returns_the_next_day():
	"""It is the same document every day."""
	snoozed = snooze(None, reference=CUSTOMER)
	assert one(FACT, snoozed, now=at(22, 23), reference=CUSTOMER) is None
	assert one(FACT, snoozed, now=at(23), reference=CUSTOMER) is not None


def test_snooze_of_a_colleague_does_not_hide_a_note():
	assert one(FACT, snooze(date(2026, 12, 24), is_mine=False)) is not None
	assert one(FACT, snooze(None, is_mine=False), reference=INVOICE) is not None


def test_translator_receives_no_text_of_a_note():
	sources = []

	def translate(text: str) -> str:
		sources.append(text)
		return text

	note = Note(
		"n", "Occasion", "SECRET", "Noticed", "Ana", heard_on=TODAY, occasion_on=TODAY, repeats_yearly=True
	)
	case = [note], [FollowUp("p", "SECRET", TODAY)], [USED]
	shown = show(case, language=Language(translate, "de"))
	assert len(shown.items) == 2 and all("SECRET" in item.text for item in shown.items)
	assert sources and not any("SECRET" in text or "Ana" in text for text in sources)


@given(CASES, st.sampled_from(["de", "fr", "ar", "pt_BR", "zh_Hant", "hi"]))
def test_language_changes_only_the_texts(case, locale):
	shown, english = show(case, language=Language(str, locale)), show(case)
	assert [(i.name, i.type, i.ask, i.late) for i in shown.items] == [
		(i.name, i.type, i.ask, i.late) for i in english.items
	]
