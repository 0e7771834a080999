"""What the person at the keyboard is told while things are done."""

import contextlib
import time
from collections.abc import Iterator


class Telling:
	"""Prints what is being done, how long it took, and a dot for every five seconds of waiting."""

	def __init__(self) -> None:
		self.begun = time.monotonic()

	@contextlib.contextmanager
	def step(self, what: str) -> Iterator[None]:
		start = time.monotonic()
		total = int(start - self.begun)
		print(f"[{total // 60:2d}:{total % 60:02d}] {what} ", end="", flush=True)
		try:
			yield
		except BaseException:
			print("stopped", flush=True)
			raise
		print(f"{time.monotonic() - start:.1f} s", flush=True)

	def say(self, line: str = "") -> None:
		print(line, flush=True)


TELL = Telling()
