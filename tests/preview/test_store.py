"""The file of the preview: exact values, whole transactions, many processes, and errors in one line."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from preview.clock import Clock
from preview.store import Busy, Store, Trouble

ROOT = Path(__file__).resolve().parents[2]
ME = "priya@example.com"
NOW = datetime(2026, 11, 20, 10, 0, 0, 250)


@pytest.fixture
def path(tmp_path):
	return tmp_path / "deep" / "preview.sqlite3"


@pytest.fixture
def store(path):
	opened = Store(path, wait_seconds=0.2)
	with opened.writing() as db:
		db.insert("User", {"name": ME, "first_name": "Priya", "enabled": 1}, ME, NOW)
		db.insert("Currency", {"name": "EUR", "symbol": "€", "decimals": 2}, ME, NOW)
		db.insert("Customer", {"name": "Books", "customer_name": "Books"}, ME, NOW)
	yield opened
	opened.close()


def note(**values):
	return {"customer": "Books", "note": "Likes tea", **values}


def names(store, doctype):
	with store.reading() as db:
		return [row["name"] for row in db.find(doctype)]


# Values


def test_values_come_back_as_they_went_in(store):
	with store.writing() as db:
		task = db.insert(
			"Follow Up Task",
			{
				"customer": "Books",
				"subject": "send the book",
				"due_on": date(2026, 12, 1),
				"due_time": time(9, 30),
				"next_reminder_at": datetime(2026, 12, 1, 9, 30),
				"every": 3,
			},
			ME,
			NOW,
		)
		row = db.get("Follow Up Task", task)
	assert row["due_on"] == date(2026, 12, 1) and type(row["due_on"]) is date
	assert row["due_time"] == time(9, 30)
	assert row["next_reminder_at"] == datetime(2026, 12, 1, 9, 30)
	assert (row["every"], row["repeats"], row["assigned_to"]) == (3, "Never", ME)
	assert (row["creation"], row["modified"], row["owner"], row["modified_by"]) == (NOW, NOW, ME, ME)


def test_a_tick_is_true_or_false(store):
	with store.writing() as db:
		name = db.insert("Personal Note", note(pinned=True, sensitive="0"), ME, NOW)
		row = db.get("Personal Note", name)
	assert row["pinned"] is True and row["sensitive"] is False and row["repeats_yearly"] is False


def test_money_is_exact_also_when_sql_adds_it_up(store):
	with store.writing() as db:
		for amount in ("0.10", "0.20", 1.005, 10**11 - 1):
			db.insert("Gesture Budget", {"title": "Kind", "currency": "EUR", "amount": amount}, ME, NOW)
		total = db.value('select sum(amount) as "total [MONEY]" from "tabGesture Budget"')
		one = db.find("Gesture Budget", {"amount": Decimal("0.2")})[0]["amount"]
	assert total == Decimal("99999999999.305") + Decimal(1)
	assert one == Decimal("0.2") and isinstance(one, Decimal)


def test_texts_are_kept_to_the_letter(store):
	text = 'Ω 👋🏽 \'; drop table "tabPersonal Note"; -- \x00 \u202e <b>'
	with store.writing() as db:
		name = db.insert("Personal Note", note(note=text), ME, NOW)
	with store.reading() as db:
		assert db.get("Personal Note", name)["note"] == text
		assert db.find("Personal Note", {"note": text})[0]["name"] == name


def test_empty_texts_are_no_links_and_no_days(store):
	with store.writing() as db:
		row = db.get("Personal Note", db.insert("Personal Note", note(contact="", occasion_on=""), ME, NOW))
	assert row["contact"] is None and row["occasion_on"] is None


def test_days_may_be_iso_texts_and_nothing_else(store):
	with store.writing() as db:
		name = db.insert("Personal Note", note(occasion_on="2027-06-12"), ME, NOW)
		assert db.get("Personal Note", name)["occasion_on"] == date(2027, 6, 12)
		with pytest.raises(ValueError):
			db.insert("Personal Note", note(occasion_on="in June"), ME, NOW)


# Documents


def test_names_count_or_are_random_or_come_from_a_field(store):
	with store.writing() as db:
		assert db.insert("Personal Note", note(), ME, NOW) == "NOTE-000001"
		assert db.insert("Personal Note", note(), ME, NOW) == "NOTE-000002"
		assert db.insert("Sales Invoice", {"customer": "Books"}, ME, NOW) == "ACC-SINV-2026-00001"
		assert db.insert("Note Topic", {"topic_name": "Pet"}, ME, NOW) == "Pet"
		budgets = {db.insert("Gesture Budget", {"title": "Kind"}, ME, NOW) for _ in range(3)}
	assert len(budgets) == 3 and all(len(name) == 10 for name in budgets)


def test_an_update_changes_what_it_names(store):
	later = NOW + timedelta(hours=1)
	with store.writing() as db:
		name = db.insert("Personal Note", note(), ME, NOW)
		db.update("Personal Note", name, {"pinned": 1, "topic": ""}, "ana@example.com", later)
		row = db.get("Personal Note", name)
		with pytest.raises(LookupError):
			db.update("Personal Note", "NOTE-X", {"pinned": 1}, ME, NOW)
	assert row["pinned"] is True and row["note"] == "Likes tea"
	assert (row["creation"], row["modified"], row["modified_by"]) == (NOW, later, "ana@example.com")


def test_find_filters_orders_and_limits(store):
	with store.writing() as db:
		for kind, day in (("Fact", 3), ("Never", 1), ("Moment", 2)):
			db.insert("Personal Note", note(kind=kind, heard_on=date(2026, 11, day)), ME, NOW)

		def kinds(*args, **options):
			return [row["kind"] for row in db.find("Personal Note", *args, **options)]

		assert kinds() == ["Fact", "Never", "Moment"]
		assert kinds(order_by="heard_on desc, name", limit=2) == ["Fact", "Moment"]
		assert kinds({"kind": ["Never", "Moment"]}) == ["Never", "Moment"]
		assert kinds({"kind": []}) == []
		assert kinds({"contact": None, "kind": "Fact"}) == ["Fact"]


@pytest.mark.parametrize("wrong", ["colour", 'name" or 1 --'])
def test_a_field_that_is_not_there_is_an_error(store, wrong):
	with store.writing() as db:
		for attempt in (
			lambda: db.insert("Personal Note", note(**{wrong: 1}), ME, NOW),
			lambda: db.update("Personal Note", "X", {wrong: 1}, ME, NOW),
			lambda: db.find("Personal Note", {wrong: 1}),
		):
			with pytest.raises(KeyError):
				attempt()


def test_the_file_refuses_what_the_doctypes_rule_out(store):
	for doctype, values in (
		("Personal Note", note(customer="Nobody")),
		("Personal Note", note(kind="Rumour")),
		("Follow Up Reminder", {"reminder_key": "same"}),
		("Customer", {"name": "Books"}),
	):
		with pytest.raises(sqlite3.IntegrityError), store.writing() as db:
			db.insert(doctype, values, ME, NOW)
			db.insert(doctype, values, ME, NOW)
	assert names(store, "Personal Note") == [] and names(store, "Follow Up Reminder") == []


def test_settings_are_there_with_their_defaults(store):
	with store.reading() as db:
		settings = db.get("Micro Experiences Settings", "Micro Experiences Settings")
		assert db.get("DocType", "Sales Invoice")
	assert (settings["lines_in_banner"], settings["quiet_from"], settings["show_on_customer"]) == (
		3,
		20,
		True,
	)


# Transactions


def test_an_error_undoes_everything(store):
	with pytest.raises(ZeroDivisionError), store.writing() as db:
		db.insert("Personal Note", note(), ME, NOW)
		1 / 0  # noqa: B018
	assert names(store, "Personal Note") == []
	with store.writing() as db:
		assert db.insert("Personal Note", note(), ME, NOW) == "NOTE-000001"


def test_a_reader_sees_one_state_while_others_write(store):
	with store.reading() as reader:
		before = reader.find("Personal Note")
		with store.writing() as writer:
			writer.insert("Personal Note", note(), ME, NOW)
			assert reader.find("Personal Note") == before == []
		assert reader.find("Personal Note") == []
	assert names(store, "Personal Note") == ["NOTE-000001"]


def test_who_reads_does_not_write(store):
	with pytest.raises(Trouble, match="readonly"), store.reading() as db:
		db.insert("Personal Note", note(), ME, NOW)
	assert names(store, "Personal Note") == []


def test_a_second_writer_waits_and_then_is_told(store):
	with store.writing() as db:
		db.insert("Personal Note", note(), ME, NOW)
		with pytest.raises(Busy, match="Please try again"), store.writing():
			raise AssertionError("two writers at once")
	with store.writing() as db:
		assert len(db.find("Personal Note")) == 1


def test_threads_share_a_store(path):
	store = Store(path)
	with store.writing() as db:
		db.insert("Customer", {"name": "Books"}, ME, NOW)

	def write():
		for _ in range(10):
			with store.writing() as db:
				db.insert("Personal Note", note(), ME, NOW)

	threads = [threading.Thread(target=write) for _ in range(4)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert len(names(store, "Personal Note")) == 40
	store.close()


# Processes

WRITER = """
import sys
from datetime import datetime
from preview.store import Store
store, now = Store(sys.argv[1]), datetime(2026, 11, 20)
for count in range(int(sys.argv[2])):
	with store.writing() as db:
		for half in "ab":
			name = db.insert("Personal Note", {"customer": "Books", "note": half}, "me", now)
	print(name, flush=True)
