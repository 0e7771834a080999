"""The clock of the preview: real time plus an offset in the file, so that all processes agree."""

from datetime import date, datetime, timedelta

from preview.store import Db, Store

_LAST_YEAR = 2099


class Clock:
	"""Naive local time. It can be set forward, and never goes back."""

	def __init__(self, store: Store) -> None:
		self.store = store

	def now(self) -> datetime:
		"""Return the current moment of the preview."""
		with self.store.reading() as db:
			return moment(db)

	def today(self) -> date:
		"""Return the current day of the preview."""
		return self.now().date()

	def set_forward(self, moment: datetime) -> None:
		"""Set the clock to `moment` (naive). Raises ValueError, with a message for the user."""
		if moment.year > _LAST_YEAR:
			raise ValueError(f"The preview's calendar ends in {_LAST_YEAR}. Choose an earlier date.")
		with self.store.writing() as db:
			real = datetime.now()
			if moment <= real + _ahead(db):
				raise ValueError("The clock can only be set forward. Choose a later time.")
			db.run("update clock set ahead = ?", (moment - real) // timedelta(microseconds=1))


def moment(db: Db) -> datetime:
	"""Return the current moment within a transaction."""
	return datetime.now() + _ahead(db)


def _ahead(db: Db) -> timedelta:
	return timedelta(microseconds=db.value("select ahead from clock"))
