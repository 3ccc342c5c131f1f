"""The Earth entry capsule: carried by the orbiter, let go three days out, on its own to the ground.

After the release nobody can command it: it lives by its timer and its sensors, until it lies on the
ground with its beacon on.
"""

from collections.abc import Awaitable
from typing import Annotated, Any

import msgspec

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.exchanges import ExchangeFailed
from flight.core.tries import SETTING, insist
from flight.entry.flying import (
    JOURNAL,
    begin_fall,
    live_by_the_timer,
    record_entry,
    rest_in_the_orbiter,
    sleep_until_entry,
    stay_on_the_ground,
    wait_for_separation,
    watch_for_entry,
    watch_for_landing,
)
from flight.entry.sensing import (
    check_items,
    note_separation,
    separation,
    verify_payload,
)
from flight.entry.vehicle import CARRIER, EntryVehicle
from flight.entry.witnesses import TIMER_SET
from flight.icd import places
from flight.icd.devices.base import DeviceError, DeviceFault, usable
from flight.icd.devices.entry_capsule import TimerState
from flight.icd.exchanges import CAPSULE_STATUS, SET_ENTRY, CapsuleStatus, EntryTime, Nothing
from flight.icd.messages import Message

ATTACHED = ("stowed", "checking", "armed")
LONGEST_COAST = 3.0e6  # s
NOT_SET = "not_set"
"""Of a timer that answers, and keeps another time than it was told."""


async def run_checks(node: EntryVehicle, signal: Signal) -> Signal:
    """Looks at every sensor while nothing happens: what speaks now would vote wrongly later."""
    faults = await check_items(node)
    node.checked = not faults
    if faults:
        raise ActivityFailed("; ".join(faults))
    return Signal("done", {"result": "all sensors at rest, battery charged"})


def _attached(node: EntryVehicle, signal: Signal) -> bool:
    return not node.is_released()


def _note_released(node: EntryVehicle, signal: Signal) -> None:
    note_separation(node, 0.0)


