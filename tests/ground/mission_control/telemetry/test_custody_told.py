"""What the ground says of each tube, field by field, and what it looks for where."""

import json
from pathlib import Path
from typing import Any

from flight.icd.custody_record import CustodyRecord, CustodyStatus, Evidence, Outcome
from ground.mission_control.archive.archive import Archive
from ground.mission_control.telemetry.custody import (
    CustodyView,
    HandOver,
    TubeEntry,
    write_manifest,
)

SECOND = 1_000_000_000


def record(
    owner: str, sequence: int, step: str, status: str = "held", tube: str = "M1", **more: Any
) -> CustodyRecord:
    given: dict[str, Any] = {
        "place": "ground", "since_ns": sequence * SECOND, "link": sequence, **more
    }  # fmt: skip
    return CustodyRecord(
        tube=tube, owner=owner, step=step, status=CustodyStatus(status), sequence=sequence, **given
    )


def view(*records: CustodyRecord, tubes: tuple[str, ...] = ("M1",)) -> CustodyView:
    found = CustodyView([TubeEntry(tube) for tube in tubes])
    for number, each in enumerate(records):
        found.take(each, (100 + number) * SECOND)
    return found


HELD = record("rover", 1, "adopt")
MOVING = record("rover", 2, "begin", "in_transit", destination="rover_rack")
GIVEN = record(
    "rover", 3, "complete", "handed_over", place="rover_rack", destination="arm_gripper",
    counterpart="arm",
)  # fmt: skip
DECLINED = record("arm", 1, "decline", "declined", link=0, place="arm_gripper")


def test_a_place_a_way_nothing_known_and_nothing_reported_are_four_things() -> None:
    assert view(HELD).place("M1") == "ground"
    assert view(HELD, MOVING).place("M1") == "in transit"
    assert view(HELD, MOVING, GIVEN).place("M1") == "arm_gripper"
    assert view(record("rover", 1, "lose", "unknown")).place("M1") == "unknown"
    assert view().place("M1") == "unreported" and view(HELD).place("M9") == "unreported"


def test_a_tube_that_is_told_of_and_that_nobody_claims_is_not_called_unreported() -> None:
    nobody = view(DECLINED, tubes=("M1", "M2"))
    assert nobody.place("M1") == "unknown" and nobody.place("M2") == "unreported"
    [told, silent] = nobody.manifest()
    assert (told.problem, told.statement) == ("silently_lost", "claimed by no ledger")
    assert silent.statement == "no ledger has reported it yet"


def test_a_tube_that_one_ledger_of_several_tells_of_is_known() -> None:
    several = view(DECLINED, record("orbiter", 1, "adopt", tube="M2", place="orbiter"))
    assert several.place("M1") == "unknown" and several.place("M2") == "orbiter"
    assert list(several.places()) == ["unknown", "orbiter"]


def test_what_is_said_is_as_new_as_the_newest_record_of_a_ledger_that_has_come() -> None:
    found = view(HELD)
    assert found.place("M1") == "ground"
    assert found.take(record("rover", 5, "commit", place="rover_rack"), 0)
    assert found.place("M1") == "rover_rack", "what was reckoned before does not stand"
    assert found.take(record("rover", 4, "adopt", place="rover_gripper"), 0)
    assert found.place("M1") == "rover_rack", "what comes late changes nothing"
    assert len(found.history("M1")) == 3


