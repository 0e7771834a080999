// A question in a dialog that keeps what was typed until the server has taken it. Frappe's own prompt closes first.

/**
 * Asks for `fields` under `title`, which stands on the button too, and gives the answers to `send`. The dialog goes when the
 * promise of `send` is kept; where the server refuses, or is not reached, Frappe says so and the words are still there.
 */
export function ask(title, fields, send) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		primary_action_label: title,
		primary_action: (values) => {
			const button = dialog.get_primary_btn().prop("disabled", true);
			const enable = () => button.prop("disabled", false);
			send(values).then(() => dialog.hide(), enable);
		},
	});
	dialog.show();
}
