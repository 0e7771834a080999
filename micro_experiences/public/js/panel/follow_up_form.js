// The form for a follow-up: what, when and who; collapsed, the reminder and the repetition.

import { add_days, add_month } from "./dates.js";
import { button, el } from "./dom.js";
import { filled_values, select_field, text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";

const MAX_SUBJECT_LENGTH = 140;
const MOST_DAYS_BEFORE = 365;

export class FollowUpForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Follow up"),
			save: __("Save"),
			method: "follow_ups.create",
			done: __("Follow-up saved."),
			idempotent: true,
		});
		this.item = item;
		this.subject = this.limit(
			text_field(__("What will you do?"), { name: "subject", wide: true }),
			MAX_SUBJECT_LENGTH,
		);
		this.first_input = this.subject.input;
		this.fields = {
			due_on: text_field(__("Due On"), { name: "due_on", type: "date", min: panel.today }),
			assigned_to: select_field(__("Assigned To"), [["", __("Me")]], { name: "assigned_to" }),
			remind_days_before: text_field(__("Remind Days Before"), {
				name: "remind_days_before",
				type: "number",
				min: "0",
				max: String(MOST_DAYS_BEFORE),
				inputmode: "numeric",
			}),
			repeats: select_field(
				__("Repeats"),
				[
					["", __("Never")],
					["Days", __("Days")],
					["Weeks", __("Weeks")],
					["Months", __("Months")],
					["Years", __("Years")],
					["After Last Invoice", __("Days after the last invoice")],
				],
				{ name: "repeats" },
			),
			every: text_field(__("Every"), {
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
		const shortcuts = [
			["tomorrow", __("Tomorrow"), add_days(panel.today, 1)],
			["next_week", __("Next week"), add_days(panel.today, 7)],
			["in_a_month", __("In a month"), add_month(panel.today)],
		].map(([action, text, value]) => {
			const set = () => {
				due_on.set(value);
				mark_pressed();
			};
			return { value, node: button({ text, action, kind: "chip", on_click: set }) };
		});
		const mark_pressed = () =>
			shortcuts.forEach(({ value, node }) =>
				node.setAttribute("aria-pressed", String(value === due_on.get())),
			);
		due_on.input.addEventListener("input", mark_pressed);
		mark_pressed();
		const quick = el(
			"div",
			{ class: "mx-chips", role: "group", "aria-label": __("Due On") },
			shortcuts.map(({ node }) => node),
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

	has_input() {
		const { due_on, remind_days_before, every } = this.fields;
		return [this.subject, due_on, remind_days_before, every].some((field) => field.get());
	}

	read() {
		const { __ } = this.panel;
		const subject = this.subject.get();
		if (!subject) return this.show_error(__("Describe the follow-up."), this.subject.input);
		const args = { subject, ...filled_values(this.fields) };
		const { due_on, remind_days_before, every } = this.fields;
		if (!args.due_on) return this.show_error(__("Choose a date."), due_on.input);
		if (args.due_on < this.panel.today)
			return this.show_error(__("This day is over. Choose today or a later day."), due_on.input);
		if (!is_whole(remind_days_before, 0, MOST_DAYS_BEFORE))
			return this.show_error(
				__("Enter a whole number of days from 0 to {0}.", MOST_DAYS_BEFORE),
				remind_days_before.input,
			);
		if (every.shown() && !(every.get() && is_whole(every, 1)))
			return this.show_error(__("Enter a whole number from 1 on."), every.input);
		for (const count of ["remind_days_before", "every"])
			if (args[count]) args[count] = Number(args[count]);
		if (this.item) args.personal_note = this.item.name;
		return args;
	}
}

/** Return whether a number field is empty or holds a whole number within the limits; a browser reads "1x" as bad input. */
function is_whole({ input, get }, least, most = Infinity) {
	if (input.validity.badInput) return false;
	return (
		get() === "" || (Number.isInteger(Number(get())) && Number(get()) >= least && Number(get()) <= most)
	);
}
