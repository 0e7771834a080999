// A dialog that keeps its input until the server has accepted it. Frappe's own prompt closes before the call.

/**
 * Asks for `fields` and passes the values to `submit`, which returns a promise. `title` is also the label of the button. The
 * dialog closes when the promise resolves; if it rejects, Frappe shows the error and the dialog stays open with its input.
 */
export function prompt(title, fields, submit) {
	const dialog = new frappe.ui.Dialog({
		title,
		fields,
		primary_action_label: title,
		primary_action: (values) => {
			const button = dialog.get_primary_btn().prop("disabled", true);
			const enable = () => button.prop("disabled", false);
			submit(values).then(() => dialog.hide(), enable);
		},
	});
	dialog.show();
}
