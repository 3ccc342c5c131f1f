"""A small node to test the kernel with, and ways to make it misbehave."""

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import msgspec

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.keeping.parameters import Parameter
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.messages import Severity
from ground.testbed.rig import Rig

Distance = Annotated[float, msgspec.Meta(ge=0.0, le=1000.0, extra={"unit": "m"})]


@dataclass
class World:
    """What the toy really did, over all its boots; and what goes wrong."""

    deeds: list[str] = field(default_factory=list)
    fail_with: Exception | None = None
    fail_on_boot: bool = False
    sample: Exception | None = None


async def drive(node: "Toy", signal: Signal) -> str | Signal | None:
    """One metre a second; what was driven before a reboot is not driven again."""
    goal = float(signal.data["distance"])
    node.progress("driving")
    node.world.deeds.append("drive")
    try:
        while node.driven < goal:
            await asyncio.sleep(1.0)
            node.driven += 1.0
            if node.world.fail_with is not None:
                raise node.world.fail_with
    finally:
        node.world.deeds.append("stop")
    if goal == 13.0:
        raise ActivityFailed("thirteen metres bring bad luck")
    return Signal("done", {"result": f"{goal:g} m"})


async def measure(node: "Toy", signal: Signal) -> str:
    await asyncio.sleep(30.0)
    node.world.deeds.append("measured")
    return "done"


async def count_down(node: "Toy", signal: Signal) -> None:
    await asyncio.sleep(10.0)
    node.world.deeds.append("ignition")


async def misbehave(node: "Toy", signal: Signal) -> Any:
    """Ends in as many wrong ways as an activity can."""
    match signal.data["way"]:
        case "bug":
            raise ZeroDivisionError("a bug")
        case "wrong outcome":
            return 42
        case "unknown outcome":
            return "nobody_knows"
        case "cancelled inside":
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiter.cancel()
            await waiter
        case "deaf":
            try:
                await asyncio.sleep(1e6)
            except asyncio.CancelledError:
                return "done"  # too late: its state has been left
    return None


def trip(node: "Toy", signal: Signal) -> None:
    raise ValueError("tripped")


def wake_up(node: "Toy", signal: Signal) -> None:
    if node.world.fail_on_boot:
        raise ValueError("could not wake up")


def may_measure(node: "Toy", signal: Signal) -> bool:
    return node.mast_deployed


WORK = ("driving", "measuring", "launching", "misbehaving")


class Toy(Node):
    """Drives, measures, releases and launches."""

    name = "toy"
    statechart = Statechart(
        State("idle", initial=True, entry=wake_up),
        State("driving", activity=drive),
        State("measuring", activity=measure),
        State("launching", activity=count_down),
        State("misbehaving", activity=misbehave),
        State("safe"),
        transitions=[
            On("drive", "idle", "driving"),
            On("measure", "idle", "measuring", guard=may_measure),
            On("launch", "idle", "launching"),
            On("misbehave", "idle", "misbehaving"),
            On("trip_early", "idle", "measuring", action=trip),
            On("done", WORK, "idle"),
            On("failed", WORK, "idle"),
            On("abort", WORK, "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
        ignored=("abort",),
    )
    parameter_declarations: ClassVar = {"speed": Parameter(float, unit="m/s", ge=0.0, le=5.0)}

    temperature = Channel(float, unit="K", doc="of the box", yellow=(250, 310), red=(240, 320))
    driven = Channel(float, unit="m", doc="metres driven")

    @event(Severity.DIAGNOSTIC, "Chatter {number}")
    def chatter(self, *, number: int) -> None: ...

    @event(Severity.WARNING_LO, "Ailing: {reason}", lasts=True)
    def ailing(self, *, reason: str) -> None: ...

    @event(Severity.FATAL, "Doom {number}")
    def doom(self, *, number: int) -> None: ...

    mast_deployed = False

    def attach(self) -> None:
        self.world: World = self.context.mission.get("world") or World()
        self.driven = float(self.storage.get("toy", "driven", 0.0))

    async def sample(self) -> None:
        if self.world.sample is not None:
            raise self.world.sample

    @command(deadline=200.0, starts="driving", restart=Restart.RESUME)
    def drive(self, distance: Distance) -> None:
        """Drives a distance."""

    @command(deadline=60.0, starts="measuring")
    def measure(self) -> None:
        """Measures."""

    @command(deadline=60.0, starts="launching", hazard=Hazard.IGNITION, restart=Restart.RESUME)
    def launch(self, azimuth: float = 0.0) -> None:
        """Counts down and ignites."""

    @command(deadline=100.0, starts="misbehaving")
    def misbehave(self, way: str) -> None:
        """Does something wrong."""

    @command(deadline=60.0, starts="measuring")
    def trip_early(self) -> None:
        """Has a transition whose action fails."""

    @command(deadline=60.0, hazard=Hazard.RELEASE)
    def release(self, tube: str) -> str:
        """Releases a tube."""
        self.world.deeds.append(f"release {tube}")
        return f"released {tube}"

    @command(deadline=60.0, allowed_in="idle")
    def note(self, text: str) -> None:
        """Does a thing at once."""
        if text == "never":
            raise CommandRejected("note: argument text = 'never': allowed is anything else")
        if text == "bug":
            raise ZeroDivisionError("a bug")
        self.world.deeds.append(text)

    @command(deadline=60.0)
    async def ponder(self, seconds: float) -> str:
        """Takes its time beside everything else."""
        await asyncio.sleep(seconds)
        if seconds == 13.0:
            raise RuntimeError("thirteen")
        return "pondered"


SPEED = {"speed": 1.0}


def now() -> float:
    """Mission time in s."""
    return asyncio.get_running_loop().time()


def toy(rig: Rig) -> Toy:
    """The toy of a rig."""
    node = rig.nodes["toy"]
    assert isinstance(node, Toy)
    return node
