// Makes a form read-only for a user who may read but not write the record, so that no save is refused later.

import { fail_safe } from "./fail_safe.js";

/** Runs before the fields are drawn: Frappe knows what a role may do on a form, but not what this user may do. */
export function make_forms_read_only() {
	$(document).on("form-refresh", (event, frm) => fail_safe(() => make_read_only(frm)));
}

function make_read_only(frm) {
	if (frm.doc?.__onload?.micro_experiences_can_write !== false) return;
	frm.set_read_only();
	frm.disable_save();
}
