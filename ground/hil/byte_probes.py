"""What `msr hil check` sends that is no message: bytes of chance, damaged frames, endless ones."""

import asyncio
import contextlib
import random

from flight.icd.devices.base import DeviceTimeout
from ground.hil.conformance import SETTLE, Broken, Kit, Named, NotShown, Session
from sim_hw.bench.wire.frames import frame
from sim_hw.bench.wire.payloads import Writer

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
            raise Broken("after senseless bytes it answers no more")
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
        for _ in range(20):  # one bit each
            at = chance.randrange(len(whole) - 1)
            changed = bytearray(whole)
            changed[at] ^= 1 << chance.randrange(8)
            if changed[at]:
                found.append(b"\0" + bytes(changed))
        found.append(b"\0" + whole[: len(whole) // 2] + b"\0")
    for payload in (
        b"", b"\xc1", b"\x93\x01\x00", b"\x91" * 40, b"\xdd\xff\xff\xff\xff",
        b"\x93\x01\x00\xc0", b"\x93\x01\x00\x91\xa4call",
        b"\x93\x01\x00\x95\xa4call\x01\xa5drive\xdf\xff\xff\xff\xff\x01",
    ):  # fmt: skip
        found.append(b"\0" + frame(payload))
    found.append(b"\x01" * ENDLESS)
    return found


BYTE_PROBES = [Named(7, "senseless bytes", garbage)]
