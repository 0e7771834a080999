// Calls the methods of the preview, and refreshes the parts of a page that may have changed.

const METHODS = "/api/method/micro_experiences.api.";
const UNREACHABLE = "The preview is not responding. Nothing was saved. Check that it is still running.";

/** Resolves to the answer of a method, or rejects with a message for the user. */
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

/** Resolves to the current banner of a customer; null where nothing is to be shown. */
export async function get_banner(args) {
	return answer_of(await send(`${METHODS}banner.get_banner?${new URLSearchParams(args)}`));
}

/** Replaces the parts marked as live, such as the notification count, by their current state. */
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
