frappe.ui.form.on("Gesture Wallet Entry", {
	setup(frm) {
		frm.get_field("gesture").df.formatter = micro_experiences.link_formatter("Gesture");
	},
});
