// A promise: what, until when, who; and, folded, how often and when to be reminded.

import { add_days, next_month } from "./dates.js";
import { button, el } from "./dom.js";
import { filled, select_field, text_field } from "./fields.js";
import { InlineForm } from "./form.js";

export class FollowUpForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Follow up"),
			save: __("Promise it"),
			method: "follow_ups.promise",
			done: __("Promised."),
			once: true,
		});
		this.item = item;
		this.subject = text_field(__("What do you promise?"), {
			name: "subject",
			wide: true,
			maxlength: "140",
		});
		this.first = this.subject.input;
		this.fields = {
			due_on: text_field(__("When"), { name: "due_on", type: "date", min: panel.today }),
			assigned_to: select_field(__("Who"), [["", __("Me")]], { name: "assigned_to" }),
			remind_days_before: text_field(__("Remind days before"), {
				name: "remind_days_before",
				type: "number",
				min: "0",
				max: "365",
				inputmode: "numeric",
			}),
			repeats: select_field(
				__("Repeats"),
				[
					["", __("Never")],
					["Days", __("Every so many days")],
					["Weeks", __("Every so many weeks")],
					["Months", __("Every so many months")],
					["Years", __("Every so many years")],
					["After Last Invoice", __("Days after the last invoice")],
				],
				{ name: "repeats" },
			),
			every: text_field(__("How many"), {
				name: "every",
				type: "number",
				min: "1",
				inputmode: "numeric",
			}),
		};
		const { due_on, assigned_to, remind_days_before, repeats, every } = this.fields;
		every.show(false);
		repeats.input.addEventListener("change", () => {
			every.show(Boolean(repeats.get()));
			if (repeats.get() && !every.get()) every.set("1");
		});
		const days = [
			["tomorrow", __("Tomorrow"), add_days(panel.today, 1)],
			["next_week", __("Next week"), add_days(panel.today, 7)],
			["in_a_month", __("In a month"), next_month(panel.today)],
		].map(([action, text, value]) => {
			const set = () => {
				due_on.set(value);
				mark();
			};
			return { value, node: button({ text, action, kind: "chip", on_click: set }) };
		});
		const mark = () =>
			days.forEach(({ value, node }) =>
				node.setAttribute("aria-pressed", String(value === due_on.get())),
			);
		due_on.input.addEventListener("input", mark);
		mark();
		const quick = el(
			"div",
			{ class: "mx-chips", role: "group", "aria-label": __("When") },
			days.map(({ node }) => node),
		);
		this.body.append(
			this.subject.node,
			quick,
			el("div", { class: "mx-fields" }, due_on.node, assigned_to.node, remind_days_before.node),
			el(
				"details",
				{ class: "mx-more" },
				el("summary", { text: __("Repeats") }),
				el("div", { class: "mx-fields" }, repeats.node, every.node),
			),
		);
		panel.options().then(
			({ users = [], me }) => {
				const others = users.filter((user) => user.name !== me);
				assigned_to.fill([
					["", __("Me")],
					...others.map((user) => [user.name, user.label || user.name]),
				]);
			},
			() => {},
		);
	}

	has_text() {
		return Boolean(this.subject.get());
	}

	read() {
		const { __ } = this.panel;
		const subject = this.subject.get();
		if (!subject) return this.problem(__("Say what you promise."), this.subject.input);
		const args = { subject, ...filled(this.fields) };
		if (!args.due_on) return this.problem(__("Choose a day."), this.fields.due_on.input);
		for (const count of ["remind_days_before", "every"])
			if (args[count]) args[count] = Number(args[count]);
		if (this.item) args.personal_note = this.item.name;
		return args;
	}
}
