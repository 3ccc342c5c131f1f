"""What the probes of `msr hil check` wait for and judge by: what a device did, and did not do."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from ground.hil.conformance import SETTLE, Broken, Session
from ground.hil.motions import Motion

EFFECT_EVERY = 0.05  # s


async def moving(session: Session, number: int, motion: Motion) -> None:
    """Waits until a call is seen to move."""
    for _ in range(50):
        await asyncio.sleep(0.01)
        if session.effects(number):
            return
    raise Broken(f"{motion.method.name} was asked for, and no effect of it came within 0.5 s")


async def set_moving(session: Session, motion: Motion) -> Any:
    """Lets a device move as far as it goes; the call, once it is seen to."""
    await session.out_of_safe()
    pending = await session.begin(motion, motion.longest())
    await moving(session, pending.number, motion)
    return pending


async def stands(session: Session, number: int, when: str) -> None:
    """Broken where a call moves on."""
    before = len(session.effects(number))
    await asyncio.sleep(SETTLE)
    if len(session.effects(number)) > before:
        raise Broken(f"it moves on {when}")


async def refused(session: Session, pending: Any, when: str) -> None:
    """Broken where a call is done, or acts."""
    try:
        await pending.answer(SETTLE)
    except (DeviceFault, DeviceRejected):
        pass
    except TimeoutError:
        await pending.drop()
    else:
        raise Broken(f"a motion was done {when}")
    if session.any_effects():
        raise Broken(f"a motion was begun {when}")


async def faulted(session: Session, pending: Any, when: str, *, moving: bool = False) -> None:
    """Broken where a call is not ended by a fault, or acts."""
    await ended_by_fault(pending.answer(SETTLE), f"a motion {when}")
    if session.effects(pending.number) or (not moving and _moves_on(session, pending.number)):
        raise Broken(f"a motion was begun {when}")


def _moves_on(session: Session, number: int) -> bool:
    return any(
        isinstance(said.data, dict) and said.data.get("number") == number
        for _, said in session.said
        if said.name == "effect"
    )


async def ended_by_fault(answer: Awaitable[Any], what: str) -> None:
    """Broken where an answer is anything but a fault."""
    try:
        result = await answer
    except DeviceFault:
        return
    except DeviceRejected as error:
        raise Broken(f"{what} was rejected ({error}); it is to be a fault") from None
    except TimeoutError:
        raise Broken(f"{what} was not answered by a fault within {SETTLE:g} s") from None
    raise Broken(f"{what} was answered by {result}; it is to be a fault")


async def rejected(session: Session, method: str, arguments: dict[str, Any], what: str) -> None:
    """Broken where a call is not rejected, or acts."""
    try:
        answer = await session.client.call(method, arguments, limit=SETTLE)
    except DeviceRejected:
        answer = None
    except DeviceFault as error:
        raise Broken(f"{what} was a fault ({error}); it is to be rejected") from None
    except DeviceTimeout:
        raise Broken(f"{what} was not rejected within {SETTLE:g} s") from None
    if answer is not None:
        raise Broken(f"{what} was answered by {answer.result}; it is to be rejected")
    if session.any_effects():
        raise Broken(f"{what} was rejected, and it moved")


async def not_done(session: Session, method: str, arguments: Any) -> None:
    """Broken where a call whose arguments are no table is answered by a result. One that says
    nothing to what is no call keeps the rules, too."""
    number = session.client.last_number + 1_000
    try:
        answer = await session.client.ask(number, method, arguments, limit=SETTLE)
    except (DeviceRejected, DeviceFault, DeviceTimeout):
        return
    raise Broken(
        f"{method} with {arguments!r} in the place of its arguments was answered by {answer.result}"
    )


def judge_pace(took: float, brief: dict[str, Any], told: list[tuple[float, Any]]) -> None:
    """A short motion takes time at the pace of a long one: none begins before it was asked for."""
    for name in ("distance", "turned"):
        ways = [abs(float(each.get(name, 0.0))) for _, each in told]
        if len(ways) < 4 or ways[-1] <= ways[0]:
            continue
        pace = (ways[-1] - ways[0]) / max(told[-1][0] - told[0][0], EFFECT_EVERY)
        wanted = abs(float(brief.get(name, 0.0))) / pace
        if wanted > 2 * EFFECT_EVERY and took < 0.5 * wanted:
            raise Broken(
                f"a short motion was done within {took:.2f} s; at the pace of a long one it "
                f"takes {wanted:.2f} s"
            )
