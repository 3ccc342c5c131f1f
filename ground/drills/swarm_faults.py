"""Draws faults: a kind that can be at a target, with figures of any size, at a call."""

import bisect
import contextlib
import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from flight.configuration.allowed_values import AMOUNT, UNIT
from flight.icd.devices.ground_station import STATIONS_SERVICE
from ground.drills.drawn_arguments import drawn_arguments
from ground.drills.survey import Calls
from ground.testbed.computers.starts import COLD, WARM
from sim_hw.faults.bus_kinds import Babble
from sim_hw.faults.catalogue import catalogue
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.kind import FaultKind, TargetKind
from sim_hw.faults.spurious_kinds import SpuriousActuation
from sim_hw.faults.targets import Targets
from sim_hw.faults.world_kinds import BusShort

NEVER = ("lost", "propellant_leak")
"""Kinds that cannot be healed, or leave behind what no healing brings back: a swarm asks what
follows after the healing."""
COLD_STARTS = ("crash", "side_swap", "restart_without_memory")
"""Kinds by which a computer starts once from cold; by `COLD_LOOPS` again and again."""
COLD_LOOPS = ("crash_loop", "old_files")
OVER_TIME = (
    "slow_rate", "stale", "stale_stamp", "intermittent", "stuck", "drift", "noise", "replay",
)  # fmt: skip
"""Kinds that do nothing to a single reading or message, or only to one that is not the first."""
READINGS_ONLY = ("slow_rate", "stale", "stale_stamp")
DRAWS = 20  # until the figures of a kind go together
UPLINKS = (STATIONS_SERVICE, "uplink")
"""Where what leaves mission control is broken."""
STATEMENTS = {"dead": ("open", "read", "write"), "empty": ("open",)}
"""Which statements the kinds of faults of stores act on that do not act on writes."""
SIZES = (-2.0, 3.0)  # powers of ten of figures without a range of their own
TIMES = (-1.0, 2.5)  # powers of ten of seconds
MOST_LIKELY_CALLS = 5
SOFT = 0.9  # of the time that a bus bears a short, for which a swarm has one
CARRIED_BY = ("lander.descent_engines", "throttle")
"""What bears and turns a vehicle in the air, and closes when it hears nothing for so long (s): what
falls after that for some seconds, over the ground, no software brings down alive."""
CARRIED = CARRIED_BY[0].partition(".")[0]
HELD = 1.0
UNHEARD = (
    "partition", "clog", "jam", "no_move", "acknowledged_without_effect", "reversed",
)  # fmt: skip
"""Kinds by which nothing that is told comes to be."""
LATE = ("slow", "delay")
STEERED = 0.3
"""s by which orders may be late: a loop that turns it at 4 rad/s has no phase left beyond."""
BEFORE = 0.9  # of the time to the call that is meant: until then an output comes on by itself
DEATHS, MESSAGES = 50, 2_000
"""What a fault does at most that works by itself, as long as it lasts."""


