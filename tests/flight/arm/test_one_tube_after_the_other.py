"""A command to load, tube by tube; what the arm refuses, shows and looks after: without a world."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.arm import loading
from flight.arm import node as of_node
from flight.arm.device_calls import MechanismFailed
from flight.arm.loading import LoadTubes
from flight.arm.motion import NotSeen
from flight.arm.node import Arm as ArmNode
from flight.arm.vehicle import ArmVehicle
from flight.core.activities import ActivityFailed
from flight.core.commanding.commands import CommandRejected
from flight.core.custody.handover import HandoverFailed
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.exchanges import NoAnswer
from flight.core.fault_protection.structure import Structure
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.devices.transfer_arm_geometry import READY, STOWED
from tests.flight.arm.still import OTHER, TUBE, Arm
from tests.flight.lander.descent_bench import Answers

NOTHING: Any = None
SEEN = Evidence("camera", "seen")


class Loading(Arm):
    """Loads as the test says: `ends`, by tube, is what a load raises; None is one that works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **ends: Any) -> None:
        super().__init__()
        self.ends = {TUBE: ends.get("one"), OTHER: ends.get("two")}
        self.order: list[Any] = []

        def noted(what: str) -> Any:
            async def act(node: Any, *given: Any) -> None:
                node.order.append((what, *given))

            return act

        async def load(node: Any, tube: str, source: str) -> None:
            node.order.append(("load", tube, source))
            end = node.ends[tube]
            if callable(end) and not isinstance(end, Exception):
                end = end(node)
            if end is not None:
                raise end

        for name in ("wait_for_work", "release_brakes", "retreat"):
            monkeypatch.setattr(loading, name, noted(name))
        monkeypatch.setattr(loading, "_load", load)
        monkeypatch.setattr(loading, "count_tube", lambda node: node.order.append("counted"))
        self.hardware.arm = Answers(set_brakes=[None])

        async def settle() -> None:
            self.order.append("settled")

        self.handover.settle = settle

    async def loaded(self, *tubes: str) -> Any:
        carried = LoadTubes(list(tubes or (TUBE, OTHER)), "rover")
        signal: Any = SimpleNamespace(given=lambda kind: carried)
        return await loading.load_tubes(self, signal)  # type: ignore[arg-type]

    def times(self, what: str) -> int:
        return len([each for each in self.order if each == what or each[0] == what])


# ------------------------------------------------------------------------- one after the other


async def test_each_tube_waits_for_work_and_the_arm_ends_with_its_brakes_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = Loading(monkeypatch)
    done = await node.loaded()
    assert (done.name, done.data) == ("done", {"result": "2 of 2 tubes in the container"})
    one = ["settled", ("wait_for_work", 1.0, 9.0), ("release_brakes",)]
    assert node.order == [
        *one, ("load", TUBE, "rover"), "counted", *one, ("load", OTHER, "rover"), "counted",
        ("retreat",),
    ]  # fmt: skip
    assert node.hardware.arm.of("set_brakes") == [(True,)]
    assert [each[0] for each in node.told("progress")] == [
        "1 of 2 tubes in the container", "2 of 2 tubes in the container",
    ]  # fmt: skip


async def test_what_the_mav_has_already_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    node = Loading(monkeypatch)
    monkeypatch.setattr(loading, "_is_loaded", lambda node, tube: tube == TUBE)
    done = await node.loaded()
    assert done.data["result"] == "2 of 2 tubes in the container"
    assert node.times("load") == node.times("wait_for_work") == node.times("counted") == 1
    assert node.times("settled") == 2, "what a reboot interrupted may have been done already"


@pytest.mark.parametrize(
    "failure",
    [ActivityFailed("dark"), HandoverFailed("busy", settled=True), DeviceFault("no_image", "dark")],
)
async def test_a_tube_that_fails_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    node = Loading(monkeypatch, one=failure)
    with pytest.raises(ActivityFailed, match=rf"1 of 2 tubes loaded\. Not: {TUBE}: "):
        await node.loaded()
    assert node.times("load") == 2 and node.times("counted") == 1
    assert [each["tube"] for each in node.told("tube_failed")] == [TUBE]
    assert node.times("retreat") == 1 and node.hardware.arm.of("set_brakes") == [(True,)]


async def test_with_a_tube_that_stays_in_the_jaws_no_other_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def holds(node: Any) -> Exception:
        node.ledger.adopt(TUBE, "arm_gripper", SEEN)
        return ActivityFailed("no socket is free")

    node = Loading(monkeypatch, one=holds)
    with pytest.raises(ActivityFailed, match="0 of 2 tubes loaded"):
        await node.loaded()
    assert node.times("load") == 1 and node.times("retreat") == 1


