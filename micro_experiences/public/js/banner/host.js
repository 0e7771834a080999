// Connects the panel to the Desk: finds the payload of a form, places the panel, and makes its calls.

import { Panel } from "../panel/panel.js";
import { fail_safe } from "../utils/fail_safe.js";
import { read_state, save_state } from "./display_state.js";

const GET_BANNER = "micro_experiences.api.banner.get_banner";
const METHODS = "micro_experiences.api.";
const FRESH_FOR = 60 * 1000; // milliseconds
const MAX_ENTRIES = 30;

const forms = new Map(); // doctype -> {doctype, customer_of(doc), contact_of(doc), compact}
const entries = new Map(); // "doctype/name" -> {doctype, name, payload, panel, state, requested}
const latest = new Map(); // customer -> {payload, pending, at}: the server's latest answer, apart from a loaded document
const placed = new WeakMap(); // frm -> the panel's element on it

/**
 * Adds the banner to a form. `customer_of(doc)` and `contact_of(doc)` return an ID or nothing; `compact` shows it as one line
 * at first. Register before the form is first opened.
 */
export function register(form) {
	forms.set(form.doctype, form);
}

/** Listens to every form; a failure is logged and never breaks the form. */
export function listen_to_forms() {
	$(document).on("form-refresh", (event, frm) => fail_safe(() => refresh(frm)));
	$(document).on("rename", (event, doctype, from, to) => fail_safe(() => rename(doctype, from, to)));
}

/** The user chose another customer on a form. */
export function customer_changed(frm) {
	fail_safe(() => show(frm, { changed: true }));
}

/** Shows the banner that a dialog of the form received. */
export function show_banner(frm, payload) {
	if (!payload) return;
	remember(payload.customer, { payload });
	store_in_document(frm.doc, payload);
	fail_safe(() => show(frm, { changed: false }));
}

const key_of = (doctype, name) => `${doctype}/${name}`;
const is_new = (doc) => Boolean(doc.__islocal);

function refresh(frm) {
	if (!forms.has(frm.doctype) || !frm.doc) return;
	show(frm, { changed: false });
}

/** A document was named or renamed: its panel moves along, with what is typed in it. */
function rename(doctype, from, to) {
	const entry = entries.get(key_of(doctype, from));
	if (!entry) return;
	entries.delete(key_of(doctype, from));
	entry.name = to;
	entries.set(key_of(doctype, to), entry);
}

function show(frm, { changed }) {
	const form = forms.get(frm.doctype);
	const { doc } = frm;
	const customer = form.customer_of(doc);
	const entry = entry_of(frm.doctype, doc.name);
	if (!customer) {
		entry.requested = null;
		return place(frm, null);
	}
	entry.payload = newest_payload(doc, entry, customer);
	if (entry.payload?.customer === customer) return draw(frm, form, entry);

	// The customer has changed: remove the panel rather than show another customer's notes.
	place(frm, null);
	const may_request = changed || is_new(doc);
	if (!may_request || entry.requested === customer) return;
	entry.requested = customer;
	// Right after a change, the contact still belongs to the previous customer.
	get_banner(arguments_of(form, doc, changed ? { contact: null } : {})).then(
		(payload) => {
			// The document may have been named meanwhile, and its customer may have changed.
			const current = frappe.get_doc(entry.doctype, entry.name);
			if (!current || form.customer_of(current) !== customer) return;
			entry.payload = payload;
			store_in_document(current, payload);
			if (payload && frm.doc === current) fail_safe(() => draw(frm, form, entry));
		},
		() => {
			if (entry.requested === customer) entry.requested = null;
		},
	);
}

/** Return the document's payload, or the server's later answer; after a cancel, which loads no payload, the last one. */
function newest_payload(doc, entry, customer) {
	const own = doc.__onload?.micro_experiences;
	const loaded = doc.__last_sync_on ? new Date(doc.__last_sync_on).getTime() : 0;
	const answer = latest.get(customer);
	if (answer?.payload && answer.at > loaded && (loaded || is_fresh(answer))) return answer.payload;
	return own?.customer === customer ? own : entry.payload;
}

