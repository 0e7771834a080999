"""The same rules and the same panel as in ERPNext, on a small local file: for a machine without a bench."""
