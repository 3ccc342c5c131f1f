"""`msr console` over processes that a test plays: how each is watched and started again."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import console
from tests.ground.commands.played_children import FLY, Process, Standby, opened

pytestmark = pytest.mark.usefixtures("by_hand")


def test_who_has_ended_is_started_again_and_who_keeps_ending_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = opened("--demo")
    made._start_edge()
    made._web = Process("the web server", ["x"])
    assert made._see_to_who_serves() is None and len(Process.started) == 1
    made._edge.code, made._web.code = -9, 1
    assert made._see_to_who_serves() is None
    assert [each[0] for each in Process.started] == ["the edge", "the edge", "the web server"]
    said = capsys.readouterr().err
    assert "the edge ended (-9); it is started again" in said
    assert "the web server ended (1); it is started again" in said
    made._web.code, made._web.may = 1, False
    assert made._see_to_who_serves() is made._web and len(Process.started) == 3
    made._web = None
    assert made._see_to_who_serves() is None


def test_an_edge_that_ends_before_it_serves_ends_no_run_that_is_under_way() -> None:
    demo = opened("--demo")
    demo._start_edge()
    assert demo._edge_tells()
    edge = demo._edge
    edge.dies, edge.code = edge.starts + 2, -9
    for _ in range(3):
        assert demo._see_to_who_serves() is None
    assert edge.starts == 4 and demo._served["requests"] == "ipc://r"
    edge.dies, edge.code = edge.starts + 1, -9
    assert demo._see_to_who_serves() is None
    edge.may = False
    assert demo._see_to_who_serves() is edge


def test_an_edge_that_says_nothing_yet_is_not_waited_for_when_it_was_started_again() -> None:
    demo = opened("--demo")
    demo._start_edge()
    assert demo._edge_tells()
    demo._web = Process("the web server", ["x"])
    said, demo._edge.said = demo._edge.said, ""
    demo._edge.code, demo._web.code = -9, -9
    assert demo._see_to_who_serves() is None
    assert demo._edge.starts == 2 and demo._web.starts == 1 and demo._served == {}
    demo._edge.said = said
    assert demo._see_to_who_serves() is None and demo._served["requests"] == "ipc://r"
    assert demo._edge.starts == 2 and demo._web.starts == 1


def test_a_page_for_another_run_begins_when_the_edge_serves_that_and_no_sooner() -> None:
    demo = opened("--demo")
    demo._web = Process("the web server", ["of the other run"])
    demo._start_edge()
    said, demo._edge.said = demo._edge.said, ""
    demo._web.code, demo._page_to_come = -15, "a branch"
    for _ in range(2):
        assert demo._see_to_who_serves() is None and demo._web.starts == 0
    demo._edge.said = said
    assert demo._see_to_who_serves() is None
    assert Process.started[-1][-2:] == ["--note", "a branch"] and "ipc://r" in Process.started[-1]
    assert demo._see_to_who_serves() is None and demo._web.starts == 1


def test_an_edge_that_never_served_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    demo = opened("--demo", "--no-spare")
    monkeypatch.setattr(demo, "_start_flight", lambda resume: None)
    demo._edge.dies = 1
    with pytest.raises(ConfigurationError, match="could not be served: the edge ended with -9"):
        demo.start()
    assert demo._edge.starts == 1


def test_a_second_interruption_leaves_nobody_behind() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    demo = opened("--demo")
    ended: list[str] = []
    demo._prepared.end = lambda: ended.append("prepared")
    demo._spare = SimpleNamespace(end=interrupted)
    with pytest.raises(KeyboardInterrupt):
        demo.end()
    assert Process.started == [["the edge", "end"], ["the run", "end"]] and ended == ["prepared"]


@pytest.mark.parametrize(
    ("code", "may", "goes_on", "said"),
    [
        (0, True, True, "the run has ended: the mission succeeded"),
        (1, True, True, "the run has ended: it ended with 1"),
        (-9, False, False, ""), (-9, True, True, "the run was killed (9); it flies again"),
    ],
)  # fmt: skip
def test_a_run_that_ended_is_told_once_and_one_that_was_killed_flies_again(
    code: int, may: bool, goes_on: bool, said: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made = opened("--demo")
    made._flight.may = may
    again: list[bool] = []
    let_go: list[str] = []
    monkeypatch.setattr(made, "_start_flight", lambda resume: again.append(resume))
    made._prepared.end = lambda: let_go.append("prepared")
    for _ in range(2):
        assert made._flight_ended(code) is goes_on
    assert let_go == (["prepared"] if code >= 0 else [])  # who would be copied for nobody
    told = capsys.readouterr()
    assert again == ([True, True] if code < 0 and may else [])
    assert made._told_end is (code >= 0)
    assert (told.out + told.err).count(said) == (1 if code >= 0 else 2) or not said


def test_it_watches_until_somebody_keeps_ending_or_the_run_cannot_fly_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(console.time, "sleep", slept.append)
    made = opened("--demo", "--no-spare")
    for name in ("_see_to_the_way", "_see_to_the_spare", "_see_to_branches", "_bury_others"):
        monkeypatch.setattr(made, name, lambda: None)
    made._flight.code, made._flight.may = -15, False
    assert made.watch() == 143 and slept == [0.1]
    made._edge.code, made._edge.may = 1, False
    assert made.watch() == 1
    assert "the edge keeps ending" in capsys.readouterr().err
    joined = opened("--at", ".")
    for name in ("_see_to_the_way", "_see_to_the_spare", "_see_to_branches", "_bury_others"):
        monkeypatch.setattr(joined, name, lambda: None)
    looks: list[Any] = [None, None, joined._edge]
    monkeypatch.setattr(joined, "_see_to_who_serves", lambda: looks.pop(0))
    assert joined.watch() == 1 and len(slept) == 5, "a run that is joined may end as it likes"


def test_it_waits_a_minute_for_what_answers_and_not_for_who_has_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall = SimpleNamespace(now=5.0)

    def sleep(seconds: float) -> None:
        assert seconds == 0.02
        wall.now += 1.0

    monkeypatch.setattr(console, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: wall.now))
    made = opened("--demo")
    made._await(lambda: wall.now >= 50.0, "nobody")
    assert wall.now == 50.0
    with pytest.raises(ConfigurationError, match="nobody answers"):
        made._await(lambda: False, "nobody answers")
    assert wall.now == 110.0
    for child in (made._flight, made._edge):
        child.code = 3
        with pytest.raises(ConfigurationError, match=f"{child.name} ended with 3"):
            made._await(lambda: False, "nobody answers")
        child.code = None
    assert wall.now == 110.0
    made._edge.code = 3
    made._await(lambda: True, "nobody answers")


def test_somebody_stands_by_for_a_run_of_ours_until_that_has_ended(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = opened("--demo")
    spare = made._spare = Standby()
    made._see_to_the_spare()
    assert spare.did == ["start"]
    spare.is_wanted, spare.why = False, "no memory"
    made._see_to_the_spare()
    made._see_to_the_spare()
    assert capsys.readouterr().err.count("nobody stands by for the run: no memory") == 1
    made._told_end = True
    made._see_to_the_spare()
    assert spare.did == ["start", "end"]
    for words in (["--demo", "--no-spare"], ["--at", "."]):
        other = opened(*words)
        other._spare = Standby()
        other._see_to_the_spare()
        assert other._spare.did == []


@pytest.mark.parametrize("takes", [True, False])
def test_a_run_that_died_is_taken_over_or_flown_from_its_record(
    takes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def resumed(*given: Any) -> Any:
        asked.append(given)
        return SimpleNamespace(record=Path("kept"), words=["--from", "kept"])

    monkeypatch.setattr("ground.commands.resuming.Resumed", resumed)
    made = opened("--demo", "short", "--seed", "3", "--pace", "5")
    made._spare = Standby()
    made._spare.run = "another process" if takes else None
    made._ahead = object()
    made._told = True
    made._start_flight(True)
    assert asked == [(Path("runs/demo"), "5")] and made._ahead is None
    assert made._spare.did == [Path("kept")]
    flown = ["the run", "became", "another process"] if takes else [*FLY, "--from", "kept"]
    assert Process.started == [flown]
    made._told = True
    made._start_flight(True)
    assert asked[1] == (Path("runs/demo"), None), "it has the pace that it had"
    made._told = False
    made._start_flight(True)
    assert asked[2] == (Path("runs/demo"), "5", "short", 3)


@pytest.mark.parametrize("takes", [True, False])
def test_beside_a_run_that_flies_from_its_record_nobody_begins_until_it_is_there(
    takes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = SimpleNamespace(now=100.0, looks=0)
    did: list[str] = []

    def sleep(_: float) -> None:
        if not wall.looks:
            raise KeyboardInterrupt
        wall.now, wall.looks = wall.now + 1.0, wall.looks - 1

    def watched(looks: int) -> list[str]:
        wall.looks = looks
        did.clear()
        with pytest.raises(KeyboardInterrupt):
            made.watch()
        return did

    monkeypatch.setattr(console, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: wall.now))
    coming = SimpleNamespace(record=Path("kept"), words=["--from", "kept"], arrived=lambda: there)
    monkeypatch.setattr("ground.commands.resuming.Resumed", lambda *_: coming)
    there = False
    made = opened("--demo")
    made._spare, made._told = Standby(), True
    made._spare.run = "another process" if takes else None
    monkeypatch.setattr(made, "_see_to_branches", lambda: None)
    monkeypatch.setattr(made, "_bury_others", lambda: None)
    monkeypatch.setattr(made, "_see_to_the_spare", lambda: did.append("spare"))
    made._prepared.keep = lambda: did.append("prepared")
    both = ["prepared", "spare"]
    assert watched(2) == both * 2
    made._flight.code = -9
    start = made._start_flight

    def starts(resume: bool) -> None:
        start(resume)
        made._flight.code = None

    monkeypatch.setattr(made, "_start_flight", starts)
    assert watched(1) == (both if takes else []), "who was to stand by is asked first"
    assert watched(19) == (both * 19 if takes else [])
    assert watched(1) == both, "one that takes long has them beside it"
    made._alone_until = wall.now + 10.0
    assert watched(1) == []
    there = True
    assert watched(1) == both


def test_they_end_in_order_the_page_first_and_nobody_stands_by_any_more() -> None:
    made = opened("--demo")
    made._spare, made._web = Standby(), Process("the web server", [])
    made.end()
    assert Process.started == [[each, "end"] for each in ("the web server", "the edge", "the run")]
    assert made._spare.did == ["end"]
    Process.started.clear()
    joined = opened("--at", ".")
    joined.end()
    assert Process.started == [["the edge", "end"]]
