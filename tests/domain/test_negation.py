"""Never notes: sentences that rule something out in any language, what they rule out, and those that do not."""

from datetime import date

import pytest

from micro_experiences.domain.note_parsing import parse_note

TODAY = date(2026, 11, 22)

# (language of the user, sentence, restrictions, own words).
NEVER = [
	("en", "Please never bring alcohol into the house", ("alcohol",), ""),
	("en", "She doesn\u2019t drink", ("alcohol",), ""),
	("en", "Please don\u2019t call before ten", ("call",), ""),
	("en", "dont offer ryanair again", (), "ryanair"),
	("en", "Never nuts: allergic", (), "nuts"),
	("en", "Allergic to nuts and shellfish", (), "nuts, shellfish"),
	("en", "He has a nut allergy", (), "nut"),
	("en", "Don\u2032t mention her ex\u2011husband", (), "ex\u2011husband"),
	("en", "No photos of the office please", ("photo",), "office"),
	("en", "wont accept gifts", ("gift",), ""),
	("en", "Recovering alcoholic", ("alcohol",), ""),
	("en", "She is vegan", (), "meat, dairy"),
	("en", "Never visit unannounced", ("visit",), ""),
	("en", "Can\u2019t have gluten", (), "gluten"),
	("en", "Steer clear of politics", (), "politics"),
	("de", "Bitte keine Blumen schicken", (), "Blumen"),
	("de", "Trinkt keinen Alkohol", ("alcohol",), ""),
	("de", "Nicht vor zehn anrufen", ("call",), ""),
	("de", "Hat eine Nussallergie", (), "Nuss"),
	("de", "mag keine Ueberraschungen", (), "Ueberraschungen"),
	("de", "Darf keine Geschenke annehmen", ("gift",), ""),
	("fr", "pas d\u2019alcool", ("alcohol",), ""),
	("fr", "Ne jamais appeler avant dix heures", ("call",), ""),
	("fr", "N\u2019aime pas les lys", (), "lys"),
	("fr", "Sans porc svp", (), "porc"),
	("es", "No llamar antes de las diez", ("call",), ""),
	("es", "Es alérgico a los frutos secos", (), "frutos secos"),
	("es", "Nunca mencionar a su exmarido", (), "exmarido"),
	("it", "Non beve alcolici", ("alcohol",), ""),
	("it", "Niente fiori", (), "fiori"),
	("pt", "Não aceita presentes", ("gift",), ""),
	("pt", "nao come porco", (), "porco"),
	("nl", "Niet bellen voor tien uur", ("call",), ""),
	("nl", "Houdt niet van verrassingen", (), "verrassingen"),
	("hi", "शराब मत देना", ("alcohol",), ""),
	("ar", "لا يشرب الكحول", ("alcohol",), ""),
	("ru", "аллергия на орехи", (), "орехи"),
	("ja", "豚肉は食べません", (), "豚肉"),
	("zh", "不吃猪肉", (), "猪肉"),
	("ko", "땅콩 알레르기가 있다", (), "땅콩"),
]


@pytest.mark.parametrize(("language", "text", "stops", "avoids"), NEVER)
def test_negated_sentence_rules_out_what_it_names(language, text, stops, avoids):
	found = parse_note(text, TODAY, language)
	assert (found.kind, found.stops, found.avoids) == ("Never", stops, avoids)


@pytest.mark.parametrize("text", [text for _language, text, _stops, _avoids in NEVER])
def test_language_of_the_user_does_not_matter(text):
	assert parse_note(text, TODAY, "en").kind == parse_note(text, TODAY, "de").kind == "Never"


@pytest.mark.parametrize(
	("language", "text"),
	[
		("en", "never misses a match"),
		("en", "can\u2019t wait for the trip"),
		("en", "no news yet"),
		("en", "has not called back"),
		("en", "not sure about the date"),
		("en", "no problem with the delivery"),
		("en", "She never calls before ten"),
		("en", "Takes her tea black, no sugar"),
		("en", "Don\u2019t forget to call her"),
		("en", "Wouldn't say no to a good wine"),
		("de", "Er hat noch nicht zurückgerufen"),
		("de", "kann morgen nicht kommen"),
		("de", "ohne Kaffee geht bei ihr gar nichts"),
		("de", "verpasst nie ein Spiel"),
		("fr", "Il n\u2019a pas rappelé"),
		("fr", "Prend le thé sans sucre"),
		("es", "No ha llamado"),
		("it", "Non ha ancora risposto"),
		("pt", "Não ligou de volta"),
		("nl", "Heeft nog niet gereageerd"),
		("hi", "अभी तक फोन नहीं आया"),
		("ar", "لم يتصل بعد"),
	],
)
def test_negated_event_rules_nothing_out(language, text):
	found = parse_note(text, TODAY, language)
	assert found.kind != "Never" and not found.stops and not found.avoids


def test_restriction_that_the_site_added_is_guessed():
	added = {"perfume": ("perfume", "Parfüm*"), "hunting": ("hunting trip",)}
	found = parse_note("Bitte kein Parfüm mitbringen", TODAY, "de", restrictions=added)
	assert (found.kind, found.stops, found.avoids) == ("Never", ("perfume",), "")
	assert parse_note("Never offer a hunting trip", TODAY, restrictions=added).stops == ("hunting",)


def test_never_keeps_its_last_day():
	found = parse_note("no calls until 3 January", TODAY)
	assert (found.kind, found.remember_until) == ("Never", date(2027, 1, 3))
	assert [day.use for day in found.days] == ["until"]


def test_occasion_and_follow_up_of_one_sentence_are_told_apart():
	found = parse_note("surgery next Friday, ask about it in two weeks", TODAY)
	assert [(day.use, day.words) for day in found.days] == [
		("occasion", "next Friday"),
		("follow_up", "in two weeks"),
	]
	assert found.kind == "Occasion"


@pytest.mark.parametrize(
	("text", "topic", "sensitive"),
	[
		("Her father died", "Hard Time", True),
		("Son mari joue du piano", "Family", False),
		("svp thé vert", "Food and Drink", False),
		("Se ha muerto su madre", "Hard Time", True),
		("Ihre Mutter ist gestorben", "Hard Time", True),
		("Supports the local team", None, False),
	],
)
def test_topic_and_sensitivity_follow_the_words_of_the_language(text, topic, sensitive):
	found = parse_note(text, TODAY, "en")
	assert (found.topic, found.sensitive) == (topic, sensitive)


def test_known_year_of_a_birthday_is_proposed():
	known, unknown = parse_note("Her birthday is 3 May 1980", TODAY), parse_note("Birthday on 3 May", TODAY)
	assert (known.year_known, known.repeats_yearly) == (True, True)
	assert (unknown.year_known, unknown.repeats_yearly) == (False, True)
