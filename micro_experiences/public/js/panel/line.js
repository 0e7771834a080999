// One line of the banner: what to remember, where it comes from, and what can be done with one click.

import { button, el, said } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";

export const key_of = (item) => `${item.type === "promise" ? "task" : "note"} ${item.name}`;

export function icon_of(item) {
	if (item.type === "promise" && item.late) return "late";
	return item.ask ? "ask" : item.type;
}

export class Line {
	constructor(panel, item) {
		this.panel = panel;
		this.busy = false;
		this.head = el("div", { class: "mx-line-head" });
		this.slot = el("div", { class: "mx-slot" });
		this.element = el("li", { class: "mx-line", "data-key": key_of(item) }, this.head, this.slot);
		this.update(item);
	}

	update(item) {
		const hidden = this.panel.is_hidden(item);
		const drawn = JSON.stringify([item, hidden]);
		if (drawn === this.drawn) return;
		this.drawn = drawn;
		this.item = item;
		this.element.dataset.type = hidden ? "hidden" : item.type;
		this.element.toggleAttribute("data-late", Boolean(item.late) && !hidden);
		this.head.replaceChildren(...(hidden ? this.veiled() : this.plain()));
	}

	veiled() {
		const { __ } = this.panel;
		return [
			icon("hidden"),
			el("div", { class: "mx-words mx-muted", text: __("Hidden") }),
			el(
				"div",
				{ class: "mx-actions" },
				button({ text: __("Show"), action: "reveal", on_click: () => this.panel.reveal(this.item) }),
			),
		];
	}

	plain() {
		const { item } = this;
		const { __ } = this.panel;
		const names = {
			promise: item.late ? __("Promise, late") : __("Promise"),
			never: __("Never"),
			occasion: __("Occasion"),
			moment: __("Moment"),
			pinned: __("Pinned"),
			fact: __("Fact"),
		};
		const name = item.ask ? __("Not certain") : names[item.type];
		return [
			icon(icon_of(item)),
			el(
				"div",
				{ class: "mx-words" },
				el("span", { class: "mx-sr", text: `${name}: ` }),
				said(item.text, "mx-text"),
				item.source && el("div", { class: "mx-source" }, said(item.source)),
				item.said && el("div", { class: "mx-said" }, said(item.said)),
			),
			el(
				"div",
				{ class: "mx-actions" },
				item.type === "promise" ? this.promise_actions() : this.note_actions(),
			),
		];
	}

	promise_actions() {
		const { __ } = this.panel;
		const later = (until, text, message) => ({
			text,
			action: until,
			run: () => this.run("follow_ups.later", { until }, message),
		});
		return [
			button({
				text: __("Done"),
				action: "done",
				on_click: () => this.panel.open_form("said", this.item),
			}),
			menu({
				text: __("Later"),
				action: "later",
				choices: [
					later("tomorrow", __("Tomorrow"), __("Comes back tomorrow.")),
					later("next_week", __("Next week"), __("Comes back next week.")),
					later("next_month", __("In a month"), __("Comes back in a month.")),
					{
						text: __("Another day"),
						action: "another_day",
						run: () => this.panel.open_form("later", this.item),
					},
				],
			}),
			this.more(
				[
					{
						text: __("Skip this one"),
						action: "skip",
						run: () => this.run("follow_ups.skip", {}, __("Skipped.")),
					},
					this.item.repeats && {
						text: __("Stop repeating"),
						action: "stop_repeating",
						run: () =>
							this.run(
								"follow_ups.stop_repeating",
								{},
								__("It comes this once, and then no more."),
							),
					},
					{
						text: __("Hand over"),
						action: "hand_over",
						run: () => this.panel.open_form("hand_over", this.item),
					},
					{
						text: __("Open"),
						action: "open",
						run: () => this.panel.open({ kind: "task", name: this.item.name }),
					},
				].filter(Boolean),
			),
		];
	}

	note_actions() {
		const { __ } = this.panel;
		const { can } = this.panel;
		const later = (until, text, message) => ({
			text,
			action: until,
			run: () => this.run("notes.later", { until }, message),
		});
		const more = this.more(
			[
				can.gesture && {
					text: __("Gesture"),
					action: "gesture",
					run: () => this.panel.open_form("gesture", this.item),
				},
				can.follow_up && {
					text: __("Follow up"),
					action: "follow_up",
					run: () => this.panel.open_form("follow_up", this.item),
				},
				{
					text: __("No longer true"),
					action: "no_longer_true",
					run: () => this.run("notes.no_longer_true", {}, __("It will not be shown any more.")),
				},
				{
					text: __("Open note"),
					action: "open",
					run: () => this.panel.open({ kind: "note", name: this.item.name }),
				},
			].filter(Boolean),
		);
		if (this.item.type === "never") return [more];
		return [
			button({
				text: __("Used it"),
				action: "used",
				on_click: () => this.panel.open_form("said", this.item),
			}),
			menu({
				text: __("Later"),
				action: "later",
				choices: [
					later("tomorrow", __("Tomorrow"), __("Comes back tomorrow.")),
					later("next_week", __("Next week"), __("Comes back next week.")),
					later("next_visit", __("Next visit"), __("Comes back at the next visit.")),
				],
			}),
			more,
		];
	}

	more(choices) {
		const { __ } = this.panel;
		return menu({ icon: icon("more"), label: __("More actions"), action: "more", kind: "icon", choices });
	}

	/** Sends once, however often it is clicked. */
	run(method, args, message) {
		if (this.busy) return;
		this.set_busy(true);
		this.panel
			.run(method, { name: this.item.name, ...args }, message)
			.finally(() => this.set_busy(false));
	}

	set_busy(busy) {
		this.busy = busy;
		this.element.setAttribute("aria-busy", String(busy));
	}
}
