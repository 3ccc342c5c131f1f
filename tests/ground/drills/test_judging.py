"""From what was seen to a verdict; each limit exactly met and just missed."""

from dataclasses import replace
from datetime import date

import pytest

from ground.drills.drill import Drill
from ground.drills.judging import judge
from ground.drills.record import Broken, FaultSpan, Record, Waited

HIT = FaultSpan("radar", "not_a_number", "device lander.landing_radar", 3, 10.0, 12.0)


def record(**more: object) -> Record:
    base = {
        "drill": "d", "file": "d.yaml", "scenario": "short", "seed": 1, "began": 0.0,
        "ended": 100.0, "end": "horizon", "faults": [HIT],
        "within": [Waited("detect", "x", 5.0, since=10.0, met=11.0)],
    }  # fmt: skip
    return Record(**{**base, **more})  # type: ignore[arg-type]


def waited(since: float | None, met: float | None, limit: float = 5.0) -> dict[str, object]:
    return {"within": [Waited("detect", "x", limit, since=since, met=met)]}


def test_all_held_all_hit_all_came(good: Drill) -> None:
    found = judge(good, record())
    assert (found.verdict, found.because) == ("PASS", [])


@pytest.mark.parametrize(
    ("more", "verdict", "words"),
    [
        (waited(10.0, 15.0), "PASS", ""),
        (waited(10.0, 15.001), "FAIL", "came after 5.001 s"),
        (waited(10.0, None), "FAIL", "did not come within 5 s"),
        (waited(95.0, None), "FAIL", "did not come"),
        (waited(95.1, None), "UNKNOWN", "the drill ended before"),
        (waited(None, None), "UNKNOWN", "counts from never came"),
        (waited(95.0, 97.0, 20.0), "PASS", ""),
        ({**waited(10.0, None), "ended": None}, "UNKNOWN", "the drill ended before"),
        ({**waited(95.1, None), "end": "the mission ended"}, "FAIL", "did not come"),
        ({"faults": [FaultSpan("radar", "stuck", "device x")]}, "UNKNOWN", "never hit"),
        ({"faults": []}, "PASS", ""),
        ({"broken": [Broken("tubes_accounted", 3.0, "lost")]}, "FAIL", "did not hold at 3.000 s"),
        ({"began": None}, "UNKNOWN", "never began"),
        ({"harness": "Traceback"}, "ERROR", "Traceback"),
        ({"unasked": ["a > 1"]}, "UNKNOWN", "could never be asked"),
        ({"heal": Waited("then", "x", 9.0, since=20.0, met=29.0)}, "PASS", ""),
        ({"heal": Waited("then", "x", 9.0, since=20.0, met=29.1)}, "FAIL", "then: x came after"),
        ({"heal": Waited("then", "x", 9.0)}, "UNKNOWN", "never came"),
    ],
)
def test_the_verdict(good: Drill, more: dict[str, object], verdict: str, words: str) -> None:
    found = judge(good, record(**more))
    assert found.verdict == verdict
    assert words in " ".join(found.because)


def test_a_failure_goes_before_what_is_not_known(good: Drill) -> None:
    unhit = FaultSpan("radar", "stuck", "device x")
    found = judge(good, record(faults=[unhit], broken=[Broken("x", 1.0, "y")]))
    assert found.verdict == "FAIL"
    assert ["did not hold" in found.because[0], "never hit" in found.because[1]] == [True, True]


def test_a_known_failure_passes_and_an_unexpected_pass_fails(good: Drill) -> None:
    known = replace(good, known_fail={"reason": "no second radar", "until": "2029-03-31"})
    last, over = date(2029, 3, 31), date(2029, 4, 1)
    broken = record(broken=[Broken("x", 1.0, "y")])
    failed = judge(known, broken, last)
    assert failed.verdict == "PASS" and "no second radar" in failed.because[0]
    assert judge(known, record(), last).verdict == "FAIL"
    assert judge(known, record(unasked=["a"]), last).verdict == "UNKNOWN"
    assert judge(known, record(harness="broke"), last).verdict == "ERROR"
    late = judge(known, broken, over)
    assert late.verdict == "FAIL" and "until 2029-03-31, which is over" in late.because[-1]
    assert judge(known, record(), over).verdict == "PASS"
