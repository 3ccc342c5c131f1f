"""The clocks of the vehicles: what the ground has stepped them by, and what that does to stamps."""

from flight.icd.messages import EventReport
from flight.runtime.pace import NANOSECONDS
from ground.mission_control.archive.archive import Archive, order_of

CORRECTED = "clock_corrected"


class SpacecraftClocks:
    """Brings every stamp of a vehicle to that vehicle's clock as it is set now.

    A vehicle tells each step of its clock in an event. What it said before that (its place is
    lower) was stamped by the clock as it was then.
    """

    def __init__(self) -> None:
        self._steps: dict[str, dict[int, int]] = {}  # of each vehicle: place -> step in ns

    def load(self, archive: Archive) -> None:
        """Takes up what an earlier life of the ground was told."""
        for event in archive.events(name=CORRECTED):
            self.take(event)

    def take(self, event: EventReport) -> None:
        """Takes an event, which may be a step of a clock."""
        step = event.data.get("step")
        if event.name == CORRECTED and isinstance(step, float | int):
            steps = self._steps.setdefault(event.source, {})
            steps[order_of(event)] = round(step * NANOSECONDS)

    def present(self, source: str, place: int, stamp_ns: int) -> int:
        """The stamp of a report, in nanoseconds, by the clock as it is set now.

        `place`: its `order_of`.
        """
        steps = self._steps.get(source)
        if not steps:
            return stamp_ns
        for at, step in steps.items():
            if place < at:
                stamp_ns += step
        return stamp_ns
