"""Rate limits per user, for methods that could be used to probe data."""

import time
from collections.abc import Callable
from functools import wraps

import frappe
from frappe import _
from redis.exceptions import RedisError

from micro_experiences.utils.errors import throw

_WINDOW_SECONDS = 60


def rate_limit_per_user(calls: int) -> Callable:
	"""Limit a whitelisted method to `calls` per user and minute.

	Further calls raise RateLimitExceededError (HTTP 429). Frappe's own rate limit counts by IP address, which
	all users in a shop may share. Without Redis there is no limit.
	"""

	def decorate(method: Callable) -> Callable:
		@wraps(method)
		def wrapped(*args, **kwargs):
			if (
				getattr(frappe.local, "request", None)
				and _count_call(method.__qualname__, method.__module__) > calls
			):
				throw(
					_("Too many requests. Wait a minute and try again."),
					frappe.RateLimitExceededError,
					title=_("Too Many Requests"),
				)
			return method(*args, **kwargs)

		return wrapped

	return decorate


def _count_call(*names: str) -> int:
	"""Count a call, and return the number of calls by the session user in this minute, 0 without Redis."""
	minute = int(time.time()) // _WINDOW_SECONDS
	key = frappe.cache.make_key(
		":".join(("micro_experiences:asked", *names, frappe.session.user, str(minute)))
	)
	try:
		calls = frappe.cache.incrby(key, 1)
		frappe.cache.expire(key, 2 * _WINDOW_SECONDS)
	except RedisError:
		return 0
	return calls
