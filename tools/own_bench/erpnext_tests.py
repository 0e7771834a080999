"""ERPNext's own tests of what we touch, without and with our app."""

import argparse
import json
from collections import Counter
from pathlib import Path

from own_bench.files import lock, remove
from own_bench.settings import ROOT
from own_bench.sites import fill, prepare
from own_bench.slot import Slot
from own_bench.telling import TELL

ERPNEXT_TESTS = (
	"erpnext.selling.doctype.customer.test_customer",
	"erpnext.accounts.doctype.sales_invoice.test_sales_invoice",
)


def command_erpnext_tests(_arguments: argparse.Namespace) -> int:
	"""ERPNext's own tests of what we touch, without and with our app, each time from the same fresh site.

	Where the two differ, both are run a second time: a test that differs once only is flaky and no difference.
	"""
	bench, env, base = prepare(wizard=False)
	rounds: list[dict[str, tuple[str, str]]] = []
	with lock("erpnext", "ERPNext's tests are being run already."):
		for number in (1, 2):
			without = erpnext_outcomes(Slot("erpnext", bench, env, ours=False), base, "without our app")
			with_app = erpnext_outcomes(Slot("erpnext", bench, env), base, "with our app")
			rounds.append({})
			for test in sorted(without.keys() | with_app.keys()):
				pair = (without.get(test, "missing"), with_app.get(test, "missing"))
				if pair[0] != pair[1]:
					rounds[-1][test] = pair
			for side, outcomes in (("without", without), ("with", with_app)):
				counts = ", ".join(
					f"{count} {what}" for what, count in Counter(outcomes.values()).most_common()
				)
				TELL.say(f"{side:>8} our app: {len(outcomes)} tests, {counts}")
			(ROOT / "erpnext_tests.json").write_text(
				json.dumps({"without": without, "with": with_app}, indent=1) + "\n"
			)
			for test, pair in rounds[-1].items():
				TELL.say(f"  differs: {test}: {pair[0]} without, {pair[1]} with")
			if not without or not with_app:
				TELL.say("A side without a single test counts as a failure.")
				return 1
			if not rounds[-1]:
				break
			if number == 1:
				TELL.say("Again, to see whether that is flaky.")
	for test in sorted(rounds[0].keys() ^ rounds[-1].keys() if len(rounds) > 1 else ()):
		TELL.say(f"  flaky: {test}")
	differ = rounds[0].keys() & rounds[-1].keys()
	TELL.say(f"Tests that differ: {len(differ)}. Each outcome: {ROOT / 'erpnext_tests.json'}")
	return 1 if differ else 0


def erpnext_outcomes(slot: Slot, base: Path, side: str) -> dict[str, str]:
	"""The outcome of each of ERPNext's tests, every module in a fresh site of its own.

	Frappe notes which test records a site has, also of those that a test rolls back: a second module would miss them.
	"""
	outcomes: dict[str, str] = {}
	try:
		for module in ERPNEXT_TESTS:
			fill(slot, base)
			with TELL.step(f"{module.rpartition('.')[2]} {side}"):
				outcomes |= slot.run_tests_of(module)
	finally:
		slot.stop()
	remove(slot.datadir)
	return outcomes
