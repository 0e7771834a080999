frappe.views.calendar["Follow Up Task"] = {
	field_map: {
		start: "due_on",
		end: "due_on",
		id: "name",
		title: "title",
		allDay: "allDay",
		// A day is the same day in every time zone: without a field for it, Frappe moves it to the user's.
		convertToUserTz: "convertToUserTz",
	},
	get_css_class(data) {
		if (data.status !== "Open") {
			return "success";
		}
		return data.late ? "danger" : "default";
	},
	options: micro_experiences.follow_ups.calendar,
	get_events_method: "micro_experiences.desk.follow_ups.events",
};
