frappe.ui.form.on("Gesture Budget", {
	setup(frm) {
		frm.set_query("user", "holders", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		const account = (root_types) => () => ({
			filters: {
				company: frm.doc.company,
				root_type: ["in", root_types],
				is_group: 0,
				disabled: 0,
			},
		});
		frm.set_query("expense_account", account(["Expense"]));
		frm.set_query("paid_from_account", account(["Asset", "Liability"]));
		frm.set_query("cost_center", () => ({
			filters: { company: frm.doc.company, is_group: 0, disabled: 0 },
		}));
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
