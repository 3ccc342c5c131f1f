"""The console goes over to a branch: the record up to there, everybody's session, the page."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ground.cli import main
from ground.commands import branching, console
from ground.commands.drill_way import DrillWay, request_of
from ground.edge.branching import BRANCH, Wish
from ground.edge.private_files import state_folder, write_private
from ground.edge.standing import GOAL, STANDING, Standing, read_standing
from ground.testbed.operating.run_control import ControlRefused, RefusedByRun
from ground.testbed.record.session import SESSION_FILE, read_session

HEAD = {
    "format": 1, "mission": "surface", "seed": 7, "shuffle": None, "configuration": {},
}  # fmt: skip


def asked(order: int, seconds: float, **request: Any) -> dict[str, Any]:
    given = {"type": "request", "user": "anna", "session": "anna-1", "roles": ["trainer"],
             "key": f"k{order}", "request": request}  # fmt: skip
    return {"time_ns": round(seconds * 1e9), "order": order, "input": given}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "run"
    folder.mkdir()
    lines = [
        HEAD,
        asked(1, 100.0, do="kill", role="rover"),
        asked(2, 200.0, do="checkpoint", name="storm"),
        asked(3, 300.0, do="kill", role="ground"),
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / SESSION_FILE).write_text(text)
    write_private(state_folder(folder) / "sessions.json", b'{"numbers": {"anna": 1}}')
    return folder


class Children:
    """Stands for the three processes; what becomes of them, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.did: list[str] = []
        outer = self

        class Child:
            def __init__(self, name: str, words: Any, speaks: bool = False) -> None:
                self.name, self.words, self.code, self.started = name, words, None, False

            def start(self) -> None:
                outer.did.append(f"start {self.name}")

            def line(self) -> str:
                said = {"requests": "ipc://r", "streams": "ipc://s", "links": {}}
                return json.dumps(said) + "\n"

            def hangs(self) -> bool:
                return False

            def end(self) -> None:
                outer.did.append(f"end {self.name}")

        monkeypatch.setattr(console, "Child", Child)


