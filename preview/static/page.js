// The buttons and dialogs of the pages: what a form sends, and how the page shows the answer.

import { call } from "./call.js";

const SAID = "micro_experiences message";

document.addEventListener("submit", (event) => {
	const form = event.target;
	if (!form.dataset.method) return;
	event.preventDefault();
	submit(form, event.submitter);
});

document.addEventListener("click", (event) => {
	const opener = event.target.closest("[data-opens]");
	if (opener) open_dialog(opener);
	event.target.closest("[data-closes]")?.closest("dialog").close();
	for (const popover of document.querySelectorAll("details.popover[open]")) {
		if (!popover.contains(event.target)) popover.open = false;
	}
});

document.addEventListener("keydown", (event) => {
	const popover = event.key === "Escape" && document.querySelector("details.popover[open]");
	if (!popover) return;
	popover.open = false;
	popover.querySelector("summary").focus();
});

document.querySelector(".rooms [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
tell(sessionStorage.getItem(SAID));
sessionStorage.removeItem(SAID);

async function submit(form, submitter) {
	if (form.getAttribute("aria-busy") === "true") return;
	form.setAttribute("aria-busy", "true");
	complain(form, "");
	try {
		const answer = await call(form.dataset.method, values_of(form, submitter));
		sessionStorage.setItem(SAID, answer?.text || (answer?.status ? `${answer.status}.` : "Saved."));
		if (form.dataset.then) location.assign(form.dataset.then + encodeURIComponent(answer.name));
		else location.reload();
	} catch (error) {
		complain(form, error.message);
		form.removeAttribute("aria-busy");
	}
}

/** The values of a form by the names of the method's arguments. */
function values_of(form, submitter) {
	const values = JSON.parse(form.dataset.args);
	if (submitter?.name) values[submitter.name] = submitter.value;
	for (const input of form.elements) {
		if (!input.name || input === submitter || input.tagName === "BUTTON") continue;
		const kind = input.dataset.kind;
		if (kind === "check") values[input.name] = Number(input.checked);
		else if (kind === "list") (values[input.name] ??= []).push(...(input.checked ? [input.value] : []));
		else if (kind === "number") values[input.name] = Number(input.value);
		else if (input.value) values[input.name] = input.value;
	}
	return values;
}

function open_dialog(opener) {
	const dialog = document.getElementById(opener.dataset.opens);
	const { name, about } = opener.dataset;
	for (const form of dialog.querySelectorAll("form")) {
		form.reset();
		complain(form, "");
		if (name) form.dataset.args = JSON.stringify({ ...JSON.parse(form.dataset.args), name });
	}
	const line = dialog.querySelector(".about");
	if (line) line.textContent = about || "";
	dialog.showModal();
}

/** Shows an error in the form, or above the page if the form has no place for it. */
function complain(form, words) {
	const trouble = form.querySelector(".trouble");
	if (trouble) trouble.textContent = words;
	else tell(words, "problem");
}

function tell(words, tone) {
	if (words === null) return;
	const told = document.getElementById("told");
	const line = document.createElement("p");
	line.textContent = words;
	if (tone) line.className = tone;
	told.replaceChildren(...(words ? [line] : []));
}
