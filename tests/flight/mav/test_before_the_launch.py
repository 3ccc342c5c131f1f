"""What stands between a MAV and its launch, guard by guard, at the limits themselves."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from flight.core.activities import ActivityFailed
from flight.core.commanding.commands import CommandRejected
from flight.core.custody.ledger import CustodyStatus
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.mav import skills
from flight.mav.custody import verify_seat
from flight.mav.node import Mav
from flight.mav.parameters import check_vehicle
from flight.mav.vehicle import MavVehicle

ANSWER_TIMEOUT = 120.0
LID_PAUSES = (0.0, 2.0, 10.0, 60.0)

COLD, HOT = 253.0, 293.0


class Standing:
    """A MAV that stands, of which a test sets what it knows."""

    motors_conditioned = MavVehicle.motors_conditioned
    avionics_warm = MavVehicle.avionics_warm
    battery_problem = MavVehicle.battery_problem

    def __init__(self, **known: Any) -> None:
        self.parameters = {
            "coldest_motor": COLD, "hottest_motor": HOT, "coldest_avionics": 233.0,
            "lowest_charge": 0.8, "latch_attempts": 3, "seat_looks": 3,
        }  # fmt: skip
        self.first_motor_temperature: float | None = 270.0
        self.second_motor_temperature: float | None = 270.0
        self.avionics_temperature: float | None = 240.0
        self.state_of_charge: float | None = 0.9
        self.tested_at: float | None = 0.0
        self.checks_passed = True
        self.clock = SimpleNamespace(count=lambda: 0.0)
        self.posted: list[str] = []
        self.told: list[Any] = []
        self.flying = ""
        self.records: list[Any] = []
        self.ledger = SimpleNamespace(
            records=lambda: self.records,
            record=lambda tube: next((r for r in self.records if r.tube == tube), None),
            journal=lambda tube: [],
        )
        vars(self).update(known)

    def post(self, signal: str) -> None:
        self.posted.append(signal)

    def phase(self) -> str:
        return self.flying

    def device_trouble(self, reason: str) -> None:
        self.told.append(reason)


def mav(**known: Any) -> Any:
    return Standing(**known)


BELOW, ABOVE = math.nextafter(COLD, 0.0), math.nextafter(HOT, 1e3)


@pytest.mark.parametrize(
    ("first", "second", "ready"),
    [
        (COLD, HOT, True), (HOT, COLD, True), (BELOW, 270.0, False), (270.0, BELOW, False),
        (ABOVE, 270.0, False), (270.0, ABOVE, False), (None, 270.0, False), (270.0, None, False),
    ],
)  # fmt: skip
def test_both_motors_are_within_their_firing_temperatures(
    first: float | None, second: float | None, ready: bool
) -> None:
    node = mav(first_motor_temperature=first, second_motor_temperature=second)
    assert node.motors_conditioned() is ready
    if ready:
        Mav.declare_ready(node)
        assert node.posted == ["declare_ready"]
    else:
        with pytest.raises(CommandRejected, match="condition first"):
            Mav.declare_ready(node)
        assert node.posted == []


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"checks_passed": False}, "run_checks first"),
        ({"state_of_charge": math.nextafter(0.8, 0.0)}, "allowed: from 0.8"),
        ({"state_of_charge": None, "tested_at": None}, "its last test is too old"),
    ],
)
def test_it_is_not_declared_ready_without(known: dict[str, Any], words: str) -> None:
    node = mav(**known)
    with pytest.raises(CommandRejected, match=words):
        Mav.declare_ready(node)
    assert node.posted == []
    Mav.declare_ready(mav(state_of_charge=0.8))


@pytest.mark.parametrize(
    ("value", "warm"), [(233.0, True), (math.nextafter(233.0, 0.0), False), (None, False)]
)
def test_avionics_are_switched_on_when_they_are_known_to_be_warm(
    value: float | None, warm: bool
) -> None:
    assert mav(avionics_temperature=value).avionics_warm() is warm


def test_who_flies_does_not_stand_down() -> None:
    node = mav(flying="counting")
    with pytest.raises(CommandRejected, match="the launch has begun"):
        Mav.stand_down(node)
    assert node.posted == []
    node.flying = ""
    Mav.stand_down(node)
    assert node.posted == ["stand_down"]


def record(tube: str, status: CustodyStatus, place: str, slot: int | None = 0) -> Any:
    return SimpleNamespace(tube=tube, status=status, place=place, slot=slot, transfer_id=None)


def test_a_container_is_let_go_once() -> None:
    node = mav(records=[record("A", CustodyStatus.HELD, places.ORBIT)])
    with pytest.raises(CommandRejected, match="has been let go"):
        asyncio.run(Mav.release_container(node))
    node.records = []
    with pytest.raises(CommandRejected, match="has been let go"):
        asyncio.run(Mav.release_container(node))


def test_it_takes_tubes_only_while_it_is_open_and_feels_its_seats() -> None:
    node = mav(lid_closed=False, last_seats=[False], state="loading", is_in=lambda s: True)
    assert Mav._refusal(node) == ""
    node.last_seats = []
    assert "seat sensors have not been read" in Mav._refusal(node)
    node.lid_closed = True
    assert Mav._refusal(node) == "the lid is on the container"
    node.lid_closed, node.last_seats = None, [False]
    assert "nobody knows whether the lid is on" in Mav._refusal(node)
    node.is_in = lambda state: state != "loading"
    assert "takes no tubes in state loading" in Mav._refusal(node)


@pytest.mark.parametrize(("silent", "looks", "known"), [(0, 1, True), (3, 4, True), (4, 4, False)])
async def test_a_lid_that_is_not_known_is_looked_at_again_before_a_hand_over_is_refused(
    silent: int, looks: int, known: bool
) -> None:
    node = mav(lid_closed=None, state="loading", is_in=lambda state: state == "loading")
    looked: list[int] = []

    async def look() -> None:
        looked.append(0)
        if len(looked) > silent:
            node.lid_closed = False

    node._look_at_container = look
    await Mav._know_the_lid(node)
    assert len(looked) == looks and (node.lid_closed is False) == known
    assert sum(LID_PAUSES) < ANSWER_TIMEOUT
    await Mav._know_the_lid(node)
    assert len(looked) == looks + (0 if known else 1), "what is known is not asked for"
    node.lid_closed, node.is_in = None, lambda state: False
    looked.clear()
    await Mav._know_the_lid(node)
    assert looked == [], "elsewhere nothing is handed over"


# ----------------------------------------------------------------- what is not said


class Silent:
    """A device that answers nothing."""

    async def state(self) -> Any:
        raise DeviceFault("dark", "nothing is said")


@pytest.mark.parametrize("valid", [False, None])
def test_what_a_sensor_does_not_say_is_not_known_whatever_it_was(valid: bool | None) -> None:
    async def state() -> Any:
        return SimpleNamespace(
            valid=False, lid_closed=True, latched=True, seated=[True], temperature=250.0,
            first_motor_temperature=270.0, second_motor_temperature=270.0,
            avionics_temperature=250.0, state_of_charge=0.9, charge_valid=True,
        )  # fmt: skip

    device = Silent() if valid is None else SimpleNamespace(state=state)
    node = mav(
        container=device, systems=device, lid_closed=True, latched=True, seats_closed=3,
        container_temperature=250.0,
    )  # fmt: skip
    asyncio.run(Mav._look_at_container(node))
    asyncio.run(Mav._look_at_systems(node))
    names = (
        "lid_closed", "latched", "seats_closed", "container_temperature",
        "first_motor_temperature", "second_motor_temperature", "avionics_temperature",
        "state_of_charge",
    )  # fmt: skip
    assert [getattr(node, name) for name in names] == [None] * 8
    assert len(node.told) == (2 if valid is None else 0)


@pytest.mark.parametrize(("gauged", "charge"), [(True, 0.9), (False, None)])
def test_a_gauge_that_says_nothing_takes_no_temperature_with_it(
    gauged: bool, charge: float | None
) -> None:
    async def state() -> Any:
        return SimpleNamespace(
            valid=True, first_motor_temperature=270.004, second_motor_temperature=271.0,
            avionics_temperature=250.0, state_of_charge=0.9, charge_valid=gauged,
        )  # fmt: skip

    node = mav(systems=SimpleNamespace(state=state), state_of_charge=0.1)
    asyncio.run(Mav._look_at_systems(node))
    assert node.first_motor_temperature == 270.0 and node.second_motor_temperature == 271.0
    assert node.state_of_charge == charge


async def test_a_tube_without_a_socket_is_seen_nowhere() -> None:
    seen = await verify_seat(mav(), "A", None, True)
    assert not seen.present and seen.reading == "A has no socket"


# -------------------------------------------------------------------- its container


class Latch:
    """The container's devices; closes at a try, or never."""

    def __init__(self, closes_at: int = 1, lid: bool = True, seated: bool = True) -> None:
        self.tries, self.closes_at, self.lid, self.seated = 0, closes_at, lid, seated

    async def latch(self) -> None:
        self.tries += 1

    async def unlatch(self) -> None:
        self.tries += 1

    async def state(self) -> Any:
        return SimpleNamespace(
            valid=True, lid_closed=self.lid, latched=self.tries >= self.closes_at,
            seated=[self.seated],
        )  # fmt: skip


