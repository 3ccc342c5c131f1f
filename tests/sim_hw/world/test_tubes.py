"""Behaviour of the true places of the tubes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.icd.places import PLACES
from sim_hw.world.tubes import (
    ImpossibleMove,
    LyingPose,
    SampleKind,
    SampleTube,
    SlotCounts,
    TubeMove,
    TubeRegistry,
    TubeState,
)

POSE = LyingPose(1.0, 2.0, -2545.3, 0.5, 0.2)


def tube(letter: str) -> SampleTube:
    return SampleTube(name=letter, id=letter, kind=SampleKind.REGOLITH, content="sand")


def registry() -> TubeRegistry:
    return TubeRegistry(
        [tube("A"), tube("B"), tube("C")],
        {
            "A": TubeState("ground", pose=POSE),
            "B": TubeState("ground", pose=POSE),
            "C": TubeState("perseverance"),
        },
        SlotCounts(rover_rack=2, container=2),
    )


def test_tube_travels_from_the_ground_to_earth() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    world.move("A", "rover_rack", slot=1)
    world.move("A", "arm_gripper")
    world.move("A", "container", slot=0)
    for source, destination in [
        ("container", "mav"),
        ("mav", "orbit"),
        ("orbit", "orbiter"),
        ("orbiter", "entry_capsule"),
        ("entry_capsule", "earth"),
    ]:
        (change,) = world.carry(source, destination)
        assert change.after == TubeState(destination, slot=0)
    assert world.at("earth") == ("A",) and world.occupant("earth", 0) == "A"


def test_either_arm_can_load_and_perseverance_delivers_to_the_transfer_arm() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    world.move("A", "container", slot=0)
    world.move("C", "arm_gripper")
    world.move("C", "container", slot=1)
    assert world.at("container") == ("A", "C")


@pytest.mark.parametrize(
    ("letter", "destination", "slot", "pose", "message"),
    [
        ("A", "container", 0, None, "cannot get from 'ground' to 'container'"),
        ("A", "earth", 0, None, "cannot get"),
        ("C", "rover_gripper", None, None, "cannot get"),
        ("C", "ground", None, None, "a pose belongs"),
        ("A", "rover_gripper", None, POSE, "a pose belongs"),
        ("A", "rover_gripper", 3, None, "has no slots"),
    ],
)
def test_impossible_move_is_refused_and_changes_nothing(
    letter: str, destination: str, slot: int | None, pose: LyingPose | None, message: str
) -> None:
    world = registry()
    before = world.state(letter)
    with pytest.raises(ImpossibleMove, match=message):
        world.move(letter, destination, slot=slot, pose=pose)
    assert world.state(letter) == before


def test_gripper_holds_one_tube() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    with pytest.raises(ImpossibleMove, match="already holds A"):
        world.move("B", "rover_gripper")


def test_slot_holds_one_tube_and_exists() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    world.move("A", "rover_rack", slot=0)
    world.move("B", "rover_gripper")
    with pytest.raises(ImpossibleMove, match="Slot 0 of 'rover_rack' already holds A"):
        world.move("B", "rover_rack", slot=0)
    with pytest.raises(ImpossibleMove, match="slots 0 to 1"):
        world.move("B", "rover_rack", slot=2)
    with pytest.raises(ImpossibleMove, match="slots 0 to 1"):
        world.move("B", "rover_rack")


def test_sealed_tube_comes_out_only_after_the_lid_was_opened() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    world.move("A", "container", slot=0)
    world.carry("container", "mav")
    with pytest.raises(ImpossibleMove):
        world.move("A", "arm_gripper")
    with pytest.raises(ImpossibleMove, match="use carry"):
        world.move("A", "orbit", slot=0)
    world.carry("mav", "container")
    world.move("A", "arm_gripper")


def test_nothing_goes_into_a_closed_container() -> None:
    world = registry()
    world.move("A", "rover_gripper")
    world.move("A", "container", slot=0)
    world.carry("container", "mav")
    world.move("B", "rover_gripper")
    with pytest.raises(ImpossibleMove, match="closed: it is at 'mav'"):
        world.move("B", "container", slot=1)


def test_only_the_container_is_carried() -> None:
    world = registry()
    for source, destination in [("ground", "rover_gripper"), ("container", "arm_gripper")]:
        with pytest.raises(ImpossibleMove):
            world.carry(source, destination)


def test_dropped_tube_lies_where_it_fell() -> None:
    world = registry()
    fell = LyingPose(40.0, -3.0, -2545.0, 1.0, 0.0)
    world.move("A", "rover_gripper")
    change = world.move("A", "ground", pose=fell)
    assert change.before.place == "rover_gripper"
    assert world.state("A") == TubeState("ground", pose=fell)


def test_observers_hear_of_each_change_in_order() -> None:
    world = registry()
    heard: list[tuple[str, TubeMove]] = []
    world.observe(lambda change: heard.append(("first", change)))
    world.observe(lambda change: heard.append(("second", change)))
    change = world.move("A", "rover_gripper")
    assert heard == [("first", change), ("second", change)]
    with pytest.raises(ImpossibleMove):
        world.move("A", "earth")
    assert len(heard) == 2


def test_dust_lies_on_tubes_on_the_ground_only() -> None:
    world = registry()
    world.set_dust_cover("A", 0.7)
    pose = world.state("A").pose
    assert pose is not None and pose.dust_cover == 0.7
    with pytest.raises(ImpossibleMove, match="no dust"):
        world.set_dust_cover("C", 0.1)


def test_world_that_begins_impossibly_is_refused() -> None:
    with pytest.raises(ImpossibleMove, match="no place"):
        TubeRegistry([tube("A")], {"A": TubeState("moon")})
    with pytest.raises(ImpossibleMove, match="already holds A"):
        both = {"A": TubeState("container", 1), "B": TubeState("container", 1)}
        TubeRegistry([tube("A"), tube("B")], both)
    with pytest.raises(ImpossibleMove, match="must begin"):
        TubeRegistry([tube("A")], {})
    with pytest.raises(ImpossibleMove, match="no such tube"):
        TubeRegistry([], {"A": TubeState("perseverance")})


def test_unknown_tube_and_place_are_named() -> None:
    with pytest.raises(KeyError, match="'X'"):
        registry().state("X")
    with pytest.raises(KeyError, match="'moon'"):
        registry().at("moon")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ABC"),
            st.sampled_from(PLACES),
            st.one_of(st.none(), st.integers(0, 2)),
            st.booleans(),
        ),
        max_size=40,
    )
)
def test_whatever_is_tried_each_tube_is_in_one_place_and_no_slot_holds_two(
    attempts: list[tuple[str, str, int | None, bool]],
) -> None:
    world = registry()
    for letter, destination, slot, lies in attempts:
        with suppress(ImpossibleMove):
            if letter == "C" and lies:
                world.carry(world.state("A").place, destination)
            else:
                world.move(letter, destination, slot=slot, pose=POSE if lies else None)
        assert sorted(key for place in PLACES for key in world.at(place)) == ["A", "B", "C"]
        for gripper in ("rover_gripper", "arm_gripper"):
            assert len(world.at(gripper)) <= 1
        for place in ("rover_rack", "container", "mav", "orbit", "earth"):
            slots = [world.state(key).slot for key in world.at(place)]
            assert len(slots) == len({slot for slot in slots if slot is not None})
