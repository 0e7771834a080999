frappe.listview_settings["Personal Note Access"] = {
	add_fields: ["seen_in"],
	hide_name_column: true,
	get_indicator(doc) {
		const color = { Reason: "orange", Form: "blue", Banner: "blue" }[doc.seen_in] || "purple";
		return [__(doc.seen_in), color, `seen_in,=,${doc.seen_in}`];
	},
};
