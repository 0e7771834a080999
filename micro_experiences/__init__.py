"""Micro Experiences: what a colleague once heard about a customer, at the moment of service."""

__version__ = "0.1.0"