function draw(frm, form, entry) {
	const { payload, panel } = entry;
	if (payload.quiet && !payload.items?.length && !panel?.form) return place(frm, null);
	const context = { ...context_of(form, frm.doc), compact: Boolean(form.compact) };
	const state = read_state([...forms.keys()], frm.doctype);
	const before = entry.state;
	entry.state = JSON.stringify(state);
	if (!panel) {
		entry.panel = make_panel(form, entry, context, state);
	} else {
		panel.update(payload, context);
		// The state was changed on another form meanwhile.
		if (before !== entry.state) panel.restore(state);
	}
	place(frm, entry.panel.element);
}

function make_panel(form, entry, context, state) {
	return new Panel({
		payload: entry.payload,
		context,
		state,
		can: {
			jot: frappe.model.can_create("Personal Note"),
			gesture: frappe.model.can_create("Gesture"),
			follow_up: frappe.model.can_create("Follow Up Task"),
		},
		call: (method, args) => call(form, entry, method, args),
		translate: (text, ...values) => __(text, values),
		open,
		save_state: (chosen) => {
			save_state([...forms.keys()], form.doctype, chosen);
			entry.state = JSON.stringify(read_state([...forms.keys()], form.doctype));
		},
		today: frappe.datetime.get_today(),
		money: money_of_site(),
	});
}

/** Return how the site writes amounts. */
function money_of_site() {
	return {
		decimal: get_number_format_info(get_number_format()).decimal_str || ".",
		format: (amount, currency, precision) => format_currency(amount, currency, precision),
	};
}

/** Places `element` before the form's messages, which Frappe empties; moves it only if it is not there yet. */
function place(frm, element) {
	const before = placed.get(frm);
	const message = frm.layout?.message?.[0];
	if (before && before !== element) before.remove();
	placed.delete(frm);
	if (!element || !message) return;
	placed.set(frm, element);
	if (message.previousElementSibling === element) return;
	message.before(element);
	if (is_new(frm.doc)) keep_focus_on_form(frm.layout.wrapper[0], element);
}

/** Frappe focuses the first input of a new form: it must be one of the form's, not one of the panel's. */
function keep_focus_on_form(wrapper, element) {
	const done = new AbortController();
	const stop = () => done.abort();
	const options = { capture: true, signal: done.signal };
	document.addEventListener("pointerdown", stop, options);
	document.addEventListener("keydown", stop, options);
	wrapper.addEventListener(
		"focusin",
		(event) => {
			stop();
			if (!element.contains(event.target)) return;
			const inputs = [...wrapper.querySelectorAll("input, select, textarea, button")];
			const first = inputs.find((input) => !element.contains(input) && input.getClientRects().length);
			event.target.blur();
			if (first && !first.matches("[data-fieldtype^='Date']")) first.focus();
		},
		options,
	);
}

// Calls

function context_of(form, doc) {
	const context = {
		customer: form.customer_of(doc),
		contact: form.contact_of?.(doc),
		reference_doctype: doc.doctype,
	};
	if (!is_new(doc)) context.reference_name = doc.name;
	return context;
}

/** Return the arguments that have a value; booleans become 1 and 0, which survive a form-encoded request. */
function arguments_of(form, doc, args) {
	const known = Object.entries({ ...context_of(form, doc), ...args }).filter(
		([, value]) => value !== undefined && value !== null,
	);
	return Object.fromEntries(
		known.map(([key, value]) => [key, typeof value === "boolean" ? Number(value) : value]),
	);
}

async function call(form, entry, method, args) {
	const { customer } = entry.panel.payload;
	const doc = frappe.get_doc(entry.doctype, entry.name);
	const response = await post({
		method: METHODS + method,
		args: { ...arguments_of(form, doc, args), customer },
		type: "POST",
	});
	const answer = response?.message || {};
	if (answer.banner?.customer === customer) {
		remember(customer, { payload: answer.banner });
		const current = frappe.get_doc(entry.doctype, entry.name);
		if (current && form.customer_of(current) === customer) {
			entry.payload = answer.banner;
			store_in_document(current, answer.banner);
		}
	}
	return answer;
}

