frappe.pages["hand-over"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("Handover"), single_column: true });
	const call = (method, type, args) =>
		frappe
			.call({
				method: `micro_experiences.api.handover.${method}`,
				type,
				args,
				freeze: type === "POST",
			})
			.then(({ message }) => message);
	const server = {
		people: () => call("get_people", "GET"),
		preview: (args) => call("preview", "GET", args),
		hand_over: (args) => call("hand_over", "POST", args),
	};
	micro_experiences.show_handover_page(wrapper.page, server);
};