async def test_a_mechanism_that_has_failed_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(node: Any) -> Exception:
        node.failed_mechanism = "joint 2"
        return HandoverFailed("no motion", settled=True)

    for end, words in ((MechanismFailed("jaws"), "jaws"), (breaks, "joint 2")):
        node = Loading(monkeypatch, one=end)
        with pytest.raises(MechanismFailed, match=words):
            await node.loaded()
        assert node.times("load") == 1 and node.times("retreat") == 0, "it stands where it is"


async def test_the_tube_in_the_jaws_is_given_before_another_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    did: list[Any] = []

    async def take(node: Any, tube: str, source: str) -> None:
        did.append(("take", tube, source))

    async def give(node: Any, tube: str) -> None:
        did.append(("give", tube))

    monkeypatch.setattr(loading, "_take", take)
    monkeypatch.setattr(loading, "_give", give)
    node: Any = Arm()
    await loading._load(node, TUBE, "rover")
    assert did == [("take", TUBE, "rover"), ("give", TUBE)]
    assert node.told("tube_loaded") == [{"tube": TUBE}]
    node.ledger.adopt(TUBE, "arm_gripper", SEEN)
    did.clear()
    await loading._load(node, TUBE, "rover")
    assert did == [("give", TUBE)], "it is there already"
    did.clear()
    await loading._load(node, OTHER, "ground")
    assert did == [("give", TUBE), ("take", OTHER, "ground"), ("give", OTHER)]


# -------------------------------------------------------------------------------- taking one


def taking(
    monkeypatch: pytest.MonkeyPatch, *ends: Exception | None, heard: bool = True
) -> tuple[Any, list[Any]]:
    node: Any = Arm()
    asked: list[Any] = []
    left = list(ends)

    async def take(tube: str, source: str, motion: Any, device: str) -> None:
        asked.append((tube, source, device))
        end = left.pop(0) if len(left) > 1 else left[0]
        if end is not None:
            raise end

    async def settle() -> None:
        asked.append("settled")

    async def again(node: Any, vehicle: str) -> bool:
        asked.append(f"waits for the {vehicle}")
        return heard

    async def released(node: Any) -> None:
        asked.append("released")

    node.handover.take, node.handover.settle = take, settle
    monkeypatch.setattr(loading, "heard_again", again)
    monkeypatch.setattr(loading, "release_brakes", released)
    return node, asked


def silent() -> HandoverFailed:
    failure = HandoverFailed("not given", settled=True)
    failure.__cause__ = NoAnswer("rover gave no answer")
    return failure


async def test_what_nobody_has_heard_was_no_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    node, asked = taking(monkeypatch, *[silent()] * 4, None)
    await loading._take(node, TUBE, "rover")
    assert asked.count((TUBE, "rover", "gripper")) == 5, "three are allowed"
    assert asked.count("settled") == asked.count("released") == 4
    assert node.told("tube_taken") == [{"tube": TUBE, "source": "rover"}]
    node, asked = taking(monkeypatch, silent(), heard=False)
    with pytest.raises(ActivityFailed, match="not taken from rover: not given"):
        await loading._take(node, TUBE, "rover")
    assert asked.count((TUBE, "rover", "gripper")) == 3 and "released" not in asked
    assert len(node.told("attempt_failed")) == 3


async def test_from_the_ground_it_is_picked_up_without_anybody_handing_it_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, asked = taking(monkeypatch, None)

    async def pick_up(node: Any, tube: str) -> None:
        asked.append(f"picks up {tube}")

    monkeypatch.setattr(loading, "_take_from_ground", pick_up)
    await loading._take(node, TUBE, "ground")
    assert asked == [f"picks up {TUBE}"]
    assert node.told("tube_taken") == [{"tube": TUBE, "source": "ground"}]


