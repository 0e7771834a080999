"""Eight processes write to one file, and one of them is killed at random, twenty times over: what was confirmed is there,
and nothing is overspent."""

import random
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from dateutil.relativedelta import relativedelta

from micro_experiences.domain import ledger as rules
from preview import sample
from preview.clock import Clock
from preview.store import Store

ROOT = Path(__file__).resolve().parents[2]
WRITERS, KILLS = 8, 20


class Writers:
	"""The processes, and what they have said."""

	def __init__(self, path: Path, folder: Path):
		self.path, self.folder, self.started, self.running = path, folder, 0, []

	def start(self) -> None:
		self.started += 1
		said = self.folder / f"{self.started}.txt"
		with said.open("w") as out:
			command = [sys.executable, "-m", "tests.preview.writer", str(self.path), str(self.started)]
			process = subprocess.Popen(
				command, cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT
			)
		self.running.append((process, said))

	def kill(self, number: int) -> None:
		process, _said = self.running.pop(number)
		assert process.poll() is None, "it had ended by itself"
		process.kill()
		process.wait()
		process.stdin.close()

	def stop(self) -> None:
		for process, _said in self.running:
			process.stdin.close()
		for process, said in self.running:
			assert process.wait(30) == 0, said.read_text()
		self.running = []

	def confirmed(self, method: str) -> list[list[str]]:
		"""The words of every whole line about a method."""
		lines = (
			line
			for said in self.folder.glob("*.txt")
			for line in said.read_text().splitlines(keepends=True)
			if line.endswith("\n")
		)
		return [words for line in lines if (words := line.split())[0] == method]


@pytest.fixture
def writers(tmp_path):
	(tmp_path / "said").mkdir()
	writers = Writers(tmp_path / "preview.sqlite3", tmp_path / "said")
	yield writers
	for process, _said in writers.running:
		process.kill()


def test_a_killed_writer_loses_nothing_that_was_confirmed_and_nothing_is_overspent(writers):
	store = Store(writers.path)
	clock = Clock(store)
	sample.fill(store, clock)
	choose = random.Random(20)
	for _number in range(WRITERS):
		writers.start()
	wait_until(lambda: all(said.stat().st_size for _process, said in writers.running))
	for _round in range(KILLS):
		# A new month: the wallets are full again. At noon, because reminders wait for the night to end.
		clock.set_forward(clock.now() + relativedelta(months=1, hour=12))
		time.sleep(choose.uniform(0.2, 0.6))
		writers.kill(choose.randrange(WRITERS))
		check_money(store)
		writers.start()
	writers.stop()

	check_money(store)
	with store.reading() as db:
		assert db.value("PRAGMA integrity_check") == "ok"
		assert db.rows("PRAGMA foreign_key_check") == []
		gestures = {row["name"]: row for row in db.find("Gesture")}
		entries = {row["entry_key"] for row in db.find("Gesture Wallet Entry")}
		notes = {row["name"] for row in db.find("Personal Note", {"note": "Heard by a writer."})}
		tasks = [row for row in db.find("Follow Up Task") if row["personal_note"]]
		# The others are of occasions in the sample.
		promised = {row["personal_note"] for row in tasks if not row["occurrence_key"]}
		proofs = db.find("Follow Up Reminder", {"kind": "Reminder"})
		bells = db.find("Notification Log", {"document_type": "Follow Up Task"})
		emptied = [wallet for wallet in db.find("Gesture Wallet") if left(wallet) < 4]
	given = writers.confirmed("gestures.give")
	jotted = [words[1] for words in writers.confirmed("notes.jot")]
	assert len(given) > 50 and len(jotted) > 20 and len(bells) > 20, (len(given), len(jotted), len(bells))
	assert all(gestures[name]["status"] == status for _method, name, status in given)
	assert all(rules.entry_key(name, "Spend") in entries for _method, name, status in given)
	assert notes.issuperset(jotted)
	# A note and its promise are there together or not at all.
	assert notes == promised
	assert len(bells) == len(proofs) == len({row["reminder_key"] for row in proofs})
	# The writers did reach the end of what there was, or nothing would be proved.
	assert emptied
	print(
		f"{len(given)} gestures, {len(jotted)} notes, {len(bells)} reminders, {len(emptied)} wallets emptied"
	)


def left(wallet: dict):
	return wallet["allowance"] + wallet["carried_over"] - wallet["committed"] - wallet["spent"]


def check_money(store: Store) -> None:
	"""Every wallet equals its entries, and holds what was promised from it."""
	with store.reading() as db:
		for wallet in db.find("Gesture Wallet"):
			entries = db.find("Gesture Wallet Entry", {"gesture_wallet": wallet["name"]})
			change = rules.total(rules.Line(row["kind"], row["amount"]) for row in entries)
			assert (wallet["committed"], wallet["spent"]) == (change.committed, change.spent)
			assert left(wallet) >= 0


def wait_until(holds) -> None:
	end = datetime.now() + relativedelta(seconds=60)
	while not holds():
		assert datetime.now() < end, "nothing happened for a minute"
		time.sleep(0.05)
