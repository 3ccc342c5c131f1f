"""What outlives a reboot of the ascent computer, and the orbit that it tells, in figures."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import OrbitalElements, state_from_elements
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyStatus
from flight.core.fault_protection.structure import STRUCTURE
from flight.icd import places
from flight.icd.devices.ascent import Increments
from flight.icd.devices.base import DeviceFault
from flight.mav import ascent_memory, orbit
from flight.mav.launch_chart import is_in_orbit, is_lost, note_in_orbit, note_lost
from flight.mav.reached_orbit import reached_orbit

# --------------------------------------------------------------- over a reboot


@pytest.mark.parametrize(
    ("now", "interval", "coasting", "taken", "bridged"),
    [
        (101.0, 2.0, False, (1.0, 2.0, 3.0), 1.5), (101.0, 2.0, True, (1.0, 2.0, 3.0), 0.5),
        (101.0, 0.0, False, (0.0, 0.0, 0.0), 1.5), (100.0, 2.0, False, None, 0.5),
        (99.0, 2.0, False, None, 0.5),
    ],
)  # fmt: skip
async def test_what_was_felt_while_the_computer_was_down_counts_for_the_gap(
    now: float, interval: float, coasting: bool, taken: Any, bridged: float
) -> None:
    long: list[Any] = []
    navigation: Any = SimpleNamespace(
        time=100.0, bridged=0.5, attitude_is_sure=True,
        take_long=lambda seen, coasting: long.append((seen, coasting)),
    )  # fmt: skip

    async def increments() -> Increments:
        return Increments(
            interval=interval, delta_angle=(0.1, 0.2, 0.3), delta_velocity=(2.0, 4.0, 6.0),
            saturated=True,
        )  # fmt: skip

    part: Any = SimpleNamespace(
        inertial_unit=SimpleNamespace(increments=increments),
        clock=SimpleNamespace(now=lambda: now),
    )
    await ascent_memory._bridge(part, navigation, coasting=coasting)
    assert navigation.bridged == bridged and navigation.attitude_is_sure is (taken is None)
    if taken is None:
        assert long == []
        return
    ((seen, told_coasting),) = long
    assert (seen.interval, seen.delta_velocity, told_coasting) == (now - 100.0, taken, coasting)
    assert seen.delta_angle == (0.1, 0.2, 0.3) and seen.saturated


async def test_a_unit_that_says_nothing_valid_has_felt_nothing() -> None:
    troubles: list[str] = []

    async def invalid() -> Any:
        return SimpleNamespace(valid=False, delta_velocity=(9.0, 9.0, 9.0))

    async def dark() -> Any:
        raise DeviceFault("dark", "nothing")

    for call in (invalid, dark):
        part: Any = SimpleNamespace(
            inertial_unit=SimpleNamespace(increments=call), device_trouble=troubles.append
        )
        part.device_trouble = lambda reason: troubles.append(reason)
        seen = await ascent_memory._felt_meanwhile(part)
        assert (seen.interval, seen.delta_velocity) == (0.0, (0.0, 0.0, 0.0))
        assert seen.delta_angle == (0.0, 0.0, 0.0) and not seen.saturated
    assert len(troubles) == 1


async def test_a_computer_that_is_there_is_not_recalled() -> None:
    part: Any = SimpleNamespace(computer=object(), ascent=None)
    assert await ascent_memory.recall(part) is False
    part.computer = SimpleNamespace(stored=lambda: "kept")
    ascent_memory.remember(part, "coasting")
    assert (part.ascent.phase, part.ascent.computer) == ("coasting", "kept")
    part.computer = None
    ascent_memory.remember(part, "ejecting")
    assert part.ascent.computer is None


# -------------------------------------------------------------------- the orbit


class Arrived:
    """A vehicle in an orbit that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, periapsis: float, bridged: float) -> None:
        self.did: list[Any] = []
        self.parameters = {"target_height": 380e3}
        self.determined: dict[str, Any] = {}
        navigation = SimpleNamespace(
            time=10.0004, bridged=bridged, position=(1.0, 2.0, 3.0), velocity=(4.0, 5.0, 6.0)
        )
        self.computer = SimpleNamespace(navigation=navigation, trimmed=1.234)
        shape = {"periapsis": periapsis, "apoapsis": 390.04, "inclination": 25.0004}
        self.ascent_log = SimpleNamespace(flush=self._noted("flush"))
        self.recalled = True
        self.chunks: Any = 7
        monkeypatch.setattr(orbit, "reached_orbit", lambda computer: dict(shape))
        monkeypatch.setattr(orbit, "recall", self._recall)
        monkeypatch.setattr(orbit, "remember", lambda node, phase: self.did.append(phase))
        monkeypatch.setattr(orbit, "let_go", self._noted("let_go"))
        monkeypatch.setattr(orbit, "_start_beacon", self._noted("beacon"))
        monkeypatch.setattr(orbit, "send_chunks", self._send)
        monkeypatch.setattr(orbit, "lose", self._lose)

    def _noted(self, what: str) -> Any:
        async def call(*given: Any) -> None:
            self.did.append(what)

        return call

    async def _recall(self, node: Any) -> bool:
        return self.recalled

    async def _send(self, node: Any) -> int:
        if isinstance(self.chunks, Exception):
            raise self.chunks
        return int(self.chunks)

    async def _lose(self, node: Any, reason: str) -> None:
        raise ActivityFailed(reason)

    def show_flight(self) -> None:
        pass

    def publish_telemetry(self) -> None:
        pass

    def orbit_determined(self, **data: Any) -> None:
        self.determined = data

    def record_sent(self, chunks: int) -> None:
        self.did.append(("sent", chunks))

    def device_trouble(self, reason: str) -> None:
        self.did.append(reason)


