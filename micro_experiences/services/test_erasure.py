"""Erasure of personal data: removed records, certificate, concurrent bookings, search of the whole site."""

import os
import shutil
import subprocess
from threading import Thread
from unittest.mock import patch

import frappe
import requests
from frappe.app import application
from frappe.core.doctype.user.user import generate_keys
from frappe.desk.doctype.tag.tag import DocTags
from frappe.utils import add_to_date, now_datetime, today
from frappe.utils.background_jobs import get_redis_conn
from werkzeug.serving import make_server

from micro_experiences.api import follow_ups, gestures, notes, personal_data
from micro_experiences.services import access_log, banner, digests, erasure, ledger
from micro_experiences.services.preferences import create_preferences
from micro_experiences.services.test_cleanup import remind
from micro_experiences.services.test_traces import QueryCounter, read_redis
from micro_experiences.tests.planted_traces import cache_document, plant_traces
from micro_experiences.tests.utils import SiteTestCase, make_customer, make_email_account

DOCTYPES = ("Personal Note", "Personal Note Use", "Gesture", "Follow Up Task")
REASON = "She asked by letter"
LOG = "Personal Note Access"


class ErasureTestCase(SiteTestCase):
	def setUp(self):
		super().setUp()
		self.budget()
		with self.as_user("Administrator"):
			self.customer = make_customer("MX Test Erased")
			self.olivia = self.contact("Olivia", self.customer)

	def create_records(self, contact: str | None = None) -> dict[str, str]:
		"""Create one of each record about the customer or a contact. Return the names by kind."""
		note = notes.jot(self.customer, "Her dog Rex is ill.", contact=contact, follow_up_on=today())["name"]
		notes.mark_used(note, "He is well again")
		give = dict(contact=contact, personal_note=note)
		made = {
			"note": note,
			"free": gestures.record_gesture(self.customer, "a call", **give)["name"],
			"paid": gestures.record_gesture(
				self.customer, "flowers for Rex", cost=12, message="Dear Rex", **give
			)["name"],
			"approved": gestures.record_gesture(self.customer, "a dinner", cost=30, **give)["name"],
			"promise": follow_ups.create(self.customer, "send the book", today(), contact=contact)["name"],
		}
		with self.as_user(self.lead):
			gestures.approve(made["approved"])
		gesture = frappe.get_doc("Gesture", made["paid"])
		gesture.update({"story": "Rex sat up", "reaction": "Delighted"}).save()
		remind(made["promise"])
		return made

	def erase(
		self, contact: str | None = None, typed: str | None = None, customer: str | None = None
	) -> dict:
		customer = customer or self.customer
		with self.as_user(self.manager):
			typed = typed or erasure.get_display_name(customer, contact)
			return personal_data.erase(customer, typed, REASON, contact=contact)

	def count_records(self, **filters) -> dict[str, int]:
		return {doctype: count for doctype in DOCTYPES if (count := frappe.db.count(doctype, filters))}


