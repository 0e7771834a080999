"""A real browser in front of the panel's own modules: served as they are, with a host that records every call."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Handler(SimpleHTTPRequestHandler):
	extensions_map = {  # noqa: RUF012
		**SimpleHTTPRequestHandler.extensions_map,
		".js": "text/javascript",
		".scss": "text/css",
	}

	def log_message(self, *args):
		pass


@pytest.fixture(scope="session")
def address():
	server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(ROOT)))
	threading.Thread(target=server.serve_forever, daemon=True).start()
	yield f"http://127.0.0.1:{server.server_port}"
	server.shutdown()
	server.server_close()


@pytest.fixture
def open_page(chromium, address):
	"""Opens a page of this folder; when the test ends, no error may be left in its console."""
	troubles, contexts = [], []

	def open_(path, width=1280, height=900, **options):
		context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-GB", **options)
		contexts.append(context)
		page = context.new_page()
		page.set_default_timeout(5000)
		page.on("pageerror", lambda error: troubles.append(str(error)))
		page.on(
			"console",
			lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None,
		)
		page.goto(f"{address}/tests/panel/{path}")
		page.wait_for_function("window.ready")
		return page

	yield open_
	for context in contexts:
		context.close()
	assert troubles == []
