"""Called by Frappe's permission checks, and when somebody leaves: who may see what, and what happens to the rest."""
