"""What stands against a launch, what is told of a flight, what is kept of it: each by itself."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.custody.ledger import CustodyError, CustodyStatus
from flight.core.exchanges import ExchangeFailed
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.icd import places
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.exchanges import Permission
from flight.mav import countdown, orbit
from flight.mav.abort import Watch, lose, suborbital
from flight.mav.custody import cede_tubes, choose_socket, held, lost_on_the_way
from flight.mav.orbit import settle_release
from flight.mav.skills import _wait_for
from flight.mav.vehicle import MavVehicle

TEST_HOLDS = 10 * 88775.24414688001  # s: sols

# ------------------------------------------------------------------------ watch


class Flight:
    """A vehicle in a burn whose angles and pressure the test sets."""

    def __init__(self) -> None:
        self.parameters = {"largest_angle_of_attack": 4.0}
        self.told: list[tuple[str, Any]] = []
        self.off, self.attack, self.pressure = 0.0, 0.0, 0.0
        self.navigation: Any = SimpleNamespace(
            time=0.0, direction=lambda: (math.cos(self.off), math.sin(self.off), 0.0)
        )
        first = SimpleNamespace(pressure_limit=400.0)
        self.settings = SimpleNamespace(first=first)
        self.wanted = (1.0, 0.0, 0.0)
        self.computer: Any = self

    @property
    def dynamic_pressure(self) -> float:
        return self.pressure

    @property
    def angle_of_attack(self) -> float:
        return math.radians(self.attack)

    def off_nominal_attitude(self, **data: Any) -> None:
        self.told.append(("off", data["degrees"]))

    def angle_of_attack_exceeded(self, **data: Any) -> None:
        self.told.append(("attack", data["degrees"]))


def watched(*steps: tuple[float, float, float, float]) -> list[tuple[str, Any]]:
    """What is told of steps of (time, degrees off, angle of attack, pressure)."""
    flight: Any = Flight()
    watch = Watch(flight)
    for time, off, attack, pressure in steps:
        flight.navigation.time, flight.off = time, math.radians(off)
        flight.attack, flight.pressure = attack, pressure
        watch.look()
    return flight.told  # type: ignore[no-any-return]


def test_a_nose_far_off_is_told_once_when_it_stays_so() -> None:
    off = (25.1, 0.0, 0.0)
    assert watched((0.0, *off), (1.0, *off)) == []
    assert watched((0.0, *off), (1.001, *off), (9.0, *off)) == [("off", 25.1)]
    assert watched((0.0, *off), (1.001, *off)) == [("off", 25.1)]
    between = (24.9, 0.0, 0.0)
    assert watched((0.0, *off), (0.9, *between), (1.1, *off), (2.0, *off)) == []


def test_an_angle_of_attack_counts_in_air_that_presses_and_when_it_stays() -> None:
    beyond = (0.0, 4.01, 400.1)
    assert watched((0.0, *beyond), (0.099, *beyond)) == []
    assert watched((0.0, *beyond), (0.1, *beyond), (5.0, *beyond)) == [("attack", 4.01)]
    for calm in ((0.0, 4.0, 900.0), (0.0, 9.0, 400.0)):
        assert watched((0.0, *calm), (1.0, *calm)) == []
        assert watched((0.0, *beyond), (0.05, *calm), (0.11, *beyond)) == []


@pytest.mark.parametrize(
    ("position", "velocity", "below"),
    [
        ((3.42e6, 0.0, 0.0), (0.0, 500.0, 0.0), True),
        ((3.42e6, 0.0, 0.0), (800.0, 0.0, 0.0), False),  # straight up, to 120 km and more
        ((3.43e6, 0.0, 0.0), (0.0, 3001.0, 0.0), False),
        ((3.43e6, 0.0, 0.0), (0.0, 2999.0, 0.0), True),
        ((3.45e6, 0.0, 0.0), (0.0, 500.0, 0.0), False),
    ],
)
def test_a_coast_is_too_low_when_its_highest_point_is(
    position: Any, velocity: Any, below: bool
) -> None:
    computer: Any = SimpleNamespace(
        navigation=SimpleNamespace(position=position, velocity=velocity)
    )
    assert suborbital(computer, 50e3) is below


# ----------------------------------------------------------------------- ledger


class Ledger:
    """Records by hand; remembers what is written."""

    def __init__(self, *records: Any) -> None:
        self._records = list(records)
        self.written: list[Any] = []

    def records(self) -> list[Any]:
        return self._records

    def journal(self, tube: str) -> list[Any]:
        return [record for record in self._records if record.tube == tube]

    def record(self, tube: str) -> Any:
        return next((r for r in self._records if r.tube == tube), None)

    def lose(self, tube: str, reason: str) -> None:
        self.written.append(("lose", tube))

    def cede(self, tube: str, to: str) -> Any:
        self.written.append(("cede", tube, to))
        return SimpleNamespace(step="cede")

    def commit(self, tube: str, evidence: Any) -> None:
        self.written.append(("commit", tube, evidence.verified_by))

    def revert(self, tube: str, evidence: Any) -> None:
        self.written.append(("revert", tube, evidence.verified_by))


def record(tube: str, status: CustodyStatus = CustodyStatus.HELD, **more: Any) -> Any:
    given = {"place": places.MAV, "slot": 0, "transfer_id": None, "destination": None, "step": ""}
    return SimpleNamespace(tube=tube, status=status, **(given | more))


def vehicle(*records: Any, **more: Any) -> Any:
    return SimpleNamespace(ledger=Ledger(*records), last_seats=[False] * 4, **more)


def test_held_is_what_is_here_or_is_being_sealed_but_not_what_others_move() -> None:
    moving = CustodyStatus.IN_TRANSIT
    node = vehicle(
        record("held"), record("sealing", moving), record("handed", moving, transfer_id="x#1"),
        record("gone", CustodyStatus.HANDED_OVER), record("lost", CustodyStatus.UNKNOWN),
    )  # fmt: skip
    assert [r.tube for r in held(node)] == ["held", "sealing"]


def test_the_first_socket_that_is_free_by_ledger_and_by_sensor_is_chosen() -> None:
    node = vehicle(
        record("a", slot=0), record("b", CustodyStatus.RECEIVING, slot=1),
        record("c", CustodyStatus.UNKNOWN, slot=3),
    )  # fmt: skip
    assert choose_socket(node, "new", []) == 2
    assert choose_socket(node, "b", []) == 1, "its own promise does not stand in its way"
    assert choose_socket(node, "new", [2]) == 3
    node.last_seats[2] = True
    assert choose_socket(node, "new", []) == 3, "something sits where nothing should"
    with pytest.raises(CustodyError, match="no free socket"):
        choose_socket(node, "new", [3])


def test_lost_on_the_way_are_those_whose_socket_nobody_else_has() -> None:
    node = vehicle(
        record("a", slot=0), record("b", CustodyStatus.UNKNOWN, slot=0),
        record("c", CustodyStatus.DECLINED, slot=1), record("d", CustodyStatus.UNKNOWN, slot=None),
        record("e", CustodyStatus.HANDED_OVER, slot=2),
    )  # fmt: skip
    assert lost_on_the_way(node) == {"c": 1}


def test_only_what_floats_in_orbit_is_ceded() -> None:
    node = vehicle(
        record("a", place=places.ORBIT), record("b", place=places.MAV),
        record("c", CustodyStatus.UNKNOWN, place=places.ORBIT, step="cede"),
        record("d", CustodyStatus.UNKNOWN, place=places.ORBIT, step="lose"),
    )  # fmt: skip
    assert cede_tubes(node, "orbiter") == 2, "one of them had been ceded before"
    assert node.ledger.written == [("lose", "a"), ("cede", "a", "orbiter")]


@pytest.mark.parametrize(("closed", "step"), [(True, "revert"), (False, "commit")])
def test_what_was_begun_with_the_springs_ends_by_the_break_wire(closed: bool, step: str) -> None:
    moving = CustodyStatus.IN_TRANSIT
    node = vehicle(
        record("a", moving, destination=places.ORBIT), record("b", moving, destination=places.MAV),
        record("c", place=places.MAV),
    )  # fmt: skip
    settle_release(node, SimpleNamespace(container=closed))  # type: ignore[arg-type]
    assert node.ledger.written == [(step, "a", "mav.break_wires")]


@pytest.mark.parametrize("said_stuck", [0, 2, 3])
async def test_a_container_that_is_said_to_be_stuck_is_let_go_as_long_as_there_are_tries(
    said_stuck: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that says twice that it is stuck may be wrong: its break wire says what holds."""
    calls: list[str] = []

    async def let_go() -> Any:
        calls.append("release")
        if len(calls) <= said_stuck:
            raise DeviceFault("stuck", "it does not part")
        return SimpleNamespace(valid=True, container=False)

    async def state() -> Any:
        return SimpleNamespace(valid=True, reason="", container=len(calls) <= said_stuck)

    async def at_once(seconds: float) -> None:
        pass

    monkeypatch.setattr(orbit.asyncio, "sleep", at_once)
    node: Any = SimpleNamespace(
        context=SimpleNamespace(structure=STRUCTURE), device_trouble=lambda reason: None,
        separation=SimpleNamespace(release_container=let_go, state=state),
    )  # fmt: skip
    assert (await orbit._let_go_of_container(node)).container is False
    assert len(calls) == said_stuck + 1


