"""The search near by: over what it looks, in which order, when it gives up."""

import math
from itertools import pairwise
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, add, angle_between, scale, unit
from flight.icd.devices.base import DeviceFault
from flight.orbiter import confirming, near_search
from flight.orbiter.confirming import HALF_FIELD
from flight.orbiter.navigation import orbit_covariance
from tests.flight.orbiter.ship import Ship, do, now, orbit, quick

LINE: Vector = (1.0, 0.0, 0.0)


def lost(along: float = 185_000.0, radial: float = 100.0, far: float = 300.0) -> Any:
    """The container so far behind, known so well in height and across, and along its orbit."""
    ship: Any = Ship((0.0, along, 0.0), images_taken=0)
    ship.navigator.covariance = orbit_covariance(orbit(), radial, far, radial, (0.01,) * 3)
    return ship


def test_what_is_known_well_is_one_image() -> None:
    assert near_search.pattern(lost().navigator) == [(0.0, 0.0)]
    # What is not known along the line of sight is no angle.
    assert near_search.pattern(lost(far=3_000.0).navigator) == [(0.0, 0.0)]


def test_an_ellipse_is_covered_the_likeliest_first() -> None:
    ship = lost(along=50_000.0, radial=2_000.0)
    places = near_search.pattern(ship.navigator)
    assert places[0] == (0.0, 0.0) and 5 < len(places) <= 64
    sizes = [math.hypot(*place) for place in places]
    assert all(a <= b + 1e-9 for a, b in pairwise(sizes))  # a circle here
    # Every direction within three and a half standard deviations is in an image.
    edge = 3.5 * 2_000.0 / 50_000.0
    for turn in range(36):
        for part in (0.3, 0.7, 0.99):
            angle = math.radians(10.0 * turn)
            there = (part * edge * math.cos(angle), part * edge * math.sin(angle))
            assert min(math.dist(there, place) for place in places) <= HALF_FIELD * 1.001


def test_a_long_ellipse_is_looked_at_along_its_length() -> None:
    ship = lost(along=50_000.0)
    ship.navigator.covariance = orbit_covariance(orbit(), 3_000.0, 300.0, 10.0, (0.01,) * 3)
    places = near_search.pattern(ship.navigator)
    assert len({round(x, 6) for x, _ in places}) == len(places) >= 5
    assert max(abs(y) for _, y in places) < 0.1 * HALF_FIELD
    # And the track leads there: up and down, not to the sides.
    track = near_search._beside(ship, places[-1])
    line = unit(ship.navigator.line_of_sight())
    assert angle_between(track(0.0), line) == pytest.approx(math.hypot(*places[-1]), abs=1e-3)
    assert abs(track(0.0)[0] - line[0]) > 0.9 * math.sin(math.hypot(*places[-1]))


def test_what_is_all_over_the_sky_is_no_search_near_by() -> None:
    assert near_search.pattern(lost(along=20_000.0, radial=20_000.0).navigator) == []


class Eyes:
    """Images that show the container where it truly is: `off` (rad) in height from the belief."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ship: Any, off: float | None) -> None:
        self.at: list[float] = []
        self.ship = ship

        async def look(node: Any, track: Any) -> list[Any]:
            self.at.append(now())
            node.navigator.advance(now())
            line = unit(node.navigator.line_of_sight())
            first, _ = near_search._axes(line, node.navigator.target)
            if off is None:
                return []
            true: Vector = unit(add(line, scale(math.tan(off), first)))
            return [(now(), true, 7.0)] if angle_between(track(now()), true) < HALF_FIELD else []

        monkeypatch.setattr(near_search, "look", look)
        monkeypatch.setattr(near_search, "container_visible", self.visible)
        quick(monkeypatch, near_search, confirm=lambda node, sighting, track: [sighting])

    def visible(self, node: Any, time: float) -> bool:
        return True

    def search(self) -> tuple[Any, float]:
        async def story() -> tuple[Any, float]:
            return await near_search.search_near(self.ship), now()

        found: tuple[Any, float] = do(story())
        return found


@pytest.mark.parametrize("degrees", [0.0, 4.0, -6.0])
def test_it_is_found_where_it_is(monkeypatch: pytest.MonkeyPatch, degrees: float) -> None:
    eyes = Eyes(monkeypatch, lost(along=50_000.0, radial=2_000.0), math.radians(degrees))
    found, _ = eyes.search()
    assert len(found) == 1 and len(eyes.at) < 30


def test_it_is_given_up_after_four_looks_at_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = Eyes(monkeypatch, lost(), None)
    assert eyes.search() == (None, 240.0) and eyes.at == [0.0, 60.0, 120.0, 180.0]


@pytest.mark.parametrize(("dark", "found"), [(9, [LINE]), (1_000, None)])
def test_where_no_image_was_taken_nobody_has_looked(
    monkeypatch: pytest.MonkeyPatch, dark: int, found: Any
) -> None:
    eyes = Eyes(monkeypatch, lost(), 0.0)
    monkeypatch.setattr(near_search, "look", confirming.look)
    asked: list[float] = []

    def image(node: Any, track: Any) -> Any:
        asked.append(now())
        return DeviceFault("no_power", "off") if len(asked) <= dark else [LINE]

    quick(monkeypatch, confirming, image=image)
    seen, ended = eyes.search()
    assert seen == found and ended == (8_100.0 if found else 2 * 86_400.0)


def test_what_cannot_be_seen_is_waited_for_two_days(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = Eyes(monkeypatch, lost(), 0.0)
    seen_from = 100_000.0
    monkeypatch.setattr(near_search, "container_visible", lambda node, time: time >= seen_from)
    found, ended = eyes.search()
    assert found and ended == pytest.approx(seen_from, abs=300.0)
    monkeypatch.setattr(near_search, "container_visible", lambda node, time: False)
    eyes.at.clear()
    assert eyes.search() == (None, 172_800.0) and not eyes.at


def test_too_wide_for_six_hours_is_too_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    eyes = Eyes(monkeypatch, lost(), 0.0)
    fits_from = 20_000.0
    monkeypatch.setattr(
        near_search, "pattern", lambda nav: [(0.0, 0.0)] if now() >= fits_from else []
    )
    assert eyes.search()[0]
    fits_from = math.inf
    found, ended = eyes.search()
    assert found is None and 21_600.0 < ended <= 22_200.0


@pytest.mark.parametrize("missing", ["own", "target", "covariance"])
def test_who_believes_nothing_looks_nowhere_near(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    ship = lost()
    setattr(ship.navigator, missing, [] if missing == "covariance" else None)
    assert Eyes(monkeypatch, ship, 0.0).search() == (None, 0.0)
