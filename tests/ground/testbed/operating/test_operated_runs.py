"""A run that was operated flies again from its record to the same bits; an altered input does not.

What is wrong with a record, or with what is put into a run, is refused by a sentence.
"""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import main
from ground.missions.mission import load_mission
from ground.missions.run_folder import RunFolder, is_under_way
from ground.reports.flight import fly_mission, write_reports
from ground.testbed.control_room.control_room import make_dictionary
from ground.testbed.evidence.evidence import configuration_hashes
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.fly import fly as fly_run
from ground.testbed.hosts.standby import Standby
from ground.testbed.hosts.standby_folder import StandbyFolder
from ground.testbed.hosts.throttled import Throttled
from ground.testbed.operating.run_control import CONTROL_FILE, ControlRefused, RunControl
from ground.testbed.record.inputs import (
    CommandInput,
    InputRefused,
    KillInput,
    check_input,
    read_input,
)
from ground.testbed.record.session import SESSION_FILE, SessionHead, SessionWriter, read_session
from ground.testbed.run import RunOptions
from tests.ground.testbed.operating.operated import Crew, enough, fly, fly_again, until
from tests.ground.testbed.test_run import small_mission

pytestmark = [pytest.mark.mission, pytest.mark.xdist_group("operated")]

DAY = 180_000.0  # s of mission time: a morning, soon
END = DAY + 8000.0
HEAT = {"type": "command", "vehicle": "lander", "command": "condition_mav", "user": "ada"}


def operated(out: Path) -> RunRecord:
    """Held back, told to run to a morning, commanded, a death, a pause, another death, let go."""
    crew = Crew(
        until(DAY),
        lambda c: c.loop.put({**HEAT, "arguments": {"on": True}}),
        until(DAY + 5000.0),
        lambda c: c.loop.put({"type": "kill", "role": "rover"}),
        lambda c: c.loop.put({"type": "kill", "role": "ground"}),
        lambda c: c.loop.put({**HEAT, "arguments": {"on": False}}),
        lambda c: c.loop.set_pace(1e6, round(END * 1e9)),
        enough,
    )
    return fly(out, crew, serve=False)


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunRecord]:
    folder = tmp_path_factory.mktemp("operated") / "run"
    return folder, operated(folder)


def test_a_session_with_commands_deaths_and_pauses_flies_again_bit_for_bit(
    flown: tuple[Path, RunRecord], tmp_path: Path
) -> None:
    folder, first = flown
    session = read_session(folder)
    assert [each.data["type"] for each in session.inputs] == ["command", "kill", "kill", "command"]
    again = fly_again(folder, tmp_path / "again", END)
    assert again.figures.log_sha256 == first.figures.log_sha256
    assert (tmp_path / "again" / SESSION_FILE).read_text() == (folder / SESSION_FILE).read_text()
    assert [kill.role for kill in first.kills] == ["rover", "ground"]


def test_a_command_to_a_ground_that_is_down_is_told_and_not_sent(
    flown: tuple[Path, RunRecord],
) -> None:
    lines = (flown[0] / "events.jsonl").read_text(encoding="utf-8").splitlines()
    told = [event for event in map(json.loads, lines) if event["name"] == "command_unheard"]
    assert [event["source"] for event in told] == ["run"]
    assert "condition_mav to lander, asked for by ada, was not sent" in told[0]["text"]


