"""How many people may spend at once: attempts to give something, from many processes, against the real MariaDB.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/spending.py --processes 32 --attempts 200

Each attempt is what a request makes of it: `desk.gestures.give` in a transaction of its own, committed or rolled back.
They go for one wallet that all share, for a wallet of each person, and for what one customer may get in a year. Then
the same attempts are made in the naive way, which reads a sum and then inserts: it must be seen to overspend, or this
measures nothing. All of it with `innodb_snapshot_isolation` off and on. Prints a line of JSON for each, and rows for
the README at the end. What it adds to the site is removed again.
"""

import argparse
import json
import multiprocessing
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace

import frappe
from form_load import connected, site_of_the_bench

from micro_experiences.api import gestures
from micro_experiences.services import ledger
from micro_experiences.tests.utils import make_budget, make_customer, make_user
from micro_experiences.utils import resilience
from micro_experiences.utils.errors import InsufficientBalance, RecipientCapExceeded

MARK = "SPEND-"
CROWD = f"{MARK}crowd"
NAIVE = "__mx_naive_spending"
COST = Decimal(1)
# Processes of the same memory: they begin at once, and not each after the seconds that an import takes.
FORK = multiprocessing.get_context("fork")


def main() -> None:
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--processes", type=int, default=32)
	options.add_argument("--attempts", type=int, default=200, help="of each process")
	options.add_argument("--isolation", nargs="+", choices=("OFF", "ON"), default=["OFF", "ON"])
	args = options.parse_args()
	site = args.site or site_of_the_bench()
	with connected(site):
		clean_up()
		people = prepare(args.processes)
	rows = []
	try:
		for isolation in args.isolation:
			for scene in SCENES:
				row = {"innodb_snapshot_isolation": isolation}
				row |= play(site, scene, people, args.attempts, isolation)
				print(json.dumps(row), flush=True)
				rows.append(row)
	finally:
		with connected(site):
			clean_up()
	for row in rows:
		print("| " + " | ".join(str(value) for value in row.values()) + " |")


def prepare(processes: int) -> list[tuple[str, str]]:
	"""As many people, each with a customer; committed."""

	people = []
	for number in range(processes):
		user = make_user(f"{MARK.lower()}{number}@example.com", ("Sales User",))
		people.append((user, make_customer(f"{MARK}{number}")))
	make_customer(CROWD)
	frappe.db.commit()
	return people


class OneWallet:
	"""Everybody spends from one pool, which holds half of what they are after."""

	text = "one wallet"

	def open(self, people, attempts):

		self.limit = COST * len(people) * attempts / 2
		pool = {"budget_kind": "Shared Pool", "amount": self.limit}
		return make_budget(company(), [user for user, _customer in people], **named(self), **pool).name

	def customer(self, people, number):
		return people[number][1]

	def spent_and_limit(self, budget):
		"""What was spent, and what there was, of each wallet."""
		return [
			(Decimal(str(row.spent + row.committed)), Decimal(str(row.allowance + row.carried_over)))
			for row in frappe.get_all(
				"Gesture Wallet",
				filters={"gesture_budget": budget},
				fields=["spent", "committed", "allowance", "carried_over"],
			)
		]


class ManyWallets(OneWallet):
	"""Everybody has a wallet, which holds half of what he is after."""

	text = "a wallet each"

	def open(self, people, attempts):

		amount = COST * attempts / 2
		self.limit = amount * len(people)
		return make_budget(company(), [user for user, _customer in people], **named(self), amount=amount).name


class OneCustomer(OneWallet):
	"""Everybody has enough, and all of it is for one customer, who may get a tenth of it."""

	text = "one customer's limit"

	def open(self, people, attempts):

		self.limit = COST * len(people) * attempts / 10
		money = {"amount": COST * attempts, "cap_per_recipient": self.limit}
		return make_budget(company(), [user for user, _customer in people], **named(self), **money).name

	def customer(self, people, number):
		return CROWD

	def spent_and_limit(self, budget):
		given = frappe.get_all(
			"Gesture", filters={"gesture_budget": budget, "status": "Given"}, pluck="base_cost"
		)
		return [(sum((Decimal(str(cost)) for cost in given), Decimal(0)), self.limit)]


class Naive(OneWallet):
	"""One wallet for all, in a table of its own: the sum is read, and if there is enough left, a row is inserted."""

	text = "one wallet, naive"

	def open(self, people, attempts):
		self.limit = COST * len(people) * attempts / 2
		frappe.db.sql_ddl(f"drop table if exists `{NAIVE}`")
		frappe.db.sql_ddl(
			f"create table `{NAIVE}` (id bigint auto_increment primary key, wallet varchar(140), "
			"amount decimal(21,9) not null, index(wallet)) engine=InnoDB"
		)
		return "naive"

	def spent_and_limit(self, budget):
		return [(Decimal(frappe.db.sql(f"select sum(amount) from `{NAIVE}`")[0][0] or 0), self.limit)]


SCENES = (OneWallet, ManyWallets, OneCustomer, Naive)


def named(scene: OneWallet) -> dict:
	return {"title": f"{MARK}{scene.text}", "free_up_to": COST}


def company() -> str:
	return frappe.db.get_value("Company", {}, order_by="creation asc")