@pytest.mark.parametrize(("periapsis", "reduced"), [(340.0, False), (339.99, True), (150.0, True)])
async def test_an_orbit_is_told_with_its_doubt_and_whether_it_is_a_reduced_one(
    monkeypatch: pytest.MonkeyPatch, periapsis: float, reduced: bool
) -> None:
    node = Arrived(monkeypatch, periapsis, 0.3)
    signal = await orbit.release(node, None)  # type: ignore[arg-type]
    assert signal.data == {"result": f"in orbit {periapsis:.1f} x 390.0 km, 25.000 deg"}
    told = node.determined
    assert told["reduced"] is reduced and told["time"] == 10.0 and told["trimmed"] == 1.23
    sigmas = (told["height_sigma"], told["position_sigma"], told["velocity_sigma"])
    assert sigmas == pytest.approx((20.0, 4000.0, 8.0))
    assert node.did == ["let_go", "beacon", "flush", ("sent", 7)]


async def test_an_orbit_below_150_km_is_none_and_a_record_that_stays_on_board_no_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    low = Arrived(monkeypatch, 149.99, 0.0)
    with pytest.raises(ActivityFailed, match="periapsis lies at 150 km"):
        await orbit.release(low, None)  # type: ignore[arg-type]
    assert low.did == []
    node = Arrived(monkeypatch, 380.0, 0.0)
    node.recalled, node.chunks = False, DeviceFault("worn", "bad page")
    assert (await orbit.release(node, None)).name == "done"  # type: ignore[arg-type]
    assert node.did[:4] == ["releasing", "let_go", "beacon", "flush"]
    assert "cannot be read" in node.did[4] and node.determined["height_sigma"] == 5.0
    assert node.determined["position_sigma"] == 1000.0 and node.determined["velocity_sigma"] == 2.0


