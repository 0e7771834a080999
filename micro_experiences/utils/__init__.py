"""Small helpers that know Frappe: retry, idempotency, rate limits, notifications, formatting."""
