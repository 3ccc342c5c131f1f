"""The probes of `msr hil check`: readings and identity, and each rule of the device protocol."""

import asyncio
import contextlib
import re
import statistics
from itertools import pairwise
from typing import Any

import msgspec

from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout, Reading
from flight.icd.devices.description import interface_hash
from flight.runtime.reading_fields import struct_problem
from flight.runtime.reading_gate import check_values
from ground.hil.byte_probes import BYTE_PROBES
from ground.hil.conformance import LONG_ENOUGH, SETTLE, Broken, Kit, Named, NotShown, Slow
from ground.hil.form_probes import FORM_PROBES, link_lost
from ground.hil.judging import (
    ended_by_fault,
    faulted,
    judge_pace,
    judge_result,
    moving,
    none_done,
    refused,
    rejected,
    set_moving,
    stands,
    stopped,
)
from ground.hil.motions import Motion
from ground.hil.own_probes import OWN_PROBES
from ground.hil.place_probes import PLACE_PROBES
from ground.hil.witness import EFFECT_EVERY, EFFECTS_APART
from sim_hw.bench.wanted import told_apart
from sim_hw.bench.wire.client import SILENCE
from sim_hw.bench.wire.frames import frame
from sim_hw.bench.wire.payloads import LEAST_FRAME
from sim_hw.bench.wire.wire import Wire

LATENCY_CALLS = 200
WRONG_BY = 0.2  # part by which a clock may be off: it is told apart from one in other units alone
TICK = 0.015  # s: a clock may go on in steps of so much
NOISE = 0.1  # s between damaged frames in the silence of the bench
DAMAGED = b"\0" + frame(b"\x93\x01\x00")[:-2] + b"\x01\0"
EFFECT_GAP = 0.2  # s between effects that are too far apart whatever the machine
_HEX = re.compile(r"[0-9a-f]{64}\Z")


async def identity(kit: Kit) -> str:
    """The device is one of the interface, made for this version of it."""
    async with kit.session() as session:
        told = await session.client.own("identity")
    texts = ("interface", "interface_hash", "vendor", "model", "serial", "firmware")
    if not isinstance(told, dict):
        raise Broken(f"identity is {told!r}; allowed is a table")
    for name in texts:
        if not isinstance(told.get(name), str):
            raise Broken(f"identity.{name} = {told.get(name)!r}: allowed is a text")
    if told.get("protocol") != 1:
        raise Broken(f"identity.protocol = {told.get('protocol')!r}: allowed is 1")
    most = told.get("maximum_frame")
    if type(most) is not int or most < LEAST_FRAME:
        raise Broken(f"identity.maximum_frame = {most!r}: allowed from {LEAST_FRAME}")
    name, digest = kit.interface.__name__, interface_hash(kit.interface)
    if told["interface"] != name:
        raise Broken(f"identity.interface = {told['interface']}: {name} was asked for")
    if not _HEX.match(told["interface_hash"]) or told["interface_hash"] != digest:
        theirs, ours = told_apart(told["interface_hash"], digest)
        raise Broken(
            f"identity.interface_hash = {theirs}: this {name} is {ours}; build the firmware anew "
            "against it"
        )
    kit.identity = told
    return f"{told['vendor']} {told['model']} {told['serial']}, firmware {told['firmware']}"


async def clock(kit: Kit) -> str:
    """Its clock goes on."""
    async with kit.session(heartbeat=0.0) as session:
        times, loop = [], asyncio.get_running_loop()
        asked, heard = list[float](), list[float]()
        for _ in range(4):
            asked.append(loop.time())
            told = await session.client.own("ping")
            heard.append(loop.time())
            uptime = told.get("uptime_us") if isinstance(told, dict) else None
            if type(uptime) is not int or uptime < 0:
                raise Broken(f"ping is {told!r}; allowed is {{uptime_us: whole number}}")
            times.append(uptime)
            await asyncio.sleep(0.02)
    if any(after <= before for before, after in pairwise(times)):
        raise Broken(f"uptime_us does not rise: {times}")
    passed = (times[-1] - times[0]) / 1e6
    least, most = asked[-1] - heard[0], heard[-1] - asked[0]
    if not (1.0 - WRONG_BY) * least - TICK <= passed <= (1.0 + WRONG_BY) * most + TICK:
        raise Broken(
            f"uptime_us has risen by {passed:g} s within {least:.3f} to {most:.3f} s of the wall: "
            "allowed are microseconds"
        )
    return f"up for {times[-1] / 1e6:.1f} s"


