"""Translation and date formats for one language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton, format_timedelta


@dataclass(frozen=True, slots=True)
class Language:
	"""Language of the viewer: a translator of "{0}" templates, and the locale for dates (such as "de" or
	"pt_BR")."""

	translate: Callable[[str], str] = str
	locale: str = "en"

	def format_date(self, day: date, today: date) -> str:
		"""Format a short date; the year is included only if it is not the current one."""
		# "en" is used all over the world; the United States have "en_US".
		locale = "en_001" if self.locale == "en" else self.locale
		return format_skeleton("MMMd" if day.year == today.year else "yMMMd", day, locale=locale)

	def format_relative(self, day: date, today: date) -> str:
		"""Format how long ago, or in how long, a day is."""
		_ = self.translate
		near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}.get((day - today).days)
		# "in 9 days" says more than "in 1 week", so a longer unit is used from two on.
		return near or format_timedelta(
			day - today, granularity="day", threshold=2, add_direction=True, locale=self.locale
		)
