"""The frame of every page: navigation, notifications, the current user and the clock."""

from datetime import datetime, time
from urllib.parse import urlsplit

from dateutil.relativedelta import relativedelta
from flask import Blueprint, abort, current_app, flash, g, redirect, request

from preview import methods
from preview.formatting import day, moment

frame = Blueprint("frame", __name__)
frame.add_app_template_filter(day)
frame.add_app_template_filter(moment)

_NAVIGATION = (
	("Customers", "/app/customer"),
	("New invoice", "/app/sales-invoice/new"),
	("My follow-ups", "/app/my-follow-ups"),
	("Gestures", "/app/gesture"),
	("Wallet", "/app/gesture-wallet"),
	("Budgets", "/app/gesture-budget"),
	("Notifications", "/app/notifications"),
)
_STEPS = {
	"tomorrow": relativedelta(days=1),
	"next_week": relativedelta(weeks=1),
	"next_month": relativedelta(months=1),
}


@frame.app_context_processor
def get_frame() -> dict:
	"""Return the template variables of the frame."""
	if "user" not in g:
		return {}
	with g.store.reading() as db:
		unread = len(db.find("Notification Log", {"for_user": g.user, "read": False}))
	return {
		"navigation": _NAVIGATION,
		"people": g.people,
		"me": g.people[g.user],
		"now": g.now,
		"unread": unread,
		"is_here": lambda href: request.path == href or request.path.startswith(f"{href}/"),
	}


@frame.post("/notifications/read")
def mark_read():
	"""Mark all notifications of the user as read."""
	with g.store.writing() as db:
		db.run('update "tabNotification Log" set read = 1 where for_user = ? and read = 0', g.user)
	return redirect("/app/notifications")


@frame.post("/user")
def change_user():
	"""Continue as another user."""
	chosen = request.form.get("user", "")
	if chosen not in g.people:
		abort(400, "There is no such user.")
	answer = redirect(_back())
	name = current_app.config["USER_COOKIE"]
	answer.set_cookie(name, chosen, max_age=31536000, httponly=True, samesite="Strict")
	return answer


@frame.post("/clock")
def set_clock():
	"""Set the clock forward, and send the reminders that are due then."""
	try:
		g.clock.set_forward(_wanted_moment())
	except ValueError as error:
		flash(str(error), "problem")
		return redirect(_back())
	sent = methods.run_jobs(g.store, g.clock)
	result = {0: "No reminder was due.", 1: "1 reminder was sent."}.get(sent, f"{sent} reminders were sent.")
	flash(f"It is {moment(g.clock.now())}. {result}")
	return redirect(_back())


def _wanted_moment() -> datetime:
	to = request.form.get("to", "")
	if to in _STEPS:
		return datetime.combine(g.now.date(), time(9)) + _STEPS[to]
	try:
		return datetime.fromisoformat(request.form.get("moment", "")).replace(tzinfo=None)
	except ValueError:
		raise ValueError("Choose a day and a time.") from None


def _back() -> str:
	"""Return the page of the preview that sent the request."""
	came_from = urlsplit(request.headers.get("Referer", ""))
	if came_from.netloc != request.host or not came_from.path.startswith("/"):
		return "/app"
	# Two slashes would lead to another machine.
	path = "/" + came_from.path.lstrip("/")
	return path + (f"?{came_from.query}" if came_from.query else "")
