"""Speaks to a run that is held back: its pace, a way to an instant, inputs, and how things are.

A ZeroMQ socket in a folder that only the user can enter, served between two instants of the run. A
request is one MessagePack map with the key `do`; the answer is a map with `ok`, and with `refused`
where something is not so. Reading and changing the pace are no inputs: they change no bit of the
run.
"""

import contextlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
import zmq

from flight.configuration.scratch_folder import ScratchFolder
from flight.configuration.whole_files import replace_file
from flight.icd.codec import CodecError, decode_plain, encode
from flight.runtime.loop import NANOSECONDS
from ground.api.benches import BenchOrder
from ground.api.commanding import Role
from ground.api.fields import Rate
from ground.testbed.operating.asking import Ask, AskedRun, Asking, Poll
from ground.testbed.operating.control_client import CONTROL_FILE as CONTROL_FILE
from ground.testbed.operating.control_client import LARGEST_REQUEST
from ground.testbed.operating.control_client import ControlRefused as ControlRefused
from ground.testbed.operating.control_client import NoRequest as NoRequest
from ground.testbed.operating.control_client import RefusedByRun as RefusedByRun
from ground.testbed.operating.control_client import RunControl as RunControl
from ground.testbed.operating.pace_goal import PaceGoal, Told
from ground.testbed.record.inputs import BenchInput, InputRefused, RunInput, read_input

ENVELOPE = 4 << 10  # bytes beside what a client has sent: the edge says who asks
LATEST = 9e9  # s of mission time: what 64 bits hold in ns
MOST_AT_ONCE = 64  # requests answered between two instants
WAITING = 1000  # requests that may wait
LAST_WORDS = 0.3  # wall seconds in which who looks is told that the run is over
RECENTLY = 2.0  # wall seconds since somebody looked
LINGER = 200  # wall milliseconds for the last answers


class SetPace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="pace"):
    """So many mission seconds in a wall second; 0 stands, null is as fast as it goes.

    `until`: mission time in s at which the run is to stand; it must not be past. `told`: what is to
    be heard for it to stand (`pace_goal`), if that comes before. `after`: only where so many paces
    were set in this life of the run; another number is refused, as somebody has set one meanwhile.
    """

    rate: Rate | None
    until: float | None = None
    told: Told | None = None
    after: Annotated[int, msgspec.Meta(ge=0, le=2**62)] | None = None


class Put(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="put"):
    """Has an input admitted; see `inputs`."""

    input: dict[str, Any]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="bench"):
    """An order to the bench of the run: what is real there is armed, made safe, stopped.

    `service` "": all. `arm` needs a name (`who`) and `seconds`; it never arms all at once.
    `inject` breaks the line of a device by `kind`, with a `figure` where that has one (s, share);
    `heal` mends it. `swap` has the spare of that serial number (`kind`) put in. `roles`: those of
    `who`, by the edge's word; left out, it is who flies the run, at a terminal. `until`: when who
    asks waits no longer, by the monotonic clock (s) that all processes of a machine share: what
    lets move is not done after it.
    """

    order: BenchOrder
    who: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    service: str = ""
    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)] | None = None
    kind: Annotated[str, msgspec.Meta(max_length=40)] = ""
    figure: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None = None
    roles: Annotated[tuple[Role, ...], msgspec.Meta(max_length=7)] | None = None
    until: float | None = None


class LookAtBench(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="bench_look"
):
    """Asks how what is real is: see `bench.view`."""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="look"):
    """Asks how things are."""


Request = SetPace | Put | Look | LookAtBench | Ask | Poll | Order


class Held(Protocol):
    """The run, as far as its pace and its real devices are concerned."""

    def pace_asked(self, rate: float, until_ns: int | None) -> None:
        """Sets the pace; raises InputRefused where it may not be so, and ValueError."""

    def ordered(self, asked: Order) -> None:
        """Hands an order to the bench; raises InputRefused."""

    def bench_told(self) -> dict[str, Any] | None:
        """How what is real is; None where nothing is."""


class ControlledRun(AskedRun, Protocol):
    """The run that is spoken to."""

    @property
    def admitted(self) -> int:
        """Inputs so far."""
        ...

    def time(self) -> float:
        """Mission time in s."""
        ...

    def set_pace(self, rate: float, until_ns: int | None = None) -> None:
        """Changes the pace; raises ValueError."""


