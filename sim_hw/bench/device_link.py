"""The life of one real device on its wire: absent, found, identified, safe, armed; and lost.

`run` goes on for as long as the bench does: a device that was lost is looked for again, and is safe
and identified anew before it may move. Nothing that was asked before a loss is delivered after it.
Readings are answered from `identified` on; what moves is moved only while it is armed, and nothing
inhibits it. Making it safe passes everything.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any

from flight.icd.devices.base import DeviceError, DeviceFault, DeviceRejected, DeviceTimeout
from sim_hw.bench.arming import Arming
from sim_hw.bench.guard import Guard, GuardRules
from sim_hw.bench.wanted import Wanted, who_of
from sim_hw.bench.wire import payloads
from sim_hw.bench.wire.client import ANSWER, LinkLost, ProtocolClient
from sim_hw.bench.wire.device_clock import DeviceClock
from sim_hw.bench.wire.payloads import DeviceSaid, shown
from sim_hw.bench.wire.wire import Wire, WireLost

ABSENT, FOUND, IDENTIFIED, SAFE, ARMED, LOST, REFUSED = (
    "absent", "found", "identified", "safe", "armed", "lost", "refused",
)  # fmt: skip
POWER = "power"
"""What inhibits a device whose simulated switch is open."""
STOP = "stop"
"""What inhibits all devices from a stop on until it is released."""
SWAP = "swap"
"""What inhibits a device that is to be taken out for another one."""
UNARMED = "nobody has armed it"
ASTRAY = "it was lost in motion, and nobody knows where it stands: look, bring it home, and arm it"
ANOTHER = "it was put in for another one: look where it stands, bring it home, and arm it"
READABLE = (IDENTIFIED, SAFE, ARMED)
"""States in which a device answers readings."""
LOOK = 0.05  # s between looks for a wire that is not there: the way back is a tenth of 0.5 s longer
KEPT = 128  # numbers of calls on the wire that are known to this side
RETRY = 0.25
"""s from one opening to the next at least: one that is there and breaks again and again is heard
four times a second, and no more often."""
REFUSED_FOR = 1.0  # s until one that was refused is looked at again
BORN_AGAIN = 0.5  # s by which two readings of an uptime may differ, and
DRIFT = 2e-4  # of the time between them (assumption: a resonator without a crystal is worse)


class Refused(Exception):
    """The device on the wire is another one than is wanted."""


Tell = Callable[[list[Any]], None]


class DeviceLink:
    """One device, from outside: its state is told by `["state", service, state, words, boot,
    identity]` (and, of a loss that may be this machine's, why), answers by `["reply", ...]`,
    effects by `["effect", service, number, data, way_us]` (how long that call had been under
    way)."""

    def __init__(
        self,
        wanted: Wanted,
        open_wire: Callable[[], Awaitable[Wire]],
        tell: Tell,
        rules: GuardRules | None = None,
        hint: Callable[[Wire, ProtocolClient], str] = lambda wire, client: "",
        look: float = LOOK,
        starved: Callable[[float], str] = lambda seconds: "",
    ) -> None:
        """`hint`: what may be wrong with a device that says nothing that can be understood; `look`:
        s between looks for a wire that is not there; `starved`: why a silence of the last so many
        s may be this machine's, "" where it is the device's own."""
        self.wanted = wanted
        self.guard = Guard(rules or GuardRules())
        self.state = ABSENT
        self.boot = 0
        """Which power-up of the device, as far as anybody here has seen."""
        self._open, self._hint, self._look = open_wire, hint, look
        self._starved = starved
        self._blame = ""  # why the loss that is lived through may be this machine's
        self._opened = -RETRY  # when there was a wire last (s of the loop's time)
        self._tell = tell
        self._words = ""
        self._identity: dict[str, Any] = {}
        self._client: ProtocolClient | None = None
        self._hellos = 0
        self.clock = DeviceClock()
        """How its clock goes beside that of the bench, in this power-up of it."""
        self._born: tuple[float, float] | None = None  # of its clock, s; when that was seen
        self._uptime = 0.0
        self._life: Any = None  # whose it is, and what an adapter without a clock calls it
        self._calls: dict[int, asyncio.Task[None]] = {}  # by the number of who asked
        self._numbers: dict[int, tuple[int, float]] = {}  # of the wire, to those; and when (s)
        self._arming = Arming("the bench file", None) if wanted.automatic else None
        self._unarmed = UNARMED
        self._powered = True
        self._inhibits: dict[str, str] = {}  # what keeps it from being armed, and why
        self._settling: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # of what is said of safe: one after the other
        self.on_change: Callable[[], None] = lambda: None
        """Told when it is in another state, and when a motion has begun or is over."""

    # ----------------------------------------------------------------- life

    async def run(self) -> None:
        """Looks for the device, keeps it, and looks for it again."""
        loop = asyncio.get_running_loop()
        while True:
            least = 0.0
            try:
                await self._live()
            except Refused as why:
                self._become(REFUSED, str(why))
                self._disarm_by_loss()  # who armed it meant another device than the one there
                least = REFUSED_FOR
            except (WireLost, DeviceError) as why:
                self._become(LOST if self.state != ABSENT else ABSENT, str(why))
                self._disarm_by_loss()
            except Exception as error:  # of an adapter, whatever it is: its device is lost
                self._become(LOST, f"its adapter has failed: {type(error).__name__}: {error}")
                self._disarm_by_loss()
            finally:
                self._let_go()
            since = loop.time() - self._opened
            await asyncio.sleep(max(self._look, RETRY - since, least))

    def _lost(self, lost: "asyncio.Future[str]", why: str) -> None:
        # Here, and not when it is lived through: what was under way is over by then.
        if self.wanted.positions and self.guard.in_motion:
            self._disarm(ASTRAY)
        silent = 0.0 if self._client is None else self._client.silent
        self._blame = self._starved(silent) if silent else ""
        if not lost.done():
            lost.set_result(why)

    def _disarm_by_loss(self) -> None:
        if not self.wanted.automatic and self._arming is not None:
            self._disarm()  # who armed it has not seen it since

    async def _live(self) -> None:
        wire = await self._open()
        self._opened = asyncio.get_running_loop().time()
        if self.state in (ABSENT, REFUSED, LOST):
            self._become(FOUND if self.state == ABSENT else self.state, self._words)
        lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        client = self._client = ProtocolClient(
            wire, f"bench.{self.wanted.service}", heartbeat=self.wanted.heartbeat,
            silence=self.wanted.silence, on_said=self._said,
            on_lost=lambda why: self._lost(lost, why), on_pong=self._heard_clock,
        )  # fmt: skip
        self._hellos += 1
        client.start(self._hellos)
        try:
            self._identity = who_of(await client.tell("identity"))
        except DeviceError as error:
            raise LinkLost(f"{error}{self._hint(wire, client)}") from error
        wrong = self.wanted.wrong(self._identity)
        if wrong:
            raise Refused(wrong)
        if "maximum_frame" in self._identity:
            client.limit_payload(self._identity["maximum_frame"])
        await self._see_boot(client)
        self._become(IDENTIFIED, "")
        await self._test(client)
        await client.own("safe", on=True)
        self._become(SAFE, self._why_safe())
        await self._settle()
        raise LinkLost(await lost)

    async def _test(self, client: ProtocolClient) -> None:
        """Looks at the row of its self-test without which it may not be here."""
        row, (low, high) = self.wanted.self_test, self.wanted.self_test_range
        if not row:
            return
        told = await client.own(payloads.SELF_TEST)
        found = [each for each in told if isinstance(each, list) and each[:1] == [row]] if (
            isinstance(told, list)
        ) else []  # fmt: skip
        if not found or len(found[0]) < 3:
            raise Refused(f"its self-test has no row {row}: it is not shown to be a dummy")
        passed, value = found[0][1], found[0][2]
        if passed is not True or type(value) not in (int, float) or not low <= value <= high:
            raise Refused(
                f"its self-test says {row} = {value}; a dummy has {low:g} to {high:g}: "
                "put the dummy load in"
            )

    # ------------------------------------------------------------ safe and armed

    def _why_safe(self) -> str:
        if self._inhibits:
            return "; ".join(self._inhibits.values())
        return "" if self._arming is not None else self._unarmed

    async def _settle(self) -> None:
        """Brings the device to where it is to be: armed, or safe with the reason."""
        async with self._turn:
            client = self._client
            if client is None or client.lost or self.state not in (SAFE, ARMED):
                return
            may = self._arming is not None and not self._inhibits
            if may:
                await self._supply(client)
            if may and self.state == SAFE:
                await client.own("safe", on=False)
                if self._arming is not None and not self._inhibits:  # it has not changed meanwhile
                    self._become(ARMED, self._arming.words(asyncio.get_running_loop().time()))
                    return
                may = False
            if not may:
                self._become(SAFE, self._why_safe())  # nothing is begun from here on
                await client.own("safe", on=True)
            await self._supply(client)

    async def _supply(self, client: ProtocolClient) -> None:
        """A device that switches its own supply follows the simulated switch."""
        features = self._identity.get("features")
        on = POWER not in self._inhibits
        if on != self._powered and isinstance(features, list) and payloads.POWER in features:
            self._powered = on
            await client.own(payloads.POWER, on=on)

    def arm(self, seconds: float, who: str) -> None:
        """A named person lets it move for so many seconds; inhibits stay as they are. During a
        stop nobody does: what is released is to move by a new order alone; nor one that is not
        there, or is another than is wanted."""
        if STOP in self._inhibits or self.state in (ABSENT, LOST, REFUSED):
            return
        self._disarm()
        loop = asyncio.get_running_loop()
        self._arming = Arming(who, loop.time() + seconds)
        self._arming.timer = loop.call_later(seconds, self._expire, self._arming)
        if self.state == ARMED:
            self._become(ARMED, self._arming.words(asyncio.get_running_loop().time()))
        self._start_settling()

    def _disarm(self, why: str = UNARMED) -> None:
        if self._arming is not None and self._arming.timer is not None:
            self._arming.timer.cancel()
        self._arming, self._unarmed = None, why

    def _expire(self, arming: Arming) -> None:
        if self._arming is not arming:
            return
        self._disarm(f"the time that {arming.who} has armed it for is over")
        if self.state == ARMED and self.guard.finishes:  # nothing new is begun without an arming
            self._become(ARMED, f"{self._unarmed}; what moves is finished first")
        else:
            self._soon(self._unarmed)

    def _look_whether_finished(self, call: "asyncio.Task[None]") -> None:
        if self.state == ARMED and self._arming is None and not self.guard.in_motion:
            self._soon(self._unarmed)

    def _soon(self, why: str) -> None:
        """Is safe from this instant on; the device is told at once."""
        if self.state == ARMED:
            self._become(SAFE, why)
        self._start_settling()

    def _start_settling(self) -> None:
        self._start(self._settle_or_lose())

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name="settle")
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)

    async def _settle_or_lose(self) -> None:
        try:
            await self._settle()
        except DeviceError as error:  # nobody knows what it does: its dead man makes it safe
            silent = ANSWER if isinstance(error, DeviceTimeout) else 0.0
            self.drop(f"it does not say that it is safe: {error}", silent)

    def make_safe(self, why: str) -> None:
        """Takes its arming away, also that of one that is armed by itself: it is safe until a
        person arms it."""
        self._disarm(why)
        self._soon(why)

    def inhibit(self, key: str, why: str) -> None:
        """Safe until that is allowed again, whoever has armed it, or arms it meanwhile."""
        self._inhibits[key] = why
        self._soon(why)

    def stop(self, why: str) -> None:
        """Safe until the stop is released, and what a person has armed until it is armed again."""
        if self._arming is not None and self._arming.until is not None:
            self._disarm()
        self.inhibit(STOP, why)

    def allow(self, key: str) -> None:
        """That inhibits it no more; one that is armed still moves again."""
        if self._inhibits.pop(key, None) is not None:
            self._soon("")

    def swap(self, serial: str, who: str) -> None:
        """Has that one in the place of the one that is there, which is made safe and let go of: a
        life of its own, to be armed anew by whoever armed the other; by a person alone, where it
        moves to a place."""
        old = self._identity.get("serial") or self.wanted.serial
        self.wanted, self._born = replace(self.wanted, serial=serial), None
        if self.wanted.positions or not self.wanted.automatic:
            self._disarm(ANOTHER if self.wanted.positions else UNARMED)
        why = f"{who} has {old} taken out for {serial}: put that one on its wire"
        self.inhibit(SWAP, why)
        self._start(self._let_out(why))

    async def _let_out(self, why: str) -> None:
        client = self._client
        async with self._turn:
            if client is not None and not client.lost:
                with contextlib.suppress(DeviceError):  # then its dead man does it
                    await client.own("safe", on=True)
                client.lose(why)
        self._inhibits.pop(SWAP, None)

    def _heard_clock(self, uptime: float, asked: float, heard: float) -> None:
        if self.state in READABLE and self._identity.get("life") is None:  # an adapter's is its own
            self.clock.add(uptime, asked, heard)

    async def _see_boot(self, client: ProtocolClient) -> None:
        """Finds out whether it has been switched off since it was seen last."""
        told = await client.tell("ping")
        if not isinstance(told, dict) or type(told.get("uptime_us")) is not int:
            raise Refused(f"ping is {shown(told)}; allowed is {{uptime_us: whole number}}")
        now, uptime = asyncio.get_running_loop().time(), told["uptime_us"] / 1e6
        born, life = now - uptime, (self._identity.get("serial"), self._identity.get("life"))
        if self._born is not None:
            may_differ = BORN_AGAIN + DRIFT * (now - self._born[1])
            same = self._life == life and uptime >= self._uptime
            same = same and abs(born - self._born[0]) <= may_differ
        if self._born is None or not same:
            self.boot += 1
            self.clock.restart()
        self._born, self._uptime = (born, now), uptime
        self._life = life

    def _become(self, state: str, words: str) -> None:
        if (state, words) != (self.state, self._words):
            self.state, self._words = state, words
            service = self.wanted.service
            here = [self._blame] if state == LOST and self._blame else []
            self._blame = ""
            self._tell(["state", service, state, words, self.boot, self._identity, *here])
            self.on_change()

    def _let_go(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            if client.uptime is not None:
                self._uptime = max(0.0, client.uptime)
            client.close()
        self._numbers.clear()

    # ---------------------------------------------------------------- calls

    def call(
        self, number: int, method: str, arguments: dict[str, Any], limit: float, valid: float
    ) -> None:
        """Has a call made; what becomes of it is told."""
        task = self._calls[number] = asyncio.get_running_loop().create_task(
            self._call(number, method, arguments, limit, valid), name=f"{method} {number}"
        )
        task.add_done_callback(self._look_whether_finished)  # its answer is told by then

    async def _call(
        self, number: int, method: str, arguments: dict[str, Any], limit: float, valid: float
    ) -> None:
        told: list[Any]
        loop, actuates = asyncio.get_running_loop(), self.guard.actuates(method)
        try:
            allowed = (ARMED,) if actuates else READABLE
            unarmed = actuates and self._arming is None
            if self._client is None or self.state not in allowed or unarmed:
                raise LinkLost(f"{self.wanted.service} is {self.state}: {self._words}")
            if actuates:
                refusal = self.guard.refuses(method, arguments, loop.time())
                if refusal:
                    raise DeviceRejected(f"{self.wanted.service}: {refusal}")
                self.guard.begun(number, loop.time(), method)
                self.on_change()
            self._remember(self._client.last_number + 1, number)
            answer = await self._client.call(method, arguments, limit=limit, valid=valid)
            told = answer.told()
        except DeviceRejected as error:
            told = [None, "rejected", str(error), "", 0, 0]
        except DeviceFault as error:
            told = [None, "fault", str(error), error.code, 0, 0]
            if error.code == SAFE and self.state == ARMED:
                # Its dead man has acted while this side was heard again in time: it wants a hello.
                why = "it is safe though it was let move: it has not heard the bench for long"
                self.drop(why, self.wanted.silence)
        except DeviceError as error:
            told = [None, "lost", str(error), "", 0, 0]
        except asyncio.CancelledError:
            return
        except Exception as error:  # of an adapter
            why = f"its adapter has failed: {type(error).__name__}: {error}"
            self.drop(why)
            told = [None, "lost", why, "", 0, 0]
        finally:
            self._calls.pop(number, None)
            self.guard.ended(number, loop.time())
            if actuates:
                self.on_change()
        self._tell(["reply", self.wanted.service, number, *told])

    def _remember(self, theirs: int, ours: int) -> None:
        """Which call an effect is of; of those that have ended no more than the latest."""
        if len(self._numbers) >= KEPT:
            ended = [each for each, (number, _) in self._numbers.items()
                     if number not in self._calls]  # fmt: skip
            for each in ended[: -KEPT // 2]:
                del self._numbers[each]
        self._numbers[theirs] = ours, asyncio.get_running_loop().time()

    def cancel(self, number: int) -> None:
        """Nobody wants a call any more: the device stops what it does for it."""
        task = self._calls.get(number)
        if task is not None:
            task.cancel()

    def drop(self, why: str, silent: float = 0.0) -> None:
        """Nothing it says is believed any more: it is lost, and its dead man stops it. `silent`:
        for how long (s) it was not heard, or has not heard, where that is why."""
        if self._client is not None:
            self._client.lose(why, silent)

    def _said(self, said: DeviceSaid) -> None:
        data = said.data
        number = data.get("number") if isinstance(data, dict) else None
        if said.name == "effect" and number in self._numbers:
            ours, asked = self._numbers[number]
            way = round(1e6 * (asyncio.get_running_loop().time() - asked))
            self._tell(["effect", self.wanted.service, ours, data, way])

    async def close(self) -> None:
        """Makes it safe, if it is there, and lets go of it."""
        for task in tuple(self._settling):
            task.cancel()  # what was to be said of safe is said here
        client = self._client
        if client is not None and not client.lost:
            with contextlib.suppress(DeviceError):  # then its dead man does it
                await client.own("safe", on=True)
        self._let_go()
