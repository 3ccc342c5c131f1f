"""What Perseverance claims of a tube, which tube it holds out, and what it lets fall."""

from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyError, CustodyStatus, Evidence
from flight.icd import places
from flight.icd.devices.base import DeviceFault
from flight.perseverance import sample_handling as handling
from flight.perseverance.sample_handling import DropTube, Store
from flight.surface.site_place import SitePlace
from tests.flight.perseverance.standing import (
    OTHER,
    TUBE,
    Standing,
    engraved,
    ground,
    sighted,
    store,
)

JAM, STALL = DeviceFault("jam", "the handling arm"), DeviceFault("no_power", "no power")
HELD, UNKNOWN = CustodyStatus.HELD, CustodyStatus.UNKNOWN


@pytest.fixture
def rover() -> Any:
    return Standing()


def answers(rover: Any, **more: list[Any]) -> None:
    rover.hardware.carousel.answers |= more


@pytest.mark.parametrize(
    ("port", "presented", "serial", "slot", "shown"),
    [
        (True, 3, TUBE, 3, True), (True, None, TUBE, None, True), (True, 3, TUBE, 9, True),
        (False, 3, TUBE, 3, False), (True, 3, "", 3, True), (True, 3, "", 4, False),
        (True, None, "", None, False), (True, 3, OTHER, 3, False), (True, 3, "", None, False),
    ],
)  # fmt: skip
def test_who_is_at_the_port_is_told_by_the_engraving_and_else_by_the_slot(
    port: bool, presented: int | None, serial: str, slot: int | None, shown: bool
) -> None:
    assert Store([], port, presented).shows(serial, TUBE, slot) is shown


@pytest.mark.parametrize(
    ("votes", "closed"), [("110", True), ("011", True), ("100", False), ("000", False)]
)
async def test_two_of_three_readings_of_each_switch_decide(
    rover: Any, votes: str, closed: bool
) -> None:
    answers(rover, state=[store(*([4] if v == "1" else []), port=v == "1") for v in votes])
    found = await handling.read_store(rover)
    assert (found.seated[4], found.port, found.seated[5]) == (closed, closed, False)
    assert len(rover.hardware.carousel.asked) == 3


async def test_an_engraving_is_read_four_times_at_the_most(rover: Any) -> None:
    answers(rover, read_engraving=[engraved(), engraved(OTHER, valid=False), engraved(TUBE)])
    assert await handling.engraving(rover) == TUBE
    answers(rover, read_engraving=[engraved()] * 4 + [engraved(TUBE)])
    rover.hardware.carousel.asked.clear()
    assert await handling.engraving(rover) == ""
    assert len(rover.hardware.carousel.asked) == 4


@pytest.mark.parametrize(
    ("state", "serial", "present"),
    [
        (store(0, 1), TUBE, True), (store(1), TUBE, False),
        (store(1, port=True, presented=0), TUBE, True),
        (store(1, port=True, presented=0), "", True),
        (store(1, port=True, presented=1), "", False),
        (store(1, port=True, presented=0), OTHER, False),
        (store(0, 1, port=True, presented=5), OTHER, True),
    ],
)  # fmt: skip
async def test_aboard_is_what_sits_in_its_slot_or_is_held_out(
    rover: Any, state: Any, serial: str, present: bool
) -> None:
    answers(rover, state=[state], read_engraving=[engraved(serial)])
    seen = await handling.look(rover, TUBE, None, False)
    assert seen.present is present and seen.verified_by == "perseverance.seat_sensors"
    read = rover.hardware.carousel.of("read_engraving")
    assert bool(read) is state.port, "there is nothing to be read at an empty port"
    assert rover.awake == [True] and not rover.hardware.carousel.of("present")


async def test_the_slot_that_is_asked_for_goes_before_the_one_that_is_remembered(
    rover: Any,
) -> None:
    answers(rover, state=[store(7)])
    assert (await handling.look(rover, TUBE, 7, False)).present
    assert (await handling.look(rover, TUBE, None, False)).reading == "port open; slot 0 open"


@pytest.mark.parametrize(
    ("expected", "states", "presents"),
    [(True, ("surface.delivering",), [(0,)]), (False, ("surface.delivering",), []),
     (True, ("surface.idle",), [])],
)  # fmt: skip
async def test_only_beside_the_lander_what_is_offered_is_held_out(
    rover: Any, expected: bool, states: tuple[str, ...], presents: list[Any]
) -> None:
    rover.states = states
    await handling.look(rover, TUBE, None, expected)
    assert rover.hardware.carousel.of("present") == presents
    assert rover.told("tube_presented") == [{"tube": TUBE, "slot": 0}] * len(presents)


