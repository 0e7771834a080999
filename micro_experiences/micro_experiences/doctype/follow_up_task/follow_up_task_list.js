frappe.listview_settings["Follow Up Task"] = {
	add_fields: ["status", "due_on", "snoozed_until"],
	filters: [["status", "=", "Open"]],
	hide_name_column: true,
	get_indicator(doc) {
		const today = frappe.datetime.get_today();
		if (doc.status !== "Open") {
			const color = doc.status === "Done" ? "green" : "gray";
			return [__(doc.status), color, `status,=,${doc.status}`];
		}
		// As domain/promises.py tells it; a list has its rows from Frappe, which asks nobody.
		if (doc.snoozed_until && doc.snoozed_until > today) {
			return [__("Later"), "gray", `status,=,Open|snoozed_until,>,${today}`];
		}
		if (doc.due_on < today) {
			return [__("Overdue"), "red", `status,=,Open|due_on,<,${today}`];
		}
		if (doc.due_on === today) {
			return [__("Due Today"), "orange", `status,=,Open|due_on,=,${today}`];
		}
		return [__("Open"), "blue", "status,=,Open"];
	},
	onload(listview) {
		for (const [status, label] of [
			["Done", __("Mark as Done")],
			["Skipped", __("Skip These")],
		]) {
			listview.page.add_action_item(label, () => {
				const names = listview.get_checked_items(true);
				frappe
					.call({
						method: "micro_experiences.desk.follow_ups.finish_many",
						args: { names, status },
						freeze: true,
					})
					.then(({ message }) => {
						listview.clear_checked_items();
						listview.refresh();
						const text = __("{0} finished.", [message.finished.length]);
						const refused = message.refused.length
							? " " +
								__("{0} left as they were: they are not yours, or finished already.", [
									message.refused.length,
								])
							: "";
						frappe.show_alert({
							message: text + refused,
							indicator: refused ? "orange" : "green",
						});
					});
			});
		}
	},
};
