frappe.listview_settings["Follow Up Preference"] = {
	hide_name_column: true,
	onload(listview) {
		const open_mine = () =>
			frappe
				.xcall("micro_experiences.desk.preferences.mine")
				.then((name) => frappe.set_route("Form", "Follow Up Preference", name));
		// Whoever sees no others has nothing to look for in a list.
		if (frappe.user.has_role("Micro Experiences Manager")) {
			listview.page.add_inner_button(__("My Reminders"), open_mine);
		} else {
			open_mine();
		}
	},
};
