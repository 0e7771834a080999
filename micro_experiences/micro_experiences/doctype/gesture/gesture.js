frappe.ui.form.on("Gesture", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
		frm.get_field("personal_note").df.formatter = micro_experiences.link_formatter("Personal Note");
		frm.get_field("gesture_wallet").df.formatter = micro_experiences.link_formatter("Gesture Wallet");
		frm.set_query("gesture_type", () => ({ filters: { enabled: 1 } }));
		frm.set_query("gesture_budget", () => ({ filters: { enabled: 1, company: frm.doc.company } }));
	},

	onload(frm) {
		// Frappe fills a new form with the site's currency, whatever the company. Empty means: as the budget.
		if (frm.is_new() && !frm.doc.cost) {
			frm.set_value("currency", "");
		}
		// Frappe fills in only Link fields when a record is created from a connection.
		frm.make_methods = {
			"Follow Up Task": () =>
				frappe.new_doc("Follow Up Task", { customer: frm.doc.customer, gesture: frm.doc.name }),
		};
	},

	planned_on(frm) {
		// A day is a plan: an idea sets no money aside and reminds nobody.
		if (frm.is_new() && frm.doc.planned_on && frm.doc.status === "Idea") {
			frm.set_value("status", "Planned");
		}
	},

	refresh(frm) {
		// The status changes by the buttons only, and amounts that are booked cannot be edited.
		const frozen = frm.doc.__onload?.micro_experiences_frozen || [];
		frm.set_df_property("status", "read_only", !frm.is_new());
		for (const { df } of frm.fields) {
			if (frozen.includes(df.fieldname)) {
				frm.set_df_property(df.fieldname, "read_only", 1);
			}
		}
		const request = frm.doc.__onload?.micro_experiences_request;
		frm.set_intro(request ? frappe.utils.escape_html(request) : "", "blue");
		if (!frm.is_new()) {
			frm.trigger("add_buttons");
		}
	},

	add_buttons(frm) {
		const call = (method, args) =>
			frappe
				.call({
					method: `micro_experiences.api.gestures.${method}`,
					args: { name: frm.doc.name, ...args },
					freeze: true,
				})
				.then(() => frm.reload_doc());
		const transitions = frm.doc.__onload?.micro_experiences_moves || [];

		if (transitions.includes("Approved")) {
			frm.add_custom_button(__("Approve"), () => call("approve")).addClass("btn-primary");
		}
		if (transitions.includes("Declined")) {
			frm.add_custom_button(__("Decline"), () =>
				micro_experiences.prompt(
					__("Decline"),
					[{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 }],
					(values) => call("decline", values),
				),
			);
		}
		if (transitions.includes("Planned") && frm.doc.planned_on >= frappe.datetime.get_today()) {
			frm.add_custom_button(__("Plan"), () => call("set_status", { status: "Planned" }));
		}
		if (transitions.includes("Given")) {
			frm.add_custom_button(__("Mark as given"), () =>
				call("set_status", { status: "Given" }),
			).addClass("btn-primary");
		}
		if (frm.doc.__onload?.micro_experiences_can_correct) {
			frm.add_custom_button(__("Correct cost"), () =>
				micro_experiences.prompt(
					__("Correct cost"),
					[
						{
							fieldname: "cost",
							fieldtype: "Currency",
							options: frm.doc.currency,
							label: __("Actual Cost"),
							precision: 9,
							default: frm.doc.cost,
							reqd: 1,
						},
						{ fieldname: "reason", fieldtype: "Data", label: __("Reason") },
					],
					(values) => call("correct_cost", values),
				),
			);
		}
		if (transitions.includes("Cancelled")) {
			frm.add_custom_button(__("Cancel this gesture"), () =>
				frappe.confirm(
					frm.doc.status === "Given"
						? __("Cancel this gesture? Its cost is returned to the wallet.")
						: __("Cancel this gesture? Reserved money is returned to the wallet."),
					() => call("set_status", { status: "Cancelled" }),
				),
			);
		}
	},
});
