frappe.pages["hand-over"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("Hand Over"), single_column: true });
	const call = (method, type, args) =>
		frappe
			.call({
				method: `micro_experiences.desk.hand_over.${method}`,
				type,
				args,
				freeze: type === "POST",
			})
			.then(({ message }) => message);
	const on_server = {
		people: () => call("people", "GET"),
		preview: (args) => call("preview", "GET", args),
		hand_over: (args) => call("hand_over", "POST", args),
	};
	micro_experiences.hand_over.page(wrapper.page, on_server);
};
