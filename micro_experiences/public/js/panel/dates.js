// Arithmetic and formatting of dates as "YYYY-MM-DD", without time zones.

const DAY = 24 * 60 * 60 * 1000;

const parse = (day) => new Date(`${day}T00:00:00Z`);
const format = (date) => date.toISOString().slice(0, 10);

export const add_days = (day, count) => format(new Date(parse(day).getTime() + count * DAY));

/** Return the same day of the next month, or that month's last day. */
export function add_month(day) {
	const from = parse(day);
	const last = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 2, 0)).getUTCDate();
	return format(
		new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, Math.min(from.getUTCDate(), last))),
	);
}

/** Return "12 June 2027" in the language of the page; the year is left out if it is the year of `today`. */
export function format_date(day, today) {
	if (!/^\d{4}-\d\d-\d\d$/.test(day)) return day;
	const language = document.documentElement.lang || "en";
	const options = { day: "numeric", month: "long", timeZone: "UTC" };
	if (day.slice(0, 4) !== (today || "").slice(0, 4)) options.year = "numeric";
	try {
		// Plain "en" would use the American order, month first.
		return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, options).format(parse(day));
	} catch {
		return day;
	}
}
