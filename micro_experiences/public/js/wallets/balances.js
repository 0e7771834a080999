// The balances of wallets, as bars. Depends on no framework; the server has formatted every amount.

import { el, user_text } from "../panel/dom.js";

/** Return one bar: `used` of `has` (numbers); `label` describes it to a screen reader. */
export function bar({ used, has, label }) {
	const part = has > 0 ? Math.min(Math.max(used / has, 0), 1) : 0;
	return el(
		"div",
		{ class: "mx-bar", role: "img", "aria-label": label },
		el("div", { class: "mx-bar-used", style: `inline-size: ${(part * 100).toFixed(1)}%` }),
	);
}

/**
 * Return the holders of a budget, each with a bar. `rows`: [{who, used, has, used_text, left_text, low, href}]; `more` is the
 * number of wallets that are not listed; `labels` is {more, nothing}, translated.
 */
export function holder_balances(rows, more, labels) {
	if (!rows.length) return el("p", { class: "mx-secondary", text: labels.nothing });
	return el(
		"div",
		{ class: "mx-balances" },
		el(
			"ul",
			{ class: "mx-holders", role: "list" },
			...rows.map((row) =>
				el(
					"li",
					{ class: "mx-holder", "data-low": row.low },
					el("a", { class: "mx-holder-name", href: row.href }, user_text(row.who)),
					bar({ ...row, label: `${row.who}: ${row.used_text}, ${row.left_text}` }),
					el("span", { class: "mx-amounts" }, user_text(row.used_text), user_text(row.left_text)),
				),
			),
		),
		more > 0 && el("p", { class: "mx-secondary", text: labels.more }),
	);
}

/**
 * Return the user's own wallets, the one that pays first at the top. `wallets`: [{title, text, refills, rate, nudge, used, has,
 * used_text, history}]; `history` as in `wallet_history`; `labels` is {nothing} and what `wallet_history` needs, translated.
 */
export function own_balances(wallets, labels) {
	if (!wallets.length) return el("p", { class: "mx-secondary", text: labels.nothing });
	return el("div", { class: "mx-balances" }, ...wallets.map((wallet) => own_wallet(wallet, labels)));
}

function own_wallet(wallet, labels) {
	return el(
		"section",
		{ class: "mx-own-wallet", "aria-label": wallet.title, "data-low": wallet.low },
		el("h3", {}, user_text(wallet.title)),
		el("p", { class: "mx-own-balance" }, user_text(wallet.text)),
		bar({ ...wallet, label: wallet.used_text }),
		el(
			"p",
			{ class: "mx-secondary" },
			user_text(wallet.used_text),
			user_text(wallet.refills),
			user_text(wallet.rate),
		),
		wallet.nudge && el("p", { class: "mx-wallet-nudge" }, user_text(wallet.nudge)),
		wallet.history
			? wallet_history(wallet.history, labels)
			: el("p", { class: "mx-secondary", text: labels.no_entries }),
	);
}

/**
 * Return what happened to the money of a wallet. `history`: {entries, reserved, earlier}, each a list of {day, kind, amount, what,
 * href}; `labels` is {entries, reserved, earlier}, translated.
 */
export function wallet_history(history, labels) {
	const parts = ["reserved", "entries", "earlier"].filter((part) => history[part].length);
	return el(
		"div",
		{ class: "mx-wallet-history" },
		...parts.flatMap((part) => [
			el("h4", { text: labels[part] }),
			el("ul", { class: "mx-entries", role: "list" }, ...history[part].map(entry_row)),
		]),
	);
}

function entry_row({ day, kind, what, href, amount }) {
	return el(
		"li",
		{},
		el("span", { class: "mx-entry-day" }, user_text(day)),
		el(
			"span",
			{ class: "mx-entry-what" },
			(what || !href) && user_text(kind),
			href ? el("a", { href }, user_text(what || kind)) : what && user_text(what),
		),
		el("span", { class: "mx-entry-amount" }, user_text(amount)),
	);
}
