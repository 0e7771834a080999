// What a Never note rules out: kinds of gestures to tick, and words of one's own. A guess is filled in until the user decides.

import { el } from "./dom.js";
import { check_field, text_field } from "./fields.js";

const MAX_LENGTH = 140;

export class NeverFields {
	/** `limit(field, most)` is the form's. */
	constructor(panel, limit) {
		const { __ } = panel;
		this.panel = panel;
		this.guess = { stops: [], avoids: "" };
		this.decided = new Set(); // restrictions that the user ticked or unticked
		this.checks = new Map();
		this.avoids = limit(
			text_field(__("Words to Avoid"), {
				name: "avoids",
				wide: true,
				placeholder: __("For example: nuts, Ryanair"),
			}),
			MAX_LENGTH,
		);
		this.avoids.input.addEventListener("input", () => (this.avoids_decided = true));
		this.choices = el("div", { class: "mx-checks" });
		this.element = el(
			"fieldset",
			{ class: "mx-restrictions" },
			el("legend", { text: __("What does it rule out?") }),
			this.choices,
			this.avoids.node,
		);
		// Until the site's own list has arrived.
		this.offer([
			["alcohol", __("Alcohol")],
			["food", __("Food")],
			["gift", __("Gifts")],
			["call", __("Calls")],
			["mail", __("Mail")],
			["message", __("Messages")],
			["visit", __("Visits")],
			["photo", __("Photos")],
			["public", __("Public mentions")],
		]);
		this.show(false);
	}

	/** Offers restrictions as [[name, label]]; those that are ticked stay. */
	offer(restrictions) {
		for (const [name, label] of restrictions) {
			if (this.checks.has(name)) continue;
			const check = check_field(label, { name: `stops_${name}` });
			check.input.addEventListener("change", () => this.decided.add(name));
			this.checks.set(name, check);
		}
		const offered = restrictions.map(([name]) => name);
		for (const name of this.checks.keys()) offered.includes(name) || this.checks.delete(name);
		this.choices.replaceChildren(...offered.map((name) => this.checks.get(name).node));
		this.fill();
	}

	/** Fills in what the server guessed from the text. */
	suggest({ stops = [], avoids = "" }) {
		this.guess = { stops, avoids };
		this.fill();
	}

	fill() {
		for (const [name, check] of this.checks)
			if (!this.decided.has(name)) check.set(this.guess.stops.includes(name));
		if (!this.avoids_decided) this.avoids.set(this.guess.avoids);
	}

	show(visible) {
		this.element.hidden = !visible;
		this.avoids.show(visible);
	}

	/** Return the arguments to save, or null if the note would rule out nothing. */
	read() {
		const stops = [...this.checks].filter(([, check]) => check.get()).map(([name]) => name);
		const avoids = this.avoids.get();
		if (!stops.length && !avoids) return null;
		return { ...(stops.length && { stops: stops.join(", ") }), ...(avoids && { avoids }) };
	}

	get first_input() {
		return this.choices.querySelector("input");
	}
}
