// What is at hand in a promise, as lists of links. It needs nothing but a page.

import { el, said } from "../panel/dom.js";

/**
 * `lists`: {notes, orders, gestures}, each [{text, quiet: [...], href}]; `words` are {notes, orders, gestures, nothing},
 * translated.
 */
export function at_hand(lists, words) {
	const shown = ["notes", "orders", "gestures"].filter((kind) => lists[kind]?.length);
	if (!shown.length) return el("p", { class: "mx-money-quiet", text: words.nothing });
	return el(
		"div",
		{ class: "mx-at-hand" },
		...shown.map((kind) =>
			el(
				"section",
				{ "aria-label": words[kind] },
				el("h4", { text: words[kind] }),
				el("ul", { role: "list" }, ...lists[kind].map(one_line)),
			),
		),
	);
}

function one_line({ text, quiet, href }) {
	return el(
		"li",
		{},
		el("a", { href }, said(text)),
		el("span", { class: "mx-money-quiet" }, ...quiet.map((part) => said(part))),
	);
}
