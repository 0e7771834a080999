// The page "Hand over": who leaves, who takes over, what that would mean, and then what was done.

import { el, said } from "../panel/dom.js";

const KINDS = ["promises", "escalations", "notes"];

/** `page` is the Desk's; `on_server` has people(), preview(args) and hand_over(args), each with a promise of the answer. */
function page(page, on_server) {
	const answer = el("div", { class: "mx-hand-over", "aria-live": "polite" });
	const fields = el("div");
	page.main.append(
		el("p", {
			class: "mx-money-quiet",
			text: __("When a colleague leaves or is away, somebody else keeps the promises."),
		}),
		fields,
		answer,
	);
	on_server.people().then((people) => {
		const [leaving, staying] = [people.leaving, people.staying].map(shown_as_typed);
		const group = new frappe.ui.FieldGroup({
			fields: [
				{
					fieldname: "leaving",
					fieldtype: "Autocomplete",
					label: __("From"),
					options: leaving,
					change: look,
				},
				{ fieldtype: "Column Break" },
				{
					fieldname: "staying",
					fieldtype: "Autocomplete",
					label: __("To"),
					options: staying,
					change: look,
				},
			],
			body: fields,
		});
		group.make();

		let asked = "";
		function look() {
			const args = group.get_values(true);
			const pair = JSON.stringify([args.leaving, args.staying]);
			if (pair === asked) return;
			asked = pair;
			page.clear_primary_action();
			answer.replaceChildren();
			if (!args.leaving || !args.staying) return;
			on_server.preview(args).then((found) => {
				// Somebody else may have been chosen meanwhile.
				if (pair !== asked) return;
				answer.replaceChildren(...preview(found));
				if (found.unseen || KINDS.some((kind) => found[kind].count)) {
					page.set_primary_action(__("Hand Over"), () => ask(args));
				}
			});
		}

		function ask(args) {
			const name = (people, value) => people.find((one) => one.value === value)?.label || value;
			const people = [name(leaving, args.leaving), name(staying, args.staying)].map((text) =>
				frappe.utils.escape_html(text),
			);
			frappe.confirm(__("Hand over from {0} to {1}?", people), () => {
				page.clear_primary_action();
				give(args, on_server).then((done) => answer.replaceChildren(...report(done)));
			});
		}
	});
}

/** Frappe shows a choice as HTML and, once chosen, the same words as text: escaped they would be wrong there. */
const shown_as_typed = (people) =>
	people.map(({ value, label }) => ({ value, label: label.replaceAll("<", "‹") }));

/** Batch by batch until nothing is left; what was done in all. */
async function give(args, on_server) {
	const done = { promises: 0, escalations: 0, notes: 0, unseen: 0, kept: new Map() };
	let after = "";
	do {
		const batch = await on_server.hand_over({ ...args, after });
		for (const kind of [...KINDS, "unseen"]) done[kind] += batch[kind];
		for (const { why, count } of batch.kept) done.kept.set(why, (done.kept.get(why) || 0) + count);
		after = batch.after;
	} while (after);
	return { ...done, kept: [...done.kept].map(([why, count]) => ({ why, count })) };
}

function preview(found) {
	const titles = {
		promises: __("Open promises: {0}", [found.promises.count]),
		escalations: __("Promises to hear of when they are late: {0}", [found.escalations.count]),
		notes: __("Notes to look after: {0}", [found.notes.count]),
	};
	const lists = KINDS.filter((kind) => found[kind].count).map((kind) =>
		one_list(titles[kind], found[kind]),
	);
	const nothing = el("p", { text: __("There is nothing to hand over that you may see.") });
	return [
		...(lists.length ? lists : [nothing]),
		unseen(found.unseen),
		...kept_back(found.kept),
		private_ones(),
	].filter(Boolean);
}

function report(done) {
	const lines = [
		__("Promises handed over: {0}", [done.promises]),
		__("Promises to hear of when they are late: {0}", [done.escalations]),
		__("Notes to look after: {0}", [done.notes]),
	];
	return [
		el("section", {}, el("h4", { text: __("Done") }), el("ul", { role: "list" }, ...lines.map(one_line))),
		unseen(done.unseen),
		...kept_back(done.kept),
		private_ones(),
	].filter(Boolean);
}

const unseen = (count) =>
	count > 0 &&
	el("p", { class: "mx-money-quiet", text: __("{0} more that you may not see yourself.", [count]) });

function one_list(title, { count, rows }) {
	const more = count - rows.length;
	return el(
		"section",
		{ "aria-label": title },
		el("h4", { text: title }),
		el(
			"ul",
			{ role: "list" },
			...rows.map(({ customer, day, href }) =>
				el("li", {}, el("a", { href }, said(customer)), said(day, "mx-money-quiet")),
			),
		),
		more > 0 && el("p", { class: "mx-money-quiet", text: __("And {0} more.", [more]) }),
	);
}

function kept_back(kept) {
	if (!kept.length) return [];
	const lines = kept.map(({ why, count }) => `${count} × ${why}`);
	return [
		el(
			"section",
			{},
			el("h4", { text: __("Kept back") }),
			el("ul", { role: "list" }, ...lines.map(one_line)),
		),
	];
}

const one_line = (text) => el("li", { text });

const private_ones = () =>
	el("p", {
		class: "mx-money-quiet mx-hand-over-private",
		text: __("What was for one person alone is never handed over, and is not counted here."),
	});

export const hand_over = { page };