@pytest.mark.parametrize(
    ("source", "slot", "target"), [("rover", 7, "rack:7"), ("perseverance", None, f"port:{TUBE}")]
)
async def test_it_grips_where_the_vehicle_holds_the_tube(
    monkeypatch: pytest.MonkeyPatch, source: str, slot: int | None, target: str
) -> None:
    node: Any = Arm()
    gripped: list[Any] = []

    async def grip(node: Any, what: str, nominal: Any) -> None:
        gripped.append(what)

    monkeypatch.setattr(loading, "_grip", grip)
    bad, good = (SimpleNamespace(valid=v, position=[1.0, 0.0, 0.0], heading=0.0) for v in (0, 1))
    node.hardware.camera = Answers(survey=[bad, bad, good])
    await loading._fetch(node, source, TUBE, slot)
    assert gripped == [target] and node.told("step") == [("step_approach",)]
    assert node.hardware.camera.of("survey") == [(source,)] * 3
    node.hardware.camera = Answers(survey=[bad])
    with pytest.raises(NotSeen, match=f"{source} is not in sight"):
        await loading._fetch(node, source, TUBE, slot)
    assert len(node.hardware.camera.asked) == 3
    if source == "rover":
        with pytest.raises(ActivityFailed, match="names no slot"):
            await loading._fetch(node, source, TUBE, None)


@pytest.mark.parametrize(
    ("unknown", "serial", "keeps", "found"),
    [(True, TUBE, True, True), (True, OTHER, True, False), (True, "", True, False),
     (False, TUBE, True, False), (True, TUBE, False, False)],
)  # fmt: skip
async def test_a_tube_that_came_to_be_unknown_is_found_in_the_jaws_by_its_engraving(
    monkeypatch: pytest.MonkeyPatch, unknown: bool, serial: str, keeps: bool, found: bool
) -> None:
    node: Any = Arm(Structure(left_out=frozenset() if keeps else frozenset({"witnesses"})))
    node.ledger.adopt(TUBE, "arm_gripper", SEEN)
    if unknown:
        node.ledger.lose(TUBE, "x")
    asked: list[Any] = []

    async def view(node: Any) -> Any:
        return SimpleNamespace(tube_present=True, serial=serial)

    async def find_again(tube: str, slot: int | None) -> bool:
        asked.append((tube, slot))
        return True

    monkeypatch.setattr(loading, "view_gripper", view)
    node.handover.find_again = find_again
    assert await loading._find_in_jaws(node, TUBE) is found
    assert asked == ([(TUBE, None)] if found else [])
    assert await loading._find_in_jaws(node, "nobody knows it") is False


async def test_a_tube_on_the_ground_is_held_only_when_the_jaws_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node: Any = Arm()
    node.handover.settle = Loading(monkeypatch).handover.settle
    did: list[str] = []

    async def grip(node: Any, target: str, nominal: Any) -> None:
        did.append(target)
        assert str(node.ledger.record(TUBE).status) == "in_transit", "the intent comes first"

    present = [False, True]

    async def verify(node: Any, tube: str, slot: Any, expected: bool) -> Evidence:
        return Evidence("camera", "x", present.pop(0))

    monkeypatch.setattr(loading, "_grip", grip)
    monkeypatch.setattr(loading, "verify_tube", verify)
    where = SimpleNamespace(valid=True, position=[1.0, 0.5, 0.1], heading=0.0)
    node.hardware.camera = Answers(survey=[where])
    node.ledger.adopt(TUBE, "ground", Evidence("map", "laid down"))
    with pytest.raises(ActivityFailed, match="the jaws closed on nothing"):
        await loading._take_from_ground(node, TUBE)
    node.ledger.lose(TUBE, "not where it was")
    await loading._take_from_ground(node, TUBE)
    assert did == [f"ground:{TUBE}"] * 2 and node.ledger.record(TUBE).place == "arm_gripper"
    assert node.hardware.camera.of("survey") == [(f"tube:{TUBE}",)] * 2


# --------------------------------------------------------------- refusals and what it shows


@pytest.mark.parametrize(
    ("name", "given"),
    [("deploy", ()), ("stow", ()), ("open_lid", ()), ("close_lid", ()),
     ("load_tubes", (LoadTubes([TUBE], "rover"),))],
)  # fmt: skip
def test_with_a_broken_mechanism_it_moves_nothing_until_the_ground_says_so(
    name: str, given: tuple[Any, ...]
) -> None:
    node: Any = SimpleNamespace(failed_mechanism="joint 2 stalls", mechanism="joint 2 stalls")
    node._must_be_sound = lambda: ArmNode._must_be_sound(node)
    with pytest.raises(CommandRejected, match=r"\(joint 2 stalls\); allowed after clear_failed"):
        getattr(ArmNode, name)(node, *given)
    assert of_node._mechanism_failed(node, NOTHING)
    ArmNode.clear_failed_mechanism(node)
    assert node.mechanism == "" and not of_node._mechanism_failed(node, NOTHING)
    getattr(ArmNode, name)(node, *given)


