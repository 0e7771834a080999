// Buttons below the notifications of gestures to approve and of due follow-ups, so that they need no form.

import { el, user_text } from "../panel/dom.js";
import { prompt } from "../utils/prompt.js";

// The classes of Frappe's notification list. Without them the list stays as Frappe made it.
const LIST = ".dropdown-notifications";
const ITEM = `${LIST} a.notification-item`;
const GET_PENDING = "micro_experiences.api.notifications.get_pending_actions";
const MARK_AS_READ = "frappe.desk.doctype.notification_log.notification_log.mark_as_read";

/** The actions by the part of the address that names the DocType, the primary one first. */
const ACTIONS = {
	gesture: {
		doctype: "Gesture",
		actions: () => [
			{
				label: __("Approve"),
				result: __("Approved"),
				method: "micro_experiences.api.gestures.approve",
			},
			{
				label: __("Decline"),
				result: __("Declined"),
				method: "micro_experiences.api.gestures.decline",
				// A declined gesture needs a reason for the person who requested it.
				fields: [
					{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 },
				],
			},
		],
	},
	"follow-up-task": {
		doctype: "Follow Up Task",
		actions: () => [
			{ label: __("Done"), result: __("Done"), method: "micro_experiences.api.follow_ups.mark_done" },
			{
				label: __("Tomorrow"),
				result: __("Snoozed until tomorrow"),
				method: "micro_experiences.api.follow_ups.snooze",
				args: { until: "tomorrow" },
			},
		],
	},
};

/** Each time the list opens, asks the server what still needs an action; asks nothing if no notification is about the app. */
export function listen_to_notifications() {
	$(document).on("shown.bs.dropdown", LIST, () =>
		show_pending_actions().catch((error) => console.error("Micro Experiences:", error)),
	);
}

async function show_pending_actions() {
	for (const old of document.querySelectorAll(`${LIST} .mx-pending-actions`)) old.remove();
	const found = newest_of_each([...document.querySelectorAll(ITEM)].map(read_link).filter(Boolean));
	if (!found.length) return;
	const names = (slug) =>
		JSON.stringify(found.filter((item) => item.slug === slug).map(({ name }) => name));
	const query = new URLSearchParams({ gestures: names("gesture"), follow_ups: names("follow-up-task") });
	const response = await fetch(`/api/method/${GET_PENDING}?${query}`, {
		headers: { Accept: "application/json" },
	});
	if (!response.ok) return;
	const { message } = await response.json();
	for (const item of found) {
		const summary = message[ACTIONS[item.slug].doctype][item.name];
		if (summary) add_buttons(item, summary);
	}
}

/** Return the record that a notification links to, or null if it is not one of the app's. */
function read_link(link) {
	const [slug, name] = new URL(link.href, location.href).pathname.split("/").slice(-2);
	return Object.hasOwn(ACTIONS, slug) ? { link, slug, name: decodeURIComponent(name) } : null;
}

/** Several notifications may be about one record: the first one is the newest. */
function newest_of_each(found) {
	return [...new Map(found.reverse().map((item) => [`${item.slug}/${item.name}`, item])).values()];
}

function add_buttons(item, summary) {
	const box = el("div", { class: "mx-pending-actions", role: "group", "aria-label": summary });
	box.append(
		user_text(summary, "mx-pending-summary"),
		...ACTIONS[item.slug].actions().map((action, number) => {
			const button = el("button", {
				type: "button",
				class: `btn btn-xs ${number ? "btn-default" : "btn-primary"}`,
				text: action.label,
			});
			button.addEventListener("click", (event) => {
				// A click closes the list, which is right only where a dialog opens.
				if (!action.fields) event.stopPropagation();
				run(item, action, box);
			});
			return button;
		}),
	);
	// Beside the link, not in it.
	item.link.after(box);
}

function run(item, action, box) {
	const buttons = box.querySelectorAll("button");
	const set_enabled = (enabled) => buttons.forEach((button) => (button.disabled = !enabled));
	const send = (args) =>
		frappe
			.call({ method: action.method, type: "POST", args: { name: item.name, ...args } })
			.then(() => show_result(item, action, box));
	if (action.fields) return prompt(action.label, action.fields, send);
	set_enabled(false);
	// Frappe has shown the error; somebody else may have decided meanwhile.
	return send(action.args).catch(() => set_enabled(true));
}

function show_result(item, action, box) {
	const result = el("span", { class: "mx-pending-result", role: "status", text: action.result });
	box.replaceChildren(box.firstElementChild, result);
	item.link.classList.remove("unread");
	// Open forms and lists are refreshed by Frappe's realtime events.
	frappe.call({ method: MARK_AS_READ, args: { docname: item.link.dataset.name } });
}
