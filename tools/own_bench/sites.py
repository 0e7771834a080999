"""The base site, created once per version of Frappe and ERPNext, and the sites that start as its copy."""

import contextlib
import datetime
import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from own_bench import assets, servers
from own_bench.environment import Environment, SourceBench
from own_bench.files import lock, remove
from own_bench.output import say, step
from own_bench.processes import find_program
from own_bench.settings import ADMIN_PASSWORD, APP, CHECKOUT, ROOT, SLOTS, Problem
from own_bench.slot import Slot

# Raise this when a change below changes what the base site holds: older snapshots are not used again.
BASE_RECIPE = 1
SETUP_WIZARD = {
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


def snapshot_name(bench: SourceBench) -> str:
	"""Name the snapshot by versions and by year, because the wizard creates one fiscal year."""
	server = find_program("mariadbd", "mariadb-server")
	output = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
	major = re.search(r"\d+\.\d+", output)
	versions = [bench.versions["frappe"], bench.versions["erpnext"], f"db{major[0] if major else 0}"]
	return "-".join([*versions, str(datetime.date.today().year), f"r{BASE_RECIPE}"])


def ensure_base(bench: SourceBench, env: Environment, wizard: bool = True) -> Path:
	"""Return the snapshot of the base site; create it if there is none for these versions.

	ERPNext's own tests need the site before the setup wizard, because they bring their own company.
	"""
	snapshot = ROOT / "snapshots" / (snapshot_name(bench) + ("" if wizard else "-no-wizard"))
	if snapshot.is_dir():
		return snapshot
	versions = " and ".join(f"{app} {version}" for app, version in bench.versions.items())
	say(f"Creating the base site for {versions} (once, a few minutes)")
	slot = Slot("base", bench, env)
	slot.stop()
	remove(slot.path)
	slot.create_folders()
	try:
		with step("Starting MariaDB and Redis"):
			servers.start_databases(slot)
		with step("Creating the site"):
			slot.run_frappe(["new-site", slot.site, "--admin-password", ADMIN_PASSWORD], "new-site")
		with step("Installing ERPNext"):
			slot.run_frappe(["--site", slot.site, "install-app", "erpnext"], "install-app erpnext")
		if wizard:
			with step("Completing the setup wizard"):
				complete_wizard(slot)
		slot.run_frappe(["--site", slot.site, "disable-scheduler"], "disable-scheduler")
	finally:
		slot.stop()
	with step("Saving a copy of the base site"):
		snapshot.parent.mkdir(exist_ok=True)
		for older in snapshot.parent.iterdir():
			if not older.name.startswith(snapshot_name(bench)):
				remove(older)
		slot.save_to(snapshot)
	remove(slot.path)
	return snapshot


def complete_wizard(slot: Slot) -> None:
	"""Complete ERPNext's setup wizard with SETUP_WIZARD."""
	year = datetime.date.today().year
	answers = SETUP_WIZARD | {"fy_start_date": f"{year}-01-01", "fy_end_date": f"{year}-12-31"}
	slot.call("frappe.desk.page.setup_wizard.setup_wizard.setup_complete", args=answers)
	# Guided tours would cover the forms of the browser tests and of the demo.
	settings = {"doctype": "System Settings", "name": "System Settings"}
	slot.call("frappe.client.set_value", **settings, fieldname="enable_onboarding", value=0)


def prepare(wizard: bool = True) -> tuple[SourceBench, Environment, Path]:
	"""Return the developer's bench, the Python environment and the base snapshot; create what is missing."""
	bench = SourceBench.find()
	bench.check()
	for program, package in (
		("mariadbd", "mariadb-server"),
		("mariadb-install-db", "mariadb-server"),
		("mariadb", "mariadb-client"),
		("redis-server", "redis-server"),
		("node", "nodejs"),
	):
		find_program(program, package)
	with lock("prepare", "Waiting for another run to prepare the base site.", wait=True):
		env = Environment(bench)
		env.ensure()
		return bench, env, ensure_base(bench, env, wizard)


def start_copy(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Replace the site of the slot with a copy of the base site and start its databases."""
	with step("Copying the base site and starting MariaDB and Redis"):
		slot.stop()
		remove(slot.path)
		slot.create_folders()
		slot.restore_from(base)
		servers.start_databases(slot, web_port)
	with step("Building the assets"):
		assets.build(slot)


def create_site(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Put a fresh site into the slot, with the app if it is part of the slot, and leave it running."""
	start_copy(slot, base, web_port)
	if slot.with_app:
		slot.install_app()
	slot.remember(base=base.name, code=code_hash())


def start_site(slot: Slot, base: Path, web_port: int = 0) -> None:
	"""Start the site of the slot, migrated if the code has changed, or a fresh one if there is none."""
	if not slot.has_site or not slot.state.get("base"):
		create_site(slot, base, web_port)
		return
	with step("Starting MariaDB and Redis"):
		slot.stop()
		slot.create_folders()
		servers.start_databases(slot, web_port)
	with step("Building the assets"):
		assets.build(slot)
	state, now = slot.state, {"base": base.name, "code": code_hash()}
	if any(state.get(key) != value for key, value in now.items()):
		with step("The code has changed: migrating the site"):
			slot.run_frappe(["--site", slot.site, "migrate"], "migrate")
		slot.remember(**now)


def code_hash() -> str:
	"""Return a hash of the files that a site holds a copy of: when it changes, the site must be migrated."""
	total = hashlib.sha256()
	for file in sorted((CHECKOUT / APP).rglob("*")):
		if file.suffix in {".py", ".json", ".txt", ".html", ".csv"} and "public" not in file.parts:
			total.update(str(file.relative_to(CHECKOUT)).encode() + b"\0" + file.read_bytes())
	return total.hexdigest()


def slot_name(site: str) -> str:
	"""Return the slot of a site."""
	name = site.removesuffix(".localhost")
	if name not in SLOTS:
		raise Problem(f"There is no site {site}. Available sites: {', '.join(SLOTS)}")
	return name


@contextlib.contextmanager
def running_site(site: str) -> Iterator[Slot]:
	"""Return the slot of a site with its servers running; stop them afterwards if they were stopped before."""
	bench, env, base = prepare()
	slot = Slot(slot_name(site), bench, env)
	if slot.is_up:
		yield slot
		return
	with lock(slot.name, f"Another command of this checkout uses {slot.site}."):
		try:
			start_site(slot, base)
			yield slot
		finally:
			slot.stop()
