"""Release of the capsule three days out, when its predicted touchdown is within the limits, and the
deflection of the orbiter past Earth."""

import asyncio
import math

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, norm, scale, unit
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.exchanges import ExchangeFailed
from flight.core.sound_readings import sound
from flight.icd.devices.base import DeviceError
from flight.icd.exchanges import SET_ENTRY, EntryTime
from flight.orbiter.containment import CAPSULE
from flight.orbiter.cruising import make_aim, own_path, show_encounter, show_landing
from flight.orbiter.landing import reasons_against
from flight.orbiter.manoeuvres import AT_LEISURE, execute, wait_until
from flight.orbiter.records import CapsuleRelease
from flight.orbiter.trajectory import EARTH_RADIUS, EARTH_SPHERE, Path, kicked, predict
from flight.orbiter.vehicle import OrbiterVehicle
from flight.orbiter.witnesses import RELEASED

_ATTEMPTS = 3
_WORDS, _PATIENCE = 3, 10.0  # times that the capsule is told, s that its answer is waited for
TELLING = 45.0
"""s kept for telling the capsule when it will enter: all attempts, and a margin."""
_AGAIN = 1800.0  # s
_LATEST = 1.0  # days before the entry: then the orbiter turns away, capsule or not
_LARGEST_DEFLECTION = 200.0  # m/s
_MOON_DISTANCE = 384_400_000.0


async def wait_for_release(node: OrbiterVehicle, signal: Signal) -> Signal:
    """On approach: turns away from Earth by itself when nobody releases the capsule in time."""
    seen = await show_encounter(node)
    await wait_until(node, seen.entry_time - _LATEST * SECONDS_PER_DAY)
    return Signal("turn_away", {"reason": "the capsule was not released in time"})


async def release_capsule(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Waits for the release time, points, and lets the capsule go."""
    state = await sound(node.devices.capsule_release.state)
    if state.separated:
        return Signal("done", {"result": "the capsule is gone already"})
    seen = await show_encounter(node)
    aim, _ = make_aim(node, seen)
    planned = aim.entry_time - node.parameters["release_days"] * SECONDS_PER_DAY
    await wait_until(node, planned - _longest_lead(node))
    for _ in range(_ATTEMPTS):
        seen = await show_encounter(node)
        landing = await show_landing(node)
        against = reasons_against(landing, node.parameters)
        if against:
            raise ActivityFailed("; ".join(against))
        with node.critical("separation of the capsule"):
            try:
                # Pointed first: what is left then takes the same time from whatever attitude.
                await node.devices.attitude_control.point(list(aim.entry_direction))
                parting = max(planned, node.clock.now() + TELLING + _spring_lead(node))
                await _tell_capsule(node, landing.entry_time - parting)
                await wait_until(node, parting - _spring_lead(node))
                await node.devices.capsule_release.release(list(aim.entry_direction))
                answered = True
            except DeviceError as error:
                node.device_trouble(reason=str(error))
                answered = False
            # Who has not answered may have let it go all the same.
            gone = await _is_gone(node)
        if gone:
            path = await own_path(node)
            node.capsule_released(
                tubes=node.tubes_contained, distance=round(await _distance(node, path), 2),
                angle=node.entry_angle,
            )  # fmt: skip
            node.release = CapsuleRelease(node.clock.now(), seen.entry_time)
            return Signal("done", {"result": f"released, entry angle {node.entry_angle} degrees"})
        if answered:
            node.result_unconfirmed(actuation=RELEASED.what, witness=RELEASED.seen_by)
        await asyncio.sleep(_AGAIN)
    raise ActivityFailed(f"the capsule was not released in {_ATTEMPTS} attempts")


async def _is_gone(node: OrbiterVehicle) -> bool:
    """Whether the separation switches say that the capsule has gone; no, while nobody can tell."""
    try:
        return (await sound(node.devices.capsule_release.state)).separated
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return False


def _spring_lead(node: OrbiterVehicle) -> float:
    """Seconds from the order to the separation when it points: settling, spin table, springs."""
    return float(node.parameters["settling"] + node.parameters["release_seconds"])


def _longest_lead(node: OrbiterVehicle) -> float:
    """Seconds before the separation from which on there is time for all: half a turn at most, the
    word to the capsule, the springs."""
    turn = math.pi / node.parameters["slew_rate"] + node.parameters["settling"]
    return float(turn + TELLING + _spring_lead(node))


async def _tell_capsule(node: OrbiterVehicle, entry_after: float) -> None:
    """Sets the capsule's timer from the predicted entry; what the ground has set is a guess."""
    try:
        await node.exchanges.ask(
            CAPSULE, SET_ENTRY, EntryTime(entry_after),
            timeout=_PATIENCE, attempts=_WORDS,
        )  # fmt: skip
    except ExchangeFailed as error:
        node.entry_not_told(reason=str(error))


async def _distance(node: OrbiterVehicle, path: Path) -> float:
    """Distance from Earth in lunar distances."""
    if path.centre == "earth":
        return norm(path.position) / _MOON_DISTANCE
    earth, _ = node.dynamics.earth(path.time)
    return math.dist(earth, path.position) / _MOON_DISTANCE


async def deflect(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Raises the perigee of the orbiter, so that it passes Earth and stays around the Sun."""
    goal = EARTH_RADIUS + node.parameters["deflection_altitude"]

    async def plan() -> Vector | None:
        path = await own_path(node)
        seen = predict(path, node.dynamics)
        if seen is None or seen.perigee_radius >= goal:
            return None
        outward = unit(seen.b_vector)
        return scale(_size(node, path, outward, goal), outward)

    change = await plan()
    if change is None:
        return Signal("done", {"result": "it passes Earth already"})
    for pause in (*AT_LEISURE, None):
        await execute(node, change, "deflection", again=plan, pauses=AT_LEISURE)
        altitude = await _passes_at(node)
        if altitude >= 0.5 * node.parameters["deflection_altitude"]:
            break
        if pause is None:
            raise ActivityFailed(f"the orbiter would pass at {altitude / 1000.0:.0f} km only")
        # A burn that was cut off has led to another way, which may be nearer: the rest of it.
        await asyncio.sleep(pause)
        change = await plan()
        if change is None:  # by what has been tracked since
            altitude = await _passes_at(node)
            break
    node.deflected(altitude=round(altitude / 1000.0))
    return Signal("done", {"result": f"passes Earth at {altitude / 1000.0:.0f} km"})


async def _passes_at(node: OrbiterVehicle) -> float:
    """Altitude (m) at which the orbiter passes Earth by what is known now, which is shown."""
    found = predict(await own_path(node), node.dynamics)
    # Not met by the prediction any more: it passes outside the sphere of influence.
    radius = EARTH_SPHERE if found is None else found.perigee_radius
    altitude = radius - EARTH_RADIUS
    node.perigee_altitude = None if found is None else round(altitude, 1)
    return altitude


def _size(node: OrbiterVehicle, path: Path, outward: Vector, goal: float) -> float:
    """The smallest change along the B-vector that lifts the perigee to a radius, by bisection."""
    low, high = 0.0, _LARGEST_DEFLECTION
    for _ in range(40):
        middle = 0.5 * (low + high)
        seen = predict(kicked(path, scale(middle, outward)), node.dynamics)
        enough = seen is None or seen.perigee_radius >= goal
        low, high = (low, middle) if enough else (middle, high)
    return high
