"""In orbit: which orbit it is, letting the container go, the beacon, the record sent home."""

import asyncio

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.fault_protection.witnesses import WITNESSES
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.ascent import SeparationState
from flight.icd.devices.base import DeviceError, usable
from flight.mav.abort import lose
from flight.mav.ascent_data import send_chunks
from flight.mav.ascent_memory import recall, remember
from flight.mav.custody import held, socket_of
from flight.mav.reached_orbit import reached_orbit
from flight.mav.vehicle import MavVehicle
from flight.mav.witnesses import LET_GO

SPRINGS = "mav.separation"
BREAK_WIRE = "mav.break_wires"
RELEASE_PAUSES = (0.0, 1.0, 10.0, 60.0)
"""s before each try: what disturbs all that come at once has passed before the last."""
LATER_PAUSES = (600.0, 3_000.0)
"""s before each time that all of these are tried again, when beacon and record have gone: an hour
awake takes a fifth of the battery (60 W of 300 W h), and leaves it three days of listening."""
LOWEST_ORBIT = 150e3
"""m over the mean radius: below it the air takes a container down within days."""
TOLERANCE_KM = 40.0  # below the target, from which on the orbit is told to be a reduced one
# Standard deviations of navigation at insertion, of the Monte Carlo study: 1 km and 2 m/s; as
# heights of periapsis and apoapsis 4 km for each metre per second.
POSITION_SIGMA, VELOCITY_SIGMA, HEIGHT_SIGMA_KM = 1000.0, 2.0, 5.0


async def release(node: MavVehicle, signal: Signal) -> Signal:
    """Determines the orbit, lets the container go, starts the beacon, sends the record."""
    if not await recall(node):
        remember(node, "releasing")
    computer = node.computer
    assert computer is not None
    orbit = reached_orbit(computer)
    if orbit["periapsis"] < LOWEST_ORBIT / 1e3:
        await lose(node, f"the orbit's periapsis lies at {orbit['periapsis']:.0f} km")
    node.show_flight()
    node.publish_telemetry()
    navigation = computer.navigation
    # A second of thrust that was bridged and not followed is known to some metres per second.
    doubt = 1.0 + 10.0 * navigation.bridged
    wanted = node.parameters["target_height"] / 1e3 - TOLERANCE_KM
    node.orbit_determined(
        **orbit, time=round(navigation.time, 3), reduced=orbit["periapsis"] < wanted,
        position=list(navigation.position), velocity=list(navigation.velocity),
        height_sigma=HEIGHT_SIGMA_KM * doubt, position_sigma=POSITION_SIGMA * doubt,
        velocity_sigma=VELOCITY_SIGMA * doubt, trimmed=round(computer.trimmed, 2),
    )  # fmt: skip
    stays = await _try_to_let_go(node)
    await _start_beacon(node)
    await node.ascent_log.flush()
    try:
        count = await send_chunks(node)
        node.record_sent(chunks=count)
    except DeviceError as error:
        node.device_trouble(reason=f"the ascent record cannot be read: {error}")
    for pause in LATER_PAUSES:
        if stays is not None:
            node.device_trouble(reason=f"{stays}; again in {pause:g} s")
            await asyncio.sleep(pause)
            stays = await _try_to_let_go(node)
    if stays is not None:
        raise stays
    words = f"in orbit {orbit['periapsis']:.1f} x {orbit['apoapsis']:.1f} km, "
    return Signal("done", {"result": words + f"{orbit['inclination']:.3f} deg"})


async def _try_to_let_go(node: MavVehicle) -> ActivityFailed | None:
    """Lets the container go; returns why it stays, or None."""
    try:
        await let_go(node)
    except ActivityFailed as failure:
        return failure
    return None


async def let_go(node: MavVehicle) -> None:
    """Lets the container go, verified by its break wire; raises ActivityFailed when it stays."""
    for record in held(node):
        if record.status is CustodyStatus.HELD and record.place == places.MAV:
            node.ledger.begin(record.tube, places.ORBIT, SPRINGS, socket_of(node, record))
    state = await _let_go_of_container(node)
    settle_release(node, state)
    if state.container:
        raise ActivityFailed("the container was not let go; it stays with the second stage")
    node.container_released(tubes=len(held(node)))


async def _let_go_of_container(node: MavVehicle) -> SeparationState:
    """Fires the springs, again after pauses that grow; what the break wires say after the last.

    The answer is no evidence, neither that it was heard nor that its initiators are used.
    """
    witnessed = node.context.structure.keeps(WITNESSES)
    for pause in RELEASE_PAUSES:
        await asyncio.sleep(pause)
        answer: SeparationState | None = None
        try:
            answer = await node.separation.release_container()
        except DeviceError as error:
            node.device_trouble(reason=str(error))
        if answer is not None and answer.valid and not witnessed:
            return answer
        try:
            state = await sound(node.separation.state)
        except DeviceError as error:
            raise ActivityFailed(f"the break wires do not answer: {error}") from error
        if not state.container:
            return state
        if answer is not None:
            node.result_unconfirmed(actuation=LET_GO.what, witness=LET_GO.seen_by)
    return state


def settle_release(node: MavVehicle, state: SeparationState) -> None:
    """Ends what was begun with the tubes, by what the container's break wire says."""
    words = f"container's break wire {'closed' if state.container else 'open'}"
    for record in held(node):
        moving = record.status is CustodyStatus.IN_TRANSIT
        if not moving or record.destination != places.ORBIT:
            continue
        evidence = Evidence(BREAK_WIRE, words)
        if state.container:
            node.ledger.revert(record.tube, evidence)
        else:
            node.ledger.commit(record.tube, evidence)


async def _start_beacon(node: MavVehicle) -> None:
    try:
        node.beacon_sending = usable(await node.beacon.set_sending(True)).sending
    except DeviceError as error:
        node.device_trouble(reason=str(error))