/** Return the response, or throw an error with a message for the user; `refused` means that the server saved nothing. */
async function post(request) {
	try {
		// Without Frappe's dialog: the panel shows the reason beside what was typed.
		const send = () => frappe.call({ ...request, silent: true });
		const response = await send().catch(async (failed) => {
			// The user logged out, and in again in another tab.
			if (failed?.responseJSON?.exc_type === "CSRFTokenError" && (await renew_token())) return send();
			throw failed;
		});
		// Messages about a successful save, for example from another app.
		if (response?._server_messages) frappe.msgprint(JSON.parse(response._server_messages));
		return response;
	} catch (failed) {
		const reason = server_message(failed);
		const refused = Boolean(reason) && failed.status >= 400 && failed.status < 500;
		throw Object.assign(new Error(reason || status_message(failed?.status)), { refused });
	}
}

/** Renews the token only for the same user: what one user typed is never sent as another. */
async function renew_token() {
	if (frappe.get_cookie("user_id") !== frappe.session.user) return false;
	const page = await fetch("/app", { credentials: "same-origin" }).then((response) => response.text());
	const [, token] = page.match(/csrf_token = "(\w+)"/) || [];
	if (token) frappe.csrf_token = token;
	return Boolean(token);
}

function status_message(status) {
	if (status === 0) return __("There is no connection to the server.");
	if (status === 401 || status === 403)
		return __("You are logged out. Log in on another tab, then save again here.");
	if (status >= 502 && status <= 504) return __("The server is not responding.");
	return status >= 500 ? __("Something went wrong on the server.") : "";
}

/** Return the banner of a customer, at most one request per customer and minute. Nothing blocks the form, and no error is shown. */
function get_banner(args) {
	const answer = latest.get(args.customer);
	if (answer && is_fresh(answer)) return answer.pending || Promise.resolve(answer.payload);
	const pending = fetch(`/api/method/${GET_BANNER}?${new URLSearchParams(args)}`, {
		headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
		credentials: "same-origin",
	})
		.then((response) => (response.ok ? response.json() : Promise.reject(response)))
		.then(({ message }) => {
			const found = message?.banner ?? message;
			const payload = found?.customer ? found : null;
			remember(args.customer, { payload });
			return payload;
		});
	remember(args.customer, { payload: null, pending });
	pending.catch(() => latest.delete(args.customer));
	return pending;
}

const is_fresh = (answer) => Date.now() - answer.at < FRESH_FOR;

function remember(customer, answer) {
	latest.delete(customer);
	latest.set(customer, { ...answer, at: Date.now() });
	if (latest.size > MAX_ENTRIES) latest.delete(latest.keys().next().value);
}

/** Lets a later refresh show the new state. Never creates an `__onload`: other apps expect their own values in it. */
function store_in_document(doc, payload) {
	if (doc?.__onload && payload) doc.__onload.micro_experiences = payload;
}

/** Return the server's message without markup. */
function server_message(failed) {
	try {
		const data = failed?.responseJSON ?? JSON.parse(failed?.responseText || "{}");
		const messages = JSON.parse(data._server_messages || "[]");
		const html = messages.length ? JSON.parse(messages.at(-1)).message : data._error_message;
		return new DOMParser().parseFromString(html || "", "text/html").body.textContent.trim();
	} catch {
		return "";
	}
}

function open({ kind, name }) {
	const doctype = { note: "Personal Note", task: "Follow Up Task", gesture: "Gesture" }[kind];
	return frappe.set_route("Form", doctype, name);
}

/** Return the entry of a document, creating it if needed; drops the oldest entries that are not on a page. */
function entry_of(doctype, name) {
	const key = key_of(doctype, name);
	const entry = entries.get(key) || {
		doctype,
		name,
		payload: null,
		panel: null,
		state: null,
		requested: null,
	};
	entries.delete(key);
	entries.set(key, entry);
	for (const [old, { panel }] of entries) {
		if (entries.size <= MAX_ENTRIES) break;
		if (old === key || panel?.element.isConnected || panel?.has_unsaved_text()) continue;
		panel?.destroy();
		entries.delete(old);
	}
	return entry;
}
