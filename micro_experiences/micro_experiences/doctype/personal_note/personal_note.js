frappe.ui.form.on("Personal Note", {
	setup(frm) {
		frm.set_query("contact", () => ({
			query: "frappe.contacts.doctype.contact.contact.contact_query",
			filters: { link_doctype: "Customer", link_name: frm.doc.customer },
		}));
	},

	onload(frm) {
		// Frappe fills in only Link fields when a record is created from a connection.
		const defaults = () => ({ customer: frm.doc.customer, personal_note: frm.doc.name });
		frm.make_methods = {
			Gesture: () => frappe.new_doc("Gesture", defaults()),
			"Follow Up Task": () => frappe.new_doc("Follow Up Task", defaults()),
		};
	},

	refresh(frm) {
		if (frm.is_new()) {
			return;
		}
		frm.events.show_history(frm);
		if (frm.doc.status === "Closed") {
			frm.set_intro(
				__("This note is closed ({0}) and is no longer shown.", [__(frm.doc.closed_because)]),
			);
			return;
		}
		frm.add_custom_button(__("Mark as outdated"), () =>
			frappe
				.call({
					method: "micro_experiences.api.notes.mark_outdated",
					args: { name: frm.doc.name },
					freeze: true,
				})
				.then(() => frm.reload_doc()),
		);
	},

	// `text` escapes what people have written.
	show_history(frm) {
		const $place = frm.fields_dict.history.$wrapper.empty();
		const uses = frm.doc.__onload?.micro_experiences_history || [];
		if (!uses.length) {
			$("<p>").addClass("text-muted").text(__("This note has not been used yet.")).appendTo($place);
		}
		for (const use of uses) {
			const when = frappe.datetime.str_to_user(use.used_on);
			const $use = $("<div>").addClass("mb-3").appendTo($place);
			if (use.they_said) {
				$("<div>").attr("dir", "auto").text(use.they_said).appendTo($use);
			}
			$("<div>")
				.addClass("text-muted small")
				.text([use.action, use.used_by, when].join(" · "))
				.appendTo($use);
		}
	},
});
