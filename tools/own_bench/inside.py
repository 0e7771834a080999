"""What runs inside the Python of the bench; started by the other modules, not by people."""

import argparse
import json
import os
from pathlib import Path
from typing import NoReturn


def command_call(arguments: argparse.Namespace) -> int:
	"""Call one function in a site and write its result to a file."""
	import frappe

	frappe.init(site=arguments.site)
	frappe.connect()
	try:
		result = frappe.get_attr(arguments.method)(**json.loads(arguments.arguments))
		frappe.db.commit()
		Path(arguments.result).write_text(json.dumps(result, default=str))
	finally:
		frappe.destroy()
	return 0


def command_tests(arguments: argparse.Namespace) -> int:
	"""Run test modules with Frappe's runner; write how many tests ran and which failed to a file."""
	import frappe
	import frappe.test_runner

	all_dependencies = frappe.test_runner.get_dependencies

	def installed_dependencies(doctype: str) -> list[str]:
		"""Leave out the DocTypes of apps that are not installed, such as the Payment Gateway of payments."""
		return [name for name in all_dependencies(doctype) if frappe.db.exists("DocType", name)]

	frappe.test_runner.get_dependencies = installed_dependencies
	frappe.init(site=arguments.site)
	# The tests of an app that is named need no test records.
	frappe.flags.skip_test_records = bool(arguments.app)
	count, failed = 0, []
	for module in arguments.modules:
		print(module, flush=True)
		result = frappe.test_runner.main(site=arguments.site, app=arguments.app, module=module)
		frappe.flags.skip_before_tests = True
		count += result.testsRun
		failed += [test.id() for test, _traceback in result.failures + result.errors]
	Path(arguments.result).write_text(json.dumps({"count": count, "failed": failed}))
	print(f"{count} tests, {len(failed)} failed", *failed, sep="\n  ", flush=True)
	return 1 if failed or not count else 0


def command_serve(arguments: argparse.Namespace) -> NoReturn:
	"""Serve one site under any host name, with files and assets, on 127.0.0.1."""
	import frappe.app
	from frappe.middlewares import StaticDataMiddleware
	from werkzeug.middleware.shared_data import SharedDataMiddleware
	from werkzeug.serving import make_server

	sites = os.getcwd()
	frappe.app._site = arguments.site
	frappe.app._sites_path = sites
	application = SharedDataMiddleware(frappe.app.application, {"/assets": os.path.join(sites, "assets")})
	application = StaticDataMiddleware(application, {"/files": sites})
	make_server("127.0.0.1", arguments.port, application, threaded=True).serve_forever()
	raise SystemExit(0)
