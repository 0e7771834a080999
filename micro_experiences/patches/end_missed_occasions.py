"""End the follow-ups of occasions that are over on existing sites."""

from micro_experiences.jobs.occasions import mx_end_missed_occasions


def execute():
	mx_end_missed_occasions()
