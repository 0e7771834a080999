// What wallets hold, as bars. It needs nothing but a page, and takes every amount in the words of the server.

import { el, said } from "../panel/dom.js";

/** One bar: `used` of `has` (numbers), told by `label` to those who do not see it. */
export function bar({ used, has, label }) {
	const part = has > 0 ? Math.min(Math.max(used / has, 0), 1) : 0;
	return el(
		"div",
		{ class: "mx-bar", role: "img", "aria-label": label },
		el("div", { class: "mx-bar-used", style: `inline-size: ${(part * 100).toFixed(1)}%` }),
	);
}

/**
 * The holders of a budget, each with a bar. `rows`: [{who, used, has, used_text, left_text, low, href}]; `more` is how many
 * wallets are not among them; `words` are {used, left, more, nothing}, translated.
 */
export function holders(rows, more, words) {
	if (!rows.length) return el("p", { class: "mx-money-quiet", text: words.nothing });
	return el(
		"div",
		{ class: "mx-money" },
		el(
			"ul",
			{ class: "mx-holders", role: "list" },
			...rows.map((row) =>
				el(
					"li",
					{ class: "mx-holder", "data-low": row.low },
					el("a", { class: "mx-who", href: row.href }, said(row.who)),
					bar({ ...row, label: `${row.who}: ${row.used_text}, ${row.left_text}` }),
					el("span", { class: "mx-amounts" }, said(row.used_text), said(row.left_text, "mx-left")),
				),
			),
		),
		more > 0 && el("p", { class: "mx-money-quiet", text: words.more }),
	);
}

/**
 * My wallets, the one that pays first. `wallets`: [{title, text, refills, rate, nudge, used, has, used_text, entries: [{day, kind,
 * amount, what, href}]}]; `words` are {nothing, entries, no_entries}, translated.
 */
export function wallets(list, words) {
	if (!list.length) return el("p", { class: "mx-money-quiet", text: words.nothing });
	return el("div", { class: "mx-money" }, ...list.map((wallet) => one_wallet(wallet, words)));
}

function one_wallet(wallet, words) {
	return el(
		"section",
		{ class: "mx-own-wallet", "aria-label": wallet.title, "data-low": wallet.low },
		el("h3", {}, said(wallet.title)),
		el("p", { class: "mx-own-left" }, said(wallet.text)),
		bar({ ...wallet, label: wallet.used_text }),
		el("p", { class: "mx-money-quiet" }, said(wallet.used_text), said(wallet.refills), said(wallet.rate)),
		wallet.nudge && el("p", { class: "mx-money-nudge" }, said(wallet.nudge)),
		el("h4", { text: words.entries }),
		wallet.entries.length
			? el("ul", { class: "mx-entries", role: "list" }, ...wallet.entries.map(one_entry))
			: el("p", { class: "mx-money-quiet", text: words.no_entries }),
	);
}

function one_entry(entry) {
	return el(
		"li",
		{},
		el("span", { class: "mx-entry-day" }, said(entry.day)),
		el(
			"span",
			{ class: "mx-entry-what" },
			said(entry.kind),
			entry.what && (entry.href ? el("a", { href: entry.href }, said(entry.what)) : said(entry.what)),
		),
		el("span", { class: "mx-entry-amount" }, said(entry.amount)),
	);
}
