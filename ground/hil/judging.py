"""What the probes of `msr hil check` wait for and judge by: what a device did, and did not do."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from ground.hil.conformance import SETTLE, Broken, Session, Slow
from ground.hil.motions import Motion
from ground.hil.witness import EFFECT_EVERY

SAME = 0.02  # of what was asked for: by so much two figures of one motion may differ


async def moving(session: Session, number: int, motion: Motion) -> None:
    """Waits until a call is seen to move."""
    for _ in range(50):
        await asyncio.sleep(0.01)
        if session.effects(number):
            return
    raise Slow(f"{motion.method.name} was asked for, and no effect of it came within 0.5 s")


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
        raise Slow(f"it moves on {when}")


async def stopped(session: Session, number: int) -> str:
    """Waits until a motion has told its last, for `SETTLE` at most; the state that it told, "" for
    none."""
    for _ in range(round(SETTLE / 0.01)):
        told = session.effects(number)
        if told and told[-1][1].get("state") != "moving":
            return str(told[-1][1].get("state"))
        await asyncio.sleep(0.01)
    return ""


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
    code = await ended_by_fault(pending.answer(SETTLE), f"a motion {when}")
    if code not in session.codes:
        allowed = ", ".join(sorted(session.codes))
        raise Broken(f"the fault of a motion {when} has the code {code!r}; allowed is {allowed}")
    if session.effects(pending.number) or (not moving and _moves_on(session, pending.number)):
        raise Broken(f"a motion was begun {when}")


def _moves_on(session: Session, number: int) -> bool:
    return any(
        isinstance(said.data, dict) and said.data.get("number") == number
        for _, said in session.said
        if said.name == "effect"
    )


async def ended_by_fault(answer: Awaitable[Any], what: str) -> str:
    """Broken where an answer is anything but a fault; the code of that."""
    try:
        result = await answer
    except DeviceFault as fault:
        return fault.code
    except DeviceRejected as error:
        raise Broken(f"{what} was rejected ({error}); it is to be a fault") from None
    except TimeoutError:
        raise Slow(f"{what} was not answered by a fault within {SETTLE:g} s") from None
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
        raise Slow(f"{what} was not rejected within {SETTLE:g} s") from None
    if answer is not None:
        raise Broken(f"{what} was answered by {answer.result}; it is to be rejected")
    if session.any_effects():
        raise Broken(f"{what} was rejected, and it moved")


async def none_done(session: Session, method: str, wrong: Sequence[Any]) -> None:
    """Broken where a call whose arguments are no table is answered by a result. One that says
    nothing to what is no call keeps the rules, too, and is waited for once."""
    first = session.client.last_number + 1_000

    async def done(number: int, arguments: Any) -> Any:
        try:
            return await session.client.ask(number, method, arguments, limit=SETTLE)
        except (DeviceRejected, DeviceFault, DeviceTimeout):
            return None

    answers = await asyncio.gather(*(done(first + n, each) for n, each in enumerate(wrong)))
    for arguments, answer in zip(wrong, answers, strict=True):
        if answer is not None:
            raise Broken(
                f"{method} with {arguments!r} in the place of its arguments was answered by "
                f"{answer.result}"
            )


def judge_result(result: Any, last: dict[str, Any], asked: float) -> None:
    """What a motion is answered by is what its last effect has told: the world was moved by that.

    `asked`: the largest of its arguments."""
    for name, told in last.items():
        answered = result.get(name) if isinstance(result, dict) else None
        if type(told) not in (int, float) or type(answered) not in (int, float):
            continue
        most = EFFECT_EVERY if name == "seconds" else SAME * max(abs(told), abs(asked))
        if abs(told - answered) > most:
            raise Broken(
                f"the answer says {name} = {answered:g}, and the last effect {told:g}: what it "
                "says by effects is what happens"
            )


def judge_pace(
    took: float, brief: dict[str, Any], begun: float, told: list[tuple[float, Any]]
) -> None:
    """A short motion takes time at the pace of a long one: none begins before it was asked for; and
    a long one (begun then, s) begins at nothing."""
    for name in ("distance", "turned"):
        ways = [abs(float(each.get(name, 0.0))) for _, each in told]
        if len(ways) < 4 or ways[-1] <= ways[0]:
            continue
        pace = (ways[-1] - ways[0]) / max(told[-1][0] - told[0][0], EFFECT_EVERY)
        before = ways[0] - pace * (told[0][0] - begun + 2 * EFFECT_EVERY)
        if before > 0.02 * ways[-1]:
            raise Slow(
                f"the first effect of a motion says {name} = {ways[0]:g} after "
                f"{told[0][0] - begun:.2f} s: it counts from the start of its call"
            )
        wanted = abs(float(brief.get(name, 0.0))) / pace
        if wanted > 2 * EFFECT_EVERY and took < 0.5 * wanted:
            raise Slow(
                f"a short motion was done within {took:.2f} s; at the pace of a long one it "
                f"takes {wanted:.2f} s"
            )
