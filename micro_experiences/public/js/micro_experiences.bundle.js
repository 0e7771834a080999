import { listen } from "./forms/banner_host.js";
import "./forms/customer.js";
import "./forms/sales_invoice.js";
import { at_hand } from "./follow_ups/at_hand.js";
import { hand_over } from "./follow_ups/hand_over.js";
import { holders, wallets } from "./money/standing.js";

// Scripts of DocTypes and pages cannot import: they find these here.
window.micro_experiences = { at_hand, hand_over, holders, wallets };

listen();
