"""`msr console`: which runs it joins, resumes and starts, and where a demo begins."""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.cli import main
from ground.commands.first_contact import FirstContact
from ground.edge.lock import is_served, take_lock
from ground.edge.private_files import state_folder, write_private
from ground.edge.standing import GOAL
from ground.missions.run_folder import RunFolder, holder_of, is_under_way
from ground.testbed.operating.run_control import ControlRefused, RefusedByRun
from ground.testbed.record.session import SESSION_FILE

HEAD = {
    "format": 1, "mission": "surface", "seed": 1, "shuffle": None, "configuration": {},
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Path, list[Path]]]:
    """The folder of a run, and what an edge keeps to resume it."""
    folder = tmp_path / "run"
    state = state_folder(folder)
    for name in (SESSION_FILE, GOAL):
        write_private(state / name, b"kept")
    yield folder, [state / SESSION_FILE, state / GOAL]


def console(*words: object) -> int:
    return main(["console", *map(str, words), "--no-web", "--no-browser"])


@pytest.mark.parametrize(
    ("mark", "how"),
    [
        ({"state": "finished", "verdict": "success"}, "success"),
        ({"state": "interrupted", "reason": "ended by SIGTERM"}, "ended by SIGTERM"),
        ({"state": "running"}, "killed"),
    ],
)
def test_a_run_that_has_ended_cannot_be_joined_and_is_said_to_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mark: dict[str, str], how: str
) -> None:
    (tmp_path / "run.json").write_text(json.dumps(mark))
    (tmp_path / "run.lock").touch()
    assert console("--at", tmp_path) == 2
    said = capsys.readouterr().err
    assert f"the run has ended ({how})" in said and f"msr history --replay --at {tmp_path}" in said


def test_a_run_that_is_under_way_is_known_by_its_lock(tmp_path: Path) -> None:
    assert not is_under_way(tmp_path)
    folder = RunFolder(tmp_path)
    assert is_under_way(tmp_path) and is_under_way(tmp_path)
    assert holder_of(tmp_path) == os.getpid()
    folder.close()
    assert not is_under_way(tmp_path) and holder_of(tmp_path) == 0
    assert holder_of(tmp_path / "nowhere") == 0


