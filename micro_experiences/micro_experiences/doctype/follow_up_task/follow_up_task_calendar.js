frappe.views.calendar["Follow Up Task"] = {
	field_map: {
		start: "due_on",
		end: "due_on",
		id: "name",
		title: "title",
		allDay: "allDay",
		// A date is the same in every time zone. Without this field, Frappe converts it to the user's time zone.
		convertToUserTz: "convertToUserTz",
	},
	get_css_class(data) {
		if (data.status !== "Open") {
			return "success";
		}
		return data.late ? "danger" : "default";
	},
	options: micro_experiences.follow_ups.calendar,
	get_events_method: "micro_experiences.api.follow_ups.get_events",
};
