frappe.ui.form.on("Gesture", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
		frm.get_field("personal_note").df.formatter = micro_experiences.link_to("Personal Note");
		frm.get_field("gesture_wallet").df.formatter = micro_experiences.link_to("Gesture Wallet");
		frm.set_query("gesture_type", () => ({ filters: { enabled: 1 } }));
		frm.set_query("gesture_budget", () => ({ filters: { enabled: 1, company: frm.doc.company } }));
	},

	onload(frm) {
		// Frappe fills in Links alone when a connection is made.
		frm.make_methods = {
			"Follow Up Task": () =>
				frappe.new_doc("Follow Up Task", { customer: frm.doc.customer, gesture: frm.doc.name }),
		};
	},

	refresh(frm) {
		// The status moves by the buttons; money that is booked cannot be typed over.
		const frozen = frm.doc.__onload?.micro_experiences_frozen || [];
		frm.set_df_property("status", "read_only", !frm.is_new());
		for (const { df } of frm.fields) {
			if (frozen.includes(df.fieldname)) {
				frm.set_df_property(df.fieldname, "read_only", 1);
			}
		}
		if (!frm.is_new()) {
			frm.trigger("add_buttons");
		}
	},

	add_buttons(frm) {
		const call = (method, args) =>
			frappe
				.call({
					method: `micro_experiences.desk.gestures.${method}`,
					args: { name: frm.doc.name, ...args },
					freeze: true,
				})
				.then(() => frm.reload_doc());
		const moves = frm.doc.__onload?.micro_experiences_moves || [];

		if (moves.includes("Approved")) {
			frm.add_custom_button(__("Approve"), () => call("approve")).addClass("btn-primary");
		}
		if (moves.includes("Declined")) {
			frm.add_custom_button(__("Decline"), () =>
				micro_experiences.ask(
					__("Decline"),
					[{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 }],
					(values) => call("decline", values),
				),
			);
		}
		if (moves.includes("Given")) {
			frm.add_custom_button(__("Given"), () => call("move", { status: "Given" })).addClass(
				"btn-primary",
			);
		}
		if (frm.doc.__onload?.micro_experiences_may_correct) {
			frm.add_custom_button(__("The price was another"), () =>
				micro_experiences.ask(
					__("The price was another"),
					[
						{
							fieldname: "cost",
							fieldtype: "Currency",
							options: frm.doc.currency,
							label: __("What did it cost?"),
							default: frm.doc.cost,
							reqd: 1,
						},
						{ fieldname: "reason", fieldtype: "Data", label: __("Reason") },
					],
					(values) => call("correct", values),
				),
			);
		}
		if (moves.includes("Cancelled")) {
			frm.add_custom_button(__("Cancel this gesture"), () =>
				frappe.confirm(
					frm.doc.status === "Given"
						? __("Cancel this gesture? Its money goes back into the wallet.")
						: __("Cancel this gesture?"),
					() => call("move", { status: "Cancelled" }),
				),
			);
		}
	},
});
