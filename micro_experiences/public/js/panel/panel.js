// "Remember this": what is known about one customer, and what can be done about it. It needs nothing but a page:
// the host passes in the data, the calls and the words, and places `element`.

import { arrange, button, el, said, unique_id } from "./dom.js";
import { Focus } from "./focus.js";
import { FollowUpForm } from "./follow_up_form.js";
import { GestureForm } from "./gesture_form.js";
import { HandOverForm } from "./hand_over_form.js";
import { Header } from "./header.js";
import { icon } from "./icons.js";
import { JotForm } from "./jot_form.js";
import { LaterForm } from "./later_form.js";
import { key_of, Line } from "./line.js";
import { SaidForm } from "./said_form.js";

const FORMS = {
	jot: JotForm,
	said: SaidForm,
	gesture: GestureForm,
	follow_up: FollowUpForm,
	later: LaterForm,
	hand_over: HandOverForm,
};
const MESSAGE_STAYS = 6000;
const PATIENCE = 45_000;

export class Panel {
	/**
	 * `call(method, args)` resolves to the server's answer or rejects with {message}; `translate(text, ...values)`
	 * fills "{0}"; `open(target)` navigates; `save_state(state)` remembers {folded, discreet}; `today` is "YYYY-MM-DD";
	 * `can` says what the user may make: {jot, gesture, follow_up}.
	 */
	constructor({ payload, context, state, can, call, translate, open, save_state, today }) {
		this.__ = translate;
		this.call = call;
		this.open = open;
		this.save_state = save_state;
		this.today = today;
		this.can = can;
		this.payload = payload;
		this.context = context || {};
		this.state = { ...state };
		this.lines = new Map();
		this.focus = new Focus(this);
		this.forget();
		this.build();
		this.draw();
		// Nothing that was typed is written down outside of the page, where the next person at this screen could find it: whoever
		// leaves the page is asked first.
		this.ask_to_stay = (event) => this.has_words() && event.preventDefault();
		addEventListener("beforeunload", this.ask_to_stay);
	}

	build() {
		const { __ } = this;
		const body_id = unique_id("body");
		this.header = new Header(this, body_id);
		this.empty = el("p", { class: "mx-empty" });
		this.list = el("ul", { class: "mx-lines", role: "list" });
		this.nudge = el("p", { class: "mx-nudge" });
		this.opened_text = el("span");
		this.opened = el(
			"p",
			{ class: "mx-opened" },
			icon("eye"),
			this.opened_text,
			button({
				text: __("Close again"),
				kind: "link",
				action: "close-sensitive",
				on_click: () => this.close_sensitive(),
			}),
		);
		this.slot = el("div", { class: "mx-slot" });
		const opener = (kind, text) =>
			button({
				text,
				icon: icon(kind),
				action: kind,
				"aria-expanded": "false",
				on_click: () => this.open_form(kind),
			});
		this.openers = {
			jot: opener("jot", __("Jot")),
			gesture: opener("gesture", __("Gesture")),
			follow_up: opener("follow_up", __("Follow up")),
		};
		this.rest = button({
			text: " ",
			kind: "link",
			action: "rest",
			on_click: () => this.open({ kind: "notes" }),
		});
		this.footer = el("div", { class: "mx-footer" }, ...Object.values(this.openers), this.rest);
		this.body = el(
			"div",
			{ class: "mx-body", id: body_id },
			this.opened,
			this.empty,
			this.list,
			this.nudge,
			this.slot,
			this.footer,
		);
		this.message = el("p", { class: "mx-message", role: "status", "aria-live": "polite" });
		this.element = el(
			"section",
			{ class: "mx-panel", role: "region", "aria-label": __("Remember this"), tabindex: "-1" },
			this.header.element,
			this.body,
			this.message,
		);
	}

	/** What belongs to one customer only. */
	forget() {
		this.form?.drop();
		this.form?.element.remove();
		this.drafts?.forEach((form) => form.drop());
		this.form = null;
		this.drafts = new Map();
		this.revealed = new Set();
		this.peeking = false;
		this.asked_options = null;
		if (this.message) this.tell("");
	}

	/** Shows `payload`. A form that is open, the text in it and the focus stay, unless the customer is another one. */
	update(payload, context) {
		const another = payload.customer !== this.payload.customer;
		this.payload = payload;
		if (context) this.context = context;
		if (another) this.forget();
		this.draw();
	}

	/** Whether something is typed and not sent yet. */
	has_words() {
		return [this.form, ...this.drafts.values()].some((form) => form?.has_text());
	}

	destroy() {
		removeEventListener("beforeunload", this.ask_to_stay);
		this.forget();
		clearTimeout(this.clearing);
		this.element.remove();
		this.destroyed = true;
	}

	// What is shown

	draw() {
		const mark = this.focus.mark();
		const { payload, form } = this;
		const { items = [], more = 0 } = payload;
		const folded = this.is_folded();
		this.element.hidden = Boolean(payload.quiet) && !items.length && !form;
		this.element.classList.toggle("mx-folded", folded);
		this.element.classList.toggle("mx-discreet", Boolean(this.state.discreet));
		this.header.draw();
		this.body.hidden = folded;
		this.draw_lines(items);
		this.empty.replaceChildren(said(items.length ? "" : this.nothing()));
		this.empty.hidden = items.length > 0;
		const nudge = this.can.gesture && !this.state.discreet && payload.wallet?.nudge;
		this.nudge.replaceChildren(said(nudge || ""));
		this.nudge.hidden = !nudge;
		this.opened.hidden = !payload.opened;
		this.opened_text.replaceChildren(
			said(this.state.discreet ? this.__("Sensitive notes are open to you.") : payload.opened || ""),
		);
		for (const [kind, node] of Object.entries(this.openers)) {
			node.hidden = !this.can[kind];
			node.setAttribute("aria-expanded", String(form?.key === kind));
		}
		const { __ } = this;
		this.rest.hidden = !more;
		this.rest.textContent = more === 1 ? __("1 more") : __("{0} more", more);
		this.footer.hidden = this.rest.hidden && Object.values(this.openers).every((node) => node.hidden);
		this.focus.restore(mark);
	}