class TestErase(ErasureTestCase):
	def test_erasure_leaves_only_anonymous_amounts(self):
		made = self.create_records()
		spent = ledger.get_user_wallets(self.rep)[0].left
		self.erase()
		self.assertEqual(self.count_records(customer=self.customer), {})
		for what in ("note", "free", "promise"):
			doctype = {"note": "Personal Note", "free": "Gesture"}.get(what, "Follow Up Task")
			self.assertFalse(frappe.db.exists(doctype, made[what]), what)
		self.assertFalse(frappe.db.exists("Follow Up Reminder", {"follow_up_task": made["promise"]}))
		paid = frappe.get_doc("Gesture", made["paid"])
		self.assertDocumentEqual({"cost": 12.0, "status": "Given", "given_by": self.rep, "what": "-"}, paid)
		text = frappe.as_json(paid.as_dict())
		for personal in ("Rex", "Erased", "Olivia", "Delighted", made["note"]):
			self.assertNotIn(personal, text)
		# What was approved and is not given any more is no longer set aside.
		self.assertEqual(frappe.db.get_value("Gesture", made["approved"], "status"), "Cancelled")
		self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, spent + 30)
		self.assertEqual(ledger.find_differences(), [])
		with self.as_user(self.manager):
			paid.reload().save()
		self.assertFalse(banner.get_banner_payload(self.customer).get("items"))

	def test_certificate_holds_counts_without_text(self):
		self.create_records()
		name = self.erase()["certificate"]
		certificate = frappe.get_doc(erasure.CERTIFICATE_DOCTYPE, name)
		self.assertDocumentEqual(
			{
				"whose": "MX Test Erased",
				"customer": self.customer,
				"erased_by": self.manager,
				"reason": REASON,
				"notes": 1,
				"uses": 1,
				"gestures": 1,
				"gestures_kept": 2,
				"released": 1,
				"promises": 2,
				"reminders": 1,
			},
			certificate,
		)
		self.assertEqual(str(certificate.first_day), today())
		self.assertGreater(certificate.traces, 0)
		self.assertNotIn("Rex", frappe.as_json(certificate.as_dict()))
		looked = {"customer": self.customer, "user": self.manager, "seen_in": "Erasure", "reason": REASON}
		self.assertTrue(frappe.db.exists("Personal Note Access", looked))

	def test_second_erasure_finds_nothing(self):
		self.create_records()
		self.assertTrue(self.erase()["certificate"])
		again = self.erase()
		self.assertIsNone(again["certificate"])
		self.assertIn("nothing to erase", again["text"])
		self.assertEqual(frappe.db.count(erasure.CERTIFICATE_DOCTYPE, {"customer": self.customer}), 1)

	def test_log_of_reports_and_erasures_is_kept(self):
		self.create_records()
		with self.as_user(self.manager):
			personal_data.get_report(self.customer, "He asked by mail")
		self.erase()
		self.note("Once more.")
		self.erase()
		about = {"customer": self.customer, "user": self.manager}
		self.assertTrue(
			frappe.db.exists(LOG, about | {"seen_in": "Personal Data Report", "reason": "He asked by mail"})
		)
		self.assertEqual(frappe.db.count(LOG, about | {"seen_in": "Erasure", "reason": REASON}), 2)
		with self.as_user("Administrator"):
			frappe.delete_doc("Customer", self.customer)
		self.assertFalse(frappe.db.exists(LOG, {"customer": self.customer}))
		self.assertTrue(frappe.db.exists(LOG, {"user": self.manager, "reason": "He asked by mail"}))

	def test_queued_access_is_logged_before_erasure(self):
		frappe.cache.delete_value(access_log.QUEUE_KEY)
		self.addCleanup(frappe.cache.delete_value, access_log.QUEUE_KEY)
		note = self.note("Has a new hip.", contact=self.olivia, sensitive=1).name
		access_log.record_access(self.customer, self.manager, "Banner", [note])
		access_log.record_access(self.other_customer, self.manager, "Banner", ["NOTE-of-another"])
		self.erase(self.olivia)
		self.assertEqual(frappe.cache.llen(access_log.QUEUE_KEY), 2)
		self.note("Takes tea.")
		self.erase()
		rows = frappe.get_all(
			LOG,
			{"seen_in": "Banner", "user": self.manager},
			["personal_note", "customer"],
			order_by="personal_note",
		)
		self.assertEqual({(row.personal_note, row.customer) for row in rows}, {(note, None)})

	def test_erasure_leaves_other_customers_unchanged(self):
		self.create_records()
		other = self.note("Takes tea.", customer=self.other_customer)
		notes.mark_used(other.name, "With milk")
		before = self.count_records(customer=self.other_customer)
		self.erase()
		self.assertEqual(self.count_records(customer=self.other_customer), before)

	def test_failed_erasure_changes_nothing(self):
		made = self.create_records()
		before = self.count_records(customer=self.customer)
		frappe.db.savepoint("erased")
		with patch.object(erasure.access_log, "record_access", side_effect=ZeroDivisionError):
			with self.assertRaises(ZeroDivisionError):
				self.erase()
		frappe.db.rollback(save_point="erased")
		self.assertEqual(self.count_records(customer=self.customer), before)
		self.assertFalse(frappe.db.count(erasure.CERTIFICATE_DOCTYPE, {"customer": self.customer}))
		self.assertEqual(frappe.db.get_value("Gesture", made["approved"], "status"), "Approved")

	def test_erasing_3000_notes_takes_few_queries(self):
		def count(notes: int) -> int:
			rows = [
				(
					f"MX-{notes}-{n}",
					self.customer,
					f"Something to create_records {n}",
					"Fact",
					"Everyone",
					"Active",
				)
				for n in range(notes)
			]
			fields = ("name", "customer", "note", "kind", "visibility", "status")
			frappe.db.bulk_insert("Personal Note", fields, rows)
			with QueryCounter() as counted:
				certificate = self.erase()["certificate"]
			self.assertEqual(frappe.db.get_value(erasure.CERTIFICATE_DOCTYPE, certificate, "notes"), notes)
			return counted.count

		few = count(1)
		many = count(3000)
		print(f"\nqueries to erase 1 note: {few}, 3000 notes: {many}")
		self.assertLess(many, 12 * few)

	def test_erasure_requires_typed_name_and_reason(self):
		self.create_records()
		before = self.count_records(customer=self.customer)
		with self.assertRaises(frappe.ValidationError):
			self.erase(typed="MX Test Books")
		with self.as_user(self.manager), self.assertRaises(frappe.ValidationError):
			personal_data.erase(self.customer, "MX Test Erased", "  ")
		with self.as_user(self.manager), self.assertRaises(frappe.ValidationError):
			personal_data.erase(self.customer, "MX Test Erased", REASON, requested_on="2999-01-01")
		self.assertEqual(self.count_records(customer=self.customer), before)
		self.assertTrue(self.erase(typed=" mx test  ERASED ")["certificate"])

	def test_personal_data_methods_without_access_are_refused(self):
		self.create_records()
		for method in (
			lambda: personal_data.get_overview(self.customer),
			lambda: personal_data.get_report(self.customer, REASON),
			lambda: personal_data.erase(self.customer, "MX Test Erased", REASON),
		):
			for user in (self.rep, self.lead, self.outsider):
				with self.as_user(user), self.assertRaises(frappe.PermissionError):
					method()
			with self.as_user("Administrator"):
				permission = frappe.get_doc(
					{
						"doctype": "User Permission",
						"user": self.manager,
						"allow": "Customer",
						"for_value": self.other_customer,
					}
				).insert()
			frappe.clear_cache(user=self.manager)
			with self.as_user(self.manager), self.assertRaises(frappe.PermissionError):
				method()
			permission.delete(ignore_permissions=True)
			frappe.clear_cache(user=self.manager)
		self.assertTrue(self.count_records(customer=self.customer))


