"""Erasures and customer deletions by real processes: concurrent, among writers, and killed."""

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

from micro_experiences.jobs import cleanup
from micro_experiences.services import cleanup as cleanup_services
from micro_experiences.services import erasure, ledger
from micro_experiences.services.test_erasure import DOCTYPES, LOG, CommittedTestCase, MarkedTestCase

# The start of every process.
_BEGIN = """
import json, os, signal, sys
import frappe
from frappe.utils import today
site, user, customer = sys.argv[1:4]
frappe.init(site=site)
frappe.connect()
from micro_experiences.api import follow_ups, gestures, notes, personal_data
from micro_experiences.services import access_log, erasure, traces
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
def report(what):
	print(json.dumps(what), flush=True)
"""

_ERASER = """
report("ready")
sys.stdin.readline()
answer = erase()
frappe.db.commit()
report(answer)
"""

# Pauses after the removal and before the commit until a line is read.
_SLOW = """
def pause():
	report("removed")
	sys.stdin.readline()
after(access_log, "record_access" if sys.argv[4] == "erase" else "unlink_deleted_customer", pause)
answer = globals()[sys.argv[4]]()
frappe.db.commit()
report(answer)
"""

# Is killed after a number of calls of a function; "committed" is the moment right after the commit.
_KILLED = """
what, owner, name, calls = sys.argv[4:8]
def die(*_args):
	os.kill(os.getpid(), signal.SIGKILL)
if name == "committed":
	sql = frappe.db.sql
	def watched(query, *args, **kwargs):
		answer = sql(query, *args, **kwargs)
		if query == "commit":
			die()
		return answer
	frappe.db.sql = watched
else:
	after(globals()[owner], name, die, int(calls))
globals()[what]()
frappe.db.commit()
"""

# Writes until its input is closed, then reports what was saved and what was refused.
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
	notes.mark_used(note, f"Said {number}")
	return note
def give(number):
	return gestures.record_gesture(customer, f"Given {number}", cost=1, personal_note=known[number * 11 % len(known)])["name"]
def promise(number):
	return follow_ups.create(customer, f"Promised {number}", today())["name"]
def about(number):
	return follow_ups.create(customer, f"About {number}", today(), personal_note=known[number * 13 % len(known)])["name"]
