"""The checks of a table on single readings: limits exactly met, true jumps, frozen sensors."""

import dataclasses
import math
import re
from typing import Annotated, Any, ClassVar

import pytest

from flight.core.fault_protection.names import Names
from flight.core.fault_protection.reading_checks import ReadingChecks, figure_of
from flight.core.fault_protection.reading_rules import Rules, least_frozen
from flight.icd.devices.base import DeviceInterface, Reading, reading
from flight.icd.devices.measured import measured
from flight.icd.expression_values import Symbol
from flight.icd.expressions import ExpressionError, parse_expression
from flight.runtime.reading_gate import ReadingGate
from tests.flight.core.fault_protection.guarded import Depth, Guarded

SECOND = 1_000_000_000
NOTHING = Rules("sonar", "ping", "range", None, None, (0.0, 0.0), None, None, {}, 3)


class Judge:
    """Judges readings one second apart."""

    def __init__(self, other: Any = None, **rules: Any) -> None:
        self.other = other
        self.checks = ReadingChecks(dataclasses.replace(NOTHING, **rules), lambda name: self.other)
        self.time = 0.0

    def __call__(self, value: float, after: float = 1.0, age: float = 0.0) -> bool:
        """Whether it is let through."""
        self.time += after
        stamp = round(self.time * SECOND)
        refused = self.checks.judge(
            Depth(time_ns=stamp, range=value), stamp + round(age * SECOND)
        )
        return refused is None


def test_the_ends_of_a_range_are_allowed() -> None:
    judge = Judge(range=(1.0, 5.0))
    assert [judge(v) for v in (1.0, 5.0, 0.999, 5.001)] == [True, True, False, False]


def test_the_refusal_names_the_field_and_says_why() -> None:
    judge = Judge(range=(1.0, 5.0))
    refused = judge.checks.judge(Depth(time_ns=0, range=9.0), 0)
    assert refused == ("range", "range = 9: allowed is 1 to 5")


def test_a_stamp_may_be_as_old_as_allowed_and_not_older() -> None:
    judge = Judge(stamp_age=0.3)
    assert judge(1.0, age=0.3)
    assert not judge(1.0, age=0.301)


def test_a_rate_is_by_the_true_time_between_two_stamps() -> None:
    judge = Judge(rate=2.0)
    assert judge(10.0)
    assert judge(12.0, after=1.0)
    assert not judge(14.1, after=1.0)
    slow = Judge(rate=2.0)
    assert slow(10.0) and slow(14.0, after=2.0) and slow(24.0, after=5.0)


def test_what_noise_explains_is_no_rate() -> None:
    judge = Judge(rate=2.0, noise=(1.0, 0.0))
    assert judge(10.0) and judge(20.5) and not judge(31.1)
    part = Judge(rate=2.0, noise=(0.0, 0.01))
    assert part(100.0) and part(111.0) and not part(124.0)


def test_a_spike_is_refused_and_what_comes_back_is_believed() -> None:
    judge = Judge(rate=2.0)
    assert [judge(v) for v in (10.0, 60.0, 11.0, 12.0)] == [True, False, True, True]


def test_a_true_jump_is_believed_after_so_many_that_agree() -> None:
    judge = Judge(rate=2.0, reopen_after=3)
    assert [judge(v) for v in (10.0, 60.0, 61.0, 62.0, 63.0)] == [True, False, False, True, True]


def test_what_does_not_agree_with_itself_is_never_believed() -> None:
    judge = Judge(rate=2.0, reopen_after=3)
    judge(10.0)
    assert not any(judge(v) for v in (60.0, 90.0, 20.0, 70.0, 40.0, 99.0))


def test_a_jump_that_another_source_contradicts_is_not_believed_however_it_insists() -> None:
    judge = Judge(other=12.0, rate=2.0, against={"other": (5.0, 0.0)}, reopen_after=3)
    judge(10.0)
    assert not any(judge(60.0 + i) for i in range(20))
    judge.other = 80.0  # the other source says so too
    assert judge(81.0) or judge(82.0) or judge(83.0)


def test_against_another_source_the_limit_itself_is_allowed() -> None:
    judge = Judge(other=10.0, against={"other": (5.0, 0.0)})
    assert judge(15.0) and judge(5.0)
    assert not judge(15.001) and not judge(4.999)


