"""Topic and kind of a jotted note, by the words of the sentence."""

from micro_experiences.domain.lexicon import Reading

# In order of preference: a death is a hard time whoever it concerns, and an ill dog concerns a pet.
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


def find_topic(reading: Reading) -> str | None:
	"""Return the topic of a sentence, or None."""
	excused = {at for span in reading.find("no topic") for at in range(span.first, span.last + 1)}
	for topic in TOPICS:
		if any(span.first not in excused for span in reading.find(f"topic {topic}")):
			return topic
	return None


def find_kind(reading: Reading, uses: set[str]) -> str | None:
	"""Return the kind of a sentence that rules out nothing: Occasion, Moment or Fact, or None.

	`uses` are those of its days. What passes is a Moment, also if the sentence says what to do about it.
	"""
	if "occasion" in uses:
		return "Occasion"
	if uses:
		return "Moment"
	if reading.has("recurring"):
		return "Fact"
	if reading.has("passing"):
		return "Moment"
	return "Fact" if reading.has("habit") else None
