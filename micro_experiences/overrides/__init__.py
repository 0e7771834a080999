"""Everything the app does to a DocType of Frappe or ERPNext, one file for each."""
