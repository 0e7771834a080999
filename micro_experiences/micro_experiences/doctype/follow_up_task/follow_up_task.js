frappe.ui.form.on("Follow Up Task", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
		for (const field of ["assigned_to", "escalate_to"]) {
			frm.set_query(field, () => ({ filters: { enabled: 1, user_type: "System User" } }));
		}
	},

	refresh(frm) {
		if (frm.is_new() || frm.doc.status !== "Open") {
			return;
		}
		const act = (method, args) =>
			frappe
				.call({
					method: `micro_experiences.desk.follow_ups.${method}`,
					args: { name: frm.doc.name, ...args },
					freeze: true,
				})
				.then(() => frm.reload_doc());

		frm.add_custom_button(__("Done"), () =>
			frappe.prompt(
				[{ fieldname: "outcome", fieldtype: "Small Text", label: __("What came of it? (optional)") }],
				(values) => act("done", values),
				__("Done"),
				__("Done"),
			),
		).addClass("btn-primary");
		frm.add_custom_button(__("Tomorrow"), () => act("later", { until: "tomorrow" }), __("Later"));
		frm.add_custom_button(__("Next week"), () => act("later", { until: "next_week" }), __("Later"));
		frm.add_custom_button(
			__("Another day"),
			() =>
				frappe.prompt(
					[{ fieldname: "until", fieldtype: "Date", label: __("Until"), reqd: 1 }],
					(values) => act("later", values),
					__("Later"),
				),
			__("Later"),
		);
		frm.add_custom_button(__("Skip this one"), () => act("skip"));
	},
});

frappe.ui.form.on("Follow Up Task", {
	refresh(frm) {
		const words = {
			notes: __("Last notes"),
			orders: __("Last order"),
			gestures: __("Open gestures"),
			nothing: __("Nothing is known of this customer yet that you may see."),
		};
		const at_hand = frm.doc.__onload?.at_hand;
		const place = frm.fields_dict.at_hand.$wrapper.empty();
		if (at_hand) {
			place.append(micro_experiences.at_hand(at_hand, words));
		}
		frm.toggle_display("at_hand_section", Boolean(at_hand));
	},
});
