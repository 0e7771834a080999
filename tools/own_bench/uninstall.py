"""The test that uninstalling leaves nothing behind: the site before and after is compared, row by row."""

import json
from pathlib import Path
from typing import Any

from own_bench.output import say, step
from own_bench.settings import APP, CHECKOUT
from own_bench.sites import start_copy
from own_bench.slot import Slot


def test_uninstall(slot: Slot, base: Path) -> int:
	"""Install the app, use the site, uninstall the app; print each difference and fail if there is one."""
	import site_picture

	start_copy(slot, base)
	_run(slot, "site_use.py", "before")
	with step("Recording the content of the site"):
		before = _picture(slot)
	slot.install_app()
	with step("Simulating a day of use"):
		_run(slot, "site_use.py", "day")
		_run(slot, "site_use.py", "evening")
	with step(f"Uninstalling {APP}"):
		words = ["--site", slot.site, "uninstall-app", APP, "--yes", "--no-backup"]
		slot.run_frappe(words, f"uninstall-app {APP}")
		_finish_jobs(slot)
	with step("Recording the content of the site"):
		after = _picture(slot)
	slot.install_app()
	differences = site_picture.difference(before, after)
	for line in differences:
		say(f"  {line}")
	rows = sum(map(len, before.values()))
	say(f"Uninstall: compared {rows} rows, columns, indexes and files; {len(differences)} differences.")
	return 1 if differences else 0


def _picture(slot: Slot) -> dict[str, dict[str, Any]]:
	file = slot.path / "tmp" / "picture.json"
	_run(slot, "site_picture.py", str(file))
	return json.loads(file.read_text())


def _run(slot: Slot, script: str, *arguments: str) -> None:
	command = [str(slot.env.python), str(CHECKOUT / "tools" / script), slot.site, *arguments]
	slot.run_quietly(command, script, "uninstall", cwd=slot.sites)
	_finish_jobs(slot)


def _finish_jobs(slot: Slot) -> None:
	"""Run the waiting jobs: Frappe removes the traces of a deleted document in the background."""
	slot.run_frappe(["worker", "--burst"], "worker --burst")
