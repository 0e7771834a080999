// The panel "Remember this": notes and follow-ups of one customer, and the actions on them. It depends on no framework:
// the host passes in the data, the calls and the translation, and places `element`.

import { arrange, button, el, user_text, unique_id } from "./dom.js";
import { Focus } from "./focus.js";
import { FollowUpForm } from "./follow_up_form.js";
import { GestureForm } from "./gesture_form.js";
import { HandoverForm } from "./handover_form.js";
import { Header } from "./header.js";
import { icon } from "./icons.js";
import { NoteForm } from "./note_form.js";
import { SnoozeForm } from "./snooze_form.js";
import { key_of, Line } from "./line.js";
import { CompletionForm, OutcomeForm } from "./outcome_form.js";

const FORMS = {
	jot: NoteForm,
	outcome: OutcomeForm,
	complete: CompletionForm,
	gesture: GestureForm,
	follow_up: FollowUpForm,
	snooze: SnoozeForm,
	handover: HandoverForm,
};
const SHOW_MESSAGE_FOR = 6000; // milliseconds
const OFFER_UNDO_FOR = 20_000; // milliseconds
const TIMEOUT = 45_000; // milliseconds

const PLAIN_MONEY = {
	decimal: ".",
	format: (amount, currency, precision) => `${currency || ""} ${amount.toFixed(precision)}`.trim(),
};

export class Panel {
	/**
	 * `call(method, args)` resolves to the server's answer or rejects with {message}; `translate(text, ...values)`
	 * fills "{0}"; `open(target)` navigates; `save_state(state)` remembers {folded, discreet}; `today` is "YYYY-MM-DD";
	 * `can` tells what the user may create: {jot, gesture, follow_up}; `money` is {decimal, format(amount, currency, precision)}.
	 */
	constructor({
		payload,
		context,
		state,
		can,
		call,
		translate,
		open,
		save_state,
		today,
		money = PLAIN_MONEY,
	}) {
		this.__ = translate;
		this.call = call;
		this.open = open;
		this.save_state = save_state;
		this.host_today = today;
		this.money = money;
		this.can = can;
		this.payload = payload;
		this.context = context || {};
		this.state = { ...state };
		this.lines = new Map();
		this.focus = new Focus(this);
		this.reset();
		this.build();
		this.draw();
		// Drafts are never stored outside the page, where the next person at this screen could find them, so the browser asks
		// before it discards one.
		this.confirm_leaving = (event) => this.has_unsaved_text() && event.preventDefault();
		addEventListener("beforeunload", this.confirm_leaving);
	}

