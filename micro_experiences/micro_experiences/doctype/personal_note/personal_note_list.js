frappe.listview_settings["Personal Note"] = {
	add_fields: ["kind", "status", "closed_because", "visibility", "sensitive"],
	filters: [["status", "=", "Active"]],
	hide_name_column: true,
	get_indicator(doc) {
		if (doc.status === "Closed") {
			return [__(doc.closed_because || "Closed"), "gray", "status,=,Closed"];
		}
		if (!doc.kind) {
			return [__("Note"), "blue", "kind,is,not set"];
		}
		const color = { Moment: "orange", Fact: "blue", Occasion: "purple", Never: "red" }[doc.kind];
		return [__(doc.kind), color, `kind,=,${doc.kind}`];
	},
};
