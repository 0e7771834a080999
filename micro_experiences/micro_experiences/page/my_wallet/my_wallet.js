frappe.pages["my-wallet"].on_page_load = function (wrapper) {
	frappe.ui.make_app_page({ parent: wrapper, title: __("My Wallet"), single_column: true });
};

frappe.pages["my-wallet"].on_page_show = function (wrapper) {
	const labels = {
		nothing: __("You have no wallet yet. A Micro Experiences Manager can add you to a gesture budget."),
		...micro_experiences.history_labels(),
	};
	frappe.call({ method: "micro_experiences.api.wallets.get_my_wallets", type: "GET" }).then(({ message }) =>
		$(wrapper)
			.find(".layout-main-section")
			.empty()
			.append(
				micro_experiences.own_balances(message.wallets, {
					...labels,
					nothing: message.notice || labels.nothing,
				}),
			),
	);
};