class TestContact(ErasureTestCase):
	def test_erasure_of_contact_keeps_other_notes(self):
		of_contact = self.create_records(self.olivia)
		of_shop = self.note("The shop closes in August.").name
		gone = self.note("Likes tea.", contact=self.olivia).name
		# Stems from what goes, and does not name her.
		task = self.task(personal_note=gone, subject="bring tea").name
		certificate = self.erase(self.olivia)["certificate"]
		for doctype, name in (
			("Personal Note", of_contact["note"]),
			("Personal Note", gone),
			("Follow Up Task", of_contact["promise"]),
			("Follow Up Task", task),
		):
			self.assertFalse(frappe.db.exists(doctype, name), name)
		self.assertTrue(frappe.db.exists("Personal Note", of_shop))
		self.assertEqual(self.count_records(customer=self.customer), {"Personal Note": 1})
		self.assertEqual(
			frappe.db.get_value(erasure.CERTIFICATE_DOCTYPE, certificate, "whose"), "Olivia Brandt"
		)
		self.assertEqual(ledger.find_differences(), [])

	def test_erasure_of_contact_of_another_customer_is_refused(self):
		stranger = self.contact("Mia", self.other_customer)
		with self.assertRaises(frappe.PermissionError):
			self.erase(stranger)


class TestCertificate(ErasureTestCase):
	def setUp(self):
		super().setUp()
		self.note("x y z")
		self.certificate = frappe.get_doc(erasure.CERTIFICATE_DOCTYPE, self.erase()["certificate"])

	def test_creating_changing_or_deleting_certificate_is_refused(self):
		with self.as_user("Administrator"):
			copy = frappe.get_doc(self.certificate.as_dict() | {"name": None, "__islocal": 1})
			self.assertRaises(frappe.PermissionError, copy.insert)
			self.certificate.reload().notes = 5
			self.assertRaises(frappe.PermissionError, self.certificate.save)
			with self.assertRaises(frappe.PermissionError):
				frappe.delete_doc(erasure.CERTIFICATE_DOCTYPE, self.certificate.name)
			frappe.db.savepoint("renaming")
			with self.assertRaises(frappe.PermissionError):
				frappe.rename_doc(erasure.CERTIFICATE_DOCTYPE, self.certificate.name, "x", force=True)
			frappe.db.rollback(save_point="renaming")
		self.assertEqual(frappe.db.get_value(erasure.CERTIFICATE_DOCTYPE, self.certificate.name, "notes"), 1)

	def test_certificate_is_visible_to_managers_only(self):
		with self.as_user(self.manager):
			self.assertTrue(
				frappe.get_list(erasure.CERTIFICATE_DOCTYPE, filters={"name": self.certificate.name})
			)
		for user in (self.rep, self.lead):
			with self.as_user(user):
				self.assertFalse(self.certificate.has_permission("read"))
				with self.assertRaises(frappe.PermissionError):
					frappe.get_list(erasure.CERTIFICATE_DOCTYPE)


