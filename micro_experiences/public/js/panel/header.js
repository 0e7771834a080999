// The top line of the panel: its title, the most important item while collapsed, the counts and the toggles.

import { button, el, user_text } from "./dom.js";
import { icon } from "./icons.js";
import { icon_of } from "./line.js";

export class Header {
	constructor(panel, body_id) {
		const { __ } = panel;
		this.panel = panel;
		this.title = el("div", { class: "mx-title", text: __("Remember this") });
		this.summary = el("div", { class: "mx-summary", on: { click: () => panel.fold(false) } });
		this.counts = el("div", { class: "mx-counts" });
		this.jot = button({
			icon: icon("jot"),
			label: __("Add note"),
			kind: "icon",
			action: "jot-folded",
			on_click: () => panel.open_form("jot"),
		});
		this.discreet = button({
			icon: icon("eye"),
			label: __("Hide content"),
			kind: "icon",
			action: "discreet",
			on_click: () => panel.set_discreet(!panel.state.discreet),
		});
		this.toggle = button({
			icon: icon("fold"),
			label: __("Collapse"),
			kind: "icon",
			action: "fold",
			"aria-controls": body_id,
			on_click: () => panel.fold(!panel.is_folded()),
		});
		this.element = el(
			"div",
			{ class: "mx-header" },
			this.title,
			this.summary,
			this.counts,
			el("div", { class: "mx-toggles" }, this.jot, this.discreet, this.toggle),
		);
	}

	draw() {
		const { __, payload, state } = this.panel;
		const folded = this.panel.is_folded();
		const { promises = 0, wallet } = payload;
		const { items = [] } = payload;
		const never = items.filter(({ type }) => type === "never");
		// What to avoid always shows, however many notes there are.
		const shown = never.length ? never : items.slice(0, 1);
		const [best] = shown;
		const hidden = best && this.panel.is_hidden(best);

		this.summary.hidden = !folded;
		const summary = shown.map((item) => this.summary_of(item));
		if (!shown.length) summary.push(user_text(this.panel.empty_text(), "mx-muted"));
		this.summary.replaceChildren(...(folded ? summary : []));
		if (best && !hidden) this.summary.dataset.type = best.type;
		else delete this.summary.dataset.type;
		this.summary.toggleAttribute("data-late", Boolean(best?.late) && !hidden);

		const counts = [];
		if (promises) {
			const text = promises === 1 ? __("1 follow-up") : __("{0} follow-ups", promises);
			counts.push(el("span", { class: "mx-count" }, user_text(text)));
		}
		const others = items.length + (payload.more || 0) - shown.length;
		if (folded && others > 0) {
			counts.push(el("span", { class: "mx-count mx-others" }, user_text(__("{0} more", others))));
		}
		if (wallet?.text && !state.discreet) {
			counts.push(
				el(
					"span",
					{ class: "mx-count mx-wallet", "data-low": wallet.low, title: wallet.nudge },
					user_text(wallet.text),
				),
			);
		}
		this.counts.replaceChildren(...counts);

		this.jot.hidden = !folded || !this.panel.can.jot;
		this.discreet.setAttribute("aria-pressed", String(Boolean(state.discreet)));
		this.discreet.replaceChildren(icon(state.discreet ? "hidden" : "eye"));
		this.toggle.setAttribute("aria-expanded", String(!folded));
		this.set_label(this.toggle, folded ? __("Expand") : __("Collapse"));
		this.toggle.replaceChildren(icon(folded ? "unfold" : "fold"));
	}

	summary_of(item) {
		const hidden = this.panel.is_hidden(item);
		const text = hidden ? el("span", { text: this.panel.__("Hidden") }) : user_text(item.text);
		const look = hidden ? {} : { "data-type": item.type, "data-late": Boolean(item.late) };
		return el(
			"span",
			{ class: "mx-summary-item", ...look },
			icon(hidden ? "hidden" : icon_of(item)),
			text,
		);
	}

	set_label(node, label) {
		node.setAttribute("aria-label", label);
		node.title = label;
	}
}
