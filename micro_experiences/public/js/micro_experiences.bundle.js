import * as follow_ups from "./follow_ups/actions.js";
import { listen as listen_to_reminders } from "./follow_ups/hint.js";
import { listen } from "./forms/banner_host.js";
import "./forms/customer.js";
import "./forms/sales_invoice.js";
import { holders, wallets } from "./money/standing.js";

// Scripts of DocTypes and pages cannot import: they find these here.
window.micro_experiences = { holders, wallets, follow_ups };

listen();
listen_to_reminders();
