"""Cruise, release and deflection by hand: when what is done, and what stops it."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.vectors import Vector, norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.exchanges import ExchangeFailed
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.capture import ReleaseState
from flight.orbiter import cruising, releasing
from flight.orbiter.records import CapsuleRelease, Departure
from flight.orbiter.trajectory import Path
from tests.flight.orbiter.ship import MUTE, Answers, Ship, do, known_orbit, now, quick

DAY = 86_400.0
SIGNAL = Signal("x")


# ------------------------------------------------------------------------ cruise


def cruised(
    monkeypatch: pytest.MonkeyPatch, begin: float = 0.0, aimed: float | None = None,
    against: tuple[str, ...] = (),
) -> tuple[Any, list[Any], Any]:  # fmt: skip
    seen = SimpleNamespace(entry_time=200.0 * DAY)
    calls = quick(monkeypatch, cruising, correct=None, show_encounter=seen, show_landing="landing")
    monkeypatch.setattr(cruising, "reasons_against", lambda landing, p: list(against))
    ship: Any = Ship(
        departure=Departure(0.0, 200.0 * DAY, 8.0), aimed_entry=aimed, entry_angle=-25.0
    )

    async def story() -> Any:
        if begin:
            await asyncio.sleep(begin)
        return await cruising.cruise(ship, SIGNAL)

    return ship, calls, story


def test_corrections_come_on_their_days(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls, story = cruised(monkeypatch)
    assert do(story()).name == "targeted"
    corrections = [call[1:] for call in calls if call[0] == "correct"]
    days = [7.0, 60.0, 110.0, 160.0, 180.0, 190.0, 193.0, 195.0, 196.4]
    assert [at / DAY for at, *_ in corrections] == pytest.approx(days)
    assert [purpose for _, purpose, _ in corrections] == [
        *(f"correction {n}" for n in range(1, 6)), *(f"targeting {n}" for n in range(1, 5)),
    ]  # fmt: skip
    assert [past for *_, past in corrections] == [True] * 5 + [False] * 4
    assert ship.told("targeted") == [{"angle": -25.0, "days": 3.6}]


def test_what_has_passed_is_left_out_and_the_aimed_entry_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, calls, story = cruised(monkeypatch, begin=159.0 * DAY, aimed=199.0 * DAY)
    do(story())
    at = [call[1] / DAY for call in calls if call[0] == "correct"]
    assert at == pytest.approx([160.0, 180.0, 189.0, 192.0, 194.0, 195.4])


def test_what_stands_against_it_keeps_it_from_being_targeted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ship, _, story = cruised(monkeypatch, against=("too steep", "too far"))
    with pytest.raises(ActivityFailed, match="not targeted: too steep; too far"):
        do(story())
    assert not ship.told("targeted")
    ship.departure = None
    with pytest.raises(ActivityFailed, match="depart first"):
        do(cruising.cruise(ship, SIGNAL))


@pytest.mark.parametrize(
    ("past", "size", "burnt"),
    [
        (True, 0.00201, True), (True, 0.00199, False), (False, 0.000301, True),
        (False, 0.000299, False),
    ],
)
def test_small_corrections_are_worth_it_only_when_it_is_targeted(
    monkeypatch: pytest.MonkeyPatch, past: bool, size: float, burnt: bool
) -> None:
    path = SimpleNamespace(centre="sun", position=(0.0,) * 3, velocity=(0.0,) * 3, time=0.0)
    calls = quick(
        monkeypatch, cruising, own_path=path, _to_aim=(size, 0.0, 0.0), show_encounter=None,
        execute=None,
    )  # fmt: skip
    monkeypatch.setattr(cruising, "predict", lambda *given: "seen")
    ship: Any = Ship(departure=Departure(0.0, 1.0, 8.0), dynamics=None)
    do(cruising.correct(ship, "correction 1", past=past))
    executed = [call[2:4] for call in calls if call[0] == "execute"]
    assert executed == ([((size, 0.0, 0.0), "correction 1")] if burnt else [])
    assert [call[0] for call in calls][-1] == "show_encounter"


def test_when_earth_is_not_reached_it_is_turned_there_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = SimpleNamespace(centre="sun", position=(0.0,) * 3, velocity=(1.0, 0.0, 0.0), time=0.0)
    calls = quick(
        monkeypatch, cruising, own_path=path, _to_aim=(0.0, 0.5, 0.0), show_encounter=None,
        execute=None,
    )  # fmt: skip
    seen = iter([None, "seen", None, None])
    flown: list[Any] = []

    def predict(path: Any, dynamics: Any) -> Any:
        flown.append(path.velocity)
        return next(seen)

    monkeypatch.setattr(cruising, "predict", predict)
    monkeypatch.setattr(cruising, "change_towards_earth", lambda *given: (3.0, 0.0, 0.0))
    ship: Any = Ship(departure=Departure(0.0, 1.0, 8.0), dynamics=None)
    do(cruising.correct(ship, "correction 1", past=True))
    assert flown == [(1.0, 0.0, 0.0), (4.0, 0.0, 0.0)]
    assert [call[2] for call in calls if call[0] == "execute"] == [(3.0, 0.5, 0.0)]
    calls.clear()
    do(cruising.correct(ship, "correction 2", past=True))
    assert not [call for call in calls if call[0] == "execute"]
    assert "Earth is not reached" in ship.told("device_trouble")[0]["reason"]


def test_who_is_at_mars_or_not_tracked_has_no_path() -> None:
    ship: Any = Ship()
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("sun")])
    path = do(cruising.own_path(ship))
    assert (path.centre, path.position, path.velocity, path.time) == (
        "sun", (1e11, 0.0, 0.0), (0.0, 3e4, 0.0), 5.0,
    )  # fmt: skip
    ship.devices.orbit_knowledge = Answers(state=[known_orbit("mars")])
    with pytest.raises(ActivityFailed, match="still at Mars"):
        do(cruising.own_path(ship))
    ship.devices.orbit_knowledge = Answers(state=[DeviceFault("no_solution", "none")])
    ship.is_in = lambda state: False
    with pytest.raises(ActivityFailed, match="no tracking solution: none"):
        do(cruising.own_path(ship))


@pytest.mark.parametrize(("missing", "found"), [(1, True), (24, True), (25, False)])
def test_on_the_way_a_missing_solution_is_waited_for_but_no_longer_than_a_day(
    missing: int, found: bool
) -> None:
    ship: Any = Ship(is_in=lambda state: state == "cruise")
    none = [DeviceFault("no_solution", "none")] * missing
    ship.devices.orbit_knowledge = Answers(state=[*none, known_orbit("sun")])

    async def story() -> float:
        await cruising.own_path(ship)
        return asyncio.get_running_loop().time()

    if found:
        assert do(story()) == missing * 3600.0
    else:
        with pytest.raises(ActivityFailed, match="no tracking solution"):
            do(story())


# ----------------------------------------------------------------------- release


def gone(separated: bool = True) -> ReleaseState:
    return ReleaseState(separated=separated, spin=1.0)


AIM = SimpleNamespace(entry_time=10.0 * DAY, entry_direction=(0.0, 1.0, 0.0))


def releasing_ship(
    monkeypatch: pytest.MonkeyPatch, states: list[Any], release: list[Any] | None = None,
    against: tuple[str, ...] = (), word: Exception | None = None,
) -> tuple[Any, list[Any]]:  # fmt: skip
    seen = SimpleNamespace(entry_time=10.0 * DAY + 5.0)
    calls = quick(
        monkeypatch, releasing, show_encounter=seen, own_path="path", _distance=3.456,
        show_landing=SimpleNamespace(entry_time=10.0 * DAY + 7.0),
    )  # fmt: skip
    monkeypatch.setattr(releasing, "make_aim", lambda node, seen: (AIM, None))
    monkeypatch.setattr(releasing, "reasons_against", lambda landing, p: list(against))
    ship: Any = Ship(release=None, tubes_contained=3, entry_angle=-25.0)
    let: list[float] = []

    def go(direction: list[float]) -> Any:
        let.append(now())
        calls.append(("release", now(), direction))
        answer = (release or [gone()])[min(len(let), len(release or [1])) - 1]
        return answer

    ship.devices.capsule_release = Answers(state=states, release=[go])

    async def ask(*given: Any, **more: Any) -> None:
        calls.append(("tell", now(), given[0], given[2].after if hasattr(given[2], "after")
                      else given[2], more))  # fmt: skip
        if word is not None:
            raise word

    ship.exchanges = SimpleNamespace(ask=ask)
    return ship, calls


def test_the_capsule_goes_three_days_before_the_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = releasing_ship(monkeypatch, [gone(False), gone()])
    found = do(releasing.release_capsule(ship, SIGNAL))
    assert found.data["result"] == "released, entry angle -25.0 degrees"
    [release] = [call for call in calls if call[0] == "release"]
    # The springs act when pointing has settled and the table has spun up: 10 s and 60 s.
    assert release[1] == pytest.approx(7.0 * DAY - 70.0) and release[2] == [0.0, 1.0, 0.0]
    assert ship.devices.attitude_control.of("point") == [([0.0, 1.0, 0.0],)]
    assert ship.release == CapsuleRelease(pytest.approx(7.0 * DAY - 70.0), 10.0 * DAY + 5.0)  # type: ignore[arg-type]
    assert ship.told("capsule_released") == [{"tubes": 3, "distance": 3.46, "angle": -25.0}]
    [tell] = [call for call in calls if call[0] == "tell"]
    # Half a turn (360 s) and settling, 45 s for the word, and the springs before it.
    assert tell[1] == pytest.approx(7.0 * DAY - math.pi / 0.00873 - 10.0 - 45.0 - 70.0)
    assert tell[2] == "entry" and tell[4] == {"timeout": 10.0, "attempts": 3}
    assert [call for call in calls if call[0] == "show_landing"]


@pytest.mark.parametrize(
    ("centre", "position", "lunar"),
    [("earth", (0.0, 768_800_000.0, 0.0), 2.0), ("sun", (1.5e11, 384_400_000.0, 0.0), 1.0)],
)
def test_the_distance_from_earth_is_told_in_lunar_distances(
    centre: str, position: Vector, lunar: float
) -> None:
    ship: Any = Ship()
    asked: list[float] = []

    def earth(time: float) -> tuple[Vector, Vector]:
        asked.append(time)
        return (1.5e11, 0.0, 0.0), (0.0, 3e4, 0.0)

    ship.dynamics = SimpleNamespace(earth=earth)
    path = Path(centre, position, (0.0, 0.0, 0.0), 77.0)
    assert do(releasing._distance(ship, path)) == pytest.approx(lunar)
    assert asked == [77.0] * (centre == "sun")


def test_what_is_gone_already_is_not_let_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = releasing_ship(monkeypatch, [gone()])
    assert "gone already" in do(releasing.release_capsule(ship, SIGNAL)).data["result"]
    assert not calls and ship.release is None


def test_outside_the_limits_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = releasing_ship(monkeypatch, [gone(False)], against=("too steep", "too far"))
    with pytest.raises(ActivityFailed, match="too steep; too far"):
        do(releasing.release_capsule(ship, SIGNAL))
    assert "release" not in [call[0] for call in calls] and "tell" not in [c[0] for c in calls]


def test_three_attempts_with_half_an_hour_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = DeviceFault("stuck", "the clamp holds")
    ship, calls = releasing_ship(monkeypatch, [gone(False)], [stuck])
    with pytest.raises(ActivityFailed, match="not released in 3 attempts"):
        do(releasing.release_capsule(ship, SIGNAL))
    at = [call[1] for call in calls if call[0] == "release"]
    assert len(at) == 3 and at[1] - at[0] == pytest.approx(1_800.0 + 45.0, abs=1.0)
    assert len(ship.told("device_trouble")) == 3 and ship.release is None
    # Springs that have answered well and a capsule that is still there are another attempt.
    ship, calls = releasing_ship(monkeypatch, [gone(False)], [gone()])
    with pytest.raises(ActivityFailed, match="not released in 3 attempts"):
        do(releasing.release_capsule(ship, SIGNAL))
    ship, calls = releasing_ship(monkeypatch, [gone(False), gone()], [stuck, gone()])
    assert do(releasing.release_capsule(ship, SIGNAL)).name == "done"


def test_springs_that_do_not_answer_may_have_acted(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, _ = releasing_ship(monkeypatch, [gone(False), gone()], [MUTE])
    assert do(releasing.release_capsule(ship, SIGNAL)).name == "done"
    assert len(ship.devices.capsule_release.of("release")) == 1 and ship.release is not None
    assert ship.told("device_trouble") and not ship.told("result_unconfirmed")
    # Switches that nobody can ask are no release: it is tried again, as long as there is time.
    ship, _ = releasing_ship(monkeypatch, [gone(False), MUTE], [gone()])
    with pytest.raises(ActivityFailed, match="not released in 3 attempts"):
        do(releasing.release_capsule(ship, SIGNAL))
    assert len(ship.devices.capsule_release.of("release")) == 3 and ship.release is None


def test_a_capsule_that_cannot_be_told_goes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, _ = releasing_ship(monkeypatch, [gone(False), gone()], word=ExchangeFailed("silent"))
    assert do(releasing.release_capsule(ship, SIGNAL)).name == "done"
    assert ship.told("entry_not_told") == [{"reason": "silent"}]


def test_a_day_before_the_entry_it_turns_away(monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch, releasing, show_encounter=SimpleNamespace(entry_time=5.0 * DAY))

    async def story() -> float:
        ship: Any = Ship()
        assert (await releasing.wait_for_release(ship, SIGNAL)).name == "turn_away"
        return now()

    assert do(story()) == 4.0 * DAY


# -------------------------------------------------------------------- deflection

EARTH = 6_378_137.0


def deflected(
    monkeypatch: pytest.MonkeyPatch, before: float | None, after: float | None
) -> tuple[Any, list[Any]]:
    """Altitudes (m) of the perigee: each m/s along the B-vector lifts it by 100 km."""
    calls = quick(monkeypatch, releasing, own_path="path", execute=None)
    burnt: list[Any] = []

    def predict(path: Any, dynamics: Any) -> Any:
        if isinstance(path, float):
            altitude: float | None = (before or 0.0) + 1e5 * path
        else:
            altitude = after if burnt else before
        if path == "path" and not burnt:
            burnt.append(1)
        if altitude is None:
            return None
        return SimpleNamespace(perigee_radius=EARTH + altitude, b_vector=(0.0, 2.0, 0.0))

    monkeypatch.setattr(releasing, "predict", predict)
    monkeypatch.setattr(releasing, "kicked", lambda path, change: norm(change))
    ship: Any = Ship(dynamics=None)
    return ship, calls


def test_the_perigee_is_lifted_by_the_smallest_change(monkeypatch: pytest.MonkeyPatch) -> None:
    ship, calls = deflected(monkeypatch, -500_000.0, 1_000_400.0)
    found = do(releasing.deflect(ship, SIGNAL))
    [executed] = [call[2] for call in calls if call[0] == "execute"]
    assert executed == pytest.approx((0.0, 15.0, 0.0), abs=1e-6)
    assert found.data["result"] == "passes Earth at 1000 km"
    assert ship.perigee_altitude == 1_000_400.0 and ship.told("deflected") == [{"altitude": 1000}]


@pytest.mark.parametrize("before", [1_000_000.0, 2_000_000.0, None])
def test_what_passes_already_is_left(monkeypatch: pytest.MonkeyPatch, before: float | None) -> None:
    ship, calls = deflected(monkeypatch, before, None)
    assert do(releasing.deflect(ship, SIGNAL)).data["result"] == "it passes Earth already"
    assert not [call for call in calls if call[0] == "execute"]


@pytest.mark.parametrize(("after", "enough"), [(499_999.0, False), (500_000.0, True), (None, True)])
def test_half_of_the_altitude_is_enough(
    monkeypatch: pytest.MonkeyPatch, after: float | None, enough: bool
) -> None:
    ship, _ = deflected(monkeypatch, -500_000.0, after)
    if enough:
        do(releasing.deflect(ship, SIGNAL))
        assert ship.perigee_altitude == after
        if after is None:  # it passes outside the sphere of influence
            assert ship.told("deflected") == [{"altitude": 918_222}]
    else:
        with pytest.raises(ActivityFailed, match="would pass at 500 km only"):
            do(releasing.deflect(ship, SIGNAL))


@pytest.mark.parametrize(("later", "burns"), [(1_000_000.0, 1), (999_999.0, 2)])
def test_what_was_too_little_and_is_enough_by_later_tracking_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, later: float, burns: int
) -> None:
    ship, calls = deflected(monkeypatch, -500_000.0, None)
    seen = iter([-500_000.0, 400_000.0, later])  # planned by, after the burn, and a minute later

    def predict(path: Any, dynamics: Any) -> Any:
        altitude = 1e5 * path if isinstance(path, float) else next(seen, 1_000_000.0)
        return SimpleNamespace(perigee_radius=EARTH + altitude, b_vector=(0.0, 2.0, 0.0))

    monkeypatch.setattr(releasing, "predict", predict)
    found = do(releasing.deflect(ship, SIGNAL))
    assert found.data["result"] == "passes Earth at 1000 km"
    assert ship.perigee_altitude == 1_000_000.0
    assert len([call for call in calls if call[0] == "execute"]) == burns
