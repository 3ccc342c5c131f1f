"""People operate a run through mission control's service: it flies again from its record to the
same bits. Looking changes nothing; a change is done once; a death of the ground loses nothing."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ground.mission_control import ARCHIVE_FILE
from ground.testbed.evidence.run_record import RunRecord
from ground.testbed.record.session import SESSION_FILE, read_session
from tests.ground.testbed.operating.operated import Act, Crew, asks, enough, fly, fly_again, until

pytestmark = [pytest.mark.mission, pytest.mark.xdist_group("asked")]

DAY = 800_000.0  # s of mission time: a morning on which the lander works
END = DAY + 8000.0
FAULT = {
    "id": "memory", "node": "rover", "kind": "restart_without_memory", "when": {"at": "20 sol"},
}  # fmt: skip
WEAKER: dict[str, Any] = {
    "vehicle": "lander", "command": "disable_monitor", "arguments": {"monitor": "radar_range"},
}  # fmt: skip
HEAT: dict[str, Any] = {"vehicle": "lander", "command": "condition_mav"}


def noted(name: str) -> Act:
    """The answer that came last is remembered under a name."""

    def note(crew: Crew) -> None:
        crew.seen[name] = crew.answers[-1]

    return note


def approves(user: str) -> Act:
    """Somebody approves what was staged last."""

    def act(crew: Crew) -> None:
        read = crew.seen["hazardous"]["result"]["hash"]
        asks(user, "approve", stage="st-2", hash=read)(crew)

    return act


def polled(name: str, limit: int = 1000) -> Act:
    """How all is now is remembered under a name."""

    def note(crew: Crew) -> None:
        crew.seen[name] = crew.poll(limit=limit)

    return note


def looks(crew: Crew) -> None:
    """Everything that can be looked at is looked at."""
    if crew.poll()["ground"] == "down":
        return
    for do in ("hello", "dictionary", "snapshot", "since", "history"):
        crew.asks("eve", {"do": do}, "")
        assert crew.answers[-1]["ok"], crew.answers[-1]
    crew.asks("eve", {"do": "dry_run", **HEAT, "arguments": {"on": True}}, "")
    assert crew.answers[-1]["ok"]


def work() -> list[Act]:
    """A morning's work: a vehicle is taken, a command staged and released, the ground dies, and it
    goes on."""
    return [
        until(DAY),
        asks("anna", "authority_take", vehicle="lander"),
        asks("anna", "stage", key="heat", **HEAT, arguments={"on": True}),
        noted("staged"),
        asks("anna", "stage", key="heat", **HEAT, arguments={"on": True}),
        noted("staged again"),
        asks("anna", "release", stages=["st-1"]),
        noted("released"),
        asks("anna", "release", stages=["st-1"]),
        noted("released twice"),
        asks("anna", "stage", **WEAKER, note="it is known to be wrong"),
        noted("hazardous"),
        asks("anna", "release", stages=["st-2"]),
        noted("not approved"),
        approves("anna"),
        noted("the same person"),
        approves("ben"),
        asks("anna", "release", stages=["st-2"]),
        noted("approved"),
        asks("anna", "fault_inject", fault={"id": "seat", "device": "moon.camera"}),
        noted("no fault"),
        asks("anna", "fault_inject", fault=FAULT),
        noted("fault"),
        asks("anna", "fault_inject", fault=FAULT),
        noted("fault again"),
        asks("ben", "fault_heal", name="memory"),
        noted("no trainer"),
        asks("anna", "fault_heal", name="memory"),
        asks("anna", "kill", role="moon"),
        noted("no role"),
        until(DAY + 5000.0),
        polled("before"),
        asks("anna", "kill", role="ground"),
        asks("anna", "stage", **HEAT, arguments={"on": False}),
        noted("while it is down"),
        until(DAY + 6000.0),
        polled("after"),
        asks("anna", "stage", key="heat", **HEAT, arguments={"on": True}),
        noted("staged before it died"),
        asks("anna", "stage", key="cool", **HEAT, arguments={"on": False}),
        asks("anna", "release", stages=["st-3"]),
        until(END),
        polled("end"),
        asks("anna", "history", limit=9),
        noted("history"),
        enough,
    ]


@pytest.fixture(scope="module")
def flown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crew, RunRecord]:
    folder = tmp_path_factory.mktemp("asked") / "run"
    acts = [(act,) if act.__name__ == "note" else (looks, act) for act in work()]
    crew = Crew(*[each for pair in acts for each in pair])
    return folder, crew, fly(folder, crew)


@pytest.mark.requirement("OPS-01")
def test_a_session_of_requests_flies_again_bit_for_bit(
    flown: tuple[Path, Crew, RunRecord], tmp_path: Path
) -> None:
    folder, _, first = flown
    again = fly_again(folder, tmp_path / "again", END)
    assert again.figures.log_sha256 == first.figures.log_sha256
    assert (tmp_path / "again" / SESSION_FILE).read_text() == (folder / SESSION_FILE).read_text()


def test_only_what_changes_something_is_an_input(flown: tuple[Path, Crew, RunRecord]) -> None:
    asked = [each.data["request"]["do"] for each in read_session(flown[0]).inputs]
    assert asked == [
        "authority_take", "stage", "release", "release", "stage", "release", "approve", "approve",
        "release", *["fault_inject"] * 3, "fault_heal",
        "fault_heal", "kill", "kill", "stage", "stage", "release",
    ]  # fmt: skip


def test_a_trainer_breaks_something_and_heals_it(flown: tuple[Path, Crew, RunRecord]) -> None:
    seen = flown[1].seen
    assert seen["fault"]["result"]["fault"] == "memory"
    assert "fault.device" in seen["no fault"]["refused"]
    assert "an id of its own" in seen["fault again"]["refused"]
    assert "fault_heal needs the role trainer" in seen["no trainer"]["refused"]
    assert "allowed is one of lander, rover" in seen["no role"]["refused"]
    told = [each["what"] for each in seen["before"]["journal"] if each["topic"] == "fault"]
    assert told == ["injected", "healed"]


def test_a_repeated_key_is_answered_and_not_done_twice(
    flown: tuple[Path, Crew, RunRecord],
) -> None:
    seen = flown[1].seen
    assert seen["staged"]["result"]["stage"] == "st-1"
    assert seen["staged again"] == seen["staged before it died"] == seen["staged"]


def test_what_was_released_is_not_released_twice(flown: tuple[Path, Crew, RunRecord]) -> None:
    seen = flown[1].seen
    [identifier] = seen["released"]["result"]["identifiers"]
    assert seen["released twice"] == {
        "ok": False, "refused": f"st-1 was released already, as {identifier}",
    }  # fmt: skip
    sent = [row for row in seen["history"]["result"]["commands"] if row["user"] == "anna"]
    heated = [row for row in sent if row["command"] == "condition_mav"]
    assert [(row["arguments"], row["status"]) for row in heated] == [
        ({"on": False}, heated[0]["status"]), ({"on": True}, "COMPLETED"),
    ]  # fmt: skip


def test_what_is_hazardous_is_obeyed_when_a_second_person_has_agreed(
    flown: tuple[Path, Crew, RunRecord],
) -> None:
    seen = flown[1].seen
    assert "not approved" in seen["not approved"]["refused"]
    assert "needs the role director" in seen["the same person"]["refused"]
    names = seen["approved"]["result"]["identifiers"]
    rows = [row for row in seen["history"]["result"]["commands"] if row["identifier"] in names]
    assert [(row["stage"], row["status"]) for row in reversed(rows)] == [
        ("arm", "COMPLETED"), ("fire", "COMPLETED"),
    ]  # fmt: skip


def test_while_mission_control_is_down_nothing_is_done(
    flown: tuple[Path, Crew, RunRecord],
) -> None:
    answer = flown[1].seen["while it is down"]
    assert answer == {"ok": False, "refused": "mission control is down: nothing was done"}


def test_the_journal_goes_on_over_a_death_without_gaps(
    flown: tuple[Path, Crew, RunRecord],
) -> None:
    seen = flown[1].seen
    numbers = [entry["n"] for entry in seen["end"]["journal"]]
    assert numbers == list(range(1, seen["end"]["journal_last"] + 1))
    shown = seen["before"]["journal"]
    assert seen["after"]["journal"][: len(shown)] == shown == seen["end"]["journal"][: len(shown)]
    assert seen["after"]["telemetry_version"] > seen["before"]["telemetry_version"]
    rungs = [
        entry["data"]["rung"]
        for entry in seen["end"]["journal"]
        if entry["what"] == "rung"
        and entry["data"]["identifier"] == seen["released"]["result"]["identifiers"][0]
    ]
    assert rungs == ["RECEIVED", "ACCEPTED", "STARTED", "COMPLETED"]


def altered(lines: list[str]) -> list[str]:
    return [line.replace('"on": true', '"on": false') for line in lines]


def dropped(lines: list[str]) -> list[str]:
    """The release is left out."""
    head, *inputs = lines
    left = [json.loads(line) for line in inputs]
    kept = [each for each in left if each["input"]["request"].get("stages") != ["st-3"]]
    for order, each in enumerate(kept, 1):
        each["order"] = order
    return [head, *(json.dumps(each) + "\n" for each in kept)]


@pytest.mark.check
@pytest.mark.parametrize("change", [altered, dropped])
def test_an_altered_argument_and_an_input_left_out_give_another_run(
    flown: tuple[Path, Crew, RunRecord],
    tmp_path: Path,
    change: Callable[[list[str]], list[str]],
) -> None:
    folder, _, first = flown
    lines = (folder / SESSION_FILE).read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "session.jsonl"
    file.write_text("".join(change(lines)))
    other = fly_again(file, tmp_path / "other", END)
    assert other.figures.log_sha256 != first.figures.log_sha256


def test_a_request_that_breaks_mission_control_is_told_and_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: Any) -> None:
        raise ZeroDivisionError("half of it was done")

    def broken(crew: Crew) -> None:
        monkeypatch.setattr("ground.mission_control.service.requests.staging.assessed", breaks)

    def mended(crew: Crew) -> None:
        monkeypatch.undo()

    crew = Crew(
        until(9000.0),
        asks("anna", "authority_take", vehicle="lander"),
        broken,
        asks("anna", "stage", **HEAT, arguments={"on": True}),
        noted("broke"),
        mended,
        asks("anna", "stage", **HEAT, arguments={"on": True}),
        noted("while it is down"),
        until(9500.0),
        polled("after"),
        asks("anna", "stage", **HEAT, arguments={"on": True}),
        noted("staged"),
        enough,
    )
    fly(tmp_path / "run", crew)
    assert "broke over this request: ZeroDivisionError" in crew.seen["broke"]["refused"]
    assert "is down" in crew.seen["while it is down"]["refused"]
    assert crew.seen["staged"]["result"]["stage"] == "st-1"  # it is held by anna still
    journal = crew.seen["after"]["journal"]
    assert [each["n"] for each in journal] == list(range(1, len(journal) + 1))
    audited = [each["what"] for each in journal if each["topic"] == "audit"]
    assert audited == ["authority_take"]


def test_the_archive_holds_the_journal(flown: tuple[Path, Crew, RunRecord]) -> None:
    with sqlite3.connect(flown[0] / "ground" / ARCHIVE_FILE) as archive:
        (count, last) = archive.execute("SELECT COUNT(*), MAX(number) FROM journal").fetchone()
    assert count == last >= flown[1].seen["end"]["journal_last"]
