frappe.views.calendar["Follow Up Task"] = {
	field_map: {
		start: "due_on",
		end: "due_on",
		id: "name",
		title: "subject",
		allDay: "allDay",
	},
	get_css_class(data) {
		if (data.status !== "Open") {
			return "success";
		}
		return data.due_on < frappe.datetime.get_today() ? "danger" : "";
	},
	get_events_method: "frappe.desk.calendar.get_events",
};
