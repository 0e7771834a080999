"""Lets older tools install the app; everything is said in pyproject.toml."""

from setuptools import setup

setup()
