// Reads amounts as people write them.

const ZEROS = ["0", "\u0660", "\u06f0", "\u0966"]; // Latin, Arabic, Persian and Devanagari digits

function to_latin_digits(text) {
	return [...text]
		.map((character) => {
			const at = character.codePointAt(0);
			const zero = ZEROS.map((one) => one.codePointAt(0)).find(
				(first) => at >= first && at < first + 10,
			);
			return zero === undefined ? character : String(at - zero);
		})
		.join("")
		.replaceAll("\u066b", ".")
		.replaceAll("\u066c", "");
}

/**
 * Return {value, places} of a written amount, or null if it is no number: "1,234.50", "1.234,50", "4,5", "-3". `decimal` is the
 * decimal separator of the site; it decides whether "1,234" has thousands or decimals.
 */
export function parse_amount(text, decimal = ".") {
	const written = to_latin_digits(text)
		.replace(/[\s\u00a0\u202f'’]/g, "")
		.replace("−", "-");
	if (!/^[-+]?(\d[\d.,]*|[.,]\d+)$/.test(written)) return null;
	const point = find_decimal_separator(written, decimal);
	const whole = point < 0 ? written : written.slice(0, point);
	const places = point < 0 ? "" : written.slice(point + 1);
	if (!/^\d*$/.test(places) || !/^[-+]?(\d*|\d{1,3}([.,]\d{2,3})+)$/.test(whole)) return null;
	const value = Number(`${whole.replace(/[.,]/g, "")}.${places || "0"}`);
	return Number.isFinite(value) ? { value, places: places.replace(/0+$/, "").length } : null;
}

/** Return the position of the decimal separator, or -1: the last of two kinds; one of a kind unless it groups thousands. */
function find_decimal_separator(written, decimal) {
	const [commas, points] = [",", "."].map((one) => written.split(one).length - 1);
	if (commas && points) return Math.max(written.lastIndexOf(","), written.lastIndexOf("."));
	if (commas + points !== 1) return -1;
	const at = Math.max(written.indexOf(","), written.indexOf("."));
	const groups = written[at] !== decimal && /\d[.,]\d{3}$/.test(written);
	return groups ? -1 : at;
}
