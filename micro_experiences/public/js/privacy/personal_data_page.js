// The page "Personal data": what we hold about a customer, for him to read and to take along, and its erasure.

import { el, said } from "../panel/dom.js";

/** `page` is the Desk's; `on_server` has overview(args), report(args) and erase(args), each with a promise of the answer. */
function page(page, customer, on_server) {
	page.clear_actions();
	page.clear_menu();
	page.main.empty();
	if (!customer) {
		page.main.append(el("p", { text: __("Open this page from the menu of a customer.") }));
		return;
	}
	const head = el("div", { class: "mx-personal-head" });
	const fields = el("div", { class: "mx-personal-fields" });
	const answer = el("div", { class: "mx-personal-data", "aria-live": "polite" });
	page.main.append(head, fields, answer);
	let group, known;

	on_server.overview({ customer }).then((found) => {
		known = found;
		head.replaceChildren(title(customer, found));
		group = new frappe.ui.FieldGroup({
			fields: [
				{
					fieldname: "contact",
					fieldtype: "Select",
					label: __("About"),
					// Frappe takes the words of a choice for HTML.
					options: [
						{ value: "", label: __("Everything about {0}", [found.name]) },
						...found.contacts,
					].map(({ value, label }) => ({ value, label: frappe.utils.escape_html(label) })),
					change: look,
				},
				{ fieldtype: "Column Break" },
				{
					fieldname: "reason",
					fieldtype: "Data",
					label: __("Why do you need to look?"),
					reqd: 1,
					default: __("The customer asked for it"),
					description: __("It is written down, with your name and the day."),
				},
			],
			body: fields,
		});
		group.make();
		page.set_primary_action(__("Show All of It"), show);
		draw_overview();
	});

	const args = () => ({ customer, contact: group.get_value("contact") || null });

	function look() {
		const asked = JSON.stringify(args());
		on_server.overview(args()).then((found) => {
			if (asked !== JSON.stringify(args())) return;
			known = found;
			draw_overview();
		});
	}

	function draw_overview() {
		page.clear_menu();
		page.clear_inner_toolbar();
		page.add_inner_button(__("Erase…"), () =>
			ask_to_erase(known, group.get_value("reason"), (values) =>
				on_server.erase({ ...args(), ...values }).then(erased),
			),
		);
		answer.replaceChildren(overview(known));
	}

	function show() {
		const reason = group.get_value("reason");
		if (!reason)
			return frappe.show_alert({ message: __("Write in a few words why."), indicator: "orange" });
		on_server.report({ ...args(), reason }).then(({ data, sections }) => {
			answer.replaceChildren(...report(sections));
			page.add_menu_item(__("Download as JSON"), () => download(data));
			page.add_menu_item(__("Print"), () => window.print());
			page.add_inner_button(__("Download as JSON"), () => download(data));
		});
	}

	function erased({ certificate, text }) {
		frappe.show_alert({ message: text, indicator: "green" });
		if (certificate) frappe.set_route("Form", "Personal Data Erasure", certificate);
		else look();
	}
}

const title = (customer, { name }) =>
	el(
		"p",
		{},
		el("a", { href: `/app/customer/${encodeURIComponent(customer)}` }, said(name)),
		el("span", {
			class: "mx-money-quiet",
			text: ` ${__("may ask for all that we hold, and for its erasure.")}`,
		}),
	);

/** How much it is, and what was erased before; not a word of what it is. */
function overview({ counts, erasures }) {
	const rows = counts.filter(({ count }) => count);
	return el(
		"section",
		{ "aria-label": __("What we hold") },
		el("h4", { text: __("What we hold") }),
		rows.length
			? el(
					"ul",
					{ role: "list" },
					...rows.map(({ label, count }) => el("li", { text: `${label}: ${count}` })),
				)
			: el("p", { text: __("Nothing is held.") }),
		erasures.length && el("h4", { text: __("Erased before") }),
		erasures.length &&
			el(
				"ul",
				{ role: "list" },
				...erasures.map(({ name, whose, day }) =>
					el(
						"li",
						{},
						el(
							"a",
							{ href: `/app/personal-data-erasure/${encodeURIComponent(name)}` },
							said(name),
						),
						said(` ${whose}, ${day}`, "mx-money-quiet"),
					),
				),
			),
	);
}

function report(sections) {
	const told = sections.filter(({ rows }) => rows.length);
	if (!told.length) return [el("p", { text: __("Nothing is held.") })];
	return told.map(({ title, rows }) =>
		el(
			"section",
			{ "aria-label": title },
			el("h4", { text: `${title} (${rows.length})` }),
			...rows.map((row) =>
				el(
					"dl",
					{},
					...row.flatMap(({ label, text }) => [
						el("dt", { text: label }),
						el("dd", {}, said(text)),
					]),
				),
			),
		),
	);
}

/** The dialog stays, with what was typed, until the server has agreed. */
function ask_to_erase({ whose, goes: counts, stays, kept }, reason, erase) {
	const goes = counts.filter(({ count }) => count).map(({ label, count }) => `${label}: ${count}`);
	const dialog = new frappe.ui.Dialog({
		title: __("Erase"),
		fields: [
			{ fieldname: "about", fieldtype: "HTML" },
			{
				fieldname: "typed",
				fieldtype: "Data",
				label: __("Type the name to erase it"),
				description: frappe.utils.escape_html(whose),
				reqd: 1,
			},
			{
				fieldname: "reason",
				fieldtype: "Data",
				length: 500,
				label: __("Reason"),
				reqd: 1,
				default: reason,
			},
			{ fieldname: "requested_on", fieldtype: "Date", label: __("Asked for on") },
		],
		primary_action_label: __("Erase for Good"),
		primary_action: (values) => erase(values).then(() => dialog.hide()),
	});
	dialog.fields_dict.about.$wrapper.append(
		el(
			"div",
			{ class: "mx-personal-data" },
			el("p", { text: __("This cannot be undone. It goes with every trace in this site:") }),
			el(
				"ul",
				{ role: "list" },
				...(goes.length ? goes : [__("Nothing is held.")]).map((text) => el("li", { text })),
			),
			el("p", { text: __("What stays, and why:") }),
			el(
				"ul",
				{ role: "list" },
				stays && el("li", { text: __("Gestures that stay without a name: {0}", [stays]) }),
				...kept.map((text) => el("li", { class: "mx-money-quiet", text })),
			),
		),
	);
	dialog.get_primary_btn().removeClass("btn-primary").addClass("btn-danger");
	dialog.show();
}

function download(data) {
	const url = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: "application/json" }));
	el("a", { href: url, download: "personal-data.json" }).click();
	setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export const personal_data = { page };
