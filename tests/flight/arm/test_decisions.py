"""What the transfer arm decides at a socket, at a tube and before it works at all, one by one."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import loading, motion, seeing
from flight.arm.device_calls import MechanismFailed
from flight.arm.loading import SocketBlocked
from flight.core.activities import ActivityFailed
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import Evidence
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.transfer_arm_geometry import Pose
from tests.flight.arm.still import DEPTH, GOAL, OTHER, TUBE, Arm, moved, sees
from tests.flight.lander.descent_bench import Answers


@pytest.fixture
def arm(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its straight moves, images and servoing are those that a test says."""

    def following(answers: list[Any]) -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def line(node: Any, target: Pose, force: float | None = None) -> Any:
        node.did.append(("line", target, force))
        return following(node.pushes) if force is not None else moved()

    async def servo(node: Any, target: str, nominal: Pose) -> Any:
        node.did.append(("servo", target))
        return GOAL, following(node.sightings)

    async def look(node: Any, target: str) -> Any:
        node.did.append(("look", target))
        found = following(node.sightings)
        if isinstance(found, Exception):
            raise found
        return found

    async def view(node: Any) -> Any:
        return following(node.views)

    for name, stub in (("line", line), ("servo", servo), ("look", look), ("view_gripper", view)):
        monkeypatch.setattr(loading, name, stub)
    return Arm()


def insertion(arm: Any) -> Any:
    return loading._Insertion(arm)


def pushed(arm: Any) -> int:
    return len([each for each in arm.did if each[0] == "line" and each[2] == 25.0])


# ----------------------------------------------------------------------- a socket


@pytest.mark.parametrize(
    ("missing", "seated"),
    [(0.0, True), (0.00199, True), (-0.00199, True), (0.00201, False), (-0.00201, False)],
)
async def test_a_tube_is_let_go_only_where_it_is_down(
    arm: Any, missing: float, seated: bool
) -> None:
    arm.pushes, arm.sightings = [moved(DEPTH - missing)], [sees(), sees(True)]
    arm.parameters["insertions"] = 1
    motion = insertion(arm)
    if seated:
        await motion(4)
        assert arm.hardware.gripper.of("open") == [()] and motion.blocked is None
        assert arm.did[-1] == ("look", "socket:4") and not arm.told("image_doubt")
    else:
        arm.sightings = [sees()]
        with pytest.raises(SocketBlocked, match="does not go down in socket 4"):
            await motion(4)
        assert not arm.hardware.gripper.asked and motion.blocked == 4
        [told] = arm.told("insertion_stopped")
        assert told["socket"] == 4 and told["missing"] == pytest.approx(1000.0 * missing, abs=0.06)


async def test_a_push_that_meets_no_bottom_is_no_seat(arm: Any) -> None:
    arm.pushes, arm.parameters["insertions"] = [moved(reached=True)], 1
    with pytest.raises(SocketBlocked):
        await insertion(arm)(0)
    assert arm.told("insertion_stopped")[0]["missing"] == 6.0


async def test_it_is_tried_so_often_and_shaken_in_between(arm: Any) -> None:
    arm.pushes = [moved(0.0), moved(0.0), moved(DEPTH)]
    arm.sightings = [sees(), sees(), sees(), sees(True)]
    await insertion(arm)(2)
    assert pushed(arm) == 3 and len(arm.told("insertion_stopped")) == 2
    aside = [
        round(each[1].position[1] - GOAL.position[1], 4) or round(
            each[1].position[0] - GOAL.position[0], 4)
        for each in arm.did
        if each[0] == "line" and each[1].position[:2] != GOAL.position[:2]
    ]  # fmt: skip
    assert [abs(each) for each in aside] == [0.003] * 8 and sum(aside) == pytest.approx(0.0)


