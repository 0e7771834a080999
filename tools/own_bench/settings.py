"""Names, places and passwords."""

from pathlib import Path

APP = "micro_experiences"
CHECKOUT = Path(__file__).resolve().parents[2]
ROOT = CHECKOUT / ".bench"
# Started again inside the Python environment of the bench.
ENTRY = CHECKOUT / "tools" / "own_bench.py"
LOOPBACK = CHECKOUT / "tools" / "loopback.cjs"
SLOTS = ("test", "test2", "demo", "base", "erpnext")
# The sites are served on 127.0.0.1 only.
ADMIN_PASSWORD = "admin"


class Problem(Exception):
	"""Stops a command; its text tells the developer what to do."""
