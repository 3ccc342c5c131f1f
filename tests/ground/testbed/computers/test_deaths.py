"""Who dies and is started again, and when that has no end: what is counted, and what is not."""

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.missions.mission import load_mission
from ground.missions.run_folder import RunFolder
from ground.testbed.computers.deaths import Death, Deaths
from ground.testbed.fly import check_run
from ground.testbed.host import Boot, Setting
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.processes.child import Child
from ground.testbed.run import Run, RunOptions

BROKEN = Death("it broke")
KILLED = Death("killed from outside", outside=True)
KILLED_EARLY = Death("killed from outside", outside=True, was_ready=False)


def given_up(*deaths: Death) -> list[str]:
    counted = Deaths()
    return [counted.why_given_up("ground", each) for each in deaths]


def test_software_that_breaks_is_given_up_at_the_21st_time_whatever_is_between() -> None:
    told = given_up(*[BROKEN, KILLED, KILLED_EARLY] * 20, BROKEN)
    assert told == [""] * 60 + ["ground died 21 times: it broke"]


def test_one_that_is_killed_from_outside_is_never_given_up() -> None:
    assert given_up(*[KILLED] * 500) == [""] * 500


def test_one_that_never_lives_until_it_is_ready_is_given_up() -> None:
    told = given_up(*[KILLED_EARLY] * 20, KILLED, *[KILLED_EARLY] * 21)
    assert told[:-1] == [""] * 41
    assert told[-1] == "ground died 21 times before it was ready: killed from outside"


def test_each_participant_has_its_own_deaths() -> None:
    counted = Deaths()
    for role in ("ground", "rover") * 20:
        assert counted.why_given_up(role, BROKEN) == ""
        assert counted.why_given_up(role, KILLED_EARLY) == ""
    assert counted.why_given_up("lander", BROKEN) == ""
    assert counted.why_given_up("rover", BROKEN).startswith("rover died 21 times")


class Ended:
    """The end of a run, as far as it is asked for."""

    def __init__(self) -> None:
        self.outcome: Any = None

    def done(self) -> bool:
        return self.outcome is not None

    def set_result(self, outcome: Any) -> None:
        self.outcome = outcome


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    mission, options, kind = load_mission("surface"), RunOptions(), Virtual()
    files = check_run(mission, options, kind)
    folder = RunFolder(tmp_path)
    made: Any = Run(Setting(mission, files, folder, 1), options, kind)
    made.starts, made.said, made._ended = [], [], Ended()

    def start(work: Any, *, name: str) -> None:
        work.close()
        made.starts.append(name)

    made.host = SimpleNamespace(nursery=SimpleNamespace(start=start))
    monkeypatch.setattr(made, "told", lambda name, text, **data: made.said.append((name, data)))
    yield made
    folder.close()


def test_a_run_outlasts_two_hundred_kills_of_mission_control(run: Any) -> None:
    for _ in range(200):
        run.died("ground", KILLED)
    assert run._ended.outcome is None and run.starts == ["restart ground"] * 200
    assert run.said == [("process_died", {"role": "ground", "how": KILLED.how})] * 200


def test_a_run_ends_over_software_that_keeps_breaking(run: Any) -> None:
    for _ in range(20):
        run.died("ground", BROKEN)
    assert run._ended.outcome is None
    run.died("ground", BROKEN)
    assert run._ended.outcome.verdict == "failed"
    assert run._ended.outcome.reason == "ground died 21 times: it broke"
    assert len(run.starts) == 20 and len(run.said) == 21


async def child(tmp_path: Path) -> Child:
    return Child("ground", tmp_path / "none.json", Boot("power on", 1), tmp_path / "log")


def end_of(made: Child) -> Death:
    made._process.wait()
    os.close(made.descriptor)
    made.buried()
    return made.death


@pytest.mark.processes
async def test_who_has_ended_a_process_is_known(tmp_path: Path) -> None:
    killed, hung, ready, broken = [await child(tmp_path) for _ in range(4)]
    os.kill(killed._process.pid, signal.SIGKILL)
    hung.kill_hung()
    ready.ready.set_result(None)
    os.kill(ready._process.pid, signal.SIGKILL)
    ends = [end_of(each) for each in (killed, hung, ready, broken)]
    assert [(each.outside, each.was_ready) for each in ends] == [
        (True, False), (False, False), (True, True), (False, False),
    ]  # fmt: skip
    log = tmp_path / "log"
    assert ends[0].how == ends[2].how == f"killed from outside; see {log}"
    assert ends[1].how == f"it hung, and its watchdog ended it; see {log}"
    assert ends[3].how == f"exit code 1; see {log}"


def test_what_passes_is_waited_for_twice_as_long_each_time_and_at_most_a_day() -> None:
    full = Death("the disk is full", was_ready=False, passes=True)
    counted, pauses = Deaths(), []
    for _ in range(14):
        assert counted.why_given_up("ground", full) == ""
        pauses.append(counted.start_after("ground", full).seconds)
    assert pauses == [*(30.0 * 2.0**n for n in range(12)), 86_400.0, 86_400.0]
    ready = Death("the disk is full", passes=True)
    assert counted.why_given_up("ground", ready) == ""
    assert counted.start_after("ground", ready).seconds == 30.0
    assert counted.why_given_up("ground", full) == ""
    assert counted.start_after("ground", full).seconds == 30.0


def test_what_does_not_pass_in_twenty_starts_is_given_up() -> None:
    full = Death("the disk is full", was_ready=False, passes=True)
    assert given_up(*[full] * 21)[-2:] == [
        "", "ground died 21 times before it was ready: the disk is full",
    ]  # fmt: skip
    ready = Death("the disk is full", passes=True)
    assert given_up(*[ready] * 21)[-1] == "ground died 21 times: the disk is full"
