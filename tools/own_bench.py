#!/usr/bin/env python3
"""Benches for tests and the demo: see `python tools/own_bench.py --help`."""

import sys

from own_bench.commands import main

if __name__ == "__main__":
	sys.exit(main())
