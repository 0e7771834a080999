"""Who may see what: SQL conditions, document checks, and the guard over Frappe's unchecked methods."""
