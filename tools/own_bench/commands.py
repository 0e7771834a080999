"""The command line."""

import argparse
import contextlib
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from own_bench import __doc__ as description
from own_bench import inside, servers
from own_bench.demo import DEMO_PORT, command_demo
from own_bench.erpnext_tests import command_erpnext_tests
from own_bench.files import lock
from own_bench.output import say
from own_bench.processes import running
from own_bench.settings import ADMIN_PASSWORD, ROOT, SLOTS, Problem
from own_bench.sites import prepare, running_site, slot_name, start_site
from own_bench.slot import Servers, Slot
from own_bench.testing import command_lane, command_test


def command_up(arguments: argparse.Namespace) -> int:
	"""Start the databases of a site and leave them running."""
	bench, env, base = prepare()
	slot = Slot(slot_name(arguments.site), bench, env)
	if not slot.is_up:
		with lock(slot.name, f"Another command of this checkout uses {slot.site}."):
			start_site(slot, base)
	say(f"{slot.site} is running: MariaDB on port {slot.state['mariadb_port']}, sites in {slot.sites}")
	return 0


def site_and_words(words: list[str]) -> tuple[str, list[str]]:
	"""Split a leading `--site <name>` from the other words; the default is the test site."""
	if words[:1] == ["--site"] and len(words) > 1:
		return words[1], words[2:]
	return "test", words


def command_bench(arguments: argparse.Namespace) -> int:
	"""Run a command of Frappe's on a site."""
	site, words = site_and_words(arguments.words)
	if "build" in words[:1]:
		raise Problem(
			"build would write into your bench. The test, demo, up and serve commands build the assets."
		)
	return run_on_site(site, lambda slot: slot.frappe_command(["--site", slot.site, *words]))


def command_python(arguments: argparse.Namespace) -> int:
	"""Run a script with the Python and in the sites folder of a slot, as Frappe expects it."""
	site, words = site_and_words(arguments.words)
	if not words:
		raise Problem("Name a script, such as: python benchmarks/form_load.py")
	if (script := Path(words[0])).is_file():
		words[0] = str(script.absolute())
	return run_on_site(site, lambda slot: [str(slot.env.python), *words])


def run_on_site(site: str, command: Callable[[Slot], list[str]]) -> int:
	"""Run a command while the servers of a site run, and return its exit code."""
	with (
		running_site(site) as slot,
		running(command(slot), cwd=slot.sites, env=slot.environment()) as process,
	):
		return process.wait()


def command_serve(arguments: argparse.Namespace) -> int:
	"""Serve a site until Ctrl-C."""
	with running_site(arguments.site) as slot:
		if slot.runs("web"):
			raise Problem(f"{slot.site} is already served: http://127.0.0.1:{slot.state['web_port']}")
		try:
			address = servers.start_web(slot)
			say(f"{slot.site} is at {address} (Administrator, {ADMIN_PASSWORD}); Ctrl-C stops it.")
			with contextlib.suppress(KeyboardInterrupt):
				while slot.runs("web"):
					time.sleep(0.5)
		finally:
			slot.stop("web", "realtime")
	return 0


def command_down(_arguments: argparse.Namespace) -> int:
	"""Stop every server of this checkout, also those that a killed run left."""
	for name in SLOTS:
		if stopped := Servers(ROOT / name).stop():
			say(f"{name}: stopped {', '.join(stopped)}")
	return 0


def command_clean(arguments: argparse.Namespace) -> int:
	"""Stop everything and remove .bench."""
	command_down(arguments)
	shutil.rmtree(ROOT, ignore_errors=True)
	return 0


def make_parser() -> argparse.ArgumentParser:
	"""Return the parser of the command line."""
	main = argparse.ArgumentParser(
		description=description, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	commands = main.add_subparsers(dest="command", required=True, metavar="command")

	def add(name: str, run: Callable[[argparse.Namespace], int], **options: Any) -> argparse.ArgumentParser:
		command = commands.add_parser(name, **options)
		command.set_defaults(run=run)
		return command

	test = add("test", command_test, help="test uninstalling, then run the site tests and the browser tests")
	test.add_argument("--only", choices=("uninstall", "site", "e2e"), help="run only one of the three")
	demo = add("demo", command_demo, help="serve a site with sample data")
	demo.add_argument("--port", type=int, default=DEMO_PORT)
	demo.add_argument("--fresh", action="store_true", help="replace the demo site")
	up = add("up", command_up, help="start MariaDB and Redis of a site in the background")
	up.add_argument("--site", default="test", help="test (default), demo or base")
	add("bench", command_bench, help="run a bench command, as in: bench --site test.localhost console")
	add("python", command_python, help="run a script in a site, as in: python benchmarks/form_load.py")
	serve = add("serve", command_serve, help="serve a site on 127.0.0.1")
	serve.add_argument("--site", default="test", help="test (default), demo or base")
	add("erpnext-tests", command_erpnext_tests, help="run ERPNext's own tests without the app and with it")
	add("down", command_down, help="stop every server of this checkout")
	add("clean", command_clean, help="stop everything and remove .bench")
	lane = add("_lane", command_lane)
	lane.add_argument("slot")
	lane.add_argument("--only")
	call = add("_call", inside.command_call)
	for name in ("site", "method", "arguments", "result"):
		call.add_argument(name)
	tests = add("_tests", inside.command_tests)
	tests.add_argument("site")
	tests.add_argument("result")
	tests.add_argument("modules", nargs="+")
	tests.add_argument("--app")
	inner = add("_serve", inside.command_serve)
	inner.add_argument("site")
	inner.add_argument("port", type=int)
	return main


def end_cleanly(number: int, _frame: FrameType | None) -> NoReturn:
	"""Exit on a signal, so that every server is stopped."""
	raise SystemExit(128 + number)


def main() -> int:
	"""Run a command, and return its exit code."""
	words = sys.argv[1:]
	# The words after these commands belong to another program.
	own, other = (words[:1], words[1:]) if words[:1] in (["bench"], ["python"]) else (words, [])
	arguments = make_parser().parse_args(own)
	arguments.words = other
	if arguments.command == "_lane" or not arguments.command.startswith("_"):
		for number in (signal.SIGTERM, signal.SIGHUP):
			signal.signal(number, end_cleanly)
	try:
		return arguments.run(arguments)
	except Problem as problem:
		print(problem, file=sys.stderr)
		return 1
	except KeyboardInterrupt:
		print("\nStopped.", file=sys.stderr)
		return 130