async def readings(kit: Kit) -> str:
    """Every reading without arguments is of its type, and measures what can be measured."""
    methods = [m for m in kit.interface.methods.values() if m.kind == "reading" and not m.names]
    if not methods:
        raise NotShown("it has no reading without arguments")
    async with kit.session() as session:
        for method in methods:
            for _ in range(1 + LATENCY_CALLS // len(methods)):
                answer = await session.client.call(method.name, {}, limit=method.limit)
                kit.latencies.setdefault(method.name, []).append(answer.round_trip)
                _judge_result(method.name, method.result, answer.result)
                if answer.age > method.limit:
                    raise Broken(f"{method.name}: its sample is {answer.age:g} s old")
    return ", ".join(method.name for method in methods)


def _judge_result(name: str, kind: Any, plain: Any) -> None:
    try:
        result = msgspec.convert(plain, kind, builtin_types=(bytes,))
    except msgspec.ValidationError as error:
        raise Broken(f"{name}: {error}") from None
    if isinstance(result, Reading):
        judged = check_values(result) if result.valid else result
        if judged is not result:
            raise Broken(f"{name}: {judged.reason}")
    elif isinstance(result, msgspec.Struct) and (wrong := struct_problem(result)):
        raise Broken(f"{name}: {wrong}")


# ------------------------------------------------------------------------ rule 1


async def safe_before_hello(kit: Kit) -> str:
    motion, tells = kit.motion, False
    if not kit.left_free:
        async with kit.session() as session:
            await session.out_of_safe()
            tells = kit.tells_its_end(session.client.wire)
    if tells:  # also of a connection that comes so soon that nobody was silent
        await _is_not_moved_ungreeted(kit, motion)
    await kit.silence()  # on a line, the only end that a connection has
    await _is_not_moved_ungreeted(kit, motion)
    return "power-on state is safe"


async def _is_not_moved_ungreeted(kit: Kit, motion: Motion) -> None:
    async with kit.session(hello=False) as session:
        with contextlib.suppress(DeviceFault, DeviceRejected, DeviceTimeout):
            await session.client.own("safe", on=False)  # it may refuse that, or say nothing
        pending = await session.begin(motion, motion.longest())
        await refused(session, pending, "before hello")


async def safe_after_hello(kit: Kit) -> str:
    motions = kit.motions
    async with kit.session() as session:
        for motion in motions:
            pending = await session.begin(motion, motion.longest())
            what = f"({motion.method.name}) before safe {{on: false}}"
            await faulted(session, pending, what)
    return "fault until safe {on: false}"


async def new_boot_stops(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        pending = await set_moving(session, motion)
        kit.boots += 1
        session.client.hello(kit.boots)
        await stopped(session, pending.number)
        # Before it is dropped: a cancel would stop what the hello has not.
        await stands(session, pending.number, "after the hello of a new boot")
        if pending.task.done():
            raise Broken("a call of an earlier boot was answered after the hello of a new one")
        await pending.drop()
        again = await session.begin(motion, motion.longest())
        await faulted(session, again, "after the hello of a new boot, in which nobody let it")
    return "stops, and is safe"


# ------------------------------------------------------------------------ rule 2


async def dead_man(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session(heartbeat=0.0) as session:
        loop = asyncio.get_running_loop()
        await session.out_of_safe()
        begun = loop.time()
        pending = await session.begin(motion, motion.longest())
        # Noise on a line is no word of the bench.
        noise = loop.create_task(_noise(session.client.wire))
        try:
            await pending.answer(LONG_ENOUGH)
        except DeviceFault:
            pass
        except TimeoutError:
            raise Slow(f"silent for {LONG_ENOUGH:g} s, and the call was not ended") from None
        else:
            raise NotShown(f"the longest motion ends within {loop.time() - begun:.2f} s")
        finally:
            noise.cancel()
        taken = loop.time() - begun
        if taken < 0.5 * SILENCE:
            raise Slow(f"it gave up after {taken:.2f} s of silence; allowed is {SILENCE:g} s")
        await stands(session, pending.number, "after silence")
        again = await session.begin(motion, motion.longest())
        await faulted(session, again, "after silence, in which it ought to have latched safe")
    return f"stops {taken:.2f} s after the last word"


async def _noise(wire: Wire) -> None:
    """Frames that are damaged, again and again."""
    while True:
        await asyncio.sleep(NOISE)
        wire.send_bytes(DAMAGED)  # type: ignore[attr-defined]


async def silence_at_rest(kit: Kit) -> str:
    """Also one that stands is safe after the silence of who let it move."""
    motion = kit.motion
    async with kit.session(heartbeat=0.0) as session:
        await session.out_of_safe()
        await asyncio.sleep(LONG_ENOUGH)
        pending = await session.begin(motion, motion.longest())
        await faulted(session, pending, "after silence, in which nobody had asked it for anything")
    return "is safe"


# ------------------------------------------------------------------------ rule 3


async def repeated_number(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        pending = await session.begin(motion, motion.short())
        first = await pending.answer(motion.method.limit)
        for _ in range(2):  # a device keeps the answers of more than its latest motion
            await (await session.begin(motion, motion.short())).answer(motion.method.limit)
        count = len(session.effects(pending.number))
        again = await session.client.ask(
            pending.number, motion.method.name, motion.short(), limit=SILENCE
        )
        await asyncio.sleep(SETTLE)
        if again.result != first.result:
            raise Broken(f"number {pending.number} again: {again.result} and not {first.result}")
        if len(session.effects(pending.number)) > count:
            raise Broken("the number came again, and it moved again")
    return "answered from memory"


# ------------------------------------------------------------------------ rule 4


async def unknown_method(kit: Kit) -> str:
    async with kit.session() as session:
        await rejected(session, "no_such_method", {}, "an unknown method")
        await rejected(session, "", {}, "a method without a name")
    return "rejected"


async def wrong_reading_call(kit: Kit) -> str:
    methods = [m for m in kit.interface.methods.values() if m.kind == "reading" and not m.names]
    if not methods:
        raise NotShown("it has no reading without arguments")
    async with kit.session() as session:
        await rejected(session, methods[0].name, {"no_such": 1}, "an unknown argument")
        await none_done(session, methods[0].name, ("", None, list[int]()))
    return "rejected"


async def wrong_arguments(kit: Kit) -> str:
    calls = [(motion.method.name, *each) for motion in kit.motions for each in motion.wrong_calls()]
    async with kit.session() as session:
        await session.out_of_safe()
        for method, what, arguments in calls:
            await rejected(session, method, arguments, f"{method}: {what}")
    return f"{len(calls)} kinds rejected"


async def limit_exactly_met(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        pending = await set_moving(session, motion)
        await pending.drop()
        await stopped(session, pending.number)
        lowest = await session.begin(motion, motion.lowest())
        await moving(session, lowest.number, motion)
        await lowest.drop()
    return "taken, the upper and the lower"


# ------------------------------------------------------------------------ rule 5


async def late_call(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        begun = asyncio.get_running_loop().create_task(
            session.client.call(motion.method.name, motion.longest(), limit=SETTLE, valid=0.0)
        )
        try:
            await begun
        except DeviceRejected:
            return "rejected"
        except DeviceFault as error:
            raise Broken(f"a call whose valid_ms was 0 was a fault ({error})") from None
        except DeviceTimeout:
            raise Slow("a call whose valid_ms was 0 was not rejected") from None
    raise Broken("a call whose valid_ms was 0 was done")


# ------------------------------------------------------------------------ rule 6


async def one_motion(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        first = await session.begin(motion, motion.longest())
        await moving(session, first.number, motion)
        second = await session.begin(motion, motion.longest())
        await faulted(session, second, "while one is under way", moving=True)
        for method in kit.interface.methods.values():
            if method.kind == "reading" and not method.names:
                try:
                    await session.client.call(method.name, {}, limit=SILENCE)
                except DeviceTimeout:
                    raise Slow(f"{method.name} is not answered while it moves") from None
        await first.drop()
    return "a second one is a fault"


async def cancelled_motion(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        pending = await set_moving(session, motion)
        await pending.drop()
        await stopped(session, pending.number)
        await stands(session, pending.number, "after cancel")
        if session.effects(pending.number)[-1][1].get("state") != "cancelled":
            raise Slow("the last effect of a cancelled motion does not say `cancelled`")
        again = await session.begin(motion, motion.short())
        await again.answer(motion.method.limit)
    return "stops where it is, and moves again"


async def safe_stops(kit: Kit) -> str:
    motion = kit.motion
    async with kit.session() as session:
        pending = await set_moving(session, motion)
        await session.client.own("safe", on=True)
        await ended_by_fault(pending.answer(SETTLE), "safe {on: true}")
        await stands(session, pending.number, "after safe {on: true}")
        again = await session.begin(motion, motion.longest())
        await faulted(session, again, "in safe")
    return "stops, and latches"


async def effects(kit: Kit) -> str:
    """At least every 50 ms, rising, within what was asked for, and once at the end."""
    motion = kit.motion
    async with kit.session() as session:
        await session.out_of_safe()
        asked = asyncio.get_running_loop().time()
        pending = await session.begin(motion, motion.short())
        short = await pending.answer(motion.method.limit)
        took = asyncio.get_running_loop().time() - asked
        await asyncio.sleep(0.1)
        told = session.effects(pending.number)
        ends = [each for _, each in told if each.get("state") == "done"]
        if len(ends) != 1 or told[-1][1].get("state") != "done":
            raise Slow(f"a motion that was done has {len(ends)} effects `done`; allowed is one")
        _judge_result(motion.method.name, motion.method.result, short.result)
        _judge_effects(motion, motion.short(), [each for _, each in told])
        brief = told[-1][1]
        judge_result(short.result, brief, max(map(abs, motion.short().values())))
        begun = asyncio.get_running_loop().time()
        long = await session.begin(motion, motion.longest())
        await asyncio.sleep(1.0)
        await long.drop()
        await asyncio.sleep(0.1)
        told = session.effects(long.number)
    _judge_effects(motion, motion.longest(), [each for _, each in told])
    judge_pace(took, brief, begun, told)
    times = [begun, *(at for at, _ in told)]
    gaps = [after - before for before, after in pairwise(times)]
    if times[-1] - begun < 4 * EFFECT_EVERY:
        raise NotShown(f"the longest motion ends within {times[-1] - begun:.2f} s")
    middle, largest = statistics.median(gaps), max(gaps)
    if middle > EFFECTS_APART or largest > EFFECT_GAP:
        raise Slow(f"effects come every {1e3 * middle:.0f} ms, at most {1e3 * largest:.0f} ms")
    return f"every {1e3 * middle:.0f} ms"


def _judge_effects(motion: Motion, asked: dict[str, Any], told: list[dict[str, Any]]) -> None:
    kind = motion.method.result
    if not told:
        raise Slow(f"{motion.method.name} was asked for, and no effect of it came")
    names = [f.name for f in msgspec.structs.fields(kind) if f.name in told[-1]]
    if not names:
        raise Broken(f"its effects tell none of {', '.join(kind.__struct_fields__)}")
    most = 1.05 * max(abs(value) for value in asked.values())
    for name in names:
        values = [each.get(name) for each in told]
        if any(type(value) not in (int, float) for value in values):
            raise Broken(f"effect.{name}: allowed is a number")
        numbers = [abs(float(value)) for value in values if value is not None]
        if any(after < before for before, after in pairwise(numbers)):
            raise Broken(f"effect.{name} goes back")
        if name in ("distance", "turned") and numbers[-1] > most:
            raise Broken(f"effect.{name} = {numbers[-1]:g}: {most:g} at most was asked for")


PROBES = [
    Named(0, "identity", identity),
    Named(0, "its clock", clock),
    Named(0, "types of all readings", readings),
    Named(2, "the end of its link", link_lost),
    Named(1, "safe before hello", safe_before_hello),
    Named(1, "safe after hello", safe_after_hello),
    Named(1, "hello of a new boot", new_boot_stops),
    Named(2, "silence of the bench", dead_man),
    Named(2, "silence while it stands", silence_at_rest),
    Named(3, "a number that comes again", repeated_number),
    Named(4, "an unknown method", unknown_method),
    Named(4, "a reading with an unknown argument", wrong_reading_call),
    Named(4, "wrong arguments", wrong_arguments),
    Named(4, "the limit exactly met", limit_exactly_met),
    Named(5, "a late call", late_call),
    Named(6, "a second motion", one_motion),
    Named(6, "cancel", cancelled_motion),
    Named(6, "safe while it moves", safe_stops),
    Named(6, "effects", effects),
    *BYTE_PROBES,
    *OWN_PROBES,
    *FORM_PROBES,
    *PLACE_PROBES,
]
