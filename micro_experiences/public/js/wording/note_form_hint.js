// The wording hint on the form of a note: below the text, while it is typed. It never blocks saving.

import { el, user_text } from "../panel/dom.js";

const CHECK_WORDING = "/api/method/micro_experiences.api.wording.check_wording";
const TYPING_PAUSE = 400; // milliseconds

const places = new WeakMap(); // frm -> {node, lines, choices, text, hints, request, timer}

/** Shows the hints about the text of the note, or updates them. */
export function update_wording_hint(frm) {
	const field = frm.fields_dict.note;
	// A read-only field has no hint.
	if (!field?.$input || field.disp_status !== "Write") return places.get(frm)?.node.remove();
	const place = places.get(frm) || make_place(frm, field);
	if (!place.node.isConnected) field.$wrapper.append(place.node);
	check(frm, field, place, 0);
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
	const place = { text: "", hints: [], request: 0 };
	place.lines = el("div", { role: "status" });
	place.choices = el(
		"div",
		{ class: "mx-form-wording-choices", role: "group", "aria-label": __("Wording options") },
		choice(__("Mark as sensitive"), "mark-sensitive", () => frm.set_value("sensitive", 1)),
		choice(__("Rephrase"), "rephrase", () => select_word(field, place)),
		choice(__("Keep with a reason"), "keep-because", () => frm.scroll_to_field("kept_as_is_because")),
	);
	place.node = el("div", { class: "mx-form-wording" }, place.lines, place.choices);
	places.set(frm, place);
	field.$input.on("input", () => check(frm, field, place, TYPING_PAUSE));
	return place;
}

function check(frm, field, place, delay) {
	clearTimeout(place.timer);
	const request = ++place.request;
	const text = (delay ? field.$input.val() : frm.doc[field.df.fieldname] || "").trim();
	if (text === place.text) return draw(frm, place);
	if (!text) {
		Object.assign(place, { text, hints: [] });
		return draw(frm, place);
	}
	place.timer = setTimeout(async () => {
		const hints = await get_hints(text);
		if (request !== place.request || !hints) return;
		Object.assign(place, { text, hints });
		draw(frm, place);
	}, delay);
}

/** Return the hints, or null after a failure, which is not shown: the hint is optional. */
async function get_hints(text) {
	try {
		const response = await fetch(CHECK_WORDING, {
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
	const resolved = frm.doc.sensitive || frm.doc.kept_as_is_because;
	const shown = resolved ? [] : hints;
	lines.replaceChildren(
		...shown.map(({ text, words }) =>
			el(
				"p",
				{},
				el("span", { text: `${text} ` }),
				user_text(
					[...new Set(words.map(({ word }) => word))].join(", "),
					"text-muted mx-wording-words",
				),
			),
		),
	);
	choices.hidden = !shown.length;
}

/** Selects the first flagged word. */
function select_word(field, { hints }) {
	const [{ word }] = hints[0].words;
	const input = field.$input[0];
	const from = input.value.indexOf(word);
	input.focus();
	if (from >= 0) input.setSelectionRange(from, from + word.length);
}