report("ready")
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
report({"made": made, "refused": refused})
"""


class ConcurrentTestCase(CommittedTestCase):
	def setUp(self):
		super().setUp()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def start(self, script: str, user: str, *words: str):
		"""Start a process. `read_report` reads its reports, `resume` lets it continue."""
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

	def read_report(self, process):
		"""Return the next report of a process."""
		line = process.stdout.readline()
		if not line:
			self.fail(process.stderr.read()[-3000:])
		return json.loads(line)

	def resume(self, process):
		"""Let a waiting process continue."""
		process.stdin.write("\n")
		process.stdin.flush()

	def insert_notes(self, count: int) -> list[str]:
		"""Insert and commit notes of the customer and return their names."""
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
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		return [row[0] for row in rows]

	def assert_consistent(self):
		"""Assert that no link dangles and that the wallets match their ledger."""
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
		self.assertEqual(ledger.find_differences(), [])
		self.assertEqual(ledger.find_gestures_without_entry(), [])


class TestConcurrentErasures(ConcurrentTestCase):
	def test_second_erasure_waits_and_finds_nothing(self):
		self.create_records()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		first = self.start(_SLOW, self.manager, "erase")
		self.assertEqual(self.read_report(first), "removed")
		second = self.start(_ERASER, self.manager)
		self.assertEqual(self.read_report(second), "ready")
		self.resume(second)
		# It waits for the first, and reports nothing yet.
		self.assertEqual(select.select([second.stdout], [], [], 2)[0], [])
		self.resume(first)
		certificate = self.read_report(first)
		self.assertTrue(certificate)
		self.assertIsNone(self.read_report(second))
		self.assert_erased_once(certificate)

	def test_simultaneous_erasures_write_one_certificate(self):
		self.create_records()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		both = [self.start(_ERASER, self.manager) for _number in range(2)]
		for process in both:
			self.assertEqual(self.read_report(process), "ready")
		for process in both:
			self.resume(process)
		answers = [self.read_report(process) for process in both]
		self.assertEqual(answers.count(None), 1, answers)
		self.assert_erased_once(next(answer for answer in answers if answer))

	def assert_erased_once(self, certificate: str):
		self.assert_consistent()
		self.assertEqual(self.count_records(customer=self.customer), {})
		about = {"customer": self.customer}
		self.assertEqual(frappe.get_all(erasure.CERTIFICATE_DOCTYPE, about, pluck="name"), [certificate])
		self.assertEqual(frappe.db.count(LOG, about | {"seen_in": "Erasure"}), 1)
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 38)


class TestConcurrentWrites(ConcurrentTestCase):
	def run_among_writers(self, script: str, user: str, *words: str) -> tuple[list[dict], object]:
		"""Run `script` on 600 notes while two users write. Return the reports of all."""
		known = json.dumps(self.insert_notes(600))
		writers = [self.start(_WRITER, self.rep, known), self.start(_WRITER, self.colleague, known)]
		for process in writers:
			self.assertEqual(self.read_report(process), "ready")
		self.wait_for_writes()
		acting = self.start(script, user, *words)
		self.read_report(acting)
		# Lets the writers reach the locks. No assertion depends on how far they come.
		time.sleep(1)
		self.resume(acting)
		answer = self.read_report(acting)
		reports = []
		for process in writers:
			out, err = process.communicate(timeout=120)
			self.assertEqual(process.returncode, 0, err[-3000:])
			reports.append(json.loads(out.splitlines()[-1]))
		frappe.db.rollback()
		return reports, answer

	def test_records_written_during_erasure_are_erased_or_complete(self):
		for script, words in ((_ERASER, ()), (_SLOW, ("erase",))):
			with self.subTest(slow=script is _SLOW):
				reports, certificate = self.run_among_writers(script, self.manager, *words)
				self.assertTrue(certificate)
				self.check(reports)
				removed = frappe.get_doc(erasure.CERTIFICATE_DOCTYPE, certificate)
				self.assertGreaterEqual(removed.notes, 600)
				self.assertGreater(removed.promises + removed.gestures_kept, 0)
				self.erase()
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
				self.assertEqual(self.count_records(customer=self.customer), {})
				self.assert_consistent()

	def test_deletion_of_customer_while_others_write_leaves_nothing(self):
		reports, _nothing = self.run_among_writers(_SLOW, "Administrator", "delete")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		# A writer that found the customer before may write afterwards. The daily job removes that.
		cleanup.mx_forget_deleted_customers()
		self.assertEqual(cleanup_services.get_deleted_customers(), set())
		self.assertEqual(self.count_records(customer=self.customer), {})
		self.check(reports)

	def wait_for_writes(self, seconds: int = 60):
		"""Wait until each kind of record was written by the writers."""
		end = time.monotonic() + seconds
		while time.monotonic() < end:
			frappe.db.rollback()
			if len(self.count_records(customer=self.customer)) == len(DOCTYPES):
				return
			time.sleep(0.1)
		self.fail("the writers wrote nothing")

	def check(self, reports: list[dict]):
		"""Assert that every saved record is complete and that every refusal was a regular error."""
		self.assert_consistent()
		counts = {}
		for one in reports:
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
		refused = Counter((what, kind) for one in reports for what, kind, _words in one["refused"])
		print(f"\nkept: {counts}, refused: {dict(refused)}")
		self.assertGreater(min(counts.values()), 0, counts)
		# No error that a retry would have solved.
		self.assertLessEqual(
			{kind for _what, kind in refused}, {"PermissionError", "DoesNotExistError", "LinkValidationError"}
		)


class TestKilled(MarkedTestCase, ConcurrentTestCase):
	"""SIGKILL during the transaction: all or nothing is removed, and repeating it removes everything."""

	def setUp(self):
		super().setUp()
		self.get_queued_jobs(drop=True)

	def run_and_kill(self, what: str, owner: str, name: str, calls: int = 1):
		user = self.manager if what == "erase" else "Administrator"
		process = self.start(_KILLED, user, what, owner, name, str(calls))
		_out, err = process.communicate(timeout=120)
		self.assertEqual(process.returncode, -signal.SIGKILL, f"{name}: {err[-2000:]}")
		frappe.db.rollback()

	def dump_rows(self) -> str:
		"""Return every row about the customer and the wallets."""
		frappe.db.rollback()
		rows = {
			doctype: frappe.get_all(
				doctype, filters={"customer": self.customer}, fields=["*"], order_by="name asc"
			)
			for doctype in (*DOCTYPES, LOG, erasure.CERTIFICATE_DOCTYPE)
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

	def test_erasure_killed_before_commit_changes_nothing(self):
		self.write_everything()
		before = self.dump_rows()
		for point in (
			("erasure", "find_held_records"),
			("access_log", "write_queued_entries"),
			("erasure", "cancel_gestures"),
			("traces", "remove_linked_rows", 1),
			("traces", "remove_linked_rows", 4),
			("erasure", "_anonymize_gestures"),
			("traces", "delete_documents", 5),
			("traces", "remove_mentions"),
			("access_log", "record_access"),
		):
			with self.subTest(point):
				self.run_and_kill("erase", *point)
				self.assertEqual(self.dump_rows(), before)
		self.assertTrue(self.erase()["certificate"])
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.assertEqual(self.find_markers(), set())

	def test_erasure_killed_after_commit_is_complete(self):
		self.write_everything()
		self.run_and_kill("erase", "db", "committed")
		self.assertEqual(self.count_records(customer=self.customer), {})
		self.assertEqual(frappe.db.count(erasure.CERTIFICATE_DOCTYPE, {"customer": self.customer}), 1)
		self.assertIsNone(self.erase()["certificate"])
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.assertEqual(self.find_markers(), set())
		self.assert_consistent()

	def test_deletion_killed_before_commit_changes_nothing(self):
		self.write_everything()
		before = self.dump_rows()
		for point in (
			("erasure", "find_held_records"),
			("traces", "remove_linked_rows", 4),
			("erasure", "_anonymize_gestures"),
			("traces", "delete_documents", 5),
			("access_log", "unlink_deleted_customer"),
		):
			with self.subTest(point):
				self.run_and_kill("delete", *point)
				self.assertEqual(self.dump_rows(), before)
				self.assertTrue(frappe.db.exists("Customer", self.customer))
				# The queued job finds that the deletion was rolled back.
				self.run_queued_jobs()
				self.assertEqual(self.dump_rows(), before)

	def test_deletion_killed_after_commit_is_finished_by_the_worker(self):
		named = [name for _doctype, name in self.write_everything()]
		self.assertTrue(self.find_logs(named))
		self.run_and_kill("delete", "db", "committed")
		self.assertFalse(frappe.db.exists("Customer", self.customer))
		self.assertEqual(self.count_records(customer=self.customer), {})
		# The job was in the queue before the process died. A worker of the bench may run it first.
		self.run_queued_jobs()
		end = time.monotonic() + 60
		while self.find_logs(named) and time.monotonic() < end:
			time.sleep(0.5)
			frappe.db.rollback()
		self.assertEqual(self.find_logs(named), [])
		self.assert_consistent()

	def find_logs(self, names: list[str]) -> list[str]:
		"""Return the Error Logs that name one of these records."""
		rows = frappe.get_all("Error Log", fields=["name", "error"])
		return [row.name for row in rows if any(name in (row.error or "") for name in names)]

	def run_queued_jobs(self) -> None:
		"""Run the queued jobs."""
		frappe.db.rollback()
		jobs = self.get_queued_jobs()
		for job in jobs:
			job.kwargs["method"](**job.kwargs["kwargs"])
			job.delete()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def get_queued_jobs(self, drop: bool = False) -> list:
		"""Return the queued searches of logs. Other tests may have left some."""
		jobs = [
			job for job in get_queue("long").jobs if job.kwargs["method"] is erasure.remove_mentions_later
		]
		for job in jobs if drop else ():
			job.delete()
		return jobs
