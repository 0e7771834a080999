// A gesture: proposed by the server, changed by the person, with what it may cost in plain sight.

import { el, said } from "./dom.js";
import { area_field, select_field, text_field } from "./fields.js";
import { InlineForm } from "./form.js";
import { Wording } from "./wording.js";

export class GestureForm extends InlineForm {
	constructor(panel, item) {
		const { __ } = panel;
		super(panel, {
			label: __("Gesture"),
			save: __("Give"),
			method: "gestures.give",
			done: __("Given."),
			once: true,
		});
		this.item = item;
		this.asked = 0;
		this.touched = new Set();
		this.gesture_type = select_field(__("Type"), [["", __("Something else")]], { name: "gesture_type" });
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
		this.first = this.fields.what.input;
		for (const [name, field] of Object.entries(this.fields)) {
			field.input.addEventListener("input", () => this.touched.add(name));
		}
		this.cost_label = this.fields.cost.node.querySelector("label");
		this.budget = select_field(__("Paid from"), [], { name: "gesture_budget" });
		this.wallets = [];
		this.wallet = el("p", { class: "mx-wallet-line" });
		this.warnings = el("ul", { class: "mx-warnings", role: "list", "aria-live": "polite" });
		this.wording = new Wording(panel, { input: this.fields.message.input }).listen();
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
					["", __("Something else")],
					...gesture_types.map((type) => [type.name, __(type.name)]),
				]),
			() => {},
		);
		this.propose();
	}

	/** Asks for a proposal and fills what the person has not touched. Only the newest answer counts. */
	propose(gesture_type) {
		const asked = ++this.asked;
		// Something else than the types there are: nothing to propose, and nothing said against it.
		if (gesture_type === "") {
			this.body.removeAttribute("aria-busy");
			return this.take({ wallets: this.wallets }, "");
		}
		const args = {};
		if (this.item) args.personal_note = this.item.name;
		if (gesture_type) args.gesture_type = gesture_type;
		this.body.setAttribute("aria-busy", "true");
		this.panel
			.send("gestures.propose", args)
			.then(
				(proposal) => asked === this.asked && this.take(proposal || {}, gesture_type),
				// Without a proposal the form is simply empty; saving tells what is wrong.
				() => {},
			)
			.finally(() => asked === this.asked && this.body.removeAttribute("aria-busy"));
	}

	take(proposal, chosen) {
		if (chosen === undefined) this.gesture_type.set(proposal.gesture_type);
		for (const [name, field] of Object.entries(this.fields)) {
			if (!this.touched.has(name)) field.set(proposal[name] === 0 ? "" : proposal[name]);
		}
		this.wallets = proposal.wallets || [];
		this.draw_wallet();
		this.warnings.replaceChildren(
			...(proposal.warnings || []).map((warning) => el("li", {}, said(warning))),
		);
	}

	/** Which wallet pays and what it holds; a choice only where there is one. */
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
		this.cost_label.textContent = paying?.currency ? __("Cost in {0}", paying.currency) : __("Cost");
		const parts = paying && !state.discreet ? [paying.text, paying.free_text] : [];
		this.wallet.replaceChildren(said(parts.filter(Boolean).join("; ")));
	}

	has_text() {
		return this.touched.size > 0;
	}

	read() {
		const { __ } = this.panel;
		const what = this.fields.what.get();
		if (!what) return this.problem(__("Say what it is."), this.fields.what.input);
		const args = { what };
		const gesture_type = this.gesture_type.get();
		const message = this.fields.message.get();
		const cost = this.fields.cost.get();
		if (!this.fields.cost.input.validity.valid) {
			return this.problem(__("The cost is a number."), this.fields.cost.input);
		}
		if (gesture_type) args.gesture_type = gesture_type;
		if (message) args.message = message;
		if (cost) args.cost = Number(cost);
		if (this.budget.get()) args.gesture_budget = this.budget.get();
		if (this.item) args.personal_note = this.item.name;
		return args;
	}

	drop() {
		this.wording.drop();
	}
}