async def test_springs_are_fired_after_pauses_that_grow_and_the_wire_has_the_last_word() -> None:
    fired: list[float] = []
    unconfirmed: list[str] = []
    begin: list[Any] = []
    now = asyncio.get_running_loop().time

    async def release() -> Any:
        fired.append(now())
        return SimpleNamespace(valid=True, container=False)

    async def state() -> Any:
        return SimpleNamespace(valid=True, reason="", container=True)

    def record(tube: str, status: CustodyStatus, place: str) -> Any:
        return SimpleNamespace(
            tube=tube, status=status, place=place, slot=0, destination=None, transfer_id=None
        )

    records = [
        record("a", CustodyStatus.HELD, places.MAV), record("b", CustodyStatus.HELD, "elsewhere"),
    ]  # fmt: skip
    node: Any = SimpleNamespace(
        context=SimpleNamespace(structure=STRUCTURE), last_seats=[True],
        separation=SimpleNamespace(release_container=release, state=state),
        result_unconfirmed=lambda **data: unconfirmed.append(data["actuation"]),
        ledger=SimpleNamespace(
            records=lambda: records, journal=lambda tube: [],
            begin=lambda tube, place, mover, slot: begin.append((tube, place, mover)),
        ),
    )  # fmt: skip
    with pytest.raises(ActivityFailed, match="was not let go"):
        await orbit.let_go(node)
    assert fired == [0.0, 1.0, 11.0, 71.0] and len(unconfirmed) == 4
    assert begin == [("a", places.ORBIT, "mav.separation")]


def test_an_orbit_in_kilometres_and_degrees() -> None:
    axis, eccentricity = MARS_MEAN_RADIUS + 370e3, 20e3 / (MARS_MEAN_RADIUS + 370e3)
    elements = OrbitalElements(
        axis, eccentricity, math.radians(25.0), math.radians(40.0), math.radians(60.0),
        math.radians(80.0),
    )  # fmt: skip
    position, velocity = state_from_elements(elements, MARS.gravitational_parameter)
    pole = (0.0, 0.0, 1.0)
    computer: Any = SimpleNamespace(
        navigation=SimpleNamespace(position=position, velocity=velocity),
        plan=SimpleNamespace(normal=pole),
    )
    assert reached_orbit(computer) == pytest.approx({
        "periapsis": 350.0, "apoapsis": 390.0, "inclination": 25.0, "node": 40.0,
        "argument_of_periapsis": 60.0, "true_anomaly": 80.0, "off_plane": 25.0,
    }, abs=0.006)  # fmt: skip


def test_a_flight_has_ended_in_orbit_or_is_lost() -> None:
    node: Any = SimpleNamespace(flown="")
    guards = (is_in_orbit, is_lost)
    assert [guard(node, None) for guard in guards] == [False, False]  # type: ignore[arg-type]
    note_in_orbit(node, None)  # type: ignore[arg-type]
    assert [guard(node, None) for guard in guards] == [True, False]  # type: ignore[arg-type]
    note_lost(node, None)  # type: ignore[arg-type]
    assert [guard(node, None) for guard in guards] == [False, True]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stays", "at"), [(0, [0.0]), (1, [0.0, 600.0]), (2, [0.0, 600.0, 3600.0])]
)
async def test_a_container_that_stays_is_tried_again_when_beacon_and_record_have_gone(
    monkeypatch: pytest.MonkeyPatch, stays: int, at: list[float]
) -> None:
    node = Arrived(monkeypatch, 350.0, 0.0)
    tried: list[float] = []

    async def let_go(mav: Any) -> None:
        tried.append(asyncio.get_running_loop().time())
        node.did.append("let_go")
        if len(tried) <= stays:
            raise ActivityFailed("the break wires do not answer")

    monkeypatch.setattr(orbit, "let_go", let_go)
    assert (await orbit.release(node, Signal("go"))).name == "done"  # type: ignore[arg-type]
    assert tried == at
    assert node.did[:4] == ["let_go", "beacon", "flush", ("sent", 7)]


async def test_a_container_that_stays_for_an_hour_is_told_to_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = Arrived(monkeypatch, 350.0, 0.0)

    async def let_go(mav: Any) -> None:
        raise ActivityFailed("the container was not let go")

    monkeypatch.setattr(orbit, "let_go", let_go)
    with pytest.raises(ActivityFailed, match="the container was not let go"):
        await orbit.release(node, Signal("go"))  # type: ignore[arg-type]
    assert ("sent", 7) in node.did and asyncio.get_running_loop().time() == 3_600.0
