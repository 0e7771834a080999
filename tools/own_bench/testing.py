"""The tests on a real site: uninstalling, the tests inside the site, and a real browser.

They run in two lanes at the same time. Each lane has its own slot, with its own servers, and half of the test modules.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from own_bench import servers
from own_bench.files import lock
from own_bench.output import say, step
from own_bench.processes import find_program, running
from own_bench.settings import ADMIN_PASSWORD, APP, CHECKOUT, ENTRY, Problem
from own_bench.sites import create_site, prepare
from own_bench.slot import Slot
from own_bench.uninstall import test_uninstall

LANES = ("test", "test2")
# The first lane also tests uninstalling, which takes as long as this part of all site tests.
UNINSTALL = 0.2


def command_test(arguments: argparse.Namespace) -> int:
	"""Run the tests of this checkout, or only those that are asked for."""
	bench, env, base = prepare()
	with lock("test", "Another test run of this checkout is in progress."):
		if arguments.only == "uninstall":
			slot = Slot(LANES[0], bench, env)
			try:
				return test_uninstall(slot, base)
			finally:
				slot.stop()
		return run_lanes(arguments.only)


def run_lanes(only: str | None) -> int:
	"""Run all lanes at the same time, and return the exit code."""
	command = [sys.executable, str(ENTRY), "_lane", *(["--only", only] if only else [])]
	options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
	with contextlib.ExitStack() as stack:
		lanes = [stack.enter_context(running([*command, name], **options)) for name in LANES]
		printers = [
			threading.Thread(target=print_lines, args=(name, process.stdout), daemon=True)
			for name, process in zip(LANES, lanes, strict=True)
		]
		for printer in printers:
			printer.start()
		for printer in printers:
			printer.join()
		failed = [name for name, process in zip(LANES, lanes, strict=True) if process.wait()]
	say(f"FAILED in: {', '.join(failed)}" if failed else "All tests on the site passed.")
	return 1 if failed else 0


def print_lines(name: str, lines: IO[str]) -> None:
	"""Print the output of a lane with its name before each line."""
	for line in lines:
		print(f"{name:>5} | {line}", end="", flush=True)


def command_lane(arguments: argparse.Namespace) -> int:
	"""Run the tests of one lane on its slot."""
	bench, env, base = prepare()
	slot = Slot(arguments.slot, bench, env)
	try:
		results = run_lane(slot, base, arguments.only)
	finally:
		slot.stop()
	for what, code in results.items():
		say(f"{what}: {'FAILED' if code else 'passed'}")
	return 1 if any(results.values()) else 0


def run_lane(slot: Slot, base: Path, only: str | None) -> dict[str, int]:
	"""Run the tests of one lane, and return the exit code of each kind of test."""
	results: dict[str, int] = {}
	everything = only is None
	if everything and slot.name == LANES[0]:
		results["uninstall"] = test_uninstall(slot, base)
	create_site(slot, base)
	fresh_site = slot.path / "fresh_site"
	if everything:
		with step("Saving a copy of the site for the browser tests"):
			slot.stop()
			slot.save_to(fresh_site)
			servers.start_databases(slot)
	if only != "e2e":
		modules = share((CHECKOUT / APP).rglob("test_*.py"), slot.name, UNINSTALL if everything else 0)
		results["site tests"] = run_site_tests(slot, modules)
	if everything:
		with step("Restoring the fresh site"):
			slot.restore_from(fresh_site)
			servers.start_databases(slot)
	if only != "site":
		results["browser tests"] = run_browser_tests(
			slot, share((CHECKOUT / "e2e").glob("test_*.py"), slot.name)
		)
	return results


def share(files: Iterable[Path], lane: str, head_start: float = 0) -> list[Path]:
	"""Return the files of one lane, in order of their names. Each file, largest first, goes to the shorter lane.

	`head_start`: what the first lane has to do besides, as a part of the total.
	"""
	sizes = {file: file.stat().st_size for file in sorted(files)}
	load = dict.fromkeys(LANES, 0.0)
	load[LANES[0]] = head_start * sum(sizes.values())
	shares: dict[str, list[Path]] = {name: [] for name in LANES}
	for file in sorted(sizes, key=lambda file: -sizes[file]):
		shorter = min(LANES, key=lambda name: load[name])
		shares[shorter].append(file)
		load[shorter] += sizes[file]
	return sorted(shares[lane])


def run_site_tests(slot: Slot, files: list[Path]) -> int:
	"""Run test modules inside the site, and return the exit code."""
	modules = [".".join(file.relative_to(CHECKOUT).with_suffix("").parts) for file in files]
	say(f"Site tests: {len(modules)} modules")
	command = slot.tests_command(slot.path / "tmp" / "result.json", "--app", APP, *modules)
	with running(command, cwd=slot.sites, env=slot.environment() | {"CI": "1"}) as process:
		return process.wait()


def run_browser_tests(slot: Slot, files: list[Path]) -> int:
	"""Serve the site and run pytest against it."""
	with step("Serving the site"):
		address = servers.start_web(slot)
		servers.start_jobs(slot, scheduler=False)
	environment = slot.environment() | {
		"MX_BASE_URL": address,
		"MX_SITE": slot.site,
		"MX_SITES_PATH": str(slot.sites),
		"MX_BENCH_PYTHON": str(slot.env.python),
		"MX_ADMIN_PASSWORD": ADMIN_PASSWORD,
		"CHROMIUM": os.environ.get("CHROMIUM") or find_browser(),
	}
	say(f"Browser tests: {len(files)} modules")
	command = [find_python_with_pytest(), "-m", "pytest", *map(str, files)]
	try:
		with running(command, cwd=CHECKOUT, env=environment) as process:
			return process.wait()
	finally:
		slot.stop("web", "realtime", "worker")


def find_browser() -> str:
	"""Return the path of a Chromium. Raises Problem."""
	for name in ("chromium-browser", "google-chrome"):
		with contextlib.suppress(Problem):
			return find_program(name, "chromium")
	return find_program("chromium", "chromium")


def find_python_with_pytest() -> str:
	"""Return the path of a Python that has pytest and Playwright. Raises Problem."""
	for python in (sys.executable, str(CHECKOUT / ".venv" / "bin" / "python")):
		command = [python, "-c", "import pytest, playwright"]
		if (
			os.path.exists(python)
			and not subprocess.run(command, capture_output=True, check=False).returncode
		):
			return python
	raise Problem("The browser tests need pytest and playwright in .venv. Create it: make .venv/ready")
