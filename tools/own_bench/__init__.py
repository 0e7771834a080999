"""A bench of our own beside yours: it tests and shows this checkout, and leaves your bench as it is.

Your bench lends its Frappe, its ERPNext and the Python packages of its env; all three are only read. The rest
lies in `.bench/` of this checkout and is ours: sites, assets, a MariaDB and two Redis servers on free ports.

	.bench/env                 our Python environment: it sees yours, plus this checkout and what it needs
	.bench/snapshots/<key>/    the base site: Frappe and ERPNext installed, setup wizard finished, server stopped
	.bench/<slot>/             one bench root with its own servers; slots: test, demo, base, erpnext

Making the base site takes minutes, once per version of Frappe and ERPNext. Every test run starts from a copy.
"""
