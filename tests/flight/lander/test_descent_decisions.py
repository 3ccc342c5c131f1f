"""The computer of the descent at its devices: what silence, refusals and reboots lead to."""

import asyncio
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.icd.devices.descent import EngineState, InertialIncrements, PyroState, StarAlignment
from tests.flight.lander.descent_bench import (
    GROUND,
    MUTE,
    Bench,
    navigation,
    nothing_felt,
)

# ----------------------------------------------------------------- initiators

GONE = PyroState(fired=True, separated=True)
STAYS = PyroState(fired=True, separated=False)
SILENT_SWITCH = PyroState(fired=True, separated=None)
DEAD = PyroState(fired=False, separated=None)
MEANINGLESS = PyroState(valid=False, reason="no sense", fired=True, separated=True)


@pytest.mark.parametrize(
    ("answers", "sides", "fired", "told"),
    [
        ([GONE], "A", True, []),
        ([SILENT_SWITCH], "A", True, []),
        ([STAYS, GONE], "AB", True, []),
        ([STAYS, STAYS], "AB", True, []),
        ([DEAD, GONE], "AB", True, ["initiator_failed"]),
        ([STAYS, DEAD], "AB", True, ["initiator_failed"]),
        ([DEAD, DEAD], "AB", False, ["initiator_failed", "initiator_failed", "part_not_fired"]),
        ([MUTE, GONE], "AB", True, ["device_trouble"]),
        ([MUTE, MUTE], "AB", False, ["device_trouble", "device_trouble", "part_not_fired"]),
        ([MEANINGLESS, GONE], "AB", True, ["device_trouble"]),
        ([MEANINGLESS, DEAD], "AB", False,
         ["device_trouble", "initiator_failed", "part_not_fired"]),
    ],
)  # fmt: skip
def test_the_second_side_is_fired_when_the_first_did_not_let_go(
    answers: list[Any], sides: str, fired: bool, told: list[str]
) -> None:
    bench = Bench()
    bench.pyrotechnics.answers["fire"] = list(answers)
    assert bench.do(bench.descent.fire("mortar")) is fired
    assert bench.pyrotechnics.of("fire") == [("mortar", side) for side in sides]
    assert bench.names() == told
    if told and told[0] == "initiator_failed":
        side = "A" if answers[0] is DEAD else "B"
        assert bench.told("initiator_failed")[0] == {"part": "mortar", "side": side}


def test_trouble_with_a_device_is_told_twice_and_of_each_device() -> None:
    bench = Bench()
    for _ in range(4):
        bench.descent.trouble("a", "x")
    bench.descent.trouble("b", "y")
    assert bench.told("device_trouble") == [
        {"device": "a", "reason": "x"}, {"device": "a", "reason": "x"},
        {"device": "b", "reason": "y"},
    ]  # fmt: skip


# ---------------------------------------------------------------------- tanks


@pytest.mark.parametrize(
    ("valid", "before", "after"),
    [(True, 0.0, 480.0), (True, 300.0, 480.0), (False, 0.0, 600.0), (False, 300.0, 300.0),
     (False, -1.0, 600.0)],
)  # fmt: skip
def test_what_is_in_the_tanks(valid: bool, before: float, after: float) -> None:
    bench = Bench(propellant_loaded=600.0)
    bench.descent.propellant = before
    bench.engines.answers["prime"] = [
        EngineState(valid=valid, thrusts=(0.0,) * 12, propellant=480.0)
    ]
    bench.do(bench.descent.prime())
    assert bench.descent.propellant == after


# ------------------------------------------------------------------- alignment


def stars(*, valid: bool = True, seconds: float = 12.0) -> StarAlignment:
    return StarAlignment(
        valid=valid, time_ns=round(seconds * 1e9), attitude=(0.6, 0.8, 0.0, 0.0), number=41
    )


