// Days as "YYYY-MM-DD", counted without time zones.

const DAY = 24 * 60 * 60 * 1000;

const parse = (day) => new Date(`${day}T00:00:00Z`);
const format = (date) => date.toISOString().slice(0, 10);

export const add_days = (day, count) => format(new Date(parse(day).getTime() + count * DAY));

/** The same day of the next month, or that month's last day. */
export function next_month(day) {
	const from = parse(day);
	const last = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 2, 0)).getUTCDate();
	return format(
		new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, Math.min(from.getUTCDate(), last))),
	);
}

/** "12 June 2027" in the language of the page; the year is left out when it is that of `today`. */
export function in_words(day, today) {
	if (!/^\d{4}-\d\d-\d\d$/.test(day)) return day;
	const language = document.documentElement.lang || "en";
	const options = { day: "numeric", month: "long", timeZone: "UTC" };
	if (day.slice(0, 4) !== (today || "").slice(0, 4)) options.year = "numeric";
	try {
		// Plain "en" would put the month first, as only American English does.
		return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(parse(day));
	} catch {
		return day;
	}
}
