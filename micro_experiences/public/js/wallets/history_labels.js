// The headings of a wallet's history, translated.

export function history_labels() {
	return {
		reserved: __("Reserved, not given yet"),
		entries: __("Entries"),
		no_entries: __("No entries in this period."),
		earlier: __("Earlier periods"),
	};
}
