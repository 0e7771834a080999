"""Check that concurrent spending never exceeds a limit: many processes record gestures at the same time.

	python tools/own_bench.py up --site test
	python tools/own_bench.py python benchmarks/spending.py --processes 32 --attempts 200

Each attempt does what a request does: `api.gestures.record_gesture` in its own transaction, committed or rolled back.
The scenes are one wallet that all users share, a wallet for each user, and the limit per customer. The last scene is a
naive implementation, which reads a sum and then inserts a row: it must overspend, otherwise the attempts are not concurrent
enough to prove anything. Each scene runs with `innodb_snapshot_isolation` off and on. Prints a line of JSON for each, then
rows for docs/benchmarks.md. Everything that it adds to the site is removed again.
"""

import argparse
import json
import multiprocessing
import time
import traceback
from decimal import Decimal
from types import SimpleNamespace

import frappe
from form_load import connected, get_default_site

from micro_experiences.api import gestures
from micro_experiences.services import ledger
from micro_experiences.tests.utils import make_budget, make_customer, make_user
from micro_experiences.utils import transactions
from micro_experiences.utils.errors import InsufficientBalance, RecipientCapExceeded

MARK = "SPEND-"
CROWD = f"{MARK}crowd"
NAIVE = "__mx_naive_spending"
COST = Decimal(1)
# Forked processes begin at the same time, without each importing the modules first.
FORK = multiprocessing.get_context("fork")


def main() -> None:
	"""Run the benchmark with the options of the command line."""
	options = argparse.ArgumentParser(description=__doc__)
	options.add_argument("--site", default=None)
	options.add_argument("--processes", type=int, default=32)
	options.add_argument("--attempts", type=int, default=200, help="attempts of each process")
	options.add_argument("--isolation", nargs="+", choices=("OFF", "ON"), default=["OFF", "ON"])
	args = options.parse_args()
	site = args.site or get_default_site()
	with connected(site):
		clean_up()
		people = prepare(args.processes)
	rows = []
	try:
		for isolation in args.isolation:
			for scene in SCENES:
				row = {"innodb_snapshot_isolation": isolation}
				row |= run_scene(site, scene, people, args.attempts, isolation)
				print(json.dumps(row), flush=True)
				rows.append(row)
	finally:
		with connected(site):
			clean_up()
	for row in rows:
		print("| " + " | ".join(str(value) for value in row.values()) + " |")


def prepare(processes: int) -> list[tuple[str, str]]:
	"""Create `processes` users, each with a customer, commit, and return them as (user, customer)."""
	people = []
	for number in range(processes):
		user = make_user(f"{MARK.lower()}{number}@example.com", ("Sales User",))
		people.append((user, make_customer(f"{MARK}{number}")))
	make_customer(CROWD)
	frappe.db.commit()
	return people


class OneWallet:
	"""All users spend from one pool, which holds half of what they try to spend."""

	text = "one wallet"

	def open(self, people, attempts):
		self.limit = COST * len(people) * attempts / 2
		pool = {"budget_kind": "Shared Pool", "amount": self.limit}
		return make_budget(
			get_company(), [user for user, _customer in people], **get_budget_fields(self), **pool
		).name

	def get_customer(self, people, number):
		return people[number][1]

	def get_spent_and_limits(self, budget):
		"""Return (spent, limit) of each wallet, or of the customer."""
		return [
			(Decimal(str(row.spent + row.committed)), Decimal(str(row.allowance + row.carried_over)))
			for row in frappe.get_all(
				"Gesture Wallet",
				filters={"gesture_budget": budget},
				fields=["spent", "committed", "allowance", "carried_over"],
			)
		]


class ManyWallets(OneWallet):
	"""Each user has a wallet, which holds half of what they try to spend."""

	text = "a wallet each"

	def open(self, people, attempts):
		amount = COST * attempts / 2
		self.limit = amount * len(people)
		return make_budget(
			get_company(), [user for user, _customer in people], **get_budget_fields(self), amount=amount
		).name


