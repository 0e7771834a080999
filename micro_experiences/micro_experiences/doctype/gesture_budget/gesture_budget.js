frappe.ui.form.on("Gesture Budget", {
	setup(frm) {
		frm.set_query("user", "holders", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		frm.set_query("expense_account", () => ({
			filters: { company: frm.doc.company, root_type: "Expense", is_group: 0 },
		}));
		frm.set_query("paid_from_account", () => ({
			filters: { company: frm.doc.company, root_type: ["in", ["Asset", "Liability"]], is_group: 0 },
		}));
		frm.set_query("cost_center", () => ({ filters: { company: frm.doc.company, is_group: 0 } }));
	},

	company(frm) {
		if (frm.doc.company) {
			frm.set_value("currency", frappe.get_doc(":Company", frm.doc.company)?.default_currency);
		}
	},

	refresh(frm) {
		if (frm.is_new() && frm.doc.company && !frm.doc.currency) {
			frm.trigger("company");
		}
	},
});
