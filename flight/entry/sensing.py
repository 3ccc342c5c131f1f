"""How the capsule knows what time it is and what happens to it: never by one sensor alone.

A g-switch built in the wrong way round has cost a mission its landing. So each phase of the flight
is declared by two votes of three: g-switch, accelerometer, timer. Who was outvoted is reported.
"""

from dataclasses import dataclass

from flight.core.custody.ledger import Evidence
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.entry.vehicle import EntryVehicle
from flight.icd.devices.base import DeviceError, usable

REST_LOAD = 2.0  # m/s^2 that the accelerometer may show in free fall
DETECTION_DELAY = 3_700.0  # s within which a separation is noticed in any state
LONGEST_DOUBT = 3_000.0
"""s for which two wires against the battery are asked again; the timer tells the rest of it."""
SHORT_DOUBT = 15.0  # s for which a battery that gives current, against one wire, is asked again
OWN_POWER = -0.001  # A: the battery gives current, so that nobody else does


@dataclass(frozen=True)
class Sight:
    """One look at g-switch and accelerometer; None: that one did not answer, or not validly.

    `load` is the magnitude in m/s^2: an accelerometer with the wrong sign still tells it.
    """

    closed: bool | None
    has_closed: bool | None
    load: float | None
    axial: float | None
    peak: float | None


async def look(node: EntryVehicle) -> Sight:
    """Reads both; what fails is reported once and left out."""
    closed = has_closed = load = axial = peak = None
    try:
        switch = await node.g_switch.state()
        if switch.valid:
            closed, has_closed = switch.closed, switch.has_closed
    except DeviceError as error:
        node.trouble("g_switch", str(error))
    try:
        felt = await node.accelerometer.state()
        if felt.valid:
            load, axial, peak = abs(felt.axial), felt.axial, felt.peak
    except DeviceError as error:
        node.trouble("accelerometer", str(error))
    return Sight(closed, has_closed, load, axial, peak)


async def separation(node: EntryVehicle) -> bool:
    """Whether the capsule has been let go: by both wires and the battery that gives current.

    Nothing takes that back, so one device alone does not say it at once. Where both wires are cut
    and the battery is still fed, or the wires differ, it is asked again; see `_doubted`.
    """
    wires: list[bool] = []
    try:
        wires = usable(await node.timer.state()).separated
    except DeviceError as error:
        node.trouble("timer", str(error))
    cut = wires[0] if wires and all(wire is wires[0] for wire in wires) else None
    if cut is False:
        node.doubted_since = None
        return False
    alone: bool | None = None
    try:
        alone = usable(await node.battery.state()).current < OWN_POWER
    except DeviceError as error:
        node.trouble("battery", str(error))
    if cut and alone is not False:
        return True
    node.trouble("separation", f"the wires say {wires}, the battery {alone}")
    return _doubted(node, alone if cut is None else cut, LONGEST_DOUBT if cut else SHORT_DOUBT)


def _doubted(node: EntryVehicle, wanted: bool | None, patience: float) -> bool:
    """What is believed of sources that contradict each other: that nothing has happened, until
    they have said so for a while (s) without a break; two wires are believed only while it waits
    to be let go."""
    now = monotonic()
    if not wanted:
        node.doubted_since = None
        return False
    since = node.doubted_since
    if since is None:
        node.doubted_since = since = now
    return now - since >= patience and (patience == SHORT_DOUBT or node.is_in("armed"))


async def since_separation(node: EntryVehicle) -> float:
    """Seconds since the capsule was let go: by the timer, or by the clock when they disagree.

    The clock noted the separation itself; a timer that has stopped, or was started by a broken
    wire, is off by more than the clock can be.
    """
    noted = node.released_at
    by_clock = None if noted is None else node.clock.count() - noted
    try:
        by_timer = usable(await node.timer.state()).since_separation
    except DeviceError as error:
        node.trouble("timer", str(error))
        return by_clock or 0.0
    if by_clock is None:
        return by_timer
    if abs(by_timer - by_clock) > node.parameters["clock_tolerance"]:
        node.trouble("clocks", f"timer {by_timer:.0f} s, clock {by_clock:.0f} s: by the clock")
        return by_clock
    return by_timer