async def test_a_lost_vehicle_says_of_each_tube_that_nobody_knows_where_it_is() -> None:
    told: list[Any] = []
    flushed: list[bool] = []

    async def flush() -> None:
        flushed.append(True)

    node = vehicle(
        record("a"), record("b"), record("c", CustodyStatus.HANDED_OVER), flown="",
        ascent_log=SimpleNamespace(flush=flush), vehicle_lost=lambda **data: told.append(data),
    )  # fmt: skip
    with pytest.raises(ActivityFailed, match="the vehicle is lost: no thrust"):
        await lose(node, "no thrust")
    assert node.flown == "lost" and flushed == [True]
    assert told == [{"reason": "no thrust", "tubes": 2}]
    assert node.ledger.written == [("lose", "a"), ("lose", "b")]


# ------------------------------------------------------------------- the checks


class Ready:
    """A vehicle that may be launched, until the test changes something."""

    def __init__(self) -> None:
        self.ledger = Ledger(record("a"))
        self.parameters: dict[str, float] = {"lowest_charge": 0.7, "trim_reserve": 0.3}
        self.conditioned, self.state_of_charge = True, 0.7
        self.tested_at: float | None = None
        self.clock = SimpleNamespace(count=lambda: 1e6)
        self.first_motor_temperature = self.second_motor_temperature = 258.0
        self.lid_closed: bool | None = True
        self.latched: bool | None = True
        self.checks_passed: bool | None = True
        self.sampled, self.known_at = 0, 0
        self.answers: dict[str, Any] = {
            "ejector": SimpleNamespace(valid=True, reason="", charged=True, in_tube=True),
            "first": SimpleNamespace(valid=True, reason="", charges=2, resistance=1.0),
            "second": SimpleNamespace(valid=True, reason="", charges=1, resistance=100.0),
            "separation": SimpleNamespace(
                valid=True, reason="", first_stage=True, fairing=True, container=True
            ),
            "effectors": SimpleNamespace(valid=True, reason="", gas=0.31),
            "lander": Permission(True),
        }
        self.context = SimpleNamespace(structure=STRUCTURE)
        self.passing: dict[str, int] = {}  # how often a device does not answer yet
        self.follows = 1.0  # how much of what is told the nozzle does
        self.sticks = 0  # how often it does not move
        self.told: list[str] = []
        self.ejector = SimpleNamespace(state=self._call("ejector"))
        self.first_igniter = SimpleNamespace(state=self._call("first"))
        self.second_igniter = SimpleNamespace(state=self._call("second"))
        self.separation = SimpleNamespace(state=self._call("separation"))
        self.effectors = SimpleNamespace(steer=self._steer)
        self.exchanges = SimpleNamespace(ask=self._call("lander"))

    def _call(self, name: str) -> Any:
        async def answer(*args: Any, **options: Any) -> Any:
            found = self.answers[name]
            if self.passing.get(name):
                self.passing[name] -= 1
                raise DeviceTimeout("no answer")
            if isinstance(found, Exception):
                raise found
            return found

        return answer

    async def _steer(self, pitch: float, yaw: float, *pulses: Any) -> Any:
        found = await self._call("effectors")()
        if pitch and self.sticks:
            self.sticks -= 1
            return SimpleNamespace(**vars(found), pitch=0.0, yaw=0.0)
        told = self.follows * pitch, self.follows * yaw
        return SimpleNamespace(**vars(found), pitch=told[0], yaw=told[1])

    def device_trouble(self, reason: str) -> None:
        self.told.append(reason)

    def motors_conditioned(self) -> bool:
        return self.conditioned

    def battery_problem(self) -> str:
        return MavVehicle.battery_problem(self)  # type: ignore[arg-type]

    async def sample(self) -> None:
        self.sampled += 1
        if self.sampled == self.known_at:
            self.latched, self.first_motor_temperature = True, 258.0


