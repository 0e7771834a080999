"""The scenarios of the main job, played on the preview; and the errors that the player reports."""

import json
import shutil
from datetime import datetime
from decimal import Decimal

import pytest

from micro_experiences.setup import seeds
from micro_experiences.tests.scenarios import player
from preview import budgets, invoices, ledger, methods, records
from preview.session import Session
from preview.store import Store

ADMIN = "Administrator"
BEFORE = datetime(2020, 1, 1)
SETTINGS = "Micro Experiences Settings"


class FrozenClock:
	"""A clock that stands still."""

	def now(self):
		return self.moment

	def today(self):
		return self.moment.date()


class PreviewWorld:
	"""A `player.World` on a file of the preview."""

	names = {alias: f"{alias}@example.com" for alias in player.PEOPLE} | player.CUSTOMERS

	def __init__(self, store: Store):
		self.store = store
		self.clock = FrozenClock()

	def insert(self, doctype: str, **values) -> str:
		with self.store.writing() as db:
			return db.insert(doctype, values, ADMIN, BEFORE)

	def found(self, doctype: str, filters: dict | None = None, order_by: str = "name") -> list[dict]:
		with self.store.reading() as db:
			return db.find(doctype, filters, order_by)

	def set_now(self, moment: datetime) -> None:
		self.clock.moment = moment

	def set_settings(self, values: dict) -> None:
		with self.store.writing() as db:
			db.update(SETTINGS, SETTINGS, values, ADMIN, BEFORE)

	def add(self, doctype: str, alias: str, values: dict) -> str:
		return getattr(self, f"add_{doctype.lower().replace(' ', '_')}")(alias, values)

	def add_contact(self, alias: str, values: dict) -> str:
		first_name = alias.title()
		standard = {"first_name": first_name, "full_name": first_name, "customer": self.names["books"]}
		return self.insert("Contact", name=first_name, **standard | values)

	def add_user_group(self, alias: str, values: dict) -> str:
		name = self.insert("User Group", name=alias.title())
		for user in values["users"]:
			self.insert("User Group Member", parent=name, parenttype="User Group", user=user)
		return name

	def add_gesture_budget(self, alias: str, values: dict) -> str:
		values = player.BUDGET | {"title": alias} | values
		with self.store.writing() as db:
			manager = Session(db, self.names["manager"], self.clock.now())
			return budgets.write(manager, values, values.pop("holders", []))

	def add_sales_invoice(self, alias: str, values: dict) -> str:
		standard = {
			"customer": self.names["books"],
			"company": "Scenario Company",
			"currency": "EUR",
			"posting_date": self.clock.today(),
			"status": "Unpaid" if values.get("docstatus") else "Draft",
		}
		with self.store.writing() as db:
			return invoices.add(Session(db, self.names["rep"], self.clock.now()), standard | values)

	def call(self, user: str, method: str, args: dict) -> dict | None:
		# The Desk ignores unknown arguments. In a scenario, they are mistakes.
		if unknown := args.keys() - methods.get_argument_names(method):
			raise player.Mistake(f"{method} has no {unknown}")
		try:
			return methods.call(self.store, self.clock, user, method, args)
		except methods.Unknown as no:
			raise player.Hidden(no) from no
		except methods.Denied as no:
			raise player.Denied(no) from no
		except methods.Refused as no:
			raise player.Refused(no) from no

	def rows(self, user: str, doctype: str, where: dict) -> list[dict]:
		with self.store.reading() as db:
			return records.get_rows(db, doctype, user, where, now=self.clock.now())

	def run_jobs(self) -> list[dict]:
		before = {row["name"] for row in self.found("Notification Log")}
		sent = methods.run_jobs(self.store, self.clock)
		customers = {task["name"]: task["customer"] for task in self.found("Follow Up Task")}
		new = [row for row in self.found("Notification Log") if row["name"] not in before]
		assert sent == len(new)
		return [
			{
				"to": row["for_user"],
				"text": row["subject"],
				"customer": customers[row["document_name"]],
				"late": "overdue" in row["subject"],
				"promise": row["document_name"],
			}
			for row in new
		]

	def digests(self) -> list[dict]:
		return []

	def wallet(self, user: str, budget: str | None) -> dict:
		with self.store.reading() as db:
			mine = ledger.get_wallets(Session(db, user, self.clock.now()), user)
			wallet = next(one for one in mine if budget in (None, one.budget.name))
			row = db.get("Gesture Wallet", wallet.name or "") or {"committed": 0, "spent": 0}
		entries = self.found("Gesture Wallet Entry", {"gesture_wallet": wallet.name}, "creation, name")
		return {
			"left": wallet.left,
			"committed": row["committed"],
			"spent": row["spent"],
			"entries": [(entry["kind"], entry["amount"]) for entry in entries],
		}


