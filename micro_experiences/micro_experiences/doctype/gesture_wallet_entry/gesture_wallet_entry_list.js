frappe.listview_settings["Gesture Wallet Entry"] = {
	add_fields: ["kind", "gesture"],
	formatters: {
		// Signed by the effect on what is left in the wallet.
		amount(value, df, doc) {
			const reduces =
				doc.kind === "Commit" || doc.kind === "Spend" || (doc.kind === "Adjust" && doc.gesture);
			const effect = reduces ? -value : +value;
			const text = frappe.format(Math.abs(effect), df, { only_value: true }, doc);
			return `${effect < 0 ? "\u2212" : "+"} ${text}`;
		},
	},
};
