frappe.ui.form.on("Follow Up Task", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
		frm.get_field("personal_note").df.formatter = micro_experiences.link_formatter("Personal Note");
		frm.get_field("gesture").df.formatter = micro_experiences.link_formatter("Gesture");
		for (const field of ["assigned_to", "escalate_to"]) {
			frm.set_query(field, () => ({ filters: { enabled: 1, user_type: "System User" } }));
		}
	},

	refresh(frm) {
		micro_experiences.follow_ups.add_buttons(frm);
	},
});

frappe.ui.form.on("Follow Up Task", {
	refresh(frm) {
		const labels = {
			notes: __("Recent notes"),
			orders: __("Last order"),
			gestures: __("Open gestures"),
			nothing: __("There is nothing to show about this customer yet."),
		};
		const context = frm.doc.__onload?.at_hand;
		const place = frm.fields_dict.at_hand.$wrapper.empty();
		if (context) {
			place.append(micro_experiences.customer_context(context, labels));
		}
		frm.toggle_display("at_hand_section", Boolean(context));
	},
});
