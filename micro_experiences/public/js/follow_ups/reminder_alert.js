// The quiet hint that promises are due: one alert, however many reminders arrive at once.

import { el } from "../panel/dom.js";
import { done, later } from "./actions.js";

const EVENT = "micro_experiences_reminder";
const ABOUT = "micro_experiences.desk.follow_ups.about";
const GATHER = 1000;
const STAYS = 20; // seconds

const due = new Set(); // the names that the next alert is about
let waiting = null;
let shown = null; // {node, names}: the alert that was shown last

/** Listens once Frappe has its socket. */
export function listen() {
	$(document).on("app_ready", () => frappe.realtime.on(EVENT, remind));
}

/** `names`: Follow Up Tasks that are due. More of them within a second, or while the alert stands, make one alert. */
export function remind({ names }) {
	names.forEach((name) => due.add(name));
	waiting ??= setTimeout(tell, GATHER);
}

async function tell() {
	waiting = null;
	if (shown?.node.isConnected) {
		shown.names.forEach((name) => due.add(name));
		shown.node.remove();
	}
	const names = [...due];
	due.clear();
	const [text, choices] = names.length === 1 ? await about_one(names[0]) : about_many(names);
	if (!text) return;
	const body = el(
		"div",
		{ class: "mx-hint" },
		choices.map(({ action, label }) =>
			el("button", {
				type: "button",
				class: "btn btn-xs btn-default",
				"data-action": action,
				text: label,
			}),
		),
	);
	const actions = Object.fromEntries(choices.map(({ action, run }) => [action, run]));
	const message = frappe.utils.escape_html(text);
	const alert = frappe.show_alert({ message, body: body.outerHTML, indicator: "blue" }, STAYS, actions);
	shown = { node: alert[0], names };
}

/** Asked quietly: what is done by now, or not for this user any more, is no news. */
async function about_one(name) {
	try {
		const response = await fetch(`/api/method/${ABOUT}?${new URLSearchParams({ name })}`, {
			headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
			credentials: "same-origin",
		});
		const { message } = await response.json();
		if (!response.ok || message.status !== "Open") return [];
		const open = { action: "open", label: __("Open"), run: () => open_form(name) };
		if (!message.may_act) return [message.line, [open]];
		return [
			message.line,
			[
				{ action: "done", label: __("Done"), run: () => done(name) },
				{ action: "tomorrow", label: __("Tomorrow"), run: () => later(name, "tomorrow") },
				open,
			],
		];
	} catch {
		return [];
	}
}

function about_many(names) {
	// Not "those of mine": a promise of somebody else may have waited too long.
	const these = { name: ["in", names] };
	return [
		__("{0} promises are due", [names.length]),
		[
			{
				action: "open",
				label: __("Open the list"),
				run: () => frappe.set_route("List", "Follow Up Task", "List", these),
			},
		],
	];
}

function open_form(name) {
	frappe.set_route("Form", "Follow Up Task", name);
}
