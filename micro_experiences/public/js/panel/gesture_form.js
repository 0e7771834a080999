// The form for a gesture. Nothing is chosen in advance; the server proposes what suits the chosen type, and the button and the
// line below the fields say what saving will do.

import { add_days } from "./dates.js";
import { button, el, user_text } from "./dom.js";
import { area_field, select_field, text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";
import { NeverCheck } from "./never_check.js";
import { parse_amount } from "./numbers.js";
import { WordingHint } from "./wording_hint.js";

const MAX_WHAT_LENGTH = 140;
const MAX_MESSAGE_LENGTH = 1000;
const OTHER = "-"; // "Other" is a choice, and no Gesture Type
const LATER = "later";

export class GestureForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Record gesture"),
			save: __("Record gesture"),
			method: "gestures.record_gesture",
			done: __("Gesture recorded."),
			idempotent: true,
		});
		this.item = item;
		this.request = 0;
		this.touched = new Set();
		this.wallets = [];
		this.save_text = this.save_button.querySelector("span");
		this.make_fields();
		this.suggestion = el("div", { class: "mx-chips", role: "group", "aria-label": __("Suggestions") });
		this.wallet = el("p", { class: "mx-wallet-line", role: "status" });
		this.warnings = el("ul", { class: "mx-warnings", role: "list", "aria-live": "polite" });
		this.wording = new WordingHint(panel, { input: this.fields.message.input }).listen();
		this.never = new NeverCheck(panel, {
			describe: () => this.describe(),
			on_change: () => this.draw_wallet(),
			limit: (field, most) => this.limit(field, most),
		});
		this.body.append(
			el("div", { class: "mx-fields" }, this.gesture_type.node, this.fields.cost.node),
			this.suggestion,
			this.fields.what.node,
			this.fields.message.node,
			this.wording.element,
			el("div", { class: "mx-fields" }, this.when.node, this.planned_on.node, this.budget.node),
			this.warnings,
			this.never.element,
			this.wallet,
		);
		this.listen();
		this.draw_when();
		panel.options().then(
			({ gesture_types = [] }) => this.offer_types(gesture_types),
			() => {},
		);
		this.propose();
	}

	make_fields() {
		const { __, today } = this.panel;
		this.gesture_type = select_field(__("Type"), this.type_options([]), { name: "gesture_type" });
		this.fields = {
			what: this.limit(text_field(__("What"), { name: "what", wide: true }), MAX_WHAT_LENGTH),
			message: this.limit(area_field(__("Message"), { name: "message" }), MAX_MESSAGE_LENGTH),
			// Not a number field: a browser discards what it cannot read, and reads only one decimal separator.
			cost: text_field(__("Cost"), { name: "cost", inputmode: "decimal", dir: "ltr" }),
		};
		this.first_input = this.fields.what.input;
		this.cost_label = this.fields.cost.node.querySelector("label");
		const when = [
			["", __("Now")],
			[LATER, __("On a day")],
		];
		this.when = select_field(__("When"), when, { name: "when" });
		this.planned_on = text_field(__("Planned On"), {
			name: "planned_on",
			type: "date",
			min: add_days(today, 1),
		});
		this.budget = select_field(__("Paid From"), [], { name: "gesture_budget" });
		this.budget.show(false);
	}

	listen() {
		for (const [name, field] of Object.entries(this.fields)) {
			field.input.addEventListener("input", () => {
				this.touched.add(name);
				if (name === "cost") this.draw_wallet();
				else this.never.ask_soon();
			});
		}
		this.gesture_type.input.addEventListener("change", () => this.choose_type(this.gesture_type.get()));
		this.budget.input.addEventListener("change", () => {
			this.touched.add("gesture_budget");
			this.draw_wallet();
		});
		for (const field of [this.when, this.planned_on])
			field.input.addEventListener("change", () => {
				this.touched.add("planned_on");
				this.draw_when();
			});
	}

	type_options(gesture_types) {
		const { __ } = this.panel;
		const types = gesture_types.map(({ name }) => [name, __(name)]);
		return [["", __("Choose …")], ...types, [OTHER, __("Other")]];
	}

	offer_types(gesture_types) {
		this.gesture_type.fill(this.type_options(gesture_types));
	}

	/** Return the chosen Gesture Type, or "". */
	get_type() {
		const chosen = this.gesture_type.get();
		return chosen === OTHER ? "" : chosen;
	}

	describe() {
		const { what, message } = this.fields;
		return { gesture_type: this.get_type(), what: what.get(), message: message.get() };
	}

	choose_type(chosen) {
		this.touched.add("gesture_type");
		this.gesture_type.set(chosen);
		this.draw_suggestion();
		this.propose(this.get_type());
	}

	/** Requests a proposal and fills the fields that the user has not touched. Only the latest answer counts. */
	propose(gesture_type) {
		const request = ++this.request;
		// No type is chosen: there is nothing to propose or to warn about.
		if (gesture_type === "") {
			this.body.removeAttribute("aria-busy");
			this.fill({ wallets: this.wallets, notice: this.notice });
			return this.never.ask();
		}
		const args = {};
		if (this.item) args.personal_note = this.item.name;
		if (gesture_type) args.gesture_type = gesture_type;
		this.body.setAttribute("aria-busy", "true");
		this.panel
			.send("gestures.propose", args)
			.then(
				(proposal) => request === this.request && this.on_proposal(proposal || {}, gesture_type),
				// Without a proposal the form stays empty; saving shows any error.
				() => {},
			)
			.finally(() => request === this.request && this.body.removeAttribute("aria-busy"));
	}

	on_proposal(proposal, gesture_type) {
		this.suggested_type ??= proposal.suggested_type;
		this.draw_suggestion();
		// Nothing is filled in for a type that the user did not choose.
		const { wallets, notice } = proposal;
		this.fill(gesture_type ? proposal : { wallets, notice });
		if (!gesture_type) return;
		// The proposal is about its own words; the user's are asked about.
		if (this.touched.has("what") || this.touched.has("message")) this.never.ask();
		else this.never.show(proposal);
	}

	fill(proposal) {
		for (const [name, field] of Object.entries(this.fields)) {
			if (!this.touched.has(name)) field.set(proposal[name] === 0 ? "" : proposal[name]);
		}
		this.wallets = proposal.wallets || [];
		this.notice = proposal.notice;
		this.draw_wallet();
		this.warnings.replaceChildren(
			...(proposal.warnings || []).map((warning) => el("li", {}, user_text(warning))),
		);
	}

	/** Offers the suggested type as long as no type is chosen. */
	draw_suggestion() {
		const { __ } = this.panel;
		const offered = this.suggested_type && !this.gesture_type.get();
		const had_focus = this.suggestion.contains(document.activeElement);
		const accept = () => this.choose_type(this.suggested_type);
		this.suggestion.hidden = !offered;
		this.suggestion.replaceChildren(
			...(offered
				? [
						button({
							text: __("{0}?", __(this.suggested_type)),
							kind: "chip",
							action: "suggested-type",
							on_click: accept,
						}),
					]
				: []),
		);
		if (had_focus && !offered) this.fields.what.input.focus();
	}

	draw_when() {
		this.planned_on.show(this.when.get() === LATER);
		this.draw_wallet();
	}

	/** Return the wallet that pays. */
	get_paying() {
		const chosen = this.budget.get();
		return this.wallets.find((wallet) => wallet.gesture_budget === chosen) || this.wallets[0];
	}

	/** Return the cost that is typed, 0 if there is none, or null if it is no amount. */
	get_cost() {
		const written = this.fields.cost.get();
		const amount = written ? parse_amount(written, this.panel.money.decimal) : { value: 0 };
		return amount && amount.value;
	}

	/** Shows which wallet pays, its balance and what will be left; the choice is visible only if there are several wallets. */
	draw_wallet() {
		const { __, state } = this.panel;
		const paying = this.get_paying();
		this.budget.set(paying?.gesture_budget);
		this.budget.fill(
			this.wallets.map(({ gesture_budget, title, text }) => [
				gesture_budget,
				state.discreet ? title : __("{0}: {1}", title, text),
			]),
		);
		this.budget.show(this.wallets.length > 1);
		this.cost_label.textContent = paying?.currency ? __("Cost ({0})", paying.currency) : __("Cost");
		const parts = paying ? [paying.text, paying.free_text, this.describe_balance(paying)] : [this.notice];
		this.wallet.replaceChildren(user_text(state.discreet ? "" : parts.filter(Boolean).join("; ")));
		this.draw_save_text();
	}

	describe_balance({ left, currency, precision = 2 }) {
		const { __, money } = this.panel;
		const cost = this.get_cost();
		if (!(cost > 0) || left === undefined) return "";
		const after = Number((left - cost).toFixed(precision));
		if (after < 0) return __("{0} too much", money.format(-after, currency, precision));
		return __("{0} left after this", money.format(after, currency, precision));
	}

	draw_save_text() {
		const { __ } = this.panel;
		const paying = this.get_paying();
		const asks = paying?.free_up_to !== undefined && this.get_cost() > paying.free_up_to;
		if (asks) this.save_text.textContent = __("Ask for approval");
		else this.save_text.textContent = this.when.get() ? __("Plan gesture") : __("Record gesture");
	}

	has_input() {
		return this.touched.size > 0;
	}

	read() {
		const { __ } = this.panel;
		const { what, message } = this.fields;
		if (!what.get())
			return this.show_error(__("Choose a type, or say what you give. Nothing was saved."), what.input);
		if (!this.check_cost() || !this.check_day()) return null;
		const never = this.never.read();
		if (never.error) return this.show_error(never.error, never.input);
		const args = { what: what.get() };
		if (this.get_type()) args.gesture_type = this.get_type();
		if (message.get()) args.message = message.get();
		if (this.fields.cost.get()) args.cost = this.get_cost();
		if (this.budget.get()) args.gesture_budget = this.budget.get();
		if (this.planned_on.shown()) args.planned_on = this.planned_on.get();
		if (this.item) args.personal_note = this.item.name;
		return { ...args, ...never.args };
	}

	check_cost() {
		const { __, money } = this.panel;
		const { cost } = this.fields;
		if (!cost.get()) return true;
		const amount = parse_amount(cost.get(), money.decimal);
		const { currency = "", precision = 2 } = this.get_paying() || {};
		let error = "";
		if (!amount) error = __("Enter the cost as a number.");
		else if (amount.value < 0) error = __("The cost must be zero or more.");
		else if (amount.places > precision)
			error = precision
				? __("An amount in {0} has at most {1} decimal places.", currency, precision)
				: __("An amount in {0} has no decimal places.", currency);
		if (error) this.show_error(error, cost.input);
		return !error;
	}

	check_day() {
		const { __, today } = this.panel;
		if (!this.planned_on.shown()) return true;
		const day = this.planned_on.get();
		if (day > today) return true;
		this.show_error(day ? __("Choose a day after today.") : __("Choose a date."), this.planned_on.input);
		return false;
	}

	/** Another colleague may have added a Never note meanwhile: shows it with what is needed to go on. */
	on_refused() {
		this.never.ask();
	}

	dispose() {
		this.wording.dispose();
		this.never.dispose();
	}
}
