// Hosts the panel in the preview: places it above the fields and makes its calls.

import { Panel } from "/assets/micro_experiences/js/panel/panel.js";
import { call, get_banner, refresh_live_parts } from "./call.js";

const place = document.getElementById("panel");
const { payload, context, can, user, today } = JSON.parse(document.getElementById("banner").textContent);
const state_key = (what) => `micro_experiences ${user} ${what}`;
// Folded is stored for each kind of form, discreet for all of them.
const FOLDED = state_key(`folded ${context.reference_doctype}`);
const DISCREET = state_key("discreet");

let panel = null;
let asked = null; // the last chosen customer

show(payload);
choose_by_fields();
addEventListener("focus", refresh);

function show(banner) {
	if (!banner || (banner.quiet && !banner.items.length && !panel?.form)) return hide();
	if (panel) return panel.update(banner, { ...context });
	panel = new Panel({
		payload: banner,
		context: { ...context },
		state: read_state(),
		can,
		call: call_for_panel,
		translate: (text, ...values) => text.replace(/\{(\d+)\}/g, (_, at) => values[at]),
		open,
		save_state,
		today,
	});
	place.replaceChildren(panel.element);
}

function hide() {
	panel?.destroy();
	panel = null;
}

/** Adds the context to the arguments, and converts booleans to 1 and 0, as the Desk sends them. */
function arguments_of(args) {
	const known = Object.entries({ ...context, ...args }).filter(
		([key, value]) => key !== "compact" && value !== undefined && value !== null,
	);
	return Object.fromEntries(
		known.map(([key, value]) => [key, typeof value === "boolean" ? Number(value) : value]),
	);
}

async function call_for_panel(method, args) {
	const answer = await call(method, arguments_of(args));
	if (answer?.banner) refresh_live_parts().catch(() => {});
	return answer;
}

/** Another tab or user may have changed something. */
async function refresh() {
	if (!context.customer) return;
	const customer = context.customer;
	try {
		const banner = await get_banner(arguments_of({}));
		if (context.customer === customer) show(banner);
		await refresh_live_parts();
	} catch {
		// The page stays as it is; the next click shows the error.
	}
}

function open({ kind, name }) {
	const form = { note: "personal-note", task: "follow-up-task", gesture: "gesture" }[kind];
	location.assign(`/app/${form}/${encodeURIComponent(name)}`);
}

function read_state() {
	const folded = localStorage.getItem(FOLDED);
	return {
		folded: folded === null ? undefined : folded === "1",
		discreet: localStorage.getItem(DISCREET) === "1",
	};
}

function save_state({ folded, discreet }) {
	if (folded !== undefined) localStorage.setItem(FOLDED, folded ? "1" : "0");
	localStorage.setItem(DISCREET, discreet ? "1" : "0");
}

/** On a new document, fields choose the customer and the contact. */
function choose_by_fields() {
	const customer = document.querySelector("[data-chooses='customer']");
	const contact = document.querySelector("[data-chooses='contact']");
	if (!customer) return;
	customer.addEventListener("change", () => {
		offer_contacts(contact, customer.value);
		choose(customer.value, contact.value);
	});
	contact.addEventListener("change", () => choose(customer.value, contact.value));
	// A restored page keeps its choices.
	addEventListener("pageshow", () => {
		if (!customer.value) return;
		offer_contacts(contact, customer.value, contact.value);
		choose(customer.value, contact.value);
	});
}

/** Offers the contacts of the customer, and chooses the first one, as ERPNext does. */
function offer_contacts(contact, customer, chosen) {
	const fitting = [...contact.options].filter((option) => {
		option.hidden = option.disabled = Boolean(option.value) && option.dataset.of !== customer;
		return option.value && !option.hidden;
	});
	contact.value = chosen ?? fitting[0]?.value ?? "";
}

async function choose(customer, contact) {
	Object.assign(context, { customer: customer || null, contact: contact || null });
	asked = `${customer}/${contact}`;
	const mine = asked;
	// Never show the notes of another customer.
	if (panel && panel.payload.customer !== customer) hide();
	if (!customer) return;
	try {
		const banner = await get_banner(arguments_of({}));
		if (asked === mine) show(banner);
	} catch {
		// Without an answer the form has no banner.
	}
}
