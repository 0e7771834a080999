// Keeps the keyboard's place while the panel redraws itself.

export class Focus {
	constructor(panel) {
		this.panel = panel;
	}

	/** Where the focus is, if it is in the panel. */
	mark() {
		const { element, list } = this.panel;
		const active = document.activeElement;
		if (!element.contains(active)) return null;
		const line = active.closest(".mx-line");
		return { active, line, at: [...list.children].indexOf(line), action: active.dataset.action };
	}

	/** Puts the focus back where it was, or on the nearest thing that still exists. */
	restore(mark) {
		if (!mark || (document.activeElement === mark.active && can_focus(mark.active))) return;
		const { element, list } = this.panel;
		const twin = mark.action && (mark.line || element).querySelector(`[data-action="${mark.action}"]`);
		const next = mark.line && (list.children[mark.at] || list.lastElementChild);
		this.first_of(mark.active, twin, next?.querySelector("button"), ...this.fallbacks());
	}

	/** After a form: its line, or the button that opened it, or the panel. */
	near(form) {
		const line = form.line?.element.isConnected ? form.line.element : null;
		const opener = line ? line.querySelector("button") : this.panel.openers[form.key];
		this.first_of(opener, ...this.fallbacks());
	}

	fallbacks() {
		const { list, openers, header, element } = this.panel;
		return [list.querySelector("button"), ...Object.values(openers), header.toggle, element];
	}

	first_of(...nodes) {
		nodes.find(can_focus)?.focus({ preventScroll: true });
	}
}

function can_focus(node) {
	return Boolean(node?.isConnected) && node.getClientRects().length > 0;
}