class Ears(Protocol):
    """Hears who speaks, between two instants of the run."""

    def add(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Has `callback` called when a descriptor can be read."""

    def remove(self, descriptor: int) -> None:
        """Ends that."""

    def now(self) -> float:
        """Wall seconds, that never go back."""
        ...

    def serve(self, seconds: float) -> None:
        """Waits for the descriptors, so many wall seconds at most."""


class ControlServer:
    """The run's side. `check` refuses inputs that have no meaning in the run.

    `folder`: in which the socket is to lie, where it is to be found again after a death; `held`:
    who sets the pace of the run, and knows its bench.
    """

    def __init__(
        self,
        loop: ControlledRun,
        outside: Ears,
        check: Callable[[RunInput], None],
        announce: Path,
        asking: Asking,
        folder: Path | None = None,
        held: Held | None = None,
    ) -> None:
        self._loop = loop
        self._held = held
        self._outside = outside
        self._check = check
        self._announce = announce
        self.asking = asking
        self.goal: PaceGoal | None = None
        """Where a run can stand at what is told."""
        self._paces = 0  # that were set
        self._own = None if folder else ScratchFolder()
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_REQUEST + ENVELOPE)
        self._socket.setsockopt(zmq.RCVHWM, WAITING)
        self._socket.setsockopt(zmq.SNDHWM, WAITING)
        address = f"ipc://{(self._own.path if self._own else folder or Path()) / 'control'}"
        self._socket.bind(address)
        self._descriptor = int(self._socket.getsockopt(zmq.FD))
        outside.add(self._descriptor, self._serve)
        self._bell = Bell()
        outside.add(self._bell.descriptor, self._rung)
        replace_file(announce, msgspec.json.encode({"address": address}))

    def close(self) -> None:
        """Nobody is heard any more; who waits is told."""
        self._announce.unlink(missing_ok=True)
        self._outside.remove(self._descriptor)
        self._outside.remove(self._bell.descriptor)
        self.asking.end()
        self._bell.close()
        self._context.destroy(linger=LINGER)
        if self._own is not None:
            self._own.remove()

    def _rung(self) -> None:
        self._bell.silence()
        self._serve()

    def last_words(self, verdict: str) -> None:
        """The run is over, and whoever has just looked is told how, with all that was said last."""
        self.asking.ended = verdict
        end = self._outside.now() + LAST_WORDS
        while self.asking.was_polled_since(end - LAST_WORDS - RECENTLY):
            left = end - self._outside.now()
            if left <= 0.0:
                return
            self._outside.serve(left)

    def _serve(self) -> None:
        for _ in range(MOST_AT_ONCE):
            try:
                frames = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(frames) >= 2:
                self._take(frames[:-1], frames[-1])
        self._bell.ring()  # there may be more

    def _take(self, way: list[bytes], request: bytes) -> None:
        """Answers a request, now or later, on the way that it came."""
        try:
            asked = msgspec.convert(decode_plain(request), Request)
        except (CodecError, msgspec.ValidationError) as error:
            self._send(way, {"ok": False, "refused": f"no request: {error}"})
            return
        if isinstance(asked, Ask):
            self.asking.ask(asked, partial(self._send_later, way))
        else:
            self._send(way, self._answer(asked))

    def _send_later(self, way: list[bytes], answer: dict[str, Any]) -> None:
        """Answers when a request has acted, and looks for what came meanwhile: ZeroMQ tells of
        something to read once, and may have seen it while it sent."""
        self._send(way, answer)
        self._bell.ring()

    def _send(self, way: list[bytes], answer: dict[str, Any]) -> None:
        try:
            data = encode(answer)
        except CodecError as error:
            data = encode({"ok": False, "refused": f"the answer cannot be sent: {error}"})
        try:
            self._socket.send_multipart([*way, data], zmq.NOBLOCK)
        except zmq.Again:
            return  # who does not take answers gets none

    def _answer(self, asked: SetPace | Put | Look | LookAtBench | Poll | Order) -> dict[str, Any]:
        try:
            if isinstance(asked, SetPace):
                until = None if asked.until is None else nanoseconds_of(asked.until)
                rate = float("inf") if asked.rate is None else asked.rate
                self._check_goal(asked.told)
                if asked.after not in (None, self._paces):
                    raise InputRefused("after: somebody has set the pace meanwhile")
                set_pace = self._loop.set_pace if self._held is None else self._held.pace_asked
                set_pace(rate, until)
                self._paces += 1
                if self.goal is not None:
                    self.goal.told = asked.told
            elif isinstance(asked, Order):
                if self._held is None:
                    raise InputRefused("nothing is real in a run over processes")
                self._held.ordered(asked)
            elif isinstance(asked, LookAtBench):
                return {"ok": True, "bench": self._held and self._held.bench_told()}
            elif isinstance(asked, Put):
                given = read_input(asked.input)
                if isinstance(given, BenchInput):
                    raise InputRefused("what a device says comes from the bench alone")
                self._check(given)
                if self.asking.why_not():
                    raise InputRefused(self.asking.why_not())
                self._loop.put(asked.input)
            elif isinstance(asked, Poll):
                told = self.told_of_goal()
                return {"ok": True, **self.asking.poll(asked), "told": told, "paces": self._paces}
        except (InputRefused, ValueError, OverflowError) as error:
            return {"ok": False, "refused": str(error)}
        return {"ok": True, **self._state()}

    def told_of_goal(self) -> str | None:
        """What it is to stand at, in words; None where that is an instant, or nothing."""
        told = None if self.goal is None else self.goal.told
        return None if told is None else told.words()

    def _check_goal(self, told: Told | None) -> None:
        if self.goal is not None:
            self.goal.check(told)
        elif told is not None:
            raise InputRefused("told: this run stands at instants alone")

    def _state(self) -> dict[str, Any]:
        pace = self._loop.pace
        return {
            "time": self._loop.time(),
            "pace": None if pace.rate == float("inf") else pace.rate,
            "until": None if pace.until_ns is None else pace.until_ns / NANOSECONDS,
            "told": self.told_of_goal(),
            "paces": self._paces,
            "inputs": self._loop.admitted,
        }


def nanoseconds_of(until: float) -> int:
    """An instant of mission time (s) in ns; raises ValueError where it is none."""
    if not 0.0 <= until <= LATEST:
        raise ValueError(f"until = {until:g}: allowed is mission time from 0 to {LATEST:g} s")
    return round(until * NANOSECONDS)


class Bell:
    """Makes a descriptor readable, so that its callback is called once more."""

    def __init__(self) -> None:
        self.descriptor, self._rope = os.pipe()
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._rope, False)

    def ring(self) -> None:
        """The callback is called."""
        with contextlib.suppress(BlockingIOError):  # it rings already
            os.write(self._rope, b"!")

    def silence(self) -> None:
        """It was heard."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.descriptor, 4096)

    def close(self) -> None:
        """It rings no more."""
        os.close(self.descriptor)
        os.close(self._rope)
