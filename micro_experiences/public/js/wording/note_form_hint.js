// The gentle question on the form of a note: under the text, while somebody writes. It stops nobody.

import { el, said } from "../panel/dom.js";
import { safely } from "./banner_host.js";

const LOOK = "/api/method/micro_experiences.desk.wording.look";
const ASK_AFTER = 400;

const places = new WeakMap(); // frm -> {node, lines, choices, text, hints, asked, timer}

const ask = (frm) => safely(() => ask_about_words(frm));
frappe.ui.form.on("Personal Note", { refresh: ask, sensitive: ask, kept_as_is_because: ask });

function ask_about_words(frm) {
	const field = frm.fields_dict.note;
	// Where the field is only read, nothing is asked.
	if (!field?.$input || field.disp_status !== "Write") return places.get(frm)?.node.remove();
	const place = places.get(frm) || make_place(frm, field);
	if (!place.node.isConnected) field.$wrapper.append(place.node);
	look(frm, field, place, 0);
}

function make_place(frm, field) {
	const choice = (text, action, on_click) =>
		el("button", {
			type: "button",
			class: "btn btn-xs btn-default",
			"data-action": action,
			text,
			on: { click: on_click },
		});
	const place = { text: "", hints: [], asked: 0 };
	place.lines = el("div", { role: "status" });
	place.choices = el(
		"div",
		{ class: "mx-form-wording-choices", role: "group", "aria-label": __("About these words") },
		choice(__("Mark sensitive"), "mark-sensitive", () => frm.set_value("sensitive", 1)),
		choice(__("Rephrase"), "rephrase", () => go_to_word(field, place)),
		choice(__("Keep, because…"), "keep-because", () => frm.scroll_to_field("kept_as_is_because")),
	);
	place.node = el("div", { class: "mx-form-wording" }, place.lines, place.choices);
	places.set(frm, place);
	field.$input.on("input", () => look(frm, field, place, ASK_AFTER));
	return place;
}

function look(frm, field, place, after) {
	clearTimeout(place.timer);
	const asked = ++place.asked;
	const text = (after ? field.$input.val() : frm.doc[field.df.fieldname] || "").trim();
	if (text === place.text) return draw(frm, place);
	if (!text) {
		Object.assign(place, { text, hints: [] });
		return draw(frm, place);
	}
	place.timer = setTimeout(async () => {
		const hints = await hints_about(text);
		if (asked !== place.asked || !hints) return;
		Object.assign(place, { text, hints });
		draw(frm, place);
	}, after);
}

/** Asked quietly: a question that does not come is not missed. */
async function hints_about(text) {
	try {
		const response = await fetch(LOOK, {
			method: "POST",
			headers: {
				Accept: "application/json",
				"Content-Type": "application/json",
				"X-Frappe-CSRF-Token": frappe.csrf_token,
				"X-Requested-With": "XMLHttpRequest",
			},
			credentials: "same-origin",
			body: JSON.stringify({ text }),
		});
		return response.ok ? (await response.json()).message.hints : null;
	} catch {
		return null;
	}
}

function draw(frm, { lines, choices, hints }) {
	const answered = frm.doc.sensitive || frm.doc.kept_as_is_because;
	const shown = answered ? [] : hints;
	lines.replaceChildren(
		...shown.map(({ text, words }) =>
			el(
				"p",
				{},
				el("span", { text: `${text} ` }),
				said([...new Set(words.map(({ word }) => word))].join(", "), "text-muted mx-wording-words"),
			),
		),
	);
	choices.hidden = !shown.length;
}

/** Selects the first of the words. */
function go_to_word(field, { hints }) {
	const [{ word }] = hints[0].words;
	const input = field.$input[0];
	const from = input.value.indexOf(word);
	input.focus();
	if (from >= 0) input.setSelectionRange(from, from + word.length);
}
