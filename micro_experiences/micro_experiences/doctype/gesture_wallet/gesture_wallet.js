frappe.ui.form.on("Gesture Wallet", {
	refresh(frm) {
		const books = frm.doc.__onload?.micro_experiences_books;
		if (books?.line) {
			frm.set_intro(frappe.utils.escape_html(books.line), "blue");
		}
		if (books?.offered) {
			frm.add_custom_button(__("Post to the Ledger"), () =>
				frappe
					.call({
						method: "micro_experiences.desk.books.post",
						args: { name: frm.doc.name },
						freeze: true,
					})
					.then(() => frm.reload_doc()),
			);
		}
	},
});
