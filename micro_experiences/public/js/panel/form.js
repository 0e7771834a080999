// What every inline form of the panel shares: save and cancel, keys, one send at a time, an error that keeps the text.

import { button, el, unique_id } from "./dom.js";

export class InlineForm {
	/**
	 * `label` names the form, `save` its button, `method` is what is called. A form adds its nodes to `this.body`
	 * and provides `read()` (the arguments, or null after `problem(...)`), `has_text()` and `first` (an input).
	 */
	constructor(panel, { label, save, method, done }) {
		const { __ } = panel;
		this.panel = panel;
		this.method = method;
		this.done = done;
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
		this.set_busy(true);
		this.panel
			.send(this.method, args)
			.then(
				(answer) => this.panel.finish(this, answer, this.done),
				(error) => {
					const { __ } = this.panel;
					this.problem(`${this.panel.excuse(error)} ${__("What you typed is still here.")}`);
				},
			)
			.finally(() => this.set_busy(false));
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
