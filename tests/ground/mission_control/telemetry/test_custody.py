"""What the ground says of a tube, from reports that come late, twice and in any order."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence, Outcome
from ground.mission_control.telemetry.custody import CustodyView, TubeEntry, write_manifest


def record(owner: str, sequence: int, step: str, status: CustodyStatus, **more: Any) -> Any:
    given = {"place": "ground", "since_ns": sequence * 10**9, "link": 1, **more}
    return CustodyRecord(
        tube="M1", owner=owner, step=step, status=status, sequence=sequence, **given
    )


HELD = record("rover", 1, "adopt", CustodyStatus.HELD, evidence=Evidence("map", "imaged"))
RACKED = record(
    "rover", 2, "commit", CustodyStatus.HELD, place="rover_rack", link=2, moved_by="gripper",
    evidence=Evidence("seat_sensor", "slot 3 closed"),
)  # fmt: skip
GIVEN = record(
    "rover", 3, "complete", CustodyStatus.HANDED_OVER, place="rover_rack", link=3,
    destination="arm_gripper", counterpart="arm", transfer_id="M1#3", outcome=Outcome.CONFIRMED,
)  # fmt: skip
TAKEN = record(
    "arm", 1, "confirm", CustodyStatus.HELD, place="arm_gripper", link=4, counterpart="rover",
    moved_by="transfer_arm", evidence=Evidence("camera", "tube in jaws"), transfer_id="M1#3",
    outcome=Outcome.CONFIRMED, since_ns=3_000_000_000,
)  # fmt: skip


@pytest.mark.parametrize("order", list(permutations([HELD, RACKED, GIVEN, TAKEN])))
def test_the_order_of_arrival_does_not_matter(order: list[CustodyRecord]) -> None:
    view = CustodyView([TubeEntry("M1", "Malay", "core")])
    for received, each in enumerate((*order, *order)):
        view.take(each, received)
    [tube] = view.manifest()
    assert (tube.place, tube.holder, tube.problem) == ("arm_gripper", "arm", None)
    assert [step.place for step in tube.hand_overs] == ["ground", "rover_rack", "arm_gripper"]
    assert tube.hand_overs[2].given_by == "rover"
    assert tube.hand_overs[1].reading == "slot 3 closed"


def test_a_copy_is_no_news() -> None:
    view = CustodyView([])
    assert view.take(HELD, 1)
    assert not view.take(HELD, 2)


def test_a_tube_that_nobody_has_reported_is_unreported_and_stays_listed() -> None:
    view = CustodyView([TubeEntry("M1"), TubeEntry("M2")])
    view.take(HELD, 1)
    assert view.places() == {"ground": ["M1"], "unreported": ["M2"]}
    assert view.manifest()[1].statement == "no ledger has reported it yet"


def test_a_lost_tube_is_openly_unknown() -> None:
    view = CustodyView([TubeEntry("M1")])
    view.take(RACKED, 1)
    lost = record("rover", 3, "lose", CustodyStatus.UNKNOWN, place="rover_rack", link=3,
                  reason="dropped on the way")  # fmt: skip
    view.take(lost, 2)
    [tube] = view.manifest()
    assert view.place("M1") == "unknown"
    assert tube.last_seen == "rover_rack"
    assert tube.openly_unknown == ["3 s, rover: dropped on the way"]


def test_the_manifest_is_written_for_people_and_for_programs(tmp_path: Path) -> None:
    view = CustodyView([TubeEntry("M1", "Malay", "igneous core")])
    view.take(HELD, 1)
    view.take(RACKED, 2)
    write_manifest(tmp_path, view, lambda seconds: f"T+{seconds:.0f}")
    page = (tmp_path / "manifest.md").read_text()
    assert "## M1 Malay" in page
    row = "| T+2 | rover_rack | rover |  | gripper | seat_sensor | slot 3 closed |"
    assert row in page
    [tube] = json.loads((tmp_path / "manifest.json").read_text())["tubes"]
    assert tube["content"] == "igneous core"
    assert tube["hand_overs"][1]["verified_by"] == "seat_sensor"


FORGOTTEN = record(
    "rover", 2_000_001, "forget", CustodyStatus.UNKNOWN, link=0, reason="its store was lost"
)  # fmt: skip


@pytest.mark.parametrize("order", [(HELD, RACKED, FORGOTTEN), (FORGOTTEN, RACKED, HELD)])
def test_of_a_ledger_that_was_lost_the_ground_has_what_it_said_last(order: Any) -> None:
    view = CustodyView([TubeEntry("M1")])
    for each in order:
        view.take(each, 0)
    assert view.forgotten("rover") == [RACKED]
    assert view.forgotten("arm") == []


def test_a_ledger_that_was_not_lost_has_forgotten_nothing() -> None:
    view = CustodyView([TubeEntry("M1")])
    for each in (HELD, RACKED):
        view.take(each, 0)
    assert view.forgotten("rover") == []
    view.take(FORGOTTEN, 0)
    found = record("rover", 2_000_002, "find", CustodyStatus.HELD, place="rover_rack", link=3)
    view.take(found, 0)  # and once it is found again there is nothing more to look for
    assert view.forgotten("rover") == []
