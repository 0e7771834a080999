// The form for the response to a used note, or for the outcome of a completed follow-up.

import { check_field, text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";
import { MAX_REASON_LENGTH, WordingHint } from "./wording_hint.js";

const MAX_LENGTH = 500;

export class OutcomeForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		const is_follow_up = item.type === "promise";
		super(panel, {
			label: is_follow_up ? __("Complete follow-up") : __("Mark as used"),
			save: is_follow_up ? __("Done") : __("Save"),
			method: is_follow_up ? "follow_ups.mark_done" : "notes.mark_used",
			done: is_follow_up ? __("Follow-up completed.") : __("Note marked as used."),
			// The server recognizes a follow-up that is already completed.
			idempotent: !is_follow_up,
		});
		this.item = item;
		this.argument = is_follow_up ? "outcome" : "they_said";
		this.text = text_field(is_follow_up ? __("How did it go?") : __("What did they say?"), {
			name: this.argument,
			wide: true,
			placeholder: __("Optional"),
		});
		this.limit(this.text, MAX_LENGTH);
		this.remember = check_field(__("Save as a note"), { name: "remember" });
		this.first_input = this.text.input;
		this.sensitive = false;
		this.wording = new WordingHint(panel, {
			input: this.text.input,
			// A response is stored with its note; only a separate note can be marked as sensitive.
			sensitive: is_follow_up
				? null
				: {
						get: () => this.sensitive,
						set: (value) => {
							this.sensitive = value;
							this.remember.set(true);
							this.wording.enable_reason(true);
						},
					},
			offers_reason: !is_follow_up,
		}).listen();
		this.limit(this.wording.reason_field, MAX_REASON_LENGTH);
		this.wording.enable_reason(false);
		this.remember.input.addEventListener("change", () => this.wording.enable_reason(this.remember.get()));
		this.body.append(this.text.node, this.wording.element, this.remember.node);
	}

	has_input() {
		return Boolean(this.text.get());
	}

	read() {
		const text = this.text.get();
		const args = { name: this.item.name };
		if (text) args[this.argument] = text;
		if (text && this.remember.get()) {
			Object.assign(args, { remember: true }, this.wording.reason());
			if (this.sensitive) args.sensitive = true;
		}
		return args;
	}

	dispose() {
		this.wording.dispose();
	}
}

/** Completes the follow-up of a line about an occasion. */
export class CompletionForm extends OutcomeForm {
	constructor(panel, item) {
		super(panel, { ...item, type: "promise", name: item.task });
	}
}
