// Whether the panel is collapsed or discreet, per user. Stored in Frappe's user settings, which arrive with each DocType and
// need no request.

const FOLDED = "Micro Experiences";
// A separate key: it is also written to DocTypes that are not loaded yet, whose other settings are unknown here.
const DISCREET = "Micro Experiences Discreet";

const session = { folded: {}, discreet: undefined }; // chosen in this session, possibly not saved yet
let saving = Promise.resolve();

/** Return {folded, discreet}. `folded` is stored per form; `discreet` is about the screen and applies to all forms. */
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

/** Saves one after the other: Frappe compares with its memory, which a pending save has not updated yet. */
function save(doctype, key, value) {
	saving = saving.then(() => frappe.model.user_settings.save(doctype, key, value)).catch(() => {});
}
