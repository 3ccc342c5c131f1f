"""What can happen to the line between a device and its computer: in simulation, and on a bench.

On a bench the same faults are at the wire of the real device, with the device's own dead man; here
a line has what the protocol of the bench says of one: who hears nothing for a second takes the
other for lost, and what is damaged is dropped.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.line_seam import LineSeam
from sim_hw.faults.targets import NamedPart

Share = Annotated[float, Meta(gt=0.0, le=1.0)]


class LineKind(FaultKind, frozen=True, kw_only=True):
    """A fault of a line as a whole."""

    target: ClassVar[TargetKind] = "line"

    @property
    def figure(self) -> float:
        """What the fault unit of a bench is told beside the name of the kind."""
        return 0.0

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None or fields:
            key = "method" if method is not None else "fields"
            raise NotAllowed(key, f"none: {self.name()} is of all that goes over the line")

    def begin(self, seam: LineSeam, injection: Injection) -> Heal:
        return seam.begin(self.name(), self.figure, injection)


class Open(LineKind, frozen=True, kw_only=True, tag="open"):
    """Nothing goes over the line, either way: within a second the device is lost, and what moves
    is stopped by its dead man; it is back half a second after the line is whole."""


class Short(LineKind, frozen=True, kw_only=True, tag="short"):
    """The line is short-circuited: what goes over it is damaged beyond reading, which is as if it
    were open."""


class Delay(LineKind, frozen=True, kw_only=True, tag="delay"):
    """What the device says comes `by` later. More than a line can be late by without being taken
    for lost is an open line."""

    by: Annotated[float, Amount("s", gt=0.0, le=0.8)]

    @property
    def figure(self) -> float:
        return self.by


class Drop(LineKind, frozen=True, kw_only=True, tag="drop"):
    """A `share` of what goes over the line is lost, either way: a call or its answer."""

    share: Share = 0.5

    @property
    def figure(self) -> float:
        return self.share


class Corrupt(Drop, frozen=True, kw_only=True, tag="corrupt"):
    """A `share` of what goes over the line is damaged, either way. Its checksum shows that: it is
    dropped, and counted."""


class Stuck(LineKind, frozen=True, kw_only=True, tag="stuck"):
    """What the device answers to a method is what it answered to it first since the fault began."""
