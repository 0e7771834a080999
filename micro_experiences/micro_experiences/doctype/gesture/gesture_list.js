frappe.listview_settings["Gesture"] = {
	add_fields: ["status"],
	hide_name_column: true,
	get_indicator(doc) {
		const color = {
			Idea: "gray",
			"Awaiting Approval": "orange",
			Approved: "blue",
			Given: "green",
			Declined: "red",
			Cancelled: "gray",
		}[doc.status];
		return [__(doc.status), color, `status,=,${doc.status}`];
	},
};