def note_separation(node: EntryVehicle, by_timer: float) -> None:
    """Remembers when the capsule was let go, by its clock's count: no correction moves that."""
    late = by_timer if 0.0 < by_timer <= DETECTION_DELAY else 0.0
    node.released_at = node.clock.count() - late


async def recall_entry(node: EntryVehicle) -> None:
    """Who has lost its memory has the time of the entry from its timer, which keeps it."""
    if node.entry_time is not None:
        return
    try:
        kept = (await sound(node.timer.state)).entry_after
    except DeviceError as error:
        node.trouble("timer", str(error))
        return
    if kept > 0.0:
        node.entry_time = node.entry_after = kept
        node.entry_predicted = False  # whoever set it


def entry_due(node: EntryVehicle) -> float:
    """Seconds from separation to the planned entry; the longest coast where it was never set."""
    return node.entry_time or float(node.parameters["longest_coast"])


def watched_before(node: EntryVehicle) -> float:
    """Seconds before the planned entry from which on the sensors are watched closely.

    A time that follows from the predicted entry is right within what its clocks may differ; one
    that was set long before the release, from when on the capsule is awake.
    """
    limit = "clock_tolerance" if node.entry_predicted else "wake_before"
    return float(node.parameters[limit])


async def verify_payload(
    node: EntryVehicle, tube: str, slot: int | None, expected: bool
) -> Evidence:
    """Whether the container sits in the bay: two of both seat switches and the latch."""
    state = await sound(node.payload_bay.state)
    votes = [*state.seated, state.latched]
    words = (
        f"seat switches {', '.join('closed' if seat else 'open' for seat in state.seated)}; "
        f"latch {'closed' if state.latched else 'open'}"
    )
    return Evidence("entry.payload_bay", words, sum(votes) >= 2)


async def check_items(node: EntryVehicle) -> list[str]:
    """What is wrong with the sensors and the battery at rest, as sentences."""
    faults = []
    seen, signs = await look(node), await node.impact_sensor.state()
    timer, charge = await node.timer.state(), await node.battery.state()
    lowest = node.parameters["lowest_charge"]
    if seen.closed is None or seen.closed:
        faults.append(f"the g-switch says {seen.closed} in free fall")
    if seen.load is None or seen.load > REST_LOAD:
        faults.append(f"the accelerometer shows {seen.load} m/s2 in free fall")
    if not signs.valid or signs.torn:
        faults.append("the wires of the impact sensor are torn, or nobody can tell")
    if not timer.valid or any(timer.separated):
        faults.append(f"the separation wires say {timer.separated}")
    if not charge.valid or charge.state_of_charge < lowest:
        faults.append(f"battery at {charge.state_of_charge:.2f}; allowed: from {lowest}")
    return faults


async def clear_latches(node: EntryVehicle) -> None:
    """Forgets what switch, accelerometer and wires have latched so far.

    Not once they speak of a landing: a node that was dead over it must still find it.
    """
    if any(await landing_signs(node, await look(node))):
        return
    for name in ("g_switch", "accelerometer", "impact_sensor"):
        try:
            await getattr(node, name).clear()
        except DeviceError as error:
            node.trouble(name, str(error))


async def landing_signs(node: EntryVehicle, seen: Sight) -> tuple[bool, bool]:
    """Whether the wires are torn, and whether a shock as of a landing has been felt.

    Where the peak may still be that of the braking, only more than that can be counts.
    """
    torn = False
    try:
        torn = usable(await node.impact_sensor.state()).torn
    except DeviceError as error:
        node.trouble("impact_sensor", str(error))
    falling = node.falling
    threshold = node.parameters["landing_shock" if falling else "sure_shock"]
    node.shock = seen.peak
    return torn, seen.peak is not None and seen.peak >= threshold
