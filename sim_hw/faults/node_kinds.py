"""What can go wrong with a computer: it dies, it hangs, it is slow, its clock goes wrong."""

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal, Protocol

from msgspec import Meta

from flight.configuration.files import NotAllowed
from flight.icd.amounts import Amount
from sim_hw.faults.answer_kinds import Period
from sim_hw.faults.kind import FaultKind, Heal, Injection, TargetKind
from sim_hw.faults.targets import NamedPart


class NodeSeam(Protocol):
    """One computer of a run, as faults reach it."""

    name: str

    @property
    def runs(self) -> bool:
        """Whether its software runs."""
        ...

    def die(self, *, without_memory: bool = False, warm: bool = False) -> None:
        """Ends it as a power cut does; the run starts it again. `without_memory`: its store is
        empty then."""

    @property
    def side(self) -> str:
        """Which of its computers flies."""
        ...

    def swap(self) -> None:
        """Ends it as a power cut does; the run starts the vehicle's other computer."""

    def on_start(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Has somebody told each time that it starts; what is returned ends that."""
        ...

    def lose(self) -> Callable[[], None]:
        """Takes computer and power away; what is returned gives them back."""
        ...

    def stand(self) -> Callable[[], None]:
        """Nothing of its software runs, until what is returned is called or it is started anew."""
        ...

    def leave_mailbox(self) -> Callable[[], None]:
        """Its software runs, and takes nothing from its mailbox, until what is returned is called
        or it is started anew."""
        ...

    def lay_files(self) -> tuple[Callable[[], bool], Callable[[], None]]:
        """Old files lie among those that wait in its store: whether they still do, and what takes
        them away."""
        ...

    def say_too_much(self, characters: int) -> bool:
        """Its software says once, as what matters most, in so many characters what nobody needs;
        whether it runs."""
        ...

    def turn_clock(self, turn: Callable[[float], float]) -> Callable[[], None]:
        """Its oscillator counts `turn(t)` s instead of `t`, also over boots, until what is returned
        is called."""
        ...


class NodeKind(FaultKind, frozen=True, kw_only=True):
    """A fault of a computer. `needs`: what its computer must have."""

    target: ClassVar[TargetKind] = "node"
    needs: ClassVar[str] = ""

    @classmethod
    def why_not(cls, part: NamedPart) -> str:
        return "" if not cls.needs or cls.needs in part.has else f"{part.name} has no {cls.needs}"

    def check(self, part: Any, method: str | None, fields: tuple[str, ...]) -> None:
        if method is not None or fields:
            key = "method" if method is not None else "fields"
            raise NotAllowed(key, f"none: {self.name()} is of the whole computer")


class Lost(NodeKind, frozen=True, kw_only=True, tag="lost"):
    """The vehicle is taken away: power and computer; one that is carried, its computer only."""

    needs: ClassVar[str] = "vehicle"

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        injection.hit(seam.name, "here", "lost")
        return seam.lose()


class Crash(NodeKind, frozen=True, kw_only=True, tag="crash"):
    """It dies without warning, once, and is started again from what it had stored: `cold`, as after
    a power cut, or `warm`, as a process that is started anew at once."""

    start: Literal["cold", "warm"] = "cold"

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        _die(seam, injection, warm=self.start == "warm")
        return _nothing


class CrashLoop(NodeKind, frozen=True, kw_only=True, tag="crash_loop"):
    """It dies, and again `after` s after each start. Where the vehicle has two computers, that is
    the one that flew when it began: the other starts, and stays."""

    after: Period

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        side = seam.side

        def die() -> None:
            if injection.active and seam.side == side:
                _die(seam, injection)

        stop = seam.on_start(lambda: injection.later(self.after, die))
        die()
        return stop


class SideSwap(NodeKind, frozen=True, kw_only=True, tag="side_swap"):
    """It gives up of itself, once, and the vehicle's other computer starts."""

    needs: ClassVar[str] = "second computer"
    one_process: ClassVar[str] = "a vehicle has one computer"

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        if seam.runs:
            injection.hit(seam.name, seam.side, "the other side")
            seam.swap()
        return _nothing


class RestartWithoutMemory(NodeKind, frozen=True, kw_only=True, tag="restart_without_memory"):
    """It dies, once, and what it had stored is gone when it is started again."""

    needs: ClassVar[str] = "store"

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        _die(seam, injection, without_memory=True)
        return _nothing


class Hang(NodeKind, frozen=True, kw_only=True, tag="hang"):
    """It does nothing any more: its mailbox is not emptied, or (`of: process`) nothing of its
    software runs. Starting it anew ends that."""

    of: Literal["mailbox", "process"] = "mailbox"

    @property
    def is_inside(self) -> bool:
        return self.of == "mailbox"

    @classmethod
    def why_not(cls, part: NamedPart) -> str:
        return ""

    def check(self, part: NamedPart, method: str | None, fields: tuple[str, ...]) -> None:
        super().check(part, method, fields)
        if self.of == "mailbox" and "mailbox" not in part.has:
            raise NotAllowed("of", f"process: {part.name} has no mailbox")

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        if seam.runs:
            injection.hit(seam.name, "runs", f"{self.of} hangs")
        return seam.leave_mailbox() if self.of == "mailbox" else seam.stand()


class Slow(NodeKind, frozen=True, kw_only=True, tag="slow"):
    """Its processor has too much to do: it stands for `by` s, does what has come up meanwhile, and
    stands again."""

    by: Annotated[float, Amount("s", gt=0.0, le=3600.0)]

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        go: list[Callable[[], None]] = []

        def stand() -> None:
            if injection.active:
                if seam.runs:
                    injection.hit(seam.name, "runs", f"stands for {self.by:g} s")
                go.append(seam.stand())
                injection.later(self.by, work)

        def work() -> None:
            while go:
                go.pop()()
            injection.later(BREATH, stand)

        stand()
        return lambda: [each() for each in go].clear()


class OldFiles(NodeKind, frozen=True, kw_only=True, tag="old_files"):
    """So many old files lie in its store that to read them takes more memory than it has: it dies
    `after` each start, as long as they are not deleted."""

    needs: ClassVar[str] = "mailbox"
    one_process: ClassVar[str] = "a store is in the process of its computer"

    after: Period

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        lie, take_away = seam.lay_files()

        def die() -> None:
            if injection.active and lie():
                _die(seam, injection)

        stop = seam.on_start(lambda: injection.later(self.after, die))
        die()

        def heal() -> None:
            stop()
            take_away()

        return heal


class RunawayProducer(NodeKind, frozen=True, kw_only=True, tag="runaway_producer"):
    """A part of its software says the same over and over, one report of `characters` `every` so
    often, as what matters most, and past all throttling."""

    needs: ClassVar[str] = "mailbox"

    every: Period
    characters: Annotated[int, Meta(ge=1, le=20_000)] = 20_000

    @property
    def is_inside(self) -> bool:
        return True

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        def say() -> None:
            if injection.active:
                if seam.say_too_much(self.characters):
                    injection.hit(seam.name, "silent", f"{self.characters} characters")
                injection.later(self.every, say)

        say()
        return _nothing


BREATH = 1e-6
"""s in which a slow computer does what has come up."""


class ClockKind(NodeKind, frozen=True, kw_only=True):
    """A fault of a computer's clock."""

    needs: ClassVar[str] = "clock"

    @property
    def is_inside(self) -> bool:
        return True


class ClockStep(ClockKind, frozen=True, kw_only=True, tag="clock_step"):
    """Its clock jumps by `by`, forward or back."""

    by: Annotated[float, Amount("s", ge=-1e9, le=1e9)]

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        if self.by:
            injection.hit(seam.name, "right", f"{self.by:+g} s")
        return seam.turn_clock(lambda count: count + self.by)


class ClockDrift(ClockKind, frozen=True, kw_only=True, tag="clock_drift"):
    """Its clock runs fast by that part of the time (`50 ppm`), or slow."""

    rate: Annotated[float, Amount("1", ge=-0.5, le=0.5)]

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        if self.rate:
            injection.hit(seam.name, "right", f"{self.rate:+g} s/s")
        since = injection.since
        return seam.turn_clock(lambda count: count + self.rate * (injection.now() - since))


class ClockFreeze(ClockKind, frozen=True, kw_only=True, tag="clock_freeze"):
    """Its clock stands still; healed, it tells what it would tell without."""

    def begin(self, seam: NodeSeam, injection: Injection) -> Heal:
        injection.hit(seam.name, "runs", "stands")
        first: list[float] = []

        def stand(count: float) -> float:
            first.append(count) if not first else None
            return first[0]

        return seam.turn_clock(stand)


def _die(
    seam: NodeSeam, injection: Injection, *, without_memory: bool = False, warm: bool = False
) -> None:
    if seam.runs:
        injection.hit(seam.name, "runs", "dead")
    seam.die(without_memory=without_memory, warm=warm)


def _nothing() -> None:
    return None
