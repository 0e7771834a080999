"""A site with sample data to look at."""

import argparse
import contextlib
import json
import time
from collections import Counter
from urllib.parse import quote

from own_bench import servers
from own_bench.files import lock
from own_bench.processes import free_port
from own_bench.settings import ADMIN_PASSWORD, APP
from own_bench.sites import bring_up, fill, prepare
from own_bench.slot import Slot
from own_bench.telling import TELL

DEMO_PASSWORD = "demo"
DEMO_PORT = 8090
SAMPLE_DATA = f"{APP}.setup.sample_data.add"
MANAGER_ROLE = "Micro Experiences Manager"


def command_demo(arguments: argparse.Namespace) -> int:
	"""A site with sample data to look at, until Ctrl-C; the next start shows the same site."""
	bench, env, base = prepare()
	slot = Slot("demo", bench, env)
	with lock("demo", "The demo of this checkout runs already."):
		try:
			port = free_port(arguments.port)
			if port != arguments.port:
				TELL.say(f"Port {arguments.port} is taken.")
			told = slot.path / "what_to_see.json"
			if arguments.fresh or not told.is_file() or not slot.has_site:
				fill(slot, base, port)
				with TELL.step("Adding sample data"):
					slot.call(SAMPLE_DATA, password=DEMO_PASSWORD)
					slot.frappe_quietly(["--site", slot.site, "enable-scheduler"], "enable-scheduler")
					told.write_text(json.dumps(what_to_see(slot), indent=1) + "\n")
			else:
				bring_up(slot, base, port)
			with TELL.step("Serving the site"):
				address = servers.start_web(slot)
				servers.start_jobs(slot, scheduler=True)
			introduce(address, json.loads(told.read_text()))
			with contextlib.suppress(KeyboardInterrupt):
				while slot.runs("web") and slot.is_up:
					time.sleep(1)
			TELL.say("\nThe demo has stopped. Started again, it shows the same site.")
			return 0
		finally:
			slot.stop()


def what_to_see(slot: Slot) -> dict[str, list[list[str]]]:
	"""Who can log in to the demo, and the pages worth opening: those of the customer with the most notes."""
	people = slot.call(
		"frappe.get_all",
		doctype="User",
		filters={"user_type": "System User", "enabled": 1, "name": ["not in", ["Administrator", "Guest"]]},
		fields=["name", "full_name"],
		order_by="creation",
	)
	manages = {"doctype": "Has Role", "filters": {"role": MANAGER_ROLE, "parenttype": "User"}}
	managers = slot.call("frappe.get_all", **manages, pluck="parent")
	noted = slot.call("frappe.get_all", doctype="Personal Note", pluck="customer", order_by="name")
	pages = []
	for customer, _count in Counter(noted).most_common(1):
		pages.append(["app/customer/" + quote(customer), "a customer, with what colleagues heard"])
		of_customer = {"doctype": "Sales Invoice", "filters": {"customer": customer}}
		invoices = slot.call("frappe.get_all", **of_customer, pluck="name", order_by="creation desc", limit=1)
		pages += [
			["app/sales-invoice/" + quote(name), "an invoice of the same customer"] for name in invoices
		]
	return {
		"logins": [
			[one["name"], DEMO_PASSWORD, one["full_name"] + (", manager" if one["name"] in managers else "")]
			for one in people
		],
		"pages": [*pages, ["app/micro-experiences", "the workspace: promises, notes, gestures and wallets"]],
	}


def introduce(address: str, see: dict[str, list[list[str]]]) -> None:
	"""Says where the demo is, who may log in and what to look at."""
	TELL.say(f"\nMicro Experiences runs at {address} (Ctrl-C stops it)\n\nLog in as")
	for user, password, who in [*see["logins"], ["Administrator", ADMIN_PASSWORD, "everything"]]:
		TELL.say(f"  {user:<20} {password:<8} {who}")
	TELL.say("\nLook at")
	for page, what in see["pages"]:
		TELL.say(f"  {address}/{page}\n      {what}")
	TELL.say()
