frappe.listview_settings["Follow Up Preference"] = {
	hide_name_column: true,
	onload(listview) {
		const open_mine = () =>
			frappe
				.xcall("micro_experiences.api.preferences.get_or_create")
				.then((name) => frappe.set_route("Form", "Follow Up Preference", name));
		// Users other than managers see only their own preferences, so they need no list.
		if (frappe.user.has_role("Micro Experiences Manager")) {
			listview.page.add_inner_button(__("My Reminders"), open_mine);
		} else {
			open_mine();
		}
	},
};
