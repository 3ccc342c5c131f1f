"""What `msr hil check` asks of the bench's own methods, and of words that are no messages."""

import asyncio
import math
from typing import Any

from flight.icd.devices.base import DeviceRejected
from ground.hil.conformance import SETTLE, Broken, Kit, Named, NotShown, Session
from ground.hil.judging import refused, rejected
from sim_hw.bench.stand_ins.table import PLACES
from sim_hw.bench.wire.payloads import POWER, SELF_TEST, STIMULUS

ROW = 3  # of a self-test at least: name, passed, value


async def safe_wrong(kit: Kit) -> str:
    """`safe` takes one switch, and nothing else."""
    calls: tuple[dict[str, Any], ...] = ({}, {"on": 1}, {"off": True}, {"on": True, "off": True})
    async with kit.session() as session:
        for arguments in calls:
            await rejected(session, "safe", arguments, f"safe {arguments}")
    return f"{len(calls)} kinds rejected"


async def self_test(kit: Kit) -> str:
    """One that it says that it has is a list of rows."""
    async with kit.session() as session:
        if not await _has(session, SELF_TEST):
            await rejected(session, "self_test", {}, "a self_test that it does not have")
            return "it has none"
        told = await session.client.own("self_test")
        await rejected(session, "self_test", {"x": 1}, "self_test with an argument")
    if not isinstance(told, list) or not told:
        raise Broken(f"self_test is {told!r}; allowed is a list of rows")
    for row in told:
        if not isinstance(row, list) or len(row) < ROW or type(row[1]) is not bool:
            raise Broken(f"a row of self_test is {row!r}; allowed is [name, passed, value, ...]")
    return f"{len(told)} rows"


async def stimulus(kit: Kit) -> str:
    """One that it says that it has takes numbers of names that it knows."""
    async with kit.session() as session:
        if not await _has(session, STIMULUS):
            await rejected(session, "stimulus", {}, "a stimulus that it does not have")
            return "it has none"
        told = await session.client.own("stimulus")
        if told != {}:
            raise Broken(f"an empty stimulus was answered by {told!r}; allowed is {{}}")
        await rejected(session, "stimulus", {"no_such": 1.0}, "an unknown stimulus")
        taken = await _numbers(kit, session)
        if not taken and any(p.stimulus for p in PLACES if p.interface is kit.interface):
            raise Broken(
                "it says that it has a stimulus, and takes none of the fields of its readings: "
                "what the bench tells it of the world is lost"
            )
        for name, value in taken.items():
            several = {name: value, "no_such": 1.0}
            await rejected(session, "stimulus", several, f"{name} with an unknown stimulus")
            await rejected(session, "stimulus", {name: math.nan}, f"{name} not a number")
            await rejected(session, "stimulus", {name: "1"}, f"{name} as a text")
    return "takes what it knows"


async def power(kit: Kit) -> str:
    """One that it says that it has switches the supply of what it drives, and goes on talking."""
    async with kit.session() as session:
        if not await _has(session, POWER):
            await rejected(session, POWER, {"on": True}, "a power that it does not have")
            return "it has none"
        for wrong in ({}, {"on": 1}, {"off": True}, {"on": True, "x": 1}):
            await rejected(session, POWER, wrong, f"power {wrong}")
        await session.client.own(POWER, on=True)
        if kit.still:
            return "on; nothing is switched off"
        try:
            await session.client.own(POWER, on=False)
            await session.client.own("ping")
            await _stands_without_power(kit, session)
        finally:
            await session.client.own(POWER, on=True)
    return "off and on; it answers meanwhile"


async def _stands_without_power(kit: Kit, session: Session) -> None:
    """With the supply off nothing moves, whoever lets it."""
    try:
        motion = kit.motion
    except NotShown:
        return
    await session.client.own("safe", on=False)
    pending = await session.begin(motion, motion.longest())
    try:
        await refused(session, pending, "while its supply was off")
    finally:
        await session.client.own("safe", on=True)


async def unknown_words(kit: Kit) -> str:
    """A message that is none of the protocol, in the form of one, is passed over."""
    try:
        motion = kit.motion
    except NotShown:
        return "nothing moves by any word"
    async with kit.session() as session:
        await session.out_of_safe()
        for word in ("kall", "", 7, None):
            message = [word, 60_000, motion.method.name, motion.longest(), 1_000]
            session.client.say(message)
            session.client.say([word, "check", 9])
        await asyncio.sleep(SETTLE)
        if session.any_effects():
            raise Broken("it moved by a message that is not of the protocol")
    return "passed over"


async def _has(session: Session, feature: str) -> bool:
    told = await session.client.own("identity")
    features = told.get("features") if isinstance(told, dict) else None
    if not isinstance(features, list) or not all(isinstance(each, str) for each in features):
        raise Broken(f"identity.features is {features!r}; allowed is a list of texts")
    return feature in features


async def _numbers(kit: Kit, session: Session) -> dict[str, float]:
    """Fields of its readings that it takes as a stimulus, and what they were."""
    names = {}
    for method in kit.interface.methods.values():
        if method.kind != "reading" or method.names:
            continue
        answer = await session.client.call(method.name, {}, limit=method.limit)
        for name, value in answer.result.items():
            if type(value) is float:
                try:
                    await session.client.own("stimulus", **{name: value})
                except DeviceRejected:  # it is none of those
                    continue
                names[name] = value
    return names


OWN_PROBES = [
    Named(4, "wrong arguments of safe", safe_wrong),
    Named(0, "its self-test", self_test),
    Named(0, "its stimulus", stimulus),
    Named(0, "its supply", power),
    Named(7, "words that are none", unknown_words),
]
