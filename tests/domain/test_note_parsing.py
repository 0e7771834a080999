"""Parsing of notes: real sentences with what they propose, and text that is never a date."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from micro_experiences.domain.note_kinds import TOPICS
from micro_experiences.domain.note_parsing import NoteProposal, parse_note
from micro_experiences.domain.notes import MAX_NOTE_LENGTH

TODAY = date(2026, 11, 22)  # a Sunday
KINDS = {None, "Moment", "Fact", "Occasion", "Never"}


def day(text: str) -> date:
	return date.fromisoformat(text)


# (language, sentence, topic, kind, day). The day is the date of an Occasion, or when to follow up on a Moment.
SENTENCES = [
	("en", "Rex the greyhound had surgery", "Pet", "Moment", None),
	("en", "Takes her tea black, no sugar", "Food and Drink", "Fact", None),
	("en", "Prefers a letter to an email", "Preference", "Fact", None),
	("en", "Speaks Italian and plays the piano", "Hobby", "Fact", None),
	("en", "Nervous about the driving exam", None, "Moment", None),
	("en", "His bicycle was stolen", "Hard Time", "Moment", None),
	("en", "No alcohol, please", "Food and Drink", "Never", None),
	("en", "Never call before noon", "Preference", "Never", None),
	("en", "May not accept gifts", None, "Never", None),
	("en", "Allergic to nuts", "Health", "Never", None),
	("en", "Wedding on 12 June", "Celebration", "Occasion", "2027-06-12"),
	("en", "Wedding on June 12th, 2027", "Celebration", "Occasion", "2027-06-12"),
	("en", "Their anniversary is on 14 February", "Celebration", "Occasion", "2027-02-14"),
	("en", "Her birthday is 3 May 1980", "Celebration", "Occasion", "1980-05-03"),
	("en", "Born on 12 March 1975", None, "Occasion", "1975-03-12"),
	("en", "Birthday on 29 February", "Celebration", "Occasion", "2028-02-29"),
	("en", "Name day 6 December", "Celebration", "Occasion", "2026-12-06"),
	("en", "Surgery on 30 November", "Health", "Occasion", "2026-11-30"),
	("en", "Her daughter's exam is next Friday", "Family", "Occasion", "2026-11-27"),
	("en", "Her son starts school in September", "Family", "Occasion", "2027-09-01"),
	("en", "Moving tomorrow", None, "Occasion", "2026-11-23"),
	("en", "Rex has an operation the day after tomorrow", "Health", "Occasion", "2026-11-24"),
	("en", "Party on Saturday 12 December", None, "Occasion", "2026-12-12"),
	("en", "Delivery of the piano 2027-01-15", "Hobby", "Occasion", "2027-01-15"),
	("en", "Opens the new shop 12/6", "Work", "Occasion", "2027-06-12"),
	("en-US", "Opens the new shop 12/6", "Work", "Occasion", "2026-12-06"),
	("en_GB", "Opens the new shop 12/6", "Work", "Occasion", "2027-06-12"),
	("en", "In two weeks ask about the marathon", "Hobby", "Moment", "2026-12-06"),
	("en", "Call her on Monday", None, "Moment", "2026-11-23"),
	("en", "Call back tomorrow at 3pm", None, "Moment", "2026-11-23"),
	("en", "ask in 3 days how the cat is", "Pet", "Moment", "2026-11-25"),
	("de", "Der Hund wurde operiert", "Pet", "Moment", None),
	("de", "Sie mag Kaffee", "Food and Drink", "Fact", None),
	("de", "Trinkt nie Alkohol", "Food and Drink", "Never", None),
	("de", "Bitte kein Alkohol", "Food and Drink", "Never", None),
	("de", "Allergisch gegen Nüsse", "Health", "Never", None),
	("de", "Hochzeit am 12. Juni", "Celebration", "Occasion", "2027-06-12"),
	("de", "Geburtstag am 3. Mai", "Celebration", "Occasion", "2027-05-03"),
	("de", "Am 24.12. geschlossen", None, "Occasion", "2026-12-24"),
	("de", "Tochter hat übermorgen Prüfung", "Family", "Occasion", "2026-11-24"),
	("de", "Urlaub ab 1. Dezember", "Travel", "Occasion", "2026-12-01"),
	("de", "Urlaub ab Januar", "Travel", "Occasion", "2027-01-01"),
	("de", "Nächsten Freitag Umzug", None, "Occasion", "2026-11-27"),
	("de", "In zwei Wochen nach dem Marathon fragen", "Hobby", "Moment", "2026-12-06"),
	("de", "Morgen anrufen", None, "Moment", "2026-11-23"),
	("de_CH", "Bis Freitag Unterlagen schicken", None, "Moment", "2026-11-27"),
	("fr", "Son chien est malade", "Pet", "Moment", None),
	("fr", "Aime le vin rouge", "Food and Drink", "Fact", None),
	("fr", "Jamais d'alcool", "Food and Drink", "Never", None),
	("fr", "Allergique aux noix", "Health", "Never", None),
	("fr", "Mariage le 12 juin", "Celebration", "Occasion", "2027-06-12"),
	("fr", "Son mari court le marathon", "Family", "Fact", None),
	("fr", "Anniversaire le 3 mai", "Celebration", "Occasion", "2027-05-03"),
	("fr", "Vacances à partir du 1 décembre", "Travel", "Occasion", "2026-12-01"),
	("fr", "Elle déménage samedi prochain", None, "Occasion", "2026-11-28"),
	("fr", "Demander des nouvelles dans 2 semaines", None, "Moment", "2026-12-06"),
	("fr", "Rappeler demain", None, "Moment", "2026-11-23"),
	("es", "Su perro está enfermo", "Pet", "Moment", None),
	("es", "Prefiere el té", "Food and Drink", "Fact", None),
	("es", "Sin alcohol, por favor", "Food and Drink", "Never", None),
	("es", "Alérgica a las nueces", "Health", "Never", None),
	("es", "Boda el 12 de junio", "Celebration", "Occasion", "2027-06-12"),
	("es", "Cumpleaños el 3 de mayo", "Celebration", "Occasion", "2027-05-03"),
	("es", "El próximo viernes se muda", None, "Occasion", "2026-11-27"),
	("es", "Preguntar en 2 semanas", None, "Moment", "2026-12-06"),
	("es", "Llamar mañana", None, "Moment", "2026-11-23"),
]


@pytest.mark.parametrize(
	("language", "text", "topic", "kind", "when"), SENTENCES, ids=lambda value: str(value)[:40]
)
def test_sentence_proposes_topic_kind_and_day(language, text, topic, kind, when):
	found = parse_note(text, TODAY, language)
	assert (found.topic, found.kind) == (topic, kind)
	assert (found.follow_up_on or found.occasion_on) == (when and day(when))
	assert not (found.follow_up_on and found.occasion_on)
	if when:
		assert found.found and all(words in text for words in found.found)
		assert (kind == "Moment") == bool(found.follow_up_on)
	else:
		assert not found.found


@pytest.mark.parametrize(
	("language", "text", "topic"),
	[
		("en", "Had a long chat with him", None),
		("fr", "Son chat dort au bureau", "Pet"),
		("fr_CH", "Son chat dort au bureau", "Pet"),
		("en", "Wants us to be kinder to the drivers", None),
		("de", "Die Kinder warten im Wagen", "Family"),
		("en", "Gave us a tee and a cap", None),
		("de", "Trinkt Tee", "Food and Drink"),
		("en", "Asked for the VIN of the van", None),
		("en", "Keeps a gatorade bottle", None),
		("en", "His card was hijacked", None),
		# A word without another meaning in English is understood there too: users write in the customer's language.
		("en", "Der Hund wartet im Wagen", "Pet"),
	],
)
def test_word_with_another_meaning_in_english_counts_only_in_its_language(language, text, topic):
	assert parse_note(text, TODAY, language).topic == topic


NO_DATES = [
	("en", "May prefer oat milk"),
	("en", "Sat at the window"),
	("en", "Sun and sea is all she needs"),
	("en", "She is 45 years old"),
	("en", "Her baby is 3 months old"),
	("en", "Stays for 2 weeks, it takes two weeks"),
	("en", "Order 2024-113"),
	("en", "Invoice 12345, phone 030 1234567, +49 170 12345678"),
	("en", "IBAN DE02120300000000202051"),
	("en", "Ordered 12 boxes of 100"),
	("en", "Room 12, flat 3b, size 42"),
	("en", "They have 3 children and had 2 dogs"),
	("en", "12.50 euros, 1.80 m, 5 o'clock"),
	("en", "Opens at 10:30, closes at 7"),
	("en", "Table for 12 at 7"),
	("en", "2/3 of the order, and open 24/7"),
	("en", "Founded in 2005"),
	("en", "Born in 1980"),
	("en", "He turns 50 next year"),
	("en", "Her name is April Summers"),
	("en", "The kitten is called March"),
	("en", "Likes April"),
	("en", "They march on"),
	("en", "June is her best friend"),
	("en", "Met her last Monday"),
	("en", "Comes every Monday"),
	("en", "The car broke today"),
	("en", "Was ill a week ago, surgery yesterday"),
	("en", "Wedding on 31 February"),
	("en", "In 45 years"),
	("en", "Now lives in Paris, second shop in Rome"),
	("de", "Sie ist 45 Jahre alt"),
	("de", "3 Monate altes Baby"),
	("de", "Bestellung 2024-113"),
	("de", "Letzten Montag getroffen"),
	("de", "Vorigen Montag getroffen"),
	("de", "Kommt jeden Montag"),
	("de", "Geöffnet um 10:30 Uhr"),
	("de", "Frau August kommt gern"),
	("de", "Vor zwei Wochen operiert"),
	("de", "So ein netter Kunde, mo di mi"),
	("fr", "Elle a 45 ans"),
	("fr", "Bébé de 3 mois"),
	("fr", "Commande 2024-113"),
	("fr", "Vue lundi dernier"),
	("fr", "Tous les lundis"),
	("fr", "Vient à 10h30"),
	("fr", "Il y a 3 jours"),
	("fr", "Mars est son chien"),
	("es", "Tiene 45 años"),
	("es", "Bebé de 3 meses"),
	("es", "Pedido 2024-113"),
	("es", "Vino el lunes pasado"),
	("es", "Viene todos los lunes"),
	("es", "Abre a las 10:30"),
	("es", "Le gusta el mar"),
]


@pytest.mark.parametrize(("language", "text"), NO_DATES)
def test_sentence_without_a_day_proposes_none(language, text):
	found = parse_note(text, TODAY, language)
	assert (found.found, found.occasion_on, found.follow_up_on) == ((), None, None)
	assert found.kind != "Occasion"


@pytest.mark.parametrize(
	("text", "wrong"),
	[
		("A hundred boxes", "Pet"),
		("Maria lives by the marina", "Family"),
		("The glass was filled", "Family"),
		("She rented the hall", "Work"),
		("The operations manager", "Health"),
		("She aimed high", "Preference"),
	],
)
def test_similar_word_of_another_language_is_no_topic(text, wrong):
	assert parse_note(text, TODAY).topic != wrong


@pytest.mark.parametrize("text", ["Nevertheless a good year", "The broker has an example", "Immersed in books", "Notes the avoidable", "Knows the nanny"])  # fmt: skip
def test_word_that_contains_a_negation_rules_nothing_out(text):
	assert parse_note(text, TODAY).kind != "Never"


def test_past_day_counts_only_if_it_repeats():
	assert parse_note("Birthday 3 May 1980", TODAY).repeats_yearly
	assert parse_note("Surgery on 3 May 2020", TODAY) == NoteProposal(topic="Health", kind="Moment")


def test_day_in_the_distant_future_is_not_proposed():
	assert parse_note("Wedding on 12 June 2028", TODAY).occasion_on == day("2028-06-12")
	assert parse_note("Wedding on 12 June 2031", TODAY).occasion_on is None


def test_first_suitable_day_of_several_is_proposed():
	assert parse_note("Met her last Monday, wedding on 12 June, party on 20 June", TODAY).occasion_on == day(
		"2027-06-12"
	)


def test_english_is_parsed_in_every_language():
	for language in ("de", "fr", "es", "ar", "zh", "hi", "pt_BR", "zh-TW", "xx", "", "x" * 300):
		assert parse_note("Wedding on 12 June 2027", TODAY, language).occasion_on == day("2027-06-12"), (
			language
		)


@pytest.mark.parametrize(
	"text", ["x" * 10_000_000, "12 June " * 1_250_000, "9" * 10_000_000, "\U0001f382" * 10_000_000]
)
def test_only_the_length_of_a_note_is_parsed(text):
	assert parse_note(text, TODAY) == parse_note(text[:MAX_NOTE_LENGTH], TODAY)
	assert parse_note("x" * MAX_NOTE_LENGTH + " wedding on 12 June", TODAY) == NoteProposal()


HOSTILE = [
	"",
	"   \n\t",
	"\x00" * 500,
	"\ud800",
	"\u202e12 June",
	"9" * 500,
	"1 " * 250,
	"1/1" * 160,
	"12.12." * 83,
	"may " * 125,
	"on monday " * 50,
	"2 days ago " * 45,
	"next " * 100,
	":" * 500,
	"-" * 500,
	"in 999999999 days",
	"in 99999999999999999999 years",
	"birthday 99999999 months ago",
	"birthday 0/0/0 and 0000-00-00",
	"birthday 29.2.1900",
	"birthday 01-01-0001",
	"birthday 31/12/9999",
	"birthday UTC+99:99",
	"2026-12-01T10:00:00+25:00",
	"1e400 nan inf",
	"%s %d {0} {{ x }} ${y}",
	"<script>alert(1)</script>",
	"'; drop table `tabCustomer`; --",
	"(" * 500,
	"[a-z]+" * 80,
	"\u0301" * 500,
	"12 \u0664\u0665 \uff11\uff12/\uff16",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:24])
def test_hostile_text_is_parsed_without_error(text):
	for language in ("en", "de", "zh"):
		found = parse_note(text, TODAY, language)
		assert found.kind in KINDS and found.topic in {None, *TOPICS}


@given(
	st.lists(
		st.sampled_from("in on next last every 3 12 31 two may june monday week weeks days years . / : - ago birthday ask tomorrow 2027 1980 0 99999".split())
		| st.text(max_size=6),
		max_size=14,
	).map(" ".join),
	st.sampled_from(["en", "en-US", "de", "fr", "es", "ar", "xx"]),
)  # fmt: skip
def test_proposal_of_any_text_is_consistent(text, language):
	found = parse_note(text, TODAY, language)
	assert found.kind in KINDS and found.topic in {None, *TOPICS}
	assert not (found.occasion_on and found.follow_up_on)
	assert bool(found.found) == bool(found.occasion_on or found.follow_up_on)
	assert (found.kind == "Occasion") == bool(found.occasion_on)
	assert not found.repeats_yearly or found.occasion_on
	for when in filter(None, (found.occasion_on, found.follow_up_on)):
		assert when <= TODAY + timedelta(days=730)
	if not parse_note("birthday " + text, TODAY, language).found:
		assert not found.found or found.found not in ("", text)


def test_follow_up_is_in_the_future():
	for text in ("ask on 3 May 2020", "call yesterday", "remind me today", "birthday 3 May 1980, call"):
		found = parse_note(text, TODAY)
		assert not found.follow_up_on or found.follow_up_on > TODAY, text


@pytest.mark.parametrize(
	("language", "text", "use", "day"),
	[
		("es", "Llamarle el jueves por la oferta", "follow_up", "2026-12-03"),
		("es", "pregúntale el sábado por la boda", "follow_up", "2026-12-05"),
		("pt", "Ligar na quinta por causa da proposta", "follow_up", "2026-12-03"),
		("fr", "l'appeler vendredi matin pr le devis", "follow_up", "2026-12-04"),
		("it", "sentire Marta venerdì, preventivo", "follow_up", "2026-12-04"),
		("en", "retirement do 18 December", "occasion", "2026-12-18"),
		("en", "delivery before Christmas", "until", "2026-12-25"),
		("es", "entrega antes de Navidad", "until", "2026-12-25"),
	],
)
def test_day_is_used_as_the_sentence_means_it(language, text, use, day):
	found = parse_note(text, date(2026, 12, 1), language)
	assert [(each.use, each.day.isoformat()) for each in found.days] == [(use, day)]


@pytest.mark.parametrize(
	("language", "text"),
	[
		("de", "Hausnr. 12/3"),
		("nl", "Bakkerij Zondag"),
		("en", "Spoke to Ahmed on 3 June"),
		("zh", "周一没开门"),
		("fr", "ouvert du mardi au samedi"),
	],
)
def test_sentence_without_a_coming_day_has_none(language, text):
	assert parse_note(text, date(2026, 12, 1), language).days == ()
