"""The bench process: all that knows a wire, on wall time. `python -m sim_hw.bench.process FD`.

It speaks to the run over one socket of packets, each a MessagePack array. When the run is gone it
makes all devices safe and ends; when it is gone itself, each device's dead man does so. The stop of
the interlock is here, so that it needs no run that listens: by a key of the terminal, by a file, by
an order. It latches.
"""

import asyncio
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from flight.icd.codec import CodecError, decode_plain, pack
from flight.runtime.loop import run
from flight.runtime.nursery import Nursery
from flight.runtime.paced_loop import PacedLoop
from sim_hw.bench.adapters.opening import AdapterOpener, Opener, Starts, end_of, opener_of
from sim_hw.bench.adapters.process import Told
from sim_hw.bench.between import Between, Rule
from sim_hw.bench.device_link import LOOK, RETRY, DeviceLink
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.interlock import Interlock, InterlockRules
from sim_hw.bench.realtime import real_time
from sim_hw.bench.recorder import CannotRecord, Recorder
from sim_hw.bench.recording_what import FOR_THE_RECORD, record_heard, record_told
from sim_hw.bench.starvation import Starvation
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import ProtocolClient
from sim_hw.bench.wire.device_clock import STRETCH
from sim_hw.bench.wire.fault_unit import FaultUnit
from sim_hw.bench.wire.hints import silence_words
from sim_hw.bench.wire.tap import TappedWire
from sim_hw.bench.wire.wire import Wire, WireLost

LARGEST = 128 << 10  # bytes of a packet
ALIVE = 0.25  # s between two words that it is there
MOST_WAITING = 2_000  # packets for a run that takes none; then the device that talks is dropped
SWITCH = 5e-4  # s that one thread goes on for while another waits
LAST_WORDS = 1.0  # s that a run may take to hear what is told at the end
FIRST_CLOCKS = 2.0  # s until the clocks of the devices are told first
RUN_SILENT = 3.0  # s without a word of the run, in which what moves goes on


class RealDevice(msgspec.Struct, frozen=True):
    """What the process is told of one device. `adapter`: where it does not speak the protocol."""

    wanted: dict[str, Any]
    address: str
    allow_network: bool = False
    rules: GuardRules = GuardRules()
    adapter: Told | None = None


class Setting(msgspec.Struct, frozen=True):
    """The first packet that it gets."""

    devices: list[RealDevice]
    interlock: InterlockRules = InterlockRules()
    between: Sequence[Rule] = ()
    recording: str = ""
    """The file of the recording; "" for none."""
    record_wire: bool = True
    realtime: int = 0
    """The priority of SCHED_FIFO, with memory locked and no garbage collection, as far as that is
    permitted; 0: as any program."""


def no_hint(wire: Wire, client: ProtocolClient) -> str:
    """An adapter says itself what is wrong."""
    return ""


