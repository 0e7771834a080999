"""Read the scenarios of this folder, play them against a `World`, and report differences.

A file contains a list of scenarios. Each describes one rule (`title`: unit, condition and result) at a moment (`now`):

- `preview`: false if the scenario needs something that the preview does not show. It is then played on a site only.
  Everything else is played on both sides. It is false for what is outside the preview's main job: digests, occasions,
  holidays, time zones, access to sensitive notes, price corrections and submitted invoices.
- `settings`: Micro Experiences Settings that differ from their defaults.
- `given`: `{DocType: {alias: values}}`, with the field names of the DocTypes. Notes, uses, follow-ups and gestures
  are created by a call of their user on their date (see `_GIVEN_CALLS`). The default customer is `books`, and the
  default user is `rep`.
- `steps`, each one of
  `{"as": user, "call": "gestures.record_gesture", "args": {…}, "alias": …, "then": …}`: call a method of the API.
  `refused` or `denied` in `then` is the message (`"denied": true` if it is Frappe's own);
  `{"clock": "2026-12-01 09:00"}`: set the time;
  `{"jobs": true, "then": {"reminders": […], "digests": […]}}`: run the scheduled jobs;
  `{"as": user, "banner_of": customer, "on": invoice, "contact": contact, "then": …}`;
  `{"wallet_of": user, "from": budget, "then": {"left", "committed", "spent", "entries": [[kind, amount]]}}`;
  `{"as": user, "list_of": DocType, "where": {…}, "alias": …, "then": {"rows": […]}}`: the records that the user sees.

Only the keys in `then` are compared, recursively; a list must have the same length. In it, `…` stands for any text,
and `"nothing"` for an empty answer. `@alias` is the name of a record or a user, and in arguments
`{"text": "x", "times": 501}` is a long text. `alias` names the record that a call has created, or the first row of a
list.
"""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

# The users of every scenario with their roles in ERPNext. The first name of a user is the capitalized alias.
PEOPLE = {
	"rep": ("Sales User", "Accounts User"),
	"colleague": ("Sales User",),
	"lead": ("Sales Manager", "Accounts Manager"),
	"manager": ("Sales User", "Micro Experiences Manager"),
	"outsider": (),
}
CUSTOMERS = {"books": "MX Scenario Books", "bakery": "MX Scenario Bakery"}

# The time zone of the site in every scenario. A user may have another one.
TIME_ZONE = "Europe/Berlin"

# The defaults of a budget.
BUDGET = {
	"amount": 50,
	"period": "Month",
	"free_up_to": 20,
	"starts_on": "2020-01-01",
	"approver_role": "Sales Manager",
}


class Refused(Exception):
	"""The app refused a call, with its message."""


class Denied(Exception):
	"""The user has no permission."""


class Hidden(Refused, Denied):
	"""The record does not exist or is hidden from the user, who cannot tell which. It counts as either error."""


class Mistake(Exception):
	"""A scenario that cannot be played as it is written."""


class World(Protocol):
	"""The site or the preview. `PEOPLE` and `CUSTOMERS` exist from the start, and other records are ignored."""

	# The names of the users and customers, by alias.
	names: dict[str, str]

	def set_now(self, moment: datetime) -> None:
		"""Set the current time to `moment` (naive, in the time zone of the site)."""

	def set_settings(self, values: dict) -> None:
		"""Reset all settings to their defaults, except `values`."""

	def add(self, doctype: str, alias: str, values: dict) -> str:
		"""Add a record that no call of the API creates, such as a contact or a budget, and return its name."""

	def call(self, user: str, method: str, args: dict) -> dict | None:
		"""Return the result of `micro_experiences.api.<method>`. Raises Refused, Denied or Hidden, after which
		nothing has been written."""

	def rows(self, user: str, doctype: str, where: dict) -> list[dict]:
		"""Return the records of `CUSTOMERS` that the user may see, ordered by name, for equality filters."""

	def run_jobs(self) -> list[dict]:
		"""Run the scheduled jobs. Return the reminders sent: `to` (user), `text`, `customer`, `late`, `promise`."""

	def digests(self) -> list[dict]:
		"""Return the digests sent by the last `run_jobs`: `to` (user), `subject`, `text`, `late`."""

	def wallet(self, user: str, budget: str | None) -> dict:
		"""Return the user's wallet in `budget`, or else in their first one: `left`, `committed`, `spent` and
		`entries` (kind, amount)."""


