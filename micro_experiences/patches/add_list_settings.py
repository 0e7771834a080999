"""Show six columns in the app's lists on existing sites."""

from micro_experiences.setup.install import create_list_settings


def execute():
	create_list_settings()