@dataclass(frozen=True)
class Choice:
    """A kind of fault at a target, and when what it acts on is used in the phase; for devices, one
    method that is called there. No times: it acts by itself, whenever it begins."""

    kind: type[FaultKind]
    sort: TargetKind
    target: str
    method: str = ""
    times: tuple[float, ...] = ()
    part: DevicePart | None = None

    @property
    def is_spurious(self) -> bool:
        """Whether it does by itself what nobody has told it."""
        return issubclass(self.kind, SpuriousActuation)

    @property
    def begins(self) -> tuple[float, ...]:
        """The calls from which on it can show: of what does nothing to a single reading all but
        the last."""
        return self.times[:-1] if self.kind.name() in OVER_TIME else self.times

    @property
    def comes_to_nothing(self) -> bool:
        """Whether it is an output alone, of what cannot be undone: its arming relay is open."""
        if not self.is_spurious or self.part is None:
            return False
        return self.part.interface.methods[self.method].irreversible

    def next_call(self, after: float) -> float:
        """When it can act next, s; infinite: not in this phase. What is called at that very time
        has been: who begins there begins behind it."""
        if not self.times:
            return after
        index = bisect.bisect_right(self.begins, after)
        return self.begins[index] if index < len(self.begins) else math.inf

    @property
    def spacing(self) -> float:
        """s between two calls, typically."""
        gaps = sorted(b - a for a, b in itertools.pairwise(self.times))
        return gaps[len(gaps) // 2] if gaps else 1.0

    @property
    def cell(self) -> tuple[str, str]:
        """Kind and target, as coverage counts them."""
        return self.kind.name(), f"{self.sort} {self.target}"


def choices_in(phase: str, calls: Sequence[Calls], targets: Targets) -> list[Choice]:
    """Everything that can be broken in a phase: what is used there, and what acts by itself."""
    found: list[Choice] = []
    kinds = catalogue()
    here = [each for each in calls if each.phase == phase and each.times]
    for each in here:
        part = targets.parts["device"].get(each.service) if each.sort == "device" else None
        if isinstance(part, DevicePart) and each.method in part.interface.methods:
            found += _at_device(part, each, kinds.at("device", part))
    for sort, parts in targets.parts.items():
        if sort in ("device", "line") or sort in targets.cannot:  # a line: as its device
            continue
        for name, part in parts.items():
            if sort == "node" and not _runs(name, here):
                continue
            for kind in kinds.at(sort, part).values():
                times = _times(kind, sort, name, here)
                choice = Choice(kind, sort, name, times=times or ())
                if (times is None or choice.begins) and can_be_drawn(kind):
                    found.append(choice)
    return found


def _runs(node: str, here: Sequence[Calls]) -> bool:
    """Whether a computer runs in a phase, as far as is known: it receives something."""
    heard = [each.service for each in here if each.sort == "bus"]
    return not heard or node in heard


def _times(
    kind: type[FaultKind], sort: TargetKind, name: str, here: Sequence[Calls]
) -> tuple[float, ...] | None:
    """When what a kind acts on is used; None: it acts by itself."""
    if sort == "ground":
        wanted = [each for each in here if (each.service, each.method) == UPLINKS]
    elif kind.counted or kind.name() == "empty":
        wanted = [each for each in here if (each.sort, each.service) == (sort, name)]
        if sort == "store":
            uses = STATEMENTS.get(kind.name(), ("write",))
            wanted = [each for each in wanted if each.method in uses]
    else:
        return None
    return tuple(sorted(time for each in wanted for time in each.times))


def _at_device(part: DevicePart, calls: Calls, kinds: dict[str, type[FaultKind]]) -> list[Choice]:
    found = [
        Choice(kind, "device", calls.service, calls.method, tuple(calls.times), part)
        for kind in kinds.values()
        if can_be_drawn(kind) and fits(kind, part, calls.method)
    ]
    return [choice for choice in found if choice.begins]


def fits(kind: type[FaultKind], part: Any, method: str) -> bool:
    """Whether a kind can be at a method, with some figures."""
    reading = part.interface.methods[method].kind == "reading"
    if kind.name() in READINGS_ONLY and not reading:
        return False
    draw = random.Random(1)
    try:
        figures = drawn_figures(kind, draw)
        if issubclass(kind, SpuriousActuation):
            if reading:
                return False
            figures |= _unasked(part, method, draw)
        kind(**figures).check(part, method, ())
    except (ValueError, TypeError):
        return False
    return True


def _unasked(part: DevicePart, method: str, draw: random.Random) -> dict[str, Any]:
    """What comes on, and not with a relay that is welded: that nobody survives. Raises
    NotDrawable."""
    names = () if part.device is None else part.device.names()
    arguments = drawn_arguments(part.interface.methods[method], names, draw)
    return {"welded": False, "arguments": arguments}


def drawn_figures(kind: type[FaultKind], draw: random.Random) -> dict[str, Any]:
    """Figures for all that a kind wants, and for some of what it may have, that go together."""
    for _ in range(DRAWS):
        found = _figures(kind, draw)
        with contextlib.suppress(ValueError, TypeError):  # they do not go together, or one lacks
            kind(**found)
            break
    return found


def can_be_drawn(kind: type[FaultKind]) -> bool:
    """Whether all that a kind wants are figures: a name of a record, say, cannot be drawn."""
    try:
        kind(**drawn_figures(kind, random.Random(1)))
    except (ValueError, TypeError):
        return False
    return kind.name() not in NEVER


def _figures(kind: type[FaultKind], draw: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        figure = _figure(field.type, draw)
        if figure is not None and (field.required or draw.random() < 0.5):
            found[field.name] = figure
    if not found:  # by nothing but what is usual it may be nothing at all
        found |= _one_of(kind, draw)
    if "lowest" in found and "highest" in found:
        del found[draw.choice(("lowest", "highest"))]
    for name, sign in (("lowest", 1.0), ("highest", -1.0)):
        if name in found:
            found[name] = sign * abs(found[name])  # so that what is around zero is beyond it
    return found


def _one_of(kind: type[FaultKind], draw: random.Random) -> dict[str, Any]:
    """A figure of one of the fields that a kind may have."""
    drawn = [(f.name, _figure(f.type, draw)) for f in msgspec.structs.fields(kind)]
    figures = [(name, figure) for name, figure in drawn if figure is not None]
    return dict([draw.choice(figures)]) if figures else {}


def _figure(kind: Any, draw: random.Random) -> Any:
    """A figure of a type; None where none can be drawn."""
    if get_origin(kind) is Literal:
        return draw.choice(get_args(kind))
    if get_origin(kind) is not Annotated:
        return draw.random() < 0.5 if kind is bool else None
    inner, metas = get_args(kind)[0], get_args(kind)[1:]
    low, high = -math.inf, math.inf
    amount = False
    for meta in metas:
        if isinstance(meta, msgspec.Meta):
            low = max([low, *(x for x in (meta.ge, meta.gt) if x is not None)])
            high = min([high, *(x for x in (meta.le, meta.lt) if x is not None)])
            amount = amount or bool(meta.extra and AMOUNT in meta.extra)
    if inner is int:
        return draw.randint(int(max(low, 0)), int(min(high, 3)))
    if inner is not float:
        return None
    return _number(low, high, amount, draw)


def _number(low: float, high: float, amount: bool, draw: random.Random) -> float:
    if low >= -1.0 and high <= 1.0:
        return round(draw.uniform(low, high), 3)
    powers = TIMES if amount else SIZES
    size = float(10.0 ** draw.uniform(*powers))
    size = min(max(size, low if low > 0.0 else 0.0), high)
    if low < 0.0 and draw.random() < 0.5:
        size = max(-size, low)
    return float(f"{size:.3g}")


def needed(choice: Choice) -> float:
    """s that a fault has to last to show at all."""
    return round(3.5 * choice.spacing, 3) if choice.kind.name() in OVER_TIME else 0.0


def longest(kind: type[FaultKind], figures: dict[str, Any]) -> float:
    """s that a fault may last: what does something by itself again and again shows no more in ten
    thousand deaths, which take hours, than in a hundred; and what leaves damage behind when it goes
    on is healed before."""
    match kind.name():
        case "crash_loop":
            return DEATHS * (COLD.seconds + float(figures["after"]))
        case "babble":
            return MESSAGES / float(figures.get("rate") or Babble().rate)
        case "slow" if kind.target == "node":
            return MESSAGES * float(figures["by"])
        case "bus_short":  # a soft one that has become a hard one is not healed
            return SOFT * float(figures.get("bears", BusShort(share=1.0).bears))
    return math.inf


def is_borne(
    choice: Choice, calls: Sequence[Calls], begins: float, ends: float, by: float = 0.0
) -> bool:
    """Whether a vehicle can live through a fault of that time (s, of the flight): one that keeps
    the engines it hangs on from hearing, or has them hear so late (`by`, s), is over before they
    close."""
    if choice.kind.name() not in UNHEARD and by <= STEERED:
        return True
    cut = choice.sort == "bus" and choice.target in ("hardware", CARRIED)
    if not cut and (choice.target, choice.method) != CARRIED_BY:
        return True
    return not falls(calls, begins, ends)


def lateness(fault: dict[str, Any]) -> float:
    """s by which what is told comes late, by a fault of a drill file."""
    return float(str(fault["by"]).split()[0]) if fault["kind"] in LATE else 0.0


def falls(calls: Sequence[Calls], begins: float, ends: float) -> bool:
    """Whether engines on which a vehicle hangs close in a time in which they hear nothing."""
    carried = [each for each in calls if (each.service, each.method) == CARRIED_BY]
    told = [time for each in carried for time in each.times if time >= begins]
    return bool(told) and ends > min(told) + HELD


def away_until(fault: dict[str, Any], begins: float, healed: float) -> float:
    """Until when the computer at which a fault of a drill file is does not fly, once it begins: no
    healing shortens a cold start."""
    if fault["kind"] in COLD_LOOPS:
        return healed + COLD.seconds
    if fault["kind"] in COLD_STARTS and fault.get("start") != WARM.name:
        return begins + COLD.seconds
    return begins


def plain_fault(
    number: int, choice: Choice, lead: float, lasts: float, draw: random.Random
) -> dict[str, Any]:
    """A fault for a drill file: at the next calls, or from when they are due, for some time.

    `lead`: s from the start of the drill until the call that is meant.
    """
    figures = drawn_figures(choice.kind, draw)
    if choice.is_spurious and choice.part is not None:
        figures |= _unasked(choice.part, choice.method, draw)
        lead *= BEFORE * draw.random()  # while nobody tells it to do that
        if choice.comes_to_nothing:
            figures.pop("every", None)  # nor later
        elif "every" in figures:
            figures["every"] = max(figures["every"], lasts / MOST_LIKELY_CALLS)
    if choice.kind.name() in OVER_TIME:
        _spread(figures, choice, draw)
    lasts = min(lasts, longest(choice.kind, figures))
    for field in msgspec.structs.fields(choice.kind):
        unit = _unit(field.type)
        if field.name in figures and unit:
            figures[field.name] = f"{figures[field.name]} {unit}"
    fault: dict[str, Any] = {"id": f"fault{number}", choice.sort: choice.target}
    if choice.method:
        fault["method"] = choice.method
    fault |= {"kind": choice.kind.name(), **figures}
    single = choice.kind.name() not in OVER_TIME and draw.random() < 0.3
    if not choice.times or choice.is_spurious:  # which waits for no call
        fault["when"] = {"at": f"{round(lead, 3)} s"}
        fault["lasts"] = f"{lasts:.3f} s"
        return fault
    if choice.kind.counted and single:
        fault["when"] = {"nth": 1, "calls": draw.randint(1, MOST_LIKELY_CALLS)}
    fault["lasts"] = f"{lead + lasts:.3f} s"
    return fault


def _spread(figures: dict[str, Any], choice: Choice, draw: random.Random) -> None:
    """Figures that show over some calls: ages and periods longer than the time between two; what
    comes once more is younger than that, else it would come no more."""
    spacing = max(0.1, choice.spacing)
    ages = (0.0, 1.0) if choice.kind.name() == "replay" else (1.2, 5.0)
    for name, low, high in (("period", 1.5, 5.0), ("age", *ages), ("bad", 1.0, 5.0)):
        if name in figures:
            figures[name] = round(spacing * draw.uniform(low, high), 3)
    if "good" in figures:
        figures["good"] = round(0.3 * spacing * draw.random() + 0.001, 3)


def _unit(kind: Any) -> str:
    """The unit in which an amount is read; empty for what is none."""
    for meta in get_args(kind)[1:]:
        if isinstance(meta, msgspec.Meta) and meta.extra and AMOUNT in meta.extra:
            return str(meta.extra[UNIT])
    return ""