class Bench:
    """The devices, and the socket of the run."""

    def __init__(self, run_socket: socket.socket) -> None:
        self._socket = run_socket
        self._loop = asyncio.get_running_loop()
        self._links: dict[str, DeviceLink] = {}
        self._started: list[Opener] = []
        self._units: dict[str, FaultUnit] = {}
        self._recorder: Recorder | None = None
        self._clocks_due = self._loop.time() + FIRST_CLOCKS
        self._incomplete = False  # the run was told that the recording is
        self._waiting: deque[bytes] = deque()
        self._starvation = Starvation(ALIVE, self._loop.time)
        self._heard = self._loop.time()
        self.ended = self._loop.create_future()

    async def work(self) -> None:
        """Serves the run until that is gone."""
        setting = msgspec.convert(decode_plain(self._socket.recv(LARGEST)), Setting)
        self._socket.setblocking(False)
        self._record_wire = setting.record_wire
        if setting.recording:
            self._open_recording(Path(setting.recording))
        interlock = Interlock(setting.interlock, self._links, self._tell)
        no: AbstractContextManager[list[str]] = nullcontext([])
        try:
            with real_time(setting.realtime) if setting.realtime else no as refused:
                if setting.realtime:
                    self._tell(["realtime", "", refused])
                    if self._recorder is not None:
                        self._recorder.prefer(setting.realtime - 1)
                await self._serve(setting, interlock)
        finally:
            if self._recorder is not None:
                self._recorder.close()
                self._look_at_recording()  # what has gone wrong since, or at its end
            self._say_the_rest()

    async def _serve(self, setting: Setting, interlock: Interlock) -> None:
        async with Nursery("bench") as nursery:
            for each in setting.devices:
                link = self._add(each)
                nursery.start(link.run(), name=link.wanted.service)
            between = Between(setting.between, self._links)
            nursery.start(interlock.watch(), name="interlock")
            self._interlock = interlock
            self._loop.add_reader(self._socket.fileno(), self._hear)
            self._say_alive()
            await self.ended
            self._loop.remove_reader(self._socket.fileno())
            self._loop.remove_writer(self._socket.fileno())
            between.close()
            for link in self._links.values():
                await link.close()
            for opener in self._started:
                await end_of(opener)
            interlock.close()
            nursery.cancel()

    def _open_recording(self, file: Path) -> None:
        try:
            self._recorder = Recorder(file)
        except CannotRecord as why:
            self._tell(["recording", "", str(why)])
        except Exception as error:  # of the library, whatever it is: the flight does not need it
            self._tell(["recording", "", f"{file}: {type(error).__name__}: {error}"])
        sys.setswitchinterval(SWITCH)  # who writes does not hold up who answers

    def _add(self, each: RealDevice) -> DeviceLink:
        wanted = msgspec.convert(each.wanted, Wanted)
        opener = opener_of(each.address, each.adapter, allow_network=each.allow_network)
        hint, look = no_hint, LOOK
        if isinstance(opener, Starts):
            self._started.append(opener)
            look = RETRY  # each look may be a process of its own
        if not isinstance(opener, AdapterOpener):
            address = read_address(each.address, allow_network=each.allow_network)
            hint = partial(silence_words, address)
        unit = self._units[wanted.service] = FaultUnit(wanted.service, self._tell)
        link = DeviceLink(
            wanted, partial(self._open_wire, each.address, opener, unit, wanted.service),
            self._tell, each.rules, hint, look, self._starvation.words,
        )  # fmt: skip
        self._links[link.wanted.service] = link
        return link

    async def _open_wire(
        self, address: str, opener: Opener, unit: FaultUnit, service: str
    ) -> Wire:
        cut = unit.cut_by
        if cut:
            raise WireLost(f"{address}: the line is broken by fault {cut}")
        recorder = self._recorder if self._record_wire else None
        return TappedWire(await opener(), service, unit, recorder)

    # ---------------------------------------------------------- to the run

    def _say_alive(self) -> None:
        if not self.ended.done():
            self._loop.call_later(ALIVE, self._say_alive)
            self._starvation.look()
            self._tell(["alive"])
            self._look_at_run()
            self._look_at_recording()
            self._look_at_clocks()

    def _look_at_run(self) -> None:
        """What moves on behalf of a run that has said nothing for long is stopped."""
        if self._loop.time() - self._heard > RUN_SILENT:
            for link in self._links.values():
                if link.guard.may_move(self._loop.time()):
                    link.inhibit("run", f"the run has said nothing for {RUN_SILENT:g} s")

    def _look_at_recording(self) -> None:
        """From when on it is incomplete, and why, is told once, as soon as it is known."""
        missing = None if self._recorder is None else self._recorder.incomplete()
        if missing is not None and not self._incomplete:
            self._incomplete = True
            self._tell(["recording", "", *missing])

    def _look_at_clocks(self) -> None:
        """How the devices' clocks go beside this one's is told now and then."""
        now = self._loop.time()
        if now < self._clocks_due:
            return
        self._clocks_due = now + STRETCH
        for service, link in self._links.items():
            figures = link.clock.figures
            if figures is not None:
                self._tell(["clock", service, {**vars(figures), "boot": link.boot}])

    def _note(self, note: Callable[..., None], *told: Any) -> None:
        """Into the recording, if there is one; whatever that ends in ends the recording alone."""
        if self._recorder is None:
            return
        try:
            note(self._recorder, *told)
        except Exception as error:
            self._recorder.give_up(error)

    def _tell(self, message: list[Any]) -> None:
        if len(self._waiting) >= MOST_WAITING and message[0] == "effect":
            self._links[message[1]].drop("it says more than anybody can take")
            return
        if message[0] != "alive":
            self._note(record_told, message)
        self._waiting.append(pack(message))
        if len(self._waiting) == 1:
            self._send()

    def _say_the_rest(self) -> None:
        """At the end, to a run that still listens."""
        self._loop.remove_writer(self._socket.fileno())
        self._socket.settimeout(LAST_WORDS)
        with suppress(OSError):
            while self._waiting:
                self._socket.send(self._waiting[0])
                self._waiting.popleft()

    def _send(self) -> None:
        while self._waiting:
            try:
                self._socket.send(self._waiting[0])
            except BlockingIOError:
                self._loop.add_writer(self._socket.fileno(), self._send)
                return
            except OSError:
                self._end()
                return
            self._waiting.popleft()
        self._loop.remove_writer(self._socket.fileno())

    # -------------------------------------------------------- from the run

    def _hear(self) -> None:
        try:
            data = self._socket.recv(LARGEST)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
            return
        try:
            kind, service, *values = decode_plain(data)
        except (CodecError, ValueError, TypeError):
            return
        self._heard = self._loop.time()
        self._note(record_heard, kind, service, values)
        if kind in FOR_THE_RECORD:
            return
        if kind == "order":
            self._order(service, *values)
            return
        for each in self._links.values():
            each.allow("run")
        link = self._links.get(service)
        if kind == "alive" or link is None:
            return  # what a recorded one is asked is noted alone
        if kind == "call":
            link.call(*values[:5])
        elif kind == "cancel":
            link.cancel(*values)
        elif kind == "drop":
            link.drop(*values)

    def _order(self, what: str, service: str, *values: Any) -> None:
        """A person's, or the run's: for one device, or for all ("")."""
        links = [self._links[service]] if service else list(self._links.values())
        if what == "fault":
            self._break(self._units[service], *values)
        elif what == "stop":
            self._interlock.stop(*values)
        elif what == "release":
            self._interlock.release()
        for link in links:
            if what == "arm":
                link.arm(*values)
            elif what == "safe":
                link.make_safe(*values)
            elif what == "swap":
                link.swap(*values)
            elif what == "inhibit":
                link.inhibit(*values)
            elif what == "allow":
                link.allow(*values)
        self._tell(["ordered", service, what, *values[:1]])

    def _break(self, unit: FaultUnit, what: str, identifier: str, *more: Any) -> None:
        """The fault unit of a device begins or heals a fault."""
        if what == "begin":
            unit.begin(identifier, *more)
        else:
            unit.heal(identifier)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def main(descriptor: int) -> None:
    """Serves the run at the other end of a socket."""
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as run_socket:

        async def work() -> None:
            await Bench(run_socket).work()

        run(work(), PacedLoop())


if __name__ == "__main__":
    main(int(sys.argv[1]))