@pytest.mark.parametrize(("blind", "aligned"), [(0, True), (5, True), (6, False)])
def test_the_stars_are_asked_six_times_over_more_than_a_minute(blind: int, aligned: bool) -> None:
    bench = Bench()
    bench.inertial_unit.answers["alignment"] = [stars(valid=False)] * blind + [stars()]
    if not aligned:
        with pytest.raises(ActivityFailed, match="star scanner"):
            bench.do(bench.descent.align())
        assert len(bench.inertial_unit.of("alignment")) == 6
        return
    bench.do(bench.descent.align())
    n = bench.descent.navigation
    assert (n.time, n.number, n.attitude) == (12.0, 41, (0.6, 0.8, 0.0, 0.0))
    # Place and velocity of the load, at 10 s, are carried on to the stars' 12 s.
    assert n.local_velocity()[2] == pytest.approx(-7.4, abs=0.1)
    assert n.errors[0].position == pytest.approx(300.0**2 + (2.0 * 2.0) ** 2)
    assert n.errors[2].velocity == pytest.approx(4.0 + 2.0 * 4e-6)
    assert n.can_be_insisted
    assert bench.memory.descent_navigation == n.kept()


def test_without_that_safeguard_nothing_is_insisted_upon() -> None:
    bench = Bench(left_out=("insistence",))
    bench.do(bench.descent.align())
    assert not bench.descent.navigation.can_be_insisted


# ------------------------------------------------------------------ navigation


def test_it_navigates_with_what_was_felt_since_the_reading_it_knows() -> None:
    bench = Bench()
    bench.inertial_unit.answers["increments"] = [bench.passing(0.5)]
    assert bench.do(bench.descent.navigate())
    assert bench.do(bench.descent.navigate())
    assert bench.inertial_unit.of("increments") == [(7,), (8,)]
    assert bench.where.time == pytest.approx(101.0)


@pytest.mark.parametrize(
    "answer",
    [MUTE, nothing_felt(8, 0.1, valid=False, reason="gone"), nothing_felt(8, 0.1, valid=False)],
)
def test_without_the_unit_it_goes_on_as_it_felt_and_tells_once(answer: Any) -> None:
    bench = Bench()
    bench.where.felt = (0.0, 0.0, 3.7)
    bench.inertial_unit.answers["increments"] = [
        answer,
        answer,
        answer,
        nothing_felt(8, 0.6, time_ns=100_600_000_000),
    ]

    async def story() -> None:
        await bench.descent.begin()
        for _ in range(3):
            await asyncio.sleep(0.2)
            assert not await bench.descent.navigate()
        assert bench.where.time == pytest.approx(100.6)
        assert abs(bench.where.local_velocity()[2]) < 0.1
        await asyncio.sleep(0.2)
        # The reading tells what really was felt: what was guessed is forgotten.
        assert await bench.descent.navigate()
        assert bench.where.time == pytest.approx(100.6) and bench.where.number == 8
        assert bench.where.local_velocity()[2] == pytest.approx(-0.6 * 3.7, abs=0.05)
        bench.inertial_unit.answers["increments"] = [answer]
        assert not await bench.descent.navigate()

    bench.do(story())
    reason = "nothing was heard" if answer is MUTE else answer.reason or "not valid"
    assert bench.told("device_trouble") == [
        {"device": "descent_inertial_unit", "reason": reason}
    ] * 2  # fmt: skip


@pytest.mark.parametrize(("seconds", "given_up"), [(20.0, False), (20.25, True)])
def test_deaf_for_twenty_seconds_it_gives_up(seconds: float, given_up: bool) -> None:
    bench = Bench()
    bench.inertial_unit.answers["increments"] = [MUTE]

    async def story() -> None:
        await asyncio.sleep(7.0)
        await bench.descent.begin()
        await bench.descent.navigate()
        for _ in range(int(4 * seconds)):
            await asyncio.sleep(0.25)
            await bench.descent.navigate()

    if not given_up:
        bench.do(story())
        return
    with pytest.raises(ActivityFailed, match="nothing valid for 20 s"):
        bench.do(story())


def test_one_reading_in_between_begins_the_silence_anew() -> None:
    bench = Bench()

    async def story() -> None:
        await bench.descent.begin()
        for silence in range(1, 4):
            bench.inertial_unit.answers["increments"] = [MUTE]
            for _ in range(60):
                await asyncio.sleep(0.25)
                await bench.descent.navigate()
            now = round((100.0 + 15.0 * silence) * 1e9)
            bench.inertial_unit.answers["increments"] = [
                nothing_felt(7 + silence, 15.0, time_ns=now)
            ]
            assert await bench.descent.navigate()

    bench.do(story())
    assert bench.where.time == pytest.approx(145.0)


