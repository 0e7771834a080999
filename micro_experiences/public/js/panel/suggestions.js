// What the server read in a note while it was typed: chips to tap, and notes that say nearly the same.

import { in_words } from "./dates.js";
import { button, el, said } from "./dom.js";
import { icon } from "./icons.js";

export class Proposals {
	/** `set(values)` writes into the fields of the form, `get(name)` reads one. Nothing is set without a tap. */
	constructor(panel, { get, set }) {
		const { __ } = panel;
		Object.assign(this, { panel, get, set, found: {}, accepted: new Map() });
		this.chips = el("div", {
			class: "mx-chips",
			role: "group",
			"aria-label": __("Proposals"),
			hidden: true,
		});
		this.duplicates = el("div", { class: "mx-duplicates", role: "status" });
		this.element = el("div", { class: "mx-proposals" }, this.chips, this.duplicates);
	}

	update(found) {
		this.found = found || {};
		this.draw();
		this.draw_duplicates(this.found.duplicates || []);
	}

	/** [{key, text, asks, values}], what was tapped before first in its old words. */
	offers() {
		const { __, today } = this.panel;
		const { occasion_on, repeats_yearly, follow_up_on, topic, kind, sensitive, found } = this.found;
		const title = found?.length ? __("You wrote: {0}", found.join(", ")) : undefined;
		const offers = [];
		if (occasion_on) {
			const day = in_words(occasion_on, today);
			const text = repeats_yearly
				? __("Every year on {0}", in_words(occasion_on, occasion_on))
				: __("Occasion on {0}", day);
			const yearly = repeats_yearly ? { repeats_yearly: true } : {};
			offers.push({
				key: `occasion ${occasion_on}`,
				text,
				title,
				values: { kind: "Occasion", occasion_on, ...yearly },
			});
		}
		if (follow_up_on) {
			const text = __("Follow up on {0}", in_words(follow_up_on, today));
			offers.push({ key: `follow up ${follow_up_on}`, text, title, values: { follow_up_on } });
		}
		if (topic)
			offers.push({ key: `topic ${topic}`, text: __("About: {0}", __(topic)), values: { topic } });
		if (kind && !(kind === "Occasion" && occasion_on)) {
			offers.push({ key: `kind ${kind}`, text: __("Looks like: {0}", __(kind)), values: { kind } });
		}
		if (sensitive) offers.push({ key: "sensitive", text: __("Sensitive"), values: { sensitive: true } });
		const fresh = new Set(offers.map((offer) => offer.key));
		return [...[...this.accepted.values()].filter((offer) => !fresh.has(offer.key)), ...offers];
	}

	draw() {
		const { __ } = this.panel;
		const focused = document.activeElement?.dataset?.key;
		const inside = this.chips.contains(document.activeElement);
		const chips = this.offers().map((offer) => {
			const on = this.is_on(offer);
			return button({
				text: on ? offer.text : __("{0}?", offer.text),
				icon: on && icon("check"),
				kind: "chip",
				action: "proposal",
				"aria-pressed": String(on),
				"data-key": offer.key,
				title: offer.title,
				on_click: () => this.toggle(offer),
			});
		});
		this.chips.replaceChildren(...chips);
		this.chips.hidden = !chips.length;
		if (inside) chips.find((chip) => chip.dataset.key === focused)?.focus();
	}

	is_on(offer) {
		return Object.entries(offer.values).every(([name, value]) => this.get(name) === value);
	}

	toggle(offer) {
		if (this.is_on(offer)) {
			this.accepted.delete(offer.key);
			this.set(Object.fromEntries(Object.keys(offer.values).map((name) => [name, ""])));
		} else {
			this.accepted.set(offer.key, offer);
			this.set(offer.values);
		}
		this.draw();
	}

	draw_duplicates(duplicates) {
		const { __, state } = this.panel;
		this.duplicates.replaceChildren(
			...duplicates.slice(0, 2).map((note) =>
				el(
					"p",
					{ class: "mx-duplicate" },
					el("span", { text: __("Is this known already?") }),
					!state.discreet && said(note.note, "mx-duplicate-note"),
					!state.discreet && note.source && said(note.source, "mx-muted"),
					button({
						text: __("Open note"),
						kind: "link",
						action: "open-duplicate",
						on_click: () => this.panel.open({ kind: "note", name: note.name }),
					}),
				),
			),
		);
	}
}
