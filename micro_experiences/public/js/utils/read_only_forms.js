// A record of ours that somebody else keeps is only read: no field to type into, and no Save that would be refused.

import { safely } from "./banner_host.js";

/** Before the fields are drawn: Frappe knows of a form what a role may do, and not what this user may do. */
export function listen_to_forms() {
	$(document).on("form-refresh", (event, frm) => safely(() => close(frm)));
}

function close(frm) {
	if (frm.doc?.__onload?.micro_experiences_may_write !== false) return;
	frm.set_read_only();
	frm.disable_save();
}
