frappe.ui.form.on("Gesture Budget", {
	setup(frm) {
		frm.set_query("user", "holders", () => ({ filters: { enabled: 1, user_type: "System User" } }));
		const account = (root_types) => () => ({
			filters: {
				company: frm.doc.company,
				root_type: ["in", root_types],
				is_group: 0,
				disabled: 0,
			},
		});
		frm.set_query("expense_account", account(["Expense"]));
		frm.set_query("paid_from_account", account(["Asset", "Liability"]));
		frm.set_query("cost_center", () => ({
			filters: { company: frm.doc.company, is_group: 0, disabled: 0 },
		}));
		// Roles are the System Manager's: he who keeps budgets may name one all the same.
		for (const field of ["for_role", "approver_role"]) {
			frm.set_query(field, () => ({ query: "micro_experiences.desk.budgets.roles" }));
			frm.set_df_property(field, "ignore_link_validation", 1);
		}
		const say = frappe.utils.debounce(() => frm.events.say_in_words(frm), 300);
		// Any field, and any row of the table.
		frm.$wrapper.on("dirty", say);
	},

	amount(frm) {
		frm.micro_experiences_free_is_open = frm.is_new() && !frm.doc.free_up_to;
	},

	say_in_words(frm) {
		const asked = (frm.micro_experiences_asked = (frm.micro_experiences_asked || 0) + 1);
		const { doc } = frm;
		frappe
			.call({
				method: "micro_experiences.desk.budgets.in_words",
				args: { budget: doc },
				silent: true,
			})
			.then(({ message }) => {
				if (asked !== frm.micro_experiences_asked || frm.doc !== doc) return;
				const hint = __("Say how much, and for whom: here it stands in plain words.");
				$("<p>")
					.addClass(message.text ? "mx-money-words" : "mx-money-quiet")
					.text(message.text || hint)
					.appendTo(frm.fields_dict.words.$wrapper.empty());
				if (frm.micro_experiences_free_is_open && !doc.free_up_to && message.usual_free_up_to) {
					frm.set_value("free_up_to", message.usual_free_up_to);
				}
				frm.micro_experiences_free_is_open = false;
			});
	},

	show_standing(frm) {
		const { doc } = frm;
		const place = frm.fields_dict.standing.$wrapper.empty();
		if (frm.is_new()) return;
		frappe
			.call({
				method: "micro_experiences.desk.budgets.standing",
				type: "GET",
				args: { name: doc.name },
			})
			.then(({ message }) => {
				if (frm.doc !== doc) return;
				const words = {
					nothing: __("A wallet opens with the first gesture that is paid from it, or tonight."),
					more: __("And {0} more wallets.", [message.more]),
				};
				place.empty().append(micro_experiences.holders(message.holders, message.more, words));
				frm.events.draw_periods(place, message.periods);
			});
	},

	draw_periods(place, periods) {
		if (periods.length < 2) return;
		new frappe.Chart($("<div>").appendTo(place)[0], {
			type: "bar",
			height: 180,
			colors: ["blue", "light-blue"],
			data: {
				labels: periods.map((period) => period.label),
				datasets: [
					{ name: __("Used"), values: periods.map((period) => period.used) },
					{ name: __("Left"), values: periods.map((period) => period.left) },
				],
			},
			barOptions: { stacked: 1 },
			// On a phone every other day is named, rather than each by its first letter.
			axisOptions: { xIsSeries: 1 },
		});
	},

	company(frm) {
		if (frm.doc.company) {
			frm.set_value("currency", frappe.get_doc(":Company", frm.doc.company)?.default_currency);
		}
	},

	refresh(frm) {
		// Frappe takes no default for the field that is the title.
		if (frm.is_new() && !frm.doc.title) {
			frm.set_value("title", __("Small gestures"));
		}
		if (frm.is_new() && frm.doc.company && !frm.doc.currency) {
			frm.trigger("company");
		}
		frm.events.say_in_words(frm);
		frm.events.show_standing(frm);
	},
});