class OneCustomer(OneWallet):
	"""Each user has enough, but all gestures are for one customer, who may receive a tenth of the total."""

	text = "one customer's limit"

	def open(self, people, attempts):
		self.limit = COST * len(people) * attempts / 10
		money = {"amount": COST * attempts, "cap_per_recipient": self.limit}
		return make_budget(
			get_company(), [user for user, _customer in people], **get_budget_fields(self), **money
		).name

	def get_customer(self, people, number):
		return CROWD

	def get_spent_and_limits(self, budget):
		given = frappe.get_all(
			"Gesture", filters={"gesture_budget": budget, "status": "Given"}, pluck="base_cost"
		)
		return [(sum((Decimal(str(cost)) for cost in given), Decimal(0)), self.limit)]


class Naive(OneWallet):
	"""One wallet in a separate table: the sum is read, and a row is inserted if enough is left."""

	text = "one wallet, naive"

	def open(self, people, attempts):
		self.limit = COST * len(people) * attempts / 2
		frappe.db.sql_ddl(f"drop table if exists `{NAIVE}`")
		frappe.db.sql_ddl(
			f"create table `{NAIVE}` (id bigint auto_increment primary key, wallet varchar(140), "
			"amount decimal(21,9) not null, index(wallet)) engine=InnoDB"
		)
		return "naive"

	def get_spent_and_limits(self, budget):
		return [(Decimal(frappe.db.sql(f"select sum(amount) from `{NAIVE}`")[0][0] or 0), self.limit)]


SCENES = (OneWallet, ManyWallets, OneCustomer, Naive)


def get_budget_fields(scene: OneWallet) -> dict:
	"""Return the title and the free limit of the budget of a scene."""
	return {"title": f"{MARK}{scene.text}", "free_up_to": COST}


def get_company() -> str:
	"""Return the first company of the site."""
	return frappe.db.get_value("Company", {}, order_by="creation asc")


def run_scene(site: str, scene_class: type[OneWallet], people: list, attempts: int, isolation: str) -> dict:
	"""Run all attempts of one scene, and return the figures to print."""
	scene = scene_class()
	with connected(site):
		budget = scene.open(people, attempts)
	begin, results = FORK.Barrier(len(people)), FORK.Queue()
	processes = [
		FORK.Process(
			target=spend,
			args=(
				site,
				isolation,
				user,
				scene.get_customer(people, number),
				budget,
				scene.limit,
				attempts,
				begin,
				results,
			),
		)
		for number, (user, _customer) in enumerate(people)
	]
	for process in processes:
		process.start()
	reports = [results.get(timeout=900) for _process in processes]
	for process in processes:
		process.join()
	if errors := [report["error"] for report in reports if report["error"]]:
		raise SystemExit(errors[0])
	with connected(site):
		overspent = sum(
			(max(spent - limit, Decimal(0)) for spent, limit in scene.get_spent_and_limits(budget)),
			Decimal(0),
		)
		spent = sum((spent for spent, _limit in scene.get_spent_and_limits(budget)), Decimal(0))
		if budget != "naive":
			check_ledger(budget)
			delete_budget(budget)
	granted = sum(report["granted"] for report in reports)
	assert spent == granted * COST, f"{granted} attempts were granted, but {spent} was spent"
	if budget == "naive":
		assert overspent > 0, "the naive implementation did not overspend: these attempts prove nothing"
	else:
		assert overspent == 0, f"{scene.text}: {overspent} too much"
	took = sorted(second for report in reports for second in report["took"])
	seconds = max(report["ended"] for report in reports) - min(report["began"] for report in reports)
	return {
		"on": scene.text,
		"processes": len(people),
		"attempts": len(took),
		"granted": granted,
		"refused": sum(report["refused"] for report in reports),
		"gave_up": sum(report["gave_up"] for report in reports),
		"retried": sum(report["retried"] for report in reports),
		"overspent": float(overspent),
		"attempts_per_second": round(len(took) / seconds, 1),
		"p95_ms": round(took[int(len(took) * 0.95)] * 1000, 1),
	}


