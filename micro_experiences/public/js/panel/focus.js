// Keeps the keyboard focus while the panel is redrawn.

export class Focus {
	constructor(panel) {
		this.panel = panel;
	}

	/** Return where the focus is, or null if it is outside the panel. */
	mark() {
		const { element, list } = this.panel;
		const active = document.activeElement;
		if (!element.contains(active)) return null;
		const line = active.closest(".mx-line");
		return { active, line, at: [...list.children].indexOf(line), action: active.dataset.action };
	}

	/** Restores the focus, or focuses the nearest element that still exists. */
	restore(mark) {
		if (!mark || (document.activeElement === mark.active && can_focus(mark.active))) return;
		const { element, list } = this.panel;
		const twin = mark.action && (mark.line || element).querySelector(`[data-action="${mark.action}"]`);
		const next = mark.line && (list.children[mark.at] || list.lastElementChild);
		this.focus_first(mark.active, twin, next?.querySelector("button"), ...this.fallbacks());
	}

	/** After a form is closed, focuses its line, the button that opened it, or the panel. */
	focus_near(form) {
		const line = form.line?.element.isConnected ? form.line.element : null;
		const opener = line ? line.querySelector("button") : this.panel.openers[form.key];
		this.focus_first(opener, ...this.fallbacks());
	}

	fallbacks() {
		const { list, openers, header, element } = this.panel;
		return [list.querySelector("button"), ...Object.values(openers), header.toggle, element];
	}

	focus_first(...nodes) {
		nodes.find(can_focus)?.focus({ preventScroll: true });
	}
}

function can_focus(node) {
	return Boolean(node?.isConnected) && node.getClientRects().length > 0;
}
