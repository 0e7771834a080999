frappe.listview_settings["Gesture"] = {
	add_fields: ["status"],
	hide_name_column: true,
	formatters: { given_by: (user) => frappe.utils.escape_html(frappe.user.full_name(user)) },
	get_indicator(doc) {
		const color = {
			Idea: "gray",
			Planned: "purple",
			"Awaiting Approval": "orange",
			Approved: "blue",
			Given: "green",
			Declined: "red",
			Cancelled: "gray",
		}[doc.status];
		return [__(doc.status), color, `status,=,${doc.status}`];
	},

	onload(listview) {
		const decide = (status, values = {}) =>
			frappe
				.call({
					method: "micro_experiences.api.gestures.decide_many",
					args: { names: listview.get_checked_items(true), status, ...values },
					freeze: true,
				})
				.then(({ message: { done, kept } }) => {
					const escape = frappe.utils.escape_html;
					const lines = kept.map(({ name, why }) => `${escape(name)}: ${escape(why)}`);
					const result = [__("{0} updated, {1} not changed.", [done, kept.length]), ...lines];
					listview.clear_checked_items();
					// Frappe does not reload a list that it loaded less than three seconds ago.
					listview.last_args = null;
					return listview
						.refresh()
						.then(() =>
							frappe.msgprint({ title: __("Approval result"), message: result.join("<br>") }),
						);
				});
		const decline = () =>
			micro_experiences.prompt(
				__("Decline"),
				[{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 }],
				(values) => decide("Declined", values),
			);
		frappe
			.call({ method: "micro_experiences.api.gestures.can_decide_any", type: "GET" })
			.then(({ message }) => {
				if (!message) return;
				listview.page.add_actions_menu_item(__("Approve"), () => decide("Approved"), false);
				listview.page.add_actions_menu_item(__("Decline"), decline, false);
			});
	},
};