async def test_what_else_is_at_the_port_is_taken_in_before(rover: Any) -> None:
    at_port = store(0, port=True, presented=1)
    answers(rover, state=[at_port], read_engraving=[engraved(OTHER)])
    await handling.look(rover, TUBE, None, True)
    assert [call[:2] for call in rover.hardware.carousel.asked if call[0] in ("store", "present")
            ] == [("store", 1), ("present", 0)]  # fmt: skip
    rover = Standing()
    answers(rover, state=[store(1, port=True, presented=0)])
    await handling.look(rover, TUBE, None, True)
    moved = [call for call in rover.hardware.carousel.asked if call[0] in ("store", "present")]
    assert moved == [], "it is held out already"


async def test_an_empty_slot_is_not_held_out(rover: Any) -> None:
    answers(rover, state=[store(1)])
    await handling.look(rover, TUBE, None, True)
    assert not rover.hardware.carousel.of("present") and not rover.told("tube_presented")


async def test_before_driving_the_port_is_emptied_into_the_slot_that_is_known(rover: Any) -> None:
    await handling.put_away(rover)
    assert not rover.hardware.carousel.of("store")
    answers(rover, state=[store(port=True)], read_engraving=[engraved(OTHER)])
    await handling.put_away(rover)
    assert rover.hardware.carousel.of("store") == [(1,)], "by its engraving: an arm put it there"
    for serial in ("", "M9"):
        answers(rover, read_engraving=[engraved(serial)])
        with pytest.raises(ActivityFailed, match="no slot is known"):
            await handling.put_away(rover)
    assert len(rover.hardware.carousel.of("store")) == 1


@pytest.mark.parametrize(
    ("faults", "tries", "works"),
    [([], 1, True), ([JAM], 2, True), ([JAM] * 2, 3, True), ([JAM] * 3, 3, False),
     ([STALL], 1, False)],
)  # fmt: skip
async def test_a_jammed_carousel_has_three_tries(
    rover: Any, faults: list[Exception], tries: int, works: bool
) -> None:
    answers(rover, present=[*faults, *([store(port=True)] if works else [])])
    if works:
        await handling._move(rover, present=3)
    else:
        with pytest.raises(DeviceFault):
            await handling._move(rover, present=3)
    assert rover.hardware.carousel.of("present") == [(3,)] * tries
    assert len(rover.told("device_trouble")) == len(faults)


# ------------------------------------------------------------------- to the ground


DROP = Signal("drop_tube", carried=DropTube(TUBE))
OUT = store(1, port=True, presented=0)


async def test_only_what_was_read_is_let_fall_and_seen_to_lie_there(rover: Any) -> None:
    answers(rover, state=[OUT] * 3 + [store(1)])
    port = handling.tube_port_place()
    rover.hardware.camera.answers["find_tubes"] = [ground(sighted(port[0] + 0.79, port[1]))]
    found = await handling.drop_tube(rover, DROP)
    assert found.name == "dropped" and rover.of() == (HELD, places.GROUND)
    assert rover.hardware.carousel.of("release") == [()]
    assert rover.drives == [("drive", -2.75)] and len(rover.told("tube_dropped")) == 1
    at = rover.drops[TUBE]
    assert (at.east, at.north) == pytest.approx((port[1], port[0]))


@pytest.mark.parametrize(
    ("serial", "light", "why"),
    [(OTHER, True, "is at the port, not"), ("", True, "nothing legible"),
     (TUBE, False, "too dark to see")],
)  # fmt: skip
async def test_what_is_not_read_or_could_not_be_seen_is_not_let_go(
    rover: Any, serial: str, light: bool, why: str
) -> None:
    answers(rover, state=[OUT], read_engraving=[engraved(serial)])
    rover.hardware.camera.answers["find_tubes"] = [ground(valid=light)]
    if serial == OTHER:
        answers(rover, state=[store(0, port=True, presented=0)])
    with pytest.raises(ActivityFailed, match=why):
        await handling.drop_tube(rover, DROP)
    assert not rover.hardware.carousel.of("release")
    assert rover.of() == (HELD, places.PERSEVERANCE)


