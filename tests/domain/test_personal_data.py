"""The personal data report."""

from micro_experiences.domain import personal_data


def test_report_omits_empty_fields_and_translates_choices():
	data = {key: () for key, _title, _fields in personal_data.get_sections()}
	data |= {"notes": [{"text": "Takes tea", "kind": "Fact", "stops": None, "times_used": 0}]}
	notes, *others = personal_data.format_report(data, str.upper, str)
	assert [(cell["label"], cell["text"]) for cell in notes["rows"][0]] == [
		("NOTE", "Takes tea"),
		("KIND", "FACT"),
	]
	assert not any(part["rows"] for part in others)


def test_readers_of_a_note_depend_on_its_visibility_and_sensitivity():
	readers = {
		(visibility, sensitive): personal_data.describe_readers(visibility, sensitive)
		for visibility in ("Everyone", "Group", "Only Me")
		for sensitive in (False, True)
	}
	assert len(set(readers.values())) == 4
	assert readers["Only Me", True] == readers["Only Me", False]
