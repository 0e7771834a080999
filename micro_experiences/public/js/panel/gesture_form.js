// The form for a gesture: filled with the server's proposal, with the balance of the wallet in view.

import { el, user_text } from "./dom.js";
import { area_field, select_field, text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";
import { WordingHint } from "./wording_hint.js";

export class GestureForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Record gesture"),
			save: __("Save"),
			method: "gestures.record_gesture",
			done: __("Gesture recorded."),
			idempotent: true,
		});
		this.item = item;
		this.request = 0;
		this.touched = new Set();
		this.gesture_type = select_field(__("Type"), [["", __("Other")]], { name: "gesture_type" });
		this.fields = {
			what: text_field(__("What"), { name: "what", maxlength: "140", wide: true }),
			message: area_field(__("Message"), { name: "message" }),
			cost: text_field(__("Cost"), {
				name: "cost",
				type: "number",
				min: "0",
				step: "any",
				inputmode: "decimal",
			}),
		};
		this.first_input = this.fields.what.input;
		for (const [name, field] of Object.entries(this.fields)) {
			field.input.addEventListener("input", () => this.touched.add(name));
		}
		this.cost_label = this.fields.cost.node.querySelector("label");
		this.budget = select_field(__("Paid From"), [], { name: "gesture_budget" });
		this.wallets = [];
		this.wallet = el("p", { class: "mx-wallet-line" });
		this.warnings = el("ul", { class: "mx-warnings", role: "list", "aria-live": "polite" });
		this.wording = new WordingHint(panel, { input: this.fields.message.input }).listen();
		this.body.append(
			el("div", { class: "mx-fields" }, this.gesture_type.node, this.fields.cost.node),
			this.fields.what.node,
			this.fields.message.node,
			this.wording.element,
			this.budget.node,
			this.wallet,
			this.warnings,
		);
		this.budget.show(false);
		this.budget.input.addEventListener("change", () => {
			this.touched.add("gesture_budget");
			this.draw_wallet();
		});
		this.gesture_type.input.addEventListener("change", () => this.propose(this.gesture_type.get()));
		panel.options().then(
			({ gesture_types = [] }) =>
				this.gesture_type.fill([
					["", __("Other")],
					...gesture_types.map((type) => [type.name, __(type.name)]),
				]),
			() => {},
		);
		this.propose();
	}

	/** Requests a proposal and fills the fields that the user has not touched. Only the latest answer counts. */
	propose(gesture_type) {
		const request = ++this.request;
		// No type is chosen: there is nothing to propose or to warn about.
		if (gesture_type === "") {
			this.body.removeAttribute("aria-busy");
			return this.fill({ wallets: this.wallets }, "");
		}
		const args = {};
		if (this.item) args.personal_note = this.item.name;
		if (gesture_type) args.gesture_type = gesture_type;
		this.body.setAttribute("aria-busy", "true");
		this.panel
			.send("gestures.propose", args)
			.then(
				(proposal) => request === this.request && this.fill(proposal || {}, gesture_type),
				// Without a proposal the form stays empty; saving shows any error.
				() => {},
			)
			.finally(() => request === this.request && this.body.removeAttribute("aria-busy"));
	}

	fill(proposal, chosen) {
		if (chosen === undefined) this.gesture_type.set(proposal.gesture_type);
		for (const [name, field] of Object.entries(this.fields)) {
			if (!this.touched.has(name)) field.set(proposal[name] === 0 ? "" : proposal[name]);
		}
		this.wallets = proposal.wallets || [];
		this.draw_wallet();
		this.warnings.replaceChildren(
			...(proposal.warnings || []).map((warning) => el("li", {}, user_text(warning))),
		);
	}

	/** Shows which wallet pays and its balance; the choice is visible only if there are several wallets. */
	draw_wallet() {
		const { __, state } = this.panel;
		const chosen = this.budget.get();
		const paying = this.wallets.find((wallet) => wallet.gesture_budget === chosen) || this.wallets[0];
		this.budget.set(paying?.gesture_budget);
		this.budget.fill(
			this.wallets.map(({ gesture_budget, title, text }) => [
				gesture_budget,
				state.discreet ? title : __("{0}: {1}", title, text),
			]),
		);
		this.budget.show(this.wallets.length > 1);
		this.cost_label.textContent = paying?.currency ? __("Cost ({0})", paying.currency) : __("Cost");
		const parts = paying && !state.discreet ? [paying.text, paying.free_text] : [];
		this.wallet.replaceChildren(user_text(parts.filter(Boolean).join("; ")));
	}

	has_input() {
		return this.touched.size > 0;
	}

	read() {
		const { __ } = this.panel;
		const what = this.fields.what.get();
		if (!what) return this.show_error(__("Describe the gesture."), this.fields.what.input);
		const args = { what };
		const gesture_type = this.gesture_type.get();
		const message = this.fields.message.get();
		const cost = this.fields.cost.get();
		if (!this.fields.cost.input.validity.valid) {
			return this.show_error(__("Enter the cost as a number."), this.fields.cost.input);
		}
		if (gesture_type) args.gesture_type = gesture_type;
		if (message) args.message = message;
		if (cost) args.cost = Number(cost);
		if (this.budget.get()) args.gesture_budget = this.budget.get();
		if (this.item) args.personal_note = this.item.name;
		return args;
	}

	dispose() {
		this.wording.dispose();
	}
}
