"""The web server of the preview: who may ask, the methods that the panel calls, and the files that it is made of.

It is made for one machine: it listens on loopback, knows its own pages by their origin, and asks nobody for a password.
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
from micro_experiences.domain import sight
from preview import methods
from preview.clock import Clock
from preview.frame import frame
from preview.pages import pages
from preview.people import roles
from preview.store import Store, Trouble

HOST = "127.0.0.1"
_NAMES = (HOST, "localhost")
_MOST_BYTES = 1024 * 1024
_PUBLIC = Path(micro_experiences.__file__).parent / "public"
_PANEL = "js/panel/"
# What the panel is made of; nothing else of the app is served. The stylesheet is plain CSS by another name.
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
	# No script but our own files: what people wrote runs nowhere.
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
	" connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy": "same-origin",
}
_JOBS_EVERY = 30


def make_app(store: Store, clock: Clock, port: int) -> Flask:
	"""The pages and methods on the file of `store`, for a browser on this machine that asks at `port`."""
	app = Flask(__name__)
	app.config.update(
		MAX_CONTENT_LENGTH=_MOST_BYTES,
		SECRET_KEY=secrets.token_bytes(32),
		SESSION_COOKIE_SAMESITE="Strict",
		# Cookies know no ports: another preview on this machine has its own.
		SESSION_COOKIE_NAME=f"preview_told_{port}",
		USER_COOKIE=f"preview_user_{port}",
	)
	# A browser leaves out the port that is the usual one.
	hosts = {f"{name}:{port}" for name in _NAMES} | (set(_NAMES) if port == 80 else set())
	modules = [f"{_PANEL}{path.name}" for path in sorted((_PUBLIC / _PANEL).glob("*.js"))]
	served = {*_SERVED, *modules}
	app.jinja_env.globals["panel_modules"] = modules

	@app.before_request
	def check_who_asks():
		# Before anything else: another name that leads here, or another page that posts here, is not ours.
		if request.host not in hosts:
			abort(400, f"The preview answers at http://{HOST}:{port} only.")
		if request.method == "POST" and request.headers.get("Origin") != f"http://{request.host}":
			abort(403, "This came from another page. Nothing was saved.")
		if not _is_file(request.path):
			g.store, g.clock, g.now, g.people = store, clock, clock.now(), people(store)
			if not g.people:
				raise Trouble(
					"The preview is being filled just now. Please load this page again in a moment."
				)
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

	@app.route("/api/method/micro_experiences.desk.<method>", methods=["GET", "POST"])
	def call(method: str):
		if (request.method != "POST") != (method in _BY_GET):
			abort(405, "This cannot be asked in this way.")
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
	"""A socket on loopback at `port`, or at the next one that is free. OSError where there is none within reach."""
	for candidate in range(port, min(port + 100, 65536)):
		bound = socket.socket()
		bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		try:
			bound.bind((HOST, candidate))
			bound.listen(128)
			return bound
		except OSError:
			bound.close()
	raise OSError(f"No port from {port} on is free.")


def make_web_server(app: Flask, bound: socket.socket) -> BaseWSGIServer:
	"""The server of `app` on a socket of `listen`: one thread for each connection, and no word in the terminal."""
	port = bound.getsockname()[1]
	return make_server(HOST, port, app, threaded=True, request_handler=_Quiet, fd=bound.fileno())


def keep_running_jobs(store: Store, clock: Clock) -> threading.Event:
	"""Sends what is due every half minute, until the event that this returns is set."""
	stop = threading.Event()

	def work():
		while not stop.wait(_JOBS_EVERY):
			try:
				methods.run_jobs(store, clock)
			except Trouble:
				pass  # The next round tries again: what is due stays due.
			except Exception:
				logging.getLogger(__name__).exception("The reminders of this round were not sent.")

	threading.Thread(target=work, daemon=True).start()
	return stop


def people(store: Store) -> dict[str, dict]:
	"""Who may look at the preview, in the order in which they came: {user: {"name", "full_name", "initials", "what"}}."""
	with store.reading() as db:
		return {
			row["name"]: {
				"name": row["name"],
				"full_name": row["full_name"],
				"initials": "".join(word[0] for word in row["full_name"].split()[:2]),
				"what": "manager" if sight.MANAGER in roles(db, row["name"]) else "sales",
			}
			for row in db.rows('select * from "tabUser" where enabled = 1 order by rowid')
		}


class _Quiet(WSGIRequestHandler):
	def log(self, type: str, message: str, *args) -> None:
		pass


# Asking and answering


def _is_file(path: str) -> bool:
	"""Whether this is a file of the pages, the same for everyone at any time."""
	return path.startswith(("/assets/", "/static/"))


def _arguments() -> dict:
	"""The JSON object that was posted by one of our pages, for the user that the page was made for."""
	if request.headers.get("X-Requested-With") != "XMLHttpRequest":
		abort(403, "This came from another page. Nothing was saved.")
	made_for = request.headers.get("X-Preview-User")
	if made_for and made_for != g.user:
		abort(409, "You are somebody else by now. Nothing was saved; load this page again.")
	try:
		args = json.loads(request.get_data(), parse_constant=_no_number)
		# Half of a character cannot be kept.
		json.dumps(args, ensure_ascii=False).encode()
	except (ValueError, RecursionError):
		args = None
	if not isinstance(args, dict):
		abort(400, "This cannot be read. Nothing was saved.")
	return args


def _no_number(constant: str) -> None:
	raise ValueError(f"{constant} is no number")


def _plain(value: object) -> object:
	"""Dates and money as Frappe sends them."""
	if isinstance(value, date | datetime | time):
		return str(value)
	if isinstance(value, Decimal):
		return float(value)
	raise TypeError(f"{type(value).__name__} cannot be sent")


def _refuse(status: int, words: str):
	if request.path.startswith("/api/"):
		return jsonify(message="", error=words), status
	# A page of its own, which needs nothing that may just have failed.
	return render_template("trouble.html", status=status, words=words), status


def _http_error(error: HTTPException):
	if error.code < 400:
		return error
	words = {
		404: "There is no such page, or it is not yours to see.",
		405: "This cannot be asked in this way.",
		413: "That is more than one megabyte. Nothing was saved; please make it shorter.",
	}
	own = error.description if error.description != type(error).description else None
	return _refuse(error.code, own or words.get(error.code, "This cannot be read. Nothing was saved."))


def _unexpected(error: Exception):
	logging.getLogger(__name__).exception("%s %s failed", request.method, request.path)
	return _refuse(500, "Something went wrong in the preview. Nothing was saved; please try again.")
