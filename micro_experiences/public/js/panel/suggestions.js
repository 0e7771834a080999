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
		const { __, today } = this.panel;
		const { occasion_on, repeats_yearly, follow_up_on, topic, kind, sensitive, found } = this.found;
		const title = found?.length ? __("Based on: {0}", found.join(", ")) : undefined;
		const suggestions = [];
		if (occasion_on) {
			const day = format_date(occasion_on, today);
			const text = repeats_yearly
				? __("Every year on {0}", format_date(occasion_on, occasion_on))
				: __("Occasion on {0}", day);
			const yearly = repeats_yearly ? { repeats_yearly: true } : {};
			suggestions.push({
				key: `occasion ${occasion_on}`,
				text,
				title,
				values: { kind: "Occasion", occasion_on, ...yearly },
			});
		}
		if (follow_up_on) {
			const text = __("Follow up on {0}", format_date(follow_up_on, today));
			suggestions.push({ key: `follow up ${follow_up_on}`, text, title, values: { follow_up_on } });
		}
		if (topic)
			suggestions.push({ key: `topic ${topic}`, text: __("Topic: {0}", __(topic)), values: { topic } });
		if (kind && !(kind === "Occasion" && occasion_on)) {
			suggestions.push({ key: `kind ${kind}`, text: __("Kind: {0}", __(kind)), values: { kind } });
		}
		if (sensitive)
			suggestions.push({ key: "sensitive", text: __("Sensitive"), values: { sensitive: true } });
		const current = new Set(suggestions.map(({ key }) => key));
		return [...[...this.accepted.values()].filter(({ key }) => !current.has(key)), ...suggestions];
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
