"""`msr console` over processes that a test plays: how each is started, watched, and told of."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import console
from ground.commands.drill_way import DrillWay
from ground.commands.first_contact import FirstContact
from tests.ground.commands.asked import given


class Process:
    """Stands for a process: what it was started with, and what it ended with."""

    started: list[list[str]]

    def __init__(self, name: str, words: Any, speaks: bool = False) -> None:
        self.name, self.words, self.code, self.starts = name, words, None, 0
        self.may = True
        self.dies = 0  # so often before it has said where it serves
        self.stopped = self.is_still = False
        self.said = json.dumps({
            "requests": "ipc://r", "streams": "ipc://s", "links": {"anna": "t1", "ben": "t2"},
            "roles": {"anna": ["operator", "trainer"]},
        }) + "\n"  # fmt: skip

    def start(self) -> None:
        self.code, self.stopped = None, False
        self.starts += 1
        Process.started.append([self.name, *map(str, self.words)])

    def become(self, process: Any) -> None:
        Process.started.append([self.name, "became", process])

    def line(self) -> str:
        if self.starts <= self.dies:
            self.code = -9
            return ""
        return self.said

    def hangs(self) -> bool:
        stopped, self.stopped = self.stopped, False
        return stopped

    def may_start_again(self) -> bool:
        return self.may

    def end(self) -> None:
        Process.started.append([self.name, "end"])


@pytest.fixture(autouse=True)
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "Child", Process)
    Process.started = []


def opened(*words: str) -> Any:
    made: Any = console.Console(given(console, *words))
    made._prepared = SimpleNamespace(keep=lambda: None, end=lambda: None)
    return made


FLY = ["the run", "ground.cli", "fly", "--out", "runs/demo", "--quiet", "--no-pictures",
       "--operators", "demo"]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "flies", "ahead"),
    [
        ([], ["surface", "--pace", "0"], True),
        (["--from-start"], ["surface", "--pace", "50x"], False),
        (["--pace", "5", "--from-start"], ["surface", "--pace", "5"], False),
        (["--pace", "max"], ["surface", "--pace", "0"], True),
        (["--pace", "0"], ["surface", "--pace", "0"], False),
        (["--seed", "0"], ["surface", "--pace", "0", "--seed", "0"], True),
        (["--drill", "x"], ["surface", "--pace", "0"], False),
    ],
)
def test_a_demo_begins_ahead_of_its_pace_unless_it_is_told_not_to(
    words: list[str], flies: list[str], ahead: bool
) -> None:
    made = opened("--demo", *words)
    assert made._flies_ahead is ahead
    made._start_flight(False)
    assert Process.started == [[*FLY, *flies]]


@pytest.mark.parametrize(
    ("words", "kind", "pace"),
    [
        ([], FirstContact, 50.0), (["--pace", "max"], FirstContact, None),
        (["--from-start"], type(None), None), (["--drill", "x", "--pace", "7"], DrillWay, 7.0),
    ],
)  # fmt: skip
def test_on_its_way_it_is_led_to_the_first_pass_or_to_the_drill(
    words: list[str], kind: type, pace: float | None
) -> None:
    made = opened("--demo", *words)
    made._arguments.drill_begins = ("anna", {"do": "x"})
    made._forget()
    assert type(made._ahead) is kind and getattr(made._ahead, "_pace", None) == pace


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["--demo"], ["--branches"]), (["--demo", "--drill", "x"], ["--branches", "--no-previews"]),
        (["--at", "runs/demo"], []), (["--demo", "--operators", "us"], ["--branches"]),
    ],
)  # fmt: skip
def test_the_edge_serves_the_folder_to_who_there_is(words: list[str], more: list[str]) -> None:
    made = opened(*words)
    made._start_edge()
    who = "us" if "us" in words else "demo"
    [edge] = Process.started
    assert edge == ["the edge", "ground.cli", "control", "runs/demo", "--operators", who, "--demo",
                    "--json", *more]  # fmt: skip


def test_the_page_knows_where_the_edge_serves_and_what_is_to_be_said() -> None:
    made = opened("--demo", "--port", "8123")
    made._start_edge()
    assert made._edge_tells()
    made._web = Process("the web server", [])
    for note in ("", "hello"):
        made._start_web(note)
    base = ["the web server", "ground.console", "--api", "ipc://r", "--streams", "ipc://s",
            "--port", "8123"]  # fmt: skip
    assert Process.started[1:] == [base, [*base, "--note", "hello"]]


@pytest.mark.parametrize(
    ("words", "ahead", "said", "opens"),
    [
        ([], None, ["http://127.0.0.1:8700/login?token=t1"], True),
        (["--no-browser"], None, ["http://127.0.0.1:8700/login?token=t2"], False),
        (["--no-web"], None, ["login token t1"], False),
        ([], object(), ["full speed to the end of the first pass"], True),
        (["--drill", "x"], object(), ["full speed to where the drill begins"], True),
    ],
)
def test_how_to_come_in_is_told_and_opened(
    words: list[str], ahead: Any, said: list[str], opens: bool,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    seen: list[str] = []
    monkeypatch.setattr("webbrowser.open", seen.append)
    made = opened("--demo", *words)
    made._start_edge()
    assert made._edge_tells()
    made._ahead = ahead
    made._tell()
    told = capsys.readouterr().out
    assert "run folder: runs/demo" in told and "Ctrl-C ends it" in told and made._told
    assert "once, for anna (operator, trainer): " in told and "once, for ben (): " in told
    assert all(each in told for each in said)
    assert ("at full speed" in told) is (ahead is not None)
    assert seen == (["http://127.0.0.1:8700/login?token=t1"] if opens else [])


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


def test_who_hangs_is_named_once_and_nobody_is_waited_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    demo = opened("--demo")
    demo._start_edge()
    demo._web = Process("the web server", ["x"])
    for child in (demo._edge, demo._web):
        child.stopped = True
        for _ in range(3):
            assert demo._see_to_who_serves() is None
        assert capsys.readouterr().err == f"{child.name} hangs; it is ended\n"
        child.code = -9  # it has ended
        assert demo._see_to_who_serves() is None and child.code is None
        assert "it is started again" in capsys.readouterr().err
    assert demo._edge.starts == 2 and demo._web.starts == 1


def test_who_was_left_to_the_console_is_buried_and_nobody_that_is_asked_about(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known: list[set[int]] = []
    monkeypatch.setattr(console, "bury_others", known.append)
    demo = opened("--demo")
    demo._web = Process("the web server", [])
    demo._spare = Standby()
    pids = iter(range(1, 9))
    for each in (demo._flight, demo._edge, demo._web, demo._spare, demo._prepared):
        each.pid, each.is_on_its_way = next(pids), False
    demo._flight.is_on_its_way = True
    demo._bury_others()
    assert known == [], "it may have ended before anybody knows its number"
    demo._flight.is_on_its_way = False
    demo._bury_others()
    assert known == [{1, 2, 3, 4, 5}]


def test_a_run_that_does_not_move_is_asked_nothing() -> None:
    demo = opened("--demo")
    demo._resumed = SimpleNamespace(arrived=lambda: True)
    demo._flight.is_still = True
    demo._see_to_the_way()
    assert demo._resumed is not None
    demo._flight.is_still = False
    demo._see_to_the_way()
    assert demo._resumed is None


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

    monkeypatch.setattr(
        console, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: wall.now)
    )
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


class Standby:
    """Stands for a spare."""

    def __init__(self) -> None:
        self.did: list[Any] = []
        self.is_wanted, self.why, self.run = True, "", None

    def start(self) -> None:
        self.did.append("start")

    def end(self) -> None:
        self.did.append("end")

    def why_nobody(self) -> str:
        why, self.why = self.why, ""
        return why

    def take_over(self, record: Path, meanwhile: Any) -> Any:
        self.did.append(record)
        return self.run


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
