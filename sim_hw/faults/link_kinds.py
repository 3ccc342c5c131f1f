"""What can happen on the space links: between vehicles, to the relay orbiter, and to Earth."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Protocol

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.reading_kinds import Share
from sim_hw.faults.targets import NamedPart
from sim_hw.faults.turned_bits import turned

Way = Literal["out", "in"]
"""Away from a vehicle, or to it; of the link between relay and Earth: from Mars, or to it."""
ACKNOWLEDGED, STATES, PASSES = "acknowledgement", "state that radios see", "passes"


@dataclass(frozen=True)
class Crossing:
    """One frame on a link: which way, of which vehicle, and of which other one."""

    link: str
    way: Way
    vehicle: str
    other: str = ""

    @property
    def where(self) -> str:
        """As hits name it."""
        return f"{self.link} {self.way} ({self.vehicle}{f' to {self.other}' if self.other else ''})"


@dataclass(frozen=True)
class Arrives:
    """What arrives instead of a frame, and whether its sender hears of it."""

    frames: tuple[bytes, ...]
    acknowledged: bool = True


class LinkSeam(Protocol):
    """One link."""

    def announce(self) -> None:
        """Tells all radios how they hear it now."""

    def deliver(self, crossing: Crossing, data: bytes) -> None:
        """Has a frame arrive that nobody has sent now."""

    def shift_passes(self, later: float, sooner: float) -> Heal:
        """Has passes begin later and end sooner by so many s, until what is returned is called."""
        ...


class LinkKind(FaultKind, frozen=True, kw_only=True):
    """A fault of a link; `way` and `vehicle` limit it. `needs`: what the link must have."""

    target: ClassVar[TargetKind] = "link"
    counted: ClassVar[bool] = True
    needs: ClassVar[str] = ""

    way: Literal["both", "out", "in"] = "both"
    vehicle: str | None = None

    @classmethod
    def why_not(cls, part: NamedPart) -> str:
        lacks = cls.needs and cls.needs not in part.has
        return f"the link {part.name} has no {cls.needs}" if lacks else ""

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None or fields:
            key = "method" if method is not None else "fields"
            raise NotAllowed(key, f"none: {self.name()} is of frames")
        if self.vehicle is not None and self.vehicle not in part.others:
            raise NotAllowed("vehicle", choices_words(self.vehicle, list(part.others), ""))

    def concerns(self, crossing: Crossing) -> bool:
        """Whether it is of such a frame; one between vehicles goes out of one and in at the
        other."""
        if crossing.other:
            goes = self.way != "in" and self.vehicle in (None, crossing.vehicle)
            comes = self.way != "out" and self.vehicle in (None, crossing.other)
            return goes or comes
        return self.way in ("both", crossing.way) and self.vehicle in (None, crossing.vehicle)

    def blocks(self, vehicle: str, other: str) -> bool:
        """Whether a radio cannot hear the link because of it."""
        return False

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        """What arrives instead of a frame."""
        return Arrives((data,))


class Outage(LinkKind, frozen=True, kw_only=True, tag="outage"):
    """Nothing gets through; where a vehicle cannot hear, its radio sees the link go down."""

    def blocks(self, vehicle: str, other: str) -> bool:
        if self.vehicle not in (None, vehicle, other):
            return False
        return self.way != "out" if self.vehicle in (None, vehicle) else self.way != "in"

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        injection.hit(crossing.where, f"{len(data)} bytes", "nothing")
        return Arrives((), acknowledged=False)

    def begun(self, seam: LinkSeam, injection: Injection) -> Heal:
        seam.announce()
        return seam.announce


class DeliveredNotAcknowledged(
    LinkKind, frozen=True, kw_only=True, tag="delivered_not_acknowledged"
):
    """Frames arrive, and their sender does not hear of it."""

    needs: ClassVar[str] = ACKNOWLEDGED

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        injection.hit(crossing.where, "acknowledged", "not acknowledged")
        return Arrives((data,), acknowledged=False)


class Duplicate(LinkKind, frozen=True, kw_only=True, tag="duplicate"):
    """Frames arrive `copies` times more."""

    copies: Annotated[int, Meta(ge=1, le=20)] = 1

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        injection.hit(crossing.where, 1, 1 + self.copies)
        return Arrives((data,) * (1 + self.copies))


class Reorder(LinkKind, frozen=True, kw_only=True, tag="reorder"):
    """Every second frame arrives after the next one; healed, what waits arrives."""

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        waiting: list[bytes] = injection.memory.setdefault("held", {}).setdefault(crossing, [])
        if not waiting:
            waiting.append(data)
            injection.hit(crossing.where, "in order", "after the next")
            return Arrives(())
        return Arrives((data, waiting.pop()))

    def begun(self, seam: LinkSeam, injection: Injection) -> Heal:
        def flush() -> None:
            for crossing, waiting in injection.memory.get("held", {}).items():
                while waiting:
                    seam.deliver(crossing, waiting.pop(0))

        return flush


class Corrupt(LinkKind, frozen=True, kw_only=True, tag="corrupt"):
    """So many `bits` of each frame are turned on their way."""

    bits: Annotated[int, Meta(ge=1, le=10_000)] = 1

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        return Arrives((turned(data, self.bits, crossing.where, injection),))


class LowMargin(LinkKind, frozen=True, kw_only=True, tag="low_margin"):
    """The signal is weak: that part of the frames is `lost`, whatever is repeated."""

    lost: Share

    def arrives(self, crossing: Crossing, data: bytes, injection: Injection) -> Arrives:
        if injection.random.random() >= self.lost:
            return Arrives((data,))
        injection.hit(crossing.where, f"{len(data)} bytes", "nothing")
        return Arrives((), acknowledged=False)


class PassKind(LinkKind, frozen=True, kw_only=True):
    """A fault of passes, from the next one on. It is predicted by nobody."""

    counted: ClassVar[bool] = False
    needs: ClassVar[str] = PASSES

    by: Annotated[float, Amount("s", ge=0.0, le=7200.0)]

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        if self.way != "both" or self.vehicle is not None:
            key = "way" if self.way != "both" else "vehicle"
            raise NotAllowed(key, "both and no vehicle: a pass is one for all")


class LateAcquisition(PassKind, frozen=True, kw_only=True, tag="late_acquisition"):
    """Passes begin `by` later than they should."""

    def begin(self, seam: LinkSeam, injection: Injection) -> Heal:
        if self.by > 0.0:
            injection.hit("passes", "on time", f"{self.by:g} s later")
        return seam.shift_passes(self.by, 0.0)


class EarlyLoss(PassKind, frozen=True, kw_only=True, tag="early_loss"):
    """Passes end `by` sooner than they should."""

    def begin(self, seam: LinkSeam, injection: Injection) -> Heal:
        if self.by > 0.0:
            injection.hit("passes", "to their end", f"{self.by:g} s sooner")
        return seam.shift_passes(0.0, self.by)
