"""Outputs that come on by themselves: what they do, what two inhibits hold, and that it ends."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.spurious_kinds import SpuriousActuation
from sim_hw.world.tubes import SampleKind, SampleTube, TubeMove, TubeRegistry, TubeState
from tests.sim_hw.faults.parts import Held, Stand, all_parts, arguments_of

PARTS = all_parts()


class Begun(Held):
    """A fault that has begun; its work runs in the background."""

    def __init__(self, method: str | None = None) -> None:
        super().__init__(method)
        self.active = True
        self.work: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.work.append(asyncio.ensure_future(work))

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, then)


def stand_of(part: DevicePart) -> tuple[Stand, DeviceSeam]:
    stand = Stand(part.interface)
    return stand, DeviceSeam(DevicePart(part.service, part.interface, stand))


async def begin(kind: SpuriousActuation, seam: DeviceSeam, method: str) -> Begun:
    begun = Begun(method)
    kind.begin(seam, begun)
    await asyncio.sleep(1.0)
    return begun


async def test_at_every_device_that_acts_it_acts_or_is_held_and_it_ends() -> None:
    tried = held = 0
    for service, part in PARTS.items():
        if SpuriousActuation.why_not(part):
            assert SpuriousActuation.why_not(part).endswith("it only measures")
            continue
        for name in SpuriousActuation.methods(part):
            method = part.interface.methods[name]
            given = arguments_of(method)
            kind = SpuriousActuation(arguments=given, every=10.0)
            kind.check(part, name, ())
            stand, seam = stand_of(part)
            begun = await begin(kind, seam, name)
            where = f"{service}.{name}"
            assert [told for told, *_ in begun.hits] == [where]
            assert stand.told == ([] if method.irreversible else [(name, given)]), where
            await asyncio.sleep(10.0)
            assert len(begun.hits) == 2, where  # again
            begun.active = False
            await asyncio.sleep(100.0)
            assert len(begun.hits) == 2, where  # healed
            tried, held = tried + 1, held + method.irreversible
    assert tried >= 60 and held >= 15


IRREVERSIBLE = [
    (service, name)
    for service, part in PARTS.items()
    for name, method in part.interface.methods.items()
    if method.irreversible
]


@pytest.mark.requirement("FP-11")
@pytest.mark.parametrize(("service", "name"), IRREVERSIBLE)
async def test_what_cannot_be_undone_takes_two(service: str, name: str) -> None:
    part = PARTS[service]
    given = arguments_of(part.interface.methods[name])
    spurious = SpuriousActuation(arguments=given)
    stand, seam = stand_of(part)
    begun = await begin(spurious, seam, name)
    assert stand.told == [] and "relay is open" in begun.hits[0][2]
    await begin(SpuriousActuation(arguments=given, welded=True), seam, name)
    assert stand.told == [(name, given)]  # both are lost
    stand, seam = stand_of(part)
    seam.has_arming = False
    await begin(spurious, seam, name)
    assert stand.told == [(name, given)]  # there is but one


async def test_while_the_device_is_told_to_act_its_relay_is_closed() -> None:
    part = PARTS["lander.pyrotechnics"]
    stand, seam = stand_of(part)
    method = part.interface.methods["fire"]

    async def fires(**given: Any) -> Any:
        await asyncio.sleep(5.0)
        return stand.say(method.result)

    told = asyncio.ensure_future(seam.call(method, {"part": "mortar", "side": "A"}, fires))
    await asyncio.sleep(1.0)
    kind = SpuriousActuation(arguments={"part": "backshell", "side": "B"})
    await begin(kind, seam, "fire")
    assert stand.told == [("fire", {"part": "backshell", "side": "B"})]
    await told
    begun = await begin(kind, seam, "fire")
    assert len(stand.told) == 1 and "relay is open" in begun.hits[0][2]


async def test_a_device_that_cannot_says_why_nothing_has_come_of_it() -> None:
    part = PARTS["rover.wheels"]
    stand, seam = stand_of(part)

    async def drive(**given: Any) -> Any:
        raise DeviceFault("no_power", "it is asleep")

    stand.drive = drive  # type: ignore[attr-defined]
    begun = await begin(SpuriousActuation(arguments={"distance": 1.0}), seam, "drive")
    assert begun.hits[-1][2] == "at rest: it is asleep"


@pytest.mark.parametrize(
    ("method", "arguments", "key"),
    [
        ("drive", {}, "arguments"), ("drive", {"distance": "far"}, "arguments"),
        ("drive", {"distance": 1.0, "speed": 2.0}, "arguments"), ("state", {}, "method"),
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused(method: str, arguments: dict[str, Any], key: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        SpuriousActuation(arguments=arguments).check(PARTS["rover.wheels"], method, ())
    assert refused.value.keys[0] == key


@pytest.mark.parametrize("spurious", [True, False])
async def test_what_it_moves_was_asked_by_nobody(spurious: bool) -> None:
    tube = SampleTube(name="A", id="M2020-00337-08", kind=SampleKind.IGNEOUS_CORE, content="")
    registry = TubeRegistry((tube,), {tube.id: TubeState("mav", 0)})
    moves: list[TubeMove] = []
    registry.observe(moves.append)

    class Latch:
        async def unlatch(self) -> None:
            await asyncio.sleep(0.5)
            registry.carry("mav", "container")

    part = PARTS["mav.container"]
    seam = DeviceSeam(DevicePart(part.service, part.interface, Latch()))
    if spurious:
        await begin(SpuriousActuation(), seam, "unlatch")
    else:
        await Latch().unlatch()
    registry.carry("container", "mav")  # by others, after it
    assert [each.unasked for each in moves] == [spurious, False]
