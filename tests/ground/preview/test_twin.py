"""A twin follows a run by its inputs; what it is asked to fly leaves it as it was."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flight.runtime.throttled_loop import Input
from ground.missions.mission import load_mission
from ground.preview.twin import CannotFollow, known_to_operators, mission_of
from ground.testbed.evidence.evidence import configuration_hashes
from ground.testbed.record.session import SESSION_FILE, Session, read_session

NS = 10**9
HEAT = {"vehicle": "lander", "command": "report_status", "arguments": {}}
Ask = Callable[..., dict[str, Any]]


def head(mission: str = "surface", **more: Any) -> dict[str, Any]:
    hashes = configuration_hashes(load_mission(mission))
    return {
        "format": 1, "mission": mission, "seed": 1, "shuffle": None, "configuration": hashes, **more
    }  # fmt: skip


def record(folder: Path, *lines: dict[str, Any], **more: Any) -> Session:
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in (head(**more), *lines))
    (folder / SESSION_FILE).write_text(text)
    return read_session(folder)


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """A twin of a run of which there is a record and nothing else."""
    record(tmp_path / "run")
    twin = subprocess.Popen(
        [sys.executable, "-m", "ground.preview", str(tmp_path / "run"), str(tmp_path / "twin")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    assert twin.stdin is not None and twin.stdout is not None
    pipes = twin.stdin, twin.stdout

    def do(**order: Any) -> dict[str, Any]:
        pipes[0].write(json.dumps(order) + "\n")
        pipes[0].flush()
        return dict(json.loads(pipes[1].readline()))

    try:
        yield do
        pipes[0].close()  # who orders has gone
        assert twin.wait(60) in (0, 2)
    finally:
        twin.kill()
        twin.wait()
        pipes[1].close()


def follow(ask: Ask, seconds: float, rows: list[Any] | None = None) -> dict[str, Any]:
    return ask(do="follow", until_ns=round(seconds * NS), rows=rows, tubes={})


@pytest.mark.processes
@pytest.mark.requirement("CON-11")
def test_a_preview_leaves_the_twin_as_it_was_and_says_nothing_where_that_differs(
    ask: Ask, tmp_path: Path
) -> None:
    assert follow(ask, 1000.0, []) == {"at_ns": 1000 * NS, "differs": ""}
    first, again = (ask(do="preview", items=[{"stage": "st-1", **HEAT}]) for _ in range(2))
    assert first["ok"], first
    for each in (first, again):
        assert each["result"].pop("wall_s") >= 0.0
    assert first == again
    told = first["result"]
    assert (told["begin_ns"], told["ended_by"]) == (1000 * NS, "over")
    [item] = told["items"]
    assert item["status"] == "COMPLETED" and item["stage"] == "st-1"
    rungs = [rung["rung"] for rung in item["rungs"]]
    assert rungs[0] == "RECEIVED" and rungs[-1] == "COMPLETED"
    assert all(rung["received_ns"] >= rung["occurred_ns"] for rung in item["rungs"])
    assert told["end_ns"] >= item["rungs"][-1]["received_ns"]
    assert list(told["vehicles"]) == ["lander"]
    early, free = f"it was to leave by {999 * NS} ns", "lander.state_of_charge > 0.01"
    held = ask(do="preview", items=[
        {**HEAT, "when": "lander.state_of_charge > 2", "not_after": 2000 * NS},
        {**HEAT, "when": free}, {**HEAT, "not_after": 999 * NS}, {**HEAT, "unit": False},
    ])["result"]["items"]  # fmt: skip
    assert [(each["status"], each["detail"].startswith(why)) for each, why in zip(
        held, ("lander.state_of_charge > 2 did not hold in time", "", early, ""), strict=True,
    )] == [("NOT_ISSUED", True), ("COMPLETED", True), ("CANCELLED", True), ("COMPLETED", True)]
    assert held[2]["sent_ns"] is None and held[1]["sent_ns"] >= 1000 * NS
    # nothing of it has happened to the twin itself, and it is where it was
    assert follow(ask, 1000.0, [])["at_ns"] == 1000 * NS
    wrong = follow(ask, 1001.0, [["lander", "mode", "lost", 0, 0, "OK"]])
    assert "lander.mode is lost" in wrong["differs"]
    refused = ask(do="preview", items=[{"stage": "st-1", **HEAT}])
    assert not refused["ok"] and "says nothing of the run" in refused["refused"]
    # another run in the folder is not the one whose twin it is: it ends
    record(tmp_path / "run", seed=2)
    assert "another run has begun" in follow(ask, 1002.0)["refused"]


@pytest.mark.processes
def test_what_was_approved_in_the_run_is_approved_on_the_twin_as_it_stands_there(
    ask: Ask, tmp_path: Path
) -> None:
    def line(order: int, user: str, **request: Any) -> dict[str, Any]:
        given = {
            "type": "request", "user": user, "session": f"of {user}", "key": f"k{order}",
            "roles": ["operator", "director"], "request": request,
        }  # fmt: skip
        return {"time_ns": (200_000 + order) * NS, "order": order, "input": given}

    there = "0" * 64  # of the run, which stands in another mode
    record(
        tmp_path / "run",
        line(1, "anna", do="authority_take", vehicle="mav"),
        line(2, "anna", do="stage", vehicle="mav", command="decommission", note="to be seen"),
        line(3, "ben", do="approve", stage="st-1", hash=there, note="read"),
        line(4, "ben", do="approve", stage="st-9", hash=there, note="not there"),
    )
    follow(ask, 200_100.0)
    taken = read_session(tmp_path / "twin").inputs
    hashes = [each.data["request"].get("hash") for each in taken]
    assert hashes[:2] == [None, None] and len(hashes[2]) == 64
    assert hashes[2] != there and hashes[3] == there


@pytest.mark.processes
def test_a_twin_ends_with_who_orders_it(tmp_path: Path) -> None:
    record(tmp_path / "run")
    words = [sys.executable, "-m", "ground.preview", str(tmp_path / "run"), str(tmp_path / "twin")]
    ended = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (0, b"")
    ended = subprocess.run([*words[:3], "nowhere", words[4]], capture_output=True, timeout=120)
    assert ended.returncode == 2 and "no record of a run" in json.loads(ended.stdout)["refused"]


def test_a_twin_is_flown_without_what_is_broken_in_the_run(tmp_path: Path) -> None:
    broken = "rover_arm_loads"
    session = record(tmp_path, mission=broken)
    assert load_mission(broken).mission.failures != []
    assert mission_of(session).mission.failures == []


def test_devices_that_are_real_have_no_twin(tmp_path: Path) -> None:
    with pytest.raises(CannotFollow, match="devices of this run are real"):
        mission_of(record(tmp_path, bench="wheels_on_a_pty"))


@pytest.mark.parametrize(
    ("data", "known"),
    [
        ({"type": "command", **HEAT, "user": "ada"}, True),
        ({"type": "request", "request": {"do": "stage", **HEAT}}, True),
        ({"type": "request", "request": {"do": "procedure_pause"}}, True),
        ({"type": "request", "request": {"do": "fault_inject", "fault": {}}}, False),
        ({"type": "request", "request": {"do": "fault_heal", "name": "x"}}, False),
        ({"type": "request", "request": {"do": "kill", "role": "rover"}}, False),
        ({"type": "kill", "role": "rover"}, False),
        ({"type": "bench", "told": []}, False),
    ],
)
def test_what_a_trainer_does_is_kept_from_the_twin(data: dict[str, Any], known: bool) -> None:
    assert known_to_operators(Input(0, 1, data)) is known
