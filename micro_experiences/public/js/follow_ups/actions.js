// What one can do with a promise (Follow Up Task) in the Desk: the buttons of its form, many at once in its list, a dialog
// in its calendar. The server decides who may; what it refuses stays as it was, and it says why.

import { ask } from "../forms/ask.js";
import { el, said } from "../panel/dom.js";

const DOCTYPE = "Follow Up Task";

const post = (method, args) =>
	frappe
		.call({ method: `micro_experiences.desk.follow_ups.${method}`, args, freeze: true })
		.then(({ message }) => message);

function tell(text) {
	return () => frappe.show_alert({ message: text, indicator: "green" });
}

// What is asked before

function ask_outcome(run) {
	ask(
		__("Done"),
		[
			{
				fieldname: "outcome",
				fieldtype: "Data",
				length: 1000,
				label: __("What came of it? (optional)"),
			},
			{
				fieldname: "remember",
				fieldtype: "Check",
				label: __("Keep it as a note"),
			},
		],
		run,
	);
}

function ask_day(run) {
	ask(__("Later"), [{ fieldname: "until", fieldtype: "Date", label: __("Until"), reqd: 1 }], run);
}

async function ask_person(run) {
	const { message: people } = await frappe.call({
		method: "micro_experiences.desk.follow_ups.people",
		type: "GET",
	});
	ask(
		__("Hand over"),
		[
			{
				fieldname: "to",
				fieldtype: "Select",
				label: __("To"),
				reqd: 1,
				// Frappe takes the words of a choice for HTML.
				options: [
					{ value: "", label: "" },
					...people.map(({ name, label }) => ({
						value: name,
						label: frappe.utils.escape_html(label),
					})),
				],
			},
		],
		run,
	);
}

function ask_until(run) {
	ask(
		__("Later"),
		[
			{
				fieldname: "until",
				fieldtype: "Select",
				label: __("Until"),
				reqd: 1,
				default: "tomorrow",
				options: [
					...presets().map(([value, label]) => ({ value, label })),
					{ value: "day", label: __("Another day") },
				],
			},
			{
				fieldname: "day",
				fieldtype: "Date",
				label: __("Day"),
				depends_on: "eval:doc.until === 'day'",
				mandatory_depends_on: "eval:doc.until === 'day'",
			},
		],
		({ until, day }) => run({ until: until === "day" ? day : until }),
	);
}

const presets = () => [
	["tomorrow", __("Tomorrow")],
	["next_week", __("Next week")],
	["next_month", __("In a month")],
];

// One promise. `after` shows what is true now, where the action was chosen.

export function done(name, after) {
	ask_outcome((values) =>
		post("done", { name, ...values })
			.then(tell(__("Kept.")))
			.then(after),
	);
}

export function later(name, until, after) {
	return post("later", { name, until })
		.then(tell(__("Put off.")))
		.then(after);
}

function skip(name, after) {
	return post("skip", { name })
		.then(tell(__("Skipped.")))
		.then(after);
}

function stop_repeating(name, after) {
	return post("stop_repeating", { name })
		.then(tell(__("It comes this once, and then no more.")))
		.then(after);
}

function hand_over(name, after) {
	ask_person(({ to }) =>
		post("hand_over", { name, to })
			.then(tell(__("Handed over.")))
			.then(after),
	);
}

/** The choices beside Done, in their order: [{text, run, later}]; those with `later` put it off. */
function choices({ name, repeats }, after) {
	return [
		...presets().map(([until, text]) => ({ text, later: true, run: () => later(name, until, after) })),
		{
			text: __("Another day"),
			later: true,
			run: () => ask_day(({ until }) => later(name, until, after)),
		},
		{ text: __("Skip this one"), run: () => skip(name, after) },
		repeats && { text: __("Stop repeating"), run: () => stop_repeating(name, after) },
		{ text: __("Hand over"), run: () => hand_over(name, after) },
	].filter(Boolean);
}

/** The buttons of an open promise's form, for those whose it is. */
export function add_buttons(frm) {
	const { doc } = frm;
	if (frm.is_new() || doc.status !== "Open" || !doc.__onload?.may_act) return;
	const after = () => frm.reload_doc();
	frm.add_custom_button(__("Done"), () => done(doc.name, after)).addClass("btn-primary");
	const promise = { name: doc.name, repeats: doc.repeats && doc.repeats !== "Never" };
	for (const { text, later: puts_off, run } of choices(promise, after)) {
		frm.add_custom_button(text, run, puts_off ? __("Later") : undefined);
	}
}

