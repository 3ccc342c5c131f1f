"""Hibernation as it is lived: when it listens, takes its leave, sets its clock and wakes."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.surface import hibernation
from flight.surface.hibernation import Hibernates, Hibernation
from flight.surface.noon import Noon


class Sleeper:
    """What a vehicle adds is kept in `lived`, what it says in `said`."""

    hibernate, end_hibernation = Hibernates.hibernate, Hibernates.end_hibernation
    take_up_hibernation = Hibernates.take_up_hibernation
    must_be_silent = Hibernates.must_be_silent
    hibernation_over = Hibernates.hibernation_over
    _hibernate, _look_at_clock = Hibernates._hibernate, Hibernates._look_at_clock
    _take_leave, _wait, _note, _keep = (
        Hibernates._take_leave, Hibernates._wait, Hibernates._note, Hibernates._keep,
    )  # fmt: skip
    _charge, _income = Hibernates._charge, Hibernates._income

    def __init__(self, kept: Hibernation | None = None) -> None:
        self.hibernation = kept
        self.hibernating = False
        self.said: list[tuple[str, Any]] = []
        self.lived: list[Any] = []
        self.silences: list[float] = []
        self.state_of_charge: float | None = 0.61234
        self.power, self.window = 0.0, False
        self.parameters = {"listening_light": 45.0}
        loop = asyncio.get_running_loop()
        self.clock = SimpleNamespace(count=loop.time, jd_tt=lambda: 2_460_000.0)
        timer = SimpleNamespace(announce_silence=self.silences.append)
        responder = SimpleNamespace(is_held=lambda action: self.held)
        self.protection = SimpleNamespace(command_loss=timer, responder=responder)
        self.held = False
        self.recorder: Any = SimpleNamespace(pending=0, in_flight=0)
        self.link = SimpleNamespace(up=True)
        self.communications = SimpleNamespace(link=lambda name: self.link)
        self.nursery = SimpleNamespace(start=self._start)
        self.east_longitude = 77.4
        self.stepped: list[float] = []
        self.tasks: list[Any] = []
        self.take_up_hibernation()

    def _start(self, work: Any, name: str) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def read_power(self) -> None:
        pass

    def array_power_now(self) -> float:
        return self.power

    def is_window(self) -> bool:
        return self.window

    async def live_by(self, *, listens: bool) -> None:
        self.lived.append(listens)

    async def live_again(self) -> None:
        self.lived.append("again")

    def step_clock(self, error: float) -> None:
        self.stepped.append(error)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *given, **data: self.said.append((name, data or given))

    def told(self, name: str) -> list[Any]:
        return [data for kind, data in self.said if kind == name]

    def end(self) -> None:
        for task in self.tasks:
            task.cancel()


def sleeper(kept: Hibernation | None = None, **more: Any) -> Any:
    found: Any = Sleeper(kept)
    for name, value in more.items():
        setattr(found, name, value)
    return found


async def test_it_begins_once_says_so_and_is_not_missed() -> None:
    node = sleeper()
    assert not node.must_be_silent
    node.hibernate()
    node.hibernate()
    assert node.told("hibernation_begins") == [{"charge": 0.612, "income": None}]
    assert node.silences == [pytest.approx(700.0 * SOL_SECONDS)] and len(node.tasks) == 1
    assert node.hibernating and node.must_be_silent and node.told("publish_telemetry")
    await asyncio.sleep(1.0)
    node.end_hibernation()
    node.end_hibernation()
    assert len(node.told("hibernation_ends")) == 1 and node.silences[1:] == [0.0]
    await asyncio.sleep(1.0)
    assert node.lived == [False, "again"] and not node.hibernating and not node.must_be_silent
    await node.hibernation_over()


async def test_what_a_boot_has_broken_off_goes_on_and_what_was_over_stays_so() -> None:
    node = sleeper(Hibernation(0.0, said=True, tries=3, lowest=0.2))
    await asyncio.sleep(1.0)
    assert node.hibernating and node.lived == [False]
    assert (node.hibernation.tries, node.hibernation.lowest) == (3, 0.2)
    node.end()
    awake = sleeper()
    assert not awake.hibernating and not awake.tasks
    await awake.hibernation_over()


@pytest.mark.parametrize(("power", "listens"), [(45.0, True), (44.99, False)])
async def test_it_listens_where_the_light_is_enough(power: float, listens: bool) -> None:
    node = sleeper(power=power)
    node.hibernate()
    await asyncio.sleep(1.0)
    assert node.lived == [listens] and node.must_be_silent is not listens
    assert len(node.told("hibernation_lit")) == listens == node.hibernation.tries
    await asyncio.sleep(1_799.5)
    assert len(node.lived) == 2, "it looks each half hour"
    assert node.hibernation.tries == listens, "one light is one try"
    node.power = 0.0
    await asyncio.sleep(1_800.0)
    node.power = 45.0
    await asyncio.sleep(1_800.0)
    assert node.hibernation.tries == listens + 1
    node.end()


async def test_the_least_charge_is_kept_and_one_that_is_not_known_is_none() -> None:
    node = sleeper(state_of_charge=None)
    node.hibernate()
    await asyncio.sleep(1.0)
    assert node.hibernation.lowest is None
    for charge, lowest in ((0.4, 0.4), (0.3, 0.3), (None, 0.3), (0.5, 0.3)):
        node.state_of_charge = charge
        await asyncio.sleep(1_800.0)
        assert node.hibernation.lowest == lowest
    node.end()


@pytest.mark.parametrize(
    ("pending", "in_flight", "up", "said"),
    [(0, 0, True, True), (1, 0, True, False), (0, 1, True, False), (0, 0, False, False)],
)
async def test_it_takes_its_leave_in_the_window_until_all_is_told(
    pending: int, in_flight: int, up: bool, said: bool
) -> None:
    node = sleeper(window=True)
    node.recorder.pending, node.recorder.in_flight, node.link.up = pending, in_flight, up
    node.hibernate()
    await asyncio.sleep(59.0)
    assert node.lived == [True] and not node.hibernation.said and not node.must_be_silent
    await asyncio.sleep(2.0)
    assert node.hibernation.said is said
    await asyncio.sleep(1_800.0)
    assert node.lived[1] is not said, "who has said it is silent, and who has not stays to be heard"
    node.end()


async def test_who_records_nothing_has_told_all_and_after_a_sol_it_is_silent() -> None:
    node = sleeper(window=True, recorder=None)
    node.hibernate()
    await asyncio.sleep(61.0)
    assert node.hibernation.said
    node.end()
    node = sleeper()
    node.hibernate()
    await asyncio.sleep(1.1 * SOL_SECONDS - 1_900.0)
    assert not node.hibernation.said
    await asyncio.sleep(4_000.0)
    assert node.hibernation.said, "no window came in which it could have been heard"
    node.window = True
    count = len(node.lived)
    await asyncio.sleep(3_700.0)
    assert node.lived[count:] == [False, False]
    node.end()


@pytest.mark.parametrize(
    ("errors", "steps"),
    [
        ([3_700.0, 3_700.0], 1), ([3_500.0, 3_500.0], 0), ([3_700.0, 4_590.0], 1),
        ([3_700.0, 4_610.0], 0), ([3_700.0, 0.0, 3_700.0], 0), ([-3_700.0, -3_700.0], 1),
        ([3_700.0], 0), ([3_700.0, -3_700.0], 0), ([3_700.0, 3_700.0, 3_700.0], 1),
    ],
)  # fmt: skip
async def test_two_noons_that_agree_set_a_clock_that_tells_another_hour(
    errors: list[float], steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = sleeper()
    now = 0.0
    for error in errors:
        noon = SimpleNamespace(array_gives=lambda at, watts: at)
        node._noon = noon
        hours = 12.0 + error * 24.0 / SOL_SECONDS
        monkeypatch.setattr(
            hibernation, "mars_time", lambda jd, lon, h=hours: SimpleNamespace(ltst_hours=h % 24.0)
        )
        node._look_at_clock(50.0)
        now += SOL_SECONDS
    assert len(node.stepped) == steps
    if steps:
        assert math.isclose(abs(node.stepped[0]), abs(errors[1]), rel_tol=1e-9)


# --------------------------------------------------------------------------------- noon


def day(begin: float, end: float, *, step: float = 1_800.0, watts: float = 10.0) -> list[Any]:
    """Readings of a day of even light, and of the night before and after."""
    count = round((end - begin) / step)
    light = [(begin + step * i, watts) for i in range(count + 1)]
    return [(begin - step, 0.0), *light, (end + step, 0.0)]


def noons(readings: list[Any]) -> list[float]:
    noon = Noon()
    return [found for at, w in readings if (found := noon.array_gives(at, w)) is not None]


@pytest.mark.parametrize(("length", "known"), [(14_400.0, True), (12_600.0, False)])
def test_four_hours_of_light_without_a_gap_are_a_day(length: float, known: bool) -> None:
    assert noons(day(1e5, 1e5 + length)) == ([pytest.approx(1e5 + length / 2)] if known else [])


@pytest.mark.parametrize(("watts", "light"), [(0.5001, True), (0.5, False)])
def test_light_is_more_than_half_a_watt(watts: float, light: bool) -> None:
    assert bool(noons(day(1e5, 1.3e5, watts=watts))) is light


def test_a_day_whose_morning_was_not_seen_or_with_a_gap_has_no_noon() -> None:
    whole = day(1e5, 1.3e5)
    assert noons(whole[1:]) == [], "the first reading was in the light"
    gap = [each for each in whole if not 1.1e5 < each[0] < 1.19e5]
    assert noons(gap) == []
    near = [each for each in whole if not 1.1e5 < each[0] < 1.1e5 + 5_400.0]
    assert len(noons(near)) == 1
    assert len(noons(whole + [(at + SOL_SECONDS, w) for at, w in whole])) == 2


def test_the_brighter_part_of_a_day_counts_more() -> None:
    readings = [(at, w if at < 1.15e5 else 3.0 * w) for at, w in day(1e5, 1.3e5)]
    (noon,) = noons(readings)
    assert noon == pytest.approx(119_138.235)
