// A button that opens a small menu: arrow keys move, Enter chooses, Escape closes it and returns the focus.

import { button, el, unique_id } from "./dom.js";

/**
 * Return the node to place; its first child is the button. `choices`: [{text, action, run}]. The button shows `text`, or `icon`
 * with `label`.
 */
export function menu({ text, icon, label, action, kind, choices }) {
	const id = unique_id("menu");
	const opener = button({
		text,
		icon,
		label,
		action,
		kind,
		"aria-haspopup": "menu",
		"aria-expanded": "false",
		"aria-controls": id,
		on_click: () => (is_open() ? close(true) : open(0)),
	});
	const list = el("div", { class: "mx-menu", id, role: "menu", "aria-label": label || text, hidden: true });
	const entries = choices.map((choice) =>
		el("button", {
			type: "button",
			class: "mx-menu-item",
			role: "menuitem",
			tabindex: "-1",
			"data-action": choice.action,
			text: choice.text,
			on: {
				click: () => {
					close(true);
					choice.run();
				},
			},
		}),
	);
	list.append(...entries);
	const node = el("span", { class: "mx-menu-host" }, opener, list);

	const is_open = () => !list.hidden;

	function open(at) {
		list.hidden = false;
		opener.setAttribute("aria-expanded", "true");
		document.addEventListener("pointerdown", on_outside, true);
		entries.at(at).focus();
	}

	function close(return_focus) {
		if (!is_open()) return;
		list.hidden = true;
		opener.setAttribute("aria-expanded", "false");
		document.removeEventListener("pointerdown", on_outside, true);
		if (return_focus) opener.focus();
	}

	function on_outside(event) {
		if (!node.isConnected || !node.contains(event.target)) close(false);
	}

	node.addEventListener("focusout", (event) => {
		if (event.relatedTarget && !node.contains(event.relatedTarget)) close(false);
	});

	node.addEventListener("keydown", (event) => {
		const at = entries.indexOf(document.activeElement);
		const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
		if (event.key in moves) {
			if (!is_open()) open(event.key === "ArrowUp" || event.key === "End" ? -1 : 0);
			else entries.at(moves[event.key] % entries.length).focus();
		} else if (event.key === "Escape" && is_open()) {
			close(true);
		} else {
			// The browser clicks the entry on Enter and Space; Tab moves the focus away, which closes the menu.
			if (event.key === "Enter" || event.key === " ") event.stopPropagation();
			return;
		}
		event.preventDefault();
		event.stopPropagation();
	});

	return node;
}
