"""A console that was killed: the next one resumes its demo, or is told what there is to be done."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import broken_off, console, console_checks
from ground.commands.broken_off import Watch, was_killed
from ground.edge.lock import take_lock
from ground.edge.private_files import state_folder, write_private
from ground.edge.standing import STANDING, Standing
from ground.missions.run_folder import RunFolder
from ground.testbed.record.session import SESSION_FILE
from tests.ground.commands.asked import given

HERE = ["--no-web", "--no-browser"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)


def refusal(*words: str) -> str:
    """Why a console is refused; "" where it is not."""
    try:
        console_checks.check(given(console, *words, *HERE))
    except ConfigurationError as error:
        return str(error)
    return ""


def killed(folder: Path, state: str = "interrupted") -> None:
    """As a console leaves it that was killed over a demo."""
    run = RunFolder(folder)
    run.mark(state, reason="ended by SIGTERM")
    (folder / SESSION_FILE).write_text("a record")
    run.close()
    note = msgspec.json.encode(Standing(23_760 * 10**9, 50.0))
    write_private(state_folder(folder) / STANDING, note)
    pid = os.fork()
    if not pid:
        Watch(folder)
        os._exit(0)
    os.waitpid(pid, 0)


def test_a_demo_that_can_go_on_is_not_begun_anew_unless_that_is_said(tmp_path: Path) -> None:
    run = tmp_path / "run"
    killed(run)
    said = refusal("--demo", "--out", "run")
    assert "the console of this demo was killed, 6.6 h on; --resume goes on from there" in said
    assert "--anew begins another in its place" in said
    assert (run / SESSION_FILE).read_text() == "a record"
    for more in (["--resume"], ["--anew"]):
        assert refusal("--demo", "--out", "run", *more) == ""
    assert refusal("--demo", "--out", "other") == ""
    (state_folder(run) / STANDING).unlink()
    assert "was killed; --resume" in refusal("--demo", "--out", "run")


@pytest.mark.parametrize("how", ["in order", "it lives", "the run has ended", "there is no record"])
def test_one_that_ended_in_order_or_left_nothing_to_go_on_with_keeps_nobody_from_another_demo(
    how: str, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    killed(run, state="ended" if how == "the run has ended" else "interrupted")
    assert was_killed(run)
    if how == "there is no record":
        (run / SESSION_FILE).unlink()
    watch = Watch(run) if how in ("in order", "it lives") else None
    assert was_killed(run) is (watch is None)
    if watch is not None and how == "in order":
        watch.end()
        assert not was_killed(run)
    assert refusal("--demo", "--out", "run") == ""


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A clock that goes on when somebody sleeps; then `does` is called."""
    made = SimpleNamespace(now=5.0, does=lambda: None)

    def sleep(seconds: float) -> None:
        made.now += seconds
        made.does()

    clock = SimpleNamespace(sleep=sleep, monotonic=lambda: made.now)
    for module in (broken_off, console_checks):
        monkeypatch.setattr(module, "time", clock)
    return made


def left_run(folder: Path) -> Callable[[], None]:
    return RunFolder(folder).close


def left_edge(folder: Path) -> Callable[[], None]:
    lock = take_lock(state_folder(folder))
    return lambda: os.close(lock)


@pytest.mark.parametrize("left", [left_run, left_edge])
def test_processes_of_a_console_that_was_killed_are_given_time_to_end(
    left: Callable[[Path], Callable[[], None]], tmp_path: Path, wall: Any
) -> None:
    run = tmp_path / "run"
    killed(run)
    ends = left(run)
    (run / SESSION_FILE).write_text("a record")
    began = wall.now

    def does() -> None:
        if began + 2.0 <= wall.now:
            wall.does = lambda: None
            ends()

    wall.does = does
    assert refusal("--demo", "--out", "run", "--resume") == ""
    assert 2.0 <= wall.now - began < 2.1


def test_one_of_them_that_does_not_end_is_named(tmp_path: Path, wall: Any) -> None:
    run = tmp_path / "run"
    killed(run)
    stopped = RunFolder(run)
    said = refusal("--demo", "--out", "run", "--resume")
    who = os.getpid()
    assert f"a process of it does not end: {who}, which `kill -9 {who}` ends" in said
    assert wall.now == pytest.approx(5.0 + broken_off.ENDS, abs=0.2)
    stopped.close()
    with_lock = left_edge(run)
    assert refusal("--demo", "--out", "run", "--resume").endswith("a process of it does not end")
    with_lock()


def test_a_page_that_ends_leaves_its_port_and_only_after_a_death_that_is_waited_for(
    tmp_path: Path, wall: Any
) -> None:
    with socket.socket() as page:
        page.bind(("127.0.0.1", 0))
        page.listen()
        words = ("--demo", "--out", "run", "--resume", "--port", str(page.getsockname()[1]))
        with pytest.raises(ConfigurationError, match="Address already in use"):
            console_checks.check(given(console, *words))
        assert wall.now == 5.0
        killed(tmp_path / "run")
        with pytest.raises(ConfigurationError, match="Address already in use"):
            console_checks.check(given(console, *words))
        assert wall.now == pytest.approx(5.0 + console_checks.PORT_IS_LEFT, abs=0.1)
        wall.does = page.close
        console_checks.check(given(console, *words))


@pytest.mark.parametrize(
    "words", [["--demo", "--anew", "--resume"], ["--branch", "r@9", "--anew", "--out", "x"]]
)
def test_what_goes_on_does_not_begin_anew(words: list[str]) -> None:
    assert "--anew begins another demo" in refusal(*words)


def test_who_joins_a_run_that_was_broken_off_is_told_how_it_goes_on(tmp_path: Path) -> None:
    run = tmp_path / "run"
    killed(run)
    assert "`msr console --demo --resume --out run` goes on" in refusal("--at", "run")
    (run / "run.json").write_text(json.dumps({"state": "ended", "verdict": "success"}))
    assert "--resume" not in refusal("--at", "run")
    assert "--anew is for --demo" in refusal("--at", "run", "--anew")


def test_a_console_keeps_that_it_sees_to_a_run_until_it_has_ended_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words, keeps in ((["--demo", "--out", "run"], True), (["--at", "run"], False)):
        made: Any = console.Console(given(console, *words, *HERE))
        made._begin_watch()
        file = state_folder(tmp_path / "run") / broken_off.CONSOLE
        assert file.exists() is keeps and not was_killed(tmp_path / "run")
        made.folder = Path("branch")
        made._begin_watch()
        assert not file.exists()
        made.end()
        assert not (state_folder(tmp_path / "branch") / broken_off.CONSOLE).exists()


def test_of_two_consoles_that_begin_at_once_one_is_refused(tmp_path: Path) -> None:
    first = Watch(tmp_path / "run")
    with pytest.raises(ConfigurationError, match="--out another console has just begun here"):
        Watch(tmp_path / "run")
    first.end()
    Watch(tmp_path / "run").end()
