frappe.pages["personal-data"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("Personal Data"), single_column: true });
};

frappe.pages["personal-data"].on_page_show = function (wrapper) {
	const call = (method, args) =>
		frappe
			.call({
				method: `micro_experiences.api.personal_data.${method}`,
				// POST even for reads, so that names do not appear in URLs and server logs.
				type: "POST",
				args,
				freeze: true,
			})
			.then(({ message }) => message);
	const server = {
		overview: (args) => call("get_overview", args),
		report: (args) => call("get_report", args),
		erase: (args) => call("erase", args),
	};
	micro_experiences.show_personal_data_page(wrapper.page, frappe.get_route()[1], server);
};
