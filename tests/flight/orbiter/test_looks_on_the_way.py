"""How often the orbiter looks at itself on a quiet way, what it commands itself, and its leads."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.commanding.commands import CommandRejected
from flight.core.custody.ledger import CustodyError
from flight.icd.devices.base import DeviceTimeout
from flight.orbiter import node as of_node
from flight.orbiter import releasing
from flight.orbiter.node import Orbiter
from flight.orbiter.vehicle import OrbiterVehicle
from flight.runtime.loop import VirtualLoop, run

MUTE = DeviceTimeout("nothing was heard")


def answers(value: Any) -> Any:
    async def answer() -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    return answer


class Cruising:
    """An orbiter with nothing around it: what it has noted and said is kept."""

    def __init__(self, period: float = 18_000.0, **values: Any) -> None:
        self.said: list[str] = []
        self.period = period
        self.gauge: Any = "gauge"
        self.stars: Any = SimpleNamespace(valid=True, reason="")
        self._sampled = self._looked = -math.inf
        self.near = self.worn = self.low = False
        self.state = "cruise"
        self.looked_after = {"battery": "state"}
        self.protection = SimpleNamespace(
            is_set=lambda name: self.low and name == "battery_low",
            looks=SimpleNamespace(look_again=lambda *what: self.said.append(f"again {what[0]}")),
        )
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def devices(self) -> Any:
        return SimpleNamespace(
            main_engine=SimpleNamespace(propellant=answers(self.gauge)),
            star_tracker=SimpleNamespace(attitude=answers(self.stars)),
        )

    def is_worn(self) -> bool:
        return self.worn

    def housekeeping_period(self) -> float:
        return self.period

    def is_in(self, state: str) -> bool:
        return self.state == state

    def is_near_container(self) -> bool:
        return self.near

    def note_gauge(self, gauge: Any) -> None:
        self.said.append(f"noted {gauge}")

    def note_no_gauge(self) -> None:
        self.said.append("no gauge")

    def device_trouble(self, *, reason: str) -> None:
        self.said.append(f"trouble {reason}")

    async def _look_at_battery(self) -> None:
        self.said.append("battery")

    async def _look_at_stars(self) -> None:
        await Orbiter._look_at_stars(self)  # type: ignore[arg-type]


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What else is looked at: nothing is on board, and drifts are noted."""
    drifts: list[str] = []
    monkeypatch.setattr(of_node, "on_board", lambda node: ["M1", "M2"])
    monkeypatch.setattr(of_node, "check_drift", lambda node: drifts.append(node.state))
    return drifts


def sampled(node: Any, *times: float) -> list[str]:
    """What it says when it is asked to sample at these times."""

    async def story() -> None:
        for time in times:
            await asyncio.sleep(time - asyncio.get_running_loop().time())
            await Orbiter.sample(node)

    run(story(), VirtualLoop())
    return list(node.said)


@pytest.mark.parametrize(
    ("period", "times", "looks"),
    [
        (18_000.0, (0.0, 18_000.0, 36_000.0, 43_199.0), 1), (18_000.0, (0.0, 43_200.0), 2),
        (3_600.0, (0.0, 3_600.0, 7_200.0), 3), (3_600.1, (0.0, 3_600.1), 1),
    ],
)  # fmt: skip
def test_on_a_quiet_way_it_looks_twice_a_day_and_else_each_time(
    quiet: list[str], period: float, times: tuple[float, ...], looks: int
) -> None:
    node = Cruising(period)
    assert sampled(node, *times) == ["noted gauge"] * looks
    assert node.tubes_held == 2 and node.stars_seen is True  # type: ignore[attr-defined]


def test_a_device_that_does_not_answer_keeps_no_other_from_being_looked_at(
    quiet: list[str],
) -> None:
    node = Cruising(gauge=MUTE)
    assert sampled(node, 0.0) == ["no gauge", "trouble nothing was heard"]
    assert node.stars_seen is True  # type: ignore[attr-defined]
    node = Cruising(stars=MUTE)
    assert sampled(node, 0.0) == [
        "noted gauge", "trouble nothing was heard", "again star_tracker",
    ]  # fmt: skip
    assert node.stars_seen is None and node.tubes_held == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("valid", "reason", "again"),
    [(True, "", False), (False, "broken", True), (False, "turning", False)],
)
def test_a_tracker_that_sees_no_stars_is_looked_at_again_where_that_is_a_fault(
    quiet: list[str], monkeypatch: pytest.MonkeyPatch, valid: bool, reason: str, again: bool
) -> None:
    monkeypatch.setattr(of_node.TrackedAttitude, "no_fault", ("turning",))
    node = Cruising(stars=SimpleNamespace(valid=valid, reason=reason))
    assert ("again star_tracker" in sampled(node, 0.0)) is again
    assert node.stars_seen is valid  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("state", "near", "drifts"), [("idle", True, 1), ("idle", False, 0), ("cruise", True, 0)]
)
def test_its_drift_is_checked_where_it_rests_near_the_container(
    quiet: list[str], state: str, near: bool, drifts: int
) -> None:
    sampled(Cruising(state=state, near=near), 0.0)
    assert len(quiet) == drifts


@pytest.mark.parametrize(
    ("worn", "low", "looks"), [(False, False, 0), (True, False, 1), (False, True, 1)]
)
def test_how_full_its_battery_becomes_is_looked_at_where_that_is_in_doubt(
    quiet: list[str], worn: bool, low: bool, looks: int
) -> None:
    assert sampled(Cruising(worn=worn, low=low), 0.0).count("battery") == looks


