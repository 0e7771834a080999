"""Erasures, and deletions of customers, by real processes: two at once, while others write, and killed in the midst."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter

import frappe
from frappe.utils import now
from frappe.utils.background_jobs import get_queue

from micro_experiences.jobs import departed
from micro_experiences.micro_experiences.doctype.gesture_wallet import ledger
from micro_experiences.privacy import erasure
from micro_experiences.privacy.test_erasure import LOG, OURS, CommittedTestCase, MarkedTestCase

# How each process begins: `act` is what it does, and `wait` lets it be stopped at a point.
_BEGIN = """
import json, os, signal, sys
import frappe
from frappe.utils import today
site, user, customer = sys.argv[1:4]
frappe.init(site=site)
frappe.connect()
from micro_experiences.desk import follow_ups, gestures, notes, personal_data
from micro_experiences.privacy import access_log, departure, erasure, traces
frappe.set_user(user)
def erase():
	return personal_data.erase(customer, "MX Test Erased", "She asked by letter")["certificate"]
def delete():
	frappe.delete_doc("Customer", customer)
def after(owner, name, act, calls=1):
	original, made = getattr(owner, name), []
	def wrapped(*args, **kwargs):
		answer = original(*args, **kwargs)
		made.append(name)
		if len(made) == calls:
			act()
		return answer
	setattr(owner, name, wrapped)
def tell(what):
	print(json.dumps(what), flush=True)
"""

_ERASER = """
tell("ready")
sys.stdin.readline()
answer = erase()
frappe.db.commit()
tell(answer)
"""

# Stands still once all is removed, before anything is kept, until a line is read.
_SLOW = """
def stand_still():
	tell("removed")
	sys.stdin.readline()
after(access_log, "note_look", stand_still) if sys.argv[4] == "erase" else after(access_log, "customer_gone", stand_still)
answer = globals()[sys.argv[4]]()
frappe.db.commit()
tell(answer)
"""

# Does it, and is killed after so many calls of a function; "kept" is the moment after the commit, before anything follows it.
_KILLED = """
what, owner, name, calls = sys.argv[4:8]
def die(*_args):
	os.kill(os.getpid(), signal.SIGKILL)
if name == "kept":
	sql = frappe.db.sql
	def watched(query, *args, **kwargs):
		answer = sql(query, *args, **kwargs)
		if query == "commit":
			die()
		return answer
	frappe.db.sql = watched
else:
	after({"log": access_log}.get(owner) or globals()[owner], name, die, int(calls))
globals()[what]()
frappe.db.commit()
"""

# Writes until its input is closed, and tells what was kept, and what was refused and how.
_WRITER = """
import threading
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
known = json.loads(sys.argv[4])
made = {"jot": [], "used": [], "give": [], "promise": [], "about": []}
def jot(number):
	return notes.jot(customer, f"Jotted {number}", follow_up_on=today())["name"]
def used(number):
	note = known[number * 7 % len(known)]
	notes.used(note, f"Said {number}")
	return note
def give(number):
	return gestures.give(customer, f"Given {number}", cost=1, personal_note=known[number * 11 % len(known)])["name"]
def promise(number):
	return follow_ups.promise(customer, f"Promised {number}", today())["name"]
def about(number):
	return follow_ups.promise(customer, f"About {number}", today(), personal_note=known[number * 13 % len(known)])["name"]
tell("ready")
number, last, refused = 0, None, []
while not over.is_set():
	number += 1
	kind = [jot, used, give, promise, about][number % 5]
	try:
		name = kind(number)
		frappe.db.commit()
		made[kind.__name__].append(name)
	except Exception as error:
		frappe.db.rollback()
		refused.append([kind.__name__, type(error).__name__, str(error)])
	frappe.clear_messages()