async def test_the_intent_is_written_before_it_lets_go(rover: Any) -> None:
    at_release: list[Any] = []

    def released() -> Any:
        at_release.append((rover.of()[0], TUBE in rover.drops))
        return store(1)

    answers(rover, state=[OUT] * 3 + [store(1)], release=[released])
    with pytest.raises(ActivityFailed, match="is not seen on the ground"):
        await handling.drop_tube(rover, DROP)
    assert at_release == [(CustodyStatus.IN_TRANSIT, True)]
    assert rover.of()[0] is UNKNOWN and rover.told("tube_lost") == [{"tube": TUBE}]
    answers(rover, state=[STALL])
    with pytest.raises(ActivityFailed, match="no power"):
        await handling.drop_tube(rover, DROP)


def falling(rover: Any, *seen: Any, state: Any = None) -> None:
    rover.ledger.begin(TUBE, places.GROUND, handling.MOVER)
    rover.drops = {TUBE: SitePlace(0.0, 3.0)}
    answers(rover, state=[state or store(1)])
    rover.hardware.camera.answers["find_tubes"] = list(seen) or [ground()]


@pytest.mark.parametrize(
    ("ahead", "serial", "lies"),
    [(3.79, "", True), (3.81, "", False), (3.0, OTHER, False), (5.9, TUBE, True)],
)
async def test_it_lies_there_when_it_is_seen_near_or_read(
    rover: Any, ahead: float, serial: str, lies: bool
) -> None:
    falling(rover, ground(sighted(ahead, 0.0, serial)))
    assert await handling.settle_drop(rover, TUBE, move=False) is lies
    assert rover.of() == ((HELD, places.GROUND) if lies else (UNKNOWN, places.PERSEVERANCE))
    assert rover.drives == []
    assert rover.hardware.camera.of("find_tubes") == [(6.0,)] * (1 if lies else 6)


@pytest.mark.parametrize("state", [store(1, port=True), store(0, 1)])
async def test_what_is_in_the_port_or_the_slot_has_not_fallen(rover: Any, state: Any) -> None:
    falling(rover, ground(sighted(3.0, 0.0, TUBE)), state=state)
    assert not await handling.settle_drop(rover, TUBE, move=True)
    assert rover.of() == (HELD, places.PERSEVERANCE) and not rover.drives


async def test_in_the_dark_a_drop_stays_open_and_is_looked_after_later(rover: Any) -> None:
    falling(rover, ground(valid=False))
    assert not await handling.settle_drops(rover)
    assert rover.of()[0] is CustodyStatus.IN_TRANSIT
    assert rover.told("device_trouble")[0]["device"] == "stereo_camera"
    rover.hardware.camera.answers["find_tubes"] = [ground(sighted(3.0))]
    assert await handling.settle_drops(rover) and rover.of() == (HELD, places.GROUND)
    rover.hardware.camera.asked.clear()
    assert await handling.settle_drops(rover) and not rover.hardware.camera.asked


async def test_a_rock_behind_it_is_a_setback_and_it_looks_from_where_it_is(rover: Any) -> None:
    falling(rover, ground(sighted(3.0)))
    rover.outcomes = [DeviceFault("obstacle", "a rock")]
    assert await handling.settle_drop(rover, TUBE, move=True)
    assert rover.told("setback") == [("obstacle", "after a drop: a rock")]


# --------------------------------------------------------------------------- slots


def test_a_tube_that_an_arm_brings_gets_its_old_slot_or_the_first_free(rover: Any) -> None:
    assert handling.choose_slot(rover, TUBE, []) == 0
    assert handling.choose_slot(rover, TUBE, [0]) == 2, "1 is the other's"
    assert handling.choose_slot(rover, "M9", []) == 2
    assert handling.choose_slot(rover, "M9", [2, 3]) == 4
    with pytest.raises(CustodyError, match="no slot"):
        handling.choose_slot(rover, "M9", list(range(2, 43)))
    rover.ledger.begin(OTHER, places.GROUND, handling.MOVER)
    rover.ledger.commit(OTHER, Evidence("camera", "seen"))
    assert handling.choose_slot(rover, "M9", []) == 1, "it is aboard no more"
    assert handling.slot_of(rover, OTHER) == 1 and handling.slot_of(rover, "M9") is None