@pytest.fixture(scope="module")
def new_file(tmp_path_factory):
	"""A file with the seeds of the app, and with the people and the customers of the scenarios."""
	path = tmp_path_factory.mktemp("scenarios") / "new.sqlite3"
	store = Store(path)
	world = PreviewWorld(store)
	world.insert("Currency", name="EUR", symbol="€", decimals=2)
	world.insert("Company", name="Scenario Company", company_name="Scenario Company", default_currency="EUR")
	for topic, icon, sensitive in seeds.TOPICS:
		world.insert("Note Topic", topic_name=topic, icon=icon, sensitive_by_default=sensitive)
	for name, channel, cost, involves, template in seeds.GESTURE_TYPES:
		values = {"channel": channel, "usual_cost": Decimal(cost), "involves": involves, "enabled": True}
		world.insert("Gesture Type", type_name=name, message_template=template, **values)
	for role in set().union(*player.PEOPLE.values()):
		world.insert("Role", name=role)
	world.insert("User", name=ADMIN, first_name=ADMIN, full_name=ADMIN, enabled=False)
	for alias, roles in player.PEOPLE.items():
		first_name = alias.title()
		world.insert(
			"User", name=world.names[alias], first_name=first_name, full_name=first_name, enabled=True
		)
		for role in roles:
			world.insert("Has Role", parent=world.names[alias], parenttype="User", role=role)
	for customer in player.CUSTOMERS.values():
		world.insert("Customer", name=customer, customer_name=customer)
	store.close()
	return path


@pytest.fixture
def world(new_file, tmp_path):
	store = Store(shutil.copy(new_file, tmp_path / "scenario.sqlite3"))
	yield PreviewWorld(store)
	store.close()


SCENARIOS = [scenario for scenario in player.load() if scenario.preview]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.slug)
def test_scenario(scenario, world):
	try:
		player.play(scenario, world)
	except AssertionError as different:
		pytest.fail(str(different), pytrace=False)


def test_most_scenarios_are_played():
	assert len(SCENARIOS) >= 80


def told(**changes) -> dict:
	"""A scenario that holds, with some changes; None takes a key away."""
	scenario = {
		"title": "A fact is shown",
		"now": "2026-11-20 10:00",
		"given": {"Personal Note": {"tea": {"note": "Takes tea."}}},
		"steps": [banner(items=[{"text": "Takes tea."}])],
	}
	return {key: value for key, value in (scenario | changes).items() if value is not None}


def banner(**then) -> dict:
	return {"as": "rep", "banner_of": "books", "then": then}


def jot(note: str, **more) -> dict:
	return {"as": "rep", "call": "notes.jot", "args": {"customer": "@books", "note": note}} | more


MISTAKES = {
	"a key of the scenario": told(setings={}),
	"a key of a step": told(steps=[banner(items=[]) | {"contct": "olivia"}]),
	"no known kind of step": told(steps=[{"as": "rep", "bannerof": "books", "then": {"items": []}}]),
	"two kinds in one step": told(steps=[banner(items=[]) | {"jobs": True}]),
	"no person": told(steps=[{"banner_of": "books", "then": {"items": []}}]),
	"an unknown person": told(steps=[banner(items=[]) | {"as": "reb"}]),
	"an empty expectation": told(steps=[banner()]),
	"an empty expectation inside": told(steps=[banner(items=[{}])]),
	"no expectation": told(steps=[jot("Takes tea.")]),
	"no steps": told(steps=[]),
	"no title": told(title=None),
	"no moment": told(now="20 November"),
	"time that goes back": told(steps=[{"clock": "2026-11-20 09:00"}, banner(items=[])]),
}


