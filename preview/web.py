"""The web server of the preview: who may send requests, the methods that the panel calls, and the static files.

It is made for one machine: it listens on loopback, accepts requests of its own pages only, and has no passwords.
"""

import json
import logging
import secrets
import socket
import threading
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

from flask import Flask, abort, g, jsonify, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

import micro_experiences
from micro_experiences.domain import visibility
from preview import methods
from preview.clock import Clock
from preview.frame import frame
from preview.pages import pages
from preview.people import get_roles
from preview.store import Store, Trouble

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_MOST_BYTES = 1024 * 1024
# The address of the methods, as on a site.
METHODS = "/api/method/micro_experiences.api."
_PUBLIC = Path(micro_experiences.__file__).parent / "public"
_PANEL = "js/panel/"
# The files of the panel; nothing else of the app is served. The stylesheet is plain CSS.
_TYPES = {".js": "text/javascript", ".scss": "text/css", ".svg": "image/svg+xml"}
_SERVED = ("scss/panel.scss", "images/logo.svg")
_BY_GET = ("banner.get_banner",)
_STATUS = {
	methods.Refused: 417,
	methods.Denied: 403,
	methods.Unknown: 404,
	methods.BadArguments: 400,
	Trouble: 503,
}
_HEADERS = {
	# Only scripts from files of the preview run, so text that users wrote never does.
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
	" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy": "same-origin",
}
_JOBS_EVERY = 30


def make_app(store: Store, clock: Clock, port: int) -> Flask:
	"""Return the pages and methods on the file of `store`, for a browser on this machine at `port`."""
	app = Flask(__name__)
	app.config.update(
		MAX_CONTENT_LENGTH=_MOST_BYTES,
		SECRET_KEY=secrets.token_bytes(32),
		SESSION_COOKIE_SAMESITE="Strict",
		# Cookies are shared between ports, so that each preview needs its own names.
		SESSION_COOKIE_NAME=f"preview_messages_{port}",
		USER_COOKIE=f"preview_user_{port}",
	)
	# A browser leaves out the default port.
	hosts = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == 80 else set())
	modules = [f"{_PANEL}{path.name}" for path in sorted((_PUBLIC / _PANEL).glob("*.js"))]
	served = {*_SERVED, *modules}
	app.jinja_env.globals["panel_modules"] = modules

	@app.before_request
	def check_sender():
		if request.host not in hosts:
			abort(400, f"The preview is at http://{HOST}:{port} only.")
		if request.method == "POST" and request.headers.get("Origin") != f"http://{request.host}":
			abort(403, "This request came from another page. Nothing was saved.")
		if not _is_file(request.path):
			g.store, g.clock, g.now, g.people = store, clock, clock.now(), people(store)
			if not g.people:
				raise Trouble("The sample data is being added. Please reload this page in a moment.")
			chosen = request.cookies.get(app.config["USER_COOKIE"])
			g.user = chosen if chosen in g.people else next(iter(g.people))

	@app.after_request
	def add_headers(response):
		response.headers.update(_HEADERS)
		if not _is_file(request.path):
			response.headers["Cache-Control"] = "no-store"
		return response

	@app.get("/assets/micro_experiences/<path:path>")
	def assets(path: str):
		if path not in served:
			abort(404)
		return send_from_directory(_PUBLIC, path, mimetype=_TYPES[Path(path).suffix])

	@app.route(f"{METHODS}<method>", methods=["GET", "POST"])
	def call(method: str):
		if (request.method != "POST") != (method in _BY_GET):
			abort(405, "This address does not accept this kind of request.")
		args = _arguments() if request.method == "POST" else request.args.to_dict()
		return app.response_class(
			json.dumps({"message": methods.call(store, clock, g.user, method, args)}, default=_plain),
			mimetype="application/json",
		)

	for refusal, status in _STATUS.items():
		app.register_error_handler(refusal, lambda error, status=status: _refuse(status, str(error)))
	app.register_error_handler(HTTPException, _http_error)
	app.register_error_handler(Exception, _unexpected)
	app.register_blueprint(frame)
	app.register_blueprint(pages)
	return app


