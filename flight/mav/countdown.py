"""Before the launch: preparation, and a count that holds by itself when something is not right."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.commanding.arguments import Arguments
from flight.core.custody.ledger import CustodyStatus
from flight.core.exchanges import ExchangeFailed
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.base import DeviceError, Reading, ReadingInvalid
from flight.icd.exchanges import LAUNCH_PERMISSION, Nothing
from flight.mav.ascent_computer import AscentComputer, plan_ascent
from flight.mav.ascent_settings import AscentSettings
from flight.mav.custody import held
from flight.mav.navigation import Alignment, align, from_pad
from flight.mav.safeguards import LAUNCH_CHECKS
from flight.mav.skills import run_checks
from flight.mav.vehicle import MavVehicle

R = TypeVar("R", bound=Reading)
STILL = (0.0, 0.0, (0.0, 0.0, 0.0), 0.0)
LAST_CHECK = 10.0  # s before the launch
HELM_SWING, HELM_TOLERANCE = math.radians(1.0), math.radians(0.3)
HELM_TIME = 0.5  # s that a swing may take: many lags of the nozzle
ASKED_AGAIN = (2.0,)
"""s after which what did not come, or is no value, is asked for once more: a reading that is
disturbed for a second costs no window. In the last check there is the time for one."""
PERMISSION_PATIENCE, PERMISSION_ATTEMPTS = 3.0, 2
"""s that the lander's answer is waited for, and how often it is asked: the wire may lose a word."""
PARTS = ("first_stage", "fairing", "container")
LONGEST_BRIDGE = 100.0  # ohm; more is an open circuit


async def prepare_launch(node: MavVehicle, signal: Signal) -> Signal:
    """Rehearses: checks, aligns, plans the ascent, empties the recorder."""
    if node.state_of_charge is None:  # what its gauge does not say the self-test measures
        await run_checks(node, signal)
    problems = await checks(node)
    if problems:
        raise ActivityFailed("not prepared: " + "; ".join(problems))
    settings = _settings(node)
    node.progress("aligning")
    await alignment(node, settings)
    try:
        plan = plan_ascent(settings, node.clock.now() + node.parameters["count_length"])
    except ValueError as error:
        raise ActivityFailed(f"no ascent can be planned: {error}") from error
    await node.ascent_recorder.erase()
    node.clear_ascent()
    burn = plan.second.ignition - plan.launch
    return Signal("done", {"result": f"prepared; second burn planned {burn:.0f} s after launch"})


class Launch(Arguments, frozen=True):
    """Mission time of the launch (0: as soon as the count allows), and how long after it the
    count may hold."""

    time: Annotated[float, msgspec.Meta(ge=0.0, le=1e10, extra={"unit": "s"})] = 0.0
    window: Annotated[float, msgspec.Meta(ge=0.0, le=SOL_SECONDS, extra={"unit": "s"})] = 3600.0


async def count_down(node: MavVehicle, signal: Signal) -> Signal:
    """Counts to the launch; holds while a check fails, scrubs when the window closes."""
    settings = _settings(node)
    now = node.clock.now()
    wanted = signal.given(Launch)
    launch = wanted.time or now + node.parameters["count_length"]
    node.launch_closes = closes = launch + wanted.window
    launch, kept = _earliest(node, launch, None)
    why = ""
    while True:
        if launch > closes:
            raise ActivityFailed(
                f"scrubbed: the window closed at {closes:.0f} s of mission time; the earliest "
                f"launch is at {launch:.0f} s{why}"
            )
        await _until(node, launch - node.parameters["count_length"])
        problems = await checks(node)
        if not problems:
            kept, problems = await _final_count(node, settings, launch, kept)
            if not problems:
                return Signal("liftoff")
        why = f"; it was held last because {'; '.join(problems)}"
        node.count_held(reason="; ".join(problems))
        await asyncio.sleep(node.parameters["hold_look"])
        launch, kept = _earliest(node, launch, kept)


def _earliest(
    node: MavVehicle, launch: float, kept: Alignment | None
) -> tuple[float, Alignment | None]:
    """When it can be launched, not before `launch`; and an alignment, where it still holds then.

    It does for as long as it took: until then the gyroscopes walk as far as they did while it was
    made. A hold that ends within that time takes up the count behind it, and costs no window.
    """
    period = float(node.parameters["alignment_time"])
    soon = max(launch, node.clock.now() + 2.0 * LAST_CHECK)
    if kept is not None and soon - kept.time <= period:
        return soon, kept
    return max(launch, node.clock.now() + period + 2.0 * LAST_CHECK), None


async def _final_count(
    node: MavVehicle, settings: AscentSettings, launch: float, kept: Alignment | None = None
) -> tuple[Alignment | None, list[str]]:
    """Aligns, plans for this launch time, looks at all once more, and waits for the instant.

    `kept`: an alignment that still holds then; none is made anew. Returns the alignment, None if
    there is none, and what stands against the launch.
    """
    period = node.parameters["alignment_time"] if kept is None else 0.0
    await _until(node, launch - period - 2.0 * LAST_CHECK)
    node.count_resumed(seconds=round(launch - node.clock.now()))
    aligned = kept
    try:
        aligned = aligned or await alignment(node, settings)
        plan = plan_ascent(settings, launch)
    except (ValueError, ActivityFailed) as error:
        return aligned, [str(error)]
    await _until(node, launch - LAST_CHECK)
    problems = await checks(node)
    late = node.clock.now() - launch
    if not problems and late > 0.0:
        problems = [f"the last check took {late:.1f} s too long"]
    if problems:
        return aligned, problems
    await _until(node, launch)
    navigation = from_pad(settings.pad, aligned, node.clock.now())
    node.computer = AscentComputer(settings, plan, navigation)
    return aligned, []


