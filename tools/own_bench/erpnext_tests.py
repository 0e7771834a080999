"""ERPNext's own tests of the forms that the app extends, without and with the app."""

import argparse
import json
from pathlib import Path

from own_bench.files import lock, remove
from own_bench.output import say, step
from own_bench.processes import running
from own_bench.sites import create_site, prepare
from own_bench.slot import Slot

MODULES = (
	"erpnext.selling.doctype.customer.test_customer",
	"erpnext.accounts.doctype.sales_invoice.test_sales_invoice",
)


def command_erpnext_tests(_arguments: argparse.Namespace) -> int:
	"""Compare which tests fail without and with the app."""
	bench, env, base = prepare(wizard=False)
	counts, failed = [], []
	with lock("erpnext", "Another run of ERPNext's tests is in progress."):
		for with_app in (False, True):
			results = run(Slot("erpnext", bench, env, with_app=with_app), base)
			counts.append(sum(result["count"] for result in results))
			failed.append({test for result in results for test in result["failed"]})
			side = "With" if with_app else "Without"
			say(f"{side} the app: {counts[-1]} tests, {len(failed[-1])} failed")
	for test in sorted(failed[1] - failed[0]):
		say(f"  fails only with the app: {test}")
	if different := failed[0] != failed[1] or counts[0] != counts[1]:
		say("The results differ. A test may be flaky: run this again before looking for a cause.")
	return 1 if different or not counts[0] else 0


def run(slot: Slot, base: Path) -> list[dict]:
	"""Return the result of each module. Each gets a fresh site, because Frappe creates test records once per site."""
	results = []
	file = slot.path / "tmp" / "result.json"
	try:
		for module in MODULES:
			create_site(slot, base)
			with step(module.rpartition(".")[2]), (slot.logs / "tests.log").open("a") as log:
				options = {"cwd": slot.sites, "env": slot.environment(), "stdout": log, "stderr": log}
				with running(slot.tests_command(file, module), **options) as process:
					process.wait()
			results.append(json.loads(file.read_text()))
	finally:
		slot.stop()
	remove(slot.datadir)
	return results
