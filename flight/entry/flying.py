"""What the capsule does by itself between the orbiter and the ground.

Each activity finds out anew where it stands: the timer counts on, switch, accelerometer and wires
hold what happened, and what was begun is in storage. So a reboot in any phase costs samples only.
"""

import asyncio
from typing import Any

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.entry.safeguards import ENTRY_VOTE
from flight.entry.sensing import (
    Sight,
    clear_latches,
    entry_due,
    landing_signs,
    look,
    note_separation,
    recall_entry,
    separation,
    since_separation,
    verify_payload,
    watched_before,
)
from flight.entry.vehicle import EntryVehicle
from flight.entry.watched import QUESTIONS
from flight.icd import places
from flight.icd.devices.base import DeviceError, usable

JOURNAL = "entry data"
BATCH = 16  # samples that a reboot may cost
ARMED_LOOK = 10.0  # s between looks at the wires
LONGEST_SLEEP = 6.0 * 3600.0  # s
SHORTEST_WAIT = 0.01  # s; what is left of a time is a rounding error in the end
AFTER_LANDING = 600.0  # s between looks on the ground
BEACON_PAUSE = 30.0  # s between attempts
STEADY = 3  # looks in a row that must agree that the braking is over
FALL = "entry.fall"  # what moves the tubes from the capsule's bay to the Earth


async def wait_for_separation(node: EntryVehicle, signal: Signal) -> str:
    """Armed: looks at the wires until they are cut."""
    while True:
        if await separation(node):
            return "separated"
        await asyncio.sleep(ARMED_LOOK)


async def sleep_until_entry(node: EntryVehicle, signal: Signal) -> str:
    """Dormant: sleeps until it is time to wake."""
    await note_release(node)
    while True:
        left = entry_due(node) - node.parameters["wake_before"] - await since_separation(node)
        if left <= 0.0:
            return "done"
        await asyncio.sleep(max(SHORTEST_WAIT, min(left, LONGEST_SLEEP)))


async def rest_in_the_orbiter(node: EntryVehicle, signal: Signal) -> None:
    """Stowed: takes back the intent to let the tubes fall, if the bay still holds them."""
    falling = [r for r in node.ledger.open_transfers() if r.moved_by == FALL]
    if falling and not node.is_released() and not await separation(node):
        try:
            for record in falling:
                evidence = await verify_payload(node, record.tube, record.slot, True)
                node.ledger.revert(record.tube, evidence)
        except DeviceError as error:
            node.trouble("payload_bay", str(error))
    await asyncio.Event().wait()


def begin_fall(node: EntryVehicle) -> None:
    """Writes the intent before the capsule can be let go: from then on nobody keeps the tubes from
    the ground."""
    for record in node.ledger.records():
        if record.status is CustodyStatus.HELD and record.place == node.handover.place:
            node.ledger.begin(record.tube, places.EARTH, FALL, record.slot)


async def note_release(node: EntryVehicle) -> None:
    """Notes the separation, once, and that the tubes are on their way."""
    begin_fall(node)
    await recall_entry(node)
    if node.release_noted:
        return
    try:
        counted = usable(await node.timer.state()).since_separation
    except DeviceError as error:
        node.trouble("timer", str(error))
        counted = 0.0
    note_separation(node, counted)
    node.release_noted = True
    node.separated = True
    node.released_from_orbiter(due=round(entry_due(node)))


async def watch_for_entry(node: EntryVehicle, signal: Signal) -> str:
    """Awake: two of g-switch, accelerometer and timer say when the air begins to brake."""
    if not node.watching:
        await clear_latches(node)
        node.watching = True
    due = entry_due(node)
    begin = due - watched_before(node)
    while True:
        elapsed = await since_separation(node)
        if elapsed >= due + node.parameters["beacon_after"]:
            return "overdue"
        if elapsed < begin:
            await asyncio.sleep(max(SHORTEST_WAIT, min(begin - elapsed, 60.0)))
            continue
        seen = await look(node)
        votes = {
            "g_switch": bool(seen.closed or seen.has_closed),
            "accelerometer": _has_braked(node, seen),
            "timer": elapsed >= due + node.parameters["entry_vote"],
        }
        if _agreed(node, votes):
            agreed = ", ".join(name for name, vote in votes.items() if vote)
            node.entry_sensed(votes=agreed, late=round(elapsed - due, 1))
            return "done"
        await asyncio.sleep(node.parameters["watch_period"])


def _has_braked(node: EntryVehicle, seen: Sight) -> bool:
    """Whether the accelerometer feels the load of an entry, or has felt it."""
    threshold = float(node.parameters["entry_load"])
    return (seen.load or 0.0) >= threshold or (seen.peak or 0.0) >= threshold


def _agreed(node: EntryVehicle, votes: dict[str, bool]) -> bool:
    if not node.context.structure.keeps(ENTRY_VOTE):
        return votes["g_switch"]
    return sum(votes.values()) >= 2