@dataclass(frozen=True)
class Scenario:
	"""One rule."""

	file: str
	title: str
	now: str
	steps: list[dict]
	settings: dict = field(default_factory=dict)
	given: dict[str, dict[str, dict]] = field(default_factory=dict)
	preview: bool = True

	@property
	def slug(self) -> str:
		"""Return the file and the title as the name of a test."""
		return "_".join(re.findall(r"[a-z0-9]+", f"{self.file} {self.title}".lower()))


# The required and the optional keys of each kind of step.
_STEPS = {
	"call": ({"as", "call"}, {"args", "alias", "then"}),
	"clock": ({"clock"}, set()),
	"jobs": ({"jobs"}, {"then"}),
	"banner_of": ({"as", "banner_of", "then"}, {"on", "contact"}),
	"wallet_of": ({"wallet_of", "then"}, {"from"}),
	"list_of": ({"as", "list_of"}, {"where", "alias", "then"}),
}

# How a given record is created: the call, and the fields for its user and its date.
_GIVEN_CALLS = {
	"Personal Note": ("notes.jot", "heard_by", "heard_on"),
	"Personal Note Use": ("notes.mark_used", "used_by", "used_on"),
	"Follow Up Task": ("follow_ups.create", "owner", "creation"),
	"Gesture": ("gestures.record_gesture", "given_by", "given_on"),
}


def load(folder: Path = Path(__file__).parent) -> list[Scenario]:
	"""Return every scenario of the folder. Raises Mistake for an unknown key, a repeated title, and a scenario that
	compares nothing."""
	found: dict[str, Scenario] = {}
	for path in sorted(folder.glob("*.json")):
		for data in json.loads(path.read_text("utf-8"), object_pairs_hook=_refuse_repeated_keys):
			scenario = read(path.stem, data)
			if found.setdefault(scenario.slug, scenario) is not scenario:
				raise Mistake(f"{path.name}: there are two of {scenario.title!r}")
	return list(found.values())


def read(file: str, data: dict) -> Scenario:
	"""Return the scenario of parsed JSON, checked as far as possible without playing it."""
	try:
		scenario = Scenario(file, **data)
		moment = _moment(scenario.now)
		for step in scenario.steps:
			(kind,) = _STEPS.keys() & step.keys()
			needed, allowed = _STEPS[kind]
			if missing := needed - step.keys():
				raise Mistake(f"{missing} is missing in {step}")
			if unknown := step.keys() - needed - allowed:
				raise Mistake(f"{unknown} is not known in {step}")
			if step.get("as", step.get("wallet_of", "rep")) not in PEOPLE:
				raise Mistake(f"unknown user in {step}")
			if "then" in step and not _compares(step["then"]):
				raise Mistake(f"nothing is compared in {step}")
			if kind == "clock":
				moment, before = _moment(step["clock"]), moment
				if moment <= before:
					raise Mistake(f"time goes forward, not from {before} to {moment}")
		if not any("then" in step for step in scenario.steps):
			raise Mistake("nothing is compared")
	except (Mistake, TypeError, ValueError) as mistake:
		raise Mistake(f"{file}.json, {data.get('title')!r}: {mistake}") from mistake
	return scenario


def play(scenario: Scenario, world: World) -> None:
	"""Play a scenario. Raises AssertionError with every difference at the first step that has any, and Mistake for a
	step with an unknown name."""
	_Game(scenario, world).play()


