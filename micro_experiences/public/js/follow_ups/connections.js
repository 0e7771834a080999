// The number of open follow-ups in the Connections of a form opens exactly these. Frappe's own handler takes the
// filters from the documents that the user has subscribed to, and may lose the filter for the form's document.

import { fail_safe } from "../utils/fail_safe.js";

const DOCTYPE = "Follow Up Task";
const FORMS = ["Customer", "Sales Invoice", "Personal Note", "Gesture"];

export function open_follow_ups_from_connections() {
	FORMS.forEach((doctype) =>
		frappe.ui.form.on(doctype, { dashboard_update: (frm) => fail_safe(() => set_handler(frm)) }),
	);
}

function set_handler({ dashboard }) {
	dashboard.transactions_area
		?.find(`.document-link[data-doctype="${DOCTYPE}"] .open-notification`)
		.off("click")
		.on("click", () => {
			frappe.route_options = { ...dashboard.get_document_filter(DOCTYPE), status: "Open" };
			frappe.set_route("List", DOCTYPE, "List");
		});
}
