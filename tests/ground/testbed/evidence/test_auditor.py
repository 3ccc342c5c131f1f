"""The auditor finds each instant at which the ledgers say what is not true."""

import pytest

from flight.icd.custody_record import CustodyRecord, CustodyStatus
from flight.icd.places import GROUND
from ground.testbed.evidence.auditor import Auditor
from sim_hw.world.tubes import (
    LyingPose,
    SampleKind,
    SampleTube,
    TubeRegistry,
    TubeState,
    acting_unasked,
)

TUBE = "M2020-00337-08"
LOOKS = {"rover": 900.0, "mav": 3600.0}
POSE = LyingPose(1.0, 2.0, -2545.3, 0.5, 0.2)


class Scene:
    """One tube on the ground, a clock, and whatever ledgers a test writes."""

    def __init__(self) -> None:
        self.time = 0.0
        self.ledgers: dict[str, list[CustodyRecord]] = {"rover": []}
        self.registry = TubeRegistry((a_tube(),), {TUBE: TubeState(GROUND, pose=POSE)})
        self.auditor = Auditor(
            self.registry, lambda: self.ledgers, lambda: self.time, lambda owner: LOOKS[owner]
        )

    def violations_at(self, time: float) -> list[str]:
        self.time = time
        self.auditor.audit()
        return [violation.statement for violation in self.auditor.violations]


def a_tube() -> SampleTube:
    return SampleTube(name="Malay", id=TUBE, kind=SampleKind.IGNEOUS_CORE, content="a core")


def held(owner: str, place: str) -> CustodyRecord:
    return CustodyRecord(
        tube=TUBE, owner=owner, step="adopt", status=CustodyStatus.HELD, place=place,
        since_ns=0, link=1, sequence=1,
    )  # fmt: skip


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_tube_that_no_node_has_booted_to_claim_is_not_lost_yet(scene: Scene) -> None:
    assert scene.violations_at(0.0) == []
    scene.ledgers["rover"] = [held("rover", "ground")]
    assert scene.violations_at(1.0) == []


@pytest.mark.requirement("CUS-01")
def test_one_that_nobody_claims_after_the_start_is_silently_lost(scene: Scene) -> None:
    assert scene.violations_at(60.0) == ["claimed by no ledger"]


def test_one_that_was_claimed_and_is_not_any_more_is_lost_at_once(scene: Scene) -> None:
    scene.ledgers["rover"] = [held("rover", "ground")]
    assert scene.violations_at(0.0) == []
    scene.ledgers["rover"] = []
    assert scene.violations_at(1.0) == ["claimed by no ledger"]


@pytest.mark.requirement("CUS-01")
def test_a_place_that_is_not_true_and_a_tube_held_twice_are_violations(scene: Scene) -> None:
    scene.ledgers["rover"] = [held("rover", "rover_rack")]
    assert scene.violations_at(0.0) == ["rover_rack, held by rover"]
    scene.ledgers["rover"] = [held("rover", "ground")]
    scene.ledgers["arm"] = [held("arm", "ground")]
    assert "claimed by" in scene.violations_at(2.0)[-1]


# ------------------------------------------------- moved by what nobody had told to


def sealed(scene: Scene) -> None:
    """The tube is in the sealed container, and the MAV's ledger says so."""
    for place, slot in (("rover_gripper", None), ("container", 3)):
        scene.ledgers["rover"] = [held("rover", place)]
        scene.registry.move(TUBE, place, slot=slot)
    scene.ledgers = {"mav": [held("mav", "mav")]}
    scene.registry.carry("container", "mav")
    scene.auditor._violations.clear()  # of the way there, which no ledger here has told
    scene.time = 1000.0
    assert scene.violations_at(1000.0) == []


def open_by_itself(scene: Scene) -> None:
    with acting_unasked():
        scene.registry.carry("mav", "container")


def test_what_nobody_can_know_counts_from_the_next_look_on(scene: Scene) -> None:
    sealed(scene)
    open_by_itself(scene)
    assert scene.violations_at(1000.0) == scene.violations_at(4600.0) == []
    scene.time = 4600.1  # and nobody has looked at the ledgers since
    assert [v.statement for v in scene.auditor.violations] == ["mav, held by mav"]


def test_what_is_noted_by_the_next_look_is_none_and_is_not_excused_again(scene: Scene) -> None:
    sealed(scene)
    open_by_itself(scene)
    scene.ledgers["mav"] = [held("mav", "container")]
    assert scene.violations_at(1200.0) == []
    scene.ledgers["mav"] = [held("mav", "mav")]  # what it knew it knows no more
    assert scene.violations_at(1300.0) == ["mav, held by mav"]


@pytest.mark.parametrize(
    ("records", "statement"),
    [
        ([], "claimed by no ledger"),
        ([held("mav", "orbit")], "orbit, held by mav"),
        (
            [held("mav", "mav"), held("arm", "container")],
            "claimed by arm (container) and mav (mav)",
        ),
    ],
)
def test_only_what_was_said_before_is_excused(
    scene: Scene, records: list[CustodyRecord], statement: str
) -> None:
    sealed(scene)
    open_by_itself(scene)
    scene.ledgers = {each.owner: [each] for each in records}
    assert scene.violations_at(1001.0) == [statement]


def test_what_one_of_ours_has_moved_is_known_at_once(scene: Scene) -> None:
    sealed(scene)
    scene.registry.carry("mav", "container")
    assert scene.violations_at(1000.0) == ["mav, held by mav"]


def test_what_is_moved_by_us_after_that_is_not_excused(scene: Scene) -> None:
    sealed(scene)
    open_by_itself(scene)
    scene.registry.move(TUBE, "arm_gripper")
    assert scene.violations_at(1000.0) == ["mav, held by mav"]


def test_what_was_said_wrong_before_is_not_excused(scene: Scene) -> None:
    sealed(scene)
    scene.ledgers["mav"] = [held("mav", "orbit")]
    assert scene.violations_at(1000.0) == ["orbit, held by mav"]
    open_by_itself(scene)
    assert scene.violations_at(1001.0) == ["orbit, held by mav"]
