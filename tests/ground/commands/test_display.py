"""The last screen of a flight: texts as they are, true counts, the tubes of the mission alone."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.commands import display
from ground.commands.display import Display, accounted
from ground.missions.mission import load_mission


def summary(**changes: Any) -> dict[str, Any]:
    mission = load_mission("short")
    tubes = [
        {"id": tube.id, "name": tube.name, "place": "ground", "custody": "ground"}
        for tube in mission.depot.tubes
    ]
    usual = {
        "verdict": "failure", "reason": "", "mission_sols": 12.5, "wall_seconds": 3.0,
        "messages": 1, "peak_rss_mb": 99.0, "tubes": tubes, "custody_violations": [],
        "breakages": [], "tubes_accounted_for": len(changes.get("tubes", tubes)),
    }  # fmt: skip
    return usual | changes


def shown(capsys: pytest.CaptureFixture[str], out: str = "runs/a", **changes: Any) -> str:
    Display(load_mission("short")).result(summary(**changes), Path(out))
    return capsys.readouterr().out


def test_texts_with_brackets_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(
        capsys, out="runs/[/x]", reason="at [/x] and [bold]",
        custody_violations=[{"tube": "T[/]", "truth": "mav", "statement": "in [red]", "time": 1.0}],
    )  # fmt: skip
    for text in ("at [/x] and [bold]", "runs/[/x]", "T[/]", "in [red]"):
        assert text in told


def test_only_the_tubes_of_the_mission_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    mission = load_mission("short")
    told = shown(capsys)
    for tube in mission.depot.tubes:
        assert (tube.id in told) == (tube.id in mission.wanted)
    assert "8 more tubes were not wanted: on the ground" in told


def test_a_tube_that_was_not_wanted_and_was_moved_is_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tubes = summary()["tubes"]
    moved = next(tube for tube in tubes if tube["id"] not in load_mission("short").wanted)
    moved["place"] = "mav"
    told = shown(capsys, tubes=tubes)
    assert moved["id"] in told
    assert "7 more tubes were" in told


def test_accounted_for_is_what_the_audit_found() -> None:
    tubes = summary()["tubes"]
    wrong = [{"tube": tubes[3]["id"]}]
    told = accounted(summary(custody_violations=wrong))
    assert told == "10 tubes accounted for in the end, 1 violation of custody before"
    assert accounted(summary(tubes_accounted_for=9)) == "9 of 10 tubes accounted for"
    assert accounted(summary()) == "10 tubes accounted for"
    assert accounted(summary(tubes=tubes[:1])) == "1 tube accounted for"


def test_what_was_to_break_and_never_did_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    kill = {"what": "kill", "target": "rover", "mode": "", "due": "at 9 s", "remark": ""}
    never = kill | {"fired": None, "remark": "the run had ended before"}
    told = " ".join(shown(capsys, breakages=[kill | {"fired": 9.0}, never]).split())
    assert "kill rover, due at 9 s: happened at 9.0 s" in told
    assert "kill rover, due at 9 s: NEVER HAPPENED (the run had ended before)" in told


def test_one_message_is_not_messages_and_none_is_not_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "1 message," in shown(capsys)
    assert "message" not in shown(capsys, messages=0)


def alarm(number: int, state: str = "ACTIVE", **changes: Any) -> dict[str, Any]:
    usual = {
        "vehicle": "rover", "name": "limit slip", "severity": "WARNING_HI", "state": state,
        "since": 12.04, "count": 1, "text": f"slip = 0.9 is RED [{number}]",
    }  # fmt: skip
    return usual | changes


def test_open_alarms_and_missed_margins_are_on_the_last_screen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = shown(
        capsys,
        alarms=[alarm(1, count=3), alarm(2, "ACKNOWLEDGED"), alarm(3, "RETURNED")],
        margins_missed=[{"name": "angle of attack", "left": -0.09}],
    )
    assert "alarm: rover, since sol 12.0, 3 times: slip = 0.9 is RED [1]" in told
    assert "alarm: rover, since sol 12.0: slip = 0.9 is RED [2]" in told
    assert "[3]" not in told
    assert "1 alarm has returned to normal and nobody has acknowledged it" in told
    assert "margin: the angle of attack exceeded its limit by 9 %" in told


def test_of_many_alarms_five_are_named_and_the_others_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "more alarm" not in shown(capsys, alarms=[alarm(n) for n in range(5)])
    told = shown(capsys, alarms=[alarm(n) for n in range(7)])
    assert "[4]" in told and "[5]" not in told
    assert "2 more alarms that hold: see summary.json" in told


def test_where_nothing_is_open_nothing_is_said_of_alarms(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = shown(capsys, alarms=[], margins_missed=[])
    assert "alarm" not in told and "margin" not in told


class Screen:
    """A screen that notes what is printed, with or without a terminal."""

    def __init__(self, terminal: bool) -> None:
        self.is_terminal = terminal
        self.said: list[str] = []

    def print(self, *what: Any, **how: Any) -> None:
        self.said.extend(str(each) for each in what)


@pytest.mark.parametrize(("terminal", "every"), [(True, 0.15), (False, 5.0)])
def test_a_flight_is_shown_now_and_then_from_when_it_has_begun(
    terminal: bool, every: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall, screen = SimpleNamespace(now=100.0), Screen(terminal)
    live: list[Any] = []

    class Live:
        def __init__(self, **options: Any) -> None: ...

        def start(self) -> None:
            live.append("start")

        def update(self, panel: Any, *, refresh: bool) -> None:
            live.append(panel)

        def stop(self) -> None:
            live.append("stop")

    monkeypatch.setattr(display, "Screen", lambda: screen)
    monkeypatch.setattr(display, "Live", Live)
    monkeypatch.setattr(display.time, "monotonic", lambda: wall.now)
    monkeypatch.setattr(display, "progress_panel", lambda progress, title: f"panel {progress}")
    monkeypatch.setattr(display, "progress_line", lambda progress: f"line {progress}")
    steps: list[Any] = [None, 1, 2, 3]
    run: Any = SimpleNamespace(progress=lambda: steps.pop(0), devices_told=lambda: "")
    with Display(load_mission("short")) as shown:
        shown.show(run)
        assert screen.said == [], "nothing has begun yet"
        shown.show(run)
        wall.now += every - 0.01
        shown.show(run)
        wall.now += 0.02
        shown.show(run)
        shown.say("drawing")
        shown.compared("")
        shown.compared("the same")
    assert len(steps) == 1, "it was asked no oftener"
    title = screen.said[0]
    assert "(short)" in title and screen.said[-2:] == ["drawing", "the same"]
    if terminal:
        assert live == ["start", "panel 1", "panel 2", "stop"] and len(screen.said) == 3
    else:
        assert live == [] and screen.said[1:3] == ["line 1", "line 2"]
    screen.said.clear()
    with Display(load_mission("short"), quiet=True) as shown:
        wall.now += 100.0
        shown.show(run)
        shown.say("drawing")
    assert screen.said == [] and len(steps) == 1


@pytest.mark.parametrize("terminal", [True, False])
def test_which_devices_are_real_is_in_view_while_it_flies(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    seen: list[Any] = []
    wall = SimpleNamespace(now=100.0)
    screen = SimpleNamespace(
        is_terminal=terminal, print=lambda text, **more: said.append(str(text))
    )
    live = SimpleNamespace(
        start=lambda: None, stop=lambda: None, update=lambda it, refresh: seen.append(it)
    )
    monkeypatch.setattr(display, "Screen", lambda: screen)
    monkeypatch.setattr(display, "Live", lambda **more: live)
    monkeypatch.setattr(display.time, "monotonic", lambda: wall.now)
    monkeypatch.setattr(display, "progress_panel", lambda progress, title: "panel")
    monkeypatch.setattr(display, "progress_line", lambda progress: "line")
    states = ["armed", "armed", "lost"]
    run: Any = SimpleNamespace(
        progress=lambda: 1, devices_told=lambda: f"rover.wheels: real, {states.pop(0)}"
    )
    with Display(load_mission("short")) as shown:
        for _ in range(3):
            shown.show(run)
            wall.now += 10.0
    words = ["rover.wheels: real, armed", "rover.wheels: real, lost"]
    if terminal:
        shows = [str(each.renderables[1]) for each in seen]
        assert shows == [f"bench: {words[each]}" for each in (0, 0, 1)]
    else:  # said anew where it has changed
        assert said[1:] == ["line", f"bench: {words[0]}", "line", "line", f"bench: {words[1]}"]