@pytest.mark.parametrize(
    ("state", "near", "low", "period"),
    [
        ("rendezvous", False, False, 1_800.0), ("holding", False, False, 1_800.0),
        ("capturing", False, False, 1_800.0), ("idle", True, False, 1_800.0),
        ("idle", False, False, 18_000.0), ("cruise", True, False, 18_000.0),
        ("cruise", False, True, 1_800.0), ("safe", False, False, 18_000.0),
    ],
)  # fmt: skip
def test_it_looks_often_near_the_container_and_with_a_low_battery(
    state: str, near: bool, low: bool, period: float
) -> None:
    node: Any = Cruising(state=state, near=near)
    node.protection.is_set = lambda name: low and name == "battery_low"
    assert OrbiterVehicle.housekeeping_period(node) == period
    node.worn = True
    assert OrbiterVehicle.housekeeping_period(node) == 1_800.0, "with few cells it sinks fast"


def test_its_devices_are_looked_after_each_time_or_twice_a_day() -> None:
    def looked(period: float, *times: float) -> list[bool]:
        node: Any = Cruising(period)

        async def story() -> list[bool]:
            found = []
            for time in times:
                await asyncio.sleep(time - asyncio.get_running_loop().time())
                found.append(OrbiterVehicle.looks_after(node) == {"battery": "state"})
            return found

        return run(story(), VirtualLoop())

    assert looked(1_800.0, 0.0, 1_800.0) == [True, True]
    assert looked(1_800.1, 0.0, 1_800.0, 43_199.0, 43_200.0) == [True, False, False, True]


# ------------------------------------------------------------------------------------- commands


def test_what_is_said_at_a_hold_point_is_kept_as_it_was_said() -> None:
    node: Any = SimpleNamespace(decision="", automatic=True)
    Orbiter.go(node)
    assert node.decision == "go"
    Orbiter.no_go(node)
    assert node.decision == "no_go"
    Orbiter.rendezvous(node, automatic=False)
    assert node.automatic is False
    Orbiter.rendezvous(node)
    assert node.automatic is True


def test_a_manifest_is_taken_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    node: Any = SimpleNamespace(manifest=[])
    promised: list[Any] = []
    monkeypatch.setattr(of_node, "check_manifest", lambda records: [*records])
    monkeypatch.setattr(of_node, "promise", lambda node, records: promised.append(records))
    assert Orbiter.load_manifest(node, [{"tube": "M1"}, {"tube": "M2"}]) == "2 tubes"
    assert node.manifest == promised[0] == [{"tube": "M1"}, {"tube": "M2"}]

    def refuse(records: Any) -> Any:
        raise CustodyError("M1 is twice in it")

    monkeypatch.setattr(of_node, "check_manifest", refuse)
    with pytest.raises(CommandRejected, match="load_manifest: M1 is twice in it"):
        Orbiter.load_manifest(node, [])
    assert len(node.manifest) == 2 and len(promised) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_an_orbit_that_cannot_be_is_refused_and_what_was_loaded_stays(
    monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    node: Any = SimpleNamespace(
        target="before", clock=SimpleNamespace(now=lambda: 5.0),
        context=SimpleNamespace(structure=SimpleNamespace(keeps=lambda what: kept)),
    )  # fmt: skip
    asked: list[Any] = []
    monkeypatch.setattr(
        of_node, "why_no_orbit", lambda *given: asked.append(given) or "it is in the ground"
    )
    place, speed = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    if kept:
        with pytest.raises(CommandRejected, match="load_target_orbit: it is in the ground"):
            Orbiter.load_target_orbit(node, place, speed, 9.0, 500.0)
        assert node.target == "before"
    else:
        Orbiter.load_target_orbit(node, place, speed, 9.0, 500.0)
        assert (node.target.position, node.target.velocity) == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
        assert (node.target.time, node.target.axis_sigma) == (9.0, 500.0)
    assert asked[0][1:] == (9.0, 5.0)


# ----------------------------------------------------------------------------------- the release


def test_the_springs_and_all_before_them_have_their_time() -> None:
    node: Any = SimpleNamespace(
        parameters={"settling": 30.0, "release_seconds": 20.0, "slew_rate": math.pi / 600.0}
    )
    assert releasing._spring_lead(node) == 50.0
    # Half a turn, and settling; the word to the capsule; settling, and the springs.
    assert releasing._longest_lead(node) == pytest.approx(600.0 + 30.0 + 45.0 + 50.0)


@pytest.mark.parametrize(("radius", "altitude"), [(6_378_137.0 + 5e5, 5e5), (None, 918_221_863.0)])
def test_where_nothing_leads_to_earth_it_passes_outside_its_sphere(
    monkeypatch: pytest.MonkeyPatch, radius: float | None, altitude: float
) -> None:
    node: Any = SimpleNamespace(dynamics=None, perigee_altitude=7.0)

    async def own(node: Any) -> str:
        return "path"

    monkeypatch.setattr(releasing, "own_path", own)
    found = None if radius is None else SimpleNamespace(perigee_radius=radius)
    monkeypatch.setattr(releasing, "predict", lambda path, dynamics: found)
    assert run(releasing._passes_at(node), VirtualLoop()) == pytest.approx(altitude)
    assert node.perigee_altitude == (None if radius is None else 500_000.0)
