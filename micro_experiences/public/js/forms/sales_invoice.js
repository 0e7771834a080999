// The banner on Sales Invoice: one line, which expands.

import { customer_changed, register } from "../banner/host.js";

register({
	doctype: "Sales Invoice",
	customer_of: (doc) => doc.customer,
	contact_of: (doc) => doc.contact_person,
	compact: true,
});

frappe.ui.form.on("Sales Invoice", {
	customer(frm) {
		customer_changed(frm);
		// A resolved promise: otherwise Frappe would wait for every open request before ERPNext's own handler.
		return Promise.resolve();
	},
});
