frappe.ui.form.on("Gesture Wallet", {
	refresh(frm) {
		const history = frm.doc.__onload?.micro_experiences_history;
		if (history) {
			frm.fields_dict.history.$wrapper
				.empty()
				.append(micro_experiences.wallet_history(history, micro_experiences.history_labels()));
		}
		const accounting = frm.doc.__onload?.micro_experiences_books;
		if (accounting?.line) {
			frm.set_intro(frappe.utils.escape_html(accounting.line), "blue");
		}
		if (accounting?.offered) {
			frm.add_custom_button(__("Post to ledger"), () =>
				frappe
					.call({
						method: "micro_experiences.api.accounting.post_wallet_period",
						args: { name: frm.doc.name },
						freeze: true,
					})
					.then(() => frm.reload_doc()),
			);
		}
	},
});