def check_ledger(budget: str) -> None:
	"""Check that every wallet equals its entries and that every gesture has an entry."""
	assert ledger.find_differences() == []
	assert ledger.find_gestures_without_entry() == []
	given = frappe.db.count("Gesture", {"gesture_budget": budget, "status": "Given"})
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	lines = frappe.db.count("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets), "kind": "Spend"})
	assert given == lines, f"{given} gestures, but {lines} entries in the ledger"


def delete_budget(budget: str) -> None:
	"""Delete a budget with its wallets, entries and gestures."""
	wallets = frappe.get_all("Gesture Wallet", filters={"gesture_budget": budget}, pluck="name")
	frappe.db.delete("Gesture Wallet Entry", {"gesture_wallet": ("in", wallets)})
	frappe.db.delete("Gesture Wallet", {"gesture_budget": budget})
	frappe.db.delete("Gesture", {"gesture_budget": budget})
	frappe.delete_doc("Gesture Budget", budget, force=True, delete_permanently=True)


def spend(site, isolation, user, customer, budget, limit, attempts, begin, results) -> None:
	"""Make the attempts of one process, and put a report about them into `results`."""
	report = {"granted": 0, "refused": 0, "gave_up": 0, "retried": 0, "took": [], "error": None}
	try:
		with connected(site):
			# Set for this connection only, which needs no privileges.
			frappe.db.sql(f"set session innodb_snapshot_isolation = {isolation}")
			frappe.set_user(user)
			attempt = naive_attempt if budget == "naive" else real_attempt
			warm_up(customer)
			count_retries(report)
			begin.wait(timeout=300)
			report["began"] = time.time()
			for _number in range(attempts):
				start = time.perf_counter()
				report[attempt(customer, budget, limit)] += 1
				report["took"].append(time.perf_counter() - start)
			report["ended"] = time.time()
	except Exception:
		report["error"] = traceback.format_exc()
		begin.abort()
	results.put(report)


def warm_up(customer: str) -> None:
	"""Record one gesture and roll back, so that imports and caches are not measured."""
	gestures.record_gesture(customer, "a kind word")
	frappe.db.rollback()


def count_retries(report: dict) -> None:
	"""Count the retries of this process: `transactions.retry` sleeps before each of them."""

	def sleep(seconds: float) -> None:
		report["retried"] += 1
		time.sleep(seconds)

	transactions.time = SimpleNamespace(sleep=sleep)


def real_attempt(customer: str, budget: str, limit: Decimal) -> str:
	"""Record a gesture as a request does, and return "granted", "refused" or "gave_up"."""
	try:
		response = gestures.record_gesture(customer, "a small thing", cost=float(COST), gesture_budget=budget)
		assert response["status"] == "Given", response
		frappe.db.commit()
		return "granted"
	except (InsufficientBalance, RecipientCapExceeded):
		frappe.db.rollback()
		return "refused"
	except frappe.ValidationError as error:
		frappe.db.rollback()
		if "Try again" not in str(error):
			raise
		return "gave_up"
	finally:
		frappe.clear_messages()


def naive_attempt(customer: str, budget: str, limit: Decimal) -> str:
	"""Read, decide, insert and commit without a lock, which can overspend."""
	spent = frappe.db.sql(f"select sum(amount) from `{NAIVE}` where wallet = %s", budget)[0][0] or 0
	if Decimal(spent) + COST > limit:
		frappe.db.rollback()
		return "refused"
	frappe.db.sql(f"insert into `{NAIVE}` (wallet, amount) values (%s, %s)", (budget, COST))
	frappe.db.commit()
	return "granted"


def clean_up() -> None:
	"""Remove everything that the benchmark has added."""
	for budget in frappe.get_all("Gesture Budget", filters={"title": ("like", f"{MARK}%")}, pluck="name"):
		delete_budget(budget)
	for doctype, mark in (("Customer", MARK), ("User", MARK.lower())):
		for name in frappe.get_all(doctype, filters={"name": ("like", f"{mark}%")}, pluck="name"):
			frappe.delete_doc(doctype, name, force=True, delete_permanently=True)
	frappe.db.commit()
	frappe.db.sql_ddl(f"drop table if exists `{NAIVE}`")


if __name__ == "__main__":
	main()