	draw_lines(items) {
		const shown = [];
		for (const item of items) {
			const key = key_of(item);
			const line = this.lines.get(key) || new Line(this, item);
			line.update(item);
			this.lines.set(key, line);
			shown.push(line.element);
		}
		for (const [key, line] of this.lines) {
			if (shown.includes(line.element)) continue;
			// A line that is being answered stays until the answer is written.
			if (this.form?.line === line)
				shown.splice([...this.list.children].indexOf(line.element), 0, line.element);
			else this.lines.delete(key);
		}
		arrange(this.list, shown);
	}

	nothing() {
		const { __, payload } = this;
		return payload.more ? __("Nothing for now.") : __("Nothing to remember yet. What did they tell you?");
	}

	is_folded() {
		return !this.peeking && (this.state.folded ?? Boolean(this.context.compact));
	}

	fold(folded) {
		this.peeking = false;
		this.set_state({ folded });
	}

	set_discreet(discreet) {
		this.set_state({ discreet });
	}

	is_hidden(item) {
		return Boolean(this.state.discreet) && !this.revealed.has(key_of(item));
	}

	reveal(item) {
		this.revealed.add(key_of(item));
		this.draw();
	}

	set_state(change) {
		this.restore({ ...this.state, ...change });
		this.save_state?.({ ...this.state });
	}

	/** Takes over a state that was chosen on another form, without saving it again. */
	restore(state) {
		this.state = { ...state };
		this.revealed.clear();
		this.draw();
	}

	// Forms

	/** Opens a form: under its line when it is about an item, else above the footer. */
	open_form(kind, item) {
		const key = item ? `${kind} ${key_of(item)}` : kind;
		// Unfolded for this one form only: that is not a choice to remember.
		this.peeking = this.peeking || this.is_folded();
		if (this.form?.key === key) {
			this.draw();
			return this.form.focus();
		}
		if (this.form) this.put_away();
		const form = this.drafts.get(key) || new FORMS[kind](this, item);
		form.key = key;
		form.line = item ? this.lines.get(key_of(item)) : null;
		this.form = form;
		(form.line?.slot || this.slot).replaceChildren(form.element);
		this.tell("");
		this.draw();
		form.focus();
	}

	/** Closes the open form. What was typed is kept and comes back with the same button. */
	close_form() {
		const { form, __ } = this;
		if (!form) return;
		this.put_away();
		this.draw();
		this.focus.near(form);
		if (form.has_text()) this.tell(__("What you typed is kept until you come back to it."));
	}

	put_away() {
		const { form } = this;
		if (form.has_text()) this.drafts.set(form.key, form);
		else {
			this.drafts.delete(form.key);
			form.drop();
		}
		form.element.remove();
		this.form = null;
	}

	/** The form was saved: it goes, and the answer is shown. */
	finish(form, answer, message) {
		this.drafts.delete(form.key);
		form.drop();
		const had_focus = form.element.contains(document.activeElement);
		form.element.remove();
		if (this.form === form) this.form = null;
		this.take(answer, message);
		if (had_focus) this.focus.near(form);
	}

	/** Topics, contacts, people and gesture types: asked once, when the first form wants them. */
	options() {
		this.asked_options ??= this.send("notes.options", {}).catch((error) => {
			this.asked_options = null;
			throw error;
		});
		return this.asked_options;
	}

	// Calls

	/**
	 * The answer, or a rejection, also when none comes for too long; neither ever comes when the panel has moved on to another
	 * customer.
	 */
	send(method, args) {
		const about = this.payload.customer;
		const gone = () => this.destroyed || this.payload.customer !== about;
		return new Promise((resolve, reject) => {
			const late = setTimeout(
				() => gone() || reject({ message: this.__("There is no answer yet. Please try again.") }),
				PATIENCE,
			);
			Promise.resolve()
				.then(() => this.call(method, args))
				.then(
					(answer) => gone() || resolve(answer || {}),
					(error) => gone() || reject(error),
				)
				.finally(() => clearTimeout(late));
		});
	}

	/** One click of a line: send, show the answer, say so. */
	run(method, args, message) {
		return this.send(method, args).then(
			(answer) => this.take(answer, message),
			(error) => this.tell(this.excuse(error), "problem"),
		);
	}

	/** What is sensitive goes, and the focus with it: it stays in the panel. */
	async close_sensitive() {
		await this.run("sensitive.close_sensitive", {});
		if (this.opened.hidden) this.element.focus();
	}

	take(answer, message) {
		if (answer.banner?.customer === this.payload.customer) this.update(answer.banner);
		else this.draw();
		this.tell(answer.text || message);
	}

	excuse(error) {
		return error?.message || this.__("That did not go through just now.");
	}

	tell(text, tone = "calm") {
		clearTimeout(this.clearing);
		this.message.textContent = text || "";
		this.message.dataset.tone = tone;
		if (text && tone === "calm") this.clearing = setTimeout(() => this.tell(""), MESSAGE_STAYS);
	}
}
