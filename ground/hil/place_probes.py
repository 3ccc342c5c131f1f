"""What `msr hil check` asks of what answers at once, and says at the next call where it is by then:
a nozzle. It gets to where it was told to be, and stands when it is made safe or left alone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

import msgspec

from flight.icd.devices.ascent import FAST
from flight.icd.devices.base import DeviceInterface, Method
from flight.icd.devices.measured import LARGEST, range_of
from ground.hil.conformance import SETTLE, Broken, Busy, Kit, Named, Session, Slow

PART = 0.05  # of what its gauge can say: how far it is told to go
CYCLE = 0.02  # s between two calls of a loop
ARRIVES = 2.0  # s within which it is where it was told to be, more or less
NEAR = 0.1  # of the way
SOON = 0.03  # s from the call to its stop, in which it has come less than half of the way


@dataclass(frozen=True)
class Places:
    """A method that is told places, and answers with them: by the names of those arguments, how far
    it is told to go (units of the ICD)."""

    method: Method
    goals: dict[str, float]

    def asked(self, part: float) -> dict[str, Any]:
        """The arguments: that part of the way, and of all else nothing."""
        hints = get_type_hints(self.method.arguments)
        sizes = {name: len(get_args(hint)) for name, hint in hints.items()}
        none: dict[str, Any] = {name: [0.0] * size if size else 0.0 for name, size in sizes.items()}
        return none | {name: part * goal for name, goal in self.goals.items()}


def places_of(interface: type[DeviceInterface]) -> Places | None:
    """The method of an interface that is told places 50 times a second, if it has one."""
    for method in interface.methods.values():
        if method.kind != "actuation" or method.irreversible or method.limit > FAST:
            continue
        told = get_type_hints(method.result, include_extras=True)
        taken = get_type_hints(method.arguments)
        numbers = all(set(get_args(hint) or (hint,)) == {float} for hint in taken.values())
        ranges = {name: range_of(told[name]) for name in taken if name in told}
        # Each goes another way, so that one that was taken for another is seen.
        goals = {
            name: PART * high * (-1.0) ** at / (1 + at)
            for at, (name, (_, high)) in enumerate(ranges.items())
            if taken[name] is float and high < LARGEST
        }
        if numbers and goals and isinstance(method.result, type):
            return Places(method, goals)
    return None


async def told_places(kit: Kit) -> str:
    """Each place that it is told is its own, and it gets there."""
    places = _asked_of(kit)
    if places is None:
        return "it is told no places"
    async with kit.session() as session:
        await session.out_of_safe()
        await _until_at(session, places, 1.0)
        await _until_at(session, places, 0.0)
    return f"{', '.join(places.goals)}: where it was told"


async def places_held(kit: Kit) -> str:
    """It goes no farther when it is made safe, greeted by a new boot, or its link has ended."""
    places = _asked_of(kit)
    if places is None:
        return "it is told no places"

    async def made_safe(session: Session) -> None:
        await session.client.own("safe", on=True)

    async def greeted(session: Session) -> None:
        kit.boots += 1
        session.client.hello(kit.boots)

    await _held(kit, places, made_safe, "in safe")
    await _held(kit, places, greeted, "after the hello of a new boot")
    async with kit.session() as session:
        await _set_going(session, places)
        tells = kit.tells_its_end(session.client.wire)
    if tells:
        await asyncio.sleep(SETTLE)
        async with kit.session() as session:
            await _judge(session, places, "after the end of its link")
    return "stands where it is"


def _asked_of(kit: Kit) -> Places | None:
    return None if kit.still else places_of(kit.interface)


async def _held(
    kit: Kit, places: Places, stop: Callable[[Session], Awaitable[None]], when: str
) -> None:
    async with kit.session() as session:
        begun = await _set_going(session, places)
        await stop(session)
        took = asyncio.get_running_loop().time() - begun
        await asyncio.sleep(SETTLE)
        if took > SOON:
            raise Busy(f"{took:.2f} s went by until it was stopped: the machine is busy")
        await _judge(session, places, when)


async def _set_going(session: Session, places: Places) -> float:
    """It is at rest at nothing, and then told to go; when (s of the loop's time)."""
    await session.out_of_safe()
    await _until_at(session, places, 0.0)
    begun = asyncio.get_running_loop().time()
    await _steer(session, places, 1.0)
    return begun


async def _judge(session: Session, places: Places, when: str) -> None:
    await session.out_of_safe()
    told = await _steer(session, places, 0.0)
    for name, goal in places.goals.items():
        if abs(told[name]) > 0.5 * abs(goal):
            raise Slow(f"{name} = {told[name]:g}: it went on to {goal:g} {when}")


async def _until_at(session: Session, places: Places, part: float) -> None:
    wanted = {name: part * goal for name, goal in places.goals.items()}
    until = asyncio.get_running_loop().time() + ARRIVES
    while True:
        told = await _steer(session, places, part)
        off = [
            name for name, goal in places.goals.items()
            if abs(told[name] - wanted[name]) > NEAR * abs(goal)
        ]  # fmt: skip
        if not off:
            return
        if asyncio.get_running_loop().time() > until:
            name = off[0]
            raise Slow(
                f"{name} = {told[name]:g} within {ARRIVES:g} s: it was told {wanted[name]:g}"
            )
        await asyncio.sleep(CYCLE)


async def _steer(session: Session, places: Places, part: float) -> dict[str, float]:
    """Where it is by then, by the names of the places."""
    method = places.method
    answer = await session.client.call(method.name, places.asked(part), limit=SETTLE)
    told = answer.result if isinstance(answer.result, dict) else {}
    found = {name: told.get(name) for name in places.goals}
    for name, value in found.items():
        if type(value) not in (int, float):
            raise Broken(f"{method.name}: {name} = {value!r}; allowed is a number")
    return msgspec.convert(found, dict[str, float])


PLACE_PROBES = [
    Named(0, "places that it is told", told_places),
    Named(6, "places when it is stopped", places_held),
]