async def record_entry(node: EntryVehicle, signal: Signal) -> str:
    """Braking: samples until two of three say that the peak is over."""
    due, calm, wrong_sign = entry_due(node), 0, False
    samples = SampleBuffer(node, "braking")
    try:
        while True:
            node.vigil.alive(QUESTIONS)
            elapsed = await since_separation(node)
            if elapsed >= due + node.parameters["beacon_after"]:
                return "overdue"
            seen = await look(node)
            samples.add(elapsed, seen)
            wrong_sign |= (seen.axial or 0.0) <= -node.parameters["entry_load"]
            by_timer = elapsed >= due + node.parameters["descent_vote"]
            votes = {
                "g_switch": seen.closed is False,
                "accelerometer": (
                    seen.load is not None and seen.load < node.parameters["descent_load"]
                ),
                "timer": by_timer,
            }
            # Before the peak all is as quiet as after it.
            over = _agreed(node, votes) and (by_timer or _has_braked(node, seen))
            calm = calm + 1 if over else 0
            if calm >= STEADY:
                _judge_sensors(node, seen, wrong_sign)
                node.note_peak(seen.peak)
                return "done"
            await _wait(node, node.parameters["record_period"])
    finally:
        samples.flush()


async def _wait(node: EntryVehicle, seconds: float) -> None:
    """Until the next look; its watchdog knows that this long nothing is done."""
    node.vigil.alive(seconds)
    await asyncio.sleep(seconds)


def _judge_sensors(node: EntryVehicle, seen: Sight, wrong_sign: bool) -> None:
    """Reports who did not see the entry that the others saw."""
    if wrong_sign:
        node.sensor_outvoted(sensor="accelerometer", reason="its sign is wrong; taken as magnitude")
    if not seen.has_closed:
        node.sensor_outvoted(sensor="g_switch", reason="it has not closed")
    if not _has_braked(node, seen):
        node.sensor_outvoted(sensor="accelerometer", reason="it has felt no load")


async def watch_for_landing(node: EntryVehicle, signal: Signal) -> str:
    """Falling: landed when both torn wires and the shock say so.

    The loads of the entry may have latched what was no landing: both are cleared when their
    sensing starts, and only then, lest a reboot forget a landing.
    """
    if not node.falling:
        await clear_latches(node)
        node.falling = True
    due = entry_due(node)
    samples = SampleBuffer(node, "falling")
    try:
        while True:
            node.vigil.alive(QUESTIONS)
            elapsed = await since_separation(node)
            seen = await look(node)
            samples.add(elapsed, seen)
            torn, shock = await landing_signs(node, seen)
            if torn and shock:
                return "done"
            if elapsed >= due + node.parameters["beacon_after"]:
                return "overdue"
            await _wait(node, node.parameters["descent_period"])
    finally:
        samples.flush()


async def stay_on_the_ground(node: EntryVehicle, signal: Signal) -> str:
    """Landed, or due to have: the beacon on, custody settled once both sensors agree."""
    while True:
        await switch_beacon_on(node)
        settled = await settle_landing(node)
        if not node.announced:
            node.announced = True
            node.announce(settled)
        await node.sample()
        node.publish_telemetry()
        await asyncio.sleep(AFTER_LANDING if node.beacon_on else BEACON_PAUSE)


async def switch_beacon_on(node: EntryVehicle) -> None:
    """Switches the beacon on, and looks whether it sends."""
    try:
        state = await node.beacon.state()
        if not (state.valid and state.on):
            state = await node.beacon.set_power(True)
            if state.on:
                node.beacon_sends(power=state.power)
        node.beacon_on = state.on
    except DeviceError as error:
        node.beacon_on = False
        node.trouble("beacon", str(error))


async def settle_landing(node: EntryVehicle) -> bool:
    """Commits the tubes to the Earth if wires and shock agree; returns whether they do."""
    torn, shock = await landing_signs(node, await look(node))
    falling = [r for r in node.ledger.open_transfers() if r.moved_by == FALL]
    if torn and shock:
        words = f"wires torn; shock of {(node.shock or 0.0) / STANDARD_GRAVITY:.0f} g"
        for record in falling:
            node.ledger.commit(
                record.tube, Evidence("entry.impact_sensor, entry.accelerometer", words)
            )
        return True
    if falling:
        node.trouble(
            "landing", f"wires {'torn' if torn else 'whole'}, {'a' if shock else 'no'} shock"
        )
    return False


async def live_by_the_timer(node: EntryVehicle, signal: Signal) -> str:
    """Safe: while attached nothing moves; in flight the timer alone brings the beacon."""
    while True:
        if await separation(node):
            await note_release(node)
            due = entry_due(node) + node.parameters["beacon_after"]
            left = due - await since_separation(node)
            # Never at once: an error on the ground would lead here and back without end.
            await asyncio.sleep(max(min(left, LONGEST_SLEEP), BEACON_PAUSE))
            if left <= LONGEST_SLEEP:
                return "overdue"
        else:
            await asyncio.sleep(3600.0)


class SampleBuffer:
    """Collects samples and writes them in batches."""

    def __init__(self, node: EntryVehicle, phase: str) -> None:
        self._node = node
        self._phase = phase
        self._waiting: list[list[Any]] = []

    def add(self, elapsed: float, seen: Sight) -> None:
        """One sample: phase, s since separation, axial acceleration (m/s^2), g-switch."""
        axial = None if seen.axial is None else round(seen.axial, 2)
        self._waiting.append([self._phase, round(elapsed, 3), axial, seen.closed])
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what waits. A node that is going down has no storage left to write to."""
        waiting, self._waiting = self._waiting, []
        self._node.keep_samples(JOURNAL, waiting)
