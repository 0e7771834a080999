// The recent notes, orders and gestures of a customer as lists of links, on the form of a follow-up. Depends on no framework.

import { el, user_text } from "../panel/dom.js";

/**
 * Return the element. `lists` is {notes, orders, gestures}, each [{text, quiet: [...], href}]; `labels` is {notes, orders,
 * gestures, nothing}, translated.
 */
export function customer_context(lists, labels) {
	const shown = ["notes", "orders", "gestures"].filter((kind) => lists[kind]?.length);
	if (!shown.length) return el("p", { class: "mx-secondary", text: labels.nothing });
	return el(
		"div",
		{ class: "mx-customer-context" },
		...shown.map((kind) =>
			el(
				"section",
				{ "aria-label": labels[kind] },
				el("h4", { text: labels[kind] }),
				el("ul", { role: "list" }, ...lists[kind].map(row)),
			),
		),
	);
}

function row({ text, quiet, href }) {
	return el(
		"li",
		{},
		el("a", { href }, user_text(text)),
		el("span", { class: "mx-secondary" }, ...quiet.map((part) => user_text(part))),
	);
}
