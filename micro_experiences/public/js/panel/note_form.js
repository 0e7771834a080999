// Jot: one box to write in and one button to save; everything else is proposed, or folded away.

import { el } from "./dom.js";
import { area_field, check_field, filled, select_field, text_field } from "./fields.js";
import { InlineForm } from "./form.js";
import { Proposals } from "./proposals.js";
import { Wording } from "./wording.js";

const LONGEST = 500;
const NEAR_THE_END = 60;
const SUGGEST_FROM = 6;
const SUGGEST_AFTER = 400;

export class JotForm extends InlineForm {
	constructor(panel) {
		const { __ } = panel;
		super(panel, {
			label: __("Jot"),
			save: __("Save"),
			method: "notes.jot",
			done: __("Kept."),
			once: true,
		});
		this.asked = 0;
		this.counter = el("span", { class: "mx-counter", "aria-live": "polite" });
		this.note = area_field(__("What shall we remember?"), {
			name: "note",
			maxlength: String(LONGEST),
			hint: this.counter,
			placeholder: __("In their words, if you can"),
		});
		this.first = this.note.input;
		this.make_fields();
		this.proposals = new Proposals(panel, {
			get: (name) => this.fields[name].get(),
			set: (values) => {
				Object.entries(values).forEach(([name, value]) => this.fields[name].set(value));
				this.suit();
				this.wording.draw();
			},
		});
		this.wording = new Wording(panel, {
			input: this.note.input,
			sensitive: {
				get: () => this.fields.sensitive.get(),
				set: (value) => {
					this.fields.sensitive.set(value);
					this.proposals.draw();
				},
			},
			because: true,
		});
		this.body.append(this.note.node, this.wording.element, this.proposals.element, this.details());
		this.note.input.addEventListener("input", () => this.on_typing());
		this.suit();
		panel.options().then(
			(options) => this.fill(options),
			() => {},
		);
	}

	make_fields() {
		const { __ } = this.panel;
		const usual = ["", __("As usual")];
		const select = (name, label, values) =>
			select_field(label, [usual, ...values.map((value) => [value, __(value)])], { name });
		this.fields = {
			kind: select("kind", __("Kind"), ["Moment", "Fact", "Occasion", "Never"]),
			topic: select_field(__("Topic"), [["", __("None")]], { name: "topic" }),
			contact: select_field(__("Person"), [["", __("Nobody in particular")]], { name: "contact" }),
			certainty: select("certainty", __("How sure"), ["Told Us", "Noticed", "Confirmed"]),
			heard_via: select("heard_via", __("Heard"), [
				"In Person",
				"Phone",
				"Email",
				"Message",
				"Visit",
				"Other",
			]),
			occasion_on: text_field(__("Day of the occasion"), { name: "occasion_on", type: "date" }),
			follow_up_on: text_field(__("Follow up on"), {
				name: "follow_up_on",
				type: "date",
				min: this.panel.today,
			}),
			remember_until: text_field(__("Remember until"), {
				name: "remember_until",
				type: "date",
				min: this.panel.today,
			}),
			visibility: select("visibility", __("Who may see it"), ["Everyone", "Group", "Only Me"]),
			user_group: select_field(__("Group"), [["", __("Choose")]], { name: "user_group" }),
			repeats_yearly: check_field(__("Every year"), { name: "repeats_yearly" }),
			sensitive: check_field(__("Sensitive"), { name: "sensitive" }),
			pinned: check_field(__("Pin"), { name: "pinned" }),
		};
		this.stops = [
			["alcohol", __("Alcohol")],
			["food", __("Food")],
			["gift", __("Gifts")],
			["call", __("Calls")],
			["mail", __("Mail")],
			["photo", __("Photos")],
			["public", __("Anything public")],
		].map(([word, label]) => [word, check_field(label, { name: `stops_${word}` })]);
		this.stops_node = el(
			"fieldset",
			{ class: "mx-stops" },
			el("legend", { text: __("What to avoid") }),
			this.stops.map(([, check]) => check.node),
		);
	}

	details() {
		const { repeats_yearly, sensitive, pinned, ...inputs } = this.fields;
		const node = el(
			"details",
			{ class: "mx-more" },
			el("summary", { text: this.panel.__("More") }),
			el("div", { class: "mx-fields" }, ...Object.values(inputs).map((one) => one.node)),
			this.stops_node,
			el("div", { class: "mx-checks" }, repeats_yearly.node, sensitive.node, pinned.node),
		);
		node.addEventListener("change", () => {
			this.suit();
			this.proposals.draw();
			this.wording.draw();
		});
		return node;
	}

	fill({ topics = [], contacts = [], groups = [] }) {
		const { __ } = this.panel;
		this.fields.topic.fill([["", __("None")], ...topics.map(({ name }) => [name, __(name)])]);
		this.fields.contact.fill([
			["", __("Nobody in particular")],
			...contacts.map(({ name, label }) => [name, label || name]),
		]);
		this.fields.user_group.fill([["", __("Choose")], ...groups.map((name) => [name, name])]);
		// The person of the form is proposed; choosing nobody is then an answer of its own.
		this.proposed_contact = this.panel.context.contact;
		if (this.proposed_contact) this.fields.contact.set(this.proposed_contact);
	}

	/** Shows only what goes with the chosen kind and visibility. */
	suit() {
		const { fields } = this;
		const kind = fields.kind.get();
		fields.occasion_on.show(kind === "Occasion");
		fields.repeats_yearly.show(kind === "Occasion");
		fields.remember_until.show(kind === "" || kind === "Moment");
		fields.user_group.show(fields.visibility.get() === "Group");
		this.stops_node.hidden = kind !== "Never";
	}

	on_typing() {
		const { __ } = this.panel;
		const left = LONGEST - this.note.input.value.length;
		this.counter.textContent = left > NEAR_THE_END ? "" : __("{0} characters left", left);
		clearTimeout(this.timer);
		const note = this.note.get();
		const asked = ++this.asked;
		if (note.length < SUGGEST_FROM) return this.take({});
		this.timer = setTimeout(() => {
			this.panel.send("notes.suggest", { note }).then(
				(found) => asked === this.asked && this.take(found),
				// A proposal that does not come is not missed.
				() => {},
			);
		}, SUGGEST_AFTER);
	}

	take(found) {
		// Of two ways to mark it, the one that says why.
		this.proposals.update(found.hints?.length ? { ...found, sensitive: false } : found);
		this.wording.update(found.hints);
	}

	has_text() {
		return Boolean(this.note.get());
	}

	read() {
		const note = this.note.get();
		if (!note) return this.problem(this.panel.__("Write a few words first."), this.note.input);
		if (this.fields.visibility.get() === "Group" && !this.fields.user_group.get()) {
			this.element.querySelector("details").open = true;
			return this.problem(
				this.panel.__("Choose the group that may see it."),
				this.fields.user_group.input,
			);
		}
		const args = { note, ...filled(this.fields), ...this.wording.reason() };
		if (this.proposed_contact) args.contact = this.fields.contact.get();
		const stops = this.stops.filter(([, check]) => check.get()).map(([word]) => word);
		if (stops.length && !this.stops_node.hidden) args.stops = stops.join(", ");
		return args;
	}

	drop() {
		clearTimeout(this.timer);
		this.asked += 1;
	}
}
