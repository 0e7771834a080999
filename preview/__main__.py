"""`python -m preview`: opens the file, fills a new one with the sample data, and serves the pages until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_ROOT = Path(__file__).resolve().parent.parent
_FILE = _ROOT / ".preview" / "preview.sqlite3"


def main(arguments: list[str] | None = None) -> int:
	"""The exit status: 0 when it was stopped, 1 when it could not begin."""
	chosen = _parser().parse_args(arguments)
	# Stopped by a supervisor is stopped as well as by Ctrl-C, which a shell lets its background jobs ignore.
	for number in (signal.SIGINT, signal.SIGTERM):
		signal.signal(number, signal.default_int_handler)
	begun = time.monotonic()
	try:
		return _serve(chosen, begun)
	except KeyboardInterrupt:
		return _stopped()


def _serve(chosen: argparse.Namespace, begun: float) -> int:
	with _step("Loading the rules", begun):
		try:
			from preview import sample, web
			from preview.clock import Clock
			from preview.methods import run_jobs
			from preview.store import Store, Trouble
		except ModuleNotFoundError as error:
			return _fail(f'{error.name} is missing. The remedy: pip install -e ".[preview]"')
	try:
		with _step(f"Opening {_short(chosen.data)}", begun):
			store = Store(chosen.data, fresh=chosen.fresh)
			clock = Clock(store)
		if store.is_empty():
			with _step("Adding sample data", begun):
				sample.fill(store, clock)
		with _step("Sending what is due", begun):
			run_jobs(store, clock)
		with _step("Serving the pages", begun):
			bound = web.listen(chosen.port)
			port = bound.getsockname()[1]
			server = web.make_web_server(web.make_app(store, clock, port), bound)
			web.keep_running_jobs(store, clock)
	except (Trouble, OSError) as error:
		return _fail(str(error))
	if port != chosen.port:
		print(f"Port {chosen.port} is taken; this is {port}.")
	_introduce(store, web.people(store), f"http://{web.HOST}:{port}")
	# It keeps a Ctrl-C to itself, and returns.
	server.serve_forever()
	return _stopped()


def _stopped() -> int:
	print("\nThe preview has stopped. Started again, it shows the same data.", flush=True)
	return 0


def _introduce(store, people: dict[str, dict], address: str) -> None:
	"""Says where the preview is, who is who and what to look at."""
	with store.reading() as db:
		noted = db.value(
			"select customer from \"tabPersonal Note\" where status = 'Active'"
			" group by customer order by count(*) desc, customer"
		)
	me, *others = [f"{one['full_name']} ({one['what']})" for one in people.values()]
	name = next(iter(people.values()))["full_name"]
	see = (
		(f"app/customer/{quote(noted or '')}", "a customer, with what colleagues heard"),
		("app/sales-invoice/new", "a new invoice: choose a customer, and the banner appears"),
		("app/gesture-budget", "what people may give away, for a manager"),
		("app/follow-up-task", f"what {name} promised; set the clock forward, and reminders go out"),
		("app/outbox", "the reminders that were sent, each exactly once"),
	)
	print(f"\nMicro Experiences, a preview without ERPNext, runs at {address} (Ctrl-C stops it)")
	print(f"\nYou are {me}; at the top right you become {' or '.join(others)}.")
	print("\nLook at")
	for page, what in see:
		print(f"  {address}/{page}\n      {what}")
	print(flush=True)


@contextmanager
def _step(what: str, begun: float) -> Iterator[None]:
	"""Says what is being done, at what time since the beginning, and how long it took."""
	start = time.monotonic()
	total = int(start - begun)
	print(f"[{total // 60:2d}:{total % 60:02d}] {what} ", end="", flush=True)
	try:
		yield
	except BaseException:
		print("stopped", flush=True)
		raise
	print(f"{time.monotonic() - start:.1f} s", flush=True)


def _short(path: Path) -> str:
	"""The file as seen from here."""
	return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _fail(words: str) -> int:
	print(words, file=sys.stderr)
	return 1


class _OneLine(argparse.ArgumentParser):
	def error(self, message: str) -> None:
		self.exit(2, f"{self.prog}: {message}. More by --help.\n")


def _parser() -> argparse.ArgumentParser:
	parser = _OneLine(
		prog="python -m preview", description="Micro Experiences without a bench, on a small local file."
	)
	parser.add_argument("--port", type=_port, default=8080, help="where to listen on this machine (8080)")
	parser.add_argument(
		"--data", type=Path, default=_FILE, help="the file that holds the data (.preview/preview.sqlite3)"
	)
	parser.add_argument("--fresh", action="store_true", help="begin anew: forget what is in the file")
	return parser


def _port(text: str) -> int:
	if not text.isdecimal() or not 0 < int(text) < 65536:
		raise argparse.ArgumentTypeError(f"{text!r} is no port: choose a number from 1 to 65535")
	return int(text)


if __name__ == "__main__":
	sys.exit(main())
