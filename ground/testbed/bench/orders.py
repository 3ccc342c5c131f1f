"""What a person may ask of a bench while a flight goes on: arming, safe, stop, and the pace."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Protocol

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Descriptors, ThrottledLoop, checked_rate
from ground.api.benches import LETS_MOVE, why_may_not
from ground.testbed.bench.file import BenchFile
from ground.testbed.bench.opening import check_arming
from ground.testbed.hosts.throttled import ThrottledHost
from ground.testbed.operating.run_control import Order
from ground.testbed.record.inputs import InputRefused
from sim_hw.bench.device_link import ABSENT, ARMED, LOST, REFUSED
from sim_hw.bench.port import BenchPort, BenchProcess
from sim_hw.faults.line_names import KINDS

LOOK = 0.1  # s
"""Orders that are late when nobody waits for them any more; stop and safe are never late."""
PAUSE = "pause"
BY_HAND = "by hand"
"""The name of the fault of a line that a person puts there: one for each device."""
PAUSED_WITHIN = 2.0  # s of the wall in which what is real is safe, or lost


class OrderedBench(Protocol):
    """The bench, as far as orders need it."""

    @property
    def file(self) -> Path:
        """For sentences."""
        ...

    @property
    def bench(self) -> BenchFile:
        """What is real, and how fast a run may go meanwhile."""
        ...

    @property
    def is_live(self) -> bool:
        """Whether devices are asked."""
        ...

    @property
    def outside(self) -> Descriptors:
        """The wall clock."""
        ...


class BenchOrders(ThrottledHost):
    """The part of a bench's host that hears people."""

    _bench: OrderedBench
    _process: BenchProcess | None
    _bench_loop: ThrottledLoop
    _last: dict[str, str]
    _stopped: str
    _wanted: float
    port: BenchPort
    _wants: dict[str, str]
    """The serial numbers that were put in, by service."""
    _by_hand: dict[str, str]
    """How people have broken the lines of devices, by service."""

    @abstractmethod
    def _put(self, told: list[Any]) -> None:
        """Something told by the bench waits for its turn."""

    @abstractmethod
    def _keep_pace(self) -> None:
        """Sets the pace by what is real, and by what is wanted."""

    def ordered(self, asked: Order) -> None:
        """A person arms, makes safe, stops or releases; raises InputRefused.

        Who has asked for what, and what was refused, stands in the events of the run.
        """
        at = "at its terminal" if asked.roles is None else ", ".join(asked.roles) or "no roles"
        what = " ".join(filter(None, (asked.order, asked.service, asked.kind)))
        time = "" if asked.seconds is None else f" for {asked.seconds:g} s"
        words = f"{asked.who} ({at}) orders of the bench: {what}{time}"
        try:
            why = why_may_not(asked.who, asked.order, asked.roles)
            if why:
                raise InputRefused(why)
            self._do_order(asked)
        except InputRefused as refusal:
            self._happenings.told("bench_order_refused", f"{words}; refused: {refusal}")
            raise
        self._happenings.told("bench_ordered", words)

    def _do_order(self, asked: Order) -> None:
        process, devices = self._process, self._bench.bench.wired
        if process is None or process.gone:
            raise InputRefused("no real device is there: the run flies from its record, or its "
                               "bench process has ended")  # fmt: skip
        if asked.service and asked.service not in devices:
            raise InputRefused(f"{asked.service}: allowed is one of {', '.join(devices)}")
        late = 0.0 if asked.until is None else self._bench.outside.now() - asked.until
        if late > 0.0 and asked.order in LETS_MOVE:
            raise InputRefused(f"late: nobody has waited for it for {late:.1f} s; order it anew")
        if asked.order == "arm":
            if asked.seconds is None or not asked.service:
                raise InputRefused("arm: one service, and for how many seconds")
            if self._stopped:
                raise InputRefused(f"{self._stopped}: release that first (`msr hil release RUN`)")
            state = self._last.get(asked.service, "")
            if state in (ABSENT, LOST, REFUSED):
                raise InputRefused(f"{asked.service} is {state}: it is armed when it is there")
            try:
                check_arming(self._bench.file, self._bench.bench, asked.service, asked.seconds)
            except ConfigurationError as error:
                raise InputRefused(str(error)) from None
            process.order("arm", asked.service, asked.seconds, asked.who)
        elif asked.order == "safe":
            process.order("safe", asked.service, f"{asked.who} made it safe")
        elif asked.order in ("inject", "heal"):
            self._break_by_hand(process, asked)
        elif asked.order == "swap":
            self._swap(process, asked)
        elif asked.order == "stop":
            words = f"stopped by {asked.who}"
            process.order("stop", "", words)
            if not self._has_heard(process, ["ordered", "", "stop", words]):
                raise InputRefused("the bench does not say that it has stopped: use its own stop")
        else:
            process.order("release", "")
            if not self._has_heard(process, ["ordered", "", "release"]) or self._stopped:
                raise InputRefused(self._stopped or "the bench does not say that it is released")

    def _break_by_hand(self, process: BenchProcess, asked: Order) -> None:
        """A person breaks the line of a device, or mends it; raises InputRefused."""
        device = self._bench.bench.wired.get(asked.service)
        if device is None:
            raise InputRefused(f"{asked.order}: one service")
        if asked.order == "heal":
            process.order("fault", asked.service, "heal", BY_HAND)
            self._by_hand.pop(asked.service, None)
            return
        if asked.kind not in KINDS:
            raise InputRefused(f"kind = {asked.kind!r}: allowed is one of {', '.join(KINDS)}")
        if asked.kind not in device.faults:
            raise InputRefused(
                f"the bench file allows the line of {asked.service} "
                f"{', '.join(device.faults) or 'no'} faults: add {asked.kind} to "
                f"devices.{asked.service}.faults"
            )
        figure = {"delay": 0.2, "drop": 0.5, "corrupt": 0.5}.get(asked.kind, 0.0)
        figure = figure if asked.figure is None else asked.figure
        process.order("fault", asked.service, "begin", BY_HAND, asked.kind, figure)
        self._by_hand[asked.service] = asked.kind

    def _swap(self, process: BenchProcess, asked: Order) -> None:
        """A person puts a spare in the place of a device; raises InputRefused."""
        device, serial = self._bench.bench.wired.get(asked.service), asked.kind
        if device is None:
            raise InputRefused("swap: one service")
        if not device.spares:
            raise InputRefused(f"the bench file has no devices.{asked.service}.spares")
        wanted = self._wants.get(asked.service, device.identity.serial)
        others = [each for each in device.serials if each != wanted]
        if serial not in others:
            raise InputRefused(
                f"serial = {serial!r}: allowed is one of {', '.join(others)}; {wanted} is wanted "
                "there now"
            )
        if self.port.lines[asked.service].moving:
            raise InputRefused(
                f"{asked.service} is in motion: wait until it stands, or make it safe first "
                f"(`msr hil safe RUN {asked.service}`)"
            )
        process.order("swap", asked.service, serial, asked.who)
        if not self._has_heard(process, ["ordered", asked.service, "swap", serial]):
            raise InputRefused("the bench does not say that it is taken out: make it safe")
        self._wants[asked.service] = serial

    def pace_asked(self, rate: float, until_ns: int | None) -> None:
        """A person sets the pace. With something real armed it is not made faster than the bench's,
        nor a way to an instant; a pause makes safe first. Raises InputRefused, ValueError."""
        checked_rate(rate)
        # As it was told last: that may still wait for its turn in the run.
        armed = [service for service, state in self._last.items() if state == ARMED]
        most = self._bench.bench.pace
        if armed and self._process is not None:
            if until_ns is not None:
                raise InputRefused(
                    f"{are(armed)} real and armed: no jump to an instant; make it safe first "
                    "(`msr hil safe RUN`), or pause"
                )
            if rate > most:
                raise InputRefused(
                    f"{are(armed)} real and armed: allowed is a pace up to {most:g}; make it safe "
                    "first (`msr hil safe RUN`)"
                )
        if until_ns is not None and until_ns < self._bench_loop.time_ns():
            self._bench_loop.set_pace(rate, until_ns)  # says why it cannot be
        if self._process is not None and not self._process.gone:
            if rate == 0.0:
                self._make_safe_to("the run is paused")
            elif until_ns is not None:  # whoever arms it meanwhile, and if it comes back armed
                self._make_safe_to("the run is on its way to an instant, at a pace of its own")
            else:
                self._process.order("allow", "", PAUSE)
        self._wanted = rate
        self._bench_loop.set_pace(rate, until_ns)
        if rate > 0.0 and until_ns is None:
            self._keep_pace()

    def _make_safe_to(self, why: str) -> None:
        """All real devices are safe before the time of the run stands, or jumps, and stay so until
        it goes on; raises InputRefused where the bench process does not say so, and has not ended
        either."""
        process = self._process
        assert process is not None
        process.order("inhibit", "", PAUSE, why)
        if not self._has_heard(process, ["ordered", "", "inhibit", PAUSE]) and not process.gone:
            process.order("allow", "", PAUSE)
            raise InputRefused("the bench does not say that all is safe: the pace stays")

    def _has_heard(self, process: BenchProcess, answer: list[Any]) -> bool:
        """Whether the bench process has done what it was told to; it has some time to say so."""
        until = self._bench.outside.now() + PAUSED_WITHIN
        while not process.gone and self._bench.outside.now() < until:
            told = process.take(LOOK)
            if told is not None:
                self._put(told)
                if told == answer:
                    return True
        return False


def are(armed: list[str]) -> str:
    """Their names, and the verb."""
    return f"{', '.join(armed)} {'is' if len(armed) == 1 else 'are'}"
