frappe.listview_settings["Follow Up Task"] = {
	add_fields: ["status", "due_on", "snoozed_until"],
	filters: [["status", "=", "Open"]],
	hide_name_column: true,
	formatters: { assigned_to: (user) => frappe.utils.escape_html(frappe.user.full_name(user)) },
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		if (doc.status !== "Open") {
			const color = doc.status === "Done" ? "green" : "gray";
			return [__(doc.status), color, `status,=,${doc.status}`];
		}
		// The same rule as `get_due_state` in domain/follow_ups.py, which Frappe's list cannot call. A test compares the two.
		if (doc.snoozed_until && doc.snoozed_until > today) {
			return [__("Snoozed"), "gray", `status,=,Open|snoozed_until,>,${today}`];
		}
		if (doc.due_on < today) {
			return [__("Overdue"), "red", `status,=,Open|due_on,<,${today}`];
		}
		if (doc.due_on === today) {
			return [__("Due Today"), "orange", `status,=,Open|due_on,=,${today}`];
		}
		return [__("Open"), "blue", "status,=,Open"];
	},
	onload(listview) {
		micro_experiences.follow_ups.add_bulk_actions(listview);
	},
};