class _Game:
	"""One scenario in one world: the current time, and the name of each alias."""

	def __init__(self, scenario: Scenario, world: World):
		self.scenario, self.world = scenario, world
		self.names = dict(world.names)
		self.now = _moment(scenario.now)

	def play(self) -> None:
		self.world.set_now(self.now)
		self.world.set_settings(self.scenario.settings)
		for doctype, records in self.scenario.given.items():
			for alias, values in records.items():
				self.give(doctype, alias, values)
		for number, step in enumerate(self.scenario.steps, 1):
			kind = next(kind for kind in _STEPS if kind in step)
			answer = getattr(self, f"_{kind}")(step)
			then = step.get("then", {})
			if "then" not in step and isinstance(answer, dict) and answer.keys() & {"refused", "denied"}:
				found = [f"it was not to be refused: {answer}"]
			else:
				found = self.differences(then, answer)
			if found:
				what = (
					f"{self.scenario.file}.json, {self.scenario.title!r}, step {number} ({kind} {step[kind]})"
				)
				raise AssertionError("\n\t".join([what, *found]))

	def give(self, doctype: str, alias: str, values: dict) -> None:
		if doctype not in _GIVEN_CALLS:
			name = self.world.add(doctype, alias, self.resolved(values))
		else:
			name = self.give_by_call(doctype, alias, values)
		if alias in self.names:
			raise Mistake(f"{self.scenario.title!r}: there are two of {alias!r}")
		self.names[alias] = name

	def give_by_call(self, doctype: str, alias: str, values: dict) -> str:
		method, by, on = _GIVEN_CALLS[doctype]
		values = self.resolved(values)
		user = values.pop(by, self.names["rep"])
		moment = _moment(values.pop(on, None), self.now)
		if doctype == "Personal Note Use":
			values = {"name": values.pop("personal_note")} | values
		else:
			values = {"customer": self.names["books"]} | values
		self.world.set_now(moment)
		try:
			answer = self.world.call(user, method, values)
		except (Refused, Denied) as no:
			raise Mistake(f"{self.scenario.title!r}: {alias!r} could not be given: {no}") from no
		self.world.set_now(self.now)
		return answer.get("name", "")

	# Each kind of step returns what `then` is compared with.

	def _call(self, step: dict) -> dict | None:
		args = self.resolved(step.get("args", {}))
		try:
			answer = self.world.call(self.names[step["as"]], step["call"], args)
		except (Refused, Denied) as no:
			words = True if step.get("then") == {"denied": True} else _words(no)
			kinds = {"refused": Refused, "denied": Denied}
			return {kind: words for kind, meant in kinds.items() if isinstance(no, meant)}
		if answer and isinstance(answer.get("banner"), dict):
			answer = answer | {"banner": _full(answer["banner"])}
		self.remember(step, answer)
		return answer

	def _clock(self, step: dict) -> dict:
		self.now = _moment(step["clock"])
		self.world.set_now(self.now)
		return {}

	def _jobs(self, step: dict) -> dict:
		if step["jobs"] is not True:
			raise Mistake(f"{self.scenario.title!r}: jobs are true, or not named")
		sent = self.world.run_jobs()
		return {
			"reminders": sorted(sent, key=lambda reminder: (reminder["promise"], reminder["to"])),
			"digests": sorted(self.world.digests(), key=lambda digest: digest["to"]),
		}

	def _banner_of(self, step: dict) -> dict | None:
		on, contact = step.get("on"), step.get("contact")
		customer = self.name_of(step["banner_of"])
		args = {
			"customer": customer,
			"reference_doctype": "Sales Invoice" if on else "Customer",
			"reference_name": self.name_of(on) if on else customer,
			"contact": self.name_of(contact) if contact else None,
		}
		banner = self.world.call(self.names[step["as"]], "banner.get_banner", args)
		return banner and _full(banner)

	def _wallet_of(self, step: dict) -> dict:
		budget = step.get("from")
		wallet = self.world.wallet(self.names[step["wallet_of"]], budget and self.name_of(budget))
		# The entries of one transaction have no order of their own: use that of the scenario.
		expected = step["then"].get("entries", [])
		entries = sorted(
			_plain(wallet["entries"]), key=lambda e: expected.index(e) if e in expected else len(expected)
		)
		return wallet | {"entries": entries}

	def _list_of(self, step: dict) -> dict:
		if step.get("where") and step.get("then", {}).get("rows") == []:
			raise Mistake(f"{self.scenario.title!r}: a filter that matches nothing would pass as well")
		user = self.names[step["as"]]
		rows = self.world.rows(user, step["list_of"], self.resolved(step.get("where", {})))
		self.remember(step, rows[0] if rows else None)
		return {"rows": rows}

	def remember(self, step: dict, made: dict | None) -> None:
		if alias := step.get("alias"):
			if not made or not made.get("name"):
				raise Mistake(f"{self.scenario.title!r}: there is nothing to be called {alias!r} in {made}")
			self.names[alias] = made["name"]

	def name_of(self, alias: str) -> str:
		if alias not in self.names:
			raise Mistake(f"{self.scenario.title!r}: nothing is called {alias!r}")
		return self.names[alias]

	def resolved(self, value: Any) -> Any:
		"""Return `value` with names in place of aliases, and with its long texts."""
		if isinstance(value, dict):
			if value.keys() == {"text", "times"}:
				return value["text"] * value["times"]
			return {key: self.resolved(part) for key, part in value.items()}
		if isinstance(value, list):
			return [self.resolved(part) for part in value]
		return self.name_of(value[1:]) if isinstance(value, str) and value.startswith("@") else value

	def differences(self, then: Any, answer: Any) -> list[str]:
		if then == "nothing":
			return [f"there was to be nothing, and there is {answer}"] if answer else []
		return list(_differences(self.resolved(then), _plain(answer), "the answer"))


