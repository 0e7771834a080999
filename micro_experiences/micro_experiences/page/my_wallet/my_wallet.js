frappe.pages["my-wallet"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("My Wallet"), single_column: true });
};

frappe.pages["my-wallet"].on_page_show = function (wrapper) {
	const words = {
		nothing: __("You have no wallet yet. A Micro Experiences Manager gives you one with a budget."),
		entries: __("Last entries"),
		no_entries: __("Nothing was spent in this period."),
	};
	frappe
		.call({ method: "micro_experiences.desk.wallets.mine", type: "GET" })
		.then(({ message }) =>
			$(wrapper).find(".layout-main-section").empty().append(micro_experiences.wallets(message, words)),
		);
};
