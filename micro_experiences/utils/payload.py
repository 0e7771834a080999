"""The banner payload of at most 2 kB. Imports no Frappe."""

import json

from micro_experiences.domain.recall import RecallResult, get_banner_fields

MAX_PAYLOAD_BYTES = 2048
_TEXT_LENGTHS = (160, 110, 70, 40)
# For the line that Never notes share. Frappe sends a letter outside ASCII as six bytes, and an emoji as twelve.
_JOINED_LENGTHS = (1500, 600, 240, 120, 60, 20)


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

	If even the shortest texts do not fit, the last items are dropped and added to `more`. Never notes are not dropped: if
	necessary, they share one line.
	"""
	items = payload["items"]
	for length in _TEXT_LENGTHS:
		payload = payload | {"items": [_truncate_item(item, length) for item in items]}
		if _get_json_size(payload) <= limit:
			return payload
	while ordinary := [item for item in payload["items"] if item["type"] != "never"]:
		items = [item for item in payload["items"] if item is not ordinary[-1]]
		payload = payload | {"items": items, "more": payload["more"] + 1}
		if _get_json_size(payload) <= limit:
			return payload
	for length in _JOINED_LENGTHS:
		joined = payload | {"items": _join_items(payload["items"], length)}
		if _get_json_size(joined) <= limit:
			break
	return joined


def _join_items(items: list[dict], length: int) -> list[dict]:
	"""Return one line with the texts of all items."""
	text = "; ".join(_truncate_text(item["text"], _TEXT_LENGTHS[-1]) for item in items)
	first = {key: items[0][key] for key in ("type", "name")}
	return [first | {"text": _truncate_text(text, length), "source": ""}]


def _truncate_item(item: dict, length: int) -> dict:
	return {
		key: _truncate_text(value, length) if key in ("text", "source", "said") else value
		for key, value in item.items()
	}


def _truncate_text(text: str, length: int) -> str:
	return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _get_json_size(payload: dict) -> int:
	# Frappe sends JSON with \\uXXXX escapes, so count those.
	return len(json.dumps(payload, separators=(",", ":")))