@pytest.mark.parametrize(
    ("off", "folded"), [(0.0, True), (0.0199, True), (-0.0199, True), (0.0201, False)]
)
def test_folded_is_by_all_its_encoders(off: float, folded: bool) -> None:
    for joint in (0, 6):
        joints = list(STOWED)
        joints[joint] += off
        assert of_node._is_folded(SimpleNamespace(joint_angles=joints), NOTHING) is folded  # type: ignore[arg-type]
    assert not of_node._is_folded(SimpleNamespace(joint_angles=None), NOTHING)  # type: ignore[arg-type]


class Standing:
    """Stands in a state, and is read."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.waiting_for = ""
        self.posted: list[str] = []
        self.said: list[str] = []
        self.show = lambda each: ArmVehicle.show(self, each)  # type: ignore[arg-type]
        self.step = lambda name: ArmVehicle.step(self, name)  # type: ignore[arg-type]
        self.post = self.posted.append

    def work_waits(self, *, reason: str) -> None:
        self.said.append(reason)

    def is_in(self, state: str) -> bool:
        return self.state == state or self.state.startswith(f"{state}.")


@pytest.mark.parametrize(
    ("state", "seconds"),
    [("ready.loading.waiting", 1200.0), ("ready.opening_lid", 1200.0), ("ready.idle", 7200.0),
     ("stowed", 7200.0), ("safe", 7200.0), ("deploying", 7200.0)],
)  # fmt: skip
def test_it_looks_at_itself_each_twenty_minutes_while_it_works(state: str, seconds: float) -> None:
    assert ArmVehicle.housekeeping_period(Standing(state)) == seconds  # type: ignore[arg-type]


def test_steps_are_shown_while_it_loads_and_a_reason_to_wait_once() -> None:
    node: Any = Standing("ready.loading.waiting")
    ArmVehicle.show_waiting(node, "dark")
    ArmVehicle.show_waiting(node, "dark")
    assert node.posted == ["step_wait"] * 2 and node.said == ["dark"]
    ArmVehicle.step(node, "step_approach")
    assert node.waiting_for == "" and node.posted[2:] == ["step_approach"]
    ArmVehicle.show_waiting(node, "dark")
    assert node.said == ["dark", "dark"]
    node = Standing("ready.opening_lid")
    ArmVehicle.step(node, "step_approach")
    assert node.posted == []


async def test_what_the_arm_says_of_itself_is_shown_and_nothing_when_it_is_not_valid() -> None:
    node: Any = Standing("ready.idle")
    state = SimpleNamespace(
        valid=True, joints=list(READY), currents=[0.1, 1.23456, 0.2], temperature=250.126,
        brakes=True,
    )  # fmt: skip
    jaws = SimpleNamespace(valid=True, opening=0.123456)
    node.hardware = SimpleNamespace(arm=Answers(state=[state]), gripper=Answers(state=[jaws]))
    await ArmVehicle.sample(node)
    assert (node.highest_current, node.joint_temperature, node.jaw_opening) == (
        1.235, 250.13, 0.1235,
    )  # fmt: skip
    assert node.brakes_engaged is True and node.joint_angles == [round(j, 5) for j in READY]
    jaws.valid = False
    await ArmVehicle.sample(node)
    assert node.jaw_opening is None and node.highest_current == 1.235
    state.valid = False
    await ArmVehicle.sample(node)
    assert node.highest_current is None is node.joint_temperature and node.brakes_engaged is True
    state.valid = jaws.valid = True
    await ArmVehicle.sample(node)
    node.hardware.gripper.answers["state"] = [DeviceTimeout("no answer")]
    await ArmVehicle.sample(node)
    assert node.highest_current is None is node.jaw_opening


def test_what_the_mav_has_taken_is_counted() -> None:
    def record(status: str, counterpart: str) -> Any:
        return SimpleNamespace(status=CustodyStatus(status), counterpart=counterpart)

    kept = [record("handed_over", "mav"), record("handed_over", "rover"), record("held", "mav"),
            record("handed_over", "mav")]  # fmt: skip
    node: Any = SimpleNamespace(ledger=SimpleNamespace(records=lambda: kept))
    ArmVehicle.count_tubes(node)
    assert node.tubes_loaded == 2


def test_a_failed_mechanism_is_remembered_and_told() -> None:
    node: Any = Arm()
    ArmVehicle.note_failed_mechanism(node, "joint 2")
    assert node.failed_mechanism == node.mechanism == "joint 2"
    assert node.told("mechanism_failed") == [{"reason": "joint 2"}]
