"""The proof that uninstalling leaves nothing of ours: two pictures of a site, before and after, must be the same."""

import json
from pathlib import Path
from typing import Any

from own_bench import assets, servers
from own_bench.files import remove
from own_bench.settings import APP, CHECKOUT
from own_bench.slot import Slot
from own_bench.telling import TELL

TOOLS = CHECKOUT / "tools"


def prove_uninstall(slot: Slot, base: Path) -> int:
	"""Installs the app, uses the site, uninstalls the app: what is different then is printed and counts as a failure."""
	import site_picture

	with TELL.step("Copying the base site and starting MariaDB and Redis"):
		slot.stop()
		remove(slot.path)
		slot.lay_out()
		slot.restore_from(base)
		servers.start_databases(slot)
	with TELL.step("Building the assets"):
		assets.build(slot)
	_run(slot, "site_use.py", "before")
	with TELL.step("Taking a picture of the site"):
		before = _picture(slot)
	slot.install_our_app()
	with TELL.step("Using the app for a day"):
		_run(slot, "site_use.py", "day")
		_run(slot, "site_use.py", "evening")
	_uninstall(slot)
	with TELL.step("Taking a picture of the site"):
		after = _picture(slot)
	slot.install_our_app()
	different = site_picture.difference(before, after)
	for line in different:
		TELL.say(f"  {line}")
	rows = sum(map(len, before.values()))
	TELL.say(f"Uninstall: {rows} rows, columns, indexes and files compared; {len(different)} are different.")
	return 1 if different else 0


def _uninstall(slot: Slot) -> None:
	with TELL.step(f"Uninstalling {APP}"):
		words = ["--site", slot.site, "uninstall-app", APP, "--yes", "--no-backup"]
		slot.frappe_quietly(words, f"uninstall-app {APP}")
		_finish_jobs(slot)


def _picture(slot: Slot) -> dict[str, dict[str, Any]]:
	file = slot.path / "tmp" / "picture.json"
	_run(slot, "site_picture.py", str(file))
	return json.loads(file.read_text())


def _run(slot: Slot, script: str, *arguments: str) -> None:
	command = [str(slot.env.python), str(TOOLS / script), slot.site, *arguments]
	slot.run_quietly(command, script, slot.logs / "uninstall.log", cwd=slot.sites)
	_finish_jobs(slot)


def _finish_jobs(slot: Slot) -> None:
	"""Lets a worker do what is waiting: Frappe removes the traces of a deleted document later, in a job."""
	slot.frappe_quietly(["worker", "--burst"], "worker --burst")
