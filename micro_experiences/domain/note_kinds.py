"""Topic and kind of a jotted note, by the words of the sentence."""

import re

from micro_experiences.domain import sensitive_words
from micro_experiences.domain.lexicon import Reading
from micro_experiences.domain.note_days import find_actions

# In order of preference: a death is a hard time, also in the family, and an ill dog is about a pet.
TOPICS = (
	"Hard Time",
	"Pet",
	"Health",
	"Family",
	"Celebration",
	"Travel",
	"Hobby",
	"Food and Drink",
	"Work",
	"Preference",
)

_MIN_WORDS = 3
_SINCE_YEAR = re.compile(
	r"\b(?:in|since|seit|im jahr|depuis|en|desde|dal|nel|sinds|em|od)\s(?:19|20)\d\d\b", re.IGNORECASE
)
# Forms of the past, in languages where they can be told from other words.
_PAST_FORMS = {
	"en": re.compile(
		r"\b(?!(?:need|speed|feed|seed|bleed|breed|exceed|proceed|indeed|hundred|married|retired|interested"
		r"|used|limited|named|called|based|addicted|devoted|dedicated|organi[sz]ed|naked|sacred|wicked)\b)"
		r"[A-Za-z]{3,}ed\b"
	),
	"de": re.compile(
		r"\b(?i:hat|haben|ist|sind)\b(?=.*\b(?:[a-zäöü]*ge[a-zäöüß]{2,}(?:t|en)|(?:be|ver|er|ent|zer|über)[a-zäöüß]{3,}(?:t|en)|[a-zäöüß]{3,}iert)\s*(?:[.,;!]|$))"
	),
	"nl": re.compile(
		r"\b(?i:heeft|hebben|is|zijn)\b(?=.*\b(?:[a-z]*ge[a-z]{2,}(?:t|d|en)|(?:be|ver|ont|her)[a-z]{3,}(?:t|d|en))\s*(?:[.,;!]|$))"
	),
	"fr": re.compile(
		r"\b(?i:a|ont|est|sont)\s(?:(?i:bien|déjà|enfin|encore|juste)\s)?\w{2,}(?:é|ée|és|ées|i|ie|is|it|u|ue|us)\b"
	),
	"es": re.compile(r"\b(?i:ha|han)\s\w+(?:ado|ido|to|cho)\b|\b\w{3,}(?:ó|aron|ieron)\b"),
	"it": re.compile(
		r"\b(?i:ha|hanno|è|sono|è stata|è stato)\s(?:(?i:già|appena|finalmente)\s)?\w+(?:ato|uto|ito|ata|uta|ita|ati|ate|sto|tto|so|rto)\b"
	),
	"pt": re.compile(r"\b\w{3,}(?:ou|aram|eram|iram)\b"),
}


def find_topic(reading: Reading) -> str | None:
	"""Return the topic of a sentence, or None."""
	for topic in TOPICS:
		if _has_unexcused(reading, f"topic {topic}") and (topic != "Health" or _is_about_health(reading)):
			return topic
	return None


def is_sensitive(reading: Reading) -> bool:
	"""Return whether a sentence tells of a loss, such as a death or a divorce."""
	return _has_unexcused(reading, "sensitive")


def _has_unexcused(reading: Reading, tag: str) -> bool:
	"""Return whether a tag occurs outside the phrases that mean something else, such as "dead on time".

	Deaths and crimes in a film or a play are no hard time.
	"""
	if tag in ("topic Hard Time", "sensitive") and reading.has("fiction"):
		return False
	excused = {at for span in reading.find("no topic") for at in range(span.first, span.last + 1)}
	return any(span.first not in excused for span in reading.find(tag))


def _is_about_health(reading: Reading) -> bool:
	"""Return whether words such as "heart" or "doctor" are about the health of somebody.

	The lists of sensitive words know trades, products and idioms; a language without a list counts every word.
	"""
	if reading.language not in sensitive_words.LANGUAGES or _has_unexcused(reading, "ailment"):
		return True
	found = sensitive_words.find_sensitive_words(reading.written, sensitive_words.build_vocabulary())
	return any(finding.category == "Health" for finding in found)


def find_kind(reading: Reading, uses: set[str]) -> str | None:
	"""Return the kind of a sentence that rules out nothing: Occasion, Moment or Fact, or None.

	`uses` are those of its days. What happened or passes is a Moment, what lasts a Fact.
	"""
	if "occasion" in uses:
		return "Occasion"
	if uses:
		return "Moment"
	if reading.has("recurring") or _SINCE_YEAR.search(reading.text):
		return "Fact"
	if reading.has("passing"):
		return "Moment"
	if reading.has("habit"):
		return "Fact"
	if reading.has("past") or _is_past(reading):
		return "Moment"
	if reading.has("state") or find_topic(reading):
		return "Fact"
	# A few words that say nothing else are a lasting detail, such as an address or a size.
	return "Fact" if len(reading.tokens) >= _MIN_WORDS and not find_actions(reading) else None


def _is_past(reading: Reading) -> bool:
	"""Return whether a verb has the form of the past: "ordered", "hat … bestellt", "a acheté"."""
	pattern = _PAST_FORMS.get(reading.language)
	return bool(pattern and pattern.search(reading.written))
