"""The card about reminders comes to sites that have the app already."""

from micro_experiences.setup.install import make_block


def execute():
	make_block()
