"""`python -m preview`: open the file, fill a new one with sample data, and serve the pages until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = Path(__file__).resolve().parent.parent / ".preview" / "preview.sqlite3"


def main(arguments: list[str] | None = None) -> int:
	"""Return the exit status: 0 when the preview was stopped, 1 when it could not start."""
	chosen = _parser().parse_args(arguments)
	# A shell lets its background jobs ignore Ctrl-C, and a supervisor sends SIGTERM.
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, signal.default_int_handler)
	try:
		_serve(chosen)
	except KeyboardInterrupt:
		pass
	except (_Failed, OSError) as error:
		print(error, file=sys.stderr)
		return 1
	print("\nThe preview has stopped. Your data is saved.", flush=True)
	return 0


class _Failed(Exception):
	"""The preview cannot start. The message is for the user."""


def _serve(chosen: argparse.Namespace) -> None:
	with _step("Loading"):
		try:
			from preview import sample, web
			from preview.clock import Clock
			from preview.methods import run_jobs
			from preview.store import Store, Trouble
		except ModuleNotFoundError as error:
			raise _Failed(f'{error.name} is missing. Install it with: pip install -e ".[preview]"') from error
	try:
		with _step(f"Opening {chosen.data.name}"):
			store = Store(chosen.data, fresh=chosen.fresh)
			clock = Clock(store)
		if store.is_empty():
			with _step("Adding sample data"):
				sample.fill(store, clock)
		run_jobs(store, clock)
		bound = web.listen(chosen.port)
		port = bound.getsockname()[1]
		server = web.make_web_server(web.make_app(store, clock, port), bound)
		web.keep_running_jobs(store, clock)
	except Trouble as error:
		raise _Failed(str(error)) from error
	if port != chosen.port:
		print(f"Port {chosen.port} is in use, so the preview uses {port}.")
	_introduce(web.people(store), f"http://{web.HOST}:{port}")
	# Returns on Ctrl-C.
	server.serve_forever()


def _introduce(people: dict[str, dict], address: str) -> None:
	"""Print where the preview is, who the user is, and how to start over."""
	me, *others = [f"{one['full_name']} ({one['what']})" for one in people.values()]
	print(f"\nThe Micro Experiences preview, without ERPNext, runs at {address} (Ctrl-C stops it)")
	print("Start it with --fresh to replace your data with new sample data.")
	print(f"\nYou are {me}. Use the menu at the top right to switch to {' or '.join(others)}.\n", flush=True)


@contextmanager
def _step(what: str) -> Iterator[None]:
	"""Print a step, and how long it took."""
	start = time.monotonic()
	print(f"{what} ... ", end="", flush=True)
	yield
	print(f"{time.monotonic() - start:.1f} s", flush=True)


def _parser() -> argparse.ArgumentParser:
	parser = argparse.ArgumentParser(
		prog="python -m preview",
		description="Run Micro Experiences without a bench, with data in a local file.",
	)
	parser.add_argument("--port", type=_port, default=8080, help="the port on this machine (default: 8080)")
	parser.add_argument(
		"--data", type=Path, default=_FILE, help="the data file (default: .preview/preview.sqlite3)"
	)
	parser.add_argument("--fresh", action="store_true", help="replace the data with new sample data")
	return parser


def _port(text: str) -> int:
	if not text.isdecimal() or not 0 < int(text) < 65536:
		raise argparse.ArgumentTypeError(f"{text!r} is not a port. Choose a number from 1 to 65535.")
	return int(text)


if __name__ == "__main__":
	sys.exit(main())
