"""A checkpoint that was refused is none: not in the list, nor for what branches off."""

import json
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Input
from ground.testbed.record.branching import branch_of, checkpoints, lines_of
from ground.testbed.record.session import (
    SESSION_FILE,
    Session,
    SessionHead,
    read_session,
)
from tests.ground.testbed.operating.operated import Crew, asks, enough, fly, fly_again, until

HEAD = SessionHead(1, "surface", 1, None, {})
SECOND = 10**9


def checkpoint(seconds: int, order: int, **fields: Any) -> Input:
    request = {"do": "checkpoint", **fields}
    data = {
        "type": "request", "user": "anna", "session": "s", "roles": ["trainer"], "key": f"k{order}",
        "request": request,
    }  # fmt: skip
    return Input(seconds * SECOND, order, data)


def test_the_one_that_was_made_counts(tmp_path: Path) -> None:
    file = tmp_path / SESSION_FILE
    inputs = tuple(checkpoint(each, n, name="a") for n, each in enumerate((5, 50, 60), 1))
    session = Session(file, HEAD, inputs, refused=(1, 3))
    assert {name: each.order for name, each in checkpoints(session).items()} == {"a": 2}
    file.write_bytes(b"".join(lines_of(session)))
    assert read_session(tmp_path) == session
    branch = branch_of(session, "a")
    assert branch.head.parent is not None and branch.head.parent.time_ns == 50 * SECOND
    assert len(branch.inputs) == 2 and branch.refused == (1,)
    with pytest.raises(ConfigurationError, match="there is none"):
        branch_of(Session(file, HEAD, inputs, refused=(1, 2, 3)), "a")


def test_a_damaged_record_is_refused_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / SESSION_FILE
    session = Session(file, HEAD, (checkpoint(5, 1, name="a"), checkpoint(6, 2)))
    assert list(checkpoints(session)) == ["a"]
    file.write_bytes(b"".join(lines_of(session)))
    with pytest.raises(ConfigurationError, match=rf"{SESSION_FILE}:3: .*checkpoint: .*`name`"):
        read_session(tmp_path)
    whole = Session(file, HEAD, session.inputs[:1])
    for line in ('{"refused":2}', '{"refused":0}', '{"refused":"x"}', '{"refused":1,"why":2}'):
        file.write_bytes(b"".join(lines_of(whole)) + line.encode() + b"\n")
        with pytest.raises(ConfigurationError, match=f"{SESSION_FILE}:3: "):
            read_session(tmp_path)


@pytest.mark.mission
def test_what_is_asked_while_mission_control_is_down_is_no_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    crew = Crew(
        until(100.0),
        asks("anna", "kill", role="ground"),
        asks("anna", "checkpoint", name="again"),
        until(2000.0),
        asks("anna", "checkpoint", name="again"),
        asks("anna", "checkpoint", name="again"),
        asks("anna", "checkpoints"),
        enough,
    )
    first = fly(run, crew)
    assert [each["ok"] for each in crew.answers] == [True, False, True, False, True]
    assert "is down" in crew.answers[1]["refused"]
    [listed] = crew.answers[4]["result"]["checkpoints"]
    session = read_session(run)
    branch = branch_of(session, "again")
    assert branch.head.parent is not None
    assert branch.head.parent.time_ns == listed["t_ns"] == 2000 * SECOND
    lines = [json.loads(line) for line in (run / SESSION_FILE).read_bytes().splitlines()]
    assert [each["refused"] for each in lines if "refused" in each] == [3]
    again = fly_again(run, tmp_path / "again", 2000.0)
    assert again.figures.log_sha256 == first.figures.log_sha256
    assert (tmp_path / "again" / SESSION_FILE).read_bytes() == (run / SESSION_FILE).read_bytes()
