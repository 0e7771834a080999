frappe.pages["personal-data"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("Personal Data"), single_column: true });
};

frappe.pages["personal-data"].on_page_show = function (wrapper) {
	const call = (method, args) =>
		frappe
			.call({
				method: `micro_experiences.desk.personal_data.${method}`,
				// By POST also where nothing is written: names have no place in addresses and logs.
				type: "POST",
				args,
				freeze: true,
			})
			.then(({ message }) => message);
	const on_server = {
		overview: (args) => call("overview", args),
		report: (args) => call("report", args),
		erase: (args) => call("erase", args),
	};
	micro_experiences.personal_data.page(wrapper.page, frappe.get_route()[1], on_server);
};
