"""How hypothesis searches here: the same examples on every run, and no clock against a busy machine."""

from hypothesis import settings

settings.register_profile("steady", deadline=None, derandomize=True, max_examples=150, print_blob=True)
settings.load_profile("steady")
