"""Whether a device keeps the rules of the protocol and answers what the ICD says: `msr hil check`.

Each probe has a connection of its own, so that one that fails says nothing about the next.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from flight.icd.devices.base import DeviceError, DeviceInterface, DeviceTimeout
from ground.hil.motions import Motion, motions_of
from ground.hil.witness import Witness
from sim_hw.bench.wire.client import SILENCE, Answer, ProtocolClient
from sim_hw.bench.wire.memory_wire import MemoryWire
from sim_hw.bench.wire.payloads import DeviceSaid, shown
from sim_hw.bench.wire.wire import Wire, WireLost

PASSED, FAILED, NOT_SHOWN, NO_MATTER = "passed", "failed", "not shown", "does not apply"
LONG_ENOUGH = SILENCE + 0.5  # s
CODES = frozenset(("safe", "busy", "safed", "deadman", "no_power"))
"""Those of the protocol itself, for the fault of any interface."""
ATTEMPTS = 3
"""Of what was too slow on a machine that was late itself."""
SETTLE = 0.3  # s in which what a device does unasked would have shown


class Broken(Exception):
    """The device breaks a rule; the text says how."""


class Slow(Broken):
    """It has not done in time what it is to do: a rule broken by a device alone, or by a machine
    on which it, or this program, had no turn."""


class NotShown(Exception):
    """Nobody can say whether it keeps the rule; the text says why."""


class NoMatter(NotShown):
    """The rule is of what its interface does not have; the text says what."""


class Busy(NotShown):
    """Nobody can say it this time: something has taken too long here."""


@dataclass(frozen=True)
class Row:
    """What one probe has found. `rule`: of the protocol, 1 to 7; 0: types and identity."""

    rule: int
    name: str
    verdict: str
    words: str = ""
    attempts: int = 1
    """How often it was asked: more than once where this machine was late itself."""


@dataclass
class Session:
    """One connection to the device, as a probe has it."""

    client: ProtocolClient
    codes: frozenset[str] = frozenset()
    """The words that a fault may have."""
    said: list[tuple[float, DeviceSaid]] = field(default_factory=list)
    begun: list["Pending"] = field(default_factory=list)

    def effects(self, number: int) -> list[tuple[float, dict[str, Any]]]:
        """The effects of a call, and when each came (s)."""
        return [
            (at, said.data)
            for at, said in self.said
            if said.name == "effect"
            and isinstance(said.data, dict)
            and said.data.get("number") == number
        ]

    def any_effects(self) -> bool:
        """Whether it has said of anything that it moves."""
        return any(said.name == "effect" for _, said in self.said)

    async def out_of_safe(self) -> None:
        """Lets it move."""
        told = await self.client.own("safe", on=False)
        if not isinstance(told, dict) or told.get("safe") is not False:
            raise Broken(f"safe {{on: false}} was answered by {told!r}; allowed is {{safe: false}}")

    async def begin(self, motion: Motion, arguments: dict[str, Any]) -> "Pending":
        """Asks for a motion and does not wait for its end."""
        number = self.client.last_number + 1
        task = asyncio.get_running_loop().create_task(
            self.client.call(motion.method.name, arguments, limit=motion.method.limit)
        )
        await asyncio.sleep(0)
        self.begun.append(Pending(number, task))
        return self.begun[-1]


@dataclass
class Pending:
    """A call that is under way."""

    number: int
    task: "asyncio.Task[Answer]"

    async def answer(self, within: float) -> Answer:
        """Its answer; raises what it ended in, and TimeoutError."""
        async with asyncio.timeout(within):
            return await self.task

    async def drop(self) -> None:
        """Nobody wants it any more."""
        self.task.cancel()
        try:
            await self.task
        except (asyncio.CancelledError, DeviceError):
            return


@dataclass
class Kit:
    """What the probes share: the device's interface, how to reach it, and what it may be asked."""

    interface: type[DeviceInterface]
    open: Callable[[], Awaitable[Wire]]
    still: bool = False
    boots: int = 0
    latencies: dict[str, list[float]] = field(default_factory=dict)
    identity: dict[str, Any] = field(default_factory=dict)
    said_s: float | None = None
    """When it was spoken to last, by the loop's time."""
    client: ProtocolClient | None = None
    """That of the latest connection."""
    witness: Witness | None = None
    """Who sees whether this machine is late itself; None: time is virtual, and it never is."""
    left_free: bool = False
    """It was let move when it was greeted last, and has heard nothing since for long enough: what
    is to be safe after that can be asked at once."""

    @staticmethod
    def tells_its_end(wire: object) -> bool:
        """Whether a device learns at once that a connection has ended. A line tells nothing, nor
        does what a socket may stand for: a serial line behind it, or an emulator's."""
        return isinstance(wire, MemoryWire)

    async def silence(self) -> None:
        """Until a device that hears nothing has given up."""
        now = asyncio.get_running_loop().time()
        since = now if self.said_s is None else self.said_s
        await asyncio.sleep(max(0.0, since + LONG_ENOUGH - now))

    @property
    def motion(self) -> Motion:
        """A motion to try; raises NotShown."""
        if not any(method.kind == "actuation" for method in self.interface.methods.values()):
            raise NoMatter("it actuates nothing")
        if self.still:
            raise NotShown("nothing may move (--still)")
        found = motions_of(self.interface)
        if not found:
            raise NotShown("no actuation that can be undone and takes numbers between limits alone")
        return found[0]

    @property
    def motions(self) -> list[Motion]:
        """All that can be tried; raises NotShown where there is none."""
        return [self.motion, *motions_of(self.interface)[1:]]

    @asynccontextmanager
    async def session(
        self, *, hello: bool = True, heartbeat: float = 0.2
    ) -> AsyncIterator[Session]:
        """A connection; with `hello` the device was greeted by a new boot of the bench."""
        wire = await self.open()
        loop = asyncio.get_running_loop()
        session: Session

        def hear(said: DeviceSaid) -> None:
            session.said.append((loop.time(), said))

        client = ProtocolClient(wire, "check", heartbeat=heartbeat if hello else 0.0, on_said=hear)
        self.client = client
        session = Session(client, CODES.union(self.interface.fault_codes))
        self.boots += 1
        try:
            if hello:
                self.left_free = False
                client.start(self.boots)
            else:
                client.listen()
            yield session
        finally:
            client.close()
            if hello:
                self.said_s = loop.time()
            for pending in session.begun:
                await pending.drop()


