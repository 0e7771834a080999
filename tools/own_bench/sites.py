"""The base site, made once per version of Frappe and ERPNext, and the sites that begin as its copy."""

import contextlib
import datetime
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from own_bench import assets, servers
from own_bench.borrowed import OwnEnv, YourBench
from own_bench.files import lock, remove
from own_bench.processes import find_program
from own_bench.settings import ADMIN_PASSWORD, APP, CHECKOUT, ROOT, SLOTS, Trouble
from own_bench.slot import Slot
from own_bench.telling import TELL

# Raise this when anything below changes what the base site holds: an older snapshot is then not used again.
BASE_RECIPE = 1
WIZARD_ANSWERS = {
	"language": "English",
	"country": "Ireland",
	"timezone": "Europe/Dublin",
	"currency": "EUR",
	"company_name": "Harbour Street Trading",
	"company_abbr": "HST",
	"company_tagline": "Harbour Street Trading",
	"chart_of_accounts": "Standard",
	"bank_account": "Harbour Bank",
	"enable_telemetry": 0,
}


def base_key(bench: YourBench) -> str:
	"""Names the snapshot. The year is in it because the wizard opens one fiscal year; the server because of its files."""
	server = subprocess.run(
		[find_program("mariadbd", "mariadb-server"), "--version"], capture_output=True, text=True, check=False
	)
	major = re.search(r"\d+\.\d+", server.stdout)
	parts = [bench.versions["frappe"], bench.versions["erpnext"], f"db{major[0] if major else '0'}"]
	return "-".join([*parts, str(datetime.date.today().year), f"r{BASE_RECIPE}"])


def ensure_base(bench: YourBench, env: OwnEnv, wizard: bool = True) -> Path:
	"""The snapshot of the base site, made first if there is none for these versions.

	Without `wizard` it is the site before the setup wizard: ERPNext's own tests bring their company themselves.
	"""
	snapshot = ROOT / "snapshots" / (base_key(bench) + ("" if wizard else "-no-wizard"))
	if snapshot.is_dir():
		return snapshot
	versions = " and ".join(f"{app} {version}" for app, version in bench.versions.items())
	TELL.say(f"Making the base site for {versions}: some minutes, once.")
	slot = Slot("base", bench, env)
	slot.stop()
	remove(slot.path)
	slot.lay_out()
	try:
		with TELL.step("Starting MariaDB and Redis"):
			servers.start_databases(slot)
		with TELL.step("Creating the site"):
			slot.frappe_quietly(["new-site", slot.site, "--admin-password", ADMIN_PASSWORD], "new-site")
		with TELL.step("Installing ERPNext"):
			slot.frappe_quietly(["--site", slot.site, "install-app", "erpnext"], "install-app erpnext")
		if wizard:
			with TELL.step("Finishing the setup wizard"):
				finish_wizard(slot)
		slot.frappe_quietly(["--site", slot.site, "disable-scheduler"], "disable-scheduler")
	finally:
		slot.stop()
	with TELL.step("Keeping a copy of it"):
		snapshot.parent.mkdir(exist_ok=True)
		for older in snapshot.parent.iterdir():
			if not older.name.startswith(base_key(bench)):
				remove(older)
		slot.save_to(snapshot)
	remove(slot.path)
	return snapshot


def finish_wizard(slot: Slot) -> None:
	"""Answers what the setup wizard asks on a first login."""
	year = datetime.date.today().year
	answers = WIZARD_ANSWERS | {"fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"}
	slot.call("frappe.desk.page.setup_wizard.setup_wizard.setup_complete", args=answers)
	# guided tours would lie over the forms that the browser tests and the demo look at
	settings = {"doctype": "System Settings", "name": "System Settings"}
	slot.call("frappe.client.set_value", **settings, fieldname="enable_onboarding", value=0)


def prepare(wizard: bool = True) -> tuple[YourBench, OwnEnv, Path]:
	"""The developer's bench, our environment and the base snapshot, each made if it must be."""
	bench = YourBench.find()
	bench.check()
	for program, package in (
		("mariadbd", "mariadb-server"),
		("mariadb-install-db", "mariadb-server"),
		("mariadb", "mariadb-client"),
		("redis-server", "redis-server"),
		("node", "nodejs"),
	):
		find_program(program, package)
	with lock("prepare", "Waiting for another run that prepares the base site.", wait=True):
		env = OwnEnv(bench)
		env.ensure()
		return bench, env, ensure_base(bench, env, wizard)


def fill(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Puts a fresh site into the slot, with our app unless it is the base slot, and leaves it running."""
	with TELL.step("Copying the base site and starting MariaDB and Redis"):
		slot.stop()
		remove(slot.path)
		slot.lay_out()
		slot.restore_from(base)
		servers.start_databases(slot, web_port)
	if slot.ours:
		with TELL.step("Building the assets"):
			assets.build(slot)
		slot.install_our_app()
	slot.remember(filled_from=base.name, code=code_fingerprint())


def bring_up(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Starts the slot with the site it holds, brought up to date with the code, or with a fresh one."""
	if not slot.has_site or not slot.state.get("filled_from"):
		fill(slot, base, web_port)
		return
	with TELL.step("Starting MariaDB and Redis"):
		slot.stop()
		slot.lay_out()
		servers.start_databases(slot, web_port)
	if slot.ours:
		with TELL.step("Building the assets"):
			assets.build(slot)
	known, now = slot.state, {"filled_from": base.name, "code": code_fingerprint()}
	if any(known.get(key) != value for key, value in now.items()):
		with TELL.step("The code has changed: migrating the site"):
			slot.frappe_quietly(["--site", slot.site, "migrate"], "migrate")
		slot.remember(**now)


def code_fingerprint() -> str:
	"""A sum over all of our code that a site holds a copy of: when it changes, a kept site must be migrated."""
	total = hashlib.sha256()
	for file in sorted((CHECKOUT / APP).rglob("*")):
		if file.suffix in {".py", ".json", ".txt", ".html", ".csv"} and "public" not in file.parts[:-1]:
			total.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes())
	return total.hexdigest()


def slot_of(site: str) -> str:
	"""The slot that a site name or a slot name means."""
	name = site.removesuffix(".localhost")
	if name not in SLOTS:
		raise Trouble(f"There is no site {site} here. There are: {', '.join(SLOTS)}")
	return name


@contextlib.contextmanager
def brought_up(site: str) -> Iterator[Slot]:
	"""The slot of a site with its servers running; servers that were down go down again afterwards."""
	bench, env, base = prepare()
	slot = Slot(slot_of(site), bench, env)
	if slot.is_up:
		yield slot
		return
	with lock(slot.name, f"A {slot.name} run of this checkout is under way."):
		try:
			bring_up(slot, base)
			yield slot
		finally:
			slot.stop()
