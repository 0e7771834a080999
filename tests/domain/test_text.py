"""The rule for text, held against everything that a keyboard, a program or a malicious hand can send."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from micro_experiences.domain.refusal import Refused
from micro_experiences.domain.text import LINE, LINES, inert, is_text, most_of, tidied

TYPES = ("Data", *LINES)
FORBIDDEN = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\ufffe\uffff\ufff9"
ANY = st.text(
	st.one_of(
		st.characters(exclude_categories=()),
		st.sampled_from("=+-@\t\r\n\x00\x1b\u0301\u202e\u2066\u200d\u2028<>&'\u0338\uff1d 1aא"),
	),
	max_size=300,
)


def line(value, **more):
	return tidied(value, "Subject", "subject", "Data", **more)


def lines(value):
	return tidied(value, "Story", "story", "Small Text")


@given(ANY, st.sampled_from(TYPES))
@example("=\u0338", "Data")
@example("<i></i>=1+1", "Data")
@example("&#61;<b>", "Data")
@example("\u202e", "Data")
@example("e" + "\u0301" * 200, "Small Text")
def test_whatever_is_written_is_stored_safely_or_refused_clearly(text, fieldtype):
	try:
		once = tidied(text, "Story", "story", fieldtype)
	except Refused as refused:
		assert "nothing was lost" in str(refused)
		return
	assert tidied(once, "Story", "story", fieldtype) == once
	assert len(once) <= most_of("story", fieldtype)
	assert once == unicodedata.normalize("NFC", once) == once.strip()
	once.encode("utf-8")
	allowed = "\n" if fieldtype in LINES else ""
	for letter in once:
		assert letter in allowed or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp"), hex(
			ord(letter)
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
def test_what_people_write_stays_as_it_is(text):
	for fieldtype in ("Data", "Small Text"):
		assert tidied(text, "What", "what", fieldtype) == text


@pytest.mark.parametrize(
	("written", "kept"),
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
def test_what_is_put_right(written, kept):
	assert line(written) == kept


def test_a_line_break_stays_where_a_field_has_lines():
	assert lines("a\r\nb\u2029c\nd") == "a\nb\nc\nd"


def test_a_template_may_begin_as_it_likes():
	template = "-{% if note %}{{ note }}{% endif %}\n\tThank you"
	assert tidied(template, "Template", "message_template", "Code") == template.replace("\t", " ")


@pytest.mark.parametrize(
	"fieldtype", ["Data", "Small Text", "Code", "Link", "Date", "Int", "Select", "Currency"]
)
def test_ten_megabytes_are_refused_at_once_and_in_one_sentence(fieldtype):
	for text in ("x" * 10_000_000, "\u202e" * 10_000_000, " " * 10_000_000, "e\u0301" * 5_000_000):
		with pytest.raises(Refused) as refused:
			tidied(text, "Story", "story", fieldtype)
		assert len(str(refused.value)) < 200
		assert "10000000" in str(refused.value) and "nothing was lost" in str(refused.value)


def test_the_bounds_themselves_are_fine():
	assert line("x" * LINE) == "x" * LINE
	assert line("e\u0301" * LINE + " " * 500) == "é" * LINE
	assert line("x" * 255, length=255)
	assert tidied("x" * 500, "Note", "note", "Small Text")
	assert lines("x" * 1000)
	for text, more in (("x" * 141, {}), ("x" * 256, {"length": 255}), ("=" + "x" * 139, {})):
		with pytest.raises(Refused, match="nothing was lost"):
			line(text, **more)
	with pytest.raises(Refused, match="up to 500 characters, and this one has 501"):
		tidied("x" * 501, "Note", "note", "Small Text")


def test_what_is_no_text():
	assert line(None) is None
	assert line(5) == "5"
	assert tidied(5, "Days", "days", "Int") == 5
	assert tidied(True, "Pinned", "pinned", "Check") is True
	for value in (["a"], {"a": 1}, ("a",)):
		for fieldtype in ("Data", "Link", "Int"):
			with pytest.raises(Refused, match="cannot hold a list"):
				tidied(value, "Subject", "subject", fieldtype)
	assert not is_text("Link")
	assert tidied(" a\u202e", "Customer", "customer", "Link") == " a\u202e"


@given(ANY)
def test_what_leaves_in_a_report_is_inert_too(name):
	assert inert(inert(name)) == inert(name)
	bare = inert(name).lstrip()
	assert not bare.startswith(("=", "@"))
