// What the server suggests while a note is typed: chips to accept, and similar notes that already exist.

import { format_date } from "./dates.js";
import { button, el, user_text } from "./dom.js";
import { icon } from "./icons.js";

export class Suggestions {
	/** `set(values)` fills the fields of the form, `get(name)` reads one. Nothing is set until the user accepts it. */
	constructor(panel, { get, set }) {
		const { __ } = panel;
		Object.assign(this, { panel, get, set, found: {}, accepted: new Map() });
		this.chips = el("div", {
			class: "mx-chips",
			role: "group",
			"aria-label": __("Suggestions"),
			hidden: true,
		});
		this.duplicates = el("div", { class: "mx-duplicates", role: "status" });
		this.element = el("div", { class: "mx-suggestions" }, this.chips, this.duplicates);
	}

	update(found) {
		this.found = found || {};
		this.draw();
		this.draw_duplicates(this.found.duplicates || []);
	}

	/** Return [{key, text, title, values}]; those accepted earlier come first, with their original text. */
	all() {
		const { __ } = this.panel;
		const { topic, kind, sensitive } = this.found;
		const suggestions = this.days();
		if (topic)
			suggestions.push({ key: `topic ${topic}`, text: __("Topic: {0}", __(topic)), values: { topic } });
		const has_occasion = suggestions.some(({ values }) => values.kind === "Occasion");
		if (kind && !(kind === "Occasion" && has_occasion)) {
			suggestions.push({ key: `kind ${kind}`, text: __("Kind: {0}", __(kind)), values: { kind } });
		}
		if (sensitive)
			suggestions.push({ key: "sensitive", text: __("Sensitive"), values: { sensitive: true } });
		const current = new Set(suggestions.map(({ key }) => key));
		return [...[...this.accepted.values()].filter(({ key }) => !current.has(key)), ...suggestions];
	}

	/** Return a suggestion for each day in the text; several are told apart by the words that they come from. */
	days() {
		const { __ } = this.panel;
		const days = this.found_days();
		return days.map(({ day, words, use }) => {
			const { text, values } = this.describe_day(day, use);
			return {
				key: `${use} ${day}`,
				text: words && days.length > 1 ? __("{0} (“{1}”)", text, words) : text,
				title: words ? __("Based on: {0}", words) : undefined,
				values,
			};
		});
	}

	/** Return [{day, words, use}], each day and use once. */
	found_days() {
		const { occasion_on, follow_up_on, remember_until, days = [], found = [] } = this.found;
		const chosen = [
			[occasion_on, "occasion"],
			[follow_up_on, "follow_up"],
			[remember_until, "until"],
		]
			.filter(([day]) => day)
			.map(([day, use]) => ({ day, use, words: days.length ? "" : found.join(", ") }));
		const all = [...days, ...chosen];
		return all.filter(
			({ day, use }, at) => all.findIndex((other) => other.day === day && other.use === use) === at,
		);
	}

	describe_day(day, use) {
		const { __, today } = this.panel;
		const text = format_date(day, today);
		if (use === "follow_up") return { text: __("Follow up on {0}", text), values: { follow_up_on: day } };
		if (use === "until") return { text: __("Remember until {0}", text), values: { remember_until: day } };
		const { occasion_on, repeats_yearly, year_known } = this.found;
		const values = { kind: "Occasion", occasion_on: day };
		if (day !== occasion_on) return { text: __("Occasion on {0}", text), values };
		if (year_known) values.year_known = true;
		if (!repeats_yearly) return { text: __("Occasion on {0}", text), values };
		values.repeats_yearly = true;
		// A birthday without a year is kept with this one, which nobody said.
		return { text: __("Every year on {0}", format_date(day, year_known ? today : day)), values };
	}

	/** Return whether a chip for this kind is shown. */
	offers_kind(kind) {
		return this.all().some(({ key }) => key === `kind ${kind}`);
	}

	draw() {
		const { __ } = this.panel;
		const focused = document.activeElement?.dataset?.key;
		const inside = this.chips.contains(document.activeElement);
		const chips = this.all().map((suggestion) => {
			const on = this.is_accepted(suggestion);
			return button({
				text: on ? suggestion.text : __("{0}?", suggestion.text),
				icon: on && icon("check"),
				kind: "chip",
				action: "suggestion",
				"aria-pressed": String(on),
				"data-key": suggestion.key,
				title: suggestion.title,
				on_click: () => this.toggle(suggestion),
			});
		});
		this.chips.replaceChildren(...chips);
		this.chips.hidden = !chips.length;
		if (inside) chips.find((chip) => chip.dataset.key === focused)?.focus();
	}

	is_accepted(suggestion) {
		return Object.entries(suggestion.values).every(([name, value]) => this.get(name) === value);
	}

	toggle(suggestion) {
		if (this.is_accepted(suggestion)) {
			this.accepted.delete(suggestion.key);
			this.set(Object.fromEntries(Object.keys(suggestion.values).map((name) => [name, ""])));
		} else {
			this.accepted.set(suggestion.key, suggestion);
			this.set(suggestion.values);
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
					el("span", { text: __("Similar note:") }),
					!state.discreet && user_text(note.note, "mx-duplicate-note"),
					!state.discreet && note.source && user_text(note.source, "mx-muted"),
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
