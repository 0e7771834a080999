"""Several processes write to one file and are killed: what was confirmed is there, and nothing is overspent."""

import random
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from micro_experiences.domain import ledger as rules
from preview import sample
from preview.clock import Clock
from preview.store import Store

ROOT = Path(__file__).resolve().parents[2]
WRITERS, KILLS = 4, 6
# No step may fail only because the machine is slow.
PATIENCE = 300


class Writers:
	"""The running processes, and what each of them has confirmed."""

	def __init__(self, path: Path, folder: Path):
		self.path, self.folder, self.started, self.running = path, folder, 0, []

	def start(self) -> None:
		self.started += 1
		printed = self.folder / f"{self.started}.txt"
		with printed.open("w") as out:
			command = [sys.executable, "-m", "tests.preview.writer", str(self.path), str(self.started)]
			process = subprocess.Popen(
				command, cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT
			)
		self.running.append((process, printed))

	def kill(self, number: int) -> None:
		process, printed = self.running.pop(number)
		assert process.poll() is None, printed.read_text()
		process.kill()
		process.wait()
		process.stdin.close()

	def stop(self) -> None:
		for process, _printed in self.running:
			process.stdin.close()
		for process, printed in self.running:
			assert process.wait(PATIENCE) == 0, printed.read_text()
		self.running = []

	def confirmed(self, method: str) -> list[list[str]]:
		"""Return the words of every complete line about a method."""
		texts = (printed.read_text() for printed in self.folder.glob("*.txt"))
		lines = (
			line.split() for text in texts for line in text.splitlines(keepends=True) if line.endswith("\n")
		)
		return [words for words in lines if words[0] == method]

	def wait_for(self, count: int) -> None:
		"""Wait for that many more gestures and notes."""
		end, wanted = time.monotonic() + PATIENCE, self.progress() + count
		while self.progress() < wanted:
			assert time.monotonic() < end, f"{self.progress()} of {wanted}"
			time.sleep(0.02)

	def progress(self) -> int:
		return len(self.confirmed("gestures.record_gesture")) + len(self.confirmed("notes.jot"))


@pytest.fixture
def writers(tmp_path):
	(tmp_path / "printed").mkdir()
	writers = Writers(tmp_path / "preview.sqlite3", tmp_path / "printed")
	yield writers
	for process, _printed in writers.running:
		process.kill()


def test_killed_writer_loses_nothing_confirmed_and_overspends_nothing(writers):
	store = Store(writers.path, wait_seconds=PATIENCE)
	clock, choose = Clock(store), random.Random(20)
	sample.fill(store, clock)
	for _number in range(WRITERS):
		writers.start()
	for turn in range(KILLS):
		writers.wait_for(20)
		writers.kill(choose.randrange(WRITERS))
		check_money(store)
		writers.start()
		# A new month, so that the wallets are full again, at noon, outside the quiet hours.
		noon = datetime.combine(clock.today(), datetime.min.time()) + timedelta(days=31, hours=12)
		if turn < KILLS - 1:
			clock.set_forward(noon)
	writers.wait_for(20)
	writers.stop()

	check_money(store)
	with store.reading() as db:
		assert db.value("PRAGMA integrity_check") == "ok"
		assert db.rows("PRAGMA foreign_key_check") == []
		gestures = {row["name"]: row for row in db.find("Gesture")}
		entries = {row["entry_key"] for row in db.find("Gesture Wallet Entry")}
		notes = {row["name"] for row in db.find("Personal Note", {"note": "Heard by a writer."})}
		followed = {row["personal_note"] for row in db.find("Follow Up Task") if row["personal_note"]}
		proofs = db.find("Follow Up Reminder", {"kind": "Reminder"})
		notifications = db.find("Notification Log", {"document_type": "Follow Up Task"})
	given = writers.confirmed("gestures.record_gesture")
	assert given and notifications
	assert all(gestures[name]["status"] == status for _method, name, status in given)
	assert all(rules.entry_key(name, "Spend") in entries for _method, name, _status in given)
	assert notes.issuperset(words[1] for words in writers.confirmed("notes.jot"))
	# A note and its follow-up are there together or not at all.
	assert notes == followed
	assert len(notifications) == len(proofs) == len({row["reminder_key"] for row in proofs})


def check_money(store: Store) -> None:
	"""Check that every wallet equals its entries, and that none is overspent."""
	with store.reading() as db:
		for wallet in db.find("Gesture Wallet"):
			entries = db.find("Gesture Wallet Entry", {"gesture_wallet": wallet["name"]})
			change = rules.sum_lines(rules.LedgerLine(row["kind"], row["amount"]) for row in entries)
			assert (wallet["committed"], wallet["spent"]) == (change.committed, change.spent)
			assert wallet["allowance"] >= wallet["committed"] + wallet["spent"]