def sealing(latch: Latch, unsettled: list[Any] | None = None) -> Any:
    async def settle() -> list[Any]:
        return unsettled or []

    node = mav(
        container=latch, handover=SimpleNamespace(settle=settle), last_seats=[],
        records=[record("A", CustodyStatus.HELD, places.CONTAINER)],
        sealed=[],
    )  # fmt: skip
    steps: list[str] = []
    node.steps = steps
    node.ledger.begin = lambda tube, place, mover, slot: steps.append(f"begin {place}")
    node.ledger.commit = lambda tube, evidence: steps.append("commit")
    node.ledger.revert = lambda tube, evidence: steps.append("revert")
    node.container_sealed = lambda tubes: node.told.append(("sealed", tubes))
    return node


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited; nobody waits."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(skills.asyncio, "sleep", sleep)
    return waited


async def test_sealing_ends_with_lid_and_latch_closed_over_seated_tubes() -> None:
    node = sealing(Latch(2))
    signal = await skills.seal_container(node, None)  # type: ignore[arg-type]
    assert signal.data == {"result": "sealed with 1 tubes"} and node.told == [("sealed", 1)]
    assert node.container.tries == 2 and node.steps == [f"begin {places.MAV}"]


@pytest.mark.parametrize(
    ("latch", "unsettled", "words", "tries"),
    [
        (Latch(lid=False), None, "the lid is not on its seat", 0),
        (Latch(), [record("A", CustodyStatus.HELD, "x")], "hand-over is not settled: A", 0),
        (Latch(seated=False), None, "not seated by the sensors: A", 0),
        (Latch(closes_at=9), None, "the latch did not close", 3),
    ],
)
async def test_nothing_is_sealed_over(
    latch: Latch, unsettled: list[Any] | None, words: str, tries: int, no_pauses: list[float]
) -> None:
    node = sealing(latch, unsettled)
    with pytest.raises(ActivityFailed, match=words):
        await skills.seal_container(node, None)  # type: ignore[arg-type]
    assert latch.tries == tries and node.told == []
    assert no_pauses == [60.0] * tries


