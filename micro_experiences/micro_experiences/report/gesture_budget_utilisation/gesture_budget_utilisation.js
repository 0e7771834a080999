frappe.query_reports["Gesture Budget Utilisation"] = {
	filters: [
		{
			fieldname: "company",
			label: __("Company"),
			fieldtype: "Link",
			options: "Company",
			default: frappe.defaults.get_user_default("Company"),
		},
		{
			fieldname: "gesture_budget",
			label: __("Gesture Budget"),
			fieldtype: "Link",
			options: "Gesture Budget",
		},
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.month_start(),
			reqd: 1,
		},
		{
			fieldname: "to_date",
			label: __("To Date"),
			fieldtype: "Date",
			default: frappe.datetime.month_end(),
			reqd: 1,
		},
		{
			fieldname: "group_by",
			label: __("Group By"),
			fieldtype: "Select",
			options: [
				{ value: "holder", label: __("Holder") },
				{ value: "budget", label: __("Budget") },
				{ value: "type", label: __("Gesture Type") },
				{ value: "customer", label: __("Customer") },
				{ value: "period", label: __("Period") },
			],
			default: "holder",
			reqd: 1,
		},
	],
};
