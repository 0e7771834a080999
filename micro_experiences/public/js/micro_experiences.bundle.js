import { listen_to_bell } from "./bell/answers.js";
import * as follow_ups from "./follow_ups/actions.js";
import { listen as listen_to_reminders } from "./follow_ups/hint.js";
import { listen } from "./forms/banner_host.js";
import "./forms/customer.js";
import { ask } from "./forms/ask.js";
import { link_to } from "./forms/links.js";
import { listen_to_forms } from "./forms/read_only.js";
import "./forms/personal_data.js";
import "./forms/sales_invoice.js";
import "./forms/sensitive.js";
import "./forms/personal_note.js";
import { at_hand } from "./follow_ups/at_hand.js";
import { hand_over } from "./follow_ups/hand_over.js";
import { show as show_health } from "./health/card.js";
import { holders, wallets } from "./money/standing.js";
import { personal_data } from "./privacy/personal_data.js";

// Scripts of DocTypes, pages and blocks cannot import: they find these here.
window.micro_experiences = {
	at_hand,
	ask,
	follow_ups,
	hand_over,
	holders,
	link_to,
	personal_data,
	show_health,
	wallets,
};

listen();
listen_to_forms();
listen_to_bell();
listen_to_reminders();
