frappe.ui.form.on("Micro Experiences Settings", {
	refresh(frm) {
		const summary = frm.doc.__onload?.micro_experiences_forgetting;
		if (summary) frm.get_field("forgetting_next").$wrapper.text(summary);
	},
});
