// One line of the banner: the text, its source, and its actions.

import { button, el, user_text } from "./dom.js";
import { icon } from "./icons.js";
import { menu } from "./menu.js";

const KINDS = { promise: "task", gesture: "gesture" };

export const key_of = (item) => `${KINDS[item.type] || "note"} ${item.name}`;

export function icon_of(item) {
	if (item.late) return "late";
	if (item.type === "note") return "fact";
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
		const state = JSON.stringify([item, hidden]);
		if (state === this.shown_state) return;
		this.shown_state = state;
		this.item = item;
		this.element.dataset.type = hidden ? "hidden" : item.type;
		this.element.toggleAttribute("data-late", Boolean(item.late) && !hidden);
		this.head.replaceChildren(...(hidden ? this.hidden_nodes() : this.visible_nodes()));
	}

	hidden_nodes() {
		const { __ } = this.panel;
		return [
			icon("hidden"),
			el("div", { class: "mx-line-text mx-muted", text: __("Hidden") }),
			el(
				"div",
				{ class: "mx-actions" },
				button({ text: __("Show"), action: "reveal", on_click: () => this.panel.reveal(this.item) }),
			),
		];
	}

	visible_nodes() {
		const { item } = this;
		const { __ } = this.panel;
		const names = {
			promise: item.late ? __("Follow-up, overdue") : __("Follow-up"),
			never: __("Never"),
			occasion: __("Occasion"),
			moment: __("Moment"),
			pinned: __("Pinned"),
			fact: __("Fact"),
			note: __("Note"),
			gesture: item.late ? __("Planned gesture, overdue") : __("Planned gesture"),
		};
		const name = item.ask ? __("Uncertain") : names[item.type];
		return [
			icon(icon_of(item)),
			el(
				"div",
				{ class: "mx-line-text" },
				el("span", { class: "mx-sr-only", text: `${name}: ` }),
				item.fresh && el("span", { class: "mx-new", text: __("New") }),
				user_text(item.text, "mx-text"),
				item.source && el("div", { class: "mx-source" }, user_text(item.source)),
				item.said && el("div", { class: "mx-response" }, user_text(item.said)),
			),
			el("div", { class: "mx-actions" }, this.actions()),
		];
	}

	actions() {
		if (this.item.type === "promise") return this.follow_up_actions();
		return this.item.type === "gesture" ? this.gesture_actions() : this.note_actions();
	}

	gesture_actions() {
		const { __ } = this.panel;
		const set_status = (status, message) => this.run("gestures.set_status", { status }, message);
		const more = this.more_menu(
			[
				this.item.mine && {
					text: __("Cancel gesture"),
					action: "cancel",
					run: () => set_status("Cancelled", __("Gesture cancelled.")),
				},
				{
					text: __("Open"),
					action: "open",
					run: () => this.panel.open({ kind: "gesture", name: this.item.name }),
				},
			].filter(Boolean),
		);
		if (!this.item.mine) return [more];
		const give = () => set_status("Given", __("Gesture recorded. You can add the reaction later."));
		return [button({ text: __("Give"), action: "give", on_click: give }), more];
	}

	follow_up_actions() {
		const { __ } = this.panel;
		const snooze = (until, text, message) => ({
			text,
			action: until,
			run: () => this.run("follow_ups.snooze", { until }, message),
		});
		return [
			button({
				text: __("Done"),
				action: "done",
				on_click: () => this.panel.open_form("outcome", this.item),
			}),
			menu({
				text: __("Snooze"),
				action: "snooze",
				choices: [
					snooze("tomorrow", __("Tomorrow"), __("Snoozed until tomorrow.")),
					snooze("next_week", __("Next week"), __("Snoozed until next week.")),
					snooze("next_month", __("In a month"), __("Snoozed for a month.")),
					{
						text: __("Another day"),
						action: "another_day",
						run: () => this.panel.open_form("snooze", this.item),
					},
				],
			}),
			this.more_menu(
				[
					{
						text: __("Skip"),
						action: "skip",
						run: () => this.run("follow_ups.skip", {}, __("Follow-up skipped.")),
					},
					this.item.repeats && {
						text: __("Stop repeating"),
						action: "stop_repeating",
						run: () =>
							this.run(
								"follow_ups.stop_repeating",
								{},
								__("This follow-up will not repeat again."),
							),
					},
					{
						text: __("Hand over"),
						action: "hand_over",
						run: () => this.panel.open_form("handover", this.item),
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
		const snooze = (until, text, message) => ({
			text,
			action: until,
			run: () => this.run("notes.snooze", { until }, message),
		});
		const more = this.more_menu(
			[
				can.gesture && {
					text: __("Record gesture"),
					action: "gesture",
					run: () => this.panel.open_form("gesture", this.item),
				},
				can.follow_up && {
					text: __("Follow up"),
					action: "follow_up",
					run: () => this.panel.open_form("follow_up", this.item),
				},
				{
					text: __("Mark as outdated"),
					action: "mark_outdated",
					run: () =>
						this.run(
							"notes.mark_outdated",
							{},
							__("Note marked as outdated. It is no longer shown."),
						),
				},
				{
					text: __("Open note"),
					action: "open",
					run: () => this.panel.open({ kind: "note", name: this.item.name }),
				},
				this.item.task && {
					text: __("Complete follow-up"),
					action: "complete",
					run: () => this.panel.open_form("complete", this.item),
				},
				this.item.task && {
					text: __("Snooze follow-up"),
					action: "snooze_follow_up",
					run: () => this.panel.open_form("snooze", this.item),
				},
				this.item.task && {
					text: __("Open follow-up"),
					action: "open_follow_up",
					run: () => this.panel.open({ kind: "task", name: this.item.task }),
				},
			].filter(Boolean),
		);
		if (this.item.type === "never") return [more];
		return [
			button({
				text: __("Mark as used"),
				action: "mark_used",
				on_click: () => this.panel.open_form("outcome", this.item),
			}),
			menu({
				text: __("Snooze"),
				action: "snooze",
				choices: [
					snooze("tomorrow", __("Tomorrow"), __("Snoozed until tomorrow.")),
					snooze("next_week", __("Next week"), __("Snoozed until next week.")),
					snooze("next_visit", __("Next visit"), __("Snoozed until the next visit.")),
				],
			}),
			more,
		];
	}

	more_menu(choices) {
		const { __ } = this.panel;
		return menu({ icon: icon("more"), label: __("More actions"), action: "more", kind: "icon", choices });
	}

	/** Sends one request, however often it is clicked. */
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
