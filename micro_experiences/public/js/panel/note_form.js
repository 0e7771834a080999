// The form to add a note: one text box and one button to save; everything else is suggested or collapsed.

import { button, el } from "./dom.js";
import { area_field, check_field, filled_values, select_field, text_field } from "./fields.js";
import { InlineForm } from "./inline_form.js";
import { NeverFields } from "./never_fields.js";
import { Suggestions } from "./suggestions.js";
import { MAX_REASON_LENGTH, WordingHint } from "./wording_hint.js";

const MAX_LENGTH = 500;
const MIN_LENGTH_TO_SUGGEST = 6;
const TYPING_PAUSE = 400; // milliseconds

export class NoteForm extends InlineForm {
	constructor(panel) {
		const { __ } = panel;
		super(panel, {
			label: __("Add note"),
			save: __("Save"),
			method: "notes.jot",
			done: __("Note saved."),
			idempotent: true,
		});
		this.request = 0;
		this.note = this.limit(
			area_field(__("What do you want to remember?"), {
				name: "note",
				placeholder: __("In their own words, if you can"),
			}),
			MAX_LENGTH,
		);
		this.first_input = this.note.input;
		this.make_fields();
		this.suggestions = new Suggestions(panel, {
			get: (name) => this.fields[name].get(),
			set: (values) => {
				Object.entries(values).forEach(([name, value]) => this.fields[name].set(value));
				this.show_relevant_fields();
				this.wording.draw();
			},
		});
		this.wording = new WordingHint(panel, {
			input: this.note.input,
			sensitive: {
				get: () => this.fields.sensitive.get(),
				set: (value) => {
					this.fields.sensitive.set(value);
					this.suggestions.draw();
				},
			},
			offers_reason: true,
		});
		this.limit(this.wording.reason_field, MAX_REASON_LENGTH);
		this.never_chip = button({
			text: __("Never"),
			kind: "chip",
			action: "never",
			"aria-pressed": "false",
			on_click: () => this.toggle_never(),
		});
		this.body.append(
			this.note.node,
			this.wording.element,
			this.suggestions.element,
			el("div", { class: "mx-chips" }, this.never_chip),
			this.never.element,
			this.details(),
		);
		this.note.input.addEventListener("input", () => this.on_typing());
		this.show_relevant_fields();
		panel.options().then(
			(options) => this.fill(options),
			() => {},
		);
	}

	make_fields() {
		const { __ } = this.panel;
		const select = (name, label, values, none = __("Not stated")) =>
			select_field(label, [["", none], ...values.map((value) => [value, __(value)])], { name });
		this.fields = {
			kind: select("kind", __("Kind"), ["Moment", "Fact", "Occasion", "Never"]),
			topic: select_field(__("Topic"), [["", __("None")]], { name: "topic" }),
			contact: select_field(__("Contact"), [["", __("No contact")]], { name: "contact" }),
			certainty: select("certainty", __("Certainty"), ["Told Us", "Noticed", "Confirmed"]),
			heard_via: select("heard_via", __("Heard Via"), [
				"In Person",
				"Phone",
				"Email",
				"Message",
				"Visit",
				"Other",
			]),
			occasion_on: text_field(__("Occasion On"), { name: "occasion_on", type: "date" }),
			follow_up_on: text_field(__("Follow Up On"), {
				name: "follow_up_on",
				type: "date",
				min: this.panel.today,
			}),
			remember_until: text_field(__("Remember Until"), {
				name: "remember_until",
				type: "date",
				min: this.panel.today,
			}),
			visibility: select(
				"visibility",
				__("Visibility"),
				["Everyone", "Group", "Only Me"],
				__("Automatic"),
			),
			user_group: select_field(__("Group"), [["", __("Choose")]], { name: "user_group" }),
			repeats_yearly: check_field(__("Repeats Yearly"), { name: "repeats_yearly" }),
			year_known: check_field(__("Year Known"), { name: "year_known" }),
			sensitive: check_field(__("Sensitive"), { name: "sensitive" }),
			pinned: check_field(__("Pinned"), { name: "pinned" }),
		};
		this.never = new NeverFields(this.panel, (field, most) => this.limit(field, most));
	}

