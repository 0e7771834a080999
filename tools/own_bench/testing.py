"""The tests of this checkout on a real site: inside the site, and in a real browser."""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from own_bench import servers
from own_bench.files import lock
from own_bench.processes import find_program, running
from own_bench.settings import ADMIN_PASSWORD, APP, CHECKOUT, Trouble
from own_bench.sites import fill, prepare
from own_bench.slot import Slot
from own_bench.telling import TELL
from own_bench.uninstall import prove_uninstall


def command_test(arguments: argparse.Namespace) -> int:
	"""Site tests, then browser tests, each on a fresh site."""
	bench, env, base = prepare()
	slot = Slot("test", bench, env)
	with lock("test", "Another test run of this checkout is under way. Wait for it, or stop it."):
		try:
			return run_tests(slot, base, arguments.only)
		finally:
			if arguments.keep:
				TELL.say(
					f"Kept running: python {sys.argv[0]} bench console; to stop: python {sys.argv[0]} down"
				)
			else:
				slot.stop()


def run_tests(slot: Slot, base: Path, only: str | None) -> int:
	results: dict[str, int] = {}
	if only in (None, "uninstall"):
		results["uninstall"] = prove_uninstall(slot, base)
	if only == "uninstall":
		return say_results(results)
	fill(slot, base)
	browser = only != "site" and (CHECKOUT / "e2e").is_dir()
	clean_site = slot.path / "clean_site"
	if browser and only != "e2e":
		with TELL.step("Keeping a copy of it for the browser tests"):
			slot.stop()
			slot.save_to(clean_site)
			servers.start_databases(slot)
	if only != "e2e":
		TELL.say(f"Site tests: run-tests --app {APP}")
		results["site tests"] = run_site_tests(slot)
	if browser:
		if only != "e2e":
			with TELL.step("Putting the fresh site back"):
				slot.restore_from(clean_site)
				servers.start_databases(slot)
		results["browser tests"] = run_browser_tests(slot)
	elif only != "site":
		TELL.say("No e2e/ in this checkout: no browser tests.")
	return say_results(results)


def say_results(results: dict[str, int]) -> int:
	"""0 when there are results and all of them are good."""
	for what, code in results.items():
		TELL.say(f"{what}: {'passed' if code == 0 else f'FAILED (exit code {code})'}")
	return 0 if results and not any(results.values()) else 1


def run_site_tests(slot: Slot) -> int:
	"""Runs our tests inside the site, shows them live, and counts them: none found is a failure."""
	command = slot.frappe_command(["--site", slot.site, "run-tests", "--app", APP, "--skip-test-records"])
	# Frappe ends with a code that tells of failures only where CI is set
	environment = slot.environment() | {"CI": "1"}
	count = 0
	pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
	with running(command, cwd=slot.sites, env=environment, text=True, errors="replace", **pipes) as process:
		for line in process.stdout or ():
			print(line, end="", flush=True)
			if match := re.match(r"Ran (\d+) tests? in", line):
				count += int(match[1])
		code = process.wait()
	if code == 0 and count == 0:
		TELL.say(f"run-tests found no test in {APP}: that counts as a failure.")
		return 1
	return code


def run_browser_tests(slot: Slot) -> int:
	"""Serves the site and runs pytest on e2e/ against it."""
	python = python_with_pytest()
	with TELL.step("Serving the site"):
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
	TELL.say("Browser tests: pytest e2e")
	try:
		with running([python, "-m", "pytest", "e2e"], cwd=CHECKOUT, env=environment) as process:
			return process.wait()
	finally:
		slot.stop("web", "realtime", "worker")


def find_browser() -> str:
	names = ("chromium", "chromium-browser", "google-chrome")
	return next(filter(None, map(shutil.which, names)), None) or find_program(names[0], "chromium")


def python_with_pytest() -> str:
	for python in (sys.executable, str(CHECKOUT / ".venv" / "bin" / "python")):
		if os.path.exists(python):
			asked = subprocess.run(
				[python, "-c", "import pytest, playwright"], capture_output=True, check=False
			)
			if asked.returncode == 0:
				return python
	raise Trouble("The browser tests need pytest and playwright in .venv. Make it with: make .venv")
