"""Add the reminder block to existing sites."""

from micro_experiences.setup.install import create_reminder_health_block


def execute():
	create_reminder_health_block()
