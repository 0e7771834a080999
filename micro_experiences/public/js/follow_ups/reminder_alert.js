// The alert that follow-ups are due: one alert, however many reminders arrive at once.

import { el } from "../panel/dom.js";
import { done, snooze } from "./actions.js";

const EVENT = "micro_experiences_reminder";
const GET_TASK = "micro_experiences.api.follow_ups.get_summary";
const COLLECT_FOR = 1000; // milliseconds
const SHOW_FOR = 20; // seconds

const due = new Set(); // the names that the next alert is about
let timer = null;
let shown = null; // {node, names}: the latest alert

/** Starts to listen when Frappe has its socket. */
export function listen_to_reminders() {
	$(document).on("app_ready", () => frappe.realtime.on(EVENT, add_reminders));
}

/** `names`: Follow Up Tasks that are due. Those that arrive within a second, or while the alert is shown, share one alert. */
function add_reminders({ names }) {
	names.forEach((name) => due.add(name));
	timer ??= setTimeout(show_alert, COLLECT_FOR);
}

async function show_alert() {
	timer = null;
	if (shown?.node.isConnected) {
		shown.names.forEach((name) => due.add(name));
		shown.node.remove();
	}
	const names = [...due];
	due.clear();
	const [text, choices] = names.length === 1 ? await describe_task(names[0]) : describe_tasks(names);
	if (!text) return;
	const body = el(
		"div",
		{ class: "mx-reminder-actions" },
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
	const alert = frappe.show_alert({ message, body: body.outerHTML, indicator: "blue" }, SHOW_FOR, actions);
	shown = { node: alert[0], names };
}

/** Return [text, choices], empty if the follow-up is no longer open or visible. Failures show no dialog. */
async function describe_task(name) {
	try {
		const response = await fetch(`/api/method/${GET_TASK}?${new URLSearchParams({ name })}`, {
			headers: { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" },
			credentials: "same-origin",
		});
		const { message } = await response.json();
		if (!response.ok || message.status !== "Open") return [];
		const open = { action: "open", label: __("Open"), run: () => open_form(name) };
		if (!message.can_act) return [message.line, [open]];
		return [
			message.line,
			[
				{ action: "done", label: __("Done"), run: () => done(name) },
				{ action: "tomorrow", label: __("Tomorrow"), run: () => snooze(name, "tomorrow") },
				open,
			],
		];
	} catch {
		return [];
	}
}

function describe_tasks(names) {
	// Not only the user's own: another user's follow-up may have been escalated to them.
	const filters = { name: ["in", names] };
	return [
		__("{0} follow-ups are due", [names.length]),
		[
			{
				action: "open",
				label: __("Open list"),
				run: () => frappe.set_route("List", "Follow Up Task", "List", filters),
			},
		],
	];
}

function open_form(name) {
	frappe.set_route("Form", "Follow Up Task", name);
}
