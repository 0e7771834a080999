"""What stands around every page: the way to the others, the bell, who one is, and the clock."""

from datetime import datetime, time
from urllib.parse import urlsplit

from dateutil.relativedelta import relativedelta
from flask import Blueprint, abort, current_app, flash, g, redirect, request

from preview import methods
from preview.showing import day, moment

frame = Blueprint("frame", __name__)
frame.add_app_template_filter(day)
frame.add_app_template_filter(moment)

_NAVIGATION = (
	("Customers", "/app/customer"),
	("Sales Invoices", "/app/sales-invoice"),
	("My follow-ups", "/app/follow-up-task"),
	("Gestures", "/app/gesture"),
	("My wallet", "/app/gesture-wallet"),
	("Budgets", "/app/gesture-budget"),
	("Sent reminders", "/app/outbox"),
	("My reminders", "/app/follow-up-preference"),
)


@frame.app_context_processor
def around() -> dict:
	"""What every page shows around itself."""
	if "user" not in g:
		return {}
	return {
		"navigation": _NAVIGATION,
		"people": g.people,
		"me": g.people[g.user],
		"now": g.now,
		"unread": _unread,
		"is_here": lambda href: request.path == href or request.path.startswith(f"{href}/"),
	}


def _unread() -> int:
	"""How many reminders the user has not looked at."""
	with g.store.reading() as db:
		return len(db.find("Notification Log", {"for_user": g.user, "read": False}))


@frame.post("/bell/read")
def read_bell():
	with g.store.writing() as db:
		db.run('update "tabNotification Log" set read = 1 where for_user = ? and read = 0', g.user)
	return redirect("/app/outbox")


@frame.post("/user")
def change_user():
	chosen = request.form.get("user", "")
	if chosen not in g.people:
		abort(400, "Nobody here is called so.")
	answer = redirect(_back())
	answer.set_cookie(
		current_app.config["USER_COOKIE"], chosen, max_age=31536000, httponly=True, samesite="Strict"
	)
	return answer


@frame.post("/clock")
def set_clock():
	try:
		g.clock.set_forward(_wanted_moment())
	except ValueError as error:
		flash(str(error), "problem")
		return redirect(_back())
	sent = methods.run_jobs(g.store, g.clock)
	said = {0: "No reminder was due.", 1: "1 reminder was sent."}.get(sent, f"{sent} reminders were sent.")
	flash(f"It is {moment(g.clock.now())}. {said}")
	return redirect(_back())


def _wanted_moment() -> datetime:
	at_nine = datetime.combine(g.now.date(), time(9))
	to = request.form.get("to", "")
	if to in _STEPS:
		return at_nine + _STEPS[to]
	try:
		return datetime.fromisoformat(request.form.get("moment", "")).replace(tzinfo=None)
	except ValueError:
		raise ValueError("Choose a day and a time.") from None


_STEPS = {
	"tomorrow": relativedelta(days=1),
	"next_week": relativedelta(weeks=1),
	"next_month": relativedelta(months=1),
}


def _back() -> str:
	"""The page that asked, if it is one of ours; a document may be somebody else's by now, and says so itself."""
	came_from = urlsplit(request.headers.get("Referer", ""))
	if came_from.netloc != request.host or not came_from.path.startswith("/"):
		return "/app"
	# Two slashes would be another machine.
	path = "/" + came_from.path.lstrip("/")
	return path + (f"?{came_from.query}" if came_from.query else "")
