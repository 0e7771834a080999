// Keeps a failure of the app away from the forms of other apps.

/** Runs `action` and logs what it throws. */
export function fail_safe(action) {
	try {
		action();
	} catch (error) {
		console.error("Micro Experiences:", error);
	}
}
