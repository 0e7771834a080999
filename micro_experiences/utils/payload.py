"""The banner payload of at most 2 kB. Imports no Frappe."""

import json

from micro_experiences.domain.recall import RecallResult, get_banner_fields

MAX_PAYLOAD_BYTES = 2048
_TEXT_LENGTHS = (160, 110, 70, 40)


def build_banner_payload(
	customer: str,
	result: RecallResult,
	wallet: dict | None,
	*,
	show_empty: bool,
	opened: str | None = None,
) -> dict:
	"""Return the fields of the banner in at most MAX_PAYLOAD_BYTES of JSON; see `domain.recall.get_banner_fields`."""
	return truncate_payload(get_banner_fields(customer, result, wallet, show_empty=show_empty, opened=opened))


def truncate_payload(payload: dict, limit: int = MAX_PAYLOAD_BYTES) -> dict:
	"""Return `payload` with the texts of its items truncated evenly, with an ellipsis, until its JSON has at
	most `limit` bytes.

	If even the shortest texts do not fit, the last items are dropped and added to `more`.
	"""
	items = payload["items"]
	for length in _TEXT_LENGTHS:
		cut = [
			{
				key: _truncate_text(value, length) if key in ("text", "source", "said") else value
				for key, value in item.items()
			}
			for item in items
		]
		payload = payload | {"items": cut}
		if _get_json_size(payload) <= limit:
			return payload
	while payload["items"] and _get_json_size(payload) > limit:
		payload = payload | {"items": payload["items"][:-1], "more": payload["more"] + 1}
	return payload


def _truncate_text(text: str, length: int) -> str:
	return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _get_json_size(payload: dict) -> int:
	# Frappe sends JSON with \\uXXXX escapes, so count those.
	return len(json.dumps(payload, separators=(",", ":")))