def test_an_altered_argument_and_an_input_left_out_each_give_another_run(
    flown: tuple[Path, RunRecord], tmp_path: Path
) -> None:
    folder, first = flown
    lines = (folder / SESSION_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    altered, short = tmp_path / "altered.jsonl", tmp_path / "short.jsonl"
    altered.write_text("".join(lines).replace('"on": true', '"on": false', 1))
    short.write_text("".join(lines[:2]))
    for number, file in enumerate((altered, short)):
        other = fly_again(file, tmp_path / str(number), END)
        assert other.figures.log_sha256 != first.figures.log_sha256


def test_a_pace_and_looks_change_no_bit(tmp_path: Path) -> None:
    mission = small_mission(tmp_path, sols=3.0)
    plain = fly_mission(mission, tmp_path / "plain", RunOptions())
    held_back = Throttled(pace=3e5, serve=True)
    paced = fly_mission(mission, tmp_path / "paced", RunOptions(), held_back)
    assert paced.figures.log_sha256 == plain.figures.log_sha256
    assert not (tmp_path / "paced" / CONTROL_FILE).exists()


# ------------------------------------------------------------------------ refusals


def at(line: str, time_ns: int) -> str:
    """A line of a record with another instant."""
    return json.dumps({**json.loads(line), "time_ns": time_ns}) + "\n"


def head_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / SESSION_FILE).read_text().splitlines()[0]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: ["nonsense\n", *lines[1:]], ":1: no line of a record"),
        (lambda lines: [lines[0].replace('"format": 1', '"format": 2')], "reads format 1"),
        (lambda lines: [lines[0], *lines[2:]], "an input is missing"),
        (lambda lines: [lines[0], lines[2], lines[1]], "out of order"),
        (lambda lines: [lines[0], lines[1].replace('"command"', '"cmd"')], "no input of a run"),
        (lambda lines: [lines[0][:40]], "torn in its first line"),
        (lambda lines: [lines[0], at(lines[1], -5)], ":2: no line of a record.*time_ns"),
        (lambda lines: [lines[0], at(lines[1], 2**61 + 1)], ":2: no line of a record.*time_ns"),
        (lambda lines: [lines[0], at(lines[1], 2**70)], ":2: no line of a record"),
    ],
)
def test_a_record_that_is_none_is_refused(
    flown: tuple[Path, RunRecord],
    tmp_path: Path,
    change: Callable[[list[str]], list[str]],
    words: str,
) -> None:
    lines = (flown[0] / SESSION_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "session.jsonl"
    file.write_text("".join(change(lines)))
    with pytest.raises(ConfigurationError, match=words):
        read_session(file)


def test_a_last_line_that_a_death_has_torn_is_left_out(
    flown: tuple[Path, RunRecord], tmp_path: Path
) -> None:
    text = (flown[0] / SESSION_FILE).read_bytes()
    file = tmp_path / "session.jsonl"
    file.write_bytes(text[:-20])
    assert len(read_session(file).inputs) == len(read_session(flown[0]).inputs) - 1


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("mission", "short", "surface is to be flown"),
        ("configuration", {"missions/surface.yaml": "0"}, "have changed since it was recorded"),
    ],
)
def test_a_record_of_something_else_is_refused_before_anything_is_touched(
    flown: tuple[Path, RunRecord], tmp_path: Path, key: str, value: Any, words: str
) -> None:
    file = tmp_path / "session.jsonl"
    file.write_text(json.dumps(head_of(flown[0]) | {key: value}) + "\n")
    with pytest.raises(ConfigurationError, match=words):
        fly_again(file, tmp_path / "run", END)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"type": "kill", "role": "moon"}, "allowed is one of lander, rover"),
        ({"type": "kill", "role": "mav", "at": 5}, "unknown field"),
        ({"type": "explode"}, "explode"),
        ({**HEAT, "arguments": {"on": 1}}, "on"),
        ({**HEAT, "command": "condition_maw"}, "condition_mav"),
        ({**HEAT, "vehicle": "orbiter", "arguments": {"on": True}}, "allowed is one of"),
        ({**HEAT, "user": "", "arguments": {"on": True}}, "user"),
        ({**HEAT, "arguments": {"on": True}, "lifetime": 0.5}, "lifetime"),
        (["kill"], "Expected"),
        ({**HEAT, "arguments": {"on": float("nan")}}, "nan: allowed are finite numbers"),
        ({**HEAT, "arguments": {"on": [{"x": -float("inf")}]}}, "-inf: allowed are finite numbers"),
    ],
)
def test_an_input_that_has_no_meaning_is_refused(plain: Any, words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        check_input(read_input(plain), load_mission("surface"), make_dictionary())


# -------------------------------------------------------------- from another process


@pytest.mark.processes
def test_a_run_is_operated_from_another_process_and_flies_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    flags = ["--quiet", "--no-pictures"]
    command = [sys.executable, "-m", "ground.cli", "fly"]
    with subprocess.Popen(
        [*command, "surface", "--pace", "0", "--out", str(out), *flags],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    ) as flight:  # fmt: skip
        try:
            with connected(out, flight) as control:
                assert control.look() == {
                    "ok": True, "time": 0.0, "pace": 0.0, "until": None, "told": None,
                    "paces": 0, "inputs": 0,
                }  # fmt: skip
                with pytest.raises(ControlRefused, match="somebody has set the pace meanwhile"):
                    control.pace(None, after=1)
                assert control.pace(None, until=DAY, after=0)["paces"] == 1
                await_pause(control)
                with pytest.raises(ControlRefused, match="somebody has set the pace meanwhile"):
                    control.pace(None, after=0)
                assert control.look()["time"] == DAY
                with pytest.raises(ControlRefused, match="it cannot run to"):
                    control.pace(None, until=5.0)
                assert control.look()["paces"] == control.poll(limit=1)["paces"] == 1
                with pytest.raises(ControlRefused, match="allowed is one of"):
                    control.put(KillInput("moon"))
                for nonsense in (b"", b"\xc1", b"\x81\xa2do\xa4stop", b"\x93\x01\x02\x03"):
                    control._socket.send(nonsense)
                    assert b"no request" in control._socket.recv()
                control.put(CommandInput("lander", "condition_mav", "ada", {"on": True}))
                asked_and_polled(control)
                control.put(KillInput("rover"))
                control.pace(None)
            assert flight.wait(120) == 0
        finally:
            flight.kill()
    again = ["fly", "--from", str(out), "--out", str(tmp_path / "again"), *flags]
    assert main(again) == 0
    first, second = (
        json.loads((folder / "summary.json").read_text())["log_sha256"]
        for folder in (out, tmp_path / "again")
    )
    assert first == second
    assert len(read_session(out).inputs) == 4  # a refusal by mission control is on record as well
    with pytest.raises(ControlRefused, match="no run is held back there"):
        RunControl(out)


def asked_and_polled(control: RunControl) -> None:
    """People's requests go by the same socket."""
    assert control.ask("eve", {"do": "hello"})["you"] == {"name": "eve", "roles": ["observer"]}
    take = {"do": "authority_take", "vehicle": "lander"}
    for _ in range(2):
        assert control.ask("anna", take, key="one")["holder"] == "anna"
    polled = control.poll(limit=1000)
    assert polled["ground"] == "up"
    assert [each["what"] for each in polled["journal"][-2:]] == ["taken", "authority_take"]
    assert control.poll(polled["journal_last"], polled["telemetry_version"])["telemetry"] == []
    for user, request, key, words in (
        ("nobody", {"do": "hello"}, None, "nobody here is called so"),
        ("anna", take, None, "a change has a key"),
        ("anna", {**take, "vehicle": "rover"}, "one", "used for another request"),
        ("anna", {"do": "fly"}, None, "allowed is one of"),
        ("edge", take, "two", "nothing else"),
        ("eve", take, "three", "needs the role"),
    ):
        with pytest.raises(ControlRefused, match=words):
            control.ask(user, dict(request), key)


def connected(out: Path, flight: "subprocess.Popen[bytes]") -> RunControl:
    """As soon as the run can be spoken to."""
    end = time.monotonic() + 60.0
    while flight.poll() is None and time.monotonic() < end:
        try:
            return RunControl(out, patience=30.0)
        except ControlRefused:
            time.sleep(0.02)
    raise AssertionError("the run cannot be spoken to")


def await_pause(control: RunControl) -> None:
    end = time.monotonic() + 60.0
    while control.look()["pace"] != 0.0:
        assert time.monotonic() < end
        time.sleep(0.02)




def test_a_record_of_ones_own_mission_file_flies_it_where_that_is_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.yaml"
    text = small_mission(tmp_path).file.read_text()
    own.write_text(text)
    head = SessionHead(1, "own", 3, None, configuration_hashes(load_mission(str(own))))
    kept = RunFolder(tmp_path / "kept")
    SessionWriter(kept, head).close()
    kept.close()
    session = read_session(tmp_path / "kept")
    assert session.mission == str(own.resolve())
    Throttled(session=session).check(load_mission(session.mission))
    flown = ["fly", "--from", str(tmp_path / "kept"), "--out", str(tmp_path / "again"), "--quiet"]
    quick = ["--in-memory", "--no-pictures"]
    assert main([*flown[:1], str(own), *flown[1:4], str(tmp_path / "whole"), *quick]) == 1
    assert read_session(tmp_path / "whole").head == head
    other = tmp_path / "elsewhere" / "own.yaml"
    other.parent.mkdir()
    other.write_text(text)
    assert main([*flown[:1], str(other), *flown[1:]]) == 2  # another file of that name
    assert f"the record of --from has {own}" in capsys.readouterr().err.replace("\n", "")
    own.write_text(text + "# another\n")
    assert main(flown) == 2
    assert "these files have changed since it was recorded" in capsys.readouterr().err
    own.unlink()
    assert main(flown) == 2
    assert "own.yaml" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


# ------------------------------------------------------------------- one that stands by


@pytest.mark.requirement("OPS-11")
@pytest.mark.parametrize(
    "at",
    [DAY + 5000.0, pytest.param(1000.0, marks=pytest.mark.check),
     pytest.param(END - 1.0, marks=pytest.mark.check)],
)  # fmt: skip
def test_who_stood_by_is_the_run_from_there_on_bit_for_bit(
    flown: tuple[Path, RunRecord], tmp_path: Path, at: float
) -> None:
    folder, first = flown
    session, out = read_session(folder), tmp_path / "run"
    known = [each for each in session.inputs if each.time_ns <= at * 1e9]
    left = [each for each in session.inputs if each.time_ns > at * 1e9]
    crew = Crew(until(END), enough)
    ways = iter((0.3 * at, at))

    def stands() -> None:
        host = kind.opened[0]
        way = next(ways, None)
        if way is not None:
            host.held_loop.follow(round(way * 1e9) - 1, known if way != at else ())
            return
        assert not out.exists()  # it has touched nothing
        host.held_loop.follow(0, left)
        host.take_over(out)
        host.held_loop.outside = crew
        crew.loop, crew.host = host.held_loop, host
        crew.loop.set_pace(0.0)
        assert is_under_way(out) and (out / CONTROL_FILE).exists()
        now = json.loads((out / "run.json").read_text())
        assert now["state"] == "running"

    kind = Standby(session=session, stands=stands)
    home = StandbyFolder(tmp_path / "spare")
    mission = load_mission("surface")
    second = fly_run(mission, home.path, RunOptions(), kind, None, write_reports, home)
    assert second.figures.log_sha256 == first.figures.log_sha256
    for name in (SESSION_FILE, "events.jsonl", "truth.jsonl"):
        assert (out / name).read_text() == (folder / name).read_text()
    for name in ("ground/archive.sqlite", "nodes/rover.sqlite", "nodes/lander.sqlite"):
        assert rows_of(out / name) == rows_of(folder / name)
    assert (out / "ground" / "manifest.json").exists() and (out / "summary.json").exists()
    assert not is_under_way(out) and not (out / CONTROL_FILE).exists()


def rows_of(file: Path) -> list[str]:
    """All that a database holds, and no log beside it."""
    assert file.exists() and not file.with_name(file.name + "-wal").exists()
    with closing(sqlite3.connect(file)) as database:
        return [line for line in database.iterdump() if "sqlite_stat" not in line]
