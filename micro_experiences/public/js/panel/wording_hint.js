// The hint below a text box that its wording may reveal sensitive data, such as health or religion. It never blocks saving.

import { button, el, user_text, unique_id } from "./dom.js";
import { text_field } from "./fields.js";

const MIN_LENGTH = 3;
const TYPING_PAUSE = 400; // milliseconds
export const MAX_REASON_LENGTH = 140;

export class WordingHint {
	/**
	 * `input` is the text box. With `sensitive` ({get(), set(value)}) the text can be marked as sensitive, with `offers_reason` it
	 * can be kept with a reason: both are for text that becomes a note. Without them the user can only rephrase.
	 */
	constructor(panel, { input, sensitive, offers_reason = false }) {
		const { __ } = panel;
		Object.assign(this, { panel, input, sensitive, hints: [], next_word: 0, request: 0 });
		this.hint_list = el("div", { class: "mx-wording-hints", role: "status", id: unique_id("wording") });
		this.reason_field = text_field(__("Reason for Keeping the Wording"), {
			name: "kept_as_is_because",
			wide: true,
			placeholder: __("A short reason"),
		});
		this.reason_field.show(false);
		this.mark = button({
			text: __("Mark as sensitive"),
			kind: "chip",
			action: "mark-sensitive",
			on_click: () => {
				this.sensitive.set(!this.sensitive.get());
				this.draw();
			},
		});
		this.rephrase = button({
			text: __("Rephrase"),
			kind: "chip",
			action: "rephrase",
			on_click: () => this.select_next_word(),
		});
		this.keep = button({
			text: __("Keep with a reason"),
			kind: "chip",
			action: "keep-with-reason",
			"aria-expanded": "false",
			on_click: () => this.show_reason(!this.reason_field.shown()),
		});
		this.reason_field.input.addEventListener("input", () => this.draw());
		this.choices = el(
			"div",
			{ class: "mx-chips", role: "group", "aria-label": __("Wording options") },
			sensitive && this.mark,
			this.rephrase,
			offers_reason && this.keep,
		);
		this.element = el(
			"div",
			{ class: "mx-wording" },
			this.hint_list,
			this.choices,
			this.reason_field.node,
		);
		this.draw();
	}

	/** Checks the text after a pause in typing. Not needed in forms that receive the hints with their suggestions. */
	listen() {
		this.input.addEventListener("input", () => {
			clearTimeout(this.timer);
			const text = this.input.value.trim();
			const request = ++this.request;
			if (text.length < MIN_LENGTH) return this.update([]);
			this.timer = setTimeout(() => {
				this.panel.send("wording.check_wording", { text }).then(
					({ hints }) => request === this.request && this.update(hints),
					// The hint is optional: a failure is not shown.
					() => {},
				);
			}, TYPING_PAUSE);
		});
		return this;
	}

	/** `hints`: [{category, text, words: [{word, start, end}]}], about the trimmed text of the box. */
	update(hints) {
		const before = JSON.stringify(this.hints);
		this.hints = hints || [];
		if (JSON.stringify(this.hints) === before) return;
		this.next_word = 0;
		this.hint_list.replaceChildren(
			...this.hints.map(({ text, words }) =>
				el(
					"p",
					{ class: "mx-wording-line" },
					el("span", { text: `${text} ` }),
					user_text(
						[...new Set(words.map(({ word }) => word))].join(", "),
						"mx-muted mx-wording-words",
					),
				),
			),
		);
		this.draw();
	}

	draw() {
		const shown = this.hints.length > 0;
		const marked = Boolean(this.sensitive?.get());
		if (!shown) {
			// If the hint disappears while it has the focus, return the focus to the text box.
			if (this.element.contains(document.activeElement)) this.input.focus();
			this.show_reason(false);
		}
		this.choices.hidden = !shown;
		this.mark.setAttribute("aria-pressed", String(marked));
		this.element.classList.toggle("mx-wording-settled", marked || Boolean(this.reason_field.get()));
	}

	show_reason(visible) {
		this.reason_field.show(visible);
		this.keep.setAttribute("aria-expanded", String(visible));
		if (visible) this.reason_field.input.focus();
	}

	/** Offers a reason only while the text becomes a note. */
	enable_reason(visible) {
		this.keep.hidden = !visible;
		if (!visible) this.show_reason(false);
	}

	/** Selects the next flagged word in the text box. */
	select_next_word() {
		const words = this.hints.flatMap((hint) => hint.words);
		const { value } = this.input;
		this.input.focus();
		if (!words.length) return;
		const { word, start } = words[this.next_word % words.length];
		this.next_word += 1;
		// The server counts code points, JavaScript counts UTF-16 units; the text may also have changed since.
		const leading = value.length - value.trimStart().length;
		const expected = leading + [...value.trimStart()].slice(0, start).join("").length;
		const from = value.startsWith(word, expected) ? expected : value.indexOf(word);
		if (from >= 0) this.input.setSelectionRange(from, from + word.length);
	}

	/** Return the arguments to send with the text: the reason, if there are still hints that it is about. */
	reason() {
		const reason = this.hints.length && this.reason_field.shown() ? this.reason_field.get() : "";
		return reason ? { kept_as_is_because: reason } : {};
	}

	dispose() {
		clearTimeout(this.timer);
		this.request += 1;
	}
}
