// Lets a manager request access to the sensitive notes about a customer: they give a reason and see the notes until midnight.

import { show_banner } from "../banner/host.js";

const dialogs = new Map(); // customer -> the dialog whose request was not granted yet

/** Opens the dialog with what was typed before: its input is kept until the server has accepted the request. */
export function request_sensitive_notes(frm) {
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
				label: __("Access Reason"),
				reqd: 1,
				description: __(
					"You will see sensitive notes until midnight. Your reason is recorded in the access log, together with each sensitive note that you open or see in the banner; other managers can read the log. Notes in lists and exports are not logged individually: your reason covers them.",
				),
			},
		],
		primary_action_label: __("Request access"),
		primary_action: ({ reason }) =>
			frappe
				.call({
					method: "micro_experiences.api.sensitive_notes.request_access",
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
					() => {}, // Frappe has shown the error.
				),
	});
	return dialog;
}
