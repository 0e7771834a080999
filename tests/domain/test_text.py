"""Cleaning of text: what is kept, changed and refused, whatever is sent."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from micro_experiences.domain.errors import RuleViolation
from micro_experiences.domain.text import (
	MAX_LINE_LENGTH,
	MAX_TEXT_LENGTHS,
	clean_text,
	get_max_length,
	is_text_field,
	neutralize_formula,
	normalize,
)

TYPES = ("Data", *MAX_TEXT_LENGTHS)
FORBIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff\ufff9"
ANY = st.text(
	st.one_of(
		st.characters(exclude_categories=()),
		st.sampled_from("=+-@\t\r\n\x00\x1b\u0301\u202e\u2066\u200d\u2028<>&'\u0338\uff1d 1aא"),
	),
	max_size=300,
)


def clean_line(value, **more):
	return clean_text(value, "Subject", "subject", "Data", **more)


def clean_lines(value):
	return clean_text(value, "Story", "story", "Small Text")


@given(ANY, st.sampled_from(TYPES))
@example("=\u0338", "Data")
@example("<i></i>=1+1", "Data")
@example("&#61;<b>", "Data")
@example("\u202e", "Data")
@example("e" + "\u0301" * 200, "Small Text")
def test_any_text_is_cleaned_or_refused(text, fieldtype):
	try:
		once = clean_text(text, "Story", "story", fieldtype)
	except RuleViolation:
		return
	assert clean_text(once, "Story", "story", fieldtype) == once
	assert len(once) <= get_max_length("story", fieldtype)
	assert once == unicodedata.normalize("NFC", once) == once.strip()
	once.encode("utf-8")
	allowed = "\n" if fieldtype in MAX_TEXT_LENGTHS else ""
	for letter in once:
		assert letter in allowed or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp"), ascii(
			letter
		)
		assert letter not in FORBIDDEN
	if fieldtype != "Code" and once[:1] in ("=", "@", "\uff1d"):
		pytest.fail(f"a formula: {once!r}")


@pytest.mark.parametrize(
	"text",
	[
		"Takes tea, no milk.",
		"Rex (the greyhound) had surgery; ask how he is!",
		"مرحبا، يحب الشاي بالنعناع",
		"שלום, אוהבת תה",
		"שָׁלוֹם",
		"می‌خواهم",  # with the zero-width non-joiner that Persian needs
		"👩‍👩‍👧 and 👍🏽 and 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
		"Nguyễn Văn Ðức",
		"क्‍ष",
		"ཀྲྀ",
		"犬が病気です",
		"1 + 1 = 2, and a - b",
		"+49 (0)30 / 1234-56",
		"-10 %",
		"-5",
		"+3.50 €",
		"'twas the night",
		"a@b.example",
		"a < b, b > a, i <3 tea, < 5 €, <- here, -> there, x<5",
		"R&D &amp; tea; &lt;3",
	],
)
def test_ordinary_text_is_unchanged(text):
	for fieldtype in ("Data", "Small Text"):
		assert clean_text(text, "What", "what", fieldtype) == text


@pytest.mark.parametrize(
	("written", "cleaned"),
	[
		("  \t tea \r\n", "tea"),
		("a\tb", "a b"),
		("a\r\nb\rc\u2028d\x0be\x85f", "a b c d e f"),
		("nul\x00l and \x1b[31mred", "null and [31mred"),
		("evil \u202eexe.gpj", "evil exe.gpj"),
		("\u2066left open", "left open"),
		("half \ud83d of a pair", "half  of a pair"),
		("e\u0301", "é"),
		("\u200d\u200b \u2060", ""),
		("\ufeffBOM", "BOM"),
		("z" + "\u0335" * 40 + "a", "z" + "\u0335" * 8 + "a"),
		("=1+1", "'=1+1"),
		("@SUM(1)", "'@SUM(1)"),
		("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
		("- ask about the dog", "\u2013 ask about the dog"),
		("-2+3+cmd|' /C calc'!A0", "\u20132+3+cmd|' /C calc'!A0"),
		("\t=1+1", "'=1+1"),
		("\r=1+1", "'=1+1"),
		("\uff1d1+1", "'\uff1d1+1"),
		("<i></i>=1+1", "‹i>‹/i>=1+1"),
		("<b>&#61;1+A1</b>", "‹b>&#61;1+A1‹/b>"),
		("<img src=https://evil.invalid/pixel.png>", "‹img src=https://evil.invalid/pixel.png>"),
		("Olivia <olivia@example.com>", "Olivia ‹olivia@example.com>"),
		("<<b> <!-- --> <?php </3 <\u200bb", "<‹b> ‹!-- --> ‹?php ‹/3 <\u200bb"),
	],
)
def test_unsafe_text_is_cleaned(written, cleaned):
	assert clean_line(written) == cleaned


@pytest.mark.parametrize(
	("text", "other"),
	[
		("Jose\u0301", "Jos\u00e9"),
		("O\u2019Brien", "O'Brien"),
		("O\u2032Brien", "O\u00b4Brien"),
		("She doesn\u2019t drink", "She doesn't drink"),
		("Anne\u2010Marie", "Anne-Marie"),
		("3\u201310 December", "3\u2011\u0031\u0030\u00a0December"),
		("No\u202fpork", "No pork"),
	],
)
def test_same_text_on_another_keyboard_is_equal_when_normalized(text, other):
	assert normalize(text) == normalize(other)


@given(ANY)
def test_normalized_text_keeps_the_places_of_the_stored_text(text):
	stored, plain = unicodedata.normalize("NFC", text), normalize(text)
	assert len(plain) == len(stored) and normalize(plain) == plain
	for before, after in zip(stored, plain, strict=True):
		assert before == after or after in "'- "


def test_line_break_is_kept_in_a_field_with_lines():
	assert clean_lines("a\r\nb\u2029c\nd") == "a\nb\nc\nd"


def test_template_is_not_treated_as_a_formula():
	template = "-{% if note %}{{ note }}{% endif %}\n\tThank you"
	assert clean_text(template, "Template", "message_template", "Code") == template.replace("\t", " ")


@pytest.mark.parametrize(
	"fieldtype", ["Data", "Small Text", "Code", "Link", "Date", "Int", "Select", "Currency"]
)
def test_ten_megabytes_are_refused_with_a_short_message(fieldtype):
	for text in ("x" * 10_000_000, "\u202e" * 10_000_000, " " * 10_000_000, "e\u0301" * 5_000_000):
		with pytest.raises(RuleViolation) as refused:
			clean_text(text, "Story", "story", fieldtype)
		assert len(str(refused.value)) < 200


def test_text_at_its_maximum_length_is_accepted_and_longer_is_refused():
	assert clean_line("x" * MAX_LINE_LENGTH) == "x" * MAX_LINE_LENGTH
	assert clean_line("e\u0301" * MAX_LINE_LENGTH + " " * 500) == "é" * MAX_LINE_LENGTH
	assert clean_line("x" * 255, length=255)
	assert clean_text("x" * 500, "Note", "note", "Small Text")
	assert clean_lines("x" * 1000)
	for text, more in (("x" * 141, {}), ("x" * 256, {"length": 255}), ("=" + "x" * 139, {})):
		with pytest.raises(RuleViolation):
			clean_line(text, **more)
	with pytest.raises(RuleViolation):
		clean_text("x" * 501, "Note", "note", "Small Text")


def test_values_that_are_no_text_are_kept_and_lists_are_refused():
	assert clean_line(None) is None
	assert clean_line(5) == "5"
	assert clean_text(5, "Days", "days", "Int") == 5
	assert clean_text(True, "Pinned", "pinned", "Check") is True
	for value in (["a"], {"a": 1}, ("a",)):
		for fieldtype in ("Data", "Link", "Int"):
			with pytest.raises(RuleViolation):
				clean_text(value, "Subject", "subject", fieldtype)
	assert not is_text_field("Link")
	assert clean_text(" a\u202e", "Customer", "customer", "Link") == " a\u202e"


@given(ANY)
def test_exported_text_is_never_a_formula(name):
	assert neutralize_formula(neutralize_formula(name)) == neutralize_formula(name)
	bare = neutralize_formula(name).lstrip()
	assert not bare.startswith(("=", "@"))
