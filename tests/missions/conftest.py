"""Names for tests of missions: what the shared flights are."""

from tests.flown import Flown, Fly

__all__ = ["Flown", "Fly"]
