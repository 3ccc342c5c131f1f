"""What a vehicle lives by is asked after each housekeeping until it says something good."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.chart.statechart import Safing
from flight.core.fault_protection.device_looks import DeviceLooks
from flight.core.fault_protection.readings import Readings
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout, Method, Reading
from flight.icd.devices.communications import Radio
from flight.icd.devices.power import Battery, PowerSwitches, SolarArray
from flight.rover.vehicle import BY_DAY
from flight.runtime.loop import VirtualLoop, run, time_ns
from flight.runtime.nursery import Nursery
from ground.commands.docs import assembled_devices
from ground.missions.mission import load_mission
from ground.reference.device_page import interface_of
from ground.testbed.checks.wiring import connected_nodes
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.participants.vehicles import vehicle_classes

MUTE, OFF = DeviceTimeout("no answer"), DeviceFault("off", "it is off")
SOME_TIME = 431.0  # s: a minute beyond the last of its questions
BURN = 100.0
LIVED_BY = (Battery, PowerSwitches, Radio, SolarArray)


class State(Reading, frozen=True, kw_only=True):
    """A switch."""

    on: bool = True


class Node:
    """Lives by one radio; `says()` is what that answers."""

    sensors_aside: tuple[str, ...] = ()
    looked: tuple[str, ...] = ("uhf",)
    not_seen: tuple[str, ...] = ()
    set_right_always: frozenset[str] = frozenset()
    wrong: Exception | None = None  # when it is set right

    def __init__(self, says: Callable[[], Any], nursery: Nursery) -> None:
        self.says, self.nursery = says, nursery
        self.told: list[tuple[Any, ...]] = []
        self.told_again: list[str] = []
        self.asked: list[float] = []
        self.readings = Readings(
            lambda device, method, why: self.told.append(("invalid", device)),
            lambda device, method, count: self.told.append(("valid", device)),
        )
        self.gate = self.readings.gate("uhf")
        self.drivers = {"uhf": SimpleNamespace(state=self.ask)}
        self.safing = Safing.ALLOWED
        self.stretches = 0  # of work that is not to be broken off
        self.safing_control = SimpleNamespace(
            now=lambda: self.safing, is_critical=lambda: self.stretches > 0, calm=self.calm
        )
        self.looks = DeviceLooks(self)  # type: ignore[arg-type]

    async def ask(self) -> State:
        self.asked.append(asyncio.get_running_loop().time())
        answer = self.says()
        method = Method("state", "reading", 5.0, State, (), State, "")
        if isinstance(answer, Exception):
            self.gate.failed(method, str(answer))
            raise answer
        state: State = self.gate.admit(method, answer, time_ns(), time_ns(), 0)
        return state

    async def calm(self) -> None:
        await asyncio.sleep(BURN)
        self.stretches -= 1

    def looks_after(self) -> dict[str, str]:
        return dict.fromkeys(self.looked, "state")

    def differs(self, device: str, reading: State) -> str:
        return "" if reading.on else "itself off"

    def was_right(self, device: str) -> bool:
        return device not in self.not_seen

    def note_told_again(self, device: str) -> None:
        self.told_again.append(device)

    async def set_right(self, device: str) -> None:
        if self.wrong is not None:
            raise self.wrong
        self.told.append(("set right", device))

    def switched_by_itself(self, *, device: str, what: str) -> None:
        self.told.append(("switched", device, what))

    def not_obeyed(self, *, device: str, what: str) -> None:
        self.told.append(("not obeyed", device, what))

    def device_silent(self, *, device: str, reason: str) -> None:
        self.told.append(("silent", device))

    def device_faulty(self, *, device: str, reason: str) -> None:
        self.told.append(("faulty", device))

    def not_set_right(self, *, device: str, reason: str) -> None:
        self.told.append(("not set right", device, reason))

    def look_failed(self, *, device: str, reason: str) -> None:
        self.told.append(("look failed", device, reason))

    def record_damaged(self, *, reason: str) -> None:
        self.told.append(("damaged", reason))


def good(*, on: bool = True, valid: bool = True) -> State:
    return State(time_ns=time_ns(), on=on, valid=valid)


def story(says: Callable[[], Any], live: Callable[[Node], Any]) -> Node:
    async def main() -> Node:
        async with Nursery("test") as nursery:
            node = Node(says, nursery)
            await live(node)
            return node

    return run(main(), VirtualLoop())


async def one_look(node: Node) -> None:
    node.looks.begin()
    await asyncio.sleep(SOME_TIME)


def test_a_device_that_is_well_is_asked_once_and_nothing_is_told() -> None:
    node = story(good, one_look)
    assert len(node.asked) == 1 and node.told == []


def test_what_was_good_since_the_last_look_is_not_asked() -> None:
    async def live(node: Node) -> None:
        await node.ask()
        await one_look(node)
        assert len(node.asked) == 1
        await one_look(node)  # since then nobody has asked it
        assert len(node.asked) == 2

    assert story(good, live).told == []


@pytest.mark.requirement("FP-09")
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda: MUTE, ("silent", "uhf")),
        (lambda: good(valid=False), ("invalid", "uhf")),
        (lambda: State(time_ns=0), ("invalid", "uhf")),  # the stamp stands still
        (lambda: DeviceFault("garbage", "nonsense"), ("faulty", "uhf")),
    ],
)
def test_what_is_broken_for_good_is_told_at_the_next_look(
    answer: Callable[[], Any], told: tuple[str, str]
) -> None:
    async def live(node: Node) -> None:
        await asyncio.sleep(100.0)
        await one_look(node)

    node = story(answer, live)
    assert node.told == [told]
    assert len(node.asked) == 5


def test_one_that_is_off_is_no_news() -> None:
    assert story(lambda: OFF, one_look).told == []


def test_what_passes_is_not_told() -> None:
    answers = [MUTE, MUTE, good]
    node = story(lambda: answers.pop(0) if answers[0] is MUTE else good(), one_look)
    assert node.told == [] and len(node.asked) == 3


def test_one_that_is_asked_already_is_not_asked_twice() -> None:
    async def live(node: Node) -> None:
        node.looks.begin()
        await asyncio.sleep(30.0)
        node.looks.begin()
        await asyncio.sleep(SOME_TIME)

    assert len(story(lambda: MUTE, live).asked) == 5


@pytest.mark.parametrize(("silent", "told"), [(9, [("silent", "uhf")]), (2, [])])
def test_who_was_not_answered_may_have_it_asked_at_once(silent: int, told: list[Any]) -> None:
    """Though nobody lives by it: whether the silence lasts is known six minutes later, and not at
    the next time somebody happens to ask."""
    answers = [MUTE] * silent

    async def live(node: Node) -> None:
        node.looked = ()
        for _ in range(2):  # by two who ask at one time it is asked once
            node.looks.look_again("uhf", "state")
        await asyncio.sleep(SOME_TIME)
        assert len(node.asked) == min(silent, 4) + 1
        node.sensors_aside = ("uhf",)
        node.looks.look_again("uhf", "state")
        node.sensors_aside, node.safing = (), Safing.FORBIDDEN  # nothing is safer than going on
        node.looks.look_again("uhf", "state")
        await asyncio.sleep(SOME_TIME)
        assert len(node.asked) == min(silent, 4) + 1

    assert story(lambda: answers.pop() if answers else good(), live).told == told


def test_what_it_answers_when_it_is_switched_is_no_reading() -> None:
    async def live(node: Node) -> None:
        told = Method("set_power", "actuation", 5.0, State, (), State, "")
        node.gate.admit(told, good(), time_ns(), time_ns(), 0)
        await one_look(node)

    assert story(lambda: MUTE, live).told == [("silent", "uhf")]


@pytest.mark.parametrize("why", ["aside", "flying", "not lived by"])
def test_who_is_not_looked_at(why: str) -> None:
    async def live(node: Node) -> None:
        if why == "aside":
            node.sensors_aside = ("uhf",)
        elif why == "flying":
            node.safing = Safing.FORBIDDEN
        else:
            node.looked = ()
        await one_look(node)

    assert story(lambda: MUTE, live).asked == []


def test_what_has_switched_itself_is_told_and_set_right() -> None:
    node = story(lambda: good(on=False), one_look)
    assert node.told == [("switched", "uhf", "itself off"), ("set right", "uhf")]
    assert node.asked == [0.0, 10.0, 10.0]  # and whether it obeys


def test_what_others_have_read_since_is_looked_at_as_well() -> None:
    async def live(node: Node) -> None:
        await node.ask()
        await one_look(node)

    node = story(lambda: good(on=False), live)
    assert node.told == [("switched", "uhf", "itself off"), ("set right", "uhf")]
    assert node.asked == [0.0, 0.0, 10.0, 10.0]


def test_what_was_never_seen_right_is_told_again_and_has_not_switched_by_itself() -> None:
    async def live(node: Node) -> None:
        node.not_seen = ("uhf",)
        await one_look(node)

    node = story(lambda: good(on=False), live)
    assert node.told == [("not obeyed", "uhf", "itself off"), ("set right", "uhf")]


def test_what_does_not_become_right_again_has_switched_once_and_does_not_obey_then() -> None:
    answers = [False] * 6 + [True, False, False, True, False, False, False]

    async def live(node: Node) -> None:
        for _ in range(7):  # after one that was well nobody asks
            await one_look(node)

    node = story(lambda: good(on=answers.pop(0)), live)
    assert [each[0] for each in node.told] == [
        "switched", "set right", "not obeyed", "set right",  # two looks, and one that is well
        "switched", "set right", "switched", "set right",  # it obeyed between these
    ]  # fmt: skip
    assert node.told_again == ["uhf"] * 4 and answers == []


def test_what_is_well_when_others_read_it_may_switch_by_itself_again() -> None:
    answers = [False, False, False, True, False, False, False]

    async def live(node: Node) -> None:
        await one_look(node)
        await node.ask()
        await one_look(node)  # nobody asks: it was heard
        await one_look(node)

    told = story(lambda: good(on=answers.pop(0)), live).told
    assert [each[0] for each in told] == ["switched", "set right"] * 2


def test_while_something_is_not_to_be_broken_off_it_is_told_and_set_right_at_the_end() -> None:
    async def live(node: Node) -> None:
        node.stretches = 2  # one after the other
        node.looks.begin()
        await asyncio.sleep(BURN)
        assert node.told == [("switched", "uhf", "itself off")] and node.told_again == []
        node.looks.begin()  # nobody else looks at it meanwhile
        await asyncio.sleep(3.0 * BURN)

    node = story(lambda: good(on=False), live)
    assert node.told == [("switched", "uhf", "itself off"), ("set right", "uhf")]
    again, end = 10.0 + BURN, 2.0 * (10.0 + BURN)
    assert node.asked == [
        0.0, 10.0, again, again + 10.0, end, end + 10.0, end + 10.0
    ]  # fmt: skip


def test_what_is_right_by_the_end_of_it_is_left_alone() -> None:
    answers = [False, False, True]

    async def live(node: Node) -> None:
        node.stretches = 1
        await one_look(node)
        await asyncio.sleep(BURN)

    node = story(lambda: good(on=answers.pop(0)), live)
    assert node.told == [("switched", "uhf", "itself off")] and answers == []


def test_what_only_talks_is_set_right_at_once() -> None:
    async def live(node: Node) -> None:
        node.stretches, node.set_right_always = 1, frozenset({"uhf"})
        await one_look(node)

    node = story(lambda: good(on=False), live)
    assert node.told[-1] == ("set right", "uhf") and node.asked[1] == node.asked[-1] == 10.0


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda: DeviceFault("stuck", "broken"), "faulty"),
        (lambda: DeviceRejected("not now"), "faulty"),
        (lambda: MUTE, "silent"),
    ],
)
def test_a_fault_is_an_answer_and_silence_is_none(
    answer: Callable[[], Exception], told: str
) -> None:
    assert story(answer, one_look).told == [(told, "uhf")]


@pytest.mark.parametrize("wrong", [DeviceFault("stuck", "it sticks"), DeviceTimeout("it sticks")])
def test_what_is_not_set_right_is_told_as_that(wrong: Exception) -> None:
    async def live(node: Node) -> None:
        node.wrong = wrong
        for _ in range(2):  # it is tried again at each look
            await one_look(node)

    node = story(lambda: good(on=False), live)
    off = ("uhf", "itself off")
    stuck = ("not set right", "uhf", "it sticks")
    assert node.told == [("switched", *off), stuck, ("not obeyed", *off), stuck]


@pytest.mark.parametrize("where", ["reading", "heard before", "setting right", "no driver"])
def test_an_error_of_the_software_is_told_and_ends_neither_look_nor_vehicle(where: str) -> None:
    async def live(node: Node) -> None:
        sound_differs = node.differs
        if where == "setting right":
            node.wrong = KeyError("zone")
        elif where == "no driver":
            node.looked = ("zone", "uhf")
        else:
            node.differs = failing  # type: ignore[method-assign]
        if where == "heard before":
            await node.ask()
        await one_look(node)
        assert next(each for each in node.told if each[0] != "switched") == failed
        node.differs = sound_differs  # type: ignore[method-assign]
        node.wrong, node.looked = None, ("uhf",)
        node.told.clear()
        await one_look(node)

    def failing(device: str, reading: State) -> str:
        raise KeyError("zone")

    failed = ("look failed", "zone" if where == "no driver" else "uhf", "KeyError: 'zone'")
    node = story(lambda: good(on=False), live)
    told_before = where in ("setting right", "no driver")  # and it did not obey
    how = "not obeyed" if told_before else "switched"
    assert node.told == [(how, "uhf", "itself off"), ("set right", "uhf")]


def test_what_is_being_switched_just_then_is_left_alone() -> None:
    answers = [False, True]
    assert story(lambda: good(on=answers.pop(0)), one_look).told == []


@pytest.mark.requirement("FP-09")
def test_each_vehicle_looks_after_what_it_lives_by() -> None:
    interfaces = {name: interface_of(type(each)) for name, each in assembled_devices().items()}
    for kind in vehicle_classes():
        at = f"{kind.name}."
        own = {n.removeprefix(at): i for n, i in interfaces.items() if n.startswith(at)}
        for device, method in kind.looked_after.items():
            asked = own[device].methods[method]
            assert asked.kind == "reading" and not asked.names, f"{kind.name}.{device}"
        for device, interface in own.items():
            if issubclass(interface, LIVED_BY):
                assert device in kind.looked_after, f"{kind.name}.{device}"


@pytest.mark.requirement("FP-09")
def test_each_vehicle_has_a_driver_of_what_it_looks_after() -> None:
    looked_at = {}
    for mission in ("nominal", "return"):
        loaded = load_mission(mission)
        files = load_vehicle_files(loaded)
        hardware = Hardware(loaded, files, 0, map_half_width=20.0)
        hardware.world.clock = lambda: 0.0
        for name, node in connected_nodes(loaded, files, hardware).items():
            looked_at[name] = type(node).looked_after | (BY_DAY if name == "rover" else {})
            for device, method in looked_at[name].items():
                assert hasattr(node.drivers[device], method), f"{name}.{device}"
    assert all(looked_at.values()) and set(looked_at) == {k.name for k in vehicle_classes()}
