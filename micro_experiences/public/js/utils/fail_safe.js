// "Personal Data" in the menu of a customer, for managers: all that we hold about him, to be read and to be erased.

import { safely } from "./banner_host.js";

const MANAGER = "Micro Experiences Manager";

frappe.ui.form.on("Customer", {
	refresh: (frm) => safely(() => offer(frm)),
});

function offer(frm) {
	if (frm.is_new() || !frappe.user_roles.includes(MANAGER)) return;
	frm.page.add_menu_item(__("Personal Data"), () => frappe.set_route("personal-data", frm.doc.name));
}
