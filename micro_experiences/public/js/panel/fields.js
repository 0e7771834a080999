// Labelled inputs of the inline forms. Each has `node`, `input`, `get()`, `set(value)`, `show(visible)` and `shown()`.

import { el, unique_id } from "./dom.js";

const SHOW_COUNTER_AT = 60; // characters left

/** The server counts code points and trims the text. */
const count = (input) => [...input.value.trim()].length;

/** Lets a text field say how many characters are left or too many. Nothing that was typed or pasted is cut off. */
export function limit_length(field, most, __) {
	const counter = el("span", { class: "mx-counter", "aria-live": "polite" });
	const draw = () => {
		const left = most - count(field.input);
		counter.toggleAttribute("data-over", left < 0);
		if (left > SHOW_COUNTER_AT) counter.textContent = "";
		else if (left >= 0)
			counter.textContent = left === 1 ? __("1 character left") : __("{0} characters left", left);
		else
			counter.textContent =
				left === -1 ? __("1 character too many") : __("{0} characters too many", -left);
	};
	field.input.addEventListener("input", draw);
	field.node.append(counter);
	const { set } = field;
	field.set = (value) => {
		set(value);
		draw();
	};
	field.excess = () => Math.max(0, count(field.input) - most);
	return field;
}

function field(input, label, { hint, wide } = {}) {
	input.id = unique_id("field");
	const node = el(
		"div",
		{ class: wide ? "mx-field mx-field-wide" : "mx-field" },
		el("label", { for: input.id, text: label }),
		input,
		hint,
	);
	return {
		node,
		input,
		get: () => input.value.trim(),
		set: (value) => (input.value = value ?? ""),
		show: (visible) => (node.hidden = !visible),
		shown: () => !node.hidden,
	};
}

export function text_field(label, { name, type = "text", wide, hint, ...attributes } = {}) {
	const input = el("input", {
		class: "mx-input",
		type,
		name,
		autocomplete: "off",
		dir: "auto",
		...attributes,
	});
	return field(input, label, { wide, hint });
}

export function area_field(label, { name, rows = 2, wide = true, hint, ...attributes } = {}) {
	return field(el("textarea", { class: "mx-input", name, rows, dir: "auto", ...attributes }), label, {
		wide,
		hint,
	});
}

/** `options`: [[value, label]]. A value that is set before its option is loaded gets a temporary option. */
export function select_field(label, options, { name, wide } = {}) {
	const input = el("select", { class: "mx-input mx-select", name });
	const made = field(input, label, { wide });
	made.get = () => input.value;
	made.set = (value) => {
		const wanted = value ?? "";
		if (![...input.options].some((option) => option.value === wanted)) {
			input.append(el("option", { value: wanted, text: wanted }));
		}
		input.value = wanted;
	};
	made.fill = (list) => {
		const current = input.value;
		input.replaceChildren(...list.map(([value, text]) => el("option", { value, text })));
		made.set(current);
	};
	made.fill(options);
	return made;
}

export function check_field(label, { name } = {}) {
	const input = el("input", { type: "checkbox", class: "mx-check", name });
	const node = el("label", { class: "mx-check-field" }, input, el("span", { text: label }));
	return {
		node,
		input,
		get: () => input.checked,
		set: (value) => (input.checked = Boolean(value)),
		show: (visible) => (node.hidden = !visible),
		shown: () => !node.hidden,
	};
}

/** Return the values of all visible, filled fields as {name: value}. */
export function filled_values(fields) {
	const values = {};
	for (const [name, one] of Object.entries(fields)) {
		const value = one.shown() ? one.get() : "";
		if (value !== "" && value !== false) values[name] = value;
	}
	return values;
}
