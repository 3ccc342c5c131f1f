"""Engines are judged one by one, and together: what all have in common is no fault of any."""

import pytest

from flight.icd.devices.descent import ENGINES
from flight.lander.engine_judge import EngineJudge

COMMON = 0.05
FAULT_BEATS = 6
FAULT_THRUST = 250.0

LEAST, GREATEST = 400.0, 3100.0
WANTED = [1500.0 + 50.0 * index for index in range(ENGINES)]


Found = list[tuple[int, float]]


def beats(judge: EngineJudge, count: int, factor: float, **others: float) -> Found:
    """So many beats in which all give a factor of what they are told, some (`e3`) another."""
    found = []
    for _ in range(count):
        told = judge.told(WANTED, LEAST, GREATEST)
        given = [thrust * others.get(f"e{index}", factor) for index, thrust in enumerate(told)]
        found += judge.judge(told, given)
    return found


def test_one_that_does_not_obey_is_shut_off_after_some_beats() -> None:
    judge = EngineJudge(ENGINES)
    assert beats(judge, FAULT_BEATS - 1, 1.0, e3=0.0) == []
    beats(judge, 1, 1.0)
    assert beats(judge, FAULT_BEATS - 1, 1.0, e3=0.0) == [], "in a row"
    assert [index for index, _ in beats(judge, 1, 1.0, e3=0.0)] == [3]
    assert (judge.fixed, judge.gain) == ({3: 0.0}, 1.0)


@pytest.mark.parametrize("factor", [1.15, 1.5, 0.8, 0.6])
def test_what_all_have_in_common_is_none_of_them(factor: float) -> None:
    judge = EngineJudge(ENGINES)
    assert beats(judge, FAULT_BEATS - 1, factor) == [] and judge.gain == 1.0
    assert beats(judge, 60, factor) == [] and judge.fixed == {}
    assert judge.gain == pytest.approx(factor)
    told = judge.told(WANTED, LEAST, GREATEST)
    for thrust, wanted in zip(told, WANTED, strict=True):
        assert thrust == pytest.approx(min(wanted / factor, GREATEST))
    beats(judge, 1, 1.0)
    assert judge.gain == 1.0, "it has passed"
    assert judge.told([0.0, *WANTED[1:]], LEAST, GREATEST)[0] == 0.0


def test_one_among_them_is_found_all_the_same() -> None:
    judge = EngineJudge(ENGINES)
    assert [index for index, _ in beats(judge, 2 * FAULT_BEATS - 1, 1.2, e5=0.3)] == [5]
    assert judge.gain == pytest.approx(1.2)


def test_scatter_changes_nothing() -> None:
    judge = EngineJudge(ENGINES)
    assert beats(judge, 100, 1.0 + 0.99 * COMMON) == [] and judge.gain == 1.0
    assert judge.told(WANTED, LEAST, GREATEST) == WANTED
    assert 0.1 * WANTED[0] < FAULT_THRUST


@pytest.mark.parametrize("factor", [0.0, 0.49, 2.01])
def test_what_is_no_calibration_is_not_followed(factor: float) -> None:
    judge = EngineJudge(ENGINES)
    found = beats(judge, FAULT_BEATS, factor)
    assert not found and not judge.fixed and judge.gain == 1.0


def off(count: int) -> list[float]:
    """What is given where so many give nothing."""
    return [0.0 if index < count else thrust for index, thrust in enumerate(WANTED)]


@pytest.mark.parametrize(("count", "felt", "out"), [(3, False, 3), (4, False, 0), (4, True, 4)])
def test_more_than_a_few_at_once_have_to_be_felt(count: int, felt: bool, out: int) -> None:
    judge = EngineJudge(ENGINES)
    for _ in range(20):
        judge.judge(WANTED, off(count), is_felt=felt)
    assert sorted(judge.fixed) == list(range(out))


def test_who_was_shut_off_by_pressures_that_are_wrong_is_lit_again() -> None:
    judge = EngineJudge(ENGINES)
    for _ in range(FAULT_BEATS):
        judge.judge(WANTED, off(3), is_felt=False)
    assert sorted(judge.fixed) == [0, 1, 2]
    for _ in range(FAULT_BEATS):
        judge.judge(WANTED, off(5), is_felt=False)
    assert not judge.fixed
    for _ in range(FAULT_BEATS):
        judge.judge(WANTED, off(1), is_felt=False)  # and the one that is dead is found again
    assert sorted(judge.fixed) == [0]


@pytest.mark.parametrize(("count", "out"), [(6, 6), (7, 0), (12, 0)])
def test_so_many_are_left_that_it_comes_down_or_all_are_told_to_burn(count: int, out: int) -> None:
    judge = EngineJudge(ENGINES)
    for _ in range(4 * FAULT_BEATS):
        judge.judge(WANTED, off(count), is_felt=True)
    assert len(judge.fixed) == out
