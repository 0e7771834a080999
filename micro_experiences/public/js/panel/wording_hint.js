// The gentle question under a box: these words sound like health, faith and the like. It stops nobody.

import { button, el, said, unique_id } from "./dom.js";
import { text_field } from "./fields.js";

const ASK_FROM = 3;
const ASK_AFTER = 400;
const LONGEST = 140;

export class Wording {
	/**
	 * `input` is the box. With `sensitive` ({get(), set(value)}) and `because` the text becomes a note: it can be marked,
	 * or kept with a reason. Without them there is only the way back to the word.
	 */
	constructor(panel, { input, sensitive, because = false }) {
		const { __ } = panel;
		Object.assign(this, { panel, input, sensitive, hints: [], at: 0, asked: 0 });
		this.said = el("div", { class: "mx-wording-said", role: "status", id: unique_id("wording") });
		this.because = text_field(__("Keep it as it is, because…"), {
			name: "kept_as_is_because",
			wide: true,
			maxlength: String(LONGEST),
			placeholder: __("One line is enough"),
		});
		this.because.show(false);
		this.mark = button({
			text: __("Mark sensitive"),
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
			on_click: () => this.go_to_word(),
		});
		this.keep = button({
			text: __("Keep, because…"),
			kind: "chip",
			action: "keep-because",
			"aria-expanded": "false",
			on_click: () => this.show_because(!this.because.shown()),
		});
		this.because.input.addEventListener("input", () => this.draw());
		this.choices = el(
			"div",
			{ class: "mx-chips", role: "group", "aria-label": __("About these words") },
			sensitive && this.mark,
			this.rephrase,
			because && this.keep,
		);
		this.element = el("div", { class: "mx-wording" }, this.said, this.choices, this.because.node);
		this.draw();
	}

	/** Asks about the text of the box a moment after the typing ends. Forms whose own question brings the hints need not. */
	listen() {
		this.input.addEventListener("input", () => {
			clearTimeout(this.timer);
			const text = this.input.value.trim();
			const asked = ++this.asked;
			if (text.length < ASK_FROM) return this.update([]);
			this.timer = setTimeout(() => {
				this.panel.send("wording.look", { text }).then(
					({ hints }) => asked === this.asked && this.update(hints),
					// A question that does not come is not missed.
					() => {},
				);
			}, ASK_AFTER);
		});
		return this;
	}

	/** `hints`: [{category, text, words: [{word, start, end}]}], about the text of the box without its ends. */
	update(hints) {
		const before = JSON.stringify(this.hints);
		this.hints = hints || [];
		if (JSON.stringify(this.hints) === before) return;
		this.at = 0;
		this.said.replaceChildren(
			...this.hints.map(({ text, words }) =>
				el(
					"p",
					{ class: "mx-wording-line" },
					el("span", { text: `${text} ` }),
					said([...new Set(words.map(({ word }) => word))].join(", "), "mx-muted mx-wording-words"),
				),
			),
		);
		this.draw();
	}

	draw() {
		const shown = this.hints.length > 0;
		const marked = Boolean(this.sensitive?.get());
		if (!shown) {
			// Whoever stands here while the words go is back where he writes.
			if (this.element.contains(document.activeElement)) this.input.focus();
			this.show_because(false);
		}
		this.choices.hidden = !shown;
		this.mark.setAttribute("aria-pressed", String(marked));
		this.element.classList.toggle("mx-wording-settled", marked || Boolean(this.because.get()));
	}

	show_because(whether) {
		this.because.show(whether);
		this.keep.setAttribute("aria-expanded", String(whether));
		if (whether) this.because.input.focus();
	}

	/** A reason is for a text that becomes a note. */
	offer_reason(whether) {
		this.keep.hidden = !whether;
		if (!whether) this.show_because(false);
	}

	/** Selects the next of the words in the box. */
	go_to_word() {
		const words = this.hints.flatMap((hint) => hint.words);
		const { value } = this.input;
		this.input.focus();
		if (!words.length) return;
		const { word, start } = words[this.at % words.length];
		this.at += 1;
		// The server counts characters, a browser counts halves of some of them; and the text may have moved on.
		const ends = value.length - value.trimStart().length;
		const told = ends + [...value.trimStart()].slice(0, start).join("").length;
		const from = value.startsWith(word, told) ? told : value.indexOf(word);
		if (from >= 0) this.input.setSelectionRange(from, from + word.length);
	}

	/** What goes along with the text: the reason, where there is still something that it is about. */
	reason() {
		const because = this.hints.length && this.because.shown() ? this.because.get() : "";
		return because ? { kept_as_is_because: because } : {};
	}

	drop() {
		clearTimeout(this.timer);
		this.asked += 1;
	}
}
