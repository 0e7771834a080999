// Answers below a notification in the bell, for what still awaits the one who reads it: one tap, and no form.

import { ask } from "../forms/ask.js";
import { el, said } from "../panel/dom.js";

// What Frappe calls the parts of its bell. Where they have other names, the bell stays as Frappe made it.
const BELL = ".dropdown-notifications";
const ITEM = `${BELL} a.notification-item`;
const AWAITED = "micro_experiences.desk.answers.awaited";
const READ = "frappe.desk.doctype.notification_log.notification_log.mark_as_read";

/** What may be answered, by the part of the address that names the DocType: the answers, the ordinary one first. */
const ANSWERS = {
	gesture: {
		doctype: "Gesture",
		answers: () => [
			{
				label: __("Approve"),
				after: __("Approved"),
				method: "micro_experiences.desk.gestures.approve",
			},
			{
				label: __("Decline"),
				after: __("Declined"),
				method: "micro_experiences.desk.gestures.decline",
				// A declined wish is declined with a word for the one who asked.
				ask: [{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 }],
			},
		],
	},
	"follow-up-task": {
		doctype: "Follow Up Task",
		answers: () => [
			{ label: __("Done"), after: __("Done"), method: "micro_experiences.desk.follow_ups.done" },
			{
				label: __("Tomorrow"),
				after: __("Tomorrow"),
				method: "micro_experiences.desk.follow_ups.later",
				args: { until: "tomorrow" },
			},
		],
	},
};

/** Whenever the bell is opened, it asks for what still awaits an answer; nothing where none of ours is in it. */
export function listen_to_bell() {
	$(document).on("shown.bs.dropdown", BELL, () =>
		offer().catch((error) => console.error("Micro Experiences:", error)),
	);
}

async function offer() {
	for (const old of document.querySelectorAll(`${BELL} .mx-bell-answers`)) old.remove();
	const found = newest_of_each([...document.querySelectorAll(ITEM)].map(read).filter(Boolean));
	if (!found.length) return;
	const names = (slug) => JSON.stringify(found.filter((one) => one.slug === slug).map(({ name }) => name));
	const asked = new URLSearchParams({ gestures: names("gesture"), follow_ups: names("follow-up-task") });
	const response = await fetch(`/api/method/${AWAITED}?${asked}`, {
		headers: { Accept: "application/json" },
	});
	if (!response.ok) return;
	const { message } = await response.json();
	for (const one of found) {
		const about = message[ANSWERS[one.slug].doctype][one.name];
		if (about) place(one, about);
	}
}

/** What a notification is about, by its link; nothing where it is none of ours. */
function read(link) {
	const [slug, name] = new URL(link.href, location.href).pathname.split("/").slice(-2);
	return Object.hasOwn(ANSWERS, slug) ? { link, slug, name: decodeURIComponent(name) } : null;
}

/** Several notifications may be about one thing: the first one is the newest. */
function newest_of_each(found) {
	return [...new Map(found.reverse().map((one) => [`${one.slug}/${one.name}`, one])).values()];
}

function place(one, about) {
	const box = el("div", { class: "mx-bell-answers", role: "group", "aria-label": about });
	box.append(
		said(about, "mx-bell-about"),
		...ANSWERS[one.slug].answers().map((answer, number) => {
			const button = el("button", {
				type: "button",
				class: `btn btn-xs ${number ? "btn-default" : "btn-primary"}`,
				text: answer.label,
			});
			button.addEventListener("click", (event) => {
				// A click would close the bell: that is right only where a dialog opens.
				if (!answer.ask) event.stopPropagation();
				give(one, answer, box);
			});
			return button;
		}),
	);
	// Beside the link, not in it.
	one.link.after(box);
}

function give(one, answer, box) {
	const buttons = box.querySelectorAll("button");
	const enable = (yes) => buttons.forEach((button) => (button.disabled = !yes));
	const send = (more) =>
		frappe
			.call({ method: answer.method, type: "POST", args: { name: one.name, ...more } })
			.then(() => answered(one, answer, box));
	if (answer.ask) return ask(answer.label, answer.ask, send);
	enable(false);
	// Frappe has said why; what it was may have been decided by somebody else.
	return send(answer.args).catch(() => enable(true));
}

function answered(one, answer, box) {
	const told = el("span", { class: "mx-bell-answered", role: "status", text: answer.after });
	box.replaceChildren(box.firstElementChild, told);
	one.link.classList.remove("unread");
	// A form or a list of it that is open hears of the change by itself.
	frappe.call({ method: READ, args: { docname: one.link.dataset.name } });
}
