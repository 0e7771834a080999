"""What a person can ask for on the command line."""

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
from own_bench.borrowed import NoBench, YourBench
from own_bench.demo import DEMO_PORT, command_demo
from own_bench.erpnext_tests import command_erpnext_tests
from own_bench.files import lock
from own_bench.processes import free_port, running
from own_bench.settings import ADMIN_PASSWORD, ROOT, SLOTS, Trouble
from own_bench.sites import bring_up, brought_up, prepare, slot_of
from own_bench.slot import Servers, Slot
from own_bench.telling import TELL
from own_bench.testing import command_test


def command_found(_arguments: argparse.Namespace) -> int:
	"""For `make test`, which goes without a bench where there is none, and says so."""
	try:
		YourBench.find()
	except NoBench as missing:
		TELL.say(f"No bench at {missing.path}: the site and browser tests were left out. {missing.remedy}")
		return 1
	return 0


def command_up(arguments: argparse.Namespace) -> int:
	bench, env, base = prepare()
	slot = Slot(slot_of(arguments.site), bench, env)
	if slot.is_up:
		TELL.say(f"{slot.site} is up.")
		return 0
	with lock(slot.name, f"A {slot.name} run of this checkout is under way."):
		bring_up(slot, base)
	state = slot.state
	TELL.say(f"{slot.site} is up: MariaDB on port {state['mariadb_port']}, sites in {slot.sites}")
	return 0


def site_and_words(words: list[str]) -> tuple[str, list[str]]:
	"""The site that a leading `--site` names, as Frappe reads it, else the test site; and the other words."""
	if words[:1] == ["--site"] and len(words) > 1:
		return words[1], words[2:]
	if words and words[0].startswith("--site="):
		return words[0].removeprefix("--site="), words[1:]
	return "test", words


def command_bench(arguments: argparse.Namespace) -> int:
	"""Any command of Frappe's, in the slot whose site it names."""
	site, words = site_and_words(arguments.words)
	if "build" in words[:1]:
		raise Trouble(
			"build would write into your bench. Our own assets are built by test, demo, up and serve."
		)
	with brought_up(site) as slot:
		command = slot.frappe_command(["--site", slot.site, *words])
		with running(command, cwd=slot.sites, env=slot.environment()) as process:
			return process.wait()


def command_python(arguments: argparse.Namespace) -> int:
	"""A script with the Python and the environment of a slot, started in its sites folder as Frappe expects it."""
	site, words = site_and_words(arguments.words)
	if not words:
		raise Trouble("Which script? As in: python benchmarks/form_load.py")
	if (script := Path(words[0])).is_file():
		words[0] = str(script.absolute())
	with brought_up(site) as slot:
		command = [str(slot.env.python), *words]
		with running(command, cwd=slot.sites, env=slot.environment()) as process:
			return process.wait()


def command_serve(arguments: argparse.Namespace) -> int:
	"""Serves a site on 127.0.0.1 until Ctrl-C."""
	bench, env, base = prepare()
	slot = Slot(slot_of(arguments.site), bench, env)
	was_up = slot.is_up
	if slot.runs("web"):
		raise Trouble(f"{slot.site} is served already: http://127.0.0.1:{slot.state['web_port']}")
	try:
		if not was_up:
			bring_up(slot, base, arguments.port)
		elif arguments.port:
			slot.configure(free_port(arguments.port))
		address = servers.start_web(slot)
		TELL.say(f"{slot.site} is at {address} (Administrator, {ADMIN_PASSWORD}); Ctrl-C stops it.")
		with contextlib.suppress(KeyboardInterrupt):
			while slot.runs("web"):
				time.sleep(0.5)
		return 0
	finally:
		slot.stop(*(("web", "realtime") if was_up else ()))


def command_down(_arguments: argparse.Namespace) -> int:
	"""Stops every server that this checkout started, also what a killed run left."""
	for name in SLOTS:
		if stopped := Servers(ROOT / name).stop():
			TELL.say(f"{name}: stopped {', '.join(stopped)}")
	return 0


def command_clean(arguments: argparse.Namespace) -> int:
	"""Stops everything and removes .bench."""
	command_down(arguments)
	shutil.rmtree(ROOT, ignore_errors=True)
	return 0


def parser() -> argparse.ArgumentParser:
	main = argparse.ArgumentParser(
		description=description, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	commands = main.add_subparsers(dest="command", required=True, metavar="command")

	def add(name: str, run: Callable[[argparse.Namespace], int], **options: Any) -> argparse.ArgumentParser:
		command = commands.add_parser(name, **options)
		command.set_defaults(run=run)
		return command

	test = add(
		"test", command_test, help="proof of uninstalling, site tests, browser tests, each on a fresh site"
	)
	test.add_argument("--keep", action="store_true", help="leave the servers running afterwards")
	test.add_argument("--only", choices=("uninstall", "site", "e2e"), help="only one of the three")
	demo = add("demo", command_demo, help="a site with sample data to look at")
	demo.add_argument("--port", type=int, default=DEMO_PORT)
	demo.add_argument("--fresh", action="store_true", help="throw away the demo site that is there")
	up = add("up", command_up, help="start MariaDB and Redis of a site in the background")
	up.add_argument("--site", default="test", help="test (default), demo or base")
	add("bench", command_bench, help="any bench command, as in: bench --site test.localhost console")
	add("python", command_python, help="a script inside a site, as in: python benchmarks/form_load.py")
	serve = add("serve", command_serve, help="serve a site on 127.0.0.1")
	serve.add_argument("--site", default="test", help="test (default), demo or base")
	serve.add_argument("--port", type=int, default=0)
	add("erpnext-tests", command_erpnext_tests, help="ERPNext's own tests, without and with our app")
	add("down", command_down, help="stop every server of this checkout")
	add("clean", command_clean, help="stop everything and remove .bench")
	add("found", command_found, help="say whether there is a bench to borrow from")
	call = add("_call", inside.command_call)
	for name in ("name", "method", "arguments", "result"):
		call.add_argument(name)
	tests = add("_unittest", inside.command_unittest)
	for name in ("name", "module", "result"):
		tests.add_argument(name)
	here = add("_serve", inside.command_serve_here)
	here.add_argument("name")
	here.add_argument("port", type=int)
	return main


def end_tidily(number: int, _frame: FrameType | None) -> NoReturn:
	raise SystemExit(128 + number)


def main() -> int:
	words = sys.argv[1:]
	# what follows these is not ours to understand
	ours, theirs = (words[:1], words[1:]) if words[:1] in (["bench"], ["python"]) else (words, [])
	arguments = parser().parse_args(ours)
	arguments.words = theirs
	for number in (signal.SIGTERM, signal.SIGHUP):
		if not arguments.command.startswith("_"):
			signal.signal(number, end_tidily)
	try:
		return arguments.run(arguments)
	except Trouble as trouble:
		print(trouble, file=sys.stderr)
		return 1
	except KeyboardInterrupt:
		print("\nStopped.", file=sys.stderr)
		return 130
