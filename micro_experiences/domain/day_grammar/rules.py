"""All rules of the day grammar, compiled."""

import re
from functools import cache

from micro_experiences.domain.day_grammar import composite_rules, month_rules, relative_rules, week_rules
from micro_experiences.domain.day_grammar.rule_base import COMPOSITE_RULES, RULES, Rule

# They register their rules when they are imported.
__all__ = ["compile_rules", "composite_rules", "month_rules", "relative_rules", "week_rules"]


@cache
def compile_rules(*, composite: bool = False) -> list[tuple[re.Pattern, Rule]]:
	"""Return the rules of the first or second round with their compiled patterns."""
	return [
		(re.compile(pattern), function) for pattern, function in (COMPOSITE_RULES if composite else RULES)
	]