async def test_debris_that_is_seen_is_not_shaken_and_a_socket_that_is_taken_not_touched(
    arm: Any,
) -> None:
    arm.pushes, arm.sightings = [moved(0.0)], [sees(debris=True)]
    motion = insertion(arm)
    with pytest.raises(SocketBlocked):
        await motion(2)
    assert pushed(arm) == 1 and motion.blocked == 2
    arm.did.clear()
    arm.sightings = [sees(True)]
    motion = insertion(arm)
    with pytest.raises(SocketBlocked, match="a tube in socket 3 already"):
        await motion(3)
    assert pushed(arm) == 0 and motion.blocked == 3
    with pytest.raises(ActivityFailed, match="names no socket"):
        await insertion(arm)(None)


async def test_without_that_safeguard_the_force_is_not_asked(arm: Any) -> None:
    arm.context.structure = Structure(left_out=frozenset({"insertion_force"}))
    arm.pushes = [moved(0.0)]
    await insertion(arm)(2)
    assert arm.hardware.gripper.of("open") == [()]
    assert arm.told("image_doubt") == [{"target": "socket:2"}]


async def test_the_force_of_a_push_and_of_a_free_move_have_their_own_limits() -> None:
    node: Any = Arm()
    node.hardware.arm = Answers(move_to_pose=[moved(force=7.5)])
    await motion.line(node, GOAL)
    await motion.line(node, GOAL, 25.0)
    assert [call[2] for call in node.hardware.arm.of("move_to_pose")] == [8.0, 25.0]
    assert node.contact_force == 7.5
    assert node.hardware.arm.of("move_to_pose")[0][0] == list(GOAL.position)


# -------------------------------------------------------------------------- a tube


async def test_jaws_that_hold_something_stay_closed(arm: Any) -> None:
    arm.views = [SimpleNamespace(tube_present=True, serial=OTHER)]
    with pytest.raises(ActivityFailed, match=f"the jaws hold {OTHER}"):
        await loading._grip(arm, "rack:3", GOAL)
    assert not arm.hardware.gripper.asked and arm.did == []


@pytest.mark.parametrize(
    ("seen", "grips"), [([True], True), ([False, True], True), ([False, False], False)]
)
async def test_a_tube_is_gripped_where_one_of_two_looks_sees_it(
    arm: Any, seen: list[bool], grips: bool
) -> None:
    arm.sightings = [sees(each) for each in seen]
    if grips:
        await loading._grip(arm, "rack:3", GOAL)
        assert [call[0] for call in arm.hardware.gripper.asked] == ["open", "close"]
        assert arm.did[-2:] == [("line", GOAL, None), ("line", arm.did[-1][1], None)]
        assert arm.did[-1][1] != GOAL, "it is drawn out"
    else:
        with pytest.raises(ActivityFailed, match="sees no tube at rack:3"):
            await loading._grip(arm, "rack:3", GOAL)
        assert [call[0] for call in arm.hardware.gripper.asked] == ["open"]


@pytest.mark.parametrize(
    ("settled", "mechanism", "tries"), [(True, "", 3), (False, "", 1), (True, "joint 2", 1)]
)
async def test_a_hand_over_that_fails_is_tried_again_only_when_it_is_settled(
    arm: Any, settled: bool, mechanism: str, tries: int
) -> None:
    asked: list[Any] = []

    async def take(tube: str, source: str, motion: Any, device: str) -> None:
        asked.append((tube, source, device))
        arm.failed_mechanism = mechanism
        raise HandoverFailed("busy", settled=settled)

    arm.handover.take = take
    with pytest.raises(MechanismFailed if mechanism else ActivityFailed):
        await loading._take(arm, TUBE, "rover")
    assert asked == [(TUBE, "rover", "gripper")] * tries
    assert len(arm.told("attempt_failed")) == (0 if mechanism else tries)


async def test_a_blocked_socket_is_avoided_and_another_tried_while_the_tube_is_held(
    arm: Any,
) -> None:
    arm.ledger.adopt(TUBE, "arm_gripper", Evidence("camera", "seen"))
    avoided: list[list[int]] = []

    async def give(tube: str, to: str, place: str, motion: Any, device: str, avoid: Any) -> None:
        avoided.append(list(avoid))
        motion.blocked = len(avoided)
        raise HandoverFailed("blocked", settled=True)

    arm.handover.give = give
    with pytest.raises(ActivityFailed, match="not loaded: blocked"):
        await loading._give(arm, TUBE)
    assert avoided == [[], [1], [1, 2]]
    avoided.clear()
    arm.ledger.lose(TUBE, "dropped")
    with pytest.raises(ActivityFailed):
        await loading._give(arm, TUBE)
    assert avoided == [[]], "what is held no more is not given again"


