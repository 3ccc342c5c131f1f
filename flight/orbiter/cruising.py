"""Cruise: corrections on the way, past Earth at first, into the entry corridor at the end."""

import asyncio
import math
from dataclasses import replace

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, add, norm
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError
from flight.orbiter.landing import (
    Landing,
    capsule_of,
    errors_of,
    predict_landing,
    reasons_against,
    release_of,
    site_of,
)
from flight.orbiter.manoeuvres import ON_THE_WAY, execute, wait_until
from flight.orbiter.targeting import Aim, aim_at_site, aim_past, correction
from flight.orbiter.trajectory import (
    EARTH_RADIUS,
    Encounter,
    Kick,
    Path,
    change_towards_earth,
    predict,
)
from flight.orbiter.vehicle import OrbiterVehicle
from flight.runtime.pace import NANOSECONDS

AFTER_DEPARTURE = (7.0, 60.0)
"""Days after the departure of the first corrections."""
BEFORE_ARRIVAL = (90.0, 40.0, 20.0)
"""Days before the arrival of corrections that still aim past Earth."""
TARGETING = (10.0, 7.0, 5.0, 3.6)
"""Days before the arrival of corrections that aim at the corridor."""
TRACKING_LOOKS, TRACKING_WAIT = 24, 3600.0
"""Looks for a tracking solution, and s between them: stations make one from a pass a day."""
_KEPT = 2.0 * 3600.0  # s before the release that no correction takes
_WORTH = 0.002  # m/s
_MINIMUM = 0.3e-3


def correction_times(start: float, arrival: float) -> list[float]:
    """Mission times (s) of the corrections on the way; of those after the departure the ones that
    come before those that the arrival is counted from: who recalls its departure without memory
    takes it for the present, and may be days from Earth."""
    late = [arrival - days * SECONDS_PER_DAY for days in BEFORE_ARRIVAL]
    early = [start + days * SECONDS_PER_DAY for days in AFTER_DEPARTURE]
    return [time for time in early if time < min(late)] + late


async def cruise(node: OrbiterVehicle, signal: Signal) -> Signal:
    """All corrections until the capsule is targeted."""
    departure = node.departure
    if departure is None:
        raise ActivityFailed("it is not known when the orbiter left Mars: depart first")
    start, arrival = departure.time, departure.arrival
    for number, time in enumerate(correction_times(start, arrival), 1):
        if time < node.clock.now():
            continue
        await wait_until(node, time)
        await correct(node, f"correction {number}", past=True)
    for number, days in enumerate(TARGETING, 1):
        time = node.aimed_entry or arrival
        if time - days * SECONDS_PER_DAY < node.clock.now():
            continue
        await wait_until(node, time - days * SECONDS_PER_DAY)
        await correct(node, f"targeting {number}", past=False)
    seen = await show_encounter(node)
    against = reasons_against(await show_landing(node), node.parameters)
    if against:
        raise ActivityFailed("the capsule is not targeted: " + "; ".join(against))
    days_left = (seen.entry_time - node.clock.now()) / SECONDS_PER_DAY
    node.targeted(angle=node.entry_angle, days=round(days_left, 2))
    return Signal("targeted")


async def correct(node: OrbiterVehicle, purpose: str, past: bool) -> None:
    """One correction from the last tracking solution; planned anew where its burn is late."""

    async def plan() -> Vector | None:
        return await _change(node, purpose, past)

    change = await plan()
    if change is not None:
        assert node.departure is not None
        release = node.parameters["release_days"] * SECONDS_PER_DAY + _KEPT
        latest = (node.aimed_entry or node.departure.arrival) - release
        await execute(node, change, purpose, again=plan, pauses=ON_THE_WAY, until=latest)
    await show_encounter(node)


async def _change(node: OrbiterVehicle, purpose: str, past: bool) -> Vector | None:
    """What a correction changes (m/s); None where nothing is worth it."""
    path = await own_path(node)
    departure = node.departure
    assert departure is not None
    change: Vector = (0.0, 0.0, 0.0)
    seen = predict(path, node.dynamics)
    if seen is None:
        change = change_towards_earth(path, departure.arrival, node.dynamics)
        path = Path(path.centre, path.position, add(path.velocity, change), path.time)
        seen = predict(path, node.dynamics)
        if seen is None:
            node.device_trouble(reason=f"{purpose}: Earth is not reached even after a correction")
            return None
    try:
        more = await _to_aim(node, path, seen, past)
    except (ArithmeticError, ValueError) as error:
        node.device_trouble(reason=f"{purpose}: {error}")
        more = (0.0, 0.0, 0.0)
    change = add(change, more)
    node.save_navigation()
    return change if norm(change) >= (_WORTH if past else _MINIMUM) else None


