"""Fuzz: whitelisted methods answer any arguments with a result or a clear error, and reveal or change nothing hidden."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from functools import partial
from unittest.mock import patch

import frappe
from frappe.utils import add_days, getdate, today
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import micro_experiences
from micro_experiences.tests.utils import SiteTestCase, make_user

LIMITED, PORTAL = "mx.limited@example.com", "mx.portal@example.com"
# Words in records that a caller may not see.
PRIVATE, HIDDEN = "zqprivate", "zqhidden"
# Tested elsewhere: for managers, the report shows everything by law, and the erasure starts a new transaction.
FOR_MANAGERS = {"micro_experiences.api.personal_data.get_report", "micro_experiences.api.personal_data.erase"}
# Calls of each method by each user. Methods without arguments are called once.
CALLS = 25
_MODULE = "Micro Experiences"

# Without lone surrogates, which the database driver refuses for every app.
NASTY = (
	*(
		"",
		" ",
		"\x00",
		"x" * 100_000,
		"' or 1=1 -- ",
		"%",
		"_",
		"../../etc/passwd",
		"<script>",
		"{{ 7*7 }}",
	),
	*(
		"-1",
		"1e400",
		"NaN",
		"null",
		"[",
		"[]",
		"{}",
		'["x", null, {}, 5]',
		'{"holders": [5], "amount": "x"}',
		"true",
	),
	*(
		"0001-01-01",
		"9999-12-31",
		"2026-02-30",
		"99999-01-01",
		"2026-11-20 25:61",
		"__proto__",
		"Administrator",
		"Guest",
	),
	*(None, True, False, 0, -1, 10**30, 1.5, float("nan"), float("inf"), -0.0),
	*(
		[],
		{},
		["x"],
		[None],
		[[]],
		[{}],
		{"a": 1},
		{"name": ["like", "%"]},
		{"doctype": "User", "name": "Administrator"},
	),
)


def get_methods() -> dict[str, Callable]:
	"""Return the whitelisted methods of the app by their dotted path."""
	for module in pkgutil.walk_packages(micro_experiences.__path__, "micro_experiences."):
		if not module.name.rsplit(".", 1)[-1].startswith("test") and ".patches" not in module.name:
			importlib.import_module(module.name)
	return {
		f"{method.__module__}.{method.__name__}": method
		for method in frappe.whitelisted
		if method.__module__.startswith("micro_experiences.")
	}


_ONLY_FOR = frappe.only_for


def only_for(*args, **kwargs):
	"""Check roles as in production. Frappe skips the check during tests."""
	with patch.dict(frappe.flags, in_test=False):
		_ONLY_FOR(*args, **kwargs)


def run_examples(arguments: st.SearchStrategy, call: Callable) -> None:
	"""Call with many arguments, the same in every run."""

	@settings(
		max_examples=CALLS,
		derandomize=True,
		database=None,
		deadline=None,
		suppress_health_check=list(HealthCheck),
	)
	@given(arguments)
	def each(values):
		call(values)

	each()


class TestFuzz(SiteTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		cls.tables = frappe.get_all("DocType", filters={"module": _MODULE, "issingle": 0}, pluck="name")

	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			# Created for each test, because methods that retry roll everything back.
			make_user(LIMITED, ("Sales User", "Accounts User"))
			make_user(PORTAL, ())
			frappe.db.set_value("User", PORTAL, "user_type", "Website User")
			frappe.permissions.add_user_permission("Customer", self.other_customer, LIMITED)
		self.budget()
		self.pools = self.make_records()
		frappe.db.savepoint("fuzz")

	def make_records(self) -> dict[str, list]:
		"""Create visible and hidden records, and return values for arguments by their kind."""
		with self.as_user(self.colleague):
			secret = self.note(f"{PRIVATE} of the colleague", visibility="Only Me")
			private_task = self.task(subject=f"{PRIVATE} task", personal_note=secret.name)
			gesture = frappe.get_doc(
				{
					"doctype": "Gesture",
					"customer": self.customer,
					"what": f"{PRIVATE} gift",
					"personal_note": secret.name,
					"status": "Idea",
				}
			).insert()
		hidden = self.note(f"{HIDDEN} tea", sensitive=0)
		task = self.task(subject=f"{HIDDEN} book")
		given = frappe.get_doc(
			{
				"doctype": "Gesture",
				"customer": self.customer,
				"what": f"{HIDDEN} card",
				"cost": 3,
				"status": "Given",
			}
		).insert()
		pending = frappe.get_doc(
			{
				"doctype": "Gesture",
				"customer": self.customer,
				"what": f"{HIDDEN} dinner",
				"cost": 30,
				"status": "Given",
			}
		).insert()
		with self.as_user("Administrator"):
			other = self.note("elsewhere", customer=self.other_customer)
		names = [
			secret.name,
			private_task.name,
			gesture.name,
			hidden.name,
			task.name,
			given.name,
			pending.name,
			other.name,
		]
		names += [given.gesture_wallet, given.gesture_budget, self.customer, "NOTE-999999", "PROMISE-000000"]
		dates = [today(), add_days(today(), 3), str(getdate()), "tomorrow", "next_week", "next_visit"]
		users = [
			self.rep,
			self.colleague,
			self.lead,
			LIMITED,
			"Administrator",
			"Guest",
			"nobody@example.com",
		]
		return {
			"customer": [self.customer, self.other_customer, "No Such Customer"],
			"name": names,
			"names": [json.dumps(names), names, json.dumps(names * 60)],
			"gestures": [json.dumps(names)],
			"follow_ups": [json.dumps(names)],
			"personal_note": names[:4],
			"gesture": names[2:7],
			"date": dates,
			"user": users,
			"reference_doctype": ["Customer", "Sales Invoice", "User", "DocType", "No Such DocType"],
			"reference_name": [self.customer, "Administrator", "User"],
			"status": ["Approved", "Declined", "Given", "Cancelled", "Idea"],
			"action": ["done", "skip", "later", "stop_repeating", "hand_over"],
			"filters": [
				"[]",
				'[["Follow Up Task", "status", "=", "Open"]]',
				'[["Follow Up Task", "subject", "like", "%"]]',
			],
			"text": ["Takes tea.", "Ask about the dog in two weeks", "a kind word"],
			"number": [0, 1, 3.5, "3.5", 12, 10**9],
			"budget": [
				frappe.as_json(
					{
						"amount": 10,
						"period": "Month",
						"currency": self.currency,
						"holders": [{"user": self.rep}],
					}
				)
			],
		}

	def arguments(self, method: Callable) -> st.SearchStrategy:
		"""Return a strategy for the arguments of a method: valid values and any others."""
		pools = self.pools
		kinds = {
			**dict.fromkeys(
				("due_on", "occasion_on", "remember_until", "follow_up_on", "until", "start", "end"), "date"
			),
			**dict.fromkeys(("to", "assigned_to", "leaving", "staying", "heard_by"), "user"),
			**dict.fromkeys(("cost", "every", "remind_days_before", "page_len"), "number"),
		}
		required, optional = {}, {}
		for name, parameter in inspect.signature(method).parameters.items():
			pool = pools.get(name) or pools[kinds.get(name, "text")]
			value = st.one_of(
				st.sampled_from(pool), st.sampled_from(pool), st.sampled_from(NASTY), st.text(max_size=20)
			)
			(optional if parameter.default is not parameter.empty else required)[name] = value
		return st.fixed_dictionaries(required, optional=optional)

	def fuzz(self, user: str, *, writes: bool, hidden_words: tuple[str, ...]):
		called = 0
		before = self.get_protected_rows(user, writes)

		def call(path: str, method: Callable, arguments: dict) -> None:
			nonlocal called
			called += 1
			frappe.clear_messages()
			frappe.set_user(user)
			try:
				frappe.is_whitelisted(method)
				with patch.object(frappe, "only_for", only_for):
					response = frappe.as_json(frappe.call(method, **arguments))
			except Exception as error:
				# An error without its own HTTP status would be a server error in the browser.
				if getattr(error, "http_status_code", 500) >= 500:
					raise
				response = str(error)
			finally:
				frappe.set_user("Administrator")
			text = response + frappe.as_json(frappe.local.message_log)
			self.assertFalse(
				[word for word in hidden_words if word in text], f"{path} reveals hidden words to {user}"
			)
			if before is not None:
				self.assertEqual(
					self.get_protected_rows(user, writes), before, f"{path} changed protected rows for {user}"
				)
			frappe.db.rollback(save_point="fuzz")

		for path, method in sorted(get_methods().items()):
			if user == self.manager and path in FOR_MANAGERS:
				continue
			with self.subTest(user=user, method=path):
				try:
					run_examples(self.arguments(method), partial(call, path, method))
				finally:
					frappe.db.rollback(save_point="fuzz")
		return called

	def get_protected_rows(self, user: str, writes: bool):
		"""Return what the user must not change: every row, rows of a customer they cannot open, or None."""
		if user == LIMITED:
			return [
				frappe.db.sql(f"select * from `tab{table}` where customer = %s order by name", self.customer)
				for table in ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture")
			]
		if writes:
			return None
		return frappe.db.sql(f"checksum table {', '.join(f'`tab{table}`' for table in self.tables)}")

	def test_methods_with_sales_user(self):
		self.fuzz(self.rep, writes=True, hidden_words=(PRIVATE,))

	def test_methods_with_manager(self):
		self.fuzz(self.manager, writes=True, hidden_words=(PRIVATE,))

	def test_methods_with_user_limited_to_another_customer(self):
		self.fuzz(LIMITED, writes=True, hidden_words=(PRIVATE, HIDDEN))

	def test_methods_with_portal_user(self):
		self.fuzz(PORTAL, writes=False, hidden_words=(PRIVATE, HIDDEN))

	def test_methods_with_guest(self):
		self.fuzz("Guest", writes=False, hidden_words=(PRIVATE, HIDDEN))

	def test_methods_are_found(self):
		found = {path.removeprefix("micro_experiences.api.") for path in get_methods()}
		self.assertLessEqual(
			{"notes.jot", "gestures.record_gesture", "follow_ups.act_on_many", "handover.hand_over"}, found
		)
		self.assertGreater(len(found), 35)
