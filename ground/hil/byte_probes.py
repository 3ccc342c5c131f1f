"""What `msr hil check` sends that is no message: bytes of chance, damaged frames, endless ones."""

import asyncio
import contextlib
import random

from flight.icd.codec import pack
from flight.icd.devices.base import DeviceTimeout
from ground.hil.conformance import SETTLE, Broken, Kit, Named, NotShown, Session, Slow
from sim_hw.bench.wire.frames import frame
from sim_hw.bench.wire.payloads import Writer

PADDED = 90_000  # the number of a call that nobody else makes
ENDLESS = 4_000  # bytes of a frame without end: more than a device keeps, half a second of a line


async def garbage(kit: Kit) -> str:
    """Damaged, endless and senseless bytes: nothing is begun, and it goes on answering."""
    chance = random.Random(7)
    async with kit.session() as session:
        if _may_move(kit):
            await session.out_of_safe()
        for data in _nonsense(kit, chance):
            session.client.wire.send_bytes(data)  # type: ignore[attr-defined]
            await asyncio.sleep(0.005)
        session.client.wire.send_bytes(b"\0")  # type: ignore[attr-defined]
        await asyncio.sleep(0.1)
        if not await _answers(session):
            raise Slow("after senseless bytes it answers no more")
        await asyncio.sleep(SETTLE)
        if session.any_effects():
            raise Broken("it acted on a damaged frame")
    return "goes on answering"


async def _answers(session: Session) -> bool:
    for _ in range(3):  # a slow line has to take in what was sent first
        with contextlib.suppress(DeviceTimeout):
            await session.client.own("ping")
            return True
    return False


def _may_move(kit: Kit) -> bool:
    try:
        return bool(kit.motion)
    except NotShown:
        return False


def _nonsense(kit: Kit, chance: random.Random) -> list[bytes]:
    writer = Writer()
    found = [bytes(chance.randrange(256) for _ in range(size)) for size in (1, 7, 64, 300)]
    if _may_move(kit):
        call = ["call", 70_000, kit.motion.method.name, kit.motion.longest(), 1000]
        whole = frame(writer.write(0, call))
        for at in range(len(whole) - 1):  # one bit of each byte
            changed = bytearray(whole)
            changed[at] ^= 1 << chance.randrange(8)
            if changed[at]:
                found.append(b"\0" + bytes(changed))
        for cut in (1, 2, 4):  # what is missing had come before, in a frame that was damaged
            found += [b"\0\xff" + whole, whole[:-1 - cut] + b"\0"]
            found += [b"\0" + bytes([whole[0] ^ 1]) + whole[1:], whole[: -1 - cut] + b"\0"]
        found.append(b"\0" + whole[: len(whole) // 2] + b"\0")
    for payload in (
        b"", b"\xc1", b"\x93\x01\x00", b"\x91" * 40, b"\xdd\xff\xff\xff\xff",
        b"\x93\x01\x00\xc0", b"\x93\x01\x00\x91\xa4call",
        b"\x93\x01\x00\x95\xa4call\x01\xa5drive\xdf\xff\xff\xff\xff\x01",
    ):  # fmt: skip
        found.append(b"\0" + frame(payload))
    found.append(b"\x01" * ENDLESS)
    return found


async def largest_payload(kit: Kit) -> str:
    """It takes as many bytes at once as it says that it does."""
    methods = [m for m in kit.interface.methods.values() if m.kind == "reading" and not m.names]
    if not methods:
        raise NotShown("it has no reading without arguments")
    async with kit.session(heartbeat=0.0) as session:
        told = await session.client.own("identity")
        size = min(told["maximum_frame"], ENDLESS)
        heard = session.client.counters.unasked
        session.client.wire.send(_padded(methods[0].name, size))
        for _ in range(20):
            await asyncio.sleep(SETTLE / 20)
            if session.client.counters.unasked > heard:
                return f"{size} bytes"
    raise Slow(f"{size} bytes at once were not answered; its maximum_frame allows them")


def _padded(method: str, size: int) -> bytes:
    """A call with an argument that is unknown, in a payload of so many bytes."""
    for pad in range(size, 0, -1):
        call = ["call", PADDED, method, {"no_such": "x" * pad}, 1000]
        payload = pack([PADDED, 0, call])
        if len(payload) <= size:
            return payload
    raise NotShown(f"no call fits into {size} bytes")


BYTE_PROBES = [
    Named(7, "senseless bytes", garbage),
    Named(7, "its largest payload", largest_payload),
]