Probe = Callable[[Kit], Awaitable[str]]
"""Looks at one thing; what it returns is said of a device that has passed."""


@dataclass(frozen=True)
class Named:
    """A probe, the rule that it looks at, and what it is called."""

    rule: int
    name: str
    probe: Probe


async def check_device(kit: Kit, probes: list[Named]) -> list[Row]:
    """All probes, one after the other; a device that cannot be reached raises WireLost."""
    async with kit.session(hello=False):
        pass  # whoever is not there at all is no matter of rules
    return [await _row(kit, each) for each in probes]


def _not_understood(client: ProtocolClient | None) -> str:
    """What came from a device that has failed, and was no message; "" for nothing."""
    if client is None or not client.counters.nonsense:
        return ""
    count, why = client.counters.nonsense, shown(client.counters.why)
    return f"; {count} payloads of it are no message of the protocol, the latest: {why}"


async def _row(kit: Kit, named: Named) -> Row:
    """What was too slow while this machine was so itself is asked again when it is calm: nobody
    can say whose fault that was."""
    witness = kit.witness
    if witness is None:
        return (await _asked(kit, named))[0]
    for attempt in range(1, ATTEMPTS + 1):
        if attempt > 1:
            await witness.calm()
        async with witness.watch():
            row, slow = await _asked(kit, named)
        if not (slow and witness.words):
            return replace(row, attempts=attempt)
    words = f"{witness.words} each of {ATTEMPTS} times, so nobody can say: {row.words}"
    return Row(named.rule, named.name, NOT_SHOWN, words, ATTEMPTS)


async def _asked(kit: Kit, named: Named) -> tuple[Row, bool]:
    """What a probe has found, and whether it is for want of time."""
    slow = False
    try:
        words = await named.probe(kit)
    except NoMatter as why:
        return Row(named.rule, named.name, NO_MATTER, str(why)), False
    except NotShown as why:
        return Row(named.rule, named.name, NOT_SHOWN, str(why)), isinstance(why, Busy)
    except (Broken, DeviceError, WireLost, TimeoutError) as broken:
        gone = kit.client is not None and kit.client.is_broken_off  # by no want of time
        slow = isinstance(broken, (Slow, DeviceTimeout, TimeoutError)) and not gone
        words = (str(broken) or "no answer in time") + _not_understood(kit.client)
    except Exception as error:  # what a foreign device answers can be anything
        words = f"it answered what cannot be judged ({type(error).__name__}: {error})"
    else:
        return Row(named.rule, named.name, PASSED, words), False
    return Row(named.rule, named.name, FAILED, words), slow
