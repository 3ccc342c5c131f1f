"""What holds for every test."""

from hypothesis import settings

# The same examples on every run: a test that fails, fails for everybody.
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.load_profile("repeatable")
