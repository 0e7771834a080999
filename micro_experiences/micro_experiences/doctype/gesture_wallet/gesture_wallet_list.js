frappe.listview_settings["Gesture Wallet"] = {
	add_fields: ["period_end"],
	hide_name_column: true,
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		return doc.period_end < today
			? [__("Past"), "gray", `period_end,<,${today}`]
			: [__("Current"), "green", `period_end,>=,${today}`];
	},
};