class EntryCapsule(EntryVehicle):
    """The Earth entry capsule."""

    statechart = Statechart(
        State("stowed", initial=True, activity=rest_in_the_orbiter, outcomes=(),
              doc="in the orbiter, fed by it; receives the container"),
        State("checking", activity=run_checks),
        State("armed", activity=wait_for_separation, outcomes=("separated",)),
        State("released", activity=sleep_until_entry, doc="dormant; the timer counts"),
        State("awake", activity=watch_for_entry, outcomes=("done", "overdue"),
              safing=Safing.FORBIDDEN, restarts=3),
        State("entering", activity=record_entry, outcomes=("done", "overdue"),
              safing=Safing.FORBIDDEN, restarts=3),
        State("descending", activity=watch_for_landing, outcomes=("done", "overdue"),
              safing=Safing.FORBIDDEN, restarts=3),
        State("landed", activity=stay_on_the_ground, outcomes=(), doc="the beacon sends"),
        State("safe", activity=live_by_the_timer, outcomes=("overdue",)),
        transitions=[
            On("run_checks", "stowed", "checking"),
            On("done", "checking", "stowed"),
            On("failed", "checking", "stowed"),
            On("abort", "checking", "stowed"),
            On("arm", "stowed", "armed"),
            On("disarm", "armed", "stowed"),
            On("failed", "stowed", "stowed"),
            On("separated", ATTACHED, "released", action=_note_released),
            On("failed", "armed", "armed"),
            On("done", "released", "awake"),
            On("failed", "released", "awake"),
            On("done", "awake", "entering"),
            On("failed", "awake", "awake"),
            On("done", "entering", "descending"),
            On("failed", "entering", "descending"),
            On("done", "descending", "landed"),
            On("failed", "descending", "descending"),
            On("overdue", ("awake", "entering", "descending", "safe"), "landed"),
            On("failed", "landed", "landed"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "stowed", guard=_attached),
            On("failed", "safe", "safe"),
        ],
        ignored=("abort", "separated"),
    )  # fmt: skip

    def attach(self) -> None:
        super().attach()
        self.handover = PassiveHandover(
            self, places.ENTRY_CAPSULE, self._verify, refusal=self._refusal
        )
        self.exchanges.answer(CAPSULE_STATUS, self._status)
        self.exchanges.answer(SET_ENTRY, self._take_entry)

    async def _verify(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return await verify_payload(self, tube, slot, expected)

    def _refusal(self) -> str:
        return "" if self.is_in("stowed") else f"the capsule takes nothing in state {self.state}"

    async def _status(self, source: str, asked: Nothing) -> CapsuleStatus:
        await self.sample()
        return CapsuleStatus(self.state, self.payload_seated, self.tubes_held, self.checked)

    def _arrived(self, peer: bytes, message: Message) -> None:
        """In flight the wire to the orbiter is cut: whatever is said there, nobody hears it."""
        if not self.is_released() or self.is_in("landed"):
            super()._arrived(peer, message)

    async def sample(self) -> None:
        try:
            bay = usable(await self.payload_bay.state())
            self.payload_temperature = round(bay.temperature, 2)
            self.payload_seated = sum([*bay.seated, bay.latched]) >= 2
            charge = await self.battery.state()
            self.state_of_charge = round(charge.state_of_charge, 4) if charge.valid else None
        except DeviceError as error:
            self.trouble("sampling", str(error))
        held = (CustodyStatus.HELD, CustodyStatus.IN_TRANSIT)
        self.tubes_held = sum(r.status in held for r in self.ledger.records())
        if self.state in ATTACHED or self.is_in("safe"):
            self.separated = await separation(self)
            if self.separated:
                self.post("separated")

    @command(deadline=600.0, starts="checking", restart=Restart.RESUME)
    def run_checks(self) -> None:
        """Looks at every sensor and the battery while nothing happens."""

    @command(deadline=60.0, allowed_in="stowed", hazard=Hazard.RELEASE)
    def arm(
        self,
        entry_after: Annotated[float, msgspec.Meta(ge=0.0, le=LONGEST_COAST, extra={"unit": "s"})],
    ) -> Awaitable[dict[str, Any]]:
        """Sets about the time from separation to entry and waits for the separation; before it lets
        go, the orbiter sets the time by its prediction."""
        if not self.checked:
            raise CommandRejected("the last checks have not passed: run_checks first")
        if not self._in_time(entry_after):
            raise CommandRejected(f"entry_after = {entry_after} s: {self._allowed_times()}")
        if self.ledger.open_transfers():
            raise CommandRejected("a hand-over is not settled")
        if not any(r.status is CustodyStatus.HELD for r in self.ledger.records()):
            raise CommandRejected("the capsule holds no tube")
        return self._set_timer(entry_after)

    async def _take_entry(self, source: str, asked: EntryTime) -> EntryTime:
        """The orbiter tells, before it lets go, when the entry will be by its prediction."""
        seconds = asked.entry_after
        if source != CARRIER:
            raise ExchangeFailed(f"{source} does not carry the capsule")
        if not self.is_in("armed"):
            raise ExchangeFailed(f"the capsule is {self.state}, not armed")
        if seconds is None or not self._in_time(seconds):
            raise ExchangeFailed(f"entry_after = {seconds}: {self._allowed_times()}")
        await self._keep_entry(seconds, predicted=True)
        return EntryTime(self.entry_after)

    def _in_time(self, seconds: float) -> bool:
        return bool(self.parameters["wake_before"] < seconds <= LONGEST_COAST)

    def _allowed_times(self) -> str:
        return (
            f"allowed is more than the {self.parameters['wake_before']} s that the capsule wakes "
            f"before, and {LONGEST_COAST} s at most"
        )

    async def _keep_entry(self, seconds: float, *, predicted: bool) -> None:
        async def set_timer() -> TimerState:
            await self.timer.set_entry(seconds)
            # What was written is not what says that it is written.
            state = usable(await self.timer.state())
            if abs(state.entry_after - seconds) > 1.0:
                self.result_unconfirmed(actuation=TIMER_SET.what, witness=TIMER_SET.seen_by)
                raise DeviceFault(NOT_SET, f"the timer keeps {state.entry_after:g} s")
            return state

        def failed(number: int, error: DeviceError) -> None:
            self.trouble("timer", f"try {number}: {error}")

        def runs(error: DeviceError) -> bool:
            return isinstance(error, DeviceFault) and error.code == "running"

        try:
            kept = (await insist(set_timer, SETTING, failed, is_hopeless=runs)).entry_after
        except DeviceFault as fault:
            if fault.code != NOT_SET:
                raise
            kept = seconds  # what it counts is held against the clock, and two of three decide
            self.trouble("timer", f"{fault}, not {seconds:g} s: that is kept here")
        self.entry_time, self.entry_predicted = kept, predicted
        self.entry_after = kept

    async def _set_timer(self, entry_after: float) -> dict[str, Any]:
        await self._keep_entry(entry_after, predicted=False)
        begin_fall(self)
        self.post("arm")
        return {"entry_after": self.entry_after}

    @command(deadline=60.0, allowed_in="armed")
    def disarm(self) -> None:
        """Waits for no separation any more."""
        self.post("disarm")

    @command(deadline=60.0, allowed_in="landed")
    def read_out(self) -> dict[str, Any]:
        """What the recovery crew reads over the umbilical: samples kept, peak load, shock."""
        return {
            "samples": self.storage.count(JOURNAL),
            "peak_load": self.peak_load,
            "shock": self.shock,
            "payload_temperature": self.payload_temperature,
        }