class CommittedTestCase(ErasureTestCase):
	"""Committed records, which are removed afterwards."""

	commits = True

	def setUp(self):
		super().setUp()
		self.addCleanup(self.clean)

	def clean(self):
		frappe.set_user("Administrator")
		frappe.db.rollback()
		gestures = frappe.get_all("Gesture", filters={"gesture_budget": self.policy}, pluck="name")
		wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": self.policy}, pluck="name")
		frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
		frappe.db.delete("Gesture Wallet", {"name": ("in", wallets)})
		frappe.db.delete("Gesture", {"name": ("in", gestures)})
		frappe.delete_doc("Gesture Budget", self.policy, force=True)
		frappe.db.delete(erasure.CERTIFICATE_DOCTYPE, {"whose": "MX Test Erased"})
		frappe.delete_doc("Contact", self.olivia, force=True)
		frappe.delete_doc("Customer", self.customer, force=True)
		frappe.db.delete("Personal Note Access", {"user": self.manager})
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def budget(self, **values):
		policy = super().budget(**values)
		self.policy = policy.name
		return policy


class TestConcurrentBookings(CommittedTestCase):
	"""What another user commits after the first read of the erasing transaction."""

	def run_in_other_connection(self, act) -> None:
		"""Run and commit `act` in another connection, after this transaction's first read."""

		def elsewhere(site):
			frappe.init(site=site, force=True)
			frappe.connect()
			try:
				act()
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
			finally:
				frappe.destroy()

		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		# The snapshot begins here.
		frappe.db.count("Gesture")
		failed = []

		def run():
			try:
				elsewhere(site)
			except Exception as error:
				failed.append(error)

		site = frappe.local.site
		other = Thread(target=run)
		other.start()
		other.join(60)
		self.assertEqual(failed, [])

	def ask(self) -> str:
		name = gestures.record_gesture(self.customer, "a dinner", cost=30)["name"]
		self.assertEqual(frappe.db.get_value("Gesture", name, "status"), "Awaiting Approval")
		return name

	def as_action(self, user, act, *args):
		def run():
			frappe.set_user(user)
			act(*args)

		return run

	def erased(self, later: bool) -> None:
		if later:
			with self.as_user("Administrator"):
				erasure.erase_records(self.customer)
		else:
			self.erase()

	def test_gesture_approved_meanwhile_is_released(self):
		for within in (False, True):
			with self.subTest(within_a_transaction=within):
				asked = self.ask()
				self.run_in_other_connection(self.as_action(self.lead, gestures.approve, asked))
				self.erased(within)
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
				self.assertEqual(frappe.db.get_value("Gesture", asked, "status"), "Cancelled")
				self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 50)
				self.assertEqual(ledger.find_differences(), [])

	def test_gesture_given_meanwhile_stays_paid(self):
		for number, within in enumerate((False, True), 1):
			with self.subTest(within_a_transaction=within):
				asked = gestures.record_gesture(self.customer, "a lunch", cost=21)["name"]
				with self.as_user(self.lead):
					gestures.approve(asked)
				self.run_in_other_connection(self.as_action(self.rep, gestures.set_status, asked, "Given"))
				self.erased(within)
				frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
				self.assertEqual(frappe.db.get_value("Gesture", asked, "status"), "Given")
				self.assertEqual(ledger.get_user_wallets(self.rep)[0].left, 50 - 21 * number)
				self.assertEqual(ledger.find_differences(), [])