	details() {
		const { repeats_yearly, year_known, sensitive, pinned, ...inputs } = this.fields;
		const node = el(
			"details",
			{ class: "mx-more" },
			el("summary", { text: this.panel.__("More options") }),
			el("div", { class: "mx-fields" }, ...Object.values(inputs).map((one) => one.node)),
			el(
				"div",
				{ class: "mx-checks" },
				[repeats_yearly, year_known, sensitive, pinned].map((one) => one.node),
			),
		);
		node.addEventListener("change", () => {
			this.show_relevant_fields();
			this.suggestions.draw();
			this.wording.draw();
		});
		return node;
	}

	fill({ topics = [], contacts = [], groups = [], restrictions = [] }) {
		const { __ } = this.panel;
		this.fields.topic.fill([["", __("None")], ...topics.map(({ name }) => [name, __(name)])]);
		this.fields.contact.fill([
			["", __("No contact")],
			...contacts.map(({ name, label }) => [name, label || name]),
		]);
		if (restrictions.length)
			this.never.offer(restrictions.map(({ name, label }) => [name, label || name]));
		this.fields.user_group.fill([["", __("Choose")], ...groups.map((name) => [name, name])]);
		// The contact of the form is preselected, so an empty choice must be sent too.
		this.preselected_contact = this.panel.context.contact;
		if (this.preselected_contact) this.fields.contact.set(this.preselected_contact);
	}

	/** Shows only the fields that apply to the chosen kind and visibility. */
	show_relevant_fields() {
		const { fields } = this;
		const kind = fields.kind.get();
		fields.occasion_on.show(kind === "Occasion");
		fields.repeats_yearly.show(kind === "Occasion");
		fields.year_known.show(kind === "Occasion");
		fields.remember_until.show(["", "Moment", "Never"].includes(kind));
		fields.user_group.show(fields.visibility.get() === "Group");
		this.never.show(kind === "Never");
		this.never_chip.setAttribute("aria-pressed", String(kind === "Never"));
		// A guess that it is a Never note has a chip of its own among the suggestions.
		this.never_chip.parentElement.hidden = this.suggestions.offers_kind("Never");
	}

	toggle_never() {
		const { kind } = this.fields;
		kind.set(kind.get() === "Never" ? "" : "Never");
		this.show_relevant_fields();
		this.suggestions.draw();
	}

	on_typing() {
		clearTimeout(this.timer);
		const note = this.note.get();
		const request = ++this.request;
		if (note.length < MIN_LENGTH_TO_SUGGEST) return this.show_suggestions({});
		this.timer = setTimeout(() => {
			this.panel.send("notes.suggest", { note }).then(
				(found) => request === this.request && this.show_suggestions(found),
				// Suggestions are optional: a failure is not shown.
				() => {},
			);
		}, TYPING_PAUSE);
	}

	show_suggestions(found) {
		// The wording hint also offers to mark the note as sensitive, and says why.
		this.suggestions.update(found.hints?.length ? { ...found, sensitive: false } : found);
		this.wording.update(found.hints);
		this.never.suggest(found);
		this.show_relevant_fields();
	}

	has_input() {
		return Boolean(this.note.get());
	}

	read() {
		const note = this.note.get();
		if (!note) return this.show_error(this.panel.__("Enter a note first."), this.note.input);
		if (this.fields.visibility.get() === "Group" && !this.fields.user_group.get()) {
			this.element.querySelector("details").open = true;
			return this.show_error(
				this.panel.__("Choose the group that can see this note."),
				this.fields.user_group.input,
			);
		}
		const { kind, follow_up_on, remember_until } = this.fields;
		for (const field of [follow_up_on, remember_until]) {
			if (!field.shown() || !field.get() || field.get() >= this.panel.today) continue;
			this.element.querySelector("details").open = true;
			return this.show_error(
				this.panel.__("This day is over. Choose today or a later day."),
				field.input,
			);
		}
		const args = { note, ...filled_values(this.fields), ...this.wording.reason() };
		if (kind.get() === "Never") {
			const ruled_out = this.never.read();
			if (!ruled_out)
				return this.show_error(
					this.panel.__("Say what this note rules out: tick a box or enter words to avoid."),
					this.never.first_input,
				);
			Object.assign(args, ruled_out);
		}
		if (this.preselected_contact) args.contact = this.fields.contact.get();
		return args;
	}

	dispose() {
		clearTimeout(this.timer);
		this.request += 1;
	}
}
