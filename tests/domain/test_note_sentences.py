"""Figures of note parsing on the development sentences, a little below what was measured; a change may not fall below."""

import csv
import time
from datetime import date
from pathlib import Path

import pytest

from micro_experiences.domain import sensitive_words
from micro_experiences.domain.note_parsing import parse_note, suggest_fields

FOLDER = Path(__file__).parent / "note_sentences"
TODAY = date(2026, 11, 22)
pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the development sentences are not installed")


def read_rows(name: str) -> list[dict]:
	"""Return the rows of a file of sentences; answers that are all right are separated by "/"."""
	with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
		return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def get_share(answers: list[bool]) -> float:
	return sum(answers) / len(answers)


@pytest.fixture(scope="module")
def parsed() -> list[tuple[dict, object]]:
	found = []
	for row in read_rows("notes_dev"):
		month_first = {"1": True, "0": False}.get(row["month_first"] or "")
		today = date.fromisoformat(row["today"])
		found.append((row, parse_note(row["sentence"], today, row["language"], month_first=month_first)))
	return found


def test_kind_is_right(parsed):
	assert get_share([(found.kind or "-") in row["kind"].split("/") for row, found in parsed]) >= 0.93


def test_never_is_found_and_only_where_it_is_meant(parsed):
	never = [found.kind == "Never" for row, found in parsed if row["kind"] == "Never"]
	other = [found.kind == "Never" for row, found in parsed if "Never" not in row["kind"]]
	assert get_share(never) >= 0.95
	assert get_share(other) <= 0.02


def test_follow_up_is_found(parsed):
	follow_ups = [
		any(day.use == "follow_up" for day in found.days)
		for row, found in parsed
		if row["use"].startswith("follow_up")
	]
	assert get_share(follow_ups) >= 0.82


def test_proposed_topic_is_right(parsed):
	proposed = [found.topic in row["topic"].split("/") for row, found in parsed if found.topic]
	assert get_share(proposed) >= 0.9


def test_restriction_of_a_never_sentence_is_guessed():
	meant, guessed, other = [], [], []
	for row in read_rows("never_dev"):
		found = parse_note(row["sentence"], TODAY, row["language"])
		if row["restrictions"] == "-":
			other.append(found.kind == "Never")
			continue
		meant.append(found.kind == "Never")
		guessed.append(
			any(
				name in found.stops or (name.startswith("=") and name[1:] in found.avoids.lower())
				for name in row["restrictions"].split("/")
			)
		)
	assert get_share(meant) >= 0.95
	assert get_share(guessed) >= 0.85
	assert get_share(other) <= 0.05


def test_sensitive_words_are_found_and_harmless_ones_are_not():
	words = sensitive_words.build_vocabulary()
	found = [
		(row["sensitive"] == "1", bool(sensitive_words.find_sensitive_words(row["sentence"], words)))
		for row in read_rows("sensitive_dev")
	]
	assert get_share([hinted for sensitive, hinted in found if sensitive]) >= 0.9
	assert get_share([hinted for sensitive, hinted in found if not sensitive]) <= 0.06


def test_sentence_takes_at_most_three_milliseconds():
	rows, words = read_rows("notes_dev"), sensitive_words.build_vocabulary()
	parse_note("warm", TODAY)

	def measure() -> float:
		start = time.process_time()
		for row in rows:
			parse_note(row["sentence"], TODAY, row["language"])
			sensitive_words.find_sensitive_words(row["sentence"], words)
		return (time.process_time() - start) / len(rows)

	assert min(measure() for _ in range(3)) < 0.003


def test_look_alikes_of_sensitive_words_are_told_from_them():
	words, topics = sensitive_words.build_vocabulary(), {"Health": True, "Hard Time": True}
	wrong = [
		row["sentence"]
		for row in read_rows("look_alikes")
		if (
			bool(sensitive_words.find_sensitive_words(row["sentence"], words))
			or suggest_fields(row["sentence"], topics, (), TODAY, row["language"])["sensitive"]
		)
		!= (row["sensitive"] == "1")
	]
	assert wrong == []


def test_bans_and_look_alikes_are_told_apart():
	wrong = []
	for row in read_rows("never_look_alikes"):
		found = parse_note(row["sentence"], TODAY, row["language"])
		choices = row["restrictions"].split("/")
		own = [choice[1:].casefold() for choice in choices if choice[0] == "="]
		if row["restrictions"] == "-":
			right = found.kind != "Never"
		else:
			right = found.kind == "Never" and (
				set(found.stops) & set(choices) or any(word in found.avoids.casefold() for word in own)
			)
		if not right:
			wrong.append((row["sentence"], found.kind, found.stops, found.avoids))
	assert wrong == []


@pytest.mark.parametrize("text", ["bitte nicht duzen", "never on a Sunday", "no tutearle"])
def test_never_note_always_says_what_it_rules_out(text):
	found = parse_note(text, TODAY)
	assert found.kind == "Never" and (found.stops or found.avoids)