def listen(port: int) -> socket.socket:
	"""Return a socket on loopback at `port`, or at the next free one. Raises OSError."""
	for candidate in range(port, min(port + 100, 65536)):
		bound = socket.socket()
		bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			bound.bind((HOST, candidate))
			bound.listen(128)
			return bound
		except OSError:
			bound.close()
	raise OSError("No free port was found. Choose another one with --port.")


def make_web_server(app: Flask, bound: socket.socket) -> BaseWSGIServer:
	"""Return the server of `app` on a socket of `listen`, without a log of requests."""
	port = bound.getsockname()[1]
	return make_server(HOST, port, app, threaded=True, request_handler=_QuietHandler, fd=bound.fileno())


def keep_running_jobs(store: Store, clock: Clock) -> threading.Event:
	"""Send due reminders every half minute, until the returned event is set."""
	stop = threading.Event()

	def work():
		while not stop.wait(_JOBS_EVERY):
			try:
				methods.run_jobs(store, clock)
			except Trouble:
				pass  # What is due stays due until the next round.
			except Exception:
				logging.getLogger(__name__).exception("The reminders were not sent.")

	threading.Thread(target=work, daemon=True).start()
	return stop


def people(store: Store) -> dict[str, dict]:
	"""Return the enabled users: {user: {"name", "full_name", "initials", "what"}}."""
	with store.reading() as db:
		return {
			row["name"]: {
				"name": row["name"],
				"full_name": row["full_name"],
				"initials": "".join(word[0] for word in row["full_name"].split()[:2]),
				"what": "manager" if visibility.MANAGER_ROLE in get_roles(db, row["name"]) else "sales",
			}
			for row in db.rows('select * from "tabUser" where enabled = 1 order by rowid')
		}


class _QuietHandler(WSGIRequestHandler):
	"""A request handler that logs nothing."""

	def log(self, type: str, message: str, *args) -> None:
		pass


def _is_file(path: str) -> bool:
	"""Return whether a path is a static file, which is the same for everyone."""
	return path.startswith(("/assets/", "/static/"))


def _arguments() -> dict:
	"""Return the JSON object of a request that a page for the current user has sent."""
	if request.headers.get("X-Requested-With") != "XMLHttpRequest":
		abort(403, "This request came from another page. Nothing was saved.")
	made_for = request.headers.get("X-Preview-User")
	if made_for and made_for != g.user:
		abort(409, "You switched user in another window. Nothing was saved. Reload this page.")
	try:
		args = json.loads(request.get_data(), parse_constant=_no_number)
		# Half of a character cannot be stored.
		json.dumps(args, ensure_ascii=False).encode()
	except (ValueError, RecursionError):
		args = None
	if not isinstance(args, dict):
		abort(400, "This request cannot be read. Nothing was saved.")
	return args


def _no_number(constant: str) -> None:
	raise ValueError(f"{constant} is not a number")


def _plain(value: object) -> object:
	"""Return dates and money as Frappe sends them."""
	if isinstance(value, date | datetime | time):
		return str(value)
	if isinstance(value, Decimal):
		return float(value)
	raise TypeError(f"{type(value).__name__} cannot be sent")


def _refuse(status: int, words: str):
	if request.path.startswith("/api/"):
		return jsonify(message="", error=words), status
	return render_template("trouble.html", status=status, words=words), status


def _http_error(error: HTTPException):
	if error.code < 400:
		return error
	words = {
		404: "This page does not exist, or you cannot open it.",
		405: "This address does not accept this kind of request.",
		413: "This is more than one megabyte. Nothing was saved. Please shorten it.",
	}
	own = error.description if error.description != type(error).description else None
	return _refuse(
		error.code, own or words.get(error.code, "This request cannot be read. Nothing was saved.")
	)


def _unexpected(error: Exception):
	logging.getLogger(__name__).exception("%s %s failed", request.method, request.path)
	return _refuse(500, "Something went wrong in the preview. Nothing was saved. Please try again.")
