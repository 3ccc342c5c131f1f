"""Which way a frame takes, and how windows follow from light time and passes."""

import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.icd.devices.ground_station import EarthLinkState, NetworkStatus, PredictedPass
from flight.icd.messages import Telemetry
from flight.runtime.bus import Bus
from flight.runtime.fabric import Fabric
from ground.mission_control.space_link.stations import Hours, NotSent, Stations
from ground.mission_control.telemetry.telemetry import LatestTelemetry
from ground.mission_control.timing.windows import Window

FARTHEST = 3600.0
LAST_FRAME = 2**53


@pytest.fixture
def bus() -> Iterator[Bus]:
    fabric = Fabric()
    bus = Bus("mission_control", fabric=fabric)
    yield bus
    bus.close()
    fabric.close()


def stations(
    bus: Bus,
    passes: list[tuple[float, float]],
    up: tuple[str, ...] = ("relay",),
    now: float = 0.0,
    hours: Hours | None = None,
) -> Stations:
    found = Stations(bus, 1, lambda: now, hours=hours)
    found.status = NetworkStatus(
        light_time=600.0,
        moratorium=False,
        links=[EarthLinkState(name, name in up, 1e6) for name in ("relay", "lander")],
        passes=[PredictedPass("lander", start, end) for start, end in passes],
    )
    return found


async def test_a_repeat_takes_the_other_way_when_the_direct_link_is_up(bus: Bus) -> None:
    both = stations(bus, [], up=("relay", "lander"))
    assert both.choose("mav") == ("lander", "lander")
    assert both.choose("mav", "lander") == ("relay", "lander")
    assert both.choose("mav", "relay") == ("lander", "lander")
    assert both.choose("rover", "relay") == ("relay", "rover")


async def test_a_repeat_waits_for_the_other_way_but_no_longer_than_a_sol(bus: Bus) -> None:
    direct = stations(bus, [], up=("lander",))
    assert direct.choose("mav", "lander") == ("relay", "lander")
    assert direct.choose("mav", "lander", SOL_SECONDS - 1.0) == ("relay", "lander")
    assert direct.choose("mav", "lander", SOL_SECONDS) == ("lander", "lander")


@pytest.mark.parametrize("up", [("relay",), ()])
async def test_without_the_direct_link_all_goes_by_relay(bus: Bus, up: tuple[str, ...]) -> None:
    assert stations(bus, [], up=up).choose("arm") == ("relay", "lander")


def until(dusk: float) -> Hours:
    return {"lander": lambda at: at <= dusk}


@pytest.mark.parametrize(
    ("dusk", "way"),
    [(660.0, "lander"), (math.nextafter(660.0, 0.0), "relay"), (600.0, "relay"), (0.0, "relay")],
)
async def test_what_would_arrive_when_the_radio_sleeps_goes_by_relay(
    bus: Bus, dusk: float, way: str
) -> None:
    both = stations(bus, [], up=("relay", "lander"), hours=until(dusk))
    assert both.choose("mav") == (way, "lander")  # there after 600 s, and heard for a minute


async def test_a_radio_that_sleeps_is_no_way_even_where_the_relay_is_down(bus: Bus) -> None:
    night = stations(bus, [], up=("lander",), hours=until(0.0))
    assert night.choose("mav") == ("relay", "lander")
    assert night.choose("mav", "lander", SOL_SECONDS) == ("relay", "lander")


async def test_a_repeat_waits_for_the_hours_of_the_radio_that_sleeps(bus: Bus) -> None:
    night = stations(bus, [], up=("relay", "lander"), hours=until(0.0))
    assert night.choose("mav", "relay") == ("lander", "lander")
    with pytest.raises(NotSent, match="lander does not listen") as told:
        await night.send("lander", "lander", b"")
    assert not told.value.refused and not told.value.unsure  # nothing has left; tried again later
    assert night.choose("mav", "relay", SOL_SECONDS) == ("relay", "lander")


async def test_who_has_no_hours_listens_always(bus: Bus) -> None:
    assert stations(bus, [], hours=until(0.0)).listens("orbiter")


async def test_a_window_holds_light_time_the_wait_for_a_pass_and_the_wait_back(bus: Bus) -> None:
    window = stations(bus, [(5000.0, 5600.0), (20_000.0, 20_500.0)]).window("arm")
    assert window == Window(600.0, 4400.0, 15_500.0)  # until the second pass is over
    assert window.first_report == 600.0 + 4400.0 + 15_500.0 + 600.0


async def test_a_pass_under_way_when_the_signal_arrives_serves_at_once(bus: Bus) -> None:
    window = stations(bus, [(500.0, 900.0), (5000.0, 5600.0)]).window("lander")
    assert window.delivery == 600.0
    assert window.answer_wait == 5000.0


async def test_without_predictions_a_sol_is_allowed(bus: Bus) -> None:
    assert stations(bus, []).window("lander").answer_wait == SOL_SECONDS


@pytest.mark.requirement("BUS-06")
def test_a_vehicle_is_stale_only_beyond_light_time_and_passes() -> None:
    latest = LatestTelemetry()
    latest.heard("rover", 0, 600_000_000_000)
    window = Window(600.0, 0.0, 10_000.0)
    allowed = 600.0 + 10_000.0 + 3600.0 + 900.0
    assert not latest.is_stale("rover", int(allowed * 1e9), window)
    assert latest.is_stale("rover", int((allowed + 1.0) * 1e9), window)
    assert latest.is_stale("lander", 0, window)


@pytest.mark.parametrize(("order", "value"), [((1, 2), 0.2), ((2, 1), 0.2)])
@pytest.mark.requirement("BUS-07")
def test_a_late_sample_never_replaces_a_newer_one(order: tuple[int, int], value: float) -> None:
    latest = LatestTelemetry()
    for number in order:
        latest.take(Telemetry("rover", number, {"charge": number / 10.0}, number), 9)
    assert latest.value("rover", "charge") == value


@pytest.mark.parametrize(
    ("changed", "believed"),
    [
        ({}, True),
        ({"last_frame": LAST_FRAME}, True),
        ({"last_frame": LAST_FRAME + 1}, False),
        ({"last_frame": 10**21}, False),  # no store counts so far
        ({"last_frame": -1}, False),
        ({"light_time": FARTHEST}, True),
        ({"light_time": FARTHEST + 1.0}, False),
        ({"light_time": float("nan")}, False),
        ({"light_time": -1.0}, False),
        ({"links": [EarthLinkState("relay", True, float("inf"))]}, False),
        ({"passes": [PredictedPass("lander", 0.0, float("nan"))]}, False),
    ],
)
async def test_a_state_of_the_network_that_cannot_be_is_none(
    bus: Bus, changed: dict[str, Any], believed: bool
) -> None:
    found = stations(bus, [(0.0, 600.0)])
    before, told = found.status, []
    assert before is not None
    said = msgspec.structs.replace(before, **changed)

    async def status() -> NetworkStatus:
        return said

    found._driver = SimpleNamespace(status=status)  # type: ignore[assignment]
    found.on_status = told.append
    assert await found.refresh() is believed
    assert found.status is (said if believed else before) and told == [said] * believed
