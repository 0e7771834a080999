// The actions on a follow-up (Follow Up Task) in the Desk: the buttons of its form, the bulk actions of its list, and a dialog
// in its calendar. The server checks the permission for each of them and explains what it refuses.

import { el, user_text } from "../panel/dom.js";
import { prompt } from "../utils/prompt.js";

const DOCTYPE = "Follow Up Task";

const post = (method, args) =>
	frappe
		.call({ method: `micro_experiences.api.follow_ups.${method}`, args, freeze: true })
		.then(({ message }) => message);

function show_success(text) {
	return () => frappe.show_alert({ message: text, indicator: "green" });
}

// Dialogs before an action

function prompt_outcome(run) {
	prompt(
		__("Done"),
		[
			{
				fieldname: "outcome",
				fieldtype: "Data",
				length: 1000,
				label: __("Outcome (optional)"),
			},
			{
				fieldname: "remember",
				fieldtype: "Check",
				label: __("Save as a note"),
			},
		],
		run,
	);
}

function prompt_date(run) {
	prompt(__("Snooze"), [{ fieldname: "until", fieldtype: "Date", label: __("Until"), reqd: 1 }], run);
}

async function prompt_person(run) {
	const { message: people } = await frappe.call({
		method: "micro_experiences.api.follow_ups.get_colleagues",
		type: "GET",
	});
	prompt(
		__("Hand over"),
		[
			{
				fieldname: "to",
				fieldtype: "Select",
				label: __("To"),
				reqd: 1,
				// Frappe renders the label of an option as HTML.
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

function prompt_until(run) {
	prompt(
		__("Snooze"),
		[
			{
				fieldname: "until",
				fieldtype: "Select",
				label: __("Until"),
				reqd: 1,
				default: "tomorrow",
				options: [
					...presets().map(([value, label]) => ({ value, label })),
					{ value: "date", label: __("Another day") },
				],
			},
			{
				fieldname: "date",
				fieldtype: "Date",
				label: __("Date"),
				depends_on: "eval:doc.until === 'date'",
				mandatory_depends_on: "eval:doc.until === 'date'",
			},
		],
		({ until, date }) => run({ until: until === "date" ? date : until }),
	);
}

const presets = () => [
	["tomorrow", __("Tomorrow")],
	["next_week", __("Next week")],
	["next_month", __("In a month")],
];

// One follow-up. `after` refreshes the place where the action was chosen.

export function done(name, after) {
	prompt_outcome((values) =>
		post("mark_done", { name, ...values })
			.then(show_success(__("Follow-up completed.")))
			.then(after),
	);
}

export function snooze(name, until, after) {
	return post("snooze", { name, until })
		.then(show_success(__("Follow-up snoozed.")))
		.then(after);
}

function skip(name, after) {
	return post("skip", { name })
		.then(show_success(__("Follow-up skipped.")))
		.then(after);
}

function stop_repeating(name, after) {
	return post("stop_repeating", { name })
		.then(show_success(__("This follow-up will not repeat again.")))
		.then(after);
}

function hand_over(name, after) {
	prompt_person(({ to }) =>
		post("hand_over", { name, to })
			.then(show_success(__("Follow-up handed over.")))
			.then(after),
	);
}

/** Return the actions beside Done, in their order: [{text, run, is_snooze}]. */
function other_actions({ name, repeats }, after) {
	return [
		...presets().map(([until, text]) => ({
			text,
			is_snooze: true,
			run: () => snooze(name, until, after),
		})),
		{
			text: __("Another day"),
			is_snooze: true,
			run: () => prompt_date(({ until }) => snooze(name, until, after)),
		},
		{ text: __("Skip"), run: () => skip(name, after) },
		repeats && { text: __("Stop repeating"), run: () => stop_repeating(name, after) },
		{ text: __("Hand over"), run: () => hand_over(name, after) },
	].filter(Boolean);
}

/** Adds the buttons to the form of an open follow-up, for users who may act on it. */
export function add_buttons(frm) {
	const { doc } = frm;
	if (frm.is_new() || doc.status !== "Open" || !doc.__onload?.can_act) return;
	const after = () => frm.reload_doc();
	frm.add_custom_button(__("Done"), () => done(doc.name, after)).addClass("btn-primary");
	const task = { name: doc.name, repeats: doc.repeats && doc.repeats !== "Never" };
	for (const { text, is_snooze, run } of other_actions(task, after)) {
		frm.add_custom_button(text, run, is_snooze ? __("Snooze") : undefined);
	}
}

// Bulk actions

export function add_bulk_actions(list) {
	const act = (action, values) =>
		post("act_on_many", { names: list.get_checked_items(true), action, ...values }).then((answer) => {
			list.clear_checked_items();
			list.refresh();
			show_bulk_result(answer);
		});
	for (const [label, run] of [
		[__("Mark as done"), () => act("done")],
		[__("Snooze"), () => prompt_until((values) => act("later", values))],
		[__("Skip"), () => act("skip")],
		[__("Stop repeating"), () => act("stop_repeating")],
		[__("Hand over"), () => prompt_person((values) => act("hand_over", values))],
	]) {
		list.page.add_actions_menu_item(label, run, false);
	}
}

const MAX_REASONS = 20;

function show_bulk_result({ done, kept: unchanged }) {
	if (!unchanged.length) return show_success(__("{0} updated.", [done.length]))();
	const reasons = unchanged
		.slice(0, MAX_REASONS)
		.map(({ name, why }) => el("li", {}, el("b", { text: name }), " ", user_text(why)));
	if (unchanged.length > MAX_REASONS) {
		reasons.push(el("li", { text: __("And {0} more.", [unchanged.length - MAX_REASONS]) }));
	}
	frappe.msgprint({
		title: __("Some follow-ups were not changed"),
		indicator: "orange",
		message: el(
			"div",
			{},
			el("p", { text: __("{0} updated, {1} not changed:", [done.length, unchanged.length]) }),
			el("ul", {}, ...reasons),
		).outerHTML,
	});
}

// The calendar

/** Options for Frappe's calendar: a click opens a small dialog, and a drag moves the due date. */
export const calendar = {
	// A follow-up is due on one day.
	eventDurationEditable: false,
	eventClick: (event, _click, view) => {
		show_dialog(event.name, () => view.calendar.refetchEvents());
		return false;
	},
	eventDrop: (event, _delta, revert, _drop, _ui, view) => {
		frappe.model.remove_from_locals(DOCTYPE, event.name);
		post("reschedule", { name: event.name, due_on: event.start.format("YYYY-MM-DD") }).then(
			() => view.calendar.refetchEvents(),
			revert,
		);
	},
};

/** Shows a small dialog about one follow-up; `after` is called after an action. */
async function show_dialog(name, after) {
	const { message: task } = await frappe.call({
		method: "micro_experiences.api.follow_ups.get_summary",
		args: { name },
		type: "GET",
	});
	const dialog = new frappe.ui.Dialog({ title: task.subject });
	const act = (run) => () => {
		dialog.hide();
		run();
	};
	const open = () => frappe.set_route("Form", DOCTYPE, task.name);
	const customer = el(
		"a",
		{ href: `/app/customer/${encodeURIComponent(task.customer)}` },
		user_text(task.customer_name),
	);
	customer.addEventListener("click", () => dialog.hide());
	const when = frappe.datetime.str_to_user(task.due_on);
	dialog.body.append(
		el(
			"p",
			{ class: "mx-task-summary" },
			customer,
			` · ${__(task.status)} · ${__("due {0}", [when])} · `,
			user_text(task.assigned_to),
		),
	);
	if (!task.can_act) {
		dialog.set_primary_action(__("Open"), act(open));
	} else {
		dialog.body.append(...action_groups(other_actions(task, after), act));
		dialog.set_primary_action(
			__("Done"),
			act(() => done(task.name, after)),
		);
		dialog.set_secondary_action_label(__("Open"));
		dialog.set_secondary_action(act(open));
	}
	dialog.show();
}

function action_groups(actions, act) {
	const group = (label, members) =>
		el(
			"div",
			{ class: "mx-task-actions", role: "group", "aria-label": label },
			members.map(({ text, run }) =>
				el("button", {
					type: "button",
					class: "btn btn-default btn-sm",
					text,
					on: { click: act(run) },
				}),
			),
		);
	return [
		el("div", { class: "mx-task-group-label", text: __("Snooze") }),
		group(
			__("Snooze"),
			actions.filter(({ is_snooze }) => is_snooze),
		),
		el("div", { class: "mx-task-group-label", text: __("Other actions") }),
		group(
			__("Other actions"),
			actions.filter(({ is_snooze }) => !is_snooze),
		),
	];
}