@pytest.mark.parametrize(
    ("view", "present"),
    [((True, TUBE), True), ((True, ""), True), ((True, OTHER), False), ((False, ""), False)],
)
async def test_the_engraving_of_another_is_a_no(
    monkeypatch: pytest.MonkeyPatch, view: tuple[bool, str], present: bool
) -> None:
    async def look(node: Any) -> Any:
        return SimpleNamespace(tube_present=view[0], serial=view[1])

    monkeypatch.setattr(seeing, "view_gripper", look)
    node: Any = Arm()
    assert (await seeing.verify_tube(node, TUBE, None, True)).present is present


@pytest.mark.parametrize(
    ("place", "slot", "target"),
    [("rover_rack", 3, "rack:3"), ("container", 0, "socket:0"), ("ground", 3, None),
     ("container", None, None)],
)  # fmt: skip
async def test_the_camera_is_a_witness_of_slots_alone(
    monkeypatch: pytest.MonkeyPatch, place: str, slot: int | None, target: str | None
) -> None:
    asked: list[str] = []

    async def look(node: Any, what: str) -> Any:
        asked.append(what)
        if len(asked) == 2:
            raise motion.NotSeen("not in view")
        return sees(True)

    monkeypatch.setattr(seeing, "look", look)
    node: Any = Arm()
    seen = await seeing.witness(node, TUBE, place, slot)
    if target is None:
        assert seen is None and not asked
    else:
        assert asked == [target] and seen is not None and seen.present
        assert await seeing.witness(node, TUBE, place, slot) is None, "it does not see it"


async def test_a_bad_image_is_taken_again_so_often() -> None:
    node: Any = Arm()
    bad, good = (SimpleNamespace(valid=each, tube_present=True) for each in (False, True))
    node.hardware.camera = Answers(view_gripper=[bad, bad, good])
    assert await seeing.view_gripper(node) is good
    node.hardware.camera = Answers(view_gripper=[bad])
    with pytest.raises(DeviceFault, match="no good image"):
        await seeing.view_gripper(node)
    assert len(node.hardware.camera.asked) == 3


@pytest.mark.parametrize(
    ("present", "status"), [(True, ("held", "arm_gripper")), (False, ("held", "ground"))]
)
async def test_a_move_from_the_ground_ends_by_what_the_camera_sees(
    arm: Any, monkeypatch: pytest.MonkeyPatch, present: bool, status: tuple[str, str]
) -> None:
    async def verify(*given: Any) -> Evidence:
        return Evidence("arm.camera", "x", present)

    monkeypatch.setattr(loading, "verify_tube", verify)
    arm.ledger.adopt(TUBE, "ground", Evidence("map", "laid down"))
    await loading.settle_ground(arm, TUBE)
    assert str(arm.ledger.record(TUBE).status) == "held", "nothing was under way"
    arm.ledger.begin(TUBE, "arm_gripper", "arm.gripper")
    await loading.settle_ground(arm, TUBE)
    record = arm.ledger.record(TUBE)
    assert (str(record.status), record.place) == status
    await loading.settle_ground(arm, "nobody knows it")


async def test_what_the_ledger_has_elsewhere_is_not_picked_up_from_the_ground(
    arm: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settle() -> None:
        pass

    async def survey(node: Any, tube: str) -> Pose:
        return GOAL

    arm.handover.settle = settle
    monkeypatch.setattr(loading, "_survey_ground", survey)
    with pytest.raises(ActivityFailed, match="does not know"):
        await loading._take_from_ground(arm, TUBE)
    arm.ledger.adopt(TUBE, "arm_gripper", Evidence("camera", "seen"))
    with pytest.raises(ActivityFailed, match="is at arm_gripper, not on the ground"):
        await loading._take_from_ground(arm, TUBE)
    assert not arm.hardware.gripper.asked
