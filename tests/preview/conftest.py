"""A file with the sample data, and a clock that only tests set."""

import shutil
from datetime import datetime

import pytest

from preview import sample
from preview.store import Store


class FixedClock:
	"""A clock that stands still until it is set forward."""

	def __init__(self) -> None:
		self.moment = datetime(2026, 11, 18, 10)

	def now(self):
		return self.moment

	def today(self):
		return self.moment.date()

	def set_forward(self, moment: datetime) -> None:
		if moment <= self.moment:
			raise ValueError("The clock can only be set forward. Choose a later time.")
		self.moment = moment


@pytest.fixture
def clock():
	return FixedClock()


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
	path = tmp_path_factory.mktemp("sample") / "preview.sqlite3"
	store = Store(path)
	sample.fill(store, FixedClock())
	store.close()
	return path


@pytest.fixture
def store(filled, tmp_path):
	opened = Store(shutil.copy(filled, tmp_path / "preview.sqlite3"), wait_seconds=0.2)
	yield opened
	opened.close()
