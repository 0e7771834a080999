import { listen_to_forms } from "./banner/host.js";
import * as follow_ups from "./follow_ups/actions.js";
import { open_follow_ups_from_connections } from "./follow_ups/connections.js";
import { customer_context } from "./follow_ups/customer_context.js";
import { listen_to_reminders } from "./follow_ups/reminder_alert.js";
import "./forms/customer.js";
import "./forms/personal_note.js";
import "./forms/sales_invoice.js";
import { show_handover_page } from "./handover/handover_page.js";
import { listen_to_notifications } from "./notifications/pending_actions.js";
import { show_personal_data_page } from "./privacy/personal_data_page.js";
import { show_health } from "./reminders/health_card.js";
import { link_formatter } from "./utils/link_formatter.js";
import { prompt } from "./utils/prompt.js";
import { make_forms_read_only } from "./utils/read_only_forms.js";
import { holder_balances, own_balances, wallet_history } from "./wallets/balances.js";
import { history_labels } from "./wallets/history_labels.js";

// Scripts of DocTypes, pages and Custom HTML Blocks cannot import modules, so they find these here.
window.micro_experiences = {
	customer_context,
	follow_ups,
	history_labels,
	holder_balances,
	link_formatter,
	own_balances,
	prompt,
	show_handover_page,
	// The Custom HTML Blocks of existing sites call it by this name.
	show_health,
	show_personal_data_page,
	wallet_history,
};

listen_to_forms();
open_follow_ups_from_connections();
make_forms_read_only();
listen_to_notifications();
listen_to_reminders();