def test_it_ends_the_one_and_starts_the_other_where_it_branches_off(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    children = Children(monkeypatch)
    record = (run / SESSION_FILE).read_bytes()
    given = SimpleNamespace(
        demo="", at=None, out=run, replay=None, branch=None, operators="demo", no_web=False,
        port=8700, pace=None, resume=False, from_start=True, seed=None, no_browser=True, drill=None,
    )  # fmt: skip
    served: Any = console.Console(given)  # type: ignore[arg-type]
    served._web = console.Child("the web server", [])
    served._told = True
    served._see_to_branches()
    assert children.did == []  # nobody has wished for anything
    out = run.with_name("other")
    wish = msgspec.json.encode(Wish(str(out), "storm"))
    write_private(state_folder(run) / BRANCH, wish)
    served._see_to_branches()
    assert children.did[-1] == "end the web server", "the page comes when the edge has told"
    served._see_to_who_serves()
    assert children.did == [
        "end the edge", "end the run", "start the run", "start the edge", "end the web server",
        "start the web server",
    ]  # fmt: skip
    words = served._flight.words
    assert words[words.index("--out") + 1] == str(out) and words[-2:] == ["--pace", "0"]
    kept = read_session(state_folder(out) / SESSION_FILE)
    assert [each.order for each in kept.inputs] == [1, 2]
    assert kept.head.parent is not None and kept.head.parent.run == str(run)
    assert read_standing(state_folder(out) / GOAL) == Standing(200 * 10**9, 0.0, None)
    sessions = state_folder(out) / "sessions.json"
    assert sessions.read_bytes() == b'{"numbers": {"anna": 1}}'
    assert sessions.stat().st_mode & 0o077 == 0
    assert (run / SESSION_FILE).read_bytes() == record
    assert f"{run} ends, and is kept" in capsys.readouterr().out
    children.did.clear()
    served._see_to_branches()
    assert children.did == []  # once


def test_a_wish_that_cannot_be_leaves_the_run_alone(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    children = Children(monkeypatch)
    given = SimpleNamespace(demo="", at=None, out=run, replay=None)
    served: Any = console.Console(given)  # type: ignore[arg-type]
    wish = msgspec.json.encode(Wish(str(run.with_name("other")), "calm"))
    write_private(state_folder(run) / BRANCH, wish)
    served._see_to_branches()
    assert children.did == []
    assert "no branch: " in capsys.readouterr().err
    assert not (state_folder(run.with_name("other")) / GOAL).exists()


def test_a_full_disc_ends_no_run_and_sessions_that_others_can_read_are_not_handed_over(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    children = Children(monkeypatch)
    given = SimpleNamespace(demo="", at=None, out=run, replay=None)
    served: Any = console.Console(given)  # type: ignore[arg-type]
    out = run.with_name("other")
    write_private(state_folder(run) / BRANCH, msgspec.json.encode(Wish(str(out), "storm")))
    monkeypatch.setattr(branching, "write_private", full)
    served._see_to_branches()
    assert children.did == [] and served.folder == run
    assert "no branch: " in (said := capsys.readouterr().err) and "No space left" in said
    monkeypatch.undo()
    monkeypatch.setenv("XDG_STATE_HOME", str(run.parent / "state"))
    (state_folder(run) / "sessions.json").chmod(0o644)
    branching.hand_over_sessions(run, out)
    assert not (state_folder(out) / "sessions.json").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--branch", "RUN"], "allowed is RUN_FOLDER@AT"),
        (["--branch", "@storm"], "allowed is RUN_FOLDER@AT"),
        (["--branch", "RUN@calm"], "allowed is a checkpoint (storm), or seconds"),
        (["--branch", "RUN@storm", "--seed", "2"], "that of the run that it branches off from"),
        (["--branch", "RUN@storm", "--pace", "2"], "that of the run that it branches off from"),
        (["--branch", "RUN@storm", "--out", "RUN"], "it holds something"),
        (["--branch", "RUN@storm", "--demo"], "not allowed with"),
        (["--branch", "RUN@storm", "--drill", "crew.yaml"], "is for a run that --demo begins"),
        (["--demo", "--resume", "--drill", "crew.yaml"], "is for a run that --demo begins"),
        (["--demo", "--drill", "nowhere.yaml"], "nowhere.yaml: No such file"),
        (["--demo", "short", "--drill", "DRILL"], "= short: the scenario of"),
        (["--demo", "--drill", "DRILL", "--case", "day"], "the file has no cases"),
        (["--at", "RUN", "--drill", "DRILL"], "is for a run that --demo starts"),
    ],
)
def test_a_branch_from_the_terminal_is_checked_before_anything_starts(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    places = {"RUN": str(run), "DRILL": "configs/drills/crew/battery_gauge.yaml"}
    given = [word.replace("RUN", places["RUN"]).replace("DRILL", places["DRILL"]) for word in words]
    try:
        code = main(["console", *given, "--no-web", "--no-browser"])
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert sentence in capsys.readouterr().err
    assert not (state_folder(run.with_name("run-storm")) / STANDING).exists()
    assert not (state_folder(run.with_name("run-calm")) / GOAL).exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--branch", "storm"], "--branch needs --from and --pace"),
        (["--branch", "storm", "--from", "RUN"], "--branch needs --from and --pace"),
        (["--branch", "storm", "--from", "RUN", "--pace", "0"], "say where the branch is to fly"),
        (
            ["--branch", "storm", "--from", "RUN", "--pace", "0", "--out", "RUN"],
            "it holds something",
        ),
        (
            ["--branch", "calm", "--from", "RUN", "--pace", "0", "--out", "new"],
            "allowed is a checkpoint (storm)",
        ),
    ],
)
def test_a_branch_that_flies_by_itself_is_checked_too(
    run: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main(["fly", *[str(run) if word == "RUN" else word for word in words]]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


class Control:
    """A run that stands where its drill begins, as soon as it may fly."""

    def __init__(self, begins: str = "under_way", refuses: bool = False) -> None:
        self.begins, self.refuses = begins, refuses
        self.rate: float | None = 0.0
        self.paces: list[float | None] = []
        self.asked: list[Any] = []
        self.others = 0  # paces that somebody else has set
        self.loses = 0  # so many answers to paces

    def ask(self, user: str, request: Any, key: str | None = None, session: str = "") -> Any:
        if self.refuses:
            raise RefusedByRun("there is no such scenario")
        self.asked.append((user, request["do"], key))
        return {"state": self.begins, "began_ns": 3600 * 10**9, "title": "A gauge"}

    def look(self) -> dict[str, Any]:
        return {"pace": self.rate, "paces": len(self.paces) + self.others}

    def pace(self, rate: float | None, until: float | None, after: int) -> None:
        assert after == len(self.paces)
        self.paces.append(rate)
        self.rate = rate
        if self.loses:
            self.loses -= 1
            raise ControlRefused("the run has not answered")


def test_a_demo_with_a_drill_flies_to_where_it_begins_and_goes_on_at_its_pace() -> None:
    way, control = DrillWay("anna", request_of("gauge", "format: 1", ""), 50.0), Control()
    given: Any = control
    assert way.arrived(given) is None and way.arrived(given) is None
    assert control.paces == [None]
    control.rate = 0.0  # it stands: there the drill begins
    assert way.arrived(given) == "the drill has begun, 1.0 h on: A gauge"
    assert control.paces == [None, 50.0]
    assert control.asked == [
        ("anna", "drill_begin", "console/drill"), ("anna", "drill", None),
    ]  # fmt: skip
    way = DrillWay("anna", request_of("gauge", "format: 1", ""), 50.0)
    assert "there is no such scenario" in str(way.arrived(Control(refuses=True)))  # type: ignore[arg-type]
    held, given = DrillWay("anna", request_of("a", "b", ""), None), Control("waiting")
    held.arrived(given)
    given.rate = 0.0
    assert "it waits for its start" in str(held.arrived(given))
    left, given = DrillWay("anna", request_of("a", "b", ""), None), Control()
    left.arrived(given)
    given.others = 1
    assert left.arrived(given) == "somebody has set the pace of the demo, which holds"
    assert left.is_left and given.paces == [None]


def test_a_drill_on_whose_way_answers_are_lost_begins_once() -> None:
    way, control = DrillWay("anna", request_of("gauge", "format: 1", ""), 50.0), Control()
    given: Any = control
    control.loses = 2
    assert way.arrived(given) is None and way.arrived(given) is None and control.paces == [None]
    control.rate = 0.0
    assert way.arrived(given) is None and control.paces == [None, 50.0], "perhaps it has heard"
    assert way.arrived(given) == "the drill has begun, 1.0 h on: A gauge"
    assert control.paces == [None, 50.0] and not way.is_left
