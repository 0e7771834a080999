// "What did they say?" after a note was used, and "How did it go?" after a promise was kept.

import { check_field, text_field } from "./fields.js";
import { InlineForm } from "./form.js";
import { Wording } from "./wording.js";

export class SaidForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		const promise = item.type === "promise";
		super(panel, {
			label: promise ? __("Promise kept") : __("Used it"),
			save: promise ? __("Done") : __("Save"),
			method: promise ? "follow_ups.done" : "notes.used",
			done: __("Kept."),
			// A promise that is kept already says so by itself.
			once: !promise,
		});
		this.item = item;
		this.answer_name = promise ? "outcome" : "they_said";
		this.answer = text_field(promise ? __("How did it go?") : __("What did they say?"), {
			name: this.answer_name,
			wide: true,
			maxlength: "500",
			placeholder: __("May stay empty"),
		});
		this.remember = check_field(__("Remember that too"), { name: "remember" });
		this.first = this.answer.input;
		this.sensitive = false;
		this.wording = new Wording(panel, {
			input: this.answer.input,
			// What they said to a note is kept beside it; only as a note of its own can it be marked.
			sensitive: promise
				? null
				: {
						get: () => this.sensitive,
						set: (value) => {
							this.sensitive = value;
							this.remember.set(true);
							this.wording.offer_reason(true);
						},
					},
			because: !promise,
		}).listen();
		this.wording.offer_reason(false);
		this.remember.input.addEventListener("change", () => this.wording.offer_reason(this.remember.get()));
		this.body.append(this.answer.node, this.wording.element, this.remember.node);
	}

	has_text() {
		return Boolean(this.answer.get());
	}

	read() {
		const text = this.answer.get();
		const args = { name: this.item.name };
		if (text) args[this.answer_name] = text;
		if (text && this.remember.get()) {
			Object.assign(args, { remember: true }, this.wording.reason());
			if (this.sensitive) args.sensitive = true;
		}
		return args;
	}

	drop() {
		this.wording.drop();
	}
}
