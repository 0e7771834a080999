// The form to hand a follow-up over to a colleague.

import { select_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";

export class HandoverForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Hand over"),
			save: __("Hand over"),
			method: "follow_ups.hand_over",
			done: __("Follow-up handed over."),
		});
		this.item = item;
		this.to = select_field(__("To"), [["", ""]], { name: "to" });
		this.first_input = this.to.input;
		this.body.append(this.to.node);
		panel.options().then(
			({ users = [], me }) => {
				// The user's own follow-up goes to somebody else; a colleague's may also go to the user.
				const others = users.filter((user) => !(item.mine && user.name === me));
				this.to.fill([["", ""], ...others.map((user) => [user.name, user.label || user.name])]);
			},
			(error) => this.show_error(panel.error_text(error)),
		);
	}

	has_input() {
		return Boolean(this.to.get());
	}

	read() {
		const { __ } = this.panel;
		const to = this.to.get();
		if (!to) return this.show_error(__("Choose who takes over."), this.to.input);
		return { name: this.item.name, to };
	}
}
