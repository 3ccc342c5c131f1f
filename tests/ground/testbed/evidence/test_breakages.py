"""What was to break says when it did, or why it never did."""

from typing import Any

import pytest

from ground.testbed.evidence.breakages import Breakages, due_words
from ground.testbed.kills import Kill
from sim_hw.faults.fault import After, At, Chance, Fault, Hit, InState, Nth, Target, Tubes
from sim_hw.faults.value_kinds import Stuck


def fault(name: str, when: Any = None) -> Fault:
    return Fault(id=name, target=Target("device", "rover.wheels"), kind=Stuck(), when=when)


def hit(name: str, time: float) -> Hit:
    return Hit(time=time, fault=name, where="rover.wheels.state", before=1, after=2, number=1)


def test_a_fault_has_come_when_it_first_changed_something() -> None:
    account = Breakages((), (), [fault("a", At(at=5.0)), fault("b", At(at=5.0)), fault("c")])
    a, b, c = account.all({"a": 5.0, "b": 5.0}, [hit("a", 7.0), hit("a", 9.0)])
    assert (a.what, a.target, a.mode, a.due) == ("fault", "device rover.wheels", "stuck", "at 5 s")
    assert (a.fired, a.remark) == (7.0, "")
    assert b.fired is None
    assert b.remark == "it began at 5.0 s and met nothing that it could change"
    assert (c.due, c.fired, c.remark) == ("at once", None, "its time never came")


def test_kills_and_faults_stand_in_one_account() -> None:
    account = Breakages((), [Kill("rover", 9.0), Kill("arm", 10.0)], [fault("a")])
    account.killed(0, 9.0)
    account.spared(1, "it did not run then")
    told = [(each.what, each.fired, each.remark) for each in account.all({}, [hit("a", 0.5)])]
    assert told == [
        ("kill", 9.0, ""), ("kill", None, "it did not run then"), ("fault", 0.5, ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (None, "at once"),
        (At(at=12.0), "at 12 s"),
        (After(after="rover.booted"), "after rover.booted"),
        (
            After(after="rover.booted", delay=3.0, times=4),
            "3 s after rover.booted has been told 4 times",
        ),
        (InState(state="rover.surface.idle"), "in rover.surface.idle"),
        (InState(state="rover.surface.idle", held=5.0), "in rover.surface.idle for 5 s"),
        (Nth(nth=7), "from call 7 on"),
        (Chance(probability=0.5), "with probability 0.5 a call"),
        (Chance(probability=0.5, per=2.0), "with probability 0.5 in 2 s"),
        (Tubes(tubes=2, place="container"), "as soon as 2 tubes are at container"),
    ],
)
def test_when_it_is_due_is_said_in_words(when: Any, words: str) -> None:
    assert due_words(when) == words