async def test_nothing_stands_against_a_launch_when_all_is_as_it_should_be() -> None:
    node: Any = Ready()
    assert await countdown.checks(node) == [] and node.sampled == 1


@pytest.mark.parametrize(
    ("before", "stands"), [(0.0, False), (TEST_HOLDS, False), (TEST_HOLDS + 1.0, True)]
)
async def test_what_a_dead_gauge_does_not_say_the_last_self_test_does(
    before: float, stands: bool
) -> None:
    node: Any = Ready()
    node.state_of_charge, node.tested_at = None, 1e6 - before
    problems = await countdown.checks(node)
    assert [("gauge says nothing" in each) for each in problems] == [True] * stands
    node.checks_passed = False  # a test that has not passed says nothing good
    assert any("self-test" in each for each in await countdown.checks(node))
    node.checks_passed, node.state_of_charge = True, 0.6  # what the gauge says goes first
    assert await countdown.checks(node) == ["battery at 0.6; allowed: from 0.7"]


FAULT = DeviceFault("no_power", "it has no power")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"conditioned": False}, "motors at 258.0 K"),
        ({"state_of_charge": 0.699}, "battery at 0.699"), ({"state_of_charge": None}, "battery"),
        ({"lid_closed": False}, "not latched"), ({"latched": False}, "not latched"),
        ({"latched": None}, "not latched"), ({"checks_passed": False}, "self-test"),
        ({"checks_passed": None}, "self-test"),
        ({"ledger": Ledger(record("b", place=places.CONTAINER))}, "not sealed by the ledger: b"),
        ({"ledger": Ledger(record("b", CustodyStatus.IN_TRANSIT))}, "not sealed by the ledger: b"),
    ],
)  # fmt: skip
async def test_each_thing_that_is_not_right_is_said(change: dict[str, Any], said: str) -> None:
    node: Any = Ready()
    for name, value in change.items():
        setattr(node, name, value)
    (problem,) = await countdown.checks(node)
    assert said in problem


