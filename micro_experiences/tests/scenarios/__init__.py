"""What the app does, told once in JSON files and played on Frappe and on the preview alike."""