def _differences(expected: Any, actual: Any, where: str) -> Iterable[str]:
	if isinstance(expected, dict) and isinstance(actual, dict):
		for key, value in expected.items():
			if key in actual:
				yield from _differences(value, actual[key], f"{where}.{key}")
			else:
				yield f"{where} has no {key}: {actual}"
	elif isinstance(expected, list) and isinstance(actual, list):
		if len(expected) != len(actual):
			yield f"{where} was to have {len(expected)} entries, and has {len(actual)}: {actual}"
			return
		for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
			yield from _differences(one, other, f"{where}[{index}]")
	elif isinstance(expected, str) and isinstance(actual, str):
		pattern = ".*".join(re.escape(part) for part in expected.split("…"))
		if not re.fullmatch(pattern, actual, re.DOTALL):
			yield f"{where} was to be\n\t\t{expected}\n\t  and is\n\t\t{actual[:500]}"
	elif expected != actual:
		yield f"{where} was to be {expected!r}, and is {actual!r}"


def _compares(then: Any) -> bool:
	"""Return whether a value or the length of a list is compared."""
	if isinstance(then, dict):
		return bool(then) and all(_compares(value) for value in then.values())
	return all(_compares(value) for value in then) if isinstance(then, list) else True


def _full(banner: dict) -> dict:
	"""Return a banner with the keys that it omits because they are empty or false."""
	items = [
		{"said": "", "ask": False, "late": False, "mine": False, "repeats": False} | item
		for item in banner["items"]
	]
	return {"quiet": False} | banner | {"items": items}


def _plain(value: Any) -> Any:
	"""Return `value` as in JSON: dates as 2026-11-20, times as 2026-11-20 10:00:00, money as a number."""
	if isinstance(value, dict):
		return {key: _plain(part) for key, part in value.items()}
	if isinstance(value, list | tuple):
		return [_plain(part) for part in value]
	if isinstance(value, datetime):
		return value.isoformat(" ", "seconds")
	if isinstance(value, date | time | timedelta):
		return str(value)
	return float(value) if isinstance(value, Decimal) else value


def _words(no: Exception) -> str:
	"""Return an error message without markup."""
	return html.unescape(re.sub(r"<[^>]+>", "", str(no))).strip()


def _moment(text: str | None, default: datetime | None = None) -> datetime:
	"""Parse "2026-11-20 10:00". A date alone has the time of `default`."""
	if text is None and default:
		return default
	if default and len(text) == 10:
		return datetime.combine(date.fromisoformat(text), default.time())
	return datetime.strptime(text, "%Y-%m-%d %H:%M")


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict:
	"""Return a JSON object. A repeated key would hide the first one."""
	if len({key for key, _value in pairs}) < len(pairs):
		raise Mistake(f"a key is there twice: {[key for key, _value in pairs]}")
	return dict(pairs)
