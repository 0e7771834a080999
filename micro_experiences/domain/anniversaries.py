"""What a yearly occasion is: a birthday, a death, or another anniversary, by the words of its note.

The beginnings of words in all languages are searched, because people write in the customer's language.
"""

import re
from collections.abc import Callable
from datetime import date

from micro_experiences.domain.text import normalize

# Nobody is older, so such a year is a typing error or a placeholder.
_MAX_AGE = 110
_SENSITIVE_TOPIC = "Hard Time"

_BIRTHDAYS = (
	"birthday|b-?day|born|geburtstag|geb|anniversaire|anniv|cumplea|cumple|nacimiento|complean|aniversario natal|aniversário"
	"|aniversario de nac|verjaardag|jarig|urodzin|день рожд|др|जन्मदिन|जन्म दिन|janamdin|عيد ميلاد|ميلاد"
)
# Without spaces between words, these count anywhere.
_CJK_BIRTHDAYS = "誕生日|生日|생일|생신"
_DEATHS = (
	"death|died|passed away|passing|funeral|memorial|tod|todes|gestorben|verstorben|mort|décès|deces|décéd|disparition|muert"
	"|fallec|murió|difunt|morte|mortem|scompars|falec|morreu|óbito|overl|sterf|gestorven|śmier|zmar|смерт|умер|поминк|मृत्यु|पुण्यतिथि"
	"|निधन|وفاة|رحيل"
)
_CJK_DEATHS = "命日|忌|逝|기일|제사|忌日"
# French, Spanish and Portuguese use the word for a birthday for other anniversaries too.
_OTHERS = (
	"wedding|mariage|noces|boda|casamento|casament|matrimonio|nozze|hochzeit|trouwdag|huwelijk|ślub|свадьб|शादी|زواج|زفاف"
	"|entreprise|société|empresa|firma|firmen|bedrijf|company|shop|work|job|service|jubil|kennenlern"
)
_CJK_OTHERS = "結婚|结婚|결혼|創業|创立|창립"


def _compile(words: str, cjk: str) -> re.Pattern:
	return re.compile(rf"(?<!\w)(?:{words})|{cjk}")


_BIRTHDAY, _DEATH, _OTHER = (
	_compile(_BIRTHDAYS, _CJK_BIRTHDAYS),
	_compile(_DEATHS, _CJK_DEATHS),
	_compile(_OTHERS, _CJK_OTHERS),
)


def is_birthday(note: str) -> bool:
	"""Return whether a note is about somebody's birthday."""
	text = normalize(note).casefold()
	return bool(_BIRTHDAY.search(text)) and not _DEATH.search(text) and not _OTHER.search(text)


def is_death(note: str, topic: str | None) -> bool:
	"""Return whether a note is about a death or another hard time, for which nobody counts years."""
	return topic == _SENSITIVE_TOPIC or bool(_DEATH.search(normalize(note).casefold()))


def describe_years(
	note: str, topic: str | None, first: date, day: date, translate: Callable[[str], str] = str
) -> str:
	"""Return the age on the birthday, or the years since another first occasion, on `day`; "" if that is unknown or
	better left unsaid."""
	_, years = translate, day.year - first.year
	if years < 1 or is_death(note, topic):
		return ""
	if is_birthday(note):
		return _("turns {0}").format(years) if years <= _MAX_AGE else ""
	return _("1 year") if years == 1 else _("{0} years").format(years)