// Many of a list

export function add_bulk_actions(list) {
	const act = (action, values) =>
		post("act_on_many", { names: list.get_checked_items(true), action, ...values }).then((answer) => {
			list.clear_checked_items();
			list.refresh();
			tell_many(answer);
		});
	for (const [label, run] of [
		[__("Mark as Done"), () => act("done")],
		[__("Later"), () => ask_until((values) => act("later", values))],
		[__("Skip These"), () => act("skip")],
		[__("Stop Repeating"), () => act("stop_repeating")],
		[__("Hand Over"), () => ask_person((values) => act("hand_over", values))],
	]) {
		list.page.add_actions_menu_item(label, run, false);
	}
}

const MOST_REASONS = 20;

function tell_many({ done: names, kept }) {
	if (!kept.length) return tell(__("{0} done.", [names.length]))();
	const reasons = kept
		.slice(0, MOST_REASONS)
		.map(({ name, why }) => el("li", {}, el("b", { text: name }), " ", said(why)));
	if (kept.length > MOST_REASONS) {
		reasons.push(el("li", { text: __("And {0} more.", [kept.length - MOST_REASONS]) }));
	}
	frappe.msgprint({
		title: __("Some stay as they were"),
		indicator: "orange",
		message: el(
			"div",
			{},
			el("p", { text: __("{0} done, {1} stay as they were:", [names.length, kept.length]) }),
			el("ul", {}, ...reasons),
		).outerHTML,
	});
}

// The calendar

/** What Frappe's calendar is told beside its fields: a click opens a small dialog, a drag asks the server. */
export const calendar = {
	// A promise is due on one day.
	eventDurationEditable: false,
	eventClick: (event, _click, view) => {
		show(event.name, () => view.calendar.refetchEvents());
		return false;
	},
	eventDrop: (event, _delta, put_back, _drop, _ui, view) => {
		frappe.model.remove_from_locals(DOCTYPE, event.name);
		post("move", { name: event.name, due_on: event.start.format("YYYY-MM-DD") }).then(
			() => view.calendar.refetchEvents(),
			put_back,
		);
	},
};

/** A small dialog about one promise; `after` is called when something was done about it. */
async function show(name, after) {
	const { message: promise } = await frappe.call({
		method: "micro_experiences.desk.follow_ups.about",
		args: { name },
		type: "GET",
	});
	const dialog = new frappe.ui.Dialog({ title: promise.subject });
	const act = (run) => () => {
		dialog.hide();
		run();
	};
	const open = () => frappe.set_route("Form", DOCTYPE, promise.name);
	const customer = el(
		"a",
		{ href: `/app/customer/${encodeURIComponent(promise.customer)}` },
		said(promise.customer_name),
	);
	customer.addEventListener("click", () => dialog.hide());
	const when = frappe.datetime.str_to_user(promise.due_on);
	dialog.body.append(
		el(
			"p",
			{ class: "mx-promise-about" },
			customer,
			` · ${__(promise.status)} · ${__("due {0}", [when])} · `,
			said(promise.assigned_to),
		),
	);
	if (!promise.may_act) {
		dialog.set_primary_action(__("Open"), act(open));
	} else {
		dialog.body.append(...groups(choices(promise, after), act));
		dialog.set_primary_action(
			__("Done"),
			act(() => done(promise.name, after)),
		);
		dialog.set_secondary_action_label(__("Open"));
		dialog.set_secondary_action(act(open));
	}
	dialog.show();
}

function groups(all, act) {
	const group = (label, some) =>
		el(
			"div",
			{ class: "mx-promise-actions", role: "group", "aria-label": label },
			some.map(({ text, run }) =>
				el("button", {
					type: "button",
					class: "btn btn-default btn-sm",
					text,
					on: { click: act(run) },
				}),
			),
		);
	return [
		el("div", { class: "mx-promise-label", text: __("Later") }),
		group(
			__("Later"),
			all.filter((one) => one.later),
		),
		el("div", { class: "mx-promise-label", text: __("Or") }),
		group(
			__("Or"),
			all.filter((one) => !one.later),
		),
	];
}
