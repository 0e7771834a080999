frappe.views.calendar["Follow Up Task"] = {
	field_map: {
		start: "due_on",
		end: "due_on",
		id: "name",
		title: "title",
		allDay: "allDay",
	},
	get_css_class(data) {
		if (data.status !== "Open") {
			return "success";
		}
		return data.late ? "danger" : "default";
	},
	get_events_method: "micro_experiences.desk.follow_ups.events",
};
