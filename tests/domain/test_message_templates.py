"""Message templates: what they may contain, and that a bad one does no harm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.message_templates import get_person_name, get_template_error, render_message
from micro_experiences.setup import seeds

VALUES = {
	"customer_name": "Harbour Street Books",
	"contact_name": "Olivia",
	"note": "Rex is ill",
	"my_name": "Priya",
}


@pytest.mark.parametrize(
	("template", "expected"),
	[
		("Dear {{ contact_name or customer_name }}, {{ my_name }}", "Dear Olivia, Priya"),
		("{% if note %}{{ note }}?{% else %}How are you?{% endif %}", "Rex is ill?"),
		("{{ my_name|upper }} {{ missing|default('there', true) }}", "PRIYA there"),
		("{{ 'Hi ' ~ contact_name }}", "Hi Olivia"),
		("{% if missing is defined %}a{% else %}b{% endif %}", "b"),
		("Plain words", "Plain words"),
		("{# a remark #}Hello", "Hello"),
		("", ""),
		(None, ""),
	],
)
def test_allowed_template_is_rendered(template, expected):
	assert get_template_error(template) is None
	assert render_message(template, **VALUES) == expected


OLIVIA = {"first_name": "Olivia", "full_name": "Olivia Hart"}


@pytest.mark.parametrize(
	("name", "customer_type", "contact", "expected"),
	[
		("Quayside Dental", "Company", OLIVIA, "Olivia"),
		("Quayside Dental", "Company", None, ""),
		("Quayside Dental", "Partnership", None, ""),
		("Quayside Dental", "Company", {"first_name": None, "full_name": "Quayside Dental"}, ""),
		("Greta Lindholm", "Individual", None, "Greta Lindholm"),
		("Greta Lindholm", "Individual", OLIVIA, "Greta Lindholm"),
		("Olivia hart", "Individual", OLIVIA, "Olivia"),
	],
)
def test_person_is_a_contact_or_an_individual_but_never_a_company(name, customer_type, contact, expected):
	assert get_person_name({"customer_name": name, "customer_type": customer_type}, contact) == expected


@pytest.mark.parametrize("template", [template for *_values, template in seeds.GESTURE_TYPES])
def test_seeded_message_reads_well_with_and_without_a_name(template):
	values = {"customer_name": "Quayside Dental", "my_name": "Priya"}
	named, neutral = (
		render_message(template, **values, person_name="Olivia"),
		render_message(template, **values),
	)
	assert "Quayside" not in named + neutral
	assert neutral and neutral == named.replace("Dear Olivia", "Hello").replace(", Olivia", "").replace(
		" Olivia", ""
	)


def test_missing_value_is_empty():
	assert render_message("Dear {{ contact_name }}{{ nobody }}!") == "Dear !"
	assert render_message("Dear {{ contact_name }}!", contact_name=None) == "Dear !"


def test_message_is_one_line_of_plain_text():
	assert render_message("  Dear\n\n{{ my_name }},\t ", my_name="Ana\r\n Costa") == "Dear Ana Costa,"
	assert render_message("{{ note }}", note="<b>Tea & milk</b>") == "<b>Tea & milk</b>"


def test_value_is_never_rendered_as_a_template():
	assert render_message("{{ note }}", note="{{ my_name }}{% if x %}") == "{{ my_name }}{% if x %}"


@pytest.mark.parametrize("length", [1000, 1001, 100_000])
def test_message_has_at_most_a_thousand_characters(length):
	assert render_message("x" * length) == ("x" * length if length <= 1000 else "x" * 999 + "…")
	assert len(render_message("{{ note }}", note="🎂" * length)) == min(length, 1000)


ESCAPES = [
	"{{ ''.__class__.__mro__ }}",
	"{{ ''.__class__.__mro__[1].__subclasses__() }}",
	"{{ note.__class__.__base__.__subclasses__() }}",
	"{{ note['__class__'] }}",
	"{{ note|attr('__class__') }}",
	"{{ [note]|map(attribute='__class__')|list }}",
	"{{ ''['__cla' ~ 'ss__'] }}",
	"{{ '{0.__class__.__mro__}'.format(note) }}",
	"{{ '%s'|format(note.__class__) }}",
	"{{ self.__init__.__globals__ }}",
	"{{ self._TemplateReference__context }}",
	"{{ cycler.__init__.__globals__.os.popen('id').read() }}",
	"{{ lipsum.__globals__['os'] }}",
	"{{ joiner.__init__.__globals__ }}",
	"{{ namespace.__init__.__globals__ }}",
	"{{ namespace }}",
	"{{ range }}",
	"{{ dict }}",
	"{% include '/etc/passwd' %}",
	"{% import 'os' as os %}{{ os }}",
	"{% extends 'x' %}",
	"{{ config }}{{ request }}{{ frappe }}",
	"{% set x = [] %}{{ x.append(1) }}",
	"{% do note.x %}",
]


INVALID = [
	"{{ 1 // 0 }}",
	"{{ '{}'.format() }}",
	"{{ '{a}'.format() }}",
	"{{ 'a'.encode('nowhere') }}",
	"{{ note|truncate(-5) }}",
	"{{ note|xmlattr }}",
	"{{ note|no_such_filter }}",
	"{{ note is no_such_test }}",
	"{{ note() }}",
	"{{ missing.x.y }}",
	"{{ 1 < 'a' }}",
	"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
	"{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
	"{{ " + "not " * 5000 + "1 }}",
	"{{ " + "9" * 6000 + " }}",
	"{% if %}",
	"{% if note %}",
	"{{ note",
	"{{ }}",
	"{% endif %}",
]


ENDLESS = [
	"{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}",
	"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
	"{{ 'x' * 10**9 }}",
	"{{ 9 ** 9 ** 9 }}",
	"{{ 'x'.ljust(1000000000) }}",
	"{{ 'x'|center(1000000000) }}",
	"{{ '%1000000000d' % 1 }}",
	"{{ '%1000000000d'|format(1) }}",
	"{{ lipsum(n=1000000) }}",
	"{% set a = 'x' %}" + "{% set a = a ~ a %}" * 24 + "{{ a }}",
	"{{ note" + "|replace('', 'xxxxxxxxxx')" * 12 + " }}",
]


# Whether these fail depends on the values.
VALID_SYNTAX = {"{{ 1 < 'a' }}"}


@pytest.mark.parametrize("template", [*ESCAPES, *INVALID, *ENDLESS], ids=lambda template: template[:30])
def test_unsafe_invalid_or_endless_template_renders_nothing(template):
	"""An endless one would not return at all."""
	assert render_message(template, **VALUES) == ""


@pytest.mark.parametrize("template", [*ESCAPES[:8], *INVALID, *ENDLESS], ids=lambda template: template[:30])
def test_unsafe_invalid_or_endless_template_has_an_error(template):
	assert (get_template_error(template) is None) == (template in VALID_SYNTAX)


@given(st.text(max_size=80) | st.lists(st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", " ", "note", "|", "or", "if", "endif", "for", "in", ".", "'", "1"]), max_size=12).map(" ".join), st.text(max_size=40))  # fmt: skip
def test_any_template_gives_a_short_plain_message(template, note):
	message = render_message(template, note=note)
	assert isinstance(message, str) and len(message) <= 1000
	assert message == " ".join(message.split())
	if get_template_error(template):
		assert message == ""
