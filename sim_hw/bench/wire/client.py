"""The bench's side of the device protocol: calls, heartbeat, and the moment at which it is lost.

Time is the running loop's: wall time on a bench, virtual time where the device is a library.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flight.icd.codec import CodecError
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.runtime.loop import NANOSECONDS, clock_of
from sim_hw.bench.wire.frames import LARGEST_PAYLOAD
from sim_hw.bench.wire.payloads import (
    BeganAnew,
    DeviceReply,
    DeviceSaid,
    Reader,
    Writer,
    shown,
)
from sim_hw.bench.wire.wire import Wire

HEARTBEAT = 0.2  # s between pings
SILENCE = 1.0  # s without a word after which either side takes the other for lost
OVER = 1e-3  # s beyond the silence at which it is looked for
BOOTS, CALLS = 1 << 15, 1 << 16  # that are told apart by their numbers
MOST_HEARD = 2_000  # messages a second: some ten times what a loop of 200 Hz has
ECHOES = 8  # payloads that are known again when they come back
ANSWER = 1.0  # s in which a device answers one of the bench's own methods
CLOSED = "closed"
AGAIN = 0.2  # s after which one that only tells is asked again: a frame may have been lost


class LinkLost(DeviceTimeout):
    """The device is lost: nothing that was asked of it is answered any more."""


@dataclass(frozen=True)
class Answer:
    """What came back: the result, how old the sample was (s), and the round trip (s)."""

    result: Any
    age: float
    round_trip: float

    def told(self) -> list[Any]:
        """As a run is told of it: result, error, reason, code, age and round trip in us."""
        return [self.result, "", "", "", round(1e6 * self.age), round(1e6 * self.round_trip)]


@dataclass
class ClientCounters:
    """What was odd; all monotonic."""

    nonsense: int = 0
    why: str = ""
    """What was wrong with what is nonsense, of the latest."""
    echoes: int = 0
    """Of what is nonsense: what this side has said itself."""
    unasked: int = 0
    late: int = 0


@dataclass
class _Waiting:
    future: "asyncio.Future[DeviceReply]"
    asked_ns: int
    method: str


class ProtocolClient:
    """Speaks to one device over one wire, from `hello` until the wire or the device is lost.

    `on_said` hears signals and effects; `on_lost` is called once, with the reason; `on_pong` hears
    for how long the device is up (s), and when that was asked and heard (s of the clock). A call
    that has waited for longer than its `valid` seconds is not sent. After a loss nothing is sent or
    heard.
    """

    def __init__(
        self,
        wire: Wire,
        source: str,
        *,
        heartbeat: float = HEARTBEAT,
        silence: float = SILENCE,
        on_said: Callable[[DeviceSaid], None] = lambda said: None,
        on_lost: Callable[[str], None] = lambda why: None,
        on_pong: Callable[[float, float, float], None] = lambda uptime, asked, heard: None,
    ) -> None:
        self.wire = wire
        self.counters = ClientCounters()
        self.reader = Reader()
        self.uptime: float | None = None
        """s, of the device, when it answered last."""
        self._writer = Writer()
        self._source = source
        self._heartbeat, self._silence = heartbeat, silence
        self._on_said, self._on_lost, self._on_pong = on_said, on_lost, on_pong
        self._pinged_ns = 0
        self._loop = asyncio.get_running_loop()
        self._clock = clock_of(self._loop)
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0
        self._heard_ns = self._clock()
        self._timer: asyncio.TimerHandle | None = None
        self._ping = 0
        self._sent: deque[bytes] = deque(maxlen=ECHOES)
        self._beat_ns = 0  # when the next beat is due
        self._second, self._heard_in_it = -1, 0
        self._first = 0  # the first call, whose or a later one's answer is of this connection
        self.lost = ""
        self.silent = 0.0
        """For how long (s) nothing was heard where that is why it is lost, here or at the device;
        0: it is lost for another reason."""

    # -------------------------------------------------------- begin and end

    def start(self, boot: int) -> None:
        """Begins to hear, says hello and begins to send heartbeats.

        What a line still holds of before is passed over: nothing is heard until the first answer,
        and the numbers of two boots are not the same.
        """
        self._number = (boot % BOOTS) * CALLS
        self.listen()
        self.hello(boot)
        self._send_ping()
        self._first = self._ping
        if self._heartbeat > 0.0:
            self._beat_in(self._heartbeat)

    def listen(self) -> None:
        """Begins to hear, and says nothing."""
        self._heard_ns = self._clock()
        self.wire.start(self._hear, self._end)

    def hello(self, boot: int) -> None:
        """Says who speaks, and its boot: all that moves on behalf of an earlier one stops."""
        self._send(["hello", self._source, boot])

    def say(self, message: list[Any]) -> None:
        """Sends a message as it is, also one that is none of the protocol."""
        self._send(message)

    def close(self) -> None:
        """Ends it: what waits is lost; `on_lost` is not called."""
        self._on_lost = lambda why: None
        self._end(CLOSED)

    @property
    def is_broken_off(self) -> bool:
        """Whether it is lost, and neither was closed here nor was anybody silent for too long."""
        return self.lost not in ("", CLOSED) and not self.silent

    def lose(self, why: str, silent: float = 0.0) -> None:
        """Ends it for a reason that is known here: as if the device were gone. `silent`: for how
        long (s) it has not been heard, or has not heard, where that is the reason."""
        if not self.lost:
            self.silent = silent
        self._end(why)

    def _end(self, why: str) -> None:
        if self.lost:
            return
        self.lost = why
        if self._timer is not None:
            self._timer.cancel()
        self.wire.close()
        for waiting in self._waiting.values():
            if not waiting.future.done():
                waiting.future.set_exception(LinkLost(f"{waiting.method}: {why}"))
        self._on_lost(why)

    def limit_payload(self, largest: int) -> None:
        """The device takes no more bytes than that at once."""
        self._writer.largest = min(largest, LARGEST_PAYLOAD)

    # ------------------------------------------------------------ heartbeat

    def _beat_in(self, seconds: float) -> None:
        self._beat_ns = self._clock() + round(seconds * NANOSECONDS)
        self._timer = self._loop.call_later(seconds, self._beat)

    def _beat(self) -> None:
        now = self._clock()
        late = now - self._beat_ns
        if late > self._heartbeat * NANOSECONDS:
            # While this side did not run it has asked nothing: that is not the device's silence.
            # If it was too long, the device's dead man has acted, and says so.
            self._heard_ns = min(now, self._heard_ns + late)
        silent = (now - self._heard_ns) / NANOSECONDS
        if silent > self._silence:
            self.lose(f"{self.wire_name} has said nothing for {silent:.1f} s", silent)
            return
        self._beat_in(min(self._heartbeat, self._silence - silent + OVER))
        try:
            self._send_ping()
        except LinkLost:
            return  # who waits for it has been told

    def _send_ping(self) -> None:
        self._number += 1
        self._ping, self._pinged_ns = self._number, self._clock()
        self._send(["call", self._ping, "ping", {}, round(1000.0 * self._silence)])

    @property
    def wire_name(self) -> str:
        """As errors call it."""
        return getattr(self.wire, "name", "the device")

    def _pong(self, result: Any) -> None:
        uptime = result.get("uptime_us") if isinstance(result, dict) else None
        if type(uptime) is not int or uptime < 0:
            self.counters.nonsense += 1
            return
        before, self.uptime = self.uptime, uptime / 1e6
        if before is not None and self.uptime < before:
            self._end(f"{self.wire_name} has restarted: it is up for {self.uptime:.1f} s")
            return
        self._on_pong(self.uptime, self._pinged_ns / NANOSECONDS, self._clock() / NANOSECONDS)

    # ---------------------------------------------------------------- calls

    async def call(
        self,
        method: str,
        arguments: dict[str, Any],
        *,
        limit: float,
        valid: float | None = None,
        asked_ns: int | None = None,
    ) -> Answer:
        """Asks and waits for `limit` s; `valid`: s after `asked_ns` in which it may be begun.

        Raises DeviceRejected, DeviceFault, DeviceTimeout, and LinkLost when the device is lost.
        When the waiting task is cancelled the device is told to stop.
        """
        self._number += 1
        return await self.ask(self._number, method, arguments, limit, valid, asked_ns)

    async def ask(
        self,
        number: int,
        method: str,
        arguments: dict[str, Any],
        limit: float,
        valid: float | None = None,
        asked_ns: int | None = None,
    ) -> Answer:
        """The same under a number of the caller's choice, also one that was used."""
        now = self._clock()
        left = limit if valid is None else valid - (now - (asked_ns or now)) / NANOSECONDS
        if left < 0.0:
            self.counters.late += 1
            raise DeviceRejected(f"{method}: late: it was asked {-left:.3f} s too long ago")
        future: asyncio.Future[DeviceReply] = self._loop.create_future()
        self._waiting[number] = _Waiting(future, now, method)
        timer: asyncio.TimerHandle | None = None
        try:
            self._send_call(number, method, arguments, left)
            timer = self._loop.call_later(limit, _expire, future, method, limit)
            reply = await future
        except (asyncio.CancelledError, DeviceTimeout):
            self.cancel(number)
            raise
        finally:
            self._waiting.pop(number, None)
            if timer is not None:
                timer.cancel()
        round_trip = (self._clock() - now) / NANOSECONDS
        return Answer(_result(method, reply), reply.age_us / 1e6, round_trip)

    def _send_call(
        self, number: int, method: str, arguments: dict[str, Any], left: float
    ) -> None:
        try:
            self._send(["call", number, method, arguments, math.floor(1000.0 * left)])
        except CodecError as error:  # it is too large for this device: nothing was asked
            raise DeviceRejected(f"{method}: {error}") from None

    def cancel(self, number: int) -> None:
        """Has the device stop what a call does; no reply is owed."""
        if not self.lost:
            self._send(["cancel", number])

    async def own(self, method: str, **arguments: Any) -> Any:
        """The result of one of the bench's own methods."""
        return (await self.call(method, arguments, limit=ANSWER)).result

    async def tell(self, method: str) -> Any:
        """The same of one that only tells: asked again, under its number, while no answer comes, so
        that one frame that was lost on its way does not cost all of the time."""
        self._number += 1
        number = self._number
        self._loop.call_later(AGAIN, self._ask_again, number, method)
        return (await self.ask(number, method, {}, limit=ANSWER)).result

    def _ask_again(self, number: int, method: str) -> None:
        if number not in self._waiting or self.lost:
            return
        with contextlib.suppress(LinkLost):  # who waits for it has been told
            self._send(["call", number, method, {}, math.floor(1000.0 * ANSWER)])
        self._loop.call_later(AGAIN, self._ask_again, number, method)

    def _is_ours(self, number: int) -> bool:
        """Whether it is the number of a call of this connection: those of two boots differ."""
        return self._first <= number <= self._number

    @property
    def last_number(self) -> int:
        """Of the latest call."""
        return self._number

    def _send(self, message: list[Any]) -> None:
        if self.lost:
            raise LinkLost(f"{message[0]}: {self.lost}")
        payload = self._writer.write(self._clock(), message)
        self._sent.append(payload)
        if not self.wire.send(payload):
            self._end(f"{self.wire_name} takes nothing any more")
            raise LinkLost(f"{message[0]}: {self.lost}")

    # ------------------------------------------------------------- hearing

    def _hear(self, payload: bytes) -> None:
        if self.lost or self._floods():
            return
        try:
            self._take(payload)
        except Exception as error:  # what a device says can be anything; it is nobody else's matter
            self._end(f"{self.wire_name}: what it says cannot be taken: {error!r}")

    def _floods(self) -> bool:
        """Whether more is said than a second holds: then it is lost, and others have their turn."""
        second = self._clock() // NANOSECONDS
        if second != self._second:
            self._second, self._heard_in_it = second, 0
        self._heard_in_it += 1
        if self._heard_in_it > MOST_HEARD:
            self._end(f"{self.wire_name} says more than {MOST_HEARD} things a second")
        return bool(self.lost)

    def _take(self, payload: bytes) -> None:
        try:
            message = self.reader.read(payload)
        except CodecError as error:
            self.counters.nonsense += 1
            self.counters.why = str(error)
            self.counters.echoes += payload in self._sent
            return
        except BeganAnew as why:
            self._end(f"{self.wire_name} has restarted: {why}")
            return
        if message is None:
            return
        self._heard_ns = self._clock()
        if self._first:
            if isinstance(message, DeviceSaid) or not self._is_ours(message.number):
                return
            self._first = 0
        if isinstance(message, DeviceSaid):
            self._on_said(message)
            return
        waiting = self._waiting.get(message.number)
        if waiting is not None and not waiting.future.done():
            waiting.future.set_result(message)
        elif message.number == self._ping and not message.error:
            self._ping = 0
            self._pong(message.result)
        else:
            self.counters.unasked += 1


def _expire(future: "asyncio.Future[DeviceReply]", method: str, limit: float) -> None:
    if not future.done():
        future.set_exception(DeviceTimeout(f"{method} gave no answer within {limit:g} s"))


def _result(method: str, reply: DeviceReply) -> Any:
    if reply.error == "rejected":
        raise DeviceRejected(f"{method}: {shown(reply.reason)}")
    if reply.error == "fault":
        raise DeviceFault(shown(reply.code), f"{method}: {shown(reply.reason)}")
    if reply.error:
        raise DeviceFault("garbage", f"{method}: error = {reply.error!r}")
    return reply.result
