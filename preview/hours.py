"""The good hours of colleagues: their time zones, the settings, and the holidays of the company."""

from datetime import tzinfo
from functools import cache

from dateutil.tz import gettz

from micro_experiences.domain.hours import Hours
from micro_experiences.domain.reminders import quiet_hours
from preview.session import Session


def hours_of(session: Session, user: str) -> Hours:
	"""When somebody may be reminded."""
	settings, row = session.settings, session.db.get("User", user)
	company = session.db.find("Company", limit=1)[0]
	days = session.db.find("Holiday", {"parent": company["default_holiday_list"] or ""})
	return Hours(
		settings["digest_hour"] or 0,
		quiet_hours(settings),
		frozenset(row["holiday_date"] for row in days),
		gettz(row["time_zone"]) if row["time_zone"] else site_zone(),
		site_zone(),
	)


@cache
def site_zone() -> tzinfo | None:
	"""The time zone of this machine, whose clock the preview goes by."""
	return gettz()
