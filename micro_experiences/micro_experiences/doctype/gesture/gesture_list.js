frappe.listview_settings["Gesture"] = {
	add_fields: ["status"],
	hide_name_column: true,
	get_indicator(doc) {
		const color = {
			Idea: "gray",
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
					method: "micro_experiences.desk.gestures.decide_all",
					args: { names: listview.get_checked_items(true), status, ...values },
					freeze: true,
				})
				.then(({ message: { done, kept } }) => {
					const escape = frappe.utils.escape_html;
					const lines = kept.map(({ name, why }) => `${escape(name)}: ${escape(why)}`);
					const told = [__("{0} decided, {1} stay as they are.", [done, kept.length]), ...lines];
					listview.clear_checked_items();
					// Frappe takes a list that it has read in the last three seconds for fresh.
					listview.last_args = null;
					return listview
						.refresh()
						.then(() => frappe.msgprint({ title: __("Decided"), message: told.join("<br>") }));
				});
		const decline = () =>
			micro_experiences.ask(
				__("Decline"),
				[{ fieldname: "reason", fieldtype: "Data", length: 500, label: __("Reason"), reqd: 1 }],
				(values) => decide("Declined", values),
			);
		frappe
			.call({ method: "micro_experiences.desk.approvals.may_decide_about_some", type: "GET" })
			.then(({ message }) => {
				if (!message) return;
				listview.page.add_actions_menu_item(__("Approve"), () => decide("Approved"), false);
				listview.page.add_actions_menu_item(__("Decline"), decline, false);
			});
	},
};
