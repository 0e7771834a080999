// Creates DOM nodes. Text that users wrote becomes a text node, never markup.

let counter = 0;

export const unique_id = (stem) => `mx-${stem}-${++counter}`;

/**
 * Return an element. `props`: `class`, `text`, `on` ({event: handler}), and attributes; an attribute that is
 * undefined, null or false is left out. Children are nodes or strings; falsy children are left out.
 */
export function el(tag, props = {}, ...children) {
	const node = document.createElement(tag);
	for (const [key, value] of Object.entries(props)) {
		if (value === undefined || value === null || value === false) continue;
		if (key === "class") node.className = value;
		else if (key === "text") node.textContent = value;
		else if (key === "on")
			Object.entries(value).forEach(([event, run]) => node.addEventListener(event, run));
		else node.setAttribute(key, value === true ? "" : value);
	}
	node.append(...children.flat().filter(Boolean));
	return node;
}

/** Return text that a user wrote, isolated so that its direction does not affect the text around it. */
export function user_text(text, class_name) {
	return el("bdi", { class: class_name, dir: "auto", text: text });
}

/** Return a button, named by its text, or by `label` if it shows only an icon. */
export function button({ text, label, icon, action, kind = "plain", on_click, ...attributes }) {
	return el(
		"button",
		{
			type: "button",
			class: `mx-btn mx-btn-${kind}`,
			"data-action": action,
			"aria-label": label,
			title: label,
			on: { click: on_click },
			...attributes,
		},
		icon,
		text && el("span", { text: text }),
	);
}

/** Puts `nodes` into `parent` in this order; moves only nodes that are out of place, because a moved node loses the focus. */
export function arrange(parent, nodes) {
	[...parent.children].forEach((child) => nodes.includes(child) || child.remove());
	nodes.forEach(
		(node, at) => parent.children[at] === node || parent.insertBefore(node, parent.children[at] || null),
	);
}
