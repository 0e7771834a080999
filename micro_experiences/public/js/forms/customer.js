// The banner on Customer.

import { register } from "./banner_host.js";

register({
	doctype: "Customer",
	customer_of: (doc) => (doc.__islocal ? null : doc.name),
	contact_of: () => null,
	compact: false,
});
