"""One landing without a bus: the lander's own phases on simulated devices, in virtual time.

What flies is the flight software from `flight.lander`: the phases that the node runs in its states,
in the order of its statechart. Only the messages between are left out.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flight.core.activities import ActivityFailed
from flight.core.telling.events import Event
from flight.lander.descent import Descent
from flight.lander.descent_hardware import DescentDevices
from flight.lander.descent_memory import DescentMemory, Landing
from flight.lander.descent_reports import DescentReports
from flight.lander.entry_phases import coast, enter, separate_cruise_stage
from flight.lander.parachute import descend
from flight.lander.powered_phase import land
from flight.runtime.loop import VirtualLoop, run
from sim_hw.assembly.descent import DescentHardware, build_descent
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.dynamics.landing_legs import Touchdown
from sim_hw.world.world import World

SETTLING = 15.0
"""Seconds after the last phase in which the truth comes to rest."""


class Supply:
    """Power without end, unless the vehicle has crashed."""

    def __init__(self, vehicle: EntryVehicle) -> None:
        self._vehicle = vehicle

    @property
    def brownout(self) -> bool:
        """Whether nothing has power any more."""
        outcome = self._vehicle.outcome
        return outcome is not None and outcome.verdict == "crashed"

    def set_load(self, consumer: str, watts: float) -> None:
        """Takes note of nothing."""

    def is_on(self, switch: str) -> bool:
        """Always."""
        return True


@dataclass
class Memory:
    """Storage that lives as long as the flight."""

    values: dict[tuple[str, str], Any] = field(default_factory=dict)

    def get(self, namespace: str, key: str, default: Any = None) -> Any:
        """The value, or the default."""
        return self.values.get((namespace, key), default)

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Keeps a value."""
        self.values[namespace, key] = value


class KeptInFlight(DescentMemory):
    """What a lander would remember over a reboot, which does not come here."""

    def __init__(self) -> None:
        self.storage = Memory()


class Host(DescentReports):
    """Stands for the node: keeps its events and its telemetry with their mission time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.events: list[tuple[float, str, dict[str, Any]]] = []
        self.told: list[tuple[float, dict[str, float]]] = []
        self._now = now

    def report_event(self, event: Event[Any], text: str, data: dict[str, Any]) -> None:
        """Keeps an event that is told."""
        self.events.append((self._now(), event.name, data))

    def show_descent(
        self,
        height: float,
        speed: float,
        sigma: float,
        propellant: float,
        bank_ordered: float | None = None,
        bank: float | None = None,
    ) -> None:
        """Keeps what the node would publish."""
        values = {"height": height, "speed": speed, "sigma": sigma, "propellant": propellant}
        if bank_ordered is not None and bank is not None:
            values |= {"bank_ordered": bank_ordered, "bank": bank}
        self.told.append((self._now(), values))

    def times(self) -> dict[str, float]:
        """When each kind of event came first, s of mission time."""
        found: dict[str, float] = {}
        for time, name, _ in self.events:
            found.setdefault(name, time)
        return found


@dataclass
class FlownLanding:
    """What came of one flight. `outcome`: the truth; `known`: what the lander says of its landing,
    None when it does not claim to have landed; `failure`: why a phase gave up."""

    outcome: Touchdown | None
    known: Landing | None
    failure: str
    events: list[tuple[float, str, dict[str, Any]]]
    trace: list[tuple[float, float, float, float, float]]
    propellant: float
    told: list[tuple[float, dict[str, float]]] = field(default_factory=list)


def fly_landing(
    world: World,
    make_vehicle: Callable[[World], EntryVehicle],
    hardware: DescentHardware,
    parameters: Mapping[str, Any],
    load: Mapping[str, Any],
    *,
    prepare: Callable[[dict[str, Any]], None] = lambda devices: None,
    trace_every: float = 0.0,
) -> FlownLanding:
    """Flies a vehicle to the ground of a world that has no clock of its own.

    `prepare` may make devices fail. `trace_every`: seconds between points of the trace (time, east,
    north, height, speed), none for 0.
    """

    async def fly() -> FlownLanding:
        vehicle = make_vehicle(world)
        devices: dict[str, Any] = dict(build_descent(world, hardware, Supply(vehicle), vehicle))
        prepare(devices)
        host = Host(world.now)
        descent = Descent(host, KeptInFlight(), _drivers(devices), parameters, load)
        trace: list[tuple[float, float, float, float, float]] = []
        if trace_every > 0.0:
            vehicle.body.observers.append(_tracer(vehicle, trace, trace_every))
        known: Landing | None = None
        failure = ""
        try:
            known = await _fly_phases(descent)
        except ActivityFailed as error:
            failure = str(error)
        vehicle.body.advance(world.now() + SETTLING)
        left = max(vehicle.body.state[6], 0.0)
        return FlownLanding(vehicle.outcome, known, failure, host.events, trace, left, host.told)

    found: FlownLanding = run(fly(), VirtualLoop())
    return found


async def _fly_phases(descent: Descent) -> Landing:
    """The phases in the order of the lander's statechart."""
    await separate_cruise_stage(descent)
    await coast(descent)
    await enter(descent)
    choice = await descend(descent)
    return await land(descent, choice)


def _drivers(devices: Mapping[str, Any]) -> DescentDevices:
    return DescentDevices(
        devices["descent_inertial_unit"],
        devices["attitude_thrusters"],
        devices["pyrotechnics"],
        devices["landing_radar"],
        devices["terrain_camera"],
        devices["descent_engines"],
        devices["touchdown_sensors"],
    )


def _tracer(
    vehicle: EntryVehicle, trace: list[tuple[float, float, float, float, float]], every: float
) -> Callable[[float, tuple[float, ...]], None]:
    def observe(time: float, y: tuple[float, ...]) -> None:
        if trace and time - trace[-1][0] < every:
            return
        position, velocity = (y[0], y[1], y[2]), (y[3], y[4], y[5])
        east, north, height = vehicle.frame.local(time, position)
        moving = vehicle.frame.local_velocity(position, velocity)
        speed = math.fsum(v * v for v in moving) ** 0.5
        trace.append((time, east, north, height, speed))

    return observe
