"""Names, places and passwords that every other module may ask for."""

from pathlib import Path

APP = "micro_experiences"
CHECKOUT = Path(__file__).resolve().parents[2]
ROOT = CHECKOUT / ".bench"
# what we start once more inside the bench's Python
ENTRY = CHECKOUT / "tools" / "own_bench.py"
LOOPBACK = CHECKOUT / "tools" / "loopback.cjs"
SLOTS = ("test", "demo", "base", "erpnext")
# served on 127.0.0.1 only, to whoever may read this checkout anyway
ADMIN_PASSWORD = "admin"


class Trouble(Exception):
	"""What stops us, in words for the person at the keyboard, with the remedy."""
