// What the customer's Never notes say about the gesture that is being described: the notes themselves, and what is needed to go on.

import { button, el, user_text } from "./dom.js";
import { check_field, text_field } from "./fields.js";
import { icon } from "./icons.js";

const TYPING_PAUSE = 400; // milliseconds
const MAX_REASON_LENGTH = 140;

export class NeverCheck {
	/** `describe()` returns {gesture_type, what, message} as typed so far; `on_change()` is called when the verdict has changed. */
	constructor(panel, { describe, on_change, limit }) {
		const { __ } = panel;
		Object.assign(this, { panel, describe, on_change, request: 0, revealed: false });
		this.found = { verdict: "clear", never_notes: [] };
		this.text = el("p", { class: "mx-never-text" });
		this.list = el("ul", { class: "mx-never-notes", role: "list" });
		this.confirmed = check_field(__("I have read this, and the gesture is fine."), {
			name: "never_notes_confirmed",
		});
		this.reason = limit(
			text_field(__("Reason for Overriding"), { name: "override_reason", wide: true }),
			MAX_REASON_LENGTH,
		);
		this.notes = el("div", { class: "mx-never-found", role: "status" }, this.text, this.list);
		this.element = el("div", { class: "mx-never" }, this.notes, this.confirmed.node, this.reason.node);
		this.draw();
	}

	/** Asks the server after a pause in typing. */
	ask_soon() {
		clearTimeout(this.timer);
		this.request += 1;
		this.timer = setTimeout(() => this.ask(), TYPING_PAUSE);
	}

	ask() {
		clearTimeout(this.timer);
		const request = ++this.request;
		const { gesture_type, what, message } = this.describe();
		if (!gesture_type && !what && !message) return this.show({});
		this.panel.send("gestures.check_never_notes", { gesture_type, what, message }).then(
			(found) => request === this.request && this.show(found),
			// The server checks again when the gesture is saved.
			() => {},
		);
	}

	/** Shows an answer: {verdict, never_notes, text, can_override}. What was confirmed about other notes counts no longer. */
	show({ verdict = "clear", never_notes = [], text = "", can_override = false }) {
		const before = JSON.stringify([this.found.verdict, this.found.never_notes]);
		this.found = { verdict, never_notes, text, can_override };
		if (JSON.stringify([verdict, never_notes]) !== before) {
			this.confirmed.set(false);
			this.revealed = false;
		}
		this.draw();
		this.on_change();
	}

	draw() {
		const { __ } = this.panel;
		const { verdict, never_notes, text, can_override } = this.found;
		const shown = verdict !== "clear";
		const fallback =
			verdict === "blocked"
				? __("A note says never to do this.")
				: __("A note says what to avoid. Please check that this gesture is fine.");
		this.text.textContent = shown ? text || fallback : "";
		this.list.replaceChildren(...(shown ? this.note_lines(never_notes) : []));
		this.confirmed.show(verdict === "doubtful");
		this.reason.show(verdict === "blocked" && can_override);
		this.element.dataset.verdict = verdict;
	}

	note_lines(never_notes) {
		const { __, state } = this.panel;
		if (state.discreet && !this.revealed && never_notes.length) {
			const reveal = () => {
				this.revealed = true;
				this.draw();
				this.confirmed.input.focus();
			};
			return [
				el(
					"li",
					{},
					icon("hidden"),
					el("span", { class: "mx-muted", text: __("Hidden") }),
					button({ text: __("Show"), kind: "link", action: "reveal-never", on_click: reveal }),
				),
			];
		}
		return never_notes.map(({ note, source }) =>
			el(
				"li",
				{},
				icon("never"),
				el(
					"div",
					{},
					el("span", { class: "mx-sr-only", text: `${__("Never")}: ` }),
					user_text(note),
					source && user_text(source, "mx-muted"),
				),
			),
		);
	}

	/** Return the arguments to save; or {error, input} for what is still missing. */
	read() {
		const { __ } = this.panel;
		const { verdict, text, can_override } = this.found;
		if (verdict === "doubtful") {
			if (this.confirmed.get()) return { args: { never_notes_confirmed: true } };
			return {
				error: __("Read what to avoid, and tick the box if this gesture is fine. Nothing was saved."),
				input: this.confirmed.input,
			};
		}
		if (verdict !== "blocked") return { args: {} };
		const reason = this.reason.get();
		if (can_override && reason) return { args: { override_reason: reason } };
		if (can_override)
			return {
				error: __("Enter why this gesture is fine all the same. Nothing was saved."),
				input: this.reason.input,
			};
		return { error: text || __("A note says never to do this. Nothing was saved.") };
	}

	dispose() {
		clearTimeout(this.timer);
		this.request += 1;
	}
}
