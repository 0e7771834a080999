frappe.ui.form.on("Personal Note", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
	},

	onload(frm) {
		// Frappe fills in Links alone when a connection is made.
		const because = () => ({ customer: frm.doc.customer, personal_note: frm.doc.name });
		frm.make_methods = {
			Gesture: () => frappe.new_doc("Gesture", because()),
			"Follow Up Task": () => frappe.new_doc("Follow Up Task", because()),
		};
	},

	refresh(frm) {
		window.micro_experiences?.ask_about_words(frm, "note");
		if (frm.is_new()) {
			return;
		}
		if (frm.doc.status === "Closed") {
			frm.set_intro(
				__("This note is closed ({0}) and is not shown any more.", [__(frm.doc.closed_because)]),
			);
			return;
		}
		frm.add_custom_button(__("No longer true"), () =>
			frappe
				.call({
					method: "micro_experiences.desk.notes.no_longer_true",
					args: { name: frm.doc.name },
					freeze: true,
				})
				.then(() => frm.reload_doc()),
		);
	},

	sensitive(frm) {
		window.micro_experiences?.ask_about_words(frm, "note");
	},

	kept_as_is_because(frm) {
		window.micro_experiences?.ask_about_words(frm, "note");
	},
});
