"""Restrictions: what the words of a gesture or a note speak of."""

import pytest

from micro_experiences.domain.restrictions import find_mentioned, find_mentions, find_words


@pytest.mark.parametrize(
	("text", "expected"),
	[
		("A bottle of champagne", "alcohol"),
		("Eine Weinflasche", "alcohol"),
		("Pralinenschachtel", "food"),
		("Une bouteille de crémant", "alcohol"),
		("Una caja de cervezas", "alcohol"),
		("Cassetta di prosecco", "alcohol"),
		("Caixa de vinho do Porto", "alcohol"),
		("日本酒", "alcohol"),
		("Бутылка вина", "alcohol"),
		("वाइन की बोतल", "alcohol"),
		("\u0632\u062c\u0627\u062c\u0629 \u0646\u0628\u064a\u0630", "alcohol"),
		("Fichier pour le traiteur: DÎNER", "food"),
		("Almond tart", "food"),
		("Een kaartje met de post", "mail"),
		("Rozmowa przez telefon", "call"),
		("Send a WhatsApp", "message"),
		("Social post about them", "public"),
		("Foto van het team", "photo"),
		("Kurz vorbeischauen", "visit"),
		("Blumenstrauß", "gift"),
	],
)
def test_words_of_any_language_are_found(text, expected):
	assert expected in find_mentioned(text)


@pytest.mark.parametrize(
	"text",
	[
		"ginger",
		"an important deal",
		"Beerdigung",
		"Insekt",
		"Genuss",
		"Schwein gehabt",
		"Portugal",
		"in high spirits",
		"alkoholfrei",
		"確かに",
		"기술",
		"酒店",
		"the list for Ron",
	],
)
def test_words_that_only_look_alike_are_not_alcohol(text):
	assert "alcohol" not in find_mentioned(text)


def test_hamper_may_hold_alcohol():
	found = find_mentions("Cesta de Navidad")
	assert "alcohol" not in found.restrictions
	assert found.possible == ("alcohol",)


def test_words_of_the_site_are_found_in_addition():
	words = {"lilies": ["lily", "Lilie"], "alcohol": ["Zwetschgenwasser"]}
	assert find_mentioned("Strauß mit weißen Lilien", words) == ("gift", "lilies")
	assert find_mentioned("Flasche Zwetschgenwasser", words) == ("alcohol", "gift")


@pytest.mark.parametrize(
	("word", "text", "found"),
	[
		("lily", "White lilies", True),
		("Nuss", "Nussecken vom Bäcker", True),
		("Erdnuss", "Erdnüsse", True),
		("nuts", "A bag of NUTS", True),
		("Ryanair", "Voucher for Ryanair\u2019s flights", True),
		("Nuss", "Genuss", False),
		("ham", "A hamster", False),
		("red wine", "White wine", False),
	],
)
def test_own_words_match_in_any_form(word, text, found):
	assert bool(find_words([word], text)) is found
