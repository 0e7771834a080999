// A promise is put off to a day of one's choice.

import { add_days } from "./dates.js";
import { text_field } from "./fields.js";
import { InlineForm } from "./form.js";

export class LaterForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Later"),
			save: __("Put off"),
			method: "follow_ups.later",
			done: __("Put off."),
		});
		this.item = item;
		this.until = text_field(__("Until"), { name: "until", type: "date", min: add_days(panel.today, 1) });
		this.first = this.until.input;
		this.body.append(this.until.node);
	}

	has_text() {
		return Boolean(this.until.get());
	}

	read() {
		const { __ } = this.panel;
		const until = this.until.get();
		if (!until) return this.problem(__("Choose a day."), this.until.input);
		return { name: this.item.name, until };
	}
}
