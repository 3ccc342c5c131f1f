"""A record that ends before its run did: nothing that is flown from it is a success."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ground.mission_control import Outcome
from ground.missions.run_folder import RunFolder
from ground.testbed.bench.host import BenchHost
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.hosts.throttled import Throttled, ThrottledHost
from ground.testbed.record.session import (
    FORMAT,
    Session,
    SessionHead,
    SessionWriter,
    Torn,
    read_session,
)
from sim_hw.bench.recorder import Recorder
from sim_hw.bench.recording_what import record_heard

HEAD = SessionHead(FORMAT, "surface", 1, None, {}, (), "desk.yaml")
ALIVE = {"type": "bench", "told": ["interlock", "", ""]}


def recorded(file: Path, inputs: int, fails: str = "") -> Path:
    """An input each second, and then a call."""
    recorder = Recorder(file)
    record_heard(recorder, "head", "", [msgspec.to_builtins(HEAD)])
    for order in range(1, inputs + 1):
        line = {"time_ns": order * 10**9, "order": order, "input": ALIVE}
        record_heard(recorder, "input", "", [line])
    record_heard(recorder, "call", "rover.wheels", [7, "drive", {}, 9.0, 9.0, 40 * 10**9])
    if fails:
        recorder.give_up(RuntimeError(fails))
    recorder.close()
    return file


@pytest.mark.requirement("HIL-01")
def test_the_recording_of_a_bench_that_is_torn_says_where(tmp_path: Path) -> None:
    file = recorded(tmp_path / "a.mcap", 3)
    assert read_session(file).torn is None
    file.write_bytes(file.read_bytes()[:-9])
    torn = read_session(file).torn
    assert torn is not None and torn.time_ns == 40 * 10**9  # what was heard last, be it no input
    assert "a.mcap is torn at t=40.000 s, 5 messages: what came after that" in torn.words
    failed = read_session(recorded(tmp_path / "b.mcap", 3, "no space")).torn
    assert failed is not None and "incomplete from t=40.000 s on (RuntimeError: no space)" in (
        failed.words
    )


@pytest.mark.parametrize(
    ("state", "torn"), [("ended", False), ("running", True), ("stopped", True), (None, False)]
)
def test_the_record_of_a_bench_whose_run_has_not_ended_is_torn_at_its_last_input(
    tmp_path: Path, state: str | None, torn: bool
) -> None:
    """Without a run folder nobody can say; a record without real devices goes on by itself."""
    lines = [msgspec.to_builtins(HEAD), {"time_ns": 7 * 10**9, "order": 1, "input": ALIVE}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (tmp_path / "session.jsonl").write_text(text)
    if state is not None:
        (tmp_path / "run.json").write_text(json.dumps({"state": state}))
    found = read_session(tmp_path).torn
    assert (found is not None) is torn
    if found is not None:
        assert found.time_ns == 7 * 10**9
        assert "session.jsonl is torn at t=7.000 s, 1 inputs: its run has not" in found.words
    (tmp_path / "session.jsonl").write_text(text.replace("desk.yaml", "").split("\n")[0] + "\n")
    assert read_session(tmp_path).torn is None


def test_a_flight_from_one_that_is_torn_is_unknown_also_where_it_comes_to_its_end() -> None:
    told: list[Outcome] = []
    host: Any = ThrottledHost.__new__(ThrottledHost)
    host._happenings = SimpleNamespace(procedure_ended=told.append)
    host._kind = SimpleNamespace(session=SimpleNamespace(torn=Torn(5, "torn at t=0")))
    host._ground_ended(Outcome("complete", "", []))
    host._end_torn("torn at t=0")
    assert [(each.verdict, each.reason) for each in told] == [("unknown", "torn at t=0")] * 2
    host._kind = SimpleNamespace(session=SimpleNamespace(torn=None))
    host._ground_ended(Outcome("complete", "", []))
    assert told[-1].verdict == "complete"
    record: Any = RunRecord.__new__(RunRecord)
    for outcome, violations, verdict in (
        ("complete", [], "success"), ("unknown", [], "unknown"), ("failed", [], "failure"),
        ("complete", ["a tube"], "failure"), ("unknown", ["a tube"], "failure"),
    ):  # fmt: skip
        object.__setattr__(record, "outcome", Outcome(outcome, "", []))
        object.__setattr__(record, "violations", violations)
        assert record.verdict == verdict


WHY = "rover.wheels was lost, and this machine was late by 1.00 s itself"


def host_of(told: list[Outcome], session: Session | None, why: list[str]) -> Any:
    host: Any = BenchHost.__new__(BenchHost)
    host._happenings = SimpleNamespace(procedure_ended=told.append)
    host._bench = host._kind = SimpleNamespace(session=session)
    host._process, host._not_theirs = None, lambda: why
    return host


def test_a_verdict_that_stood_on_real_time_is_no_failure_of_a_flight_from_its_record(
    tmp_path: Path,
) -> None:
    """Nor of one from the record of that; one that has not failed then is what it is."""
    told: list[Outcome] = []
    session: Session | None = None
    for flight in ("live", "again", "and again"):
        folder = RunFolder(tmp_path / flight)
        host = host_of(told, session, [WHY] if session is None else [])
        host._session = SessionWriter(folder, HEAD)
        host._ground_ended(Outcome("failed", "no orbit", []))
        host._session.close()
        folder.mark("ended")
        folder.close()
        session = read_session(tmp_path / flight / "session.jsonl")
        assert session.real_time == WHY and session.inputs == ()
    assert [each.verdict for each in told] == ["unknown"] * 3
    assert told[1] == told[2] and told[0].reason == (
        f"nobody can say whose fault it is: {WHY} (no orbit)"
    )
    assert f"as it was flown, its verdict stood on real time: {WHY} (no orbit)" in told[1].reason
    host = host_of(told, session, [])
    host._ground_ended(Outcome("complete", "", []))  # it writes nothing: it has no session
    assert told[-1].verdict == "complete"


@pytest.mark.parametrize("why", ["", WHY])
def test_the_recording_of_a_bench_alone_tells_it_as_well(tmp_path: Path, why: str) -> None:
    recorder = Recorder(tmp_path / "a.mcap")
    record_heard(recorder, "head", "", [msgspec.to_builtins(HEAD)])
    if why:
        record_heard(recorder, "real_time", "", [why])
    recorder.close()
    session = read_session(tmp_path / "a.mcap")
    assert session.real_time == why
    told: list[Outcome] = []
    host = host_of(told, session, [])
    host._session = SimpleNamespace(stood_on_real_time=lambda words: None)
    host._ground_ended(Outcome("failed", "no orbit", []))
    assert told[0].verdict == ("unknown" if why else "failed")


def test_a_record_flies_again_by_the_wait_that_held_then_whatever_the_file_says_now(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own.yaml"
    people = "format: 1\nusers: {anna: {roles: [operator]}}\n"
    file.write_text(f"{people}times: {{condition_sols: 3}}\n")
    assert Throttled(operators=str(file)).condition_sols == 3.0
    head = msgspec.structs.replace(HEAD, condition_sols=3.0)
    file.write_text(people)
    again = Throttled(operators=str(file), session=Session(tmp_path / "s", head, ()))
    assert again.condition_sols == 3.0
    assert msgspec.convert(msgspec.to_builtins(HEAD), SessionHead).condition_sols == 1.0  # of old
