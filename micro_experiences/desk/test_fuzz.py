"""Whatever is sent to a method of the Desk: a clear answer or a clear refusal, and nothing that is not the caller's."""

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
from micro_experiences.testing import SiteTestCase, make_user

LIMITED, PORTAL = "mx.limited@example.com", "mx.portal@example.com"
# Words of what a caller may not see.
PRIVATE, HIDDEN = "zqprivate", "zqhidden"
# These have tests of their own: a manager's report shows all, as the law demands, and his erasure begins its transaction anew.
FOR_MANAGERS = {"micro_experiences.desk.personal_data.report", "micro_experiences.desk.personal_data.erase"}
# As many calls of each method by each person; those without arguments are called once.
CALLS = 25
_OURS = "Micro Experiences"

# Half of a pair of surrogates is not among them: the driver of the database refuses it for every app.
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


def methods() -> dict[str, Callable]:
	"""Every method of ours that the browser may call, by its dotted path."""
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
	"""Frappe's own, which asks nobody during tests."""
	with patch.dict(frappe.flags, in_test=False):
		_ONLY_FOR(*args, **kwargs)


def everything(arguments: st.SearchStrategy, call: Callable) -> None:
	"""Call with many arguments, always the same ones."""

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
		cls.tables = frappe.get_all("DocType", filters={"module": _OURS, "issingle": 0}, pluck="name")

	def setUp(self):
		super().setUp()
		with self.as_user("Administrator"):
			# A method that tries again undoes everything, and them too.
			make_user(LIMITED, ("Sales User", "Accounts User"))
			make_user(PORTAL, ())
			frappe.db.set_value("User", PORTAL, "user_type", "Website User")
			frappe.permissions.add_user_permission("Customer", self.other_customer, LIMITED)
		self.budget()
		self.pools = self.records()
		frappe.db.savepoint("fuzz")

	def records(self) -> dict[str, list]:
		"""What the arguments name: records that the caller may see, and records that he may not."""
		with self.as_user(self.colleague):
			secret = self.note(f"{PRIVATE} of the colleague", visibility="Only Me")
			promise = self.task(subject=f"{PRIVATE} promise", personal_note=secret.name)
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
		asked = frappe.get_doc(
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
			promise.name,
			gesture.name,
			hidden.name,
			task.name,
			given.name,
			asked.name,
			other.name,
		]
		names += [given.gesture_wallet, given.gesture_budget, self.customer, "NOTE-999999", "PROMISE-000000"]
		days = [today(), add_days(today(), 3), str(getdate()), "tomorrow", "next_week", "next_visit"]
		people = [
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
			"day": days,
			"person": people,
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
		"""The arguments of a method: often what it expects, often anything."""
		pools = self.pools
		alike = {
			**dict.fromkeys(
				("due_on", "occasion_on", "remember_until", "follow_up_on", "until", "start", "end"), "day"
			),
			**dict.fromkeys(("to", "assigned_to", "leaving", "staying", "heard_by"), "person"),
			**dict.fromkeys(("cost", "every", "remind_days_before", "page_len"), "number"),
		}
		fixed, free = {}, {}
		for name, parameter in inspect.signature(method).parameters.items():
			pool = pools.get(name) or pools[alike.get(name, "text")]
			value = st.one_of(
				st.sampled_from(pool), st.sampled_from(pool), st.sampled_from(NASTY), st.text(max_size=20)
			)
			(free if parameter.default is not parameter.empty else fixed)[name] = value
		return st.fixed_dictionaries(fixed, optional=free)

	def fuzz(self, user: str, *, writes: bool, unseen: tuple[str, ...]):
		called = 0
		before = self.stored(user, writes)

		def call(path: str, method: Callable, arguments: dict) -> None:
			nonlocal called
			called += 1
			frappe.clear_messages()
			frappe.set_user(user)
			try:
				frappe.is_whitelisted(method)
				with patch.object(frappe, "only_for", only_for):
					answer = frappe.as_json(frappe.call(method, **arguments))
			except Exception as error:
				# What Frappe answers to the browser with 500 says nothing to anybody.
				if getattr(error, "http_status_code", 500) >= 500:
					raise
				answer = str(error)
			finally:
				frappe.set_user("Administrator")
			said = answer + frappe.as_json(frappe.local.message_log)
			self.assertFalse(
				[word for word in unseen if word in said], f"{path} says what {user} may not see"
			)
			if before is not None:
				self.assertEqual(self.stored(user, writes), before, f"{path} has changed what {user} may not")
			frappe.db.rollback(save_point="fuzz")

		for path, method in sorted(methods().items()):
			if user == self.manager and path in FOR_MANAGERS:
				continue
			with self.subTest(user=user, method=path):
				try:
					everything(self.arguments(method), partial(call, path, method))
				finally:
					frappe.db.rollback(save_point="fuzz")
		return called

	def stored(self, user: str, writes: bool):
		"""What must stay as it is, whatever this user calls: all that is ours, or what is about the customer that he may not
		open; None where he may change something of everything."""
		if user == LIMITED:
			return [
				frappe.db.sql(f"select * from `tab{table}` where customer = %s order by name", self.customer)
				for table in ("Personal Note", "Personal Note Use", "Follow Up Task", "Gesture")
			]
		if writes:
			return None
		return frappe.db.sql(f"checksum table {', '.join(f'`tab{table}`' for table in self.tables)}")

	def test_a_rep(self):
		self.fuzz(self.rep, writes=True, unseen=(PRIVATE,))

	def test_a_manager(self):
		self.fuzz(self.manager, writes=True, unseen=(PRIVATE,))

	def test_who_may_open_another_customer_alone(self):
		self.fuzz(LIMITED, writes=True, unseen=(PRIVATE, HIDDEN))

	def test_a_portal_user(self):
		self.fuzz(PORTAL, writes=False, unseen=(PRIVATE, HIDDEN))

	def test_a_guest(self):
		self.fuzz("Guest", writes=False, unseen=(PRIVATE, HIDDEN))

	def test_every_method_is_found(self):
		found = {path.removeprefix("micro_experiences.desk.") for path in methods()}
		self.assertLessEqual(
			{"notes.jot", "gestures.give", "follow_ups.act_on_many", "hand_over.hand_over"}, found
		)
		self.assertGreater(len(found), 35)