def test_after_a_restart_of_the_ground_it_is_what_was_received(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive.sqlite")
    for number, each in enumerate((HELD, MOVING, GIVEN)):
        archive.add_custody("rover", each, (100 + number) * SECOND)
    again = CustodyView([TubeEntry("M1")])
    again.load(archive)
    assert again.history("M1") == view(HELD, MOVING, GIVEN).history("M1")
    assert again.place("M1") == "arm_gripper" and not again.take(HELD, 7)
    archive.close()


def test_who_looks_is_told_the_record_furthest_along_of_what_is_or_was_seen_there() -> None:
    behind = record("perseverance", 7, "complete", "handed_over", link=1, destination="ground")
    found = view(
        behind, HELD, record("rover", 1, "lose", "unknown", tube="M2", place="rover_rack"),
        record("arm", 1, "adopt", tube="M3", place="container"),
        tubes=("M1", "M2", "M3", "M4"),
    )  # fmt: skip
    at_rest = record("rover", 2, "commit", place="ground", link=2)
    found.take(at_rest, 0)
    assert found.last_records(["ground"]) == [at_rest]
    [lost] = found.last_records(["rover_rack"])
    assert lost.tube == "M2"
    assert [each.tube for each in found.last_records(["container", "rover_rack"])] == ["M2", "M3"]
    assert found.last_records(["earth"]) == []


def test_of_what_a_ledger_forgot_only_its_own_word_about_that_tube_counts() -> None:
    forgot = record("rover", 2_000_001, "forget", "unknown", link=0)
    never = record("rover", 2_000_001, "forget", "unknown", tube="M3", link=0)
    found = view(
        HELD, record("rover", 2, "commit", place="rover_rack"),
        record("rover", 9, "commit", tube="M2", place="rover_gripper"),
        record("arm", 8, "confirm", place="arm_gripper", link=0), forgot, never,
    )  # fmt: skip
    [told] = found.forgotten("rover")
    assert (told.tube, told.place, told.sequence) == ("M1", "rover_rack", 2)


# --------------------------------------------------------------------------------- the manifest

CONFIRMED = record(
    "arm", 4, "confirm", place="arm_gripper", counterpart="rover", moved_by="transfer_arm",
    evidence=Evidence("camera", "tube in jaws"), outcome=Outcome.CONFIRMED,
)  # fmt: skip


def test_a_hand_over_says_who_gave_it_who_moved_it_and_who_saw_it() -> None:
    [tube] = view(record("rover", 1, "adopt", counterpart="perseverance"), CONFIRMED).manifest()
    first, second = tube.hand_overs
    assert first == HandOver(1.0, "ground", "rover", "", "", "", "", 100.0)
    assert second == HandOver(
        4.0, "arm_gripper", "arm", "rover", "transfer_arm", "camera", "tube in jaws", 101.0
    )
    assert (tube.holder, tube.place, tube.problem, tube.last_seen) == (
        "arm", "arm_gripper", None, None
    )  # fmt: skip


def test_only_a_coming_that_stays_is_a_hand_over_and_only_a_loss_is_a_loss() -> None:
    [tube] = view(
        HELD, MOVING, record("rover", 3, "offer", "offered"),
        record("rover", 4, "cancel"), record("rover", 5, "adopt", "in_transit"),
        record("rover", 6, "lose", "unknown", reason="dropped"),
    ).manifest()  # fmt: skip
    assert [each.time for each in tube.hand_overs] == [1.0]
    assert tube.openly_unknown == ["6 s, rover: dropped"]
    assert (tube.holder, tube.last_seen) == (None, "ground")


def test_two_that_claim_a_tube_at_once_are_no_holder() -> None:
    [tube] = view(HELD, record("arm", 1, "adopt", place="container")).manifest()
    assert (tube.holder, tube.problem) == (None, "contradiction")


def test_the_page_of_the_manifest_is_whole(tmp_path: Path) -> None:
    found = CustodyView([TubeEntry("M1", "Malay", "core"), TubeEntry("M2"), TubeEntry("M3")])
    found.take(CONFIRMED, 5 * SECOND)
    lost = record("rover", 3, "lose", "unknown", tube="M2", place="rover_rack", reason="dropped")
    found.take(lost, 6 * SECOND)
    write_manifest(tmp_path, found)
    assert (tmp_path / "manifest.md").read_text(encoding="utf-8").splitlines() == [
        "# Sample manifest",
        "",
        "| Tube | Name | Content | Where |",
        "|---|---|---|---|",
        "| M1 | Malay | core | arm_gripper, held by arm |",
        "| M2 |  |  | unknown, last seen rover_rack by rover (dropped) |",
        "| M3 |  |  | no ledger has reported it yet |",
        "",
        "## M1 Malay",
        "",
        "core. Now: arm_gripper, held by arm.",
        "",
        "| When | Place | Holder | From | Moved by | Seen by | Reading |",
        "|---|---|---|---|---|---|---|",
        "| 4 s | arm_gripper | arm | rover | transfer_arm | camera | tube in jaws |",
        "",
        "## M2",
        "",
        "Content not listed. Now: unknown, last seen rover_rack by rover (dropped).",
        "- openly unknown: 3 s, rover: dropped",
        "",
        "## M3",
        "",
        "Content not listed. Now: no ledger has reported it yet.",
    ]
    text = (tmp_path / "manifest.json").read_text(encoding="utf-8")
    assert [tube["id"] for tube in json.loads(text)["tubes"]] == ["M1", "M2", "M3"]


def test_a_name_of_any_script_stands_in_the_manifest_as_it_is(tmp_path: Path) -> None:
    write_manifest(tmp_path, CustodyView([TubeEntry("M1", "Máaz", "basalt — fine")]))
    for name in ("manifest.json", "manifest.md"):
        assert "Máaz" in (tmp_path / name).read_text(encoding="utf-8")