def play(site: str, scene_class: type[OneWallet], people: list, attempts: int, isolation: str) -> dict:
	"""All attempts of one scene at once; what came of them."""
	scene = scene_class()
	with connected(site):
		budget = scene.open(people, attempts)
	begin, answers = FORK.Barrier(len(people)), FORK.Queue()
	processes = [
		FORK.Process(
			target=spend,
			args=(
				*(site, isolation, user, scene.customer(people, number)),
				*(budget, scene.limit, attempts, begin, answers),
			),
		)
		for number, (user, _customer) in enumerate(people)
	]
	for process in processes:
		process.start()
	told = [answers.get(timeout=900) for _process in processes]
	for process in processes:
		process.join()
	if errors := [each["error"] for each in told if each["error"]]:
		raise SystemExit(errors[0])
	with connected(site):
		overspent = sum(
			(max(spent - limit, Decimal(0)) for spent, limit in scene.spent_and_limit(budget)), Decimal(0)
		)
		spent = sum((spent for spent, _limit in scene.spent_and_limit(budget)), Decimal(0))
		if budget != "naive":
			prove(budget)
			take_away(budget)
	granted = sum(each["granted"] for each in told)
	assert spent == granted * COST, f"{granted} were told that it was given, and {spent} was spent"
	if budget == "naive":
		assert overspent > 0, "the naive way did not overspend: these attempts prove nothing"
	else:
		assert overspent == 0, f"{scene.text}: {overspent} too much"
	took = sorted(second for each in told for second in each["took"])
	seconds = max(each["ended"] for each in told) - min(each["began"] for each in told)
	return {
		"on": scene.text,
		"processes": len(people),
		"attempts": len(took),
		"granted": granted,
		"refused": sum(each["refused"] for each in told),
		"gave_up": sum(each["gave_up"] for each in told),
		"retried": sum(each["retried"] for each in told),
		"overspent": float(overspent),
		"attempts_per_second": round(len(took) / seconds, 1),
		"p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1),
	}


def prove(budget: str) -> None:
	"""Every wallet equals its entries, and every gesture has its own."""

	assert ledger.find_differences() == []
	assert ledger.find_gestures_without_entry() == []
	given = frappe.db.count("Gesture", {"gesture_budget": budget, "status": "Given"})
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	lines = frappe.db.count("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets), "kind": "Spend"})
	assert given == lines, f"{given} gestures, {lines} lines of the ledger"


def take_away(budget: str) -> None:
	"""A budget and all that was given from it, so that the next scene begins anew."""
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
	frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
	frappe.db.delete("Gesture", {"gesture_budget": budget})
	frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)


def spend(site, isolation, user, customer, budget, limit, attempts, begin, answers) -> None:
	"""One process: its attempts one after the other, and what came of each."""
	told = {"granted": 0, "refused": 0, "gave_up": 0, "retried": 0, "took": [], "error": None}
	try:
		with connected(site):
			# For this connection alone: nothing else on the server notices, and it needs no right of root.
			frappe.db.sql(f"set session innodb_snapshot_isolation = {isolation}")
			frappe.set_user(user)
			attempt = naive_attempt if budget == "naive" else real_attempt
			warm_up(customer)
			count_retries(told)
			begin.wait(timeout=300)
			told["began"] = time.time()
			for _number in range(attempts):
				start = time.perf_counter()
				told[attempt(customer, budget, limit)] += 1
				told["took"].append(time.perf_counter() - start)
			told["ended"] = time.time()
	except Exception:
		told["error"] = traceback.format_exc()
		begin.abort()
	answers.put(told)


def warm_up(customer: str) -> None:
	"""A worker has served before: what it imports and keeps at its first call is not what is measured."""

	gestures.record_gesture(customer, "a kind word")
	frappe.db.rollback()


def count_retries(told: dict) -> None:
	"""`try_again` sleeps before each new try: that is where they are counted."""

	def sleep(seconds: float) -> None:
		told["retried"] += 1
		time.sleep(seconds)

	resilience.time = SimpleNamespace(sleep=sleep)


def real_attempt(customer: str, budget: str, limit: Decimal) -> str:
	"""As a request: given and committed, or refused and rolled back."""

	try:
		answer = gestures.record_gesture(customer, "a small thing", cost=float(COST), gesture_budget=budget)
		assert answer["status"] == "Given", answer
		frappe.db.commit()
		return "granted"
	except (InsufficientBalance, RecipientCapExceeded):
		frappe.db.rollback()
		return "refused"
	except frappe.ValidationError as error:
		frappe.db.rollback()
		if "try again" not in str(error):
			raise
		return "gave_up"
	finally:
		frappe.clear_messages()


def naive_attempt(customer: str, budget: str, limit: Decimal) -> str:
	"""Read, decide, insert, commit: what nobody should do with money."""
	spent = frappe.db.sql(f"select sum(amount) from `{NAIVE}` where wallet = %s", budget)[0][0] or 0
	if Decimal(spent) + COST > limit:
		frappe.db.rollback()
		return "refused"
	frappe.db.sql(f"insert into `{NAIVE}` (wallet, amount) values (%s, %s)", (budget, COST))
	frappe.db.commit()
	return "granted"


def clean_up() -> None:
	for budget in frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name"):
		take_away(budget)
	for doctype, mark in (("Customer", MARK), ("User", MARK.lower())):
		for name in frappe.get_all(doctype, filters={"name": ("like", f"{mark}%")}, pluck="name"):
			frappe.delete_doc(doctype, name, force=True, delete_permanently=True)
	frappe.db.commit()
	frappe.db.sql_ddl(f"drop table if exists `{NAIVE}`")


if __name__ == "__main__":
	main()
