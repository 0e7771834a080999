frappe.query_reports["Worth a Second Look"] = {
	filters: [
		{
			fieldname: "customer",
			label: __("Customer"),
			fieldtype: "Link",
			options: "Customer",
		},
		{
			fieldname: "category",
			label: __("Category"),
			fieldtype: "Select",
			options: [
				{ value: "", label: "" },
				{ value: "Health", label: __("Health") },
				{ value: "Religion", label: __("Religion") },
				{ value: "Politics", label: __("Politics") },
				{ value: "Origin", label: __("Origin") },
				{ value: "Sexuality", label: __("Sexuality") },
				{ value: "Union", label: __("Union") },
				{ value: "Offence", label: __("Offence") },
				{ value: "Insult", label: __("Insult") },
			],
		},
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
		},
	],
};
