"""What runs inside the bench's Python, started by the rest of the tool and not for people to call."""

import argparse
import json
import os
from pathlib import Path
from typing import Any, NoReturn


def command_call(arguments: argparse.Namespace) -> int:
	"""Calls one function in a site; its result goes to a file, so that nothing printed can spoil it."""
	import frappe

	frappe.init(site=arguments.name)
	frappe.connect()
	try:
		result = frappe.get_attr(arguments.method)(**json.loads(arguments.arguments))
		frappe.db.commit()
		Path(arguments.result).write_text(json.dumps(result, default=str))
	finally:
		frappe.destroy()
	return 0


def command_unittest(arguments: argparse.Namespace) -> int:
	"""Runs the tests of one module with Frappe's own runner; the outcome of each test goes to a file."""
	import frappe
	import frappe.test_runner

	outcomes: dict[str, str] = {}

	class Noting(frappe.test_runner.TimeLoggingTestResult):
		def addSuccess(self, test: Any) -> None:
			super().addSuccess(test)
			outcomes.setdefault(test.id(), "passed")

		def addFailure(self, test: Any, err: Any) -> None:
			super().addFailure(test, err)
			outcomes[test.id()] = "failed"

		def addError(self, test: Any, err: Any) -> None:
			super().addError(test, err)
			outcomes[test.id()] = "error"

		def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
			super().addSubTest(test, subtest, err)
			if err:
				outcomes[test.id()] = "failed" if issubclass(err[0], test.failureException) else "error"

		def addSkip(self, test: Any, reason: str) -> None:
			super().addSkip(test, reason)
			outcomes[test.id()] = "skipped"

	all_dependencies = frappe.test_runner.get_dependencies

	def dependencies_here(doctype: str) -> list[str]:
		"""Without the DocTypes of apps that are not installed, such as the Payment Gateway of payments."""
		return [one for one in all_dependencies(doctype) if frappe.db.exists("DocType", one)]

	frappe.test_runner.get_dependencies = dependencies_here
	frappe.test_runner.TimeLoggingTestResult = Noting
	frappe.test_runner.main(site=arguments.name, module=arguments.module)
	Path(arguments.result).write_text(json.dumps(outcomes, indent=1))
	return 0


def command_serve_here(arguments: argparse.Namespace) -> NoReturn:
	"""Serves one site whatever name it is called by, with files and assets, on 127.0.0.1 only."""
	import frappe.app
	from frappe.middlewares import StaticDataMiddleware
	from werkzeug.middleware.shared_data import SharedDataMiddleware
	from werkzeug.serving import make_server

	sites = os.getcwd()
	frappe.app._site = arguments.name
	frappe.app._sites_path = sites
	application = SharedDataMiddleware(frappe.app.application, {"/assets": os.path.join(sites, "assets")})
	application = StaticDataMiddleware(application, {"/files": sites})
	make_server("127.0.0.1", arguments.port, application, threaded=True).serve_forever()
	raise SystemExit(0)
