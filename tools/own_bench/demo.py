"""A site with sample data to look at."""

import argparse
import contextlib
import time

from own_bench import servers
from own_bench.files import lock
from own_bench.output import say, step
from own_bench.processes import free_port
from own_bench.settings import ADMIN_PASSWORD, APP
from own_bench.sites import create_site, prepare, start_site
from own_bench.slot import Slot

DEMO_PASSWORD = "demo"
DEMO_PORT = 8090
# The people and the customer of the sample data.
LOGINS = (
	("priya@example.com", DEMO_PASSWORD, "sales representative"),
	("ana@example.com", DEMO_PASSWORD, "sales representative"),
	("maya@example.com", DEMO_PASSWORD, "manager"),
	("Administrator", ADMIN_PASSWORD, "all permissions"),
)
PAGES = (
	("customer/Bluebell%20Florist", "a customer with notes of colleagues"),
	("sales-invoice", "invoices for the same customers"),
	("micro-experiences", "the workspace with follow-ups, notes, gestures and wallets"),
)


def command_demo(arguments: argparse.Namespace) -> int:
	"""Serve a site with sample data until Ctrl-C; the next start shows the same site."""
	bench, env, base = prepare()
	slot = Slot("demo", bench, env)
	with lock("demo", "The demo of this checkout is already running."):
		try:
			port = free_port(arguments.port)
			if port != arguments.port:
				say(f"Port {arguments.port} is in use.")
			done = slot.path / "sample_data_added"
			if arguments.fresh or not done.is_file() or not slot.has_site:
				create_site(slot, base, port)
				with step("Adding sample data"):
					slot.call(f"{APP}.setup.sample_data.add", password=DEMO_PASSWORD)
					slot.run_frappe(["--site", slot.site, "enable-scheduler"], "enable-scheduler")
				done.touch()
			else:
				start_site(slot, base, port)
			with step("Serving the site"):
				address = servers.start_web(slot)
				servers.start_jobs(slot, scheduler=True)
			introduce(address)
			with contextlib.suppress(KeyboardInterrupt):
				while slot.runs("web") and slot.is_up:
					time.sleep(1)
			say("\nThe demo has stopped. The next start uses the same site.")
			return 0
		finally:
			slot.stop()


def introduce(address: str) -> None:
	"""Print where the demo is, who can log in and what to look at."""
	say(f"\nMicro Experiences is running at {address} (Ctrl-C stops it)\n\nLog in as")
	for user, password, who in LOGINS:
		say(f"  {user:<20} {password:<8} {who}")
	say("\nLook at")
	for page, what in PAGES:
		say(f"  {address}/app/{page:<28} {what}")
	say("\nTo start over with fresh sample data: python tools/own_bench.py demo --fresh\n")