tell({"made": made, "refused": refused})
"""


class AtOnceTestCase(CommittedTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.commit()

	def start(self, script: str, user: str, *words: str):
		"""A process of its own; what it asks for is given by `tell_it`, what it says is read by `heard`."""
		process = subprocess.Popen(
			[sys.executable, "-c", _BEGIN + script, frappe.local.site, user, self.customer, *words],
			cwd=os.getcwd(),
			stdin=subprocess.PIPE,
			stdout=subprocess.PIPE,
			stderr=subprocess.PIPE,
			text=True,
		)
		self.addCleanup(process.kill)
		return process

	def heard(self, process):
		"""What a process says next."""
		line = process.stdout.readline()
		if not line:
			self.fail(process.stderr.read()[-3000:])
		return json.loads(line)

	def tell_it(self, process):
		"""Let a process go on."""
		process.stdin.write("\n")
		process.stdin.flush()

	def many_notes(self, count: int) -> list[str]:
		"""So many notes of the customer, committed."""
		fields = ("name", "creation", "owner", "customer", "note", "kind", "visibility", "status")
		rows = [
			(
				f"MX-ERASED-{number}",
				now(),
				self.rep,
				self.customer,
				f"Something to remember {number}",
				"Fact",
				"Everyone",
				"Active",
			)
			for number in range(count)
		]
		frappe.db.bulk_insert("Personal Note", fields, rows)
		frappe.db.commit()
		return [row[0] for row in rows]

	def whole(self):
		"""What is there belongs together: nothing names what is gone, and wallets equal their ledger."""
		frappe.db.rollback()
		for doctype, field, other in (
			("Personal Note Use", "personal_note", "Personal Note"),
			("Gesture", "personal_note", "Personal Note"),
			("Follow Up Task", "personal_note", "Personal Note"),
			("Follow Up Task", "gesture", "Gesture"),
		):
			rows = frappe.get_all(
				doctype, filters={"customer": self.customer, field: ("is", "set")}, pluck=field
			)
			there = set(frappe.get_all(other, filters={"name": ("in", rows or [""])}, pluck="name"))
			self.assertEqual(set(rows) - there, set(), f"{doctype} without its {other}")
		self.assertEqual(ledger.differences(), [])
		self.assertEqual(ledger.unbooked(), [])


class TestTwoAtOnce(AtOnceTestCase):
	def test_one_erases_and_the_other_finds_nothing(self):
		self.remember()
		frappe.db.commit()
		first = self.start(_SLOW, self.manager, "erase")
		self.assertEqual(self.heard(first), "removed")
		second = self.start(_ERASER, self.manager)
		self.assertEqual(self.heard(second), "ready")
		self.tell_it(second)
		# It waits for the first, and answers nothing yet.
		self.assertEqual(select.select([second.stdout], [], [], 3)[0], [])
		self.tell_it(first)
		certificate = self.heard(first)
		self.assertTrue(certificate)
		self.assertIsNone(self.heard(second))
		self.erased_once(certificate)

	def test_both_start_at_the_same_moment(self):
		self.remember()
		frappe.db.commit()
		both = [self.start(_ERASER, self.manager) for _number in range(2)]
		for process in both:
			self.assertEqual(self.heard(process), "ready")
		for process in both:
			self.tell_it(process)
		answers = [self.heard(process) for process in both]
		self.assertEqual(answers.count(None), 1, answers)
		self.erased_once(next(filter(None, answers)))

	def erased_once(self, certificate: str):
		self.whole()
		self.assertEqual(self.left(customer=self.customer), {})
		about = {"customer": self.customer}
		self.assertEqual(frappe.get_all(erasure.CERTIFICATE, about, pluck="name"), [certificate])
		self.assertEqual(frappe.db.count(LOG, about | {"seen_in": "Erasure"}), 1)
		self.assertEqual(ledger.wallets_of(self.rep)[0].left, 38)


class TestWhileOthersWriteOn(AtOnceTestCase):
	def write_while(self, script: str, user: str, *words: str) -> tuple[list[dict], object]:
		"""What two colleagues kept and were refused while `script` ran among 600 notes; and what it answered."""
		known = json.dumps(self.many_notes(600))
		writers = [self.start(_WRITER, self.rep, known), self.start(_WRITER, self.colleague, known)]
		for process in writers:
			self.assertEqual(self.heard(process), "ready")
		time.sleep(2)
		acting = self.start(script, user, *words)
		self.heard(acting)
		# Who stands still has removed all by now: others wait for it, or write what they have begun.
		time.sleep(1)
		self.tell_it(acting)
		answer = self.heard(acting)
		time.sleep(1)
		told = []
		for process in writers:
			out, err = process.communicate(timeout=120)
			self.assertEqual(process.returncode, 0, err[-3000:])
			told.append(json.loads(out.splitlines()[-1]))
		frappe.db.rollback()
		return told, answer

	def test_what_is_written_meanwhile_is_erased_or_there_afterwards_whole(self):
		for script, words in ((_ERASER, ()), (_SLOW, ("erase",))):
			with self.subTest(slow=script is _SLOW):
				told, certificate = self.write_while(script, self.manager, *words)
				self.assertTrue(certificate)
				self.check(told)
				removed = frappe.get_doc(erasure.CERTIFICATE, certificate)
				self.assertGreaterEqual(removed.notes, 600)
				self.assertGreater(removed.promises + removed.gestures_kept, 0)
				self.erase()
				frappe.db.commit()
				self.assertEqual(self.left(customer=self.customer), {})
				self.whole()

	def test_a_customer_is_deleted_while_others_write(self):
		told, _nothing = self.write_while(_SLOW, "Administrator", "delete")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		# Who had found the customer just before has written afterwards; the daily job sees to that.
		departed.mx_forget_deleted_customers()
		self.assertEqual(departed.left_behind(), set())
		self.assertEqual(self.left(customer=self.customer), {})
		self.check(told)

	def check(self, told: list[dict]):
		"""Nothing of what others kept is half there, and who was refused was told so in words."""
		self.whole()
		counts = {}
		for one in told:
			for what, names in one["made"].items():
				counts[what] = counts.get(what, 0) + len(names)
			for name in one["made"]["jot"]:
				promised = frappe.db.exists("Follow Up Task", {"personal_note": name})
				self.assertEqual(bool(frappe.db.exists("Personal Note", name)), bool(promised), name)
			for name in one["made"]["give"]:
				customer, what, spent = frappe.db.get_value(
					"Gesture", name, ["customer", "what", "wallet_amount"]
				)
				self.assertEqual((customer is None, spent), (what == "-", 1), name)
		refused = Counter((what, kind) for one in told for what, kind, _words in one["refused"])
		print(f"\nkept: {counts}, refused: {dict(refused)}")
		self.assertGreater(min(counts.values()), 0, counts)
		# A note that is gone, and nothing that only another try would mend.
		self.assertLessEqual({kind for _what, kind in refused}, {"PermissionError", "DoesNotExistError"})


class TestKilled(MarkedTestCase, AtOnceTestCase):
	"""SIGKILL in the midst: all of it is there or nothing, and what is done once more ends clean."""

	def setUp(self):
		super().setUp()
		self.waiting(drop=True)

	def killed(self, what: str, owner: str, name: str, calls: int = 1):
		user = self.manager if what == "erase" else "Administrator"
		process = self.start(_KILLED, user, what, owner, name, str(calls))
		_out, err = process.communicate(timeout=120)
		self.assertEqual(process.returncode, -signal.SIGKILL, f"{name}: {err[-2000:]}")
		frappe.db.rollback()

	def rows(self) -> str:
		"""Every row about the customer, and the money."""
		frappe.db.rollback()
		rows = {
			doctype: frappe.get_all(
				doctype, filters={"customer": self.customer}, fields=["*"], order_by="name asc"
			)
			for doctype in (*OURS, LOG, erasure.CERTIFICATE)
		}
		wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": self.policy}, fields=["*"])
		entries = {"gesture_wallet": ("in", [wallet.name for wallet in wallets])}
		rows["Gesture Wallet"] = wallets
		rows["Gesture Wallet Entry"] = frappe.get_all(
			"Gesture Wallet Entry", filters=entries, fields=["*"], order_by="name asc"
		)
		promises = {"follow_up_task": ("in", [row.name for row in rows["Follow Up Task"]])}
		rows["Follow Up Reminder"] = frappe.get_all("Follow Up Reminder", filters=promises, fields=["*"])
		return frappe.as_json(rows)

	def test_an_erasure(self):
		self.write_everything()
		before = self.rows()
		for point in (
			("erasure", "held"),
			("log", "write_waiting"),
			("erasure", "_release"),
			("traces", "remove_rows", 1),
			("traces", "remove_rows", 4),
			("erasure", "_forget_gestures"),
			("traces", "delete_rows", 5),
			("traces", "remove_mentions"),
			("log", "note_look"),
		):
			with self.subTest(point):
				self.killed("erase", *point)
				self.assertEqual(self.rows(), before)
		self.assertTrue(self.erase()["certificate"])
		frappe.db.commit()
		self.assertEqual(self.found(), set())

	def test_an_erasure_that_was_just_kept(self):
		self.write_everything()
		self.killed("erase", "db", "kept")
		self.assertEqual(self.left(customer=self.customer), {})
		self.assertEqual(frappe.db.count(erasure.CERTIFICATE, {"customer": self.customer}), 1)
		self.assertIsNone(self.erase()["certificate"])
		frappe.db.commit()
		self.assertEqual(self.found(), set())
		self.whole()

	def test_a_deletion_of_the_customer(self):
		self.write_everything()
		before = self.rows()
		for point in (
			("erasure", "held"),
			("traces", "remove_rows", 4),
			("erasure", "_forget_gestures"),
			("traces", "delete_rows", 5),
			("log", "customer_gone"),
		):
			with self.subTest(point):
				self.killed("delete", *point)
				self.assertEqual(self.rows(), before)
				self.assertTrue(frappe.db.exists("Customer", self.customer))
				# What waits in the queue finds that it was undone.
				self.work()
				self.assertEqual(self.rows(), before)

	def test_a_deletion_that_was_just_kept(self):
		named = [name for _doctype, name in self.write_everything()]
		self.assertTrue(self.logs_with(named))
		self.killed("delete", "db", "kept")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		self.assertEqual(self.left(customer=self.customer), {})
		self.assertTrue(self.logs_with(named))
		# The search was in the queue before the server died.
		self.assertEqual(self.work(), 1)
		self.assertEqual(self.logs_with(named), [])
		self.whole()

	def logs_with(self, names: list[str]) -> list[str]:
		"""The Error Logs that name one of these records."""
		rows = frappe.get_all("Error Log", fields=["name", "error"])
		return [row.name for row in rows if any(name in (row.error or "") for name in names)]

	def work(self) -> int:
		"""Do what waits for a worker; how many jobs."""
		frappe.db.rollback()
		jobs = self.waiting()
		for job in jobs:
			job.kwargs["method"](**job.kwargs["kwargs"])
			job.delete()
		frappe.db.commit()
		return len(jobs)

	def waiting(self, drop: bool = False) -> list:
		"""The searches that wait for a worker; other tests may have left some."""
		jobs = [job for job in get_queue("long").jobs if job.kwargs["method"] is erasure.search_later]
		for job in jobs if drop else ():
			job.delete()
		return jobs
