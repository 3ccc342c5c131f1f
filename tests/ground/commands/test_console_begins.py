"""`msr console` over processes that a test plays: how it begins, and what it tells of that."""

from typing import Any

import pytest

from ground.commands.drill_way import DrillWay
from ground.commands.first_contact import FirstContact
from tests.ground.commands.played_children import FLY, Process, opened

pytestmark = pytest.mark.usefixtures("by_hand")


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