def test_a_state_folder_that_cannot_be_used_is_not_taken_for_another_who_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    state = state_folder(tmp_path / "run")
    assert not is_served(tmp_path / "run")
    (state / "lock").unlink()
    (state / "lock").mkdir()
    assert console("--demo", "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert str(state) in said and "cannot be used" in said and "XDG_STATE_HOME" in said
    assert "served already" not in said and not (tmp_path / "run").exists()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert console("--demo", "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "file") in said and "served already" not in said


def test_a_second_demo_in_a_folder_leaves_what_the_first_needs_to_be_resumed(
    kept: tuple[Path, list[Path]], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, files = kept
    lock = take_lock(state_folder(folder))
    try:
        for more in ([], ["--resume"]):
            assert console("--demo", "--out", folder, *more) == 2
            assert "is served already" in capsys.readouterr().err
        assert is_served(folder)
    finally:
        os.close(lock)
    assert not is_served(folder)
    run = RunFolder(folder)
    assert console("--demo", "--out", folder) == 2
    assert "another run is under way in this folder" in capsys.readouterr().err
    run.close()
    assert [file.read_bytes() for file in files] == [b"kept", b"kept"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--demo", "short"], "--demo = short: what is to be resumed in"),
        (["--demo", "--seed", "2"], "--seed = 2: what is to be resumed in"),
    ],
)
def test_what_is_resumed_is_what_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / SESSION_FILE).write_text(json.dumps(HEAD) + "\n")
    assert console(*words, "--resume", "--out", folder) == 2
    said = capsys.readouterr().err
    assert sentence in said and str(folder) in said
    assert not (state_folder(folder) / GOAL).exists()


# ------------------------------------------------------------------- first contact


class Control:
    """A run that flies at once to where it is told to, and in which a vehicle is heard from a time
    on."""

    def __init__(self, heard_from: float = 0.0, passes: bool = True) -> None:
        self.time, self.rate, self.paces = 0.0, 0.0, list[Any]()
        self._heard_from, self._passes = heard_from, passes
        self.away: Exception | None = None
        self.loses = 0  # so many answers to paces
        self.others = 0  # paces that somebody else has set

    def poll(self, limit: int) -> dict[str, Any]:
        if self.away:
            raise self.away
        start = (self.time // 1000.0 + 1.0) * 1000.0
        coming = {"vehicle": "rover", "start_ns": start * 1e9, "end_ns": (start + 100.0) * 1e9}
        heard = self.time >= self._heard_from
        return {
            "time_ns": round(self.time * 1e9), "pace": self.rate,
            "paces": len(self.paces) + self.others,
            "clock": {"light_time_s": 10.0, "next_pass": coming if self._passes else None},
            "telemetry": [["rover", "mode", "idle", 0, 0, "OK"]] if heard else [],
        }  # fmt: skip

    def pace(self, rate: float | None, until: float | None = None, after: int = -1) -> None:
        if after not in (-1, len(self.paces) + self.others):
            raise RefusedByRun("somebody has set the pace meanwhile")
        self.paces.append((rate, until))
        self.rate = 0.0 if rate is None else rate
        self.time = self.time if until is None else until
        if self.loses:
            self.loses -= 1
            raise ControlRefused("the run has not answered")


def flown_ahead(control: Control) -> tuple[str, int]:
    ahead: FirstContact = FirstContact(50.0)
    for looks in range(100):
        told = ahead.arrived(control)  # type: ignore[arg-type]
        if told is not None:
            return told, looks
    raise AssertionError("it never arrives")


def test_a_demo_flies_pass_by_pass_until_somebody_was_heard() -> None:
    control = Control(heard_from=2000.0)
    told, _ = flown_ahead(control)
    assert "rover was heard" in told
    assert control.paces == [(None, 1110.0), (None, 2110.0), (50.0, None)]


def test_a_demo_in_which_nobody_speaks_goes_on_all_the_same() -> None:
    control = Control(heard_from=1e9)
    assert "nobody was heard" in flown_ahead(control)[0]
    assert len(control.paces) == 9 and control.paces[-1] == (50.0, None)
    control = Control(heard_from=1e9, passes=False)
    assert "nobody was heard" in flown_ahead(control)[0] and control.paces == [(50.0, None)]


def test_a_run_on_its_way_is_left_alone_and_one_that_is_gone_is_told() -> None:
    control = Control(heard_from=2000.0)
    ahead = FirstContact(50.0)
    assert ahead.arrived(control) is None  # type: ignore[arg-type]
    control.rate = None  # type: ignore[assignment]
    assert ahead.arrived(control) is None  # type: ignore[arg-type]
    assert len(control.paces) == 1
    control.away = ControlRefused("the run has not answered within 2 s")
    assert ahead.arrived(control) is None, "it is asked again"  # type: ignore[arg-type]
    control.away = RefusedByRun("it has another host")
    assert "does not fly ahead" in str(ahead.arrived(control))  # type: ignore[arg-type]


@pytest.mark.parametrize("loses", [1, 2, 3, 9])
def test_where_an_answer_is_lost_its_own_pace_is_not_taken_for_that_of_somebody(
    loses: int,
) -> None:
    control = Control(heard_from=2000.0)
    control.loses = loses
    assert "rover was heard" in flown_ahead(control)[0]
    assert control.paces == [(None, 1110.0), (None, 2110.0), (50.0, None)]


@pytest.mark.parametrize("looks", [0, 1])
def test_the_pace_that_somebody_sets_on_a_demo_that_flies_ahead_holds(looks: int) -> None:
    control = Control(heard_from=2000.0)
    ahead = FirstContact(50.0)
    for _ in range(looks):
        assert ahead.arrived(control) is None  # type: ignore[arg-type]
    control.others, control.rate = 1, 0.0  # they have it stand
    assert ahead.arrived(control) == "somebody has set the pace of the demo, which holds"  # type: ignore[arg-type]
    assert ahead.is_left and len(control.paces) == looks


# ------------------------------------------------------------------------ the pace


def test_the_pace_of_a_run_that_flies_back_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Run(Control):
        def __init__(self, folder: Path) -> None:
            super().__init__()

        def __enter__(self) -> "Run":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def look(self) -> dict[str, Any]:
            return {"time": 100.0, "pace": 0.0, "until": None, "inputs": 0}

        def pace(
            self, rate: float | None, until: float | None = None, told: Any = None
        ) -> Any:
            super().pace(rate, until)
            return self.look()

    monkeypatch.setattr("ground.testbed.operating.run_control.RunControl", Run)
    goal = state_folder(tmp_path) / GOAL
    write_private(goal, json.dumps({"time_ns": 100_000_000_001, "pace": 50.0}).encode())
    assert main(["pace", str(tmp_path), "50"]) == 2
    assert "flies again to where it was, 100.000 s" in capsys.readouterr().err
    assert main(["pace", str(tmp_path)]) == 0  # who looks only may
    write_private(goal, json.dumps({"time_ns": 100_000_000_000, "pace": 50.0}).encode())
    assert main(["pace", str(tmp_path), "50"]) == 0


def test_a_lock_is_looked_at_without_being_taken(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.close()
    with (tmp_path / "run.lock").open() as other:
        assert not is_under_way(tmp_path)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # still free


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--until-event", "rover.arrived"], {"vehicle": "rover", "event": "arrived"}),
        (["--until-verdict", "mc-0-00001"], {"verdict": "mc-0-00001"}),
        (["--until-event", "arrived"], "allowed is VEHICLE.EVENT"),
        (["--until-event", "rover."], "allowed is VEHICLE.EVENT"),
        (["--until-event", "a.b", "--until-verdict", "c"], "allowed is that or --until-verdict"),
    ],
)
def test_a_pace_until_something_is_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: list[str], told: Any,
) -> None:  # fmt: skip
    asked: list[Any] = []

    class Run:
        def __init__(self, folder: Path) -> None:
            pass

        def __enter__(self) -> "Run":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def look(self) -> dict[str, Any]:
            return {"time": 1.0, "pace": None, "until": None, "told": "that", "inputs": 0}

        def pace(self, rate: float | None, until: float | None, told: Any) -> Any:
            asked.append((rate, until, told))
            return self.look()

    monkeypatch.setattr("ground.testbed.operating.run_control.RunControl", Run)
    code = main(["pace", str(tmp_path), "max", *words])
    said = capsys.readouterr()
    if isinstance(told, str):
        assert (code, asked) == (2, []) and told in said.err
    else:
        assert (code, asked) == (0, [(None, None, told)]) and "to that" in said.out