	build() {
		const { __ } = this;
		const body_id = unique_id("body");
		this.header = new Header(this, body_id);
		this.empty = el("p", { class: "mx-empty" });
		this.list = el("ul", { class: "mx-lines", role: "list" });
		this.nudge = el("p", { class: "mx-nudge" });
		this.sensitive_access_text = el("span");
		this.sensitive_access = el(
			"p",
			{ class: "mx-sensitive-access" },
			icon("eye"),
			this.sensitive_access_text,
			button({
				text: __("Hide sensitive notes"),
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
			jot: opener("jot", __("Add note")),
			gesture: opener("gesture", __("Record gesture")),
			follow_up: opener("follow_up", __("Follow up")),
		};
		this.show_all = button({
			text: " ",
			kind: "link",
			action: "show-all",
			"aria-expanded": "false",
			on_click: () => this.toggle_rest(),
		});
		this.footer = el("div", { class: "mx-footer" }, ...Object.values(this.openers), this.show_all);
		this.body = el(
			"div",
			{ class: "mx-body", id: body_id },
			this.sensitive_access,
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

	/** The viewer's day as the server knows it; the host's only if it sent none. */
	get today() {
		return this.payload.today || this.host_today;
	}

	/** Discards everything that belongs to one customer. */
	reset() {
		this.form?.dispose();
		this.form?.element.remove();
		this.drafts?.forEach((form) => form.dispose());
		this.form = null;
		this.drafts = new Map();
		this.revealed = new Set();
		this.expanded_for_form = false;
		this.options_request = null;
		// The lines that the banner does not show at once; null while they are folded.
		this.rest = null;
		if (this.message) this.show_message("");
	}

	/** Shows `payload`. An open form, its text and the focus are kept unless the customer has changed. */
	update(payload, context) {
		const changed = payload.customer !== this.payload.customer;
		this.payload = payload;
		if (context) this.context = context;
		if (changed) this.reset();
		else if (this.rest) this.load_rest();
		this.draw();
	}

	/** Unfolds or folds the lines that the banner does not show at once. */
	toggle_rest() {
		if (!this.rest) return this.load_rest();
		this.rest = null;
		this.draw();
	}

	load_rest() {
		return this.send("banner.get_more", {}).then(
			({ items = [] }) => {
				this.rest = items;
				this.draw();
			},
			(error) => this.show_message(this.error_text(error), "problem"),
		);
	}

	/** Return whether a form has text that is not saved yet. */
	has_unsaved_text() {
		return [this.form, ...this.drafts.values()].some((form) => form?.has_input());
	}

	destroy() {
		removeEventListener("beforeunload", this.confirm_leaving);
		this.reset();
		clearTimeout(this.clearing);
		this.element.remove();
		this.destroyed = true;
	}

	// Drawing

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
		const keys = new Set(items.map(key_of));
		this.draw_lines([...items, ...(this.rest || []).filter((item) => !keys.has(key_of(item)))]);
		this.empty.replaceChildren(user_text(items.length ? "" : this.empty_text()));
		this.empty.hidden = items.length > 0;
		const nudge = this.can.gesture && !this.state.discreet && payload.wallet?.nudge;
		this.nudge.replaceChildren(user_text(nudge || ""));
		this.nudge.hidden = !nudge;
		this.sensitive_access.hidden = !payload.opened;
		this.sensitive_access_text.replaceChildren(
			user_text(this.state.discreet ? this.__("You can see sensitive notes.") : payload.opened || ""),
		);
		for (const [kind, node] of Object.entries(this.openers)) {
			node.hidden = !this.can[kind];
			node.setAttribute("aria-expanded", String(form?.key === kind));
		}
		const { __ } = this;
		this.show_all.hidden = !more;
		this.show_all.setAttribute("aria-expanded", String(Boolean(this.rest)));
		if (this.rest) this.show_all.textContent = __("Show less");
		else this.show_all.textContent = more === 1 ? __("1 more") : __("{0} more", more);
		this.footer.hidden = this.show_all.hidden && Object.values(this.openers).every((node) => node.hidden);
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
			// A line whose form is open stays until the form is closed.
			if (this.form?.line === line)
				shown.splice([...this.list.children].indexOf(line.element), 0, line.element);
			else this.lines.delete(key);
		}
		arrange(this.list, shown);
	}

	empty_text() {
		const { __, payload } = this;
		return payload.more ? __("Nothing to show right now.") : __("No notes yet. What did they tell you?");
	}

	is_folded() {
		return !this.expanded_for_form && (this.state.folded ?? Boolean(this.context.compact));
	}

	fold(folded) {
		this.expanded_for_form = false;
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

	/** Applies a state that was chosen on another form, without saving it again. */
	restore(state) {
		this.state = { ...state };
		this.revealed.clear();
		this.draw();
	}

	// Forms

	/** Opens a form: below its line if it is about an item, otherwise above the footer. */
	open_form(kind, item) {
		const key = item ? `${kind} ${key_of(item)}` : kind;
		// Expanded only for this form, so the state is not saved.
		this.expanded_for_form = this.expanded_for_form || this.is_folded();
		if (this.form?.key === key) {
			this.draw();
			return this.form.focus();
		}
		if (this.form) this.store_draft();
		const form = this.drafts.get(key) || new FORMS[kind](this, item);
		form.key = key;
		form.line = item ? this.lines.get(key_of(item)) : null;
		this.form = form;
		(form.line?.slot || this.slot).replaceChildren(form.element);
		this.show_message("");
		this.draw();
		form.focus();
	}

	/** Closes the open form. Its input is kept as a draft, which the same button restores. */
	close_form() {
		const { form, __ } = this;
		if (!form) return;
		this.store_draft();
		this.draw();
		this.focus.focus_near(form);
		if (form.has_input()) this.show_message(__("Your draft is kept. Reopen this form to continue."));
	}

	store_draft() {
		const { form } = this;
		if (form.has_input()) this.drafts.set(form.key, form);
		else {
			this.drafts.delete(form.key);
			form.dispose();
		}
		form.element.remove();
		this.form = null;
	}

	/** Removes a form after a successful save and shows the answer. */
	finish(form, answer, message) {
		this.drafts.delete(form.key);
		form.dispose();
		const had_focus = form.element.contains(document.activeElement);
		form.element.remove();
		if (this.form === form) this.form = null;
		this.apply(answer, message);
		if (had_focus) this.focus.focus_near(form);
	}

	/** Return topics, contacts, users and gesture types; requested once, when the first form needs them. */
	options() {
		this.options_request ??= this.send("notes.get_form_options", {}).catch((error) => {
			this.options_request = null;
			throw error;
		});
		return this.options_request;
	}

	// Calls

	/**
	 * Return a promise of the answer, rejected after a timeout. It never settles if the panel shows another customer by the time
	 * the server answers.
	 */
	send(method, args) {
		const { customer } = this.payload;
		const is_stale = () => this.destroyed || this.payload.customer !== customer;
		return new Promise((resolve, reject) => {
			const timeout = setTimeout(
				() =>
					is_stale() ||
					reject({ message: this.__("The server has not answered yet. Please try again.") }),
				TIMEOUT,
			);
			Promise.resolve()
				.then(() => this.call(method, args))
				.then(
					(answer) => is_stale() || resolve(answer || {}),
					(error) => is_stale() || reject(error),
				)
				.finally(() => clearTimeout(timeout));
		});
	}

	/** Runs an action of a line and shows its result. */
	run(method, args, message) {
		return this.send(method, args).then(
			(answer) => this.apply(answer, message),
			(error) => this.show_message(this.error_text(error), "problem"),
		);
	}

	/** Ends the access to sensitive notes. Their lines disappear, so the focus moves to the panel. */
	async close_sensitive() {
		await this.run("sensitive_notes.end_access", {});
		if (this.sensitive_access.hidden) this.element.focus();
	}

	apply(answer, message) {
		if (answer.banner?.customer === this.payload.customer) this.update(answer.banner);
		else this.draw();
		this.show_message(
			answer.text || message,
			"calm",
			answer.can_undo && { run: () => this.undo(answer.name) },
		);
	}

	/** Takes back a gesture that was just recorded. */
	undo(name) {
		this.show_message("");
		return this.run("gestures.set_status", { name, status: "Cancelled" }, this.__("Gesture cancelled."));
	}

	error_text(error) {
		return error?.message || this.__("The request failed.");
	}

	/** Shows a message; a calm one disappears after a while. `undo` ({run}) adds a button and gives more time. */
	show_message(text, tone = "calm", undo = null) {
		clearTimeout(this.clearing);
		const had_focus = this.message.contains(document.activeElement);
		this.message.replaceChildren(
			...[
				text && el("span", { text }),
				undo && button({ text: this.__("Undo"), kind: "link", action: "undo", on_click: undo.run }),
			].filter(Boolean),
		);
		this.message.dataset.tone = tone;
		// The form above it is gone, which can leave the message outside the screen.
		if (undo) this.message.scrollIntoView({ block: "center" });
		if (had_focus) this.focus.focus_first(...this.focus.fallbacks());
		if (text && tone === "calm")
			this.clearing = setTimeout(() => this.clear_message(), undo ? OFFER_UNDO_FOR : SHOW_MESSAGE_FOR);
	}

	/** Waits while somebody is on the button in the message. */
	clear_message() {
		if (this.message.matches(":hover, :focus-within") && this.message.querySelector("button"))
			this.clearing = setTimeout(() => this.clear_message(), SHOW_MESSAGE_FOR);
		else this.show_message("");
	}
}
