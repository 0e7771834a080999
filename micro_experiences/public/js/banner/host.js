// The one place where the panel meets the Desk: it finds the payload of a form, places the panel, and makes its calls.

import { Panel } from "../panel/panel.js";
import { read_state, save_state } from "./banner_state.js";

const GET_BANNER = "micro_experiences.desk.banner.get_banner";
const METHODS = "micro_experiences.desk.";
const FRESH = 60 * 1000;
const KEPT = 30;

const forms = new Map(); // doctype -> {doctype, customer_of(doc), contact_of(doc), compact}
const shown = new Map(); // "doctype/name" -> {doctype, name, payload, panel, state, asked}
const news = new Map(); // customer -> {payload, pending, at}: what the server said last, outside of a document
const placed = new WeakMap(); // frm -> the element that stands on it

/**
 * Gives a form the banner. `customer_of(doc)` and `contact_of(doc)` return an id or nothing; `compact` starts it as one
 * line. Register before the form is first opened.
 */
export function register(form) {
	forms.set(form.doctype, form);
}

/** Listens to every form; a failure of ours is logged and never stops somebody else's form. */
export function listen() {
	$(document).on("form-refresh", (event, frm) => safely(() => refresh(frm)));
	$(document).on("rename", (event, doctype, from, to) => safely(() => rename(doctype, from, to)));
}

/** The user chose another customer on a form. */
export function customer_changed(frm) {
	safely(() => show(frm, { changed: true }));
}

/** A dialog of the form has got a new banner. */
export function show_banner(frm, payload) {
	if (!payload) return;
	tell(payload.customer, { payload });
	keep(frm.doc, payload);
	safely(() => show(frm, { changed: false }));
}

export function safely(run) {
	try {
		run();
	} catch (error) {
		console.error("Micro Experiences:", error);
	}
}

const key_of = (doctype, name) => `${doctype}/${name}`;
const is_new = (doc) => Boolean(doc.__islocal);

function refresh(frm) {
	if (!forms.has(frm.doctype) || !frm.doc) return;
	show(frm, { changed: false });
}

/** A new document got its name, or an old one another: its panel, and what is typed in it, goes along. */
function rename(doctype, from, to) {
	const entry = shown.get(key_of(doctype, from));
	if (!entry) return;
	shown.delete(key_of(doctype, from));
	entry.name = to;
	shown.set(key_of(doctype, to), entry);
}

function show(frm, { changed }) {
	const form = forms.get(frm.doctype);
	const { doc } = frm;
	const customer = form.customer_of(doc);
	const entry = entry_of(frm.doctype, doc.name);
	if (!customer) {
		entry.asked = null;
		return place(frm, null);
	}
	entry.payload = newest(doc, entry, customer);
	if (entry.payload?.customer === customer) return draw(frm, form, entry);

	// Whoever stood here is not the customer any more; better nothing than somebody else's notes.
	place(frm, null);
	const may_ask = changed || is_new(doc);
	if (!may_ask || entry.asked === customer) return;
	entry.asked = customer;
	// Right after a change the contact is still that of the customer before.
	get_banner(arguments_of(form, doc, changed ? { contact: null } : {})).then(
		(payload) => {
			// The document may have its name by now, and its customer may be another one.
			const current = frappe.get_doc(entry.doctype, entry.name);
			if (!current || form.customer_of(current) !== customer) return;
			entry.payload = payload;
			keep(current, payload);
			if (payload && frm.doc === current) safely(() => draw(frm, form, entry));
		},
		() => {
			if (entry.asked === customer) entry.asked = null;
		},
	);
}

/** The payload in the document, unless the server has said something newer since; after a cancel, the last one. */
function newest(doc, entry, customer) {
	const own = doc.__onload?.micro_experiences;
	const loaded = doc.__last_sync_on ? new Date(doc.__last_sync_on).getTime() : 0;
	const told = news.get(customer);
	if (told?.payload && told.at > loaded && (loaded || is_fresh(told))) return told.payload;
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
		// Chosen on another form meanwhile.
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
		open: (target) => open(target, entry.panel.payload.customer),
		save_state: (chosen) => {
			save_state([...forms.keys()], form.doctype, chosen);
			entry.state = JSON.stringify(read_state([...forms.keys()], form.doctype));
		},
		today: frappe.datetime.get_today(),
	});
}

/** Puts `element` before the form's own messages, which Frappe empties; moves it only if it is not there yet. */
function place(frm, element) {
	const before = placed.get(frm);
	const message = frm.layout?.message?.[0];
	if (before && before !== element) before.remove();
	placed.delete(frm);
	if (!element || !message) return;
	placed.set(frm, element);
	if (message.previousElementSibling === element) return;
	message.before(element);
	if (is_new(frm.doc)) leave_first_focus(frm.layout.wrapper[0], element);
}

