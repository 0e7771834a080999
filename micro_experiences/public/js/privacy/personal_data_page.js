// The page "Personal Data": the data stored about a customer, as an overview, a full report and a download, and its erasure.

import { el, user_text } from "../panel/dom.js";

/** `page` is the Desk's; `server` has overview(args), report(args) and erase(args), each of which returns a promise. */
export function show_personal_data_page(page, customer, server) {
	page.clear_actions();
	page.clear_menu();
	page.main.empty();
	if (!customer) {
		page.main.append(el("p", { text: __("Open this page from the menu of a Customer form.") }));
		return;
	}
	const head = el("div", { class: "mx-personal-head" });
	const fields = el("div", { class: "mx-personal-fields" });
	const result = el("div", { class: "mx-personal-data", "aria-live": "polite" });
	page.main.append(head, fields, result);
	let group, current;

	server.overview({ customer }).then((found) => {
		current = found;
		head.replaceChildren(heading(customer, found));
		group = new frappe.ui.FieldGroup({
			fields: [
				{
					fieldname: "contact",
					fieldtype: "Select",
					label: __("About"),
					// Frappe renders the label of an option as HTML.
					options: [
						{ value: "", label: __("All data about {0}", [found.name]) },
						...found.contacts,
					].map(({ value, label }) => ({ value, label: frappe.utils.escape_html(label) })),
					change: refresh,
				},
				{ fieldtype: "Column Break" },
				{
					fieldname: "reason",
					fieldtype: "Data",
					label: __("Access Reason"),
					reqd: 1,
					default: __("Requested by the customer"),
					description: __("Recorded in the access log with your name and the date."),
				},
			],
			body: fields,
		});
		group.make();
		page.set_primary_action(__("Show all data"), show_report);
		draw_overview();
	});

	const args = () => ({ customer, contact: group.get_value("contact") || null });

	function refresh() {
		const requested = JSON.stringify(args());
		server.overview(args()).then((found) => {
			if (requested !== JSON.stringify(args())) return;
			current = found;
			draw_overview();
		});
	}

	function draw_overview() {
		page.clear_menu();
		page.clear_inner_toolbar();
		page.add_inner_button(__("Erase…"), () =>
			show_erase_dialog(current, group.get_value("reason"), (values) =>
				server.erase({ ...args(), ...values }).then(erased),
			),
		);
		result.replaceChildren(overview(current));
	}

	function show_report() {
		const reason = group.get_value("reason");
		if (!reason)
			return frappe.show_alert({ message: __("Enter an access reason."), indicator: "orange" });
		server.report({ ...args(), reason }).then(({ data, sections }) => {
			result.replaceChildren(...report(sections));
			page.add_menu_item(__("Download as JSON"), () => download(data));
			page.add_menu_item(__("Print"), () => window.print());
			page.add_inner_button(__("Download as JSON"), () => download(data));
		});
	}

	function erased({ certificate, text }) {
		frappe.show_alert({ message: text, indicator: "green" });
		if (certificate) frappe.set_route("Form", "Personal Data Erasure", certificate);
		else refresh();
	}
}

const heading = (customer, { name }) =>
	el(
		"p",
		{},
		el("a", { href: `/app/customer/${encodeURIComponent(customer)}` }, user_text(name)),
		el("span", {
			class: "mx-secondary",
			text: ` ${__("can request a copy of all stored data, and its erasure.")}`,
		}),
	);

/** Return the number of records of each kind and the earlier erasures, without any content. */
function overview({ counts, erasures }) {
	const rows = counts.filter(({ count }) => count);
	return el(
		"section",
		{ "aria-label": __("Stored data") },
		el("h4", { text: __("Stored data") }),
		rows.length
			? el(
					"ul",
					{ role: "list" },
					...rows.map(({ label, count }) => el("li", { text: `${label}: ${count}` })),
				)
			: el("p", { text: __("No data is stored.") }),
		erasures.length && el("h4", { text: __("Earlier erasures") }),
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
							user_text(name),
						),
						user_text(` ${whose}, ${day}`, "mx-secondary"),
					),
				),
			),
	);
}

function report(sections) {
	const filled = sections.filter(({ rows }) => rows.length);
	if (!filled.length) return [el("p", { text: __("No data is stored.") })];
	return filled.map(({ title, rows }) =>
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
						el("dd", {}, user_text(text)),
					]),
				),
			),
		),
	);
}

/** The dialog stays open with its input until the server has accepted the request. */
function show_erase_dialog({ whose, goes: counts, stays, kept }, reason, erase) {
	const goes = counts.filter(({ count }) => count).map(({ label, count }) => `${label}: ${count}`);
	const dialog = new frappe.ui.Dialog({
		title: __("Erase"),
		fields: [
			{ fieldname: "about", fieldtype: "HTML" },
			{
				fieldname: "typed",
				fieldtype: "Data",
				label: __("Type the Name to Confirm"),
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
			{ fieldname: "requested_on", fieldtype: "Date", label: __("Requested On") },
		],
		primary_action_label: __("Erase permanently"),
		primary_action: (values) => erase(values).then(() => dialog.hide()),
	});
	dialog.fields_dict.about.$wrapper.append(
		el(
			"div",
			{ class: "mx-personal-data" },
			el("p", {
				text: __(
					"This cannot be undone. The following data is erased, along with every trace of it on this site:",
				),
			}),
			el(
				"ul",
				{ role: "list" },
				...(goes.length ? goes : [__("No data is stored.")]).map((text) => el("li", { text })),
			),
			el("p", { text: __("What is kept, and why:") }),
			el(
				"ul",
				{ role: "list" },
				stays && el("li", { text: __("Gestures kept without personal data: {0}", [stays]) }),
				...kept.map((text) => el("li", { class: "mx-secondary", text })),
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