@pytest.mark.parametrize(("left_out", "doubt"), [((), True), (("saturation_heard",), False)])
def test_a_saturated_gyroscope_is_told_once_unless_nobody_listens(
    left_out: tuple[str, ...], doubt: bool
) -> None:
    bench = Bench(left_out=left_out)
    bench.inertial_unit.answers["increments"] = [bench.passing(0.1, saturated=True)]
    bench.do(bench.descent.navigate())
    bench.do(bench.descent.navigate())
    assert bench.where.saturated is doubt
    assert bench.told("gyroscope_saturated") == ([{"gap": False}] if doubt else [])


def test_the_navigation_is_kept_once_a_second() -> None:
    bench = Bench()
    bench.inertial_unit.answers["increments"] = [bench.passing(0.5)]
    kept = []
    for _ in range(5):
        bench.do(bench.descent.navigate())
        stored = bench.memory.descent_navigation
        assert stored is not None
        kept.append(stored.time)
    assert kept == [100.5, 100.5, 101.5, 101.5, 102.5]


@pytest.mark.parametrize(("height", "period"), [(5_100.0, 5.0), (4_000.0, 1.0)])
def test_it_shows_where_it_is_every_five_seconds_and_low_down_every_second(
    height: float, period: float
) -> None:
    bench = Bench(navigation((0.0, 0.0, GROUND + height)))
    bench.inertial_unit.answers["increments"] = [bench.hovering(0.5)]
    for _ in range(22):
        bench.do(bench.descent.navigate())
    times = [time for time, _ in bench.host.told]
    assert times == [pytest.approx(100.5 + period * i) for i in range(len(times))]
    assert len(times) == 1 + int(10.5 / period)
    values = bench.host.told[0][1]
    assert values["height"] == pytest.approx(height, abs=1.0) and values["propellant"] == 500.0
    assert "bank" not in values
    bench.descent.banks = (0.5, -1.0)
    bench.inertial_unit.answers["increments"] = [bench.hovering(6.0)]
    bench.do(bench.descent.navigate())
    shown = bench.host.told[-1][1]
    assert (shown["bank_ordered"], shown["bank"]) == (28.6, -57.3)


# --------------------------------------------------------------------- reboots


def rebooted(bench: Bench) -> Bench:
    again = Bench()
    again.memory = again.descent.memory = bench.memory  # type: ignore[assignment]
    again.descent._navigation = None
    return again


def test_after_a_reboot_it_goes_on_from_what_was_kept() -> None:
    before = Bench(navigation((10.0, 20.0, GROUND + 3_000.0), (0.0, 0.0, -50.0)))
    before.descent.store()
    again = rebooted(before)
    again.inertial_unit.answers["increments"] = [
        nothing_felt(30, 4.0, time_ns=104_000_000_000, saturated=True)
    ]
    again.do(again.descent.begin())
    assert again.inertial_unit.of("increments") == [(7,)]
    n = again.descent.navigation
    assert n.time == 104.0 and n.number == 30 and n.can_be_insisted
    told = again.told("descent_resumed")
    assert told == [{"gap": 4.0, "height": round(3_000 - 200 - 29.7), "saturated": True}]
    # A phase that begins later does not take it up again.
    again.do(again.descent.begin())
    assert len(again.told("descent_resumed")) == 1
    assert len(again.inertial_unit.of("increments")) == 1


def test_without_anything_kept_nothing_is_known() -> None:
    bench = rebooted(Bench())
    bench.do(bench.descent.begin())
    assert not bench.told("descent_resumed")
    with pytest.raises(ActivityFailed, match="no navigation was kept"):
        bench.do(bench.descent.navigate())


def test_beats_come_at_their_pace_and_are_not_made_up_for() -> None:
    bench = Bench()
    late = [0.0, 0.0, 0.35, 0.0, 0.0]
    beats: list[float] = []

    async def slowly(since: int) -> InertialIncrements:
        beats.append(round(asyncio.get_running_loop().time(), 3))
        await asyncio.sleep(late[len(beats) - 1])
        return nothing_felt(since)

    bench.inertial_unit.increments = slowly  # type: ignore[method-assign]

    async def story() -> None:
        await asyncio.sleep(2.0)
        await bench.descent.begin()
        for _ in range(5):
            await bench.descent.tick(0.1)

    bench.do(story())
    # The beat of 2.4 s was missed; the next comes at once, the others follow at their pace.
    assert beats == [2.1, 2.2, 2.3, 2.65, 2.75]
