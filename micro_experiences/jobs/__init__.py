"""Entry points of the scheduler: find what is due, and call a service."""
