frappe.ui.form.on("Micro Experiences Settings", {
	refresh(frm) {
		const words = frm.doc.__onload?.micro_experiences_forgetting;
		if (words) frm.get_field("forgetting_next").$wrapper.text(words);
	},
});
