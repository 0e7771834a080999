// What every inline form of the panel shares: save and cancel, keys, one send at a time, an error that keeps the text, and
// a second send that does nothing twice.

import { button, el, unique_id } from "./dom.js";

/** Names what a form sends, the same for each try. Not by randomUUID, which a page without https lacks. */
const new_key = () =>
	[...crypto.getRandomValues(new Uint8Array(16))]
		.map((byte) => byte.toString(16).padStart(2, "0"))
		.join("");

export class InlineForm {
	/**
	 * `label` names the form, `save` its button, `method` is what is called; `once` says that it makes a record, so that
	 * a key goes along by which the server knows a second try. A form adds its nodes to `this.body` and provides `read()` (the arguments, or null after `problem(...)`), `has_text()` and `first` (an input).
	 */
	constructor(panel, { label, save, method, done, once = false }) {
		const { __ } = panel;
		this.panel = panel;
		this.method = method;
		this.done = done;
		this.once = once;
		this.sent_key = null;
		this.unanswered = null; // what was sent first and may have arrived
		this.busy = false;
		this.body = el("div", { class: "mx-form-body" });
		this.trouble = el("p", { class: "mx-trouble", role: "alert", id: unique_id("trouble") });
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
				},
			},
			this.body,
			this.trouble,
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
		const at_once = event.key === "Enter" && (event.ctrlKey || event.metaKey);
		if (at_once) this.submit();
		else if (event.key === "Escape") this.panel.close_form();
		else {
			// The desk listens too; a plain Enter belongs to this form alone.
			if (event.key === "Enter") event.stopPropagation();
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	}

	/** Says what is wrong, beside the text that stays; returns null, so that `read()` can return it. */
	problem(text, input) {
		this.trouble.textContent = text || "";
		this.body.querySelectorAll("[aria-invalid]").forEach((node) => {
			node.removeAttribute("aria-invalid");
			node.removeAttribute("aria-describedby");
		});
		if (input) {
			input.setAttribute("aria-invalid", "true");
			input.setAttribute("aria-describedby", this.trouble.id);
			input.focus();
		}
		return null;
	}

	submit() {
		if (this.busy) return;
		this.problem("");
		const args = this.read();
		if (!args) return;
		const words = JSON.stringify(args);
		if (this.once) args.sent_key = this.sent_key ??= new_key();
		this.set_busy(true);
		this.panel
			.send(this.method, args)
			.then(
				(answer) => this.on_answer(answer, words),
				(error) => {
					const { __ } = this.panel;
					this.unanswered = error?.refused ? null : (this.unanswered ?? words);
					this.problem(`${this.panel.excuse(error)} ${__("What you typed is still here.")}`);
				},
			)
			.finally(() => this.set_busy(false));
	}

	on_answer(answer, words) {
		const { __ } = this.panel;
		if (!answer.again) return this.panel.finish(this, answer, this.done);
		if (words === this.unanswered)
			return this.panel.finish(this, answer, __("It had arrived the first time, and is kept once."));
		// The first try is kept; what was changed after it is not, and is not to be lost either.
		this.sent_key = this.unanswered = null;
		this.panel.take(answer, "");
		this.problem(
			__("What you sent first had arrived and is kept. Save again only to keep your changes as well."),
		);
	}

	set_busy(busy) {
		this.busy = busy;
		this.element.setAttribute("aria-busy", String(busy));
		this.save_button.setAttribute("aria-disabled", String(busy));
	}

	focus() {
		this.first.focus();
	}

	/** Called when the form leaves the page for good. */
	drop() {}
}