def test_a_part_of_the_other_is_allowed_besides() -> None:
    judge = Judge(other=100.0, against={"other": (5.0, 0.1)})
    assert judge(115.0) and judge(85.0)
    assert not judge(115.1) and not judge(84.9)


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf"), "ten"])
def test_what_is_not_known_refutes_nothing(unknown: Any) -> None:
    assert Judge(other=unknown, against={"other": (5.0, 0.0)})(99.0)


def test_a_frozen_sensor_is_refused_until_it_moves() -> None:
    judge = Judge(frozen_after=3)
    assert [judge(v) for v in (7.0, 7.0, 7.0, 7.0, 7.1, 7.1)] == [
        True, True, False, False, True, True,
    ]  # fmt: skip


def test_what_the_device_says_is_not_valid_is_not_judged() -> None:
    judge = Judge(range=(1.0, 5.0), frozen_after=2)
    nan = float("nan")
    assert judge(nan) and judge(nan) and judge(nan)


@pytest.mark.parametrize(
    ("sigma", "quantum", "least"),
    [
        (1.0, 0.0, 3), (1.0, 0.1, 11), (1.0, 1.0, 28), (0.05, 0.5, 84_856),
        (0.0, 1.0, math.inf), (0.01, 1.0, math.inf),
    ],
)  # fmt: skip
def test_how_many_equal_ones_noise_does_not_give(
    sigma: float, quantum: float, least: float
) -> None:
    assert least_frozen(sigma, quantum) == least
    # The probability of so many in a row, times the readings of a mission.
    if least < math.inf and quantum:
        same = math.erf(0.5 * quantum / (2.0 * sigma))
        found = least_frozen(sigma, quantum)
        assert same ** (found - 1) * 1e6 <= 1e-9 < same ** (found - 2) * 1e6


class Drift(Reading, frozen=True, kw_only=True):
    """How the water moves, and by which buoys."""

    own_validity: ClassVar[dict[str, str]] = {"velocity": "velocity_valid"}

    velocity: Annotated[tuple[float, float, float], measured("m/s", -10.0, 10.0)]
    velocity_valid: bool = True
    buoys: tuple[Annotated[float, measured("m", 0.0, 100.0)], ...] = ()


class Log(DeviceInterface):
    """Measures drift."""

    @reading()
    async def read(self) -> Drift:
        """Drift now."""
        raise NotImplementedError


def test_a_component_of_a_vector_is_judged_by_its_place_and_takes_back_the_whole_vector() -> None:
    gate = ReadingGate()
    checks = ReadingChecks(
        dataclasses.replace(NOTHING, field="velocity[2]", frozen_after=3), lambda name: None
    )
    gate.further["read"] = [checks.judge]

    def pass_on(number: int, down: float) -> Drift:
        taken = Drift(time_ns=number, velocity=(float(number), 0.0, down))
        judged = gate.admit(Log.methods["read"], taken, number, number, 0)
        assert judged.valid
        return judged

    said = [pass_on(number, down).velocity_valid for number, down in enumerate((1, 2, 2, 2, 3))]
    assert said == [True, True, True, False, True]
    frozen = [pass_on(number, 7.0) for number in (5, 6, 7)][-1]
    assert not frozen.velocity_valid and all(math.isnan(each) for each in frozen.velocity)
    assert "velocity[2] = 7: frozen: the same 3 times" in frozen.reason


def test_a_place_in_a_vector_has_its_unit_and_is_one_that_there_is() -> None:
    names = Names(Guarded, {"log": Log})
    assert names.figure("log.read.velocity[2]") == Symbol("number", "m/s")
    assert names.figure("log.read.buoys[7]").kind == "number"  # how many there are is seen then
    taken = Drift(time_ns=0, velocity=(1.0, 2.0, 3.0), buoys=(5.0,))
    assert figure_of(taken, "velocity[1]") == 2.0 and figure_of(taken, "buoys[1]") is None
    for path, words in (
        ("log.read.velocity[3]", "allowed is [0] to [2]"),
        ("log.read.velocity", "name a single value in it"),
        ("log.read.velocity_valid[0]", "nothing is counted there"),
        ("log.read.velocity[x]", "velocity[x]"),
        ("log.read.velocity[0][0]", "nothing is counted there"),
    ):
        with pytest.raises(ExpressionError, match=re.escape(words)):
            names.figure(path)
    asked = parse_expression("abs(log.read.velocity[2]) > 3 m/s and log.read.buoys[0] < 2 m")
    assert asked.names == ("log.read.velocity[2]", "log.read.buoys[0]")
