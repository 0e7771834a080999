// Folded and discreet, per user: kept in Frappe's user settings, which arrive with each doctype and cost no request.

const FOLDED = "Micro Experiences";
// A key of its own: it is also written to doctypes that are not loaded yet, whose other settings are unknown here.
const DISCREET = "Micro Experiences Discreet";

const session = { folded: {}, discreet: undefined }; // ahead of what is still being saved
let saving = Promise.resolve();

/** Folded is remembered per form. Discreet is about the screen: chosen on one form, it holds on all of them. */
export function read_state(doctypes, doctype) {
	const settings = (one) => frappe.get_user_settings(one) || {};
	return {
		folded: session.folded[doctype] ?? settings(doctype)[FOLDED]?.folded,
		discreet: session.discreet ?? [...doctypes].some((one) => Boolean(settings(one)[DISCREET])),
	};
}

export function save_state(doctypes, doctype, { folded, discreet }) {
	const before = read_state(doctypes, doctype);
	if (folded !== undefined && folded !== before.folded) {
		session.folded[doctype] = folded;
		save(doctype, FOLDED, { folded });
	}
	if (Boolean(discreet) !== before.discreet) {
		session.discreet = Boolean(discreet);
		for (const one of doctypes) save(one, DISCREET, discreet ? 1 : 0);
	}
}

/** One after the other: Frappe compares with what it has in memory, which a save still under way has not reached. */
function save(doctype, key, value) {
	saving = saving.then(() => frappe.model.user_settings.save(doctype, key, value)).catch(() => {});
}
