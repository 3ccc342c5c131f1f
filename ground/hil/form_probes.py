"""What `msr hil check` asks in each form that a message may have: numbers of all widths, calls that
are none, numbers of calls at their limits."""

import asyncio
import contextlib
import math
import struct
from typing import Any, get_args, get_type_hints

import msgspec

from flight.icd.devices.base import DeviceFault, DeviceInterface, DeviceTimeout, Method
from ground.hil.conformance import SETTLE, Broken, Kit, Named, NotShown, Slow
from ground.hil.judging import ended_by_fault, faulted, rejected, set_moving
from ground.hil.motions import Motion
from sim_hw.bench.wire.payloads import shown

LARGEST_NUMBER = 2**32 - 1  # of a call
NUMBERS = (0, 0x01010101, 2**31 - 1, 2**31, LARGEST_NUMBER)
"""Of calls: the limits, where a sign begins, and one each of whose bytes is the same."""
NO_NUMBERS: tuple[Any, ...] = ("7", "", None, True, [7], {}, 1.5, -1, LARGEST_NUMBER + 1)
"""What is in the place of the number of a call, and cannot be one."""
_SIGNED = {1: b"\xd0", 2: b"\xd1", 4: b"\xd2", 8: b"\xd3"}
_UNSIGNED = {1: b"\xcc", 2: b"\xcd", 4: b"\xce", 8: b"\xcf"}
ANYTHING = (
    *(b"\xc0", b"\xc2", b"\xc3", b"\x00", b"\x7f", b"\xff", b"\xe0"),
    *(head + b"\x70" * size for size, head in _UNSIGNED.items()),
    *(head + b"\x80" * size for size, head in _SIGNED.items()),
    b"\xcc\xff", b"\xca" + bytes(4), b"\xcb" + bytes(8),
    b"\xa0", b"\xa1x", b"\xbf" + b"x" * 31, b"\xd9\x20" + b"x" * 32, b"\xda\x00\x02xx",
    b"\xdb\x00\x00\x00\x02xx", b"\xc4\x02\x00\x01", b"\xc5\x00\x02\x00\x01",
    b"\xc6\x00\x00\x00\x02\x00\x01", b"\x90", b"\x92\x01\x93\x01\x02\x03", b"\x9f" + b"\x01" * 15,
    b"\xdc\x00\x02\x01\x02", b"\xdd\x00\x00\x00\x01\x05", b"\x80", b"\x82\xa1a\x01\xa1b\x91\x02",
    b"\x8f" + b"\xa1a\x01" * 15, b"\xde\x00\x01\xa1a\x01", b"\xdf\x00\x00\x00\x01\xa1a\x01",
)  # fmt: skip
"""Values in MessagePack, one of each form at least, in 63 bits: none is a reason to pass a call
over."""


def whole_forms(value: int) -> list[bytes]:
    """A whole number in each form of MessagePack that holds it."""
    found = [msgspec.msgpack.encode(value), b"\xcb" + struct.pack(">d", value)]
    found.append(b"\xca" + struct.pack(">f", value))
    for size in (1, 2, 4, 8):
        if value >= 0 and value < 1 << (8 * size):
            found.append(_UNSIGNED[size] + value.to_bytes(size, "big"))
        if -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1):
            found.append(_SIGNED[size] + value.to_bytes(size, "big", signed=True))
    return found


async def forms_of_values(kit: Kit) -> str:
    """A call is understood whatever the form of what is in it: each of these has one argument more
    than there is, and that is told."""
    methods = [m for m in kit.interface.methods.values() if m.kind == "reading" and not m.names]
    if not methods:
        raise NotShown("it has no reading without arguments")
    async with kit.session() as session:
        for packed in ANYTHING:
            what = f"an unknown argument of {packed[:9].hex(' ')}"
            await rejected(session, methods[0].name, {"no_such": msgspec.Raw(packed)}, what)
    return f"{len(ANYTHING)} forms understood"