"""


def start_writer(path, count):
	return subprocess.Popen(
		[sys.executable, "-c", WRITER, str(path), str(count)], cwd=ROOT, stdout=subprocess.PIPE, text=True
	)


def test_a_kill_loses_nothing_that_was_confirmed_and_leaves_nothing_half(store, path):
	for confirmed_before_the_kill in (1, 3, 7):
		writer = start_writer(path, 100_000)
		confirmed = [writer.stdout.readline().strip() for _ in range(confirmed_before_the_kill)]
		os.kill(writer.pid, signal.SIGKILL)
		confirmed += writer.stdout.read().split()
		writer.wait()
		writer.stdout.close()
		with Store(path).reading() as db:
			kept = db.find("Personal Note")
			assert db.value("PRAGMA integrity_check") == "ok"
		assert len(confirmed) >= confirmed_before_the_kill
		assert set(confirmed) <= {row["name"] for row in kept}
		assert sum(row["note"] == "a" for row in kept) == sum(row["note"] == "b" for row in kept)


def test_processes_that_open_a_new_file_at_once_all_get_it(path):
	opening = "import sys; from preview.store import Store; Store(sys.argv[1])"
	started = [
		subprocess.Popen([sys.executable, "-c", opening, str(path)], cwd=ROOT, stderr=subprocess.PIPE)
		for _ in range(4)
	]
	assert [(one.wait(30), one.stderr.read()) for one in started] == [(0, b"")] * 4
	for one in started:
		one.stderr.close()


# The version of the file


def test_file_of_another_version_is_refused_and_replaced_by_fresh(store, path):
	with store.writing() as db:
		db.run("PRAGMA user_version = 1")
	with pytest.raises(Trouble, match="another version"):
		Store(path)
	Store(path, fresh=True).close()
	Store(path).close()


def test_a_fresh_start_forgets_everything_for_everyone(store, path):
	with store.writing() as db:
		db.insert("Personal Note", note(), ME, NOW)
	Clock(store).set_forward(datetime(2090, 1, 1))
	Store(path, fresh=True).close()
	assert store.is_empty() and names(store, "Personal Note") == []
	assert Clock(store).now() < datetime(2090, 1, 1)
	with store.reading() as db:
		assert db.get("Micro Experiences Settings", "Micro Experiences Settings")["lines_in_banner"] == 3


def test_opening_again_changes_nothing(store, path):
	def state():
		with store.reading() as db:
			return db.rows("select name, sql from sqlite_master order by name"), db.value(
				"PRAGMA schema_version"
			)

	before = state()
	Store(path).close()
	assert state() == before


# Failures in words


def test_a_file_of_another_program_is_left_alone(tmp_path):
	for name, content in (("letter.txt", b"Dear Olivia, " * 100), ("short.txt", b"hello")):
		path = tmp_path / name
		path.write_bytes(content)
		with pytest.raises(Trouble, match="cannot be used"):
			Store(path)
		assert path.read_bytes() == content
	path = tmp_path / "shop.sqlite3"
	shop = sqlite3.connect(path)
	shop.execute("create table goods (name)")
	shop.close()
	content = path.read_bytes()
	with pytest.raises(Trouble, match="belongs to another program"):
		Store(path)
	assert path.read_bytes() == content


def test_a_place_where_no_file_can_be_is_named(tmp_path):
	(tmp_path / "letter").write_text("hello")
	for path in (tmp_path, tmp_path / "letter" / "preview.sqlite3"):
		with pytest.raises(Trouble) as told:
			Store(path)
		assert str(path) in str(told.value) and "\n" not in str(told.value)


def test_a_new_file_is_empty_until_somebody_lives_in_it(path):
	store = Store(path)
	assert store.is_empty()
	with store.writing() as db:
		db.insert("User", {"name": ME}, ME, NOW)
	assert not store.is_empty()
	store.close()


# The clock


def test_clock_is_set_forward_for_all_processes(store, path):
	clock, moment = Clock(store), datetime(2090, 1, 1)
	clock.set_forward(moment)
	other = Clock(Store(path))
	assert clock.now() >= moment and other.now() >= moment
	other.set_forward(moment + timedelta(days=1))
	assert clock.now() >= moment + timedelta(days=1)


def test_clock_only_goes_forward_and_stays_in_the_calendar(store):
	clock, moment = Clock(store), datetime(2090, 1, 1)
	clock.set_forward(moment)
	for earlier in (moment, datetime(1, 1, 1)):
		with pytest.raises(ValueError, match="only be set forward"):
			clock.set_forward(earlier)
	with pytest.raises(ValueError, match="2099"):
		clock.set_forward(datetime(2100, 1, 1))
	assert clock.now() >= moment
