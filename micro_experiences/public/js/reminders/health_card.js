// The card on the workspace that says how reminders are doing. It stands in a Custom HTML Block, a shadow of its own.

import { el, said } from "../panel/dom.js";

/** Fills `root` (the shadow root of the block) with the state of the reminders. */
export function show(root) {
	const place = root.querySelector(".mx-health");
	return frappe
		.call({ method: "micro_experiences.desk.health.reminders", type: "GET" })
		.then(({ message }) => place.replaceChildren(...card(message, () => show(root))));
}

function card({ trouble, facts, set_aside, more }, again) {
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
		set_aside.length + more > 0 && rows(set_aside, more, again),
	].filter(Boolean);
}

function rows(set_aside, more, again) {
	const try_again = (names) =>
		frappe
			.call({ method: "micro_experiences.desk.health.try_again", args: { names }, freeze: true })
			.then(again);
	return el(
		"section",
		{ "aria-label": __("Set aside") },
		el("p", { text: __("These could not be sent. Put right what is said here, then try again.") }),
		el(
			"ul",
			{ class: "mx-health-rows", role: "list" },
			...set_aside.map((row) =>
				el(
					"li",
					{},
					el(
						"a",
						{ href: frappe.utils.get_form_link("Follow Up Task", row.name) },
						said(row.customer),
					),
					el("span", { class: "mx-health-since", text: row.since }),
					el("span", { class: "mx-health-because" }, said(row.because)),
					retry(__("Try again"), () => try_again([row.name])),
				),
			),
		),
		more > 0 && el("p", { text: __("{0} more", [more]) }),
		retry(__("Try all again"), () => try_again(null)),
	);
}

const retry = (text, on_click) =>
	el("button", { type: "button", class: "btn btn-xs btn-default", text: text, on: { click: on_click } });
