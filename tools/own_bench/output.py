"""Messages for the developer while a command runs."""

import contextlib
import time
from collections.abc import Iterator

_BEGUN = time.monotonic()


def say(line: str = "") -> None:
	"""Print a line at once."""
	print(line, flush=True)


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
	"""Print what is being done and how long it took."""
	start = time.monotonic()
	total = int(start - _BEGUN)
	print(f"[{total // 60:2d}:{total % 60:02d}] {what} ", end="", flush=True)
	try:
		yield
	except BaseException:
		say("stopped")
		raise
	say(f"{time.monotonic() - start:.1f} s")
