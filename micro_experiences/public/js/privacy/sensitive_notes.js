// "Sensitive Notes…" in the menu of a customer, for managers: they say why, and see them until midnight.

import { safely, show_banner } from "./banner_host.js";

const MANAGER = "Micro Experiences Manager";
const dialogs = new Map(); // customer -> the dialog that has not been agreed to

frappe.ui.form.on("Customer", {
	refresh: (frm) => safely(() => offer(frm)),
});

function offer(frm) {
	if (frm.is_new() || !frappe.user_roles.includes(MANAGER)) return;
	frm.page.add_menu_item(__("Sensitive Notes…"), () => ask_why(frm));
}

/** Opens the dialog, with what was typed before: it is kept until the server has agreed. */
function ask_why(frm) {
	const customer = frm.doc.name;
	if (!dialogs.has(customer)) dialogs.set(customer, make_dialog(frm, customer));
	dialogs.get(customer).show();
}

function make_dialog(frm, customer) {
	const dialog = new frappe.ui.Dialog({
		title: __("Sensitive Notes"),
		fields: [
			{
				fieldname: "reason",
				fieldtype: "Data",
				length: 280,
				label: __("Why do you need to look?"),
				reqd: 1,
				description: __(
					"What was told in confidence is open to you until midnight. Your reason is written down, and each of these notes that the banner shows you or that you open; other managers can read it. Lists and exports are not written down one by one: your reason answers for them.",
				),
			},
		],
		primary_action_label: __("Open"),
		primary_action: ({ reason }) =>
			frappe
				.call({
					method: "micro_experiences.desk.sensitive.open_sensitive",
					args: { customer, reason, reference_doctype: "Customer", reference_name: customer },
					btn: dialog.get_primary_btn(),
				})
				.then(
					({ message }) => {
						dialogs.delete(customer);
						dialog.hide();
						show_banner(frm, message.banner);
						frappe.show_alert({ message: message.text, indicator: "green" });
					},
					() => {}, // Frappe has said why not.
				),
	});
	return dialog;
}
