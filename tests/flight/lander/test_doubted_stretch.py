"""Readings that look sound amid others that were refused are held against the whole stretch."""

import functools
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.vectors import scale
from flight.icd.devices.base import DeviceTimeout
from flight.icd.devices.descent import InertialIncrements
from flight.lander.doubted_stretch import DoubtedStretch
from tests.flight.lander.descent_bench import Bench, nothing_felt
from tests.flight.lander.test_sound_increments import CountingUnit

BAD = range(10, 18)
SLIPS = 14
"""Beats in which readings are refused, and the one of these whose reading looks sound."""


def spiked(felt: InertialIncrements) -> InertialIncrements:
    """Each number is off; nobody can take it for what was felt."""
    return msgspec.structs.replace(felt, interval=felt.interval + 0.0884)


def slipped(turn: float = 0.0, push: float = 0.0) -> Any:
    def told(felt: InertialIncrements) -> InertialIncrements:
        return msgspec.structs.replace(
            felt, rotation=(felt.rotation[0], turn, 0.0), velocity=(push, 0.0, felt.velocity[2])
        )

    return told


class Story:
    """Beats of a tenth of a second, in eight of which the unit says nothing sound but once."""

    def __init__(self, slip: Any, bad: range = BAD, beats: int = 60, whole: Any = None) -> None:
        self.bench = Bench()
        self.unit = CountingUnit(self.bench)
        self.asked: list[int] = []
        self.bench.inertial_unit.answers["increments"] = [self.answer]
        self.whole = whole
        self.beat = 0
        for self.beat in range(beats):
            told = slip if self.beat == SLIPS else spiked
            self.unit.spoilt = told if self.beat in bad else None
            self.unit.pass_by(0.1)
            self.bench.do(self.bench.descent.navigate())

    def answer(self, since: int) -> Any:
        if since < self.bench.descent.navigation.number:
            self.asked.append(self.beat)
            if self.whole is not None:
                return self.whole(self.unit(since)) if callable(self.whole) else self.whole
        return self.unit(since)

    @property
    def known(self) -> list[float]:
        """Place in units of 100 m, velocity, and attitude in hundredths."""
        n = self.bench.descent.navigation
        return [n.time, *scale(0.01, n.position), *n.velocity, *(100.0 * q for q in n.attitude)]

    @property
    def anew(self) -> int:
        troubles = self.bench.told("device_trouble")
        return sum("flown anew" in str(each["reason"]) for each in troubles)


@functools.cache
def quiet() -> Story:
    return Story(None, bad=range(0))


@pytest.mark.parametrize("slip", [slipped(turn=0.0884), slipped(push=2.0), slipped(0.1, -9.0)])
def test_a_turn_or_a_push_that_was_none_is_taken_back(slip: Any) -> None:
    story = Story(slip)
    assert story.asked == [BAD[-1] + 20] and story.anew == 1
    assert story.known == pytest.approx(quiet().known, rel=1e-9, abs=0.05)
    rates, felt = (getattr(story.bench.descent.navigation, what) for what in ("rates", "felt"))
    assert rates == pytest.approx((0.01, 0.0, 0.0)) and felt == pytest.approx((0.0, 0.0, 1.0))


def test_what_agrees_with_the_whole_stays_as_it_was_told_one_by_one() -> None:
    story = Story(None)
    assert len(story.asked) == 1 and not story.anew
    assert story.known == pytest.approx(quiet().known, rel=1e-9, abs=0.01)


def test_who_was_never_refused_is_asked_for_no_whole() -> None:
    assert not quiet().asked


@pytest.mark.parametrize(
    "whole",
    [
        DeviceTimeout("nothing was heard"),
        spiked,
        lambda felt: msgspec.structs.replace(felt, gap=True),
        lambda felt: msgspec.structs.replace(felt, valid=False),
        lambda felt: msgspec.structs.replace(felt, saturated=True),
    ],
)
def test_a_whole_that_says_nothing_changes_nothing_and_is_asked_for_once(whole: Any) -> None:
    story = Story(slipped(turn=0.0884), whole=whole)
    assert len(story.asked) == 1 and not story.anew
    apart = max(abs(a - b) for a, b in zip(story.known[-4:], quiet().known[-4:], strict=True))
    assert 1.0 < apart < 10.0


def test_one_more_that_is_refused_begins_to_count_anew_from_the_same_reading() -> None:
    story = Story(slipped(turn=0.0884), bad=range(10, 30), beats=60)
    assert story.asked == [29 + 20] and story.anew == 1
    assert story.known[4:] == pytest.approx(quiet().known[4:], rel=1e-9, abs=0.1)


def test_where_a_gyroscope_was_at_its_limit_the_attitude_is_found_otherwise() -> None:
    bench = Bench()
    bench.where.heading_in_doubt = True
    doubted = bench.descent._doubted
    doubted.refused(bench.where)
    assert doubted.end(bench.where, CountingUnit(bench)(7), 0.0) is None and doubted.since == 0


@pytest.mark.parametrize(
    ("turn", "gained", "more", "anew"),
    [
        (0.002999, 0.0, 0.0, False), (0.003001, 0.0, 0.0, True), (-0.003001, 0.0, 0.0, True),
        (0.0, 0.0, 1.009, False), (0.0, 0.0, 1.011, True),  # 1 m/s, and a hundredth of that
        (0.0, 20.0, 1.212, False), (0.0, 20.0, 1.2123, True), (0.0, 20.0, -1.19, True),
    ],
)  # fmt: skip
def test_a_whole_is_another_by_three_milliradians_or_a_metre_a_second_and_a_hundredth(
    turn: float, gained: float, more: float, anew: bool
) -> None:
    navigation, stretch = Bench().where, DoubtedStretch()
    stretch.refused(navigation)
    stamp = round((navigation.time + 0.1) * 1e9)
    felt = nothing_felt(8, 0.1, time_ns=stamp, velocity=(0.0, 0.0, gained))
    navigation.propagate(felt)
    assert not stretch.believed(navigation, felt)
    whole = msgspec.structs.replace(
        felt, rotation=(turn, 0.0, 0.0), velocity=(0.0, 0.0, gained + more)
    )
    assert (stretch.end(navigation, whole, 0.1) is not None) is anew
