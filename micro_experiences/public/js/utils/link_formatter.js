// A field that names a record of ours and is no Link is shown as one.

/** A formatter (of a field, or of a column in a list) that leads to the form of `doctype`. */
export function link_to(doctype) {
	return (value) => {
		if (!value) return "";
		const link = document.createElement("a");
		link.href = frappe.utils.get_form_link(doctype, value);
		link.textContent = value;
		return link.outerHTML;
	};
}