async def _to_aim(node: OrbiterVehicle, path: Path, seen: Encounter, past: bool) -> Vector:
    dynamics = node.dynamics
    aim, kick = make_aim(node, seen)
    # The asymptote moves a little with the correction, and the aim with it.
    for _ in range(2):
        goal: Aim = aim
        with_kick: Kick | None = kick
        if past:
            radius = EARTH_RADIUS + node.parameters["avoidance_altitude"]
            goal, with_kick = aim_past(aim, seen.speed, radius), None
        change, seen = correction(path, goal, dynamics, with_kick)
        aim, kick = make_aim(node, seen)
    if not past:
        node.aimed_entry = aim.entry_time
    return change


def make_aim(node: OrbiterVehicle, seen: Encounter) -> tuple[Aim, Kick]:
    """The aim at the landing site, and the push of the springs on the way to it."""
    near = node.aimed_entry or seen.perigee_time
    capsule = capsule_of(node.parameters)
    aim = aim_at_site(seen.asymptote, near, site_of(node.parameters), capsule, node.dynamics)
    return aim, release_of(node.parameters, aim.entry_time, aim.entry_direction)


async def own_path(node: OrbiterVehicle) -> Path:
    """Where the orbiter is, by tracking. Raises ActivityFailed while it is at Mars."""
    return (await _tracked(node))[0]


async def _tracked(node: OrbiterVehicle) -> tuple[Path, float, float]:
    """Where the orbiter is, and how well that is known (m and m/s, each component).

    On the way a solution that is missing is waited for, a day at the most: corrections have time.
    """
    for look in range(TRACKING_LOOKS + 1):
        try:
            known = await sound(node.devices.orbit_knowledge.state)
            break
        except DeviceError as error:
            if look == TRACKING_LOOKS or not node.is_in("cruise"):
                raise ActivityFailed(f"there is no tracking solution: {error}") from error
        await asyncio.sleep(TRACKING_WAIT)
    if known.centre == "mars":
        raise ActivityFailed("the orbiter is still at Mars")
    x, y, z = known.position
    u, v, w = known.velocity
    path = Path(known.centre, (x, y, z), (u, v, w), known.time_ns / NANOSECONDS)
    return path, known.position_sigma, known.velocity_sigma


async def show_landing(node: OrbiterVehicle) -> Landing:
    """Predicts the touchdown of the capsule and states it with its ellipse.

    Raises ActivityFailed when it would not come down.
    """
    path, position, velocity = await _tracked(node)
    seen = predict(path, node.dynamics)
    if seen is None:
        raise ActivityFailed("Earth is missed")
    try:
        _, kick = make_aim(node, seen)
        if kick.time <= path.time:  # late: it is let go now
            kick = replace(kick, time=path.time + 1.0)
        landing = predict_landing(
            path, kick, site_of(node.parameters), capsule_of(node.parameters),
            errors_of(node.parameters, position, velocity), node.dynamics,
        )  # fmt: skip
    except (ArithmeticError, ValueError) as error:
        raise ActivityFailed(f"no touchdown can be predicted: {error}") from error
    node.landing_predicted(
        latitude=round(math.degrees(landing.latitude), 4),
        longitude=round(math.degrees(landing.longitude), 4),
        miss=round(landing.miss / 1000.0, 2),
        long=round(landing.long_semi_axis / 1000.0, 2),
        short=round(landing.short_semi_axis / 1000.0, 2),
        azimuth=round(math.degrees(landing.azimuth), 1),
        angle=round(math.degrees(landing.angle), 4),
        angle_sigma=round(math.degrees(landing.angle_sigma), 4),
        heading=round(math.degrees(landing.heading), 1),
        entry_time=round(landing.entry_time, 2),
    )
    return landing


async def show_encounter(node: OrbiterVehicle) -> Encounter:
    """Predicts how the capsule would come to Earth, and shows it in the channels."""
    path = await own_path(node)
    seen = predict(path, node.dynamics)
    if seen is None:
        raise ActivityFailed("Earth is missed")
    kick: Kick | None = None
    if node.aimed_entry is not None:
        push = make_aim(node, seen)[1]
        kick = push if push.time > path.time else None
    found = predict(path, node.dynamics, kick) or seen
    angle = found.entry_angle
    node.entry_angle = None if angle is None else round(math.degrees(angle), 4)
    node.perigee_altitude = round(found.perigee_radius - EARTH_RADIUS, 1)
    node.entry_time = round(found.entry_time, 2)
    return found