@pytest.mark.parametrize(
    ("device", "change", "said"),
    [
        ("ejector", {"charged": False}, "spent"), ("ejector", {"in_tube": False}, "spent"),
        ("ejector", {"valid": False}, "not known"), ("first", {"charges": 0}, "first igniter's"),
        ("first", {"resistance": 100.1}, "first igniter's circuit is open"),
        ("second", {"resistance": 1e6}, "second igniter's"), ("second", {"valid": False}, "second"),
        ("effectors", {"gas": 0.3}, "cold gas at 0.30 kg"),
        ("effectors", {"valid": False}, "cold gas is not known"),
    ],
)  # fmt: skip
async def test_each_device_that_is_not_right_is_said(
    device: str, change: dict[str, Any], said: str
) -> None:
    node: Any = Ready()
    vars(node.answers[device]).update(change)
    (problem,) = await countdown.checks(node)
    assert said in problem


@pytest.mark.parametrize("device", ["ejector", "first", "second", "separation", "effectors"])
async def test_a_device_that_does_not_answer_stands_against_a_launch(device: str) -> None:
    node: Any = Ready()
    node.answers[device] = FAULT
    assert await countdown.checks(node) == ["it has no power"]


@pytest.mark.parametrize(("follows", "stands"), [(0.0, True), (0.699, True), (0.701, False)])
async def test_a_nozzle_that_does_not_go_where_it_is_told_stands_against_a_launch(
    follows: float, stands: bool
) -> None:
    """Swings of 1 degree, and 0.3 degrees that it may be off."""
    node: Any = Ready()
    node.follows = follows
    said = await countdown.checks(node)
    assert bool(said) == stands
    assert all("nozzle is" in each for each in said)


async def test_without_its_checks_nothing_stands_against_a_launch() -> None:
    node: Any = Ready()
    node.follows = 0.0
    node.context.structure = Structure(left_out=frozenset({"launch_checks"}))
    assert await countdown.checks(node) == []


async def test_the_lander_has_to_permit() -> None:
    node: Any = Ready()
    for answer, said in (
        (Permission(False, "arm in the way"), "does not permit: arm in the way"),
        (Permission(False), "does not permit"),
        (ExchangeFailed("no answer"), "no permission of the lander"),
    ):  # fmt: skip
        node.answers["lander"] = answer
        (problem,) = await countdown.checks(node)
        assert said in problem


# ---------------------------------------------------------------- conditioning


@pytest.mark.parametrize(("ready_at", "limit", "fails"), [(2, 3600.0, False), (3, 3600.0, True)])
async def test_waiting_ends_when_it_is_so_or_the_time_is_over(
    ready_at: int, limit: float, fails: bool
) -> None:
    node: Any = Ready()
    node.parameters["conditioning_limit"] = limit
    wait = _wait_for(node, lambda: node.sampled > ready_at, "never warm")
    if fails:
        with pytest.raises(ActivityFailed, match="never warm, after 1 h"):
            await wait
    else:
        await wait
    assert asyncio.get_running_loop().time() == pytest.approx(3600.0)
