"""Speaks to a run that is held back: its pace, a way to an instant, inputs, and how things are.

A ZeroMQ socket in a folder that only the user can enter, served between two instants of the run. A
request is one MessagePack map with the key `do`; the answer is a map with `ok`, and with `refused`
where something is not so. Reading and changing the pace are no inputs: they change no bit of the
run.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import msgspec
import zmq

from flight.configuration.whole_files import replace_file
from flight.icd.codec import CodecError, decode_plain, encode
from flight.runtime.loop import NANOSECONDS
from ground.testbed.asking import Ask, AskedRun, Asking, Poll
from ground.testbed.inputs import BenchInput, InputRefused, RunInput, read_input
from ground.testbed.pace_goal import PaceGoal, Told

CONTROL_FILE = "control.json"
LARGEST_REQUEST = 64 << 10  # bytes
ENVELOPE = 4 << 10  # bytes beside what a client has sent: the edge says who asks
LATEST = 9e9  # s of mission time: what 64 bits hold in ns
MOST_AT_ONCE = 64  # requests answered between two instants
WAITING = 1000  # requests that may wait
LAST_WORDS = 0.3  # wall seconds in which who looks is told that the run is over
RECENTLY = 2.0  # wall seconds since somebody looked
LINGER = 200  # wall milliseconds for the last answers

Rate = Annotated[float, msgspec.Meta(ge=0.0)]


class SetPace(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="pace"):
    """So many mission seconds in a wall second; 0 stands, null is as fast as it goes.

    `until`: mission time in s at which the run is to stand; it must not be past. `told`: what is to
    be heard for it to stand (`pace_goal`), if that comes before.
    """

    rate: Rate | None
    until: float | None = None
    told: Told | None = None


class Put(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="put"):
    """Has an input admitted; see `inputs`."""

    input: dict[str, Any]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="bench"):
    """An order to the bench of the run: what is real there is armed, made safe, stopped.

    `service` "": all. `arm` needs a name (`who`) and `seconds`; it never arms all at once.
    `inject` breaks the line of a device by `kind`, with a `figure` where that has one (s, share);
    `heal` mends it.
    """

    order: Literal["arm", "safe", "stop", "release", "inject", "heal"]
    who: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    service: str = ""
    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=86_400.0)] | None = None
    kind: Annotated[str, msgspec.Meta(max_length=40)] = ""
    figure: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None = None


class LookAtBench(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", tag="bench_look"
):
    """Asks how what is real is: see `bench_view`."""


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
        self._own = None if folder else Path(tempfile.mkdtemp(prefix="msr-"))  # 0700
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_REQUEST + ENVELOPE)
        self._socket.setsockopt(zmq.RCVHWM, WAITING)
        self._socket.setsockopt(zmq.SNDHWM, WAITING)
        address = f"ipc://{(self._own or folder or Path()) / 'control'}"
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
            shutil.rmtree(self._own, ignore_errors=True)

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
                set_pace = self._loop.set_pace if self._held is None else self._held.pace_asked
                set_pace(rate, until)
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
                return {"ok": True, **self.asking.poll(asked), "told": self.told_of_goal()}
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


class ControlRefused(RuntimeError):
    """What was asked of a run is not so; the text says why."""


class NoRequest(ControlRefused):
    """What was to be asked cannot be sent, whatever the run is; nobody was asked."""


class RunControl:
    """Speaks to a run from another process: `with RunControl(folder) as run: run.pace(50.0)`.

    Waits up to `patience` wall seconds for each answer. Raises ControlRefused for what is refused,
    for a folder in which no run is held back, and when no answer comes.
    """

    def __init__(self, run_folder: Path, patience: float = 10.0) -> None:
        file = run_folder / CONTROL_FILE
        try:
            address = str(msgspec.json.decode(file.read_bytes(), type=dict[str, str])["address"])
        except (OSError, msgspec.DecodeError, KeyError) as error:
            raise ControlRefused(
                f"{run_folder}: no run is held back there; fly one with `msr fly --pace`"
            ) from error
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, round(1000.0 * patience))
        self._socket.setsockopt(zmq.SNDTIMEO, round(1000.0 * patience))
        self._socket.connect(address)

    def __enter__(self) -> "RunControl":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the run goes on."""
        self._context.destroy(linger=0)

    def look(self) -> dict[str, Any]:
        """`time` (s), `pace` (None: as fast as it goes), `until` (s or None), `inputs` so far."""
        return self._ask({"do": "look"})

    def pace(
        self, rate: float | None, until: float | None = None, told: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Sets the pace; None is as fast as it goes, 0 stands; `until`: up to that mission time;
        `told`: until that is heard, see `pace_goal`."""
        return self._ask({"do": "pace", "rate": rate, "until": until, "told": told})

    def order(
        self,
        order: str,
        who: str,
        service: str = "",
        seconds: float | None = None,
        kind: str = "",
        figure: float | None = None,
    ) -> dict[str, Any]:
        """Orders something of the bench of the run; see `Order`."""
        asked = {"do": "bench", "order": order, "who": who, "service": service}
        return self._ask({**asked, "seconds": seconds, "kind": kind, "figure": figure})

    def bench(self) -> dict[str, Any] | None:
        """How what is real is; None where nothing is."""
        told: dict[str, Any] | None = self._ask({"do": "bench_look"})["bench"]
        return told

    def put(self, given: RunInput) -> dict[str, Any]:
        """Has an input admitted."""
        return self._ask({"do": "put", "input": msgspec.to_builtins(given)})

    def ask(
        self, user: str, request: dict[str, Any], key: str | None = None, session: str = ""
    ) -> dict[str, Any]:
        """A person's request; its result. A change has a `key`, and waits until it has acted."""
        asked = {"do": "ask", "user": user, "session": session, "request": request}
        result: dict[str, Any] = self._ask({**asked, "key": key})["result"]
        return result

    def poll(self, journal: int = 0, telemetry: int = 0, limit: int = 500) -> dict[str, Any]:
        """What is new since an entry of the journal and a version of the telemetry."""
        return self._ask(
            {"do": "poll", "journal": journal, "telemetry": telemetry, "limit": limit}
        )

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            frame = encode(request)
        except CodecError as error:
            raise NoRequest(f"no request: {error}") from error
        if len(frame) > LARGEST_REQUEST:
            raise NoRequest(f"the request has {len(frame)} bytes; allowed are {LARGEST_REQUEST}")
        try:
            self._socket.send(frame)
            answer = decode_plain(self._socket.recv())
        except (zmq.ZMQError, CodecError) as error:
            raise ControlRefused("the run does not answer; it may have ended") from error
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            words = answer.get("refused", answer) if isinstance(answer, dict) else answer
            raise ControlRefused(str(words))
        return answer
