"""Days that a sentence names, in the language of the user or in English: "tomorrow", "am 3. Mai", "12月20日"."""

from micro_experiences.domain.day_grammar.grammar import FoundDay, find_days

__all__ = ["FoundDay", "find_days"]