class MarkedTestCase(CommittedTestCase):
	"""Records with markers in every text, and a search of the whole site for the markers."""

	def setUp(self):
		super().setUp()
		self.marker = "zqx" + frappe.generate_hash(length=6)
		self.planted: set[str] = set()

	def mark(self, place: str) -> str:
		self.planted.add(self.marker + place)
		return self.marker + place

	def clean(self):
		super().clean()
		frappe.db.set_single_value("Micro Experiences Settings", "digest_names_promises", 0)
		frappe.db.delete("Follow Up Reminder", {"recipient": self.rep, "kind": "Digest"})
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it

	def write_everything(self) -> list[tuple[str, str]]:
		"""Write and commit every kind of record about the customer, and every trace that may result from them.

		Return the (DocType, name) of the records with planted traces.
		"""
		mark = self.mark
		with self.as_user("Administrator"):
			create_preferences([self.rep])
			make_email_account()
		note = notes.jot(self.customer, f"Her dog is called {mark('note')}", visibility="Only Me")["name"]
		notes.mark_used(note, f"She said {mark('said')}")
		task = follow_ups.create(self.customer, f"ask after {mark('subject')}", today())["name"]
		kept = follow_ups.create(self.customer, "send the book to her", today())["name"]
		follow_ups.mark_done(kept, outcome=f"she told me {mark('outcome')}")
		paid = gestures.record_gesture(
			self.customer,
			f"flowers {mark('what')}",
			cost=12,
			message=f"Dear {mark('message')}",
			personal_note=note,
		)["name"]
		gesture = frappe.get_doc("Gesture", paid)
		gesture.update({"story": f"She cried {mark('story')}"}).save()
		gestures.correct_cost(paid, 11, f"the shop of {mark('correction')}")
		asked = gestures.record_gesture(self.customer, "a dinner for two", cost=30)["name"]
		with self.as_user(self.lead):
			gestures.decline(asked, f"not after {mark('declined')}")
		with self.as_user("Administrator"):
			frappe.get_doc("Follow Up Task", task).add_comment("Comment", f"see {mark('realcomment')}")
			DocTags("Follow Up Task").add(task, mark("realtag"))
			self.send_digest()
			for doctype, name, words in (
				("Personal Note", note, f"Her dog is called {self.marker}note"),
				("Follow Up Task", task, f"ask after {self.marker}subject"),
				("Gesture", paid, f"flowers {self.marker}what"),
			):
				self.planted |= plant_traces(
					doctype, name, words, self.rep, self.marker + frappe.scrub(doctype)
				)
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		return [("Personal Note", note), ("Follow Up Task", task), ("Gesture", paid)]

	def send_digest(self):
		"""Queue a digest that names the follow-ups."""
		settings = frappe.get_doc("Micro Experiences Settings")
		settings.update({"digest_names_promises": 1, "send_digests": 1, "digest_hour": 0}).save()
		preference = frappe.get_doc("Follow Up Preference", {"user": self.rep})
		preference.db_set({"digest": 1, "next_digest_at": add_to_date(now_datetime(), hours=-1)})
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		digests.send_due_digests()
		mails = frappe.get_all("Email Queue", filters={"reference_name": preference.name}, pluck="message")
		self.assertTrue([mail for mail in mails if self.marker in mail.replace("=\r\n", "")], mails)

	def find_markers(self) -> set[str]:
		"""Return the markers that are in a dump of the database, in the files of the site, or in Redis."""
		conf = frappe.conf
		command = [shutil.which("mariadb-dump") or shutil.which("mysqldump"), "--skip-lock-tables"]
		command += [f"--host={conf.db_host or '127.0.0.1'}", f"--port={conf.db_port or 3306}"]
		command += [f"--user={conf.db_name}", conf.db_name]
		dump = subprocess.run(
			command, capture_output=True, check=True, env=os.environ | {"MYSQL_PWD": conf.db_password}
		)
		parts = [dump.stdout.decode("utf-8", "replace").replace("=\\r\\n", "")]
		self.assertGreater(len(parts[0]), 1_000_000)
		for folder in ("private", "public"):
			for path, _folders, files in os.walk(frappe.get_site_path(folder, "files")):
				for file in files:
					with open(os.path.join(path, file), "rb") as opened:
						parts.append(file + opened.read().decode("utf-8", "replace"))
		for connection in (frappe.cache, get_redis_conn()):
			parts += read_redis(connection)
		text = "\n".join(parts)
		return {word for word in self.planted if word in text}


