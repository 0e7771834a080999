"""Helpers and scenarios for the site tests, which stand next to the code that they test."""
