// The base of the panel's inline forms: save and cancel, keyboard shortcuts, one request at a time, errors that keep the input,
// and retries that create no duplicates.

import { button, el, unique_id } from "./dom.js";
import { limit_length } from "./fields.js";

/** Return an idempotency key. Not randomUUID, which is missing on pages without HTTPS. */
const new_key = () =>
	[...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte) => byte.toString(16).padStart(2, "0"))
		.join("");

export class InlineForm {
	/**
	 * `label` names the form, `save` its button, `method` is called on save, and `done` is shown afterwards. `idempotent` means
	 * that saving creates a record, so a key is sent by which the server recognizes a retry. A form adds its nodes to `this.body`
	 * and provides `read()` (the arguments, or null after `show_error(...)`), `has_input()` and `first_input`.
	 */
	constructor(panel, { label, save, method, done, idempotent = false }) {
		const { __ } = panel;
		this.panel = panel;
		this.method = method;
		this.done = done;
		this.idempotent = idempotent;
		this.sent_key = null;
		this.unconfirmed = null; // the input whose first request may have reached the server
		this.busy = false;
		this.limited = []; // [field, its largest number of characters]
		this.body = el("div", { class: "mx-form-body" });
		this.error = el("p", { class: "mx-form-error", role: "alert", id: unique_id("error") });
		this.save_button = button({ text: save, kind: "primary", action: "save", type: "submit" });
		this.element = el(
			"form",
			{
				class: "mx-form",
				novalidate: true,
				"aria-label": label,
				on: {
					submit: (event) => {
						event.preventDefault();
						event.stopPropagation();
						this.submit();
					},
					keydown: (event) => this.on_key(event),
					// What was said about a field is over once the field is changed.
					input: ({ target }) => target.hasAttribute("aria-invalid") && this.show_error(""),
				},
			},
			this.body,
			this.error,
			el(
				"div",
				{ class: "mx-form-foot" },
				this.save_button,
				button({ text: __("Cancel"), action: "cancel", on_click: () => panel.close_form() }),
			),
		);
	}

	on_key(event) {
		if (event.isComposing) return;
		const submits = event.key === "Enter" && (event.ctrlKey || event.metaKey);
		if (submits) this.submit();
		else if (event.key === "Escape") this.panel.close_form();
		else {
			// The Desk listens too; a plain Enter must not reach it.
			if (event.key === "Enter") event.stopPropagation();
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	/** Shows an error and keeps the input; returns null, so that `read()` can return it. */
	show_error(text, input) {
		this.error.textContent = text || "";
		this.body.querySelectorAll("[aria-invalid]").forEach((node) => {
			node.removeAttribute("aria-invalid");
			node.removeAttribute("aria-describedby");
		});
		if (input) {
			input.setAttribute("aria-invalid", "true");
			input.setAttribute("aria-describedby", this.error.id);
			input.focus();
		}
		return null;
	}

	/** Return the field; saving says so while its text is longer than `most` characters. */
	limit(field, most) {
		this.limited.push([field, most]);
		return limit_length(field, most, this.panel.__);
	}

	/** Shows an error and returns false while a text is too long. */
	check_lengths() {
		const { __ } = this.panel;
		const found = this.limited.find(([field]) => field.shown() && field.excess());
		if (!found) return true;
		const [field, most] = found;
		const text = __(
			"The text is {0} characters too long: at most {1} are allowed.",
			field.excess(),
			most,
		);
		this.show_error(`${text} ${__("Nothing was saved.")}`, field.input);
		return false;
	}

	submit() {
		if (this.busy) return;
		this.show_error("");
		if (!this.check_lengths()) return;
		const args = this.read();
		if (!args) return;
		const input = JSON.stringify(args);
		if (this.idempotent) args.sent_key = this.sent_key ??= new_key();
		this.set_busy(true);
		this.panel
			.send(this.method, args)
			.then(
				(answer) => this.on_answer(answer, input),
				(error) => {
					const { __ } = this.panel;
					this.on_refused();
					this.unconfirmed = error?.refused ? null : (this.unconfirmed ?? input);
					this.show_error(`${this.panel.error_text(error)} ${__("What you typed is still here.")}`);
				},
			)
			.finally(() => this.set_busy(false));
	}

	on_answer(answer, input) {
		const { __ } = this.panel;
		if (!answer.again) return this.panel.finish(this, answer, this.done);
		if (input === this.unconfirmed)
			return this.panel.finish(
				this,
				answer,
				__("Already saved on the first attempt. No duplicate was created."),
			);
		// The first attempt was saved without the later changes, which must not be lost either.
		this.sent_key = this.unconfirmed = null;
		this.panel.apply(answer, "");
		this.show_error(
			__("Your first version is already saved. Save again to save your changes as a second entry."),
		);
	}

	set_busy(busy) {
		this.busy = busy;
		this.element.setAttribute("aria-busy", String(busy));
		this.save_button.setAttribute("aria-disabled", String(busy));
	}

	focus() {
		this.first_input.focus();
	}

	/** Called when the server did not save. */
	on_refused() {}

	/** Called when the form is discarded. */
	dispose() {}
}
