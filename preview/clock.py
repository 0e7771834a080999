"""The time of the preview: the real one, set forward by what stands in the file, so that all its processes agree."""

from datetime import date, datetime, timedelta

from preview.store import Db, Store

_LAST_YEAR = 2099


class Clock:
	"""Naive local time. It can be set forward, and never goes back."""

	def __init__(self, store: Store) -> None:
		self.store = store

	def now(self) -> datetime:
		"""The present moment of the preview."""
		with self.store.reading() as db:
			return moment(db)

	def today(self) -> date:
		"""The present day of the preview."""
		return self.now().date()

	def set_forward(self, moment: datetime) -> None:
		"""Make `moment` (naive) the present. ValueError, with words for the user, where it is not later than now."""
		if moment.year > _LAST_YEAR:
			raise ValueError(f"The calendar of the preview ends with the year {_LAST_YEAR}.")
		with self.store.writing() as db:
			real = datetime.now()
			if moment <= real + _ahead(db):
				raise ValueError("The clock only goes forward: choose a later moment.")
			db.run("update clock set ahead = ?", (moment - real) // timedelta(microseconds=1))


def moment(db: Db) -> datetime:
	"""The present moment, as a transaction of the file sees it."""
	return datetime.now() + _ahead(db)


def _ahead(db: Db) -> timedelta:
	return timedelta(microseconds=db.value("select ahead from clock"))
