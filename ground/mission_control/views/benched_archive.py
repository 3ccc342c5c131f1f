"""The archive as a benchmark uses it: takes samples, and answers the console's questions."""

from typing import Any

from ground.mission_control.archive.archive import Archive
from ground.mission_control.views import history


class BenchedArchive(Archive):
    """The archive, with what the service asks of it."""

    def values_at(self, at_ns: int) -> list[history.Value]:
        """All channels as they were known at an instant."""
        return history.values_at(self, at_ns)

    def series(
        self, vehicle: str, channel: str, t0_ns: int, t1_ns: int, pixels: int
    ) -> dict[str, Any]:
        """A channel over a stretch of time."""
        return history.series(self, vehicle, channel, t0_ns, t1_ns, pixels)
