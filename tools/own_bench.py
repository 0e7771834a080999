#!/usr/bin/env python3
"""A bench of our own beside yours: `python tools/own_bench.py --help` says what it does."""

import sys

from own_bench.commands import main

if __name__ == "__main__":
	sys.exit(main())
