"""A silence is this machine's where nobody on it had the CPU, and else the device's own."""

import pytest

from sim_hw.bench.pressure import Excuse, of_a_silence
from sim_hw.bench.starvation import Starvation

PERIOD, SILENCE = 0.25, 1.0


class Host:
    """A machine by a table: each look comes `late` s too late, and some program waits a part of
    the time for a CPU."""

    def __init__(self) -> None:
        self.now, self.waited = 100.0, 7_000.0
        self.starvation = Starvation(PERIOD, lambda: self.now, lambda: self.waited)

    def goes_on(self, seconds: float, late: float = 0.0, waits: float = 0.0) -> None:
        until = self.now + seconds
        while self.now < until - 1e-9:
            self.pass_by(PERIOD + late, waits)
            self.starvation.look()

    def pass_by(self, seconds: float, waits: float = 0.0) -> None:
        self.now += seconds
        self.waited += waits * seconds


@pytest.mark.parametrize(
    ("late", "waits", "words"),
    [
        (0.0, 0.0, ""),
        (0.0, 0.5, ""),
        (0.0, 1.0, "some program of this machine waited for a CPU for 1.00 s of 1.00 s"),
        (0.1, 0.0, ""),
        (1.0, 0.0, "this machine was late by 1.00 s itself"),
    ],
)
def test_what_a_machine_did_in_a_silence(late: float, waits: float, words: str) -> None:
    host = Host()
    host.goes_on(20.0)
    assert host.starvation.words(SILENCE) == ""
    host.goes_on(1.0, late, waits)
    assert host.starvation.words(SILENCE).startswith(words)
    assert bool(host.starvation.words(SILENCE)) is bool(words)
    host.goes_on(5.0)  # and what was long before it is no reason
    assert host.starvation.words(SILENCE) == ""


def test_a_busy_time_before_the_silence_is_none_of_it() -> None:
    host = Host()
    host.goes_on(5.0, waits=1.0)
    host.pass_by(0.2, waits=1.0)  # between two looks
    host.pass_by(SILENCE)
    host.starvation.look()
    assert "waited" not in host.starvation.words(SILENCE)


def test_a_look_that_is_still_to_come_counts_as_late_and_the_limit_exactly_met_is_enough() -> None:
    host = Host()
    host.goes_on(2.0)
    host.pass_by(PERIOD + of_a_silence(SILENCE).late - 0.01)
    assert host.starvation.words(SILENCE) == ""
    host.pass_by(0.0100001)
    assert host.starvation.words(SILENCE)


def test_one_that_has_just_begun_knows_what_it_has_seen() -> None:
    host = Host()
    assert host.starvation.words(SILENCE) == ""
    host.goes_on(0.5, waits=1.0)
    assert host.starvation.words(SILENCE) == ""
    host.goes_on(PERIOD * 120, waits=1.0)
    assert "for 1.00 s of 1.00 s" in host.starvation.words(SILENCE)


def test_a_time_in_which_nothing_passed_is_no_excuse() -> None:
    assert Excuse(0.03, 0.0).words(0.0, 0.0, 0.0) == ""
    assert Excuse(0.03, 0.1).words(0.02, 0.1, 0.1) and Excuse(0.03, 0.1).words(0.03, 0.0, 0.1)
