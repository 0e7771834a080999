"""The banner payload: it always fits into two kilobytes, and no line is dropped while shorter texts would do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.recall_lines import BannerItem
from micro_experiences.utils.payload import MAX_PAYLOAD_BYTES, truncate_payload

TEXTS = st.builds(
	lambda piece, times: piece * times,
	st.text(
		st.sampled_from("aä é🎂👩\u200d👧日本語\x00\x1f\n\t\"\\</>&'\u2028\ufffd\u0301ن"),
		min_size=1,
		max_size=9,
	)
	| st.text(min_size=1, max_size=5),
	st.integers(1, 90),
).map(lambda text: text[:500])
ITEMS = st.lists(
	st.builds(
		BannerItem,
		type=st.sampled_from(["promise", "never", "occasion", "moment", "pinned", "fact"]),
		name=st.integers(0, 10**6).map(lambda n: f"NOTE-{n:06}"),
		text=TEXTS,
		source=TEXTS | st.just(""),
		said=TEXTS | st.just(""),
		ask=st.booleans(),
		late=st.booleans(),
		mine=st.booleans(),
	),
	max_size=24,
).map(lambda items: sorted(items, key=lambda item: item.type != "never"))


def make_payload(items: list[BannerItem], customer: str = "Harbour Street Books", more: int = 2) -> dict:
	return {
		"customer": customer,
		"items": [item.as_dict() for item in items],
		"more": more,
		"promises": 1,
		"wallet": {"left": 38.0, "text": "€ 38.00 left", "low": False},
		"can": {"jot": True, "gesture": True, "follow_up": True},
	}


def get_size(value: dict) -> int:
	return len(json.dumps(value, separators=(",", ":"), ensure_ascii=True).encode("ascii"))


@given(ITEMS, st.integers(0, 300))
def test_any_payload_fits_and_only_its_texts_are_shortened(items, more):
	whole = make_payload(items, more=more)
	before = json.dumps(whole)
	fitted = truncate_payload(whole)
	assert get_size(fitted) <= MAX_PAYLOAD_BYTES == 2048
	assert json.dumps(whole) == before, "the caller's payload was changed"
	assert all(fitted[key] == whole[key] for key in whole.keys() - {"items", "more"})
	never = [item for item in whole["items"] if item["type"] == "never"]
	if len(fitted["items"]) < len(never):
		assert len(fitted["items"]) == 1 and fitted["more"] == more + len(items) - len(never)
		return
	assert fitted["more"] + len(fitted["items"]) == more + len(items)
	for old, new in zip(whole["items"], fitted["items"], strict=False):
		assert old.keys() == new.keys()
		for key in (key for key in old if new[key] != old[key]):
			assert key in ("text", "source", "said")
			assert (
				new[key].endswith("…")
				and old[key].startswith(new[key][:-1])
				and len(new[key]) <= len(old[key])
			)
	if len(fitted["items"]) < len(items):
		# Every text that stayed is at its minimum.
		assert all(
			len(item.get(key, "")) <= 40 for item in fitted["items"] for key in ("text", "source", "said")
		)


def test_every_never_note_stays_when_there_are_many():
	never = [BannerItem("never", f"NOTE-{n:06}", f"Never number {n}: {'x' * 300}") for n in range(30)]
	facts = [BannerItem("fact", f"NOTE-9{n:05}", "y" * 300) for n in range(3)]
	(item,) = truncate_payload(make_payload([*never, *facts]))["items"]
	assert all(f"Never number {n}:" in item["text"] for n in range(30))


def test_small_payload_is_unchanged():
	small = make_payload([BannerItem("fact", "NOTE-000001", "Takes tea", "told to Priya, today")] * 3)
	assert truncate_payload(small) == small


def test_three_long_lines_all_stay():
	plain = [BannerItem("fact", f"NOTE-{n:06}", "x" * 500, "y" * 60, "z" * 500, ask=True) for n in range(3)]
	fitted = truncate_payload(make_payload(plain))
	assert len(fitted["items"]) == 3 and fitted["more"] == 2
	assert all(len(item["text"]) >= 100 for item in fitted["items"])
	# Twelve bytes for each emoji.
	emoji = [BannerItem("fact", f"NOTE-{n:06}", "🎂" * 500, "told to Priya, today") for n in range(3)]
	assert len(truncate_payload(make_payload(emoji))["items"]) == 3


@pytest.mark.parametrize("customer", ["漢" * 140, "🎂" * 140])
def test_payload_with_the_longest_customer_name_fits(customer):
	fitted = truncate_payload(
		make_payload([BannerItem("fact", "NOTE-000001", "🎂" * 500)] * 3, customer=customer)
	)
	assert get_size(fitted) <= 2048
	assert fitted["customer"] == customer
	assert fitted["more"] + len(fitted["items"]) == 5
