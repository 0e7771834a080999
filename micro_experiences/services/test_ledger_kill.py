"""Killing a spending process loses no confirmed gesture and leaves no half-booked one."""

import json
import multiprocessing
import os
import random
import signal
import time

import frappe

from micro_experiences.api import gestures
from micro_experiences.services import ledger
from micro_experiences.tests.utils import SiteTestCase, make_budget, make_customer

KILLS = 25
# Seconds. A kill happens within the first two or three steps of a process.
LONGEST = 0.5


class TestKill(SiteTestCase):
	"""Real processes share a committed budget."""

	commits = True

	def setUp(self):
		super().setUp()
		frappe.set_user("Administrator")
		self.victim = make_customer("MX Test Kill")
		self.policy = make_budget(self.company, [self.rep], amount=100_000, cap_per_recipient=90_000)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		self.addCleanup(self.clean_up)

	def test_kill_at_random_point_leaves_ledger_consistent(self):
		confirmed, unfinished = {}, 0
		for number in range(KILLS):
			reported = self.spend_and_kill(random.Random(number).uniform(0, LONGEST))
			unfinished += reported.pop("unfinished")
			confirmed |= reported["confirmed"]
			frappe.db.rollback()
			with self.subTest(kill=number):
				self.assertEqual(ledger.find_differences(), [])
				self.assertEqual(ledger.find_gestures_without_entry(), [])
				self.assert_consistent(confirmed)
		print(
			json.dumps({"kills": KILLS, "in the middle of a step": unfinished, "confirmed": len(confirmed)})
		)
		self.assertGreater(unfinished, 0, "the kills came too late to prove anything")
		self.assertGreater(len(confirmed), 0, "the kills came too early to prove anything")

	def spend_and_kill(self, after: float) -> dict:
		"""Kill a process after some seconds. Return what it confirmed and whether a step was unfinished."""
		reading, writing = os.pipe()
		process = multiprocessing.get_context("fork").Process(
			target=spend, args=(frappe.local.site, self.rep, self.victim, writing)
		)
		process.start()
		os.close(writing)
		with os.fdopen(reading) as lines:
			self.assertEqual(lines.readline(), "ready\n")
			time.sleep(after)
			os.kill(process.pid, signal.SIGKILL)
			process.join()
			self.assertEqual(process.exitcode, -signal.SIGKILL)
			words = [line.split() for line in lines]
		confirmed = {name: status for what, *rest in words if what == "done" for name, status in [rest]}
		steps = [what for what, *_rest in words]
		return {"confirmed": confirmed, "unfinished": steps[-1:] == ["begin"]}

	def assert_consistent(self, confirmed: dict[str, str]):
		"""Assert that every confirmed gesture exists and that every gesture has its entries."""
		given = {
			row.name: row.status
			for row in frappe.get_all("Gesture", filters={"customer": self.victim}, fields=["name", "status"])
		}
		lines: dict[str, set] = {}
		for row in frappe.get_all(
			"Gesture Wallet Entry",
			filters={"made_by": self.rep, "gesture": ("in", [*given])},
			fields=["gesture", "kind"],
		):
			lines.setdefault(row.gesture, set()).add(row.kind)
		for name, status in given.items():
			self.assertEqual(lines.get(name), {"Spend", "Refund"} if status == "Cancelled" else {"Spend"})
		for name, status in confirmed.items():
			# A given gesture may have been cancelled by a step that was not confirmed.
			self.assertIn(given.get(name), (status, "Cancelled"))

	def clean_up(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": self.policy.name}, pluck="name")
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"gesture_budget": self.policy.name})
		frappe.db.delete("Gesture", {"customer": self.victim})
		frappe.delete_doc("Gesture Budget", self.policy.name, force=True, delete_permanently=True)
		frappe.delete_doc("Customer", self.victim, force=True, delete_permanently=True)
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it


def spend(site: str, user: str, customer: str, writing: int) -> None:
	"""Record two gestures and cancel the last, repeatedly; report each step before and after it."""
	frappe.init(site=site, force=True)
	frappe.connect()
	frappe.set_user(user)

	def report(*words: str) -> None:
		os.write(writing, f"{' '.join(words)}\n".encode())

	gestures.record_gesture(customer, "a kind word")
	frappe.db.rollback()
	report("ready")
	name = None
	for number in range(1_000):
		report("begin")
		if name and number % 3 == 2:
			gestures.set_status(name, "Cancelled")
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
			report("done", name, "Cancelled")
		else:
			name = gestures.record_gesture(customer, "a small thing", cost=7)["name"]
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
			report("done", name, "Given")
