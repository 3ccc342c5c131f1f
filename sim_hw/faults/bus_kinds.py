"""What can happen to messages on the bus, at the end that receives them."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Protocol

from msgspec import Meta

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.answer_kinds import Period, Wait
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.reading_kinds import Share
from sim_hw.faults.targets import NamedPart
from sim_hw.faults.turned_bits import turned

Passed = list[tuple[float, bytes]]
"""What arrives instead of a message: after how many s, and its bytes."""


@dataclass(frozen=True)
class Traffic:
    """On which way a message comes: to whom (`here`), over which service, from whom (`peer`);
    `sender`: what a server knows a client by."""

    here: str
    service: str
    peer: str
    sender: bytes = b""

    @property
    def where(self) -> str:
        """As hits name it."""
        return f"{self.peer} > {self.here} ({self.service})"


class BusSeam(Protocol):
    """All ends of the bus that can be reached."""

    def deliver(self, traffic: Traffic, data: bytes) -> None:
        """Has a message arrive that nobody has sent now."""

    def ways(self, name: str) -> list[Traffic]:
        """The ways on which somebody can receive."""
        ...


class BusKind(FaultKind, frozen=True, kw_only=True):
    """A fault of messages that somebody receives; `method` limits it to one service, `peer` to what
    comes from one participant."""

    target: ClassVar[TargetKind] = "bus"
    counted: ClassVar[bool] = True

    peer: str | None = None

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None and method not in part.has:
            raise NotAllowed("method", choices_words(method, list(part.has), ""))
        if fields:
            raise NotAllowed("fields", "none: a message is of a piece")
        if self.peer is not None and self.peer not in part.others:
            raise NotAllowed("peer", choices_words(self.peer, list(part.others), ""))

    def concerns(self, traffic: Traffic, name: str, method: str | None) -> bool:
        """Whether it is of a message on that way; `name`: of the target."""
        if method is not None and traffic.service != method:
            return False
        return traffic.here == name and self.peer in (None, traffic.peer)

    def watch(self, traffic: Traffic, data: bytes, injection: Injection) -> None:
        """Sees what arrives while it has not begun."""

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        """What arrives instead."""
        raise NotImplementedError


class Drop(BusKind, frozen=True, kw_only=True, tag="drop"):
    """Messages do not arrive."""

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        injection.hit(traffic.where, data, "nothing")
        return []


class Delay(BusKind, frozen=True, kw_only=True, tag="delay"):
    """Messages arrive `by` later, in their order."""

    by: Wait

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        if self.by > 0.0:
            injection.hit(traffic.where, "at once", f"{self.by:g} s later")
        return [(self.by, data)]


class Jitter(BusKind, frozen=True, kw_only=True, tag="jitter"):
    """Messages arrive later, each by another time of up to `up_to`: also in another order."""

    up_to: Wait

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        late = injection.random.uniform(0.0, self.up_to)
        if late > 0.0:
            injection.hit(traffic.where, "at once", f"{late:g} s later")
        return [(late, data)]


class Duplicate(BusKind, frozen=True, kw_only=True, tag="duplicate"):
    """Messages arrive `copies` times more."""

    copies: Annotated[int, Meta(ge=1, le=100)] = 1

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        injection.hit(traffic.where, 1, 1 + self.copies)
        return [(0.0, data)] * (1 + self.copies)


class Reorder(BusKind, frozen=True, kw_only=True, tag="reorder"):
    """Every second message waits until the next one has arrived, up to `at_most`."""

    at_most: Period = 10.0

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        held: dict[Traffic, list[bytes]] = injection.memory.setdefault("held", {})
        waiting = held.setdefault(traffic, [])
        if waiting:
            injection.hit(traffic.where, "in order", "the next before")
            return [(0.0, data), (0.0, waiting.pop())]
        waiting.append(data)
        seam: BusSeam = injection.memory["seam"]

        def give_up() -> None:
            if waiting and waiting[0] is data:
                seam.deliver(traffic, waiting.pop())

        injection.later(self.at_most, give_up)
        return []

    def begun(self, seam: Any, injection: Injection) -> Heal:
        injection.memory["seam"] = seam

        def flush() -> None:
            for traffic, waiting in injection.memory.get("held", {}).items():
                while waiting:
                    seam.deliver(traffic, waiting.pop(0))

        return flush


class Corrupt(BusKind, frozen=True, kw_only=True, tag="corrupt"):
    """So many `bits` of each message are turned on their way."""

    bits: Annotated[int, Meta(ge=1, le=10_000)] = 1

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        return [(0.0, turned(data, self.bits, traffic.where, injection))]


class Truncate(BusKind, frozen=True, kw_only=True, tag="truncate"):
    """Only that `share` of each message arrives, its beginning."""

    share: Share = 0.5

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        kept = data[: int(len(data) * self.share)]
        if kept != data:
            injection.hit(traffic.where, f"{len(data)} bytes", f"{len(kept)} bytes")
        return [(0.0, kept)]


class Throttle(BusKind, frozen=True, kw_only=True, tag="throttle"):
    """Messages arrive one after the other, no more than `rate` of bytes in a second; what would
    wait for more than `at_most` is lost."""

    rate: Annotated[float, Amount("B/s", gt=0.0, le=1e12)]
    at_most: Period = 60.0

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        now, free = injection.now(), injection.memory.get(traffic, 0.0)
        arrives = max(now, free) + len(data) / self.rate
        if arrives - now > self.at_most:
            injection.hit(traffic.where, "at once", "never: too many wait")
            return []
        injection.memory[traffic] = arrives
        injection.hit(traffic.where, "at once", f"{arrives - now:g} s later")
        return [(arrives - now, data)]


class Clog(BusKind, frozen=True, kw_only=True, tag="clog"):
    """Nothing arrives while it lasts; all arrives at once when it is healed."""

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        injection.memory.setdefault("held", []).append((traffic, data))
        injection.hit(traffic.where, "at once", "when it is over")
        return []

    def begun(self, seam: Any, injection: Injection) -> Heal:
        def flush() -> None:
            for traffic, data in injection.memory.pop("held", []):
                seam.deliver(traffic, data)

        return flush


class Partition(BusKind, frozen=True, kw_only=True, tag="partition"):
    """Two parts of the bus do not hear each other: the target and `peer`, or all others. `way`:
    `in` (the target hears nothing), `out` (it is not heard), or both."""

    way: Literal["in", "out", "both"] = "both"

    def concerns(self, traffic: Traffic, name: str, method: str | None) -> bool:
        if method is not None and traffic.service != method:
            return False
        comes_in = traffic.here == name and self.peer in (None, traffic.peer)
        goes_out = traffic.peer == name and self.peer in (None, traffic.here)
        return (comes_in and self.way != "out") or (goes_out and self.way != "in")

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        injection.hit(traffic.where, data, "nothing")
        return []


class Replay(BusKind, frozen=True, kw_only=True, tag="replay"):
    """After each message an earlier one of the same way arrives once more, one that is at least
    `age` old; what arrives while the fault is armed is recorded."""

    age: Wait = 0.0

    def watch(self, traffic: Traffic, data: bytes, injection: Injection) -> None:
        recorded = injection.memory.setdefault(traffic, [])
        recorded.append((injection.now(), data))
        del recorded[:-MOST_RECORDED]

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        recorded = injection.memory.get(traffic, [])
        old = [one for time, one in recorded if time <= injection.now() - self.age]
        self.watch(traffic, data, injection)
        if not old:
            return [(0.0, data)]
        again = old[injection.random.randrange(len(old))]
        injection.hit(traffic.where, "once", "an earlier one again")
        return [(0.0, data), (0.0, again)]


MOST_RECORDED = 1000  # messages of one way


class Babble(BusKind, frozen=True, kw_only=True, tag="babble"):
    """Somebody talks without end: `rate` messages a second of `size` arbitrary bytes arrive on each
    way, besides what is sent."""

    rate: Annotated[float, Amount("1/s", gt=0.0, le=10_000.0)] = 10.0
    size: Annotated[int, Meta(ge=1, le=100_000)] = 100

    def passes(self, traffic: Traffic, data: bytes, injection: Injection) -> Passed:
        return [(0.0, data)]

    def begun(self, seam: Any, injection: Injection) -> Heal:
        def talk() -> None:
            if not injection.active:
                return
            for traffic in seam.ways(injection.target):
                if self.concerns(traffic, injection.target, injection.method):
                    injection.hit(traffic.where, "nothing", f"{self.size} arbitrary bytes")
                    seam.deliver(traffic, injection.random.randbytes(self.size))
            injection.later(1.0 / self.rate, talk)

        talk()
        return _nothing


def _nothing() -> None:
    return None
