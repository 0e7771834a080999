// The wording hint on Personal Note.

import { fail_safe } from "../utils/fail_safe.js";
import { update_wording_hint } from "../wording/note_form_hint.js";

const update = (frm) => fail_safe(() => update_wording_hint(frm));

frappe.ui.form.on("Personal Note", { refresh: update, sensitive: update, kept_as_is_because: update });