/** Frappe gives the focus of a new form to its first input: that must be one of the form, not one of the panel. */
function leave_first_focus(wrapper, element) {
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

/** Without what is not known; ticks as 1 and 0, which a request carries better than true and false. */
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
		tell(customer, { payload: answer.banner });
		const current = frappe.get_doc(entry.doctype, entry.name);
		if (current && form.customer_of(current) === customer) {
			entry.payload = answer.banner;
			keep(current, answer.banner);
		}
	}
	return answer;
}

/** The response, or an error with words for the user; `refused` says that the server has decided, and kept nothing. */
async function post(request) {
	try {
		// Without Frappe's dialog: why something is refused stands in the panel, beside what was typed.
		const quietly = () => frappe.call({ ...request, silent: true });
		const response = await quietly().catch(async (failed) => {
			// Logged out, and in again in another tab.
			if (failed?.responseJSON?.exc_type === "CSRFTokenError" && (await renew_token()))
				return quietly();
			throw failed;
		});
		// What others have to say about what was kept, such as another app.
		if (response?._server_messages) frappe.msgprint(JSON.parse(response._server_messages));
		return response;
	} catch (failed) {
		const said = reason_of(failed);
		const refused = Boolean(said) && failed.status >= 400 && failed.status < 500;
		throw Object.assign(new Error(said || excuse_of(failed?.status)), { refused });
	}
}

/** Only for the person whose page this is: what one has typed is not sent as another. */
async function renew_token() {
	if (frappe.get_cookie("user_id") !== frappe.session.user) return false;
	const page = await fetch("/app", { credentials: "same-origin" }).then((response) => response.text());
	const [, token] = page.match(/csrf_token = "(\w+)"/) || [];
	if (token) frappe.csrf_token = token;
	return Boolean(token);
}

function excuse_of(status) {
	if (status === 0) return __("There is no connection just now.");
	if (status === 401 || status === 403)
		return __("You are not logged in any more. Log in in another tab, and send it again here.");
	if (status >= 502 && status <= 504) return __("The server does not answer just now.");
	return status >= 500 ? __("Something went wrong on the server.") : "";
}

/** One question per customer in a minute, and none that the user would have to wait for or be told about. */
function get_banner(args) {
	const told = news.get(args.customer);
	if (told && is_fresh(told)) return told.pending || Promise.resolve(told.payload);
	const pending = fetch(`/api/method/${GET_BANNER}?${new URLSearchParams(args)}`, {
		headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
		credentials: "same-origin",
	})
		.then((response) => (response.ok ? response.json() : Promise.reject(response)))
		.then(({ message }) => {
			const found = message?.banner ?? message;
			const payload = found?.customer ? found : null;
			tell(args.customer, { payload });
			return payload;
		});
	tell(args.customer, { payload: null, pending });
	pending.catch(() => news.delete(args.customer));
	return pending;
}

const is_fresh = (told) => Date.now() - told.at < FRESH;

function tell(customer, said) {
	news.delete(customer);
	news.set(customer, { ...said, at: Date.now() });
	if (news.size > KEPT) news.delete(news.keys().next().value);
}

/** A later refresh shows the new state. An `__onload` is never made up: other apps read from it what they put there. */
function keep(doc, payload) {
	if (doc?.__onload && payload) doc.__onload.micro_experiences = payload;
}

/** The server's own words, without markup. */
function reason_of(failed) {
	try {
		const data = failed?.responseJSON ?? JSON.parse(failed?.responseText || "{}");
		const messages = JSON.parse(data._server_messages || "[]");
		const html = messages.length ? JSON.parse(messages.at(-1)).message : data._error_message;
		return new DOMParser().parseFromString(html || "", "text/html").body.textContent.trim();
	} catch {
		return "";
	}
}

function open({ kind, name }, customer) {
	if (kind === "notes") return frappe.set_route("List", "Personal Note", { customer, status: "Active" });
	const doctype = { note: "Personal Note", task: "Follow Up Task", gesture: "Gesture" }[kind];
	return frappe.set_route("Form", doctype, name);
}

/** The entry of a document, made if need be; the oldest ones that are not on a page are forgotten. */
function entry_of(doctype, name) {
	const key = key_of(doctype, name);
	const entry = shown.get(key) || { doctype, name, payload: null, panel: null, state: null, asked: null };
	shown.delete(key);
	shown.set(key, entry);
	for (const [old, { panel }] of shown) {
		if (shown.size <= KEPT) break;
		if (old === key || panel?.element.isConnected || panel?.has_words()) continue;
		panel?.destroy();
		shown.delete(old);
	}
	return entry;
}