async def forms_of_numbers(kit: Kit) -> str:
    """A whole number is one number in each of its forms: within limits it is taken, beyond them it
    is rejected."""
    motion = kit.motion
    count = 0
    async with kit.session() as session:
        for arguments, packed in _in_forms(motion, beyond=False):
            pending = await session.begin(motion, arguments)
            await faulted(session, pending, f"in safe, with a number as {packed.hex(' ')}")
            count += 1
        await session.out_of_safe()
        for arguments, packed in _in_forms(motion, beyond=True):
            what = f"a number beyond its limit, as {packed.hex(' ')},"
            await rejected(session, motion.method.name, arguments, what)
            count += 1
    return f"{count} calls"


def _in_forms(motion: Motion, *, beyond: bool) -> list[tuple[dict[str, Any], bytes]]:
    found = []
    for name, (low, high) in motion.limits.items():
        for limit, sign in ((low, -1), (high, 1)):
            edge = int(limit) + sign if beyond else int(limit)
            values = [edge, *(sign * (1 << bits) for bits in (6, 14, 30, 40) if beyond)]
            for value in values:
                if (low <= value <= high) is beyond:
                    continue
                for packed in whole_forms(value):
                    raw = {name: msgspec.Raw(packed)}
                    found.append((motion.short() | raw, packed))
    return found


async def numbers_at_their_limits(kit: Kit) -> str:
    """The least and the largest number of a call are numbers."""
    async with kit.session() as session:
        for number in NUMBERS:
            try:
                await session.client.ask(number, "ping", {}, limit=SETTLE)
            except DeviceTimeout:
                raise Slow(f"a call of number {number} was not answered") from None
    return "the least and the largest are answered"


async def calls_that_are_none(kit: Kit) -> str:
    """A call or a cancel that cannot be one is not acted upon."""
    motion = kit.motion
    name, far = motion.method.name, motion.longest()
    async with kit.session() as session:
        await session.out_of_safe()
        number = session.client.last_number + 1_000
        calls: list[list[Any]] = [
            [number, None, far, 1000], [number + 1, name, None, 1000],
            [number + 2, name, [far], 1000], [number + 3, name, far, -1],
            [number + 4, name, far, None], [number + 5, name, far, "1000"],
            [number + 6, name, far],
        ]  # fmt: skip
        for call in (*calls, *([none, name, far, 1000] for none in NO_NUMBERS)):
            session.client.say(["call", *call])
            await asyncio.sleep(0.005)
        await asyncio.sleep(SETTLE)
        if session.any_effects():
            by = [call for call in calls if session.effects(call[0])]
            which = shown(by[0]) if by else f"its number is not of 0 to {LARGEST_NUMBER}"
            raise Broken(f"it moved by a call that is none: {which}")
        pending = await set_moving(session, motion)
        for other in (pending.number - 1, pending.number + 1, str(pending.number), None):
            session.client.say(["cancel", other])
        await asyncio.sleep(0.1)
        stopped = [each for _, each in session.effects(pending.number)][-1].get("state")
        if pending.task.done() or stopped != "moving":
            raise Broken("it was stopped by a cancel of another number")
        await pending.drop()
    return "passed over, and a cancel of another number stops nothing"


async def number_of_a_new_boot(kit: Kit) -> str:
    """Answers are kept for one boot: the number is a new call's in the next."""
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        first = await session.begin(motion, motion.short())
        await first.answer(motion.method.limit)
        kit.boots += 1
        session.client.hello(kit.boots)
        await session.out_of_safe()
        told = len(session.effects(first.number))
        again = asyncio.get_running_loop().create_task(
            session.client.ask(first.number, motion.method.name, motion.short(), limit=SETTLE)
        )
        try:
            await again
        except DeviceTimeout:
            if len(session.effects(first.number)) == told:
                raise Slow("a number of an earlier boot was answered by nothing") from None
        if len(session.effects(first.number)) == told:
            raise Broken("a number of an earlier boot was answered from memory, and not done")
    return "is done"


