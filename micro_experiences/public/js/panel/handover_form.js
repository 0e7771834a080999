// A promise is given to a colleague.

import { select_field } from "./fields.js";
import { InlineForm } from "./form.js";

export class HandOverForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Hand over"),
			save: __("Hand over"),
			method: "follow_ups.hand_over",
			done: __("Handed over."),
		});
		this.item = item;
		this.to = select_field(__("To"), [["", ""]], { name: "to" });
		this.first = this.to.input;
		this.body.append(this.to.node);
		panel.options().then(
			({ users = [], me }) => {
				// Mine goes to somebody else; what is a colleague's, I may take over.
				const others = users.filter((user) => !(item.mine && user.name === me));
				this.to.fill([["", ""], ...others.map((user) => [user.name, user.label || user.name])]);
			},
			(error) => this.problem(panel.excuse(error)),
		);
	}

	has_text() {
		return Boolean(this.to.get());
	}

	read() {
		const { __ } = this.panel;
		const to = this.to.get();
		if (!to) return this.problem(__("Choose who is to take it over."), this.to.input);
		return { name: this.item.name, to };
	}
}
