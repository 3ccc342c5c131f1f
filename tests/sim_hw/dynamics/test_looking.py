"""Looking at the truth changes nothing: with and without looks each vehicle flies the same bits."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from flight.astrodynamics.launch_geometry import attitude_on_rail
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.vectors import add, norm, scale, subtract, unit
from flight.entry.node import EntryCapsule
from flight.lander.node import Lander
from flight.mav.node import Mav
from ground.missions.vehicle_files import load_vehicle_file
from sim_hw.assembly import entry
from sim_hw.assembly import lander as lander_assembly
from sim_hw.assembly import mav as mav_assembly
from sim_hw.assembly.descent import SITE_FRAME, place_in_space
from sim_hw.dynamics.earth_approach import plan_approach
from sim_hw.dynamics.mav_flight import MavBody
from sim_hw.dynamics.mav_vehicle import MavSample, MavVehicle
from sim_hw.dynamics.planet import JEZERO
from sim_hw.world.atmosphere import Atmosphere
from sim_hw.world.space import FlyingBody
from sim_hw.world.spacecraft import Spacecraft, orbiting
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Case:
    """Something that flies. `orders`: what happens to it at a time (s), once it is there."""

    clock: Clock
    body: Callable[[], FlyingBody | None]
    advance: Callable[[], Any]
    peek: Callable[[], FlyingBody | None]
    result: Callable[[], Any]
    end: float
    orders: list[tuple[float, Callable[[], Any]]] = field(default_factory=list)
    near: float = 1e-3  # m, from a look to the truth that is found a moment later


def flying(body: Any, clock: Clock, end: float, **more: Any) -> Case:
    return Case(clock, lambda: body, body.advance, body.peek, lambda: body.state, end, **more)


def world(clock: Clock) -> World:
    there = World(2, julian_date(2028, 8, 1), TubeRegistry([], {}))
    there.clock = clock
    return there


def orbiter() -> Case:
    clock = Clock()
    body = Spacecraft("orbiter", clock, julian_date(2031, 3, 1), (3.8e6, 0, 0, 0, 3_000.0, 1_500.0))
    orders = [(900.0, lambda: body.kick((0.0, 2.0, 0.0)))]
    return flying(body, clock, 5_000.0, orders=orders)


def cruise() -> Case:
    clock = Clock()
    epoch = julian_date(2030, 11, 1)
    body = Spacecraft("orbiter", clock, epoch, (5.0e7, 0, 0, 2_900.0, 0.0, 300.0))
    orders = [(2.0e5, lambda: body.kick((0.0, 2.0, 0.0)))]
    return flying(body, clock, 3.0e6, orders=orders, near=1.0)


def container() -> Case:
    clock = Clock()
    body = orbiting("container", clock, (3.74e6, 0.0, 0.0), (0.0, 3_000.0, 1_500.0))
    return flying(body, clock, 5_000.0)


def ascent() -> Case:
    clock = Clock()
    vehicle = MavVehicle(load_vehicle_file(Mav, mav_assembly.HARDWARE).hardware.vehicle)
    sample = MavSample(vehicle.first_motor, vehicle.second_motor, ((1e-4, -1e-4), (0.0, 0.0)))
    position = JEZERO.place(math.radians(18.45), math.radians(77.4), -2500.0)
    attitude = attitude_on_rail(position, math.radians(80.0), math.radians(70.0))
    state = (*position, *JEZERO.ground_velocity(position), *attitude, 0.0, 0.0, 0.0)
    body = MavBody("mav", clock, JEZERO, Atmosphere(), vehicle, sample, state)

    def swing() -> None:
        body.advance()
        body.effort.pitch = 1e-4

    orders = [
        (1.0, lambda: body.ignite(0, 0.15)), (3.0, swing),
        (90.0, body.drop_first_stage), (91.0, body.drop_fairing), (95.0, lambda: body.ignite(1)),
    ]  # fmt: skip
    case = flying(body, clock, 200.0, orders=orders, near=2.0)
    case.result = lambda: (body.state, body.loads, body.gas, body.first_gas, body.crashed)
    return case


def lander(height: float, speed: float, end: float, prepare: str) -> Case:
    clock = Clock()
    there = world(clock)
    hardware = load_vehicle_file(Lander, lander_assembly.HARDWARE).hardware.descent
    frame = SITE_FRAME
    position = frame.inertial(0.0, 30.0, 20.0, there.terrain.ground(30.0, 20.0).elevation + height)
    down = scale(-speed, unit(position))
    velocity = add(frame.ground_velocity(position), down)
    vehicle = place_in_space(there, hardware.vehicle, position, velocity)
    orders: list[tuple[float, Callable[[], Any]]] = [
        (0.05, lambda: vehicle.jettison("backshell")),
        (0.05, lambda: setattr(vehicle, "legs_out", True)),
    ]
    if prepare == "entry":
        orders = [
            (3.0, lambda: vehicle.jettison("cruise_balance")),
            (5.0, lambda: vehicle.turn_bank(1.0)),
            (60.0, vehicle.fire_mortar), (80.0, lambda: vehicle.jettison("heat_shield")),
        ]  # fmt: skip
    legs = vehicle.legs
    return Case(
        clock, lambda: vehicle.body, vehicle.body.advance, vehicle.body.peek,
        lambda: (vehicle.body.state, vehicle.outcome, legs.loads, legs.deepest, vehicle.peak_rate),
        end, orders, near=20.0,
    )  # fmt: skip


def entry_of_the_lander() -> Case:
    return lander(160_000.0, 900.0, 400.0, "entry")


def touchdown() -> Case:
    return lander(2.5, 1.0, 8.0, "touchdown")


def test_what_hovers_and_then_falls_is_stopped_by_the_ground() -> None:
    """Without its engines it is soon faster than when the ground was looked for last."""
    case = lander(900.0, 0.0, 60.0, "fall")
    body = case.body()
    assert body is not None
    vehicle = body.vehicle  # type: ignore[attr-defined]
    case.orders[0][1](), case.orders[1][1]()
    vehicle.jettison("heat_shield")
    case.clock.now = case.end
    case.advance()
    assert vehicle.outcome is not None and vehicle.outcome.verdict == "crashed"
    assert vehicle.outcome.time == pytest.approx(math.sqrt(2.0 * 900.0 / 3.7), rel=0.05)
    assert vehicle.outcome.vertical_speed == pytest.approx(math.sqrt(2.0 * 3.7 * 900.0), rel=0.05)


def capsule() -> Case:
    clock = Clock()
    there = World(2, 2462760.5, TubeRegistry([], {}))
    there.clock = clock
    _, devices = entry.build(there, load_vehicle_file(EntryCapsule, entry.HARDWARE).hardware)
    flight = entry.flight_of(devices)
    way = plan_approach((4_055.0, 2_228.6, 2_921.1), 2462767.5, math.radians(-25.0))
    flight.release(way.before(600.0), way.axes_before(600.0))

    def result() -> Any:
        return flight.landed_at, flight.touchdown, flight.heated, flight.peak_load

    return Case(
        clock, lambda: flight.body, flight.advance, flight.peek, result, 1_200.0, near=2_000.0
    )


CASES = {
    kind.__name__: kind
    for kind in (orbiter, cruise, container, ascent, entry_of_the_lander, touchdown, capsule)
}


def fly(case: Case, looks: random.Random | None) -> tuple[Any, float]:
    """Flies a case in uneven steps; returns what came of it and the largest error of a look."""
    times = random.Random(7)
    due, error = sorted(case.orders, key=lambda order: order[0]), 0.0
    while case.clock.now < case.end:
        begin = case.clock.now
        case.clock.now = begin + case.end / 400.0 * times.uniform(0.2, 2.0)
        if due:
            case.clock.now = min(case.clock.now, due[0][0])
        goal, seen = case.clock.now, None
        if looks is not None:
            for part in sorted(looks.random() for _ in range(looks.randrange(4))):
                case.clock.now = begin + part * (goal - begin)
                case.peek()
            case.clock.now = goal
            seen = case.peek()
            assert seen is not None and seen is not case.body()
            place = seen.state[:3]
        case.advance()
        found = case.body()
        if seen is not None and found is not None and not found.frozen:
            error = max(error, norm(subtract(place, found.state[:3])))
        while due and due[0][0] <= case.clock.now:
            due.pop(0)[1]()
    return case.result(), error


@pytest.mark.parametrize("kind", CASES)
def test_with_and_without_looks_it_flies_the_same_bits(kind: str) -> None:
    unseen, _ = fly(CASES[kind](), None)
    case = CASES[kind]()
    seen, error = fly(case, random.Random(11))
    assert seen == unseen
    # And what was seen was the truth.
    assert error < case.near


@pytest.mark.parametrize("kind", CASES)
def test_a_look_leaves_the_body_as_it_was(kind: str) -> None:
    case = CASES[kind]()
    case.clock.now = 0.3 * case.end
    body = case.body()
    assert body is not None
    before = {**vars(body), "_shadow": None, "_shadowed": None}
    case.peek()
    assert {**vars(body), "_shadow": None, "_shadowed": None} == before
    assert body.time < case.clock.now


def test_the_shadow_of_a_body_that_was_acted_upon_is_a_new_one() -> None:
    case = orbiter()
    body = case.body()
    assert isinstance(body, Spacecraft)
    case.clock.now = 100.0
    old = body.peek().state
    body.kick((5.0, 0.0, 0.0))
    assert norm(subtract(body.peek().state[3:6], old[3:6])) == pytest.approx(5.0)
    case.clock.now = 160.0
    assert norm(subtract(body.peek().state[:3], body.advance()[:3])) < 1e-3


def test_nobody_hears_of_a_shadow() -> None:
    heard: list[Any] = []
    case = cruise()
    body = case.body()
    assert isinstance(body, Spacecraft)
    body.observers.append(lambda time, state: heard.append(time))
    body.on_conic.append(heard.append)
    body.on_entry.append(lambda: heard.append("entry"))
    case.clock.now = case.end
    assert body.peek().centre == "sun" and body.centre == "mars"
    assert heard == []
    body.advance()
    assert heard != []


@pytest.mark.parametrize("what", ["falls", "pushes", "is to burn", "comes into the air"])
def test_a_look_at_a_mav_that_only_falls_takes_no_steps(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Step by step a look after months would take minutes; what is seen is the same. One that
    was last acted upon in the middle of a push falls from the end of that on."""
    case = ascent()
    body = case.body()
    assert isinstance(body, MavBody)
    speed = 3_360.0 if what != "comes into the air" else 3_300.0
    turning = body.state[6:10]
    body.state = (3.78e6, 0.0, 0.0, 0.0, speed, 200.0, *turning, 0.0, 0.0, 1e-3)
    body.has_first_stage = False
    if what == "pushes":
        body.effort.ends = (0.0, 0.0, 700.0, 0.0)
    elif what == "is to burn":
        body.ignite(1, 5_000.0)
    taken: list[float] = []
    step = MavBody._step
    monkeypatch.setattr(MavBody, "_step", lambda b, s: (taken.append(s), step(b, s))[1])
    case.clock.now = 600.0
    body.peek()
    assert taken != []  # so short a time is flown as ever
    taken.clear()
    case.clock.now = 4_000.0
    seen = body.peek()
    stepped = {"falls": 0.0, "pushes": 100.0}.get(what, 3_400.0)  # s
    assert math.fsum(taken) == pytest.approx(stepped, abs=1.0)
    assert norm(subtract(seen.state[:3], body.advance()[:3])) < 5.0
