// The page "Handover": choose who leaves and who takes over, preview what is handed over, and see the result.

import { el, user_text } from "../panel/dom.js";

const KINDS = ["promises", "escalations", "notes"];

/** `page` is the Desk's; `server` has people(), preview(args) and hand_over(args), each of which returns a promise. */
export function show_handover_page(page, server) {
	const result = el("div", { class: "mx-handover", "aria-live": "polite" });
	const fields = el("div");
	page.main.append(
		el("p", {
			class: "mx-secondary",
			text: __("Hand over the follow-ups and notes of a colleague who is leaving or away."),
		}),
		fields,
		result,
	);
	server.people().then((people) => {
		const [leaving, staying] = [people.leaving, people.staying].map(escape_labels);
		const group = new frappe.ui.FieldGroup({
			fields: [
				{
					fieldname: "leaving",
					fieldtype: "Autocomplete",
					label: __("From"),
					options: leaving,
					change: show_preview,
				},
				{ fieldtype: "Column Break" },
				{
					fieldname: "staying",
					fieldtype: "Autocomplete",
					label: __("To"),
					options: staying,
					change: show_preview,
				},
			],
			body: fields,
		});
		group.make();

		let shown = "";
		function show_preview() {
			const args = group.get_values(true);
			const pair = JSON.stringify([args.leaving, args.staying]);
			if (pair === shown) return;
			shown = pair;
			page.clear_primary_action();
			result.replaceChildren();
			if (!args.leaving || !args.staying) return;
			server.preview(args).then((found) => {
				// Another person may have been chosen meanwhile.
				if (pair !== shown) return;
				result.replaceChildren(...preview(found));
				if (found.unseen || KINDS.some((kind) => found[kind].count)) {
					page.set_primary_action(__("Hand over"), () => confirm(args));
				}
			});
		}

		function confirm(args) {
			const name = (people, value) => people.find((person) => person.value === value)?.label || value;
			const people = [name(leaving, args.leaving), name(staying, args.staying)].map((text) =>
				frappe.utils.escape_html(text),
			);
			frappe.confirm(__("Hand over from {0} to {1}?", people), () => {
				page.clear_primary_action();
				hand_over(args, server).then((done) => result.replaceChildren(...report(done)));
			});
		}
	});
}

/** Frappe shows an option as HTML and, once chosen, the same label as text, where an escaped label would be wrong. */
const escape_labels = (people) =>
	people.map(({ value, label }) => ({ value, label: label.replaceAll("<", "‹") }));

/** Hands over batch by batch until nothing is left; returns the totals. */
async function hand_over(args, server) {
	const done = { promises: 0, escalations: 0, notes: 0, unseen: 0, kept: new Map() };
	let after = "";
	do {
		const batch = await server.hand_over({ ...args, after });
		for (const kind of [...KINDS, "unseen"]) done[kind] += batch[kind];
		for (const { why, count } of batch.kept) done.kept.set(why, (done.kept.get(why) || 0) + count);
		after = batch.after;
	} while (after);
	return { ...done, kept: [...done.kept].map(([why, count]) => ({ why, count })) };
}

function preview(found) {
	const titles = {
		promises: __("Open follow-ups: {0}", [found.promises.count]),
		escalations: __("Escalations: {0}", [found.escalations.count]),
		notes: __("Notes: {0}", [found.notes.count]),
	};
	const lists = KINDS.filter((kind) => found[kind].count).map((kind) =>
		record_list(titles[kind], found[kind]),
	);
	const nothing = el("p", { text: __("There is nothing that you can hand over.") });
	return [
		...(lists.length ? lists : [nothing]),
		hidden_count(found.unseen),
		...not_handed_over(found.kept),
		private_note(),
	].filter(Boolean);
}

function report(done) {
	const lines = [
		__("Follow-ups: {0}", [done.promises]),
		__("Escalations: {0}", [done.escalations]),
		__("Notes: {0}", [done.notes]),
	];
	return [
		el(
			"section",
			{},
			el("h4", { text: __("Handed over") }),
			el("ul", { role: "list" }, ...lines.map(list_item)),
		),
		hidden_count(done.unseen),
		...not_handed_over(done.kept),
		private_note(),
	].filter(Boolean);
}

const hidden_count = (count) =>
	count > 0 && el("p", { class: "mx-secondary", text: __("{0} more that you cannot see.", [count]) });

function record_list(title, { count, rows }) {
	const more = count - rows.length;
	return el(
		"section",
		{ "aria-label": title },
		el("h4", { text: title }),
		el(
			"ul",
			{ role: "list" },
			...rows.map(({ customer, day, href }) =>
				el("li", {}, el("a", { href }, user_text(customer)), user_text(day, "mx-secondary")),
			),
		),
		more > 0 && el("p", { class: "mx-secondary", text: __("And {0} more.", [more]) }),
	);
}

function not_handed_over(kept) {
	if (!kept.length) return [];
	const lines = kept.map(({ why, count }) => `${count} × ${why}`);
	return [
		el(
			"section",
			{},
			el("h4", { text: __("Not handed over") }),
			el("ul", { role: "list" }, ...lines.map(list_item)),
		),
	];
}

const list_item = (text) => el("li", { text });

const private_note = () =>
	el("p", {
		class: "mx-secondary mx-handover-private",
		text: __(
			"Private records, visible to one person only, are never handed over and are not counted here.",
		),
	});
