// The card on the workspace that shows whether reminders are sent. It is a Custom HTML Block, which has a shadow root.

import { el, user_text } from "../panel/dom.js";

/** Fills `root` (the shadow root of the block) with the state of the reminders. */
export function show_health(root) {
	const place = root.querySelector(".mx-health");
	return frappe
		.call({ method: "micro_experiences.api.reminder_health.get_reminder_health", type: "GET" })
		.then(({ message }) => place.replaceChildren(...card(message, () => show_health(root))));
}

function card({ trouble, facts, set_aside, more }, refresh) {
	return [
		el("h4", { text: __("Reminders") }),
		...trouble.map((text) => el("p", { class: "mx-health-trouble", role: "alert", text: text })),
		el(
			"dl",
			{ class: "mx-health-facts" },
			...facts.map(({ label, value }) =>
				el("div", {}, el("dt", { text: label }), el("dd", { text: value })),
			),
		),
		set_aside.length + more > 0 && failed_reminders(set_aside, more, refresh),
	].filter(Boolean);
}

function failed_reminders(rows, more, refresh) {
	const retry = (names) =>
		frappe
			.call({
				method: "micro_experiences.api.reminder_health.retry_reminders",
				args: { names },
				freeze: true,
			})
			.then(refresh);
	return el(
		"section",
		{ "aria-label": __("Failed reminders") },
		el("p", { text: __("These reminders could not be sent. Fix the problem shown, then retry.") }),
		el(
			"ul",
			{ class: "mx-health-rows", role: "list" },
			...rows.map((row) =>
				el(
					"li",
					{},
					el(
						"a",
						{ href: frappe.utils.get_form_link("Follow Up Task", row.name) },
						user_text(row.customer),
					),
					el("span", { class: "mx-health-since", text: row.since }),
					el("span", { class: "mx-health-because" }, user_text(row.because)),
					small_button(__("Retry"), () => retry([row.name])),
				),
			),
		),
		more > 0 && el("p", { text: __("{0} more", [more]) }),
		small_button(__("Retry all"), () => retry(null)),
	);
}

const small_button = (text, on_click) =>
	el("button", { type: "button", class: "btn btn-xs btn-default", text: text, on: { click: on_click } });
