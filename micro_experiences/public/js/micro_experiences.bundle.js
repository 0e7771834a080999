import { listen } from "./forms/banner_host.js";
import "./forms/customer.js";
import "./forms/sales_invoice.js";

listen();
