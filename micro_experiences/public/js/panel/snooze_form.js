// The form to snooze a follow-up until a chosen date.

import { add_days } from "./dates.js";
import { text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";

export class SnoozeForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Snooze"),
			save: __("Save"),
			method: "follow_ups.snooze",
			done: __("Follow-up snoozed."),
		});
		this.item = item;
		this.until = text_field(__("Until"), { name: "until", type: "date", min: add_days(panel.today, 1) });
		this.first_input = this.until.input;
		this.body.append(this.until.node);
	}

	has_input() {
		return Boolean(this.until.get());
	}

	read() {
		const { __ } = this.panel;
		const until = this.until.get();
		if (!until) return this.show_error(__("Choose a date."), this.until.input);
		if (until <= this.panel.today)
			return this.show_error(__("Choose a day after today."), this.until.input);
		// A line about an occasion carries the follow-up that it opened.
		return { name: this.item.task || this.item.name, until };
	}
}
