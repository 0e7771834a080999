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
		// Only a System Manager may read roles, but a manager of budgets must be able to choose one.
		for (const field of ["for_role", "approver_role"]) {
			frm.set_query(field, () => ({ query: "micro_experiences.api.budgets.search_roles" }));
			frm.set_df_property(field, "ignore_link_validation", 1);
		}
		const update = frappe.utils.debounce(() => frm.events.show_summary(frm), 300);
		// Fires for every field and every row of the table.
		frm.$wrapper.on("dirty", update);
	},

	amount(frm) {
		frm.micro_experiences_suggest_free_limit = frm.is_new() && !frm.doc.free_up_to;
	},

	show_summary(frm) {
		const request = (frm.micro_experiences_request = (frm.micro_experiences_request || 0) + 1);
		const { doc } = frm;
		frappe
			.call({
				method: "micro_experiences.api.budgets.describe_budget",
				args: { budget: doc },
				silent: true,
			})
			.then(({ message }) => {
				if (request !== frm.micro_experiences_request || frm.doc !== doc) return;
				const hint = __("Enter an amount and choose who the budget is for. A summary appears here.");
				$("<p>")
					.addClass(message.text ? "mx-budget-summary" : "mx-secondary")
					.text(message.text || hint)
					.appendTo(frm.fields_dict.words.$wrapper.empty());
				$("<p>")
					.addClass("mx-secondary")
					.text(message.approval_text)
					.appendTo(frm.fields_dict.words.$wrapper);
				if (frm.micro_experiences_suggest_free_limit && !doc.free_up_to && message.usual_free_up_to) {
					frm.set_value("free_up_to", message.usual_free_up_to);
				}
				frm.micro_experiences_suggest_free_limit = false;
			});
	},

	show_balances(frm) {
		const { doc } = frm;
		const place = frm.fields_dict.standing.$wrapper.empty();
		if (frm.is_new()) return;
		frappe
			.call({
				method: "micro_experiences.api.budgets.get_usage",
				type: "GET",
				args: { name: doc.name },
			})
			.then(({ message }) => {
				if (frm.doc !== doc) return;
				const labels = {
					nothing: __(
						"Wallets are created overnight, or when the first gesture is paid from this budget.",
					),
					more: __("And {0} more wallets.", [message.more]),
				};
				place
					.empty()
					.append(micro_experiences.holder_balances(message.holders, message.more, labels));
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
			// On a narrow screen, label every second period instead of truncating each label.
			axisOptions: { xIsSeries: 1 },
		});
	},

	onload(frm) {
		// Frappe fills a new form with the site's currency, whatever the company.
		const site_currency = frappe.defaults.get_default("currency");
		if (frm.is_new() && [undefined, "", null, site_currency].includes(frm.doc.currency)) {
			frm.trigger("company");
		}
	},

	company(frm) {
		if (frm.doc.company) {
			frm.set_value("currency", frappe.get_doc(":Company", frm.doc.company)?.default_currency);
		}
	},

	refresh(frm) {
		// Frappe ignores the default of the title field.
		if (frm.is_new() && !frm.doc.title) {
			frm.set_value("title", __("Small gestures"));
		}
		frm.events.show_summary(frm);
		frm.events.show_balances(frm);
	},
});