@pytest.mark.parametrize("mistaken", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_scenario_is_told_before_it_is_played(mistaken):
	with pytest.raises(player.Mistake, match=r"^recall\.json, "):
		player.read("recall", mistaken)


MISNAMED = {
	"an alias in a list": told(steps=[banner(items=[{"name": "@coffee"}])]),
	"an alias of a call": told(steps=[jot("@coffee", then={"banner": {"more": 0}})]),
	"a customer": told(steps=[banner(items=[]) | {"banner_of": "boks"}]),
	"an argument": told(steps=[jot("Takes tea.", args={"custmer": "@books"}, then={"name": "…"})]),
	"two of the same": told(given={"Contact": {"a": {}}, "Personal Note": {"a": {"note": "Takes tea."}}}),
	"something given that is refused": told(given={"Personal Note": {"tea": {"note": ""}}}),
	"an alias for nothing": told(
		steps=[{"as": "rep", "list_of": "Gesture", "alias": "none"}, banner(items=[])]
	),
}


@pytest.mark.parametrize("mistaken", MISNAMED.values(), ids=MISNAMED)
def test_a_name_that_nothing_has_is_a_mistake(mistaken, world):
	with pytest.raises(player.Mistake):
		player.play(player.read("recall", mistaken), world)


def test_a_field_that_a_record_has_not_is_a_mistake(world):
	for mistaken in (
		told(given={"Contact": {"olivia": {"firstname": "Olivia"}}}),
		told(settings={"lines_in_baner": 1}),
	):
		with pytest.raises(KeyError):
			player.play(player.read("recall", mistaken), world)


def test_a_key_or_a_title_that_is_there_twice_is_a_mistake(tmp_path):
	for text in (
		'[{"title": "a", "title": "b"}]',
		json.dumps([told(), told(title="A fact: is shown")]),
	):
		(tmp_path / "recall.json").write_text(text, "utf-8")
		with pytest.raises(player.Mistake, match=r"twice|two of"):
			player.load(tmp_path)


WRONG = {
	"a text": (banner(items=[{"text": "Takes coffee."}]), "the answer.items[0].text was to be"),
	"a text around": (banner(items=[{"text": "Takes…coffee…"}]), "Takes…coffee…"),
	"a number": (banner(more=1), "the answer.more was to be 1, and is 0"),
	"what is false": (banner(items=[{"ask": True}]), "the answer.items[0].ask was to be True, and is False"),
	"a list that is longer": (banner(items=[]), "was to have 0 entries, and has 1"),
	"a list that is shorter": (banner(items=[{"text": "…"}, {"text": "…"}]), "was to have 2 entries"),
	"a key": (banner(promisses=0), "the answer has no promisses"),
	"nothing": (banner() | {"then": "nothing"}, "there was to be nothing"),
	"what should be refused": (jot("Tea.", then={"refused": "…"}), "the answer has no refused"),
	"what should be denied": (jot("Tea.", then={"denied": True}), "the answer has no denied"),
	"other words of a refusal": (jot("", then={"refused": "Please write."}), "Please write."),
	"a part of a refusal": (jot("", then={"refused": "Write what"}), "Write what"),
	"refused, not denied": (jot("", then={"denied": True}), "the answer has no denied"),
	"refused without a word of it": (jot(""), "it was not to be refused"),
	"a wallet": ({"wallet_of": "rep", "then": {"entries": [["Spend", 5]]}}, "was to have 1 entries"),
	"reminders": ({"jobs": True, "then": {"reminders": [{"to": "@rep"}]}}, "was to have 1 entries"),
	"a row": (
		{"as": "rep", "list_of": "Personal Note", "then": {"rows": [{"name": "@books"}]}},
		"MX Scenario Books",
	),
}


@pytest.mark.parametrize(("step", "said"), WRONG.values(), ids=WRONG)
def test_what_differs_is_told(step, said, world):
	steps = [banner(items=[{"text": "Takes tea."}]), step, banner(promises=0)]
	given = told()["given"] | {"Gesture Budget": {"budget": {"holders": ["@rep"]}}}
	scenario = player.read("recall", told(given=given, steps=steps))
	with pytest.raises(AssertionError) as different:
		player.play(scenario, world)
	assert str(different.value).startswith("recall.json, 'A fact is shown', step 2 (")
	assert said in str(different.value)
