"""Benches of this checkout beside the developer's bench, for tests and for the demo.

Frappe, ERPNext and the Python packages come from the developer's bench, which is only read. Everything else is in
`.bench/`: sites, assets, MariaDB and Redis servers on free ports.

	.bench/env                 a Python environment that sees the packages of the bench and adds this checkout
	.bench/snapshots/<name>/   the base site: Frappe and ERPNext installed, setup wizard completed
	.bench/<slot>/             one bench with its own servers; slots: test, test2, demo, base, erpnext

Creating the base site takes some minutes, once per version of Frappe and ERPNext. Every test run starts from a copy.
"""
