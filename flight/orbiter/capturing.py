"""The capture: the last metres at some centimetres a second, and what if it fails."""

import asyncio

from flight.astrodynamics.relative_motion import cw_two_impulses
from flight.astrodynamics.vectors import Vector, norm, scale
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError
from flight.orbiter.clearance import away
from flight.orbiter.close_rendezvous import back_off, scan_or_give_up, to_inertial
from flight.orbiter.custody import end_capture, find_in_orbit
from flight.orbiter.legs import ahead_or_behind, begin_leg, follow_leg
from flight.orbiter.manoeuvres import AT_CLOSE_QUARTERS, execute
from flight.orbiter.observing import take_scan
from flight.orbiter.propagation import motion
from flight.orbiter.vehicle import OrbiterVehicle
from flight.orbiter.witnesses import LID

_STEP = 15.0  # s between corrections
_BALLISTIC = 3.0  # m from the mouth: no more thrust
_ARM_TIME = 240.0  # s that the trigger waits
_PUSHED = 5.0  # m; where a bounce may have brought it meanwhile
_PUSH = 0.15  # m/s
_LOOKS = 6
_BLIND_AFTER = 4  # scans in the last metres
_LONGEST = 3.0  # times what the way in takes at the contact speed


async def capture(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Approaches and closes the cone over the container; tries again after a retreat."""
    if await _is_inside(node):
        return _done(node, 0)
    if not node.may_meet_container():
        raise ActivityFailed("it is not known where the container is: determine_orbit first")
    attempts: int = node.parameters["capture_attempts"]
    for attempt in range(1, attempts + 1):
        node.capture_attempt(number=attempt)
        reason = await _attempt(node)
        if not reason and await _is_inside(node):
            return _done(node, attempt)
        if not reason:
            node.result_unconfirmed(actuation=LID.what, witness=LID.seen_by)
        node.capture_failed(number=attempt, reason=reason or "the cage is empty")
        await _see_again(node)
        await back_off(node)
        if attempt < attempts:
            await _come_back(node)
    if await take_scan(node):
        end_capture(node, False, f"the container is seen at {node.navigator.range():.1f} m")
    raise ActivityFailed(f"the container was not captured in {attempts} attempts")


async def _attempt(node: OrbiterVehicle) -> str:
    """One approach; returns why it failed, or nothing."""
    find_in_orbit(node, node.navigator.range())
    try:
        if (await sound(node.devices.capture_cone.state)).lid_closed:
            await node.devices.capture_cone.open()
        await _run_in(node)
        closed = await node.devices.capture_cone.close_on_trigger(_ARM_TIME)
        if not closed.valid:
            closed = await sound(node.devices.capture_cone.state)
    except (DeviceError, ActivityFailed) as error:
        return str(error)
    if not closed.triggered:
        return "nothing came into the cone"
    return "" if closed.lid_closed else "the lid did not close"


async def _run_in(node: OrbiterVehicle) -> None:
    """A straight line to the container at the contact speed, held by many small pulses."""
    nav = node.navigator
    speed = node.parameters["contact_speed"]
    mouth = node.parameters["mouth_distance"]
    misses = 0
    nav.advance(node.clock.now())
    end = monotonic() + _LONGEST * (nav.range() / speed + _ARM_TIME)
    while True:
        if monotonic() > end:
            raise ActivityFailed(f"the container is still at {nav.range():.0f} m")
        misses = 0 if await take_scan(node) else misses + 1
        if misses > _BLIND_AFTER:
            raise ActivityFailed("the LiDAR does not see the container in the last metres")
        nav.advance(node.clock.now())
        distance = nav.range()
        if distance <= mouth + _BALLISTIC:
            break
        await _steer(node, speed)
        left = distance - mouth - _BALLISTIC
        await asyncio.sleep(max(0.5, min(_STEP, left / speed)))
    await _steer(node, speed)
    # Not where it will be: that is inside the cone.
    await node.devices.attitude_control.point(list(nav.line_of_sight()))


async def _steer(node: OrbiterVehicle, speed: float) -> None:
    """Clohessy-Wiltshire to the container itself, due when the contact speed would bring it."""
    nav = node.navigator

    async def plan() -> Vector:
        nav.advance(node.clock.now())
        assert nav.target is not None
        here, velocity = nav.relative()
        seconds = max(20.0, norm(here) / speed)
        # Aim where the straight line will be for the next stretch: it is bent back again and again.
        span = min(seconds, 2.0 * _STEP) if norm(here) > 6.0 else seconds
        share = span / seconds
        goal: Vector = scale(1.0 - share, here)
        impulses = cw_two_impulses((here, velocity), goal, motion(nav.target), span)
        return to_inertial(node, impulses.first)

    await execute(node, await plan(), "approach", again=plan, pauses=AT_CLOSE_QUARTERS)


async def _see_again(node: OrbiterVehicle) -> None:
    """After a contact the container moves as nobody has foreseen: it is measured anew."""
    node.navigator.inflate(_PUSHED, _PUSH)
    for _ in range(_LOOKS):
        await take_scan(node)
        await asyncio.sleep(2.0)


async def _come_back(node: OrbiterVehicle) -> None:
    """To the last hold point again, after a retreat."""
    side = ahead_or_behind(node)
    distance = node.parameters["final_hold"]
    leg = await begin_leg(
        node, (0.0, side * distance, 0.0), "back to the hold point",
        node.parameters["collision_distance"], away=away(node, distance),
        measure=scan_or_give_up,
    )  # fmt: skip
    await follow_leg(node, leg, scan_or_give_up, 20.0)
    for _ in range(5):
        await take_scan(node)
        await asyncio.sleep(10.0)


async def _is_inside(node: OrbiterVehicle) -> bool:
    """Whether the cage's load cell feels the container: not what has caught it."""
    try:
        state = await sound(node.devices.containment.state)
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False
    return state.present


def _done(node: OrbiterVehicle, attempt: int) -> Signal:
    tubes = end_capture(node, True, "the load cell of the cage feels the container")
    node.navigator.target, node.navigator.covariance = None, []
    node.container_captured = True
    node.save_navigation()
    node.captured(tubes=tubes)
    return Signal("done", {"result": f"captured at attempt {attempt} with {tubes} tubes"})
