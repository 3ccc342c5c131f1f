"""The ascent as the MAV flies it: node and devices over the bus, in virtual time.

A loaded MAV on a lander that permits: command `launch`, count, ejection, both burns, trim, release
of the container. While a motor burns or the air presses, the node reads its inertial unit and
steers its effectors 50 times a second: two questions and two answers over the bus each time.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from flight.configuration.scratch_folder import ScratchFolder
from flight.core.chart.statechart import State, Statechart
from flight.core.custody.ledger import Evidence
from flight.core.node import Node
from flight.core.telling.communications import wire
from flight.icd.exchanges import LAUNCH_PERMISSION, Nothing, Permission
from flight.icd.messages import EventReport, Message
from flight.mav.node import Mav
from flight.runtime.loop import VirtualLoop, run
from ground.benchmarks.closed_loop_ascents import fly_directly
from ground.benchmarks.measurement import take_turns
from ground.studies.ascent_run import AlwaysOn
from ground.studies.ascent_study import vehicle_file_once
from ground.testbed.rig import Rig
from sim_hw.assembly import mav as mav_assembly
from sim_hw.world.tubes import SampleKind, SampleTube, TubeRegistry, TubeState
from sim_hw.world.world import World

EPOCH = 2462300.0
"""June 2029, TT: the clear season."""
SEED = 7
TUBES = ("M2020-500-1", "M2020-501-2", "M2020-502-3")
DIRECT, WHOLE = "direct: whole flight", "bus: whole flight"
WAITING = "the count"
BURNING = "bus: burns, 50 Hz"
HOLDING = "bus: hold in the air, 50 Hz"
COASTING = "bus: coast and trim, 5 Hz"


@dataclass(frozen=True)
class Stretch:
    """One part of the ascent: mission seconds, wall seconds, messages."""

    name: str
    mission_seconds: float
    wall_seconds: float
    messages: int

    @property
    def times_real_time(self) -> float:
        """Mission seconds per wall second."""
        return self.mission_seconds / self.wall_seconds

    @property
    def messages_per_second(self) -> float:
        """Messages per wall second."""
        return self.messages / self.wall_seconds


class _Lander(Node):
    """Permits the launch."""

    name = "lander"
    routes: ClassVar = {"mav": wire("mav")}
    statechart = Statechart(State("idle", initial=True))

    def attach(self) -> None:
        self.exchanges.answer(LAUNCH_PERMISSION, self._permit)

    async def _permit(self, source: str, asked: Nothing) -> Permission:
        return Permission(True)


class _LoadedMav(Mav):
    """Has its tubes seated, and its container sealed."""

    def attach(self) -> None:
        super().attach()
        for slot, tube in enumerate(TUBES):
            self.ledger.adopt(tube, "mav", Evidence("mav.seat_sensors", "seated"), slot=slot)
        self.closure = "sealed"


class _Stopwatch:
    """Cuts the flight into stretches at the events of the node."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._loop = asyncio.get_running_loop()
        self._begin = self._now()
        self.stretches: list[Stretch] = []

    def hear(self, message: Message) -> None:
        """Looks at what the rig heard."""
        if isinstance(message, EventReport) and message.name in _ENDS:
            self.cut(_ENDS[message.name])

    def cut(self, name: str) -> None:
        """Ends a stretch here."""
        now = self._now()
        parts = [after - before for before, after in zip(self._begin, now, strict=True)]
        self.stretches.append(Stretch(name, parts[0], parts[1], round(parts[2])))
        self._begin = now

    def _now(self) -> tuple[float, float, int]:
        return self._loop.time(), time.perf_counter(), self._rig.log.count


_ENDS = {
    "ejected": WAITING,  # the count
    "ignition_sent": COASTING,  # the fall into the first ignition, the coast to the second
    "burnout": BURNING,
    "separated": HOLDING,
}


def measure_control(rounds: int, *, warm_up: bool = True) -> list[Stretch]:
    """One ascent without the bus, then the stretches of one over the bus, then that in all.

    The count is left out. Both kinds fly in turns; of several rounds, wall times are medians.
    """
    flights: list[list[Stretch]] = []
    mission_seconds: list[float] = []
    samples = take_turns(
        {
            DIRECT: lambda _: mission_seconds.append(fly_directly()),
            WHOLE: lambda _: flights.append(_fly_once()),
        },
        rounds=rounds,
        warm_up=warm_up,
    )
    plain = Stretch(DIRECT, mission_seconds[-1], samples[DIRECT].median, 0)
    return [plain, *(_middle(same) for same in zip(*flights[-rounds:], strict=True))]


def _middle(same: Sequence[Stretch]) -> Stretch:
    wall = statistics.median(one.wall_seconds for one in same)
    return Stretch(same[0].name, same[0].mission_seconds, wall, same[0].messages)


def _fly_once() -> list[Stretch]:
    with ScratchFolder() as folder:
        return _in_sum(run(_fly(Path(folder)), VirtualLoop()))


async def _fly(folder: Path) -> list[Stretch]:
    async with Rig(folder, epoch_jd_tt=EPOCH, seed=SEED) as rig:
        _compose(rig)
        for name in ("wake", "enter_safe", "leave_safe", "run_checks", "declare_ready"):
            await _succeed(rig, name)
        await rig.wait_for_state("mav", "ready")
        await _succeed(rig, "prepare_launch")
        watch = _Stopwatch(rig)
        rig.observers.append(watch.hear)
        await _succeed(rig, "launch")
        watch.cut(COASTING)
        return watch.stretches


async def _succeed(rig: Rig, command: str) -> None:
    report = await rig.command("mav", command)
    if report.rung != "COMPLETED":
        raise RuntimeError(f"the MAV has not done `{command}`: {report.detail}")


def _compose(rig: Rig) -> None:
    tubes = [SampleTube(id=t, name=t, kind=SampleKind.IGNEOUS_CORE, content="") for t in TUBES]
    states = {tube: TubeState("mav", slot) for slot, tube in enumerate(TUBES)}
    world = World(SEED, EPOCH, TubeRegistry(tubes, states))
    world.place("lander", 0.0, 0.0)
    file = vehicle_file_once()
    power: Any = AlwaysOn()
    _, devices = mav_assembly.build(world, file.hardware, power)
    named: dict[str, Any] = devices
    named["systems"].igloo = lambda: 258.0
    named["systems"].on = True
    named["container"].lid, named["container"].latched = "seat", True
    for name, device in named.items():
        rig.add_device(f"mav.{name}", device)
    rig.add_node(_Lander, {})
    rig.add_node(_LoadedMav, file.flight)


def _in_sum(stretches: list[Stretch]) -> list[Stretch]:
    """One stretch for each name, and the whole flight without the count."""
    names = (BURNING, HOLDING, COASTING)
    groups = [(name, [one for one in stretches if one.name == name]) for name in names]
    groups.append((WHOLE, [one for one in stretches if one.name != WAITING]))
    return [
        Stretch(
            name,
            sum(one.mission_seconds for one in parts),
            sum(one.wall_seconds for one in parts),
            sum(one.messages for one in parts),
        )
        for name, parts in groups
    ]
