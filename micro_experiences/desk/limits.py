"""How often one person may ask what could be probed by a program."""

import time
from collections.abc import Callable
from functools import wraps

import frappe
from frappe import _
from redis.exceptions import RedisError

_SECONDS = 60


def at_most(calls: int) -> Callable:
	"""For a whitelisted method: each user may call it so many times a minute. More is refused with 429 and clear words.

	Counted by user and not by address, as Frappe's own limit is: a whole shop stands behind one. Without the cache nobody
	is counted, and nobody is kept from working.
	"""

	def limited(method: Callable) -> Callable:
		@wraps(method)
		def wrapped(*args, **kwargs):
			if (
				getattr(frappe.local, "request", None)
				and _asked(method.__qualname__, method.__module__) > calls
			):
				frappe.throw(
					_(
						"You ask faster than anybody can read. Nothing was lost: please wait a minute and try again."
					),
					frappe.RateLimitExceededError,
					title=_("One Moment"),
				)
			return method(*args, **kwargs)

		return wrapped

	return limited


def _asked(*names: str) -> int:
	"""How many times the session user has asked in this minute, this time included; 0 where nobody can tell."""
	minute = int(time.time()) // _SECONDS
	key = frappe.cache.make_key(
		":".join(("micro_experiences:asked", *names, frappe.session.user, str(minute)))
	)
	try:
		asked = frappe.cache.incrby(key, 1)
		frappe.cache.expire(key, 2 * _SECONDS)
	except RedisError:
		return 0
	return asked
