"""Names for tests of missions: what the shared flights are, and what stands on a desk."""

from tests.flown import Flown, Fly
from tests.missions.bench_desks import binary, desk, locks

__all__ = ["Flown", "Fly", "binary", "desk", "locks"]
