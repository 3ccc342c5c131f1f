"""The run's side of the bench: calls of real devices, and what comes back, each as an input.

What the bench process tells is put into the run as an input and recorded; flown again from its
record, the run has no bench process, and the same comes at the same instants.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from flight.icd.codec import CodecError, decode_plain, pack
from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from sim_hw.bench.device_link import ABSENT, ARMED, LOST, READABLE, SAFE
from sim_hw.bench.process import LARGEST

PATIENCE = 5.0  # s for the bench process to end
STARTING = 30.0  # s that it may take to say its first word
SILENT = 3.0  # s without a word after which it is taken for hung, and ended


class DeviceLost(DeviceTimeout):
    """The real device is not there, or was lost while it was at work."""


@dataclass(frozen=True)
class PortAnswer:
    """A result, the age of its sample (s), and how long the way was (s of the wall)."""

    result: Any
    age: float
    round_trip: float


@dataclass
class Line:
    """One real device as the run knows it."""

    service: str
    automatic: bool = True
    """Armed by itself; else one that is safe is as ready as it gets without a person."""
    state: str = ABSENT
    words: str = ""
    boot: int = 0
    identity: dict[str, Any] = field(default_factory=dict)
    here: str = ""
    """Why a loss may be this machine's, and not the device's own."""
    on_effect: Callable[[int, dict[str, Any], float], None] = lambda number, data, way: None
    """Told what a call has done, and for how long it had been under way then (s of the wall)."""
    on_state: Callable[["Line"], None] = lambda line: None
    calls: dict[int, "asyncio.Future[PortAnswer]"] = field(default_factory=dict)
    goal: Callable[[dict[str, Any]], Any] = lambda arguments: arguments
    """What of the arguments of a call says where the device itself is to be."""
    asked: dict[str, Any] = field(default_factory=dict)
    """Where each method was to bring it last."""
    moving: set[int] = field(default_factory=set)
    """Those of the calls that actuate."""
    flies: bool = True
    """What it says comes to flight software: the run waits for it, and not for one beside it."""
    recorded: bool = False
    """It is a recording: nothing is there, and mission time is not held for it."""
    inhibited: bool = False
    """Safe because somebody wants it so, and not on its way to be armed."""

    @property
    def ready(self) -> bool:
        """Whether it is where it is to be when nothing is wrong."""
        rests = not self.automatic or self.inhibited
        return self.state == ARMED or (self.state == SAFE and rests)

    @property
    def is_missing(self) -> bool:
        """Whether the run waits for it: it is to fly, and is not there."""
        return self.flies and not self.recorded and not self.ready


class BenchPort:
    """All real devices of a run. `send` hands a packet to the bench process, if there is one."""

    def __init__(
        self,
        services: list[str],
        send: Callable[[bytes], None],
        by_hand: Collection[str] = (),
    ) -> None:
        """`by_hand`: the services that a person arms."""
        self.lines = {service: Line(service, service not in by_hand) for service in services}
        self.on_work: Callable[[], None] = lambda: None
        """Told when a call begins or ends, and when a device is lost or back."""
        self.on_begin: Callable[[str, str, int, bool], None] = (
            lambda service, method, number, anew: None
        )
        self.on_end: Callable[[str, int], None] = lambda service, number: None
        """Told of each call as it is asked (`anew`: not just what that method was asked last), and
        when nobody waits for it any more."""
        self.on_interlock: Callable[[str], None] = lambda why: None
        """Told why all is stopped; "" when it is released."""
        self.on_fault: Callable[..., None] = lambda fault, where, before, after: None
        """Told what a fault of a line has changed, and where."""
        self.mission_ns: Callable[[], int] | None = None
        """Mission time, for the recording; it goes no farther than the bench process."""
        self._send = send
        self._number = 0

    @property
    def at_work(self) -> bool:
        """Whether a real device is asked for something."""
        return any(line.calls and not line.recorded for line in self.lines.values())

    @property
    def missing(self) -> bool:
        """Whether a real device is not there."""
        return any(line.is_missing for line in self.lines.values())

    @property
    def armed(self) -> list[str]:
        """The services whose real devices may move now."""
        return [
            line.service for line in self.lines.values()
            if line.state == ARMED and not line.recorded
        ]  # fmt: skip

    # ----------------------------------------------------------------- calls

    def begin(
        self,
        service: str,
        method: str,
        arguments: dict[str, Any],
        limit: float,
        *,
        actuates: bool = True,
    ) -> tuple[int, "asyncio.Future[PortAnswer]"]:
        """Asks a device; its number and the future of the answer. Raises DeviceLost.

        The future ends in DeviceRejected, DeviceFault or DeviceLost; one that is cancelled is
        cancelled at the device.
        """
        line = self.lines[service]
        if line.state not in ((ARMED,) if actuates else READABLE):
            raise DeviceLost(f"{service} is {line.state}: {line.words or 'not there'}")
        self._number += 1
        number = self._number
        future: asyncio.Future[PortAnswer] = asyncio.get_running_loop().create_future()
        line.calls[number] = future
        if actuates:
            line.moving.add(number)
        goal = line.goal(arguments)
        anew = line.asked.get(method) != goal
        line.asked[method] = goal
        if not line.recorded:  # one that is answers in mission time: how late says nothing of it
            self.on_begin(service, method, number, anew)
        when = () if self.mission_ns is None else (self.mission_ns(),)
        self._send(pack(["call", service, number, method, arguments, limit, limit, *when]))
        self.on_work()
        return number, future

    async def finish(
        self, service: str, number: int, future: "asyncio.Future[PortAnswer]"
    ) -> PortAnswer:
        """Waits for the answer; who gives up has the device stop."""
        try:
            return await future
        except BaseException:
            self.cancel(service, number)
            raise
        finally:
            self.lines[service].calls.pop(number, None)
            self.lines[service].moving.discard(number)
            self.on_end(service, number)
            self.on_work()

    def cancel(self, service: str, number: int) -> None:
        """Has the device stop what a call does."""
        if self.lines[service].state in READABLE:
            self._send(pack(["cancel", service, number]))

    def fail(self, service: str, number: int, error: Exception) -> None:
        """A call ends in an error that is known here first."""
        future = self.lines[service].calls.get(number)
        if future is not None and not future.done():
            future.set_exception(error)

    def condemn(self, service: str, why: str) -> None:
        """A device has said what cannot be: it is lost at once, whatever it says still."""
        self._send(pack(["drop", service, why]))
        self._state(self.lines[service], LOST, why)

    # --------------------------------------------------------------- hearing

    def admit(self, message: list[Any]) -> None:
        """Takes what the bench process has told, in its turn."""
        kind, service, *values = message
        if kind == "interlock":
            self.on_interlock(*values)
            return
        line = self.lines[service]
        if kind == "state":
            state, words, boot, identity, *here = values
            line.boot, line.identity = boot, identity
            line.here = here[0] if here else ""
            self._state(line, state, words)
        elif kind == "effect":
            number, data, *way_us = values  # records of before do not have the way
            line.on_effect(number, data, way_us[0] / 1e6 if way_us else 0.0)
        elif kind == "reply":
            self._reply(line, *values)
        elif kind == "fault":
            self.on_fault(*values)

    def _state(self, line: Line, state: str, words: str) -> None:
        line.state, line.words = state, words
        line.inhibited = state == SAFE and bool(words)
        if state != ARMED:
            ended = line.moving if state in READABLE else line.calls
            for number in list(ended):
                future = line.calls[number]
                if not future.done():
                    future.set_exception(DeviceLost(f"{line.service} is {state}: {words}"))
        line.on_state(line)
        self.on_work()

    def _reply(
        self, line: Line, number: int, result: Any, error: str, reason: str, code: str,
        age_us: int, way_us: int,
    ) -> None:  # fmt: skip
        future = line.calls.get(number)
        if future is None or future.done():
            return
        if error == "rejected":
            future.set_exception(DeviceRejected(reason))
        elif error == "fault":
            future.set_exception(DeviceFault(code, reason))
        elif error:
            future.set_exception(DeviceLost(reason))
        else:
            future.set_result(PortAnswer(result, age_us / 1e6, way_us / 1e6))


class BenchProcess:
    """The bench process of a run, as the run has it."""

    def __init__(self, setting: Any, key_descriptor: int = -1) -> None:
        """`key_descriptor`: where the key that stops is heard; -1: nowhere."""
        keys = () if key_descriptor < 0 else (key_descriptor,)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sim_hw.bench.process", str(theirs.fileno())],
                pass_fds=(theirs.fileno(), *keys), stdin=subprocess.DEVNULL, start_new_session=True,
                env=os.environ | {"PYTHONHASHSEED": "0"},
            )  # fmt: skip
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._socket = ours
        self._socket.send(pack(setting))
        self._heard = time.monotonic() + STARTING
        self.gone = False

    @property
    def descriptor(self) -> int:
        """Becomes readable when something has been told."""
        return self._socket.fileno()

    def send(self, packet: bytes) -> None:
        """Hands a packet over; a process that has died takes none."""
        with suppress(OSError):
            self._socket.send(packet, socket.MSG_DONTWAIT)

    def order(self, what: str, service: str, *values: Any) -> None:
        """A person's order, or the run's, for one device, or for all ("")."""
        self.send(pack(["order", what, service, *values]))

    def say_alive(self, mission_ns: int) -> None:
        """The run is there, and at that mission time."""
        self.send(pack(["alive", "", mission_ns]))

    def note(self, kind: str, service: str, plain: Any) -> None:
        """Something for the recording alone."""
        self.send(pack([kind, service, plain]))

    def take(self, wait: float = 0.0) -> list[Any] | None:
        """What was told first, within so many seconds; None without. `gone`: nothing will be."""
        self._socket.settimeout(wait)
        while True:
            try:
                data = self._socket.recv(LARGEST)
            except (BlockingIOError, TimeoutError):
                self._look_whether_hung()
                return None
            except OSError:
                data = b""
            if not data:
                self.gone = True
                return None
            self._heard = time.monotonic()
            try:
                told = decode_plain(data)
            except CodecError:
                continue
            if isinstance(told, list) and told != ["alive"]:
                return told

    def _look_whether_hung(self) -> None:
        if time.monotonic() - self._heard > SILENT:
            self._process.kill()  # the dead man of each device has stopped it by now
            self.gone = True

    @property
    def identifier(self) -> int:
        """Of the process."""
        return self._process.pid

    def close(self) -> list[list[Any]]:
        """Ends it: it makes its devices safe first. What it has told that was not taken yet, and
        what it tells at its end."""
        until = time.monotonic() + PATIENCE
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        told: list[list[Any]] = []
        while not self.gone and (left := until - time.monotonic()) > 0.0:
            each = self.take(left)
            if each is not None:
                told.append(each)
        self._socket.close()
        try:
            self._process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        return told
