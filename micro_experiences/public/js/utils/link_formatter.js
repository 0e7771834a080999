// Shows the value of a Data field that names a record as a link.

/** Return a formatter (for a field or a list column) that links to the form of `doctype`. */
export function link_formatter(doctype) {
	return (value) => {
		if (!value) return "";
		const link = document.createElement("a");
		link.href = frappe.utils.get_form_link(doctype, value);
		link.textContent = value;
		return link.outerHTML;
	};
}
