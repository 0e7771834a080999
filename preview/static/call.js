// Calls of the preview's methods, and what a page shows that may have changed since.

const METHODS = "/api/method/micro_experiences.desk.";
const UNREACHABLE = "The preview does not answer. Is it still running? Nothing was saved.";

/** The answer of a method, or a rejection with the words for the user. */
export async function call(method, args) {
	const response = await send(METHODS + method, {
		method: "POST",
		headers: {
			"Content-Type": "application/json",
			"X-Requested-With": "XMLHttpRequest",
			"X-Preview-User": document.body.dataset.user,
		},
		body: JSON.stringify(args),
	});
	return answer_of(response);
}

/** The banner of a customer as it is now; null where nothing is to be shown. */
export async function get_banner(args) {
	return answer_of(await send(`${METHODS}banner.get_banner?${new URLSearchParams(args)}`));
}

/** Brings the parts of the page that live on, such as the bell, to what the server would show now. */
export async function refresh_live_parts() {
	const response = await send(location.href);
	const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
	for (const part of document.querySelectorAll("[data-live]")) {
		const now = fresh.getElementById(part.id);
		if (now && !part.contains(document.activeElement)) part.replaceWith(now);
	}
}

async function send(address, options) {
	try {
		return await fetch(address, options);
	} catch {
		throw new Error(UNREACHABLE);
	}
}

async function answer_of(response) {
	const { message, error } = await response.json().catch(() => ({ error: UNREACHABLE }));
	if (!response.ok || error) throw new Error(error);
	return message;
}