async def alignment(node: MavVehicle, settings: AscentSettings) -> Alignment:
    """Attitude in the tube, from increments over the alignment time; raises ActivityFailed."""
    try:
        await node.inertial_unit.increments()
        await asyncio.sleep(node.parameters["alignment_time"])
        seen = await node.inertial_unit.increments()
        return align(
            settings.pad, node.clock.now(), settings.tube_elevation, settings.tube_azimuth, seen
        )
    except DeviceError as error:
        raise ActivityFailed(f"the inertial unit does not answer: {error}") from error
    except ValueError as error:
        raise ActivityFailed(f"not aligned: {error}") from error


async def checks(node: MavVehicle) -> list[str]:
    """What stands against a launch, as sentences; empty for GO."""
    await node.sample()
    if node.latched is None or node.first_motor_temperature is None:
        await asyncio.sleep(ASKED_AGAIN[0])
        await node.sample()
    problems = []
    if not node.motors_conditioned():
        problems.append(
            f"motors at {node.first_motor_temperature} K and {node.second_motor_temperature} K"
        )
    battery = node.battery_problem()
    if battery:
        problems.append(battery)
    if not (node.lid_closed and node.latched):
        problems.append("the container is not latched")
    if not node.checks_passed:
        problems.append("the last self-test has not passed")
    unsealed = [
        record.tube for record in held(node)
        if record.status is not CustodyStatus.HELD or record.place != places.MAV
    ]  # fmt: skip
    if unsealed:
        problems.append(f"not sealed by the ledger: {', '.join(unsealed)}")
    problems += await _devices(node)
    problems += await _permission(node)
    return problems if node.context.structure.keeps(LAUNCH_CHECKS) else []


async def _devices(node: MavVehicle) -> list[str]:
    problems: list[str] = []
    try:
        ejector = await _known("ejector's state", node.ejector.state, problems)
        if ejector is not None and not (ejector.charged and ejector.in_tube):
            problems.append("the ejector is spent")
        igniters = (("first", node.first_igniter), ("second", node.second_igniter))
        for name, igniter in igniters:
            state = await _known(f"{name} igniter's state", igniter.state, problems)
            if state is not None and (state.charges == 0 or state.resistance > LONGEST_BRIDGE):
                problems.append(f"the {name} igniter's circuit is open")
        wires = await _known("break wires' state", node.separation.state, problems)
        if wires is not None:
            gone = [part for part in PARTS if not getattr(wires, part)]
            problems += [f"the break wire of the {part.replace('_', ' ')} is open" for part in gone]
        effectors = await _known("cold gas", lambda: node.effectors.steer(*STILL), problems)
        if effectors is not None:
            if effectors.gas <= node.parameters["trim_reserve"]:
                problems.append(f"cold gas at {effectors.gas:.2f} kg")
            problems += await _helm_again(node)
    except DeviceError as error:
        problems.append(str(error))
    return problems


async def _known(
    what: str, ask: Callable[[], Awaitable[R]], problems: list[str]
) -> R | None:
    """A valid reading, asked for once more where need be; None, with its problem, if it is not."""
    try:
        return await sound(ask, pauses=ASKED_AGAIN)
    except ReadingInvalid as error:
        problems.append(f"the {what} is not known: {error}")
        return None


async def _helm_again(node: MavVehicle) -> list[str]:
    """The swing of the nozzle; once more where it was not seen to have gone there."""
    for pause in ASKED_AGAIN:
        try:
            if not await _helm(node):
                return []
        except DeviceError as error:
            node.device_trouble(reason=str(error))
        await asyncio.sleep(pause)
    return await _helm(node)


async def _helm(node: MavVehicle) -> list[str]:
    """Swings the nozzle to and fro, and looks where it went: what is told is not yet done."""
    for angle in (HELM_SWING, -HELM_SWING, 0.0):
        await node.effectors.steer(angle, -angle, (0.0, 0.0, 0.0), 0.0)
        await asyncio.sleep(HELM_TIME)
        seen = await node.effectors.steer(angle, -angle, (0.0, 0.0, 0.0), 0.0)
        if not seen.valid:
            return [f"where the nozzle stands is not known: {seen.reason}"]
        off = max(abs(seen.pitch - angle), abs(seen.yaw + angle))
        if off > HELM_TOLERANCE:
            return [f"the nozzle is {math.degrees(off):.2f} deg off where it was told to swing"]
    return []


async def _permission(node: MavVehicle) -> list[str]:
    """Asks the lander, which must stand still and be clear of its arm."""
    try:
        answer = await node.exchanges.ask(
            "lander", LAUNCH_PERMISSION, Nothing(),
            timeout=PERMISSION_PATIENCE, attempts=PERMISSION_ATTEMPTS,
        )  # fmt: skip
    except ExchangeFailed as error:
        return [f"no permission of the lander: {error}"]
    return [] if answer.granted else [f"the lander does not permit: {answer.reason}"]


def _settings(node: MavVehicle) -> AscentSettings:
    try:
        return AscentSettings.of(node.parameters)
    except ValueError as error:
        raise ActivityFailed(f"this vehicle cannot fly: {error}") from error


async def _until(node: MavVehicle, time: float) -> None:
    await asyncio.sleep(max(0.0, time - node.clock.now()))
