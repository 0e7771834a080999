"""Measure how well jotted sentences are understood, per language and beside other libraries for dates.

	python benchmarks/note_parsing.py tests/domain/note_sentences
	python benchmarks/note_parsing.py tests/domain/note_sentences --errors

Reads the files that `tests/domain/note_sentences/README.md` describes from a folder. Needs no bench. The libraries
`dateparser`, `parsedatetime` and `recognizers-text-date-time` are compared if they are installed; the last one needs
`emoji<2`. Each figure is "right of all (%)". Times are the best of three runs of each sentence, in milliseconds.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from micro_experiences.domain import note_parsing, sensitive_words  # noqa: E402

TOPICS = dict.fromkeys(
	("Pet", "Family", "Celebration", "Travel", "Hobby", "Food and Drink", "Work", "Preference"), False
) | {"Health": True, "Hard Time": True}
ANY_DAY = date(2026, 12, 1)
DAY_MEASURES = ("day", "proposals", "false days")
NOTE_MEASURES = (
	*DAY_MEASURES,
	"use",
	"kind",
	"kind given",
	"topic",
	"topic given",
	"follow-up",
	"false follow-up",
	"never found",
	"never right",
)
NEVER_MEASURES = ("never found", "never right", "stops", "stops exact")
SENSITIVE_MEASURES = ("missed", "missed health", "false hints", "false ticks")
GESTURE_MEASURES = ("blocked", "clear", "doubtful", "let through")

# Returns the days proposed for a sentence: (text, today, language, month first).
DayReader = Callable[[str, date, str, bool], Iterable[date]]


class Tally:
	"""Counts of right answers per measure and language, and the sentences that were answered wrong."""

	def __init__(self) -> None:
		self.counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
		self.errors: list[dict] = []

	def add(self, measure: str, language: str, right: bool, **error: object) -> None:
		"""Count one answer for its language and in total. `error` is kept if it is wrong."""
		for group in (language, "total"):
			self.counts[measure, group][0] += right
			self.counts[measure, group][1] += 1
		if error and not right:
			self.errors.append({"measure": measure, "language": language} | error)

	def print_table(self, title: str, measures: Iterable[str]) -> None:
		"""Print a line for each language and the total."""
		measures = [name for name in measures if (name, "total") in self.counts]
		groups = list(dict.fromkeys(group for _measure, group in self.counts if group != "total"))
		print(f"\n{title}\n{'':9}" + "".join(f"{name:>17}" for name in measures))
		for group in [*groups, "total"]:
			print(f"{group:9}" + "".join(f"{self.format(name, group):>17}" for name in measures))

	def format(self, measure: str, group: str) -> str:
		"""Return "9 of 10 (90 %)", or a dash if nothing was counted."""
		right, of = self.counts.get((measure, group), (0, 0))
		return f"{right}/{of} ({100 * right / of:.0f} %)" if of else "-"


class Clock:
	"""The time that each sentence takes: the best of `RUNS` runs, after a first one in each language."""

	RUNS = 3

	def __init__(self) -> None:
		self.times: list[float] = []
		self.slowest = (0.0, "")
		self.first: dict[str, float] = {}

	def run(self, language: str, function: Callable, *args: object) -> object:
		"""Call the function a few times and return its last result."""
		if language not in self.first:
			self.first[language] = time_call(function, *args)[0]
		runs = [time_call(function, *args) for _ in range(self.RUNS)]
		best = min(seconds for seconds, _result in runs)
		self.times.append(best)
		self.slowest = max(self.slowest, (best, str(args)))
		return runs[-1][1]

	def __str__(self) -> str:
		"""Return the median, the maximum and the slowest first sentence of a language."""
		values = (median(self.times), max(self.times), max(self.first.values()))
		return "median {:.2f} ms, maximum {:.2f} ms, first sentence of a language up to {:.0f} ms".format(
			*(1000 * value for value in values)
		)


def time_call(function: Callable, *args: object) -> tuple[float, object]:
	"""Return the seconds that a call takes and its result."""
	start = perf_counter()
	result = function(*args)
	return perf_counter() - start, result


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(
		description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	options.add_argument("folder", type=Path)
	options.add_argument("--errors", action="store_true", help="print each wrong answer as a line of JSON")
	options.add_argument("--no-peers", action="store_true", help="measure the app alone")
	args = options.parse_args()
	notes = read_rows(args.folder, "notes")
	tallies = [
		measure_notes(notes),
		measure_never(read_rows(args.folder, "never")),
		measure_sensitive(read_rows(args.folder, "sensitive")),
		measure_gestures(read_rows(args.folder, "never_gestures")),
	]
	if not args.no_peers:
		for name in PEERS:
			measure_peer(name, notes)
	if args.errors:
		for tally in tallies:
			for error in tally.errors:
				print(json.dumps(error, ensure_ascii=False))


def read_rows(folder: Path, name: str) -> list[dict[str, str]]:
	"""Return the rows of a file of the folder, whether it holds a half or the whole."""
	rows = []
	for path in sorted(folder.glob(f"{name}*.tsv")):
		if re.fullmatch(rf"{name}(_dev|_unseen)?", path.stem):
			with path.open(encoding="utf-8", newline="") as file:
				rows += csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
	return rows


# The app


def suggest(text: str, today: date, language: str, month_first: bool = False) -> dict:
	"""Return what the app proposes for a sentence."""
	# A customer without notes: nothing can be a duplicate.
	return note_parsing.suggest_fields(text, TOPICS, (), today, language, month_first=month_first)


def measure_notes(rows: list[dict[str, str]]) -> Tally:
	"""Print and return the figures of the app for the jotted notes."""
	tally, clock = Tally(), Clock()
	for row in rows:
		given = clock.run(row["language"], suggest, *get_call(row))
		days = get_days(given)
		count_days(tally, row, days)
		count_use(tally, row, given)
		count_kind(tally, row, given)
	tally.errors.append({"measure": "slowest", "seconds": clock.slowest[0], "given": clock.slowest[1]})
	tally.print_table(f"Notes: {len(rows)} sentences", NOTE_MEASURES)
	print(f"{clock}; import {time_import('micro_experiences.domain.note_parsing'):.0f} ms")
	return tally


def get_call(row: Mapping[str, str]) -> tuple[str, date, str, bool]:
	"""Return the arguments of a reader for a row: text, today, language, month first."""
	return row["sentence"], date.fromisoformat(row["today"]), row["language"], row["month_first"] == "1"


def get_days(given: Mapping) -> set[date]:
	"""Return all days that the form would show for a note."""
	values = [given.get(name) for name in ("occasion_on", "follow_up_on", "remember_until")]
	values += [found["day"] for found in given.get("days") or ()]
	return {date.fromisoformat(str(value)[:10]) for value in values if value}


def get_right_days(row: Mapping[str, str]) -> set[date]:
	"""Return the acceptable values of the most important day of a row."""
	return {date.fromisoformat(day) for day in row["day"].split("/") if day != "-"}


def count_days(tally: Tally, row: Mapping[str, str], days: set[date]) -> None:
	"""Count whether the day was found, whether each proposal is right, and false proposals."""
	language = row["language"]
	right = get_right_days(row)
	is_optional = row["day"].startswith("-/")
	others = {date.fromisoformat(day) for day in row["other_days"].split(",") if day}
	error = {
		"sentence": row["sentence"],
		"today": row["today"],
		"expected": row["day"],
		"given": sorted(map(str, days)),
	}
	if right and not is_optional:
		tally.add("day", language, bool(right & days), **error)
	elif not right:
		tally.add("false days", language, bool(days))
		if days:
			tally.errors.append({"measure": "false days", "language": language} | error)
	for day in days:
		tally.add("proposals", language, day in right | others, **(error if right else {}))


def count_use(tally: Tally, row: Mapping[str, str], given: Mapping) -> None:
	"""Count whether the day is proposed for the right use, and follow-ups."""
	language, right = row["language"], get_right_days(row)
	uses = row["use"].split("/")
	fields = {"occasion": "occasion_on", "follow_up": "follow_up_on", "until": "remember_until"}
	proposed = {use: {str(given.get(field))[:10]} - {"None", ""} for use, field in fields.items()}
	for found in given.get("days") or ():
		proposed[found["use"]].add(found["day"])
	error = {
		"sentence": row["sentence"],
		"today": row["today"],
		"expected": f"{row['use']} {row['day']}",
		"given": {use: sorted(days) for use, days in proposed.items() if days},
	}
	if right and "-" not in uses:
		met = any({str(day) for day in right} & proposed[use] for use in uses)
		tally.add("use", language, met, **error)
		if uses == ["follow_up"]:
			tally.add("follow-up", language, met)
	if "follow_up" not in uses and not row["other_days"]:
		# One of the other days may well be a follow-up.
		tally.add("false follow-up", language, bool(proposed["follow_up"]))


def count_kind(tally: Tally, row: Mapping[str, str], given: Mapping) -> None:
	"""Count the kind, the topic and Never."""
	language, text = row["language"], row["sentence"]
	for field in ("kind", "topic"):
		right = row[field].split("/")
		value = given.get(field) or "-"
		tally.add(field, language, value in right, sentence=text, expected=row[field], given=value)
		if value != "-":
			tally.add(f"{field} given", language, value in right)
	never = row["kind"].split("/")
	if never == ["Never"]:
		tally.add("never found", language, given.get("kind") == "Never")
	if given.get("kind") == "Never":
		tally.add("never right", language, "Never" in never)


def measure_never(rows: list[dict[str, str]]) -> Tally:
	"""Print and return how many Never sentences are found, and whether what they rule out is right."""
	tally = Tally()
	for row in rows:
		given = suggest(row["sentence"], ANY_DAY, row["language"])
		is_never = row["restrictions"] != "-"
		error = {"sentence": row["sentence"], "expected": row["restrictions"], "given": given.get("kind")}
		if is_never:
			tally.add("never found", row["language"], given.get("kind") == "Never", **error)
			count_stops(tally, row, given)
		if given.get("kind") == "Never":
			tally.add("never right", row["language"], is_never, **error)
	tally.print_table(f"Never: {len(rows)} sentences, half of them look alike only", NEVER_MEASURES)
	return tally


def count_stops(tally: Tally, row: Mapping[str, str], given: Mapping) -> None:
	"""Count whether all that a note rules out is proposed, and nothing else."""
	stops = given.get("stops") or []
	avoids = [word.strip().casefold() for word in (given.get("avoids") or "").split(",") if word.strip()]
	expected = [item.split("/") for item in row["restrictions"].split(",")]

	def is_met(choice: str) -> bool:
		word = choice.removeprefix("=").casefold()
		return any(word in own for own in avoids) if choice[0] == "=" else choice in stops

	met = all(any(map(is_met, choices)) for choices in expected)
	allowed = {choice for choices in expected for choice in choices}
	# Own words beside the right restriction do no harm; another restriction would block gestures.
	exact = met and set(stops) <= allowed
	error = {"sentence": row["sentence"], "expected": row["restrictions"], "given": [*stops, *avoids]}
	tally.add("stops", row["language"], met, **error)
	tally.add("stops exact", row["language"], exact, **error)


def measure_sensitive(rows: list[dict[str, str]]) -> Tally:
	"""Print and return how many sensitive sentences pass without a hint, and how many harmless ones have one."""
	tally = Tally()
	words = sensitive_words.build_vocabulary()
	for row in rows:
		language, text = row["language"], row["sentence"]
		found = [match.word for match in sensitive_words.find_sensitive_words(text, words)]
		# The box that the form ticks, usually because of the topic.
		ticked = bool(suggest(text, ANY_DAY, language).get("sensitive"))
		hinted = bool(found) or ticked
		error = {
			"language": language,
			"sentence": text,
			"expected": row["category"] or "harmless",
			"given": found,
		}
		if row["sensitive"] == "1":
			tally.add("missed", language, not hinted)
			if row["category"] == "Health":
				tally.add("missed health", language, not hinted)
		else:
			tally.add("false hints", language, bool(found))
			tally.add("false ticks", language, ticked)
		if hinted != (row["sensitive"] == "1"):
			tally.errors.append({"measure": "sensitive"} | error)
	tally.print_table(f"Sensitive: {len(rows)} sentences, half of them harmless", SENSITIVE_MEASURES)
	return tally


def measure_gestures(rows: list[dict[str, str]]) -> Tally:
	"""Print and return whether a gesture is judged as a person would. Let through: blocked or doubtful, but clear."""
	tally = Tally()
	judge = get_judge()
	if not judge:
		print("\nGestures: the app has no verdict on the words of a gesture; skipped.")
		return tally
	for row in rows:
		given, expected = judge(row), row["verdict"]
		text = " · ".join(filter(None, (row["never_note"], *list(row.values())[2:5])))
		tally.add(expected, row["language"], given == expected, sentence=text, expected=expected, given=given)
		if expected == "blocked":
			tally.add("let through", row["language"], given == "clear")
	tally.print_table(f"Never notes and gestures: {len(rows)} pairs", GESTURE_MEASURES)
	return tally


def get_judge() -> Callable[[Mapping[str, str]], str] | None:
	"""Return the function that judges a row, or None if this version of the app has none.

	The note rules out what the app guesses from its words, and the type of the gesture says nothing itself.
	"""
	try:
		from micro_experiences.domain import never_notes
	except ImportError:
		return None

	def judge(row: Mapping[str, str]) -> str:
		stops, avoids = never_notes.guess_restrictions(row["never_note"], row["language"])
		title = "\n".join(filter(None, (row["gesture_type"], row["gesture_what"])))
		gesture = never_notes.GestureWords(None, title, row["gesture_message"] or "")
		note = never_notes.NeverNote("note", row["never_note"], stops, avoids)
		return never_notes.get_never_verdict(gesture, [note]).verdict

	return judge


# The libraries that are compared


def measure_peer(name: str, rows: list[dict[str, str]]) -> None:
	"""Print the figures of another library for the days, in the languages that it reads."""
	module, languages, make_reader = PEERS[name]
	try:
		read = make_reader()
	except ImportError as error:
		print(f"\n{name}: not installed ({error}); skipped.")
		return
	tally, clock = Tally(), Clock()
	readable = [row for row in rows if not languages or row["language"] in languages]
	for row in readable:
		count_days(tally, row, clock.run(row["language"], read_safely, read, *get_call(row)))
	tally.print_table(f"{name}: {len(readable)} sentences", DAY_MEASURES)
	with_day = sum(row["day"][0] != "-" for row in rows)
	right = tally.counts["day", "total"][0]
	print(f"day right in all languages: {right}/{with_day} ({100 * right / with_day:.0f} %)")
	print(f"{clock}; import {time_import(module):.0f} ms")


def read_safely(read: DayReader, *call: object) -> set[date]:
	"""Return the days that a library finds; a sentence on which it fails has none."""
	try:
		return set(read(*call))
	except Exception:
		return set()


def make_dateparser_reader() -> DayReader:
	"""Return a reader that uses `dateparser`, told the language and the order of day and month."""
	from dateparser.search import search_dates

	def read(text: str, today: date, language: str, month_first: bool) -> Iterable[date]:
		settings = {
			"RELATIVE_BASE": datetime(today.year, today.month, today.day),
			"PREFER_DATES_FROM": "future",
			"DATE_ORDER": get_date_order(language, month_first),
		}
		found = search_dates(text, languages=[language], settings=settings) or ()
		return [moment.date() for _words, moment in found]

	return read


def get_date_order(language: str, month_first: bool) -> str:
	"""Return the order of year, month and day that people write in a language."""
	if language in ("ja", "zh", "ko"):
		return "YMD"
	return "MDY" if month_first else "DMY"


def make_parsedatetime_reader() -> DayReader:
	"""Return a reader that uses `parsedatetime` with the languages that it brings along."""
	import parsedatetime

	names = {"de": "de_DE", "es": "es", "fr": "fr_FR", "nl": "nl_NL", "pt": "pt_BR", "ru": "ru_RU"}

	@cache
	def get_calendar(name: str) -> parsedatetime.Calendar:
		constants = parsedatetime.Constants(name, usePyICU=False)
		return parsedatetime.Calendar(constants, version=parsedatetime.VERSION_CONTEXT_STYLE)

	def read(text: str, today: date, language: str, month_first: bool) -> Iterable[date]:
		calendar = get_calendar(names.get(language) or ("en_US" if month_first else "en_AU"))
		found = calendar.nlp(text, datetime(today.year, today.month, today.day)) or ()
		return [moment.date() for moment, context, *_rest in found if context.hasDate]

	return read


def make_recognizers_reader() -> DayReader:
	"""Return a reader that uses `recognizers-text-date-time`. A range counts with its first day."""
	from recognizers_date_time import recognize_datetime

	cultures = {"en": "en-us", "es": "es-es", "fr": "fr-fr", "pt": "pt-br", "zh": "zh-cn"}

	def read(text: str, today: date, language: str, month_first: bool) -> Iterable[date]:
		source = datetime(today.year, today.month, today.day)
		for found in recognize_datetime(text, cultures[language], reference=source):
			# The past comes before the future.
			value = found.resolution["values"][-1] if found.resolution else {}
			day = value.get("value" if value.get("type") in ("date", "datetime") else "start") or ""
			if re.match(r"\d{4}-\d\d-\d\d", day):
				yield date.fromisoformat(day[:10])

	return read


def time_import(module: str) -> float:
	"""Return the milliseconds that a new process needs to import a module: the best of three."""
	code = f"from time import perf_counter; t = perf_counter(); import {module}; print(perf_counter() - t)"
	environment = os.environ | {"PYTHONPATH": str(ROOT)}
	times = []
	for _ in range(3):
		done = subprocess.run(
			[sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
		)
		times.append(1000 * float(done.stdout.splitlines()[-1]))
	return min(times)


# Module, languages that it reads (None: all of the files), function that makes the reader.
PEERS: dict[str, tuple[str, tuple[str, ...] | None, Callable[[], DayReader]]] = {
	"dateparser": ("dateparser.search", None, make_dateparser_reader),
	"parsedatetime": ("parsedatetime", ("de", "en", "es", "fr", "nl", "pt", "ru"), make_parsedatetime_reader),
	"recognizers-text-date-time": (
		"recognizers_date_time",
		("en", "es", "fr", "pt", "zh"),
		make_recognizers_reader,
	),
}


if __name__ == "__main__":
	main()
