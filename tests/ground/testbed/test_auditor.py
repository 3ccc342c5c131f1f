"""The auditor finds each instant at which the ledgers say what is not true."""

import pytest

from flight.icd.custody_record import CustodyRecord, CustodyStatus
from flight.icd.places import GROUND
from ground.testbed.auditor import START_UP, Auditor
from sim_hw.world.tubes import LyingPose, SampleKind, SampleTube, TubeRegistry, TubeState

TUBE = "M2020-00337-08"
POSE = LyingPose(1.0, 2.0, -2545.3, 0.5, 0.2)


class Scene:
    """One tube on the ground, a clock, and whatever ledgers a test writes."""

    def __init__(self) -> None:
        self.time = 0.0
        self.ledgers: dict[str, list[CustodyRecord]] = {"rover": []}
        registry = TubeRegistry((a_tube(),), {TUBE: TubeState(GROUND, pose=POSE)})
        self.auditor = Auditor(registry, lambda: self.ledgers, lambda: self.time)

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
    assert scene.violations_at(START_UP) == ["claimed by no ledger"]


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
