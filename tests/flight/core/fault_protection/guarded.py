"""A small vehicle with a device, states of each kind of safing, and actions that leave traces."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar

from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.commands import Hazard, command
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.quantities import quantity
from flight.core.fault_protection.shedding import Sheddable
from flight.core.keeping.parameters import Parameter
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.icd.devices.base import DeviceInterface, Reading, reading
from flight.icd.devices.measured import measured
from flight.runtime.loop import VirtualLoop, run, time_ns
from ground.testbed.rig import Rig
from sim_hw.serving.device import SimulatedDevice

Table = dict[str, Any]


class Depth(Reading, frozen=True, kw_only=True):
    """Metres under the keel, and the temperature of the water."""

    own_validity: ClassVar[dict[str, str]] = {"range": "range_valid"}

    range: Annotated[float, measured("m", 0.0, 100.0)]
    range_valid: bool = True
    water: Annotated[float, measured("K", 100.0, 400.0)] = 280.0


class Sonar(DeviceInterface):
    """Measures depth."""

    @reading()
    async def ping(self) -> Depth:
        """Depth now."""
        raise NotImplementedError


class SimSonar(SimulatedDevice, Sonar):
    def __init__(self) -> None:
        self.depth = 10.0

    async def ping(self) -> Depth:
        return Depth(time_ns=time_ns(), range=self.depth)


async def burn(node: "Guarded", signal: Signal) -> str:
    node.deeds.append("burn")
    if node.bugs > 0:
        node.bugs -= 1
        raise ZeroDivisionError("a bug")
    await asyncio.sleep(100.0)
    return "done"


def recovered(node: "Guarded", signal: Signal) -> bool:
    return node.safe_has_passed()


class Guarded(Node):
    """Floats."""

    name = "guarded"
    statechart = Statechart(
        State("idle", initial=True),
        State("working"),
        State("delicate", safing=Safing.DEFERRED),
        State("flying", safing=Safing.FORBIDDEN, children=[
            State("burning", initial=True, activity=burn, restarts=2),
            State("resting", safing=Safing.ALLOWED),
        ]),
        State("safe"),
        transitions=[
            On("work", "idle", "working"),
            On("let_go", "idle", "working"),
            On("cut", "idle", "delicate"),
            On("fly", "idle", "flying"),
            On("done", "flying.burning", "flying.resting"),
            On("failed", "flying.burning", "idle"),
            On("rest", ("working", "delicate", "flying"), "idle"),
            On("abort", "working", "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
            On("recovered", "safe", "idle", guard=recovered),
        ],
        ignored=("abort", "recovered"),
    )  # fmt: skip
    parameter_declarations: ClassVar = {
        "window": Parameter(float, unit="h", ge=0.0, le=24.0),
        "speed": Parameter(float, unit="m/s", ge=0.0, le=5.0),
    }
    loads: ClassVar = {"lamp": Sheddable("a lamp"), "heater": Sheddable("a heater")}

    state_of_charge = Channel(float, doc="of the battery")
    heat = Channel(float, unit="K", doc="of the box")
    wet = Channel(bool, doc="whether it is")
    names = Channel(list, doc="some names")

    @quantity(unit="m", sources=("barometer",))
    def depth_by_pressure(self) -> float | None:
        """Depth by another sensor."""
        return self.pressure_depth

    @quantity(unit="m", sources=("sonar",))
    def depth_by_sonar(self) -> float | None:
        """The same again."""
        return self.last_depth

    @quantity()
    def broken(self) -> float:
        """Cannot be worked out."""
        return 1 / 0

    def attach(self) -> None:
        self.sonar = self.driver(Sonar, "sonar")
        self.deeds: list[str] = []
        self.bugs = 0
        self.pressure_depth: float | None = None
        self.last_depth: float | None = None

    def housekeeping_period(self) -> float:
        return 1e6

    @command(deadline=60.0, hazard=Hazard.RELEASE, starts="working")
    def let_go(self) -> None:
        """Lets the anchor go."""

    @action(keeps_going=True)
    def ring(self, times: int = 1) -> None:
        """Rings a bell."""
        self.deeds.append(f"ring {times}")

    @action()
    async def scrub(self, seconds: float) -> None:
        """Scrubs the deck."""
        self.deeds.append("scrub")
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.deeds.append("scrub broken off")
            raise
        self.deeds.append("scrubbed")

    @action()
    async def put_down(self, seconds: float) -> None:
        """Holds something, which takes some seconds to put down when it is broken off."""
        self.deeds.append("put_down")
        try:
            await asyncio.sleep(1e6)
        finally:
            await asyncio.sleep(seconds)
            self.deeds.append("it is down")

    @action(leaves_safe=True)
    def work_again(self) -> None:
        """Leaves the safe state."""
        if not self.stays_safe():
            self.post("recovered")

    @action()
    def stumble(self) -> None:
        """Fails."""
        raise RuntimeError("fell over")


class Deck:
    """A guarded vehicle with its device in a rig."""

    def __init__(self, rig: Rig, table: Table) -> None:
        self.rig = rig
        self.sonar = SimSonar()
        rig.add_device("guarded.sonar", self.sonar)
        rig.add_node(Guarded, {"window": 5.0, "speed": 1.0}, protection=table)

    @property
    def node(self) -> Guarded:
        node = self.rig.nodes["guarded"]
        assert isinstance(node, Guarded)
        return node

    def events(self, *names: str) -> list[tuple[Any, ...]]:
        """Name and data of the events of some names, in order."""
        return [
            (event.name, *event.data.values())
            for event in self.rig.events
            if event.name in names or (not names and event.source == "guarded")
        ]

    async def ping(self) -> Depth:
        """A reading, and all that is told of it."""
        try:
            return await self.node.sonar.ping()
        finally:
            await asyncio.sleep(0.001)

    async def reboot(self) -> None:
        """The computer dies at once, and boots again."""
        await self.rig.kill("guarded")
        await self.rig.restart("guarded")

    async def go(self, signal: str) -> None:
        self.node.post(signal)
        await asyncio.sleep(0.001)

    async def heat(self, kelvin: float | None) -> None:
        self.node.heat = kelvin
        await asyncio.sleep(0.001)


def on_deck(
    folder: Path, table: Table, story: Callable[[Deck], Awaitable[None]]
) -> None:
    """Tells a story in virtual time."""

    async def scenario() -> None:
        async with Rig(folder) as rig:
            deck = Deck(rig, table)
            await asyncio.sleep(0.01)
            await story(deck)

    run(scenario(), VirtualLoop())


NOT_IN = {"not_in": ["flying.burning"]}
HOT: Table = {"says": "too hot", "violated_if": "heat > 300 K", **NOT_IN}
"""A monitor that is violated, and clear, at once."""


def table(**responses: Table) -> Table:
    """One monitor, and some responses to it."""
    return {
        "monitors": {"hot": HOT},
        "responses": {
            name: {"says": "something", "on": "hot", **each} for name, each in responses.items()
        },
    }


def two_monitors(**slow: Any) -> Table:
    """A response that takes long, and a higher one to another monitor."""
    plan = table(slow={"do": ["scrub 50"], "priority": 20, **slow}, high={"do": ["ring 9"]})
    plan["monitors"]["wet"] = {"says": "wet", "violated_if": "wet", **NOT_IN}
    plan["responses"]["high"] |= {"on": "wet", "priority": 80}
    return plan