async def number_among_many(kit: Kit) -> str:
    """The answer of a motion is kept although many others were refused while it was under way, and
    so are the latest of those refusals."""
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        first = await session.begin(motion, motion.short())
        others = [await session.begin(motion, motion.short()) for _ in range(6)]
        told = (await first.answer(motion.method.limit)).result
        for other in others:
            with contextlib.suppress(DeviceFault):
                await other.answer(SETTLE)
                raise Slow("a motion that was asked for while another was under way was done")
        count = len(session.effects(first.number))
        limit = motion.method.limit
        again = await session.client.ask(first.number, motion.method.name, motion.short(), limit)
        if again.result != told or len(session.effects(first.number)) > count:
            raise Broken("a number came again after six others, and was not answered from memory")
        for other in others[-2:]:  # what was refused then is refused again, though it may move now
            answer = session.client.ask(other.number, motion.method.name, motion.short(), limit)
            await ended_by_fault(answer, "the number of one that was refused, again,")
        if session.effects(others[-1].number) or session.effects(others[-2].number):
            raise Broken("the number of a motion that was refused came again, and it moved")
    return "answered from memory"


async def wrong_lists(kit: Kit) -> str:
    """A list of numbers has as many as it has to have, each of them a number."""
    found = [] if kit.still else _with_lists(kit.interface)
    count = 0
    for method, lists in found:
        good: dict[str, Any] = dict.fromkeys(method.names, 0.0)
        good |= {name: [0.0] * items for name, items in lists.items()}
        async with kit.session() as session:
            for arguments in (good, dict(reversed(good.items()))):
                answer = session.client.call(method.name, arguments, limit=SETTLE)
                await ended_by_fault(answer, f"{method.name} in safe")
            await session.out_of_safe()
            for name, items in lists.items():
                zeros = [0.0] * items
                for wrong in (
                    zeros[1:], [*zeros, 0.0], [], 0.0, None, dict.fromkeys("abc"[:items], 0.0),
                    [*zeros[1:], "0"], [*zeros[1:], math.nan], [[0.0], *zeros[1:]],
                ):  # fmt: skip
                    what = f"{name} = {wrong!r}"
                    others = {each: value for each, value in good.items() if each != name}
                    # Also where nothing, and where something else comes behind it.
                    for arguments in ({name: wrong} | others, others | {name: wrong}):
                        await rejected(session, method.name, arguments, what)
                    count += 1
    return f"{count} kinds rejected" if found else "it is moved by no list"


def _with_lists(interface: type[DeviceInterface]) -> list[tuple[Method, dict[str, int]]]:
    """Actuations that take numbers and lists of so many numbers alone, one list at least."""
    found = []
    for method in interface.methods.values():
        hints = get_type_hints(method.arguments)
        lists = {name: len(get_args(hint)) for name, hint in hints.items() if hint is not float}
        numbers = all(set(get_args(hints[name])) == {float} for name in lists)
        if method.kind == "actuation" and not method.irreversible and lists and numbers:
            found.append((method, lists))
    return found


async def link_lost(kit: Kit) -> str:
    """What moves when the link ends does not move on: at once, where a device is told of the end
    (a wire within the process does that), else when it has heard nothing for a second."""
    motion = kit.motion
    async with kit.session() as session:
        await set_moving(session, motion)
        tells = kit.tells_its_end(session.client.wire)
    if not tells:
        await kit.silence()
        kit.left_free = True
    async with kit.session(hello=False) as session:
        await asyncio.sleep(SETTLE)
        if session.any_effects():
            raise Slow("it moves on although its link had ended")
    return "stops" if tells else "stops by its dead man"


FORM_PROBES = [
    Named(3, "a number of an earlier boot", number_of_a_new_boot),
    Named(3, "a number among many", number_among_many),
    Named(4, "wrong lists", wrong_lists),
    Named(4, "values in every form", forms_of_values),
    Named(4, "numbers in every form", forms_of_numbers),
    Named(4, "numbers of calls", numbers_at_their_limits),
    Named(7, "calls that are none", calls_that_are_none),
]
