// The banner on Customer, and the entries for managers in its menu.

import { register } from "../banner/host.js";
import { request_sensitive_notes } from "../privacy/sensitive_notes.js";
import { fail_safe } from "../utils/fail_safe.js";

const MANAGER = "Micro Experiences Manager";

register({
	doctype: "Customer",
	customer_of: (doc) => (doc.__islocal ? null : doc.name),
	contact_of: () => null,
	compact: false,
});

frappe.ui.form.on("Customer", {
	refresh: (frm) => fail_safe(() => add_menu_items(frm)),
});

function add_menu_items(frm) {
	if (frm.is_new() || !frappe.user_roles.includes(MANAGER)) return;
	frm.page.add_menu_item(__("Personal Data"), () => frappe.set_route("personal-data", frm.doc.name));
	frm.page.add_menu_item(__("Sensitive Notes…"), () => request_sensitive_notes(frm));
}