class TestSearchOfSite(MarkedTestCase):
	"""Everything about a customer is erased over HTTP, and then the whole site is searched."""

	def test_erasure_over_http_leaves_no_marker_on_the_site(self):
		for doctype, name in self.write_everything():
			# A commit empties the cache.
			cache_document(doctype, name, f"{self.marker}{frappe.scrub(doctype)}documentcache")
		self.assertGreater(len(self.planted), 60)
		self.assertEqual(self.find_markers(), self.planted)
		answer = self.erase_over_http()
		self.assertEqual(self.find_markers(), set())
		frappe.db.rollback()
		certificate = frappe.get_doc(erasure.CERTIFICATE_DOCTYPE, answer["certificate"])
		self.assertEqual(certificate.erased_by, self.manager)
		print(
			f"\nmarkers planted and found: {len(self.planted)}, after the erasure: 0, traces: {certificate.traces}"
		)
		self.assertEqual(ledger.find_differences(), [])
		self.assertIsNone(self.erase_over_http()["certificate"])

	def erase_over_http(self) -> dict:
		"""Erase by a request of the manager over a socket."""
		with self.as_user("Administrator"):
			secret = generate_keys(self.manager)["api_secret"]
			key = frappe.db.get_value("User", self.manager, "api_key")
			frappe.db.commit()  # nosemgrep: frappe-manual-commit -- other connections must see it
		server = make_server("127.0.0.1", 0, application, threaded=True)
		Thread(target=server.serve_forever, daemon=True).start()
		try:
			answer = requests.post(
				f"http://127.0.0.1:{server.server_port}/api/method/micro_experiences.api.personal_data.erase",
				headers={"Authorization": f"token {key}:{secret}", "X-Frappe-Site-Name": frappe.local.site},
				json={"customer": self.customer, "typed": "MX Test Erased", "reason": REASON},
				timeout=120,
			)
		finally:
			server.shutdown()
		self.assertEqual(answer.status_code, 200, answer.text[-2000:])
		return answer.json()["message"]
