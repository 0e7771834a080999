"""Write to a file of the preview until standard input ends, and print what was confirmed."""

import random
import sys
import threading

from preview import methods
from preview.clock import Clock
from preview.store import Store, Trouble

PEOPLE = ("priya@example.com", "ana@example.com")
CUSTOMER = "Harbour Street Books"


def main(path: str, seed: str) -> None:
	store, choose, done = Store(path, wait_seconds=300), random.Random(seed), threading.Event()
	clock = Clock(store)
	threading.Thread(target=lambda: (sys.stdin.read(), done.set()), daemon=True).start()

	def call(method: str, **args) -> None:
		answer = methods.call(store, clock, choose.choice(PEOPLE), method, {"customer": CUSTOMER, **args})
		print(method, answer["name"], answer.get("status", ""), flush=True)

	def give() -> None:
		call("gestures.record_gesture", what="Handwritten card", cost=choose.randint(150, 350) / 100)

	def promise() -> None:
		call("notes.jot", note="Heard by a writer.", follow_up_on=str(clock.today()))

	def remind() -> None:
		methods.run_jobs(store, clock)

	while not done.is_set():
		try:
			choose.choice((give, give, promise, remind))()
		except (methods.Refused, Trouble):
			continue


if __name__ == "__main__":
	main(*sys.argv[1:])