async def test_checks_that_fail_are_named_and_remembered_as_failed() -> None:
    noted: list[bool] = []

    async def self_test() -> Any:
        items = [SimpleNamespace(name="igniter", passed=False, measured=1.0),
                 SimpleNamespace(name="battery", passed=True, measured=1.0)]  # fmt: skip
        return SimpleNamespace(valid=True, items=items)

    told: list[tuple[str, str]] = []
    node = mav(
        systems=SimpleNamespace(self_test=self_test), note_checks=noted.append,
        check_passed=lambda item, measured: told.append(("passed", item)),
        check_failed=lambda item, measured: told.append(("failed", item)),
    )  # fmt: skip
    with pytest.raises(ActivityFailed, match="checks failed: igniter"):
        await skills.run_checks(node, None)  # type: ignore[arg-type]
    assert noted == [False] and told == [("failed", "igniter"), ("passed", "battery")]


# ------------------------------------------------------------ a vehicle that can be

VEHICLE = {
    "target_inclination": 20.0, "launch_latitude": -18.0, "lift_off_mass": 400.0,
    "first_propellant": 200.0, "second_propellant": 50.0, "second_ignition_mass": 120.0,
    "angle_of_attack_reserve": 1.0, "largest_angle_of_attack": 4.0,
    "first_exhaust_speed": 2800.0, "first_burn_time": 70.0,
}  # fmt: skip
LEAST = 1.5 * 3.73 * 400.0  # N
SHORTEST = 2800.0 * 200.0 / LEAST  # s of burn, at which thrust is no more than that


@pytest.mark.parametrize(
    ("name", "allowed", "refused", "words"),
    [
        ("target_inclination", math.nextafter(18.0, 99.0), 18.0, "latitude of the pad"),
        ("launch_latitude", 19.999, 20.0, "latitude of the pad"),
        ("second_propellant", math.nextafter(120.0, 0.0), 120.0, "second_ignition_mass"),
        ("second_ignition_mass", math.nextafter(200.0, 0.0), 200.0, "after the first burn"),
        ("angle_of_attack_reserve", math.nextafter(4.0, 0.0), 4.0, "largest_angle_of_attack"),
        ("first_burn_time", SHORTEST * (1.0 - 1e-9), SHORTEST * (1.0 + 1e-9), "thrust above 1.5"),
        ("first_propellant", 200.0, 400.0, "less than lift_off_mass"),
    ],
)
def test_figures_that_no_vehicle_has_are_refused_from_their_limit_on(
    name: str, allowed: float, refused: float, words: str
) -> None:
    check_vehicle({**VEHICLE, name: allowed})
    with pytest.raises(NotAllowed, match=words):
        check_vehicle({**VEHICLE, name: refused})
