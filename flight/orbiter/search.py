"""The search: sweeps of the camera over where the container may be.

What is least known of the container's orbit is its semi-major axis; a different axis means another
height and, with time, another place along the orbit. So the places where it may be make a family of
one parameter. Each image lowers the belief in those members that it would have shown. What was lost
near by is looked for where it is believed to be first; and who goes along at the container's height
would look from the same place for ever, so the orbit is changed to one that drifts once around.
"""

import asyncio
import math
from dataclasses import dataclass

from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.orbits import (
    OrbitalElements,
    elements_from_state,
    j2_secular_rates,
    mean_from_true_anomaly,
    mean_motion,
    propagate_j2_secular,
    state_from_elements,
)
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, add, angle_between, norm, scale, subtract, unit
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.core.keeping.clock import monotonic
from flight.orbiter.clearance import clearest
from flight.orbiter.confirming import HALF_FIELD, Track, confirm, look
from flight.orbiter.drifting import DRIFT_OFFSET, along_the_track, seconds_around
from flight.orbiter.long_burns import check_propellant
from flight.orbiter.manoeuvres import execute
from flight.orbiter.navigation import orbit_covariance
from flight.orbiter.near_search import search_near
from flight.orbiter.observing import Sighting, is_visible, sun_direction
from flight.orbiter.orbit_determination import Bearing, residuals
from flight.orbiter.propagation import State, coast, mean_axis
from flight.orbiter.records import Guess
from flight.orbiter.safeguards import TARGET_GATE
from flight.orbiter.target_gate import why_out_of_reach
from flight.orbiter.vehicle import OrbiterVehicle

SWEEP = 900.0  # s between sweeps with nothing in view
IMAGES_PER_SWEEP = 8
_WIDTH = 3.5  # standard deviations on either side
_SPACING = 80_000.0  # m along the track between members
_IN_PHASE = 0.75  # rad: members farther along the orbit than this cannot be in reach
_MISS = 0.25  # chance that an image does not show what is in it
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
_WORTH = 0.004  # of all belief: less is not worth an image
_LIMIT = 20.0 * SECONDS_PER_DAY


@dataclass
class Member:
    """One possible orbit of the container: elements at the load time, belief, and its angles."""

    deviation: float
    elements: OrbitalElements
    belief: float
    latitude: float  # mean argument of latitude at the load time
    rate: float  # of it, rad/s

    def state(self, seconds: float) -> State:
        """State so many seconds after the load time."""
        return state_from_elements(
            propagate_j2_secular(self.elements, seconds, MARS), MARS.gravitational_parameter
        )


def make_family(state: State, axis_sigma: float, seconds: float) -> list[Member]:
    """The possible orbits of a container that was let go in `state`, told apart until `seconds`
    later. `axis_sigma`: standard deviation of the semi-major axis in m."""
    mu = MARS.gravitational_parameter
    position, velocity = state
    axis = elements_from_state(position, velocity, mu).semi_major_axis
    revolutions = max(1.0, seconds * mean_motion(axis, mu) / math.tau)
    step = min(0.5 * axis_sigma, _SPACING / (3.0 * math.pi * revolutions))
    count = max(1, math.ceil(_WIDTH * axis_sigma / step))
    members = []
    for index in range(-count, count + 1):
        deviation = _WIDTH * index / count
        changed = axis + deviation * axis_sigma
        speed = math.sqrt(mu * (2.0 / norm(position) - 1.0 / changed))
        elements = elements_from_state(position, scale(speed, unit(velocity)), mu)
        rates = j2_secular_rates(elements, MARS)
        mean = mean_from_true_anomaly(elements.true_anomaly, elements.eccentricity)
        motion = mean_motion(elements.semi_major_axis, mu)
        members.append(
            Member(
                deviation,
                elements,
                math.exp(-0.5 * deviation**2),
                elements.argument_of_periapsis + mean,
                motion + rates.mean_anomaly + rates.argument_of_periapsis,
            )
        )
    return members


async def search(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Sweeps until the container is seen and confirmed."""
    target = node.target
    if target is None:
        raise ActivityFailed("no orbit of the container was loaded: load_target_orbit first")
    await node.refresh_own()
    own = node.navigator.own
    seconds = node.clock.now() - target.time
    far = why_out_of_reach(target.state(), seconds, own) if own is not None else ""
    if far and node.context.structure.keeps(TARGET_GATE):
        raise ActivityFailed(f"{far}: load_target_orbit again")
    near = await search_near(node)
    if near is not None:
        return _finish(node, near, None)
    await _go_round(node, target.state())
    began = monotonic()
    family: list[Member] = []
    made = -1.0
    while monotonic() - began < _LIMIT:
        elapsed = node.clock.now() - target.time
        if elapsed > made or not family:
            made = 1.5 * max(elapsed, 7000.0)
            beliefs = [(m.deviation, m.belief) for m in family]
            family = make_family(target.state(), target.axis_sigma, made)
            _inherit(family, beliefs)
        found = await _sweep(node, family, target.time)
        if found is not None:
            return _finish(node, found, _fitting(node, found, family, target.time))
    raise ActivityFailed(f"the container was not found in {_LIMIT / SECONDS_PER_DAY:.0f} days")


async def _go_round(node: OrbiterVehicle, target: State) -> None:
    """Changes the own orbit where its drift against the container's, which was let go in `target`,
    does not lead once around within the time of a search."""
    nav = node.navigator
    axis = mean_axis(target)

    async def plan() -> Vector | None:
        nav.advance(node.clock.now())
        own = nav.own
        assert own is not None
        offset = mean_axis(own) - axis
        if seconds_around(target, axis, offset) <= _LIMIT:
            return None
        side = math.copysign(DRIFT_OFFSET, offset)
        # Away from its height, whatever lies there; the other way where that might meet it.
        ways = [along_the_track(own, wanted - offset) for wanted in (side, -side)]
        if nav.target is None or not nav.covariance:
            return ways[0]
        return clearest(node, ways)

    change = await plan()
    if change is not None:
        check_propellant(node, norm(change), "search")
        await execute(node, change, "search", again=plan)


async def _sweep(node: OrbiterVehicle, family: list[Member], epoch: float) -> list[Sighting] | None:
    """Images of the places in view that are worth it; waits when there are no more."""
    in_view = _in_view(node, family, epoch)
    everything = math.fsum(member.belief for member in family)
    for _ in range(IMAGES_PER_SWEEP):
        chosen = max(in_view, key=lambda pair: pair[0].belief, default=None)
        if chosen is None:
            break
        covered = [m for m, line in in_view if angle_between(line, chosen[1]) < HALF_FIELD]
        if math.fsum(member.belief for member in covered) < _WORTH * everything:
            break
        # The lines of sight turn with the orbit meanwhile: their pattern stays about the same.
        part, beside = _part_of_cell(node, chosen[0], family, epoch)
        track = _track(node, chosen[0], epoch, beside)
        seen = await look(node, track)
        if seen is None:  # nobody has looked there; by now something else may be in view
            return None
        for sighting in seen:
            confirmed = await confirm(node, sighting, track)
            if confirmed is not None:
                return confirmed
        for member in covered:
            member.belief *= 1.0 - part * (1.0 - _MISS)
    else:
        return None
    await asyncio.sleep(SWEEP)
    _forget_a_little(family)
    return None


def _part_of_cell(
    node: OrbiterVehicle, member: Member, family: list[Member], epoch: float
) -> tuple[float, float]:
    """What part of the way to its neighbours an image of a member shows, and how far (m) along the
    orbit it is pointed from the member: near by, the field is narrower than the way between two."""
    nav, now = node.navigator, node.clock.now()
    assert nav.own is not None
    between = abs(family[1].rate - family[0].rate) if len(family) > 1 else 0.0
    cell = between * member.elements.semi_major_axis * (now - epoch)
    place = member.state(now - epoch)[0]
    shown = 2.0 * HALF_FIELD * norm(subtract(place, nav.own[0]))
    if shown >= cell:
        return 1.0, 0.0
    # By the golden ratio, so that images come to lie between each other, however many there are.
    turn = (node.images_taken or 0) * _GOLDEN % 1.0 - 0.5
    return shown / cell, turn * (cell - shown)


def _track(node: OrbiterVehicle, member: Member, epoch: float, beside: float = 0.0) -> Track:
    """The line of sight to a member, or to so many m before it on its orbit, at a mission time."""
    nav = node.navigator

    def predict(time: float) -> Vector:
        assert nav.own is not None
        own = coast(nav.own, time - nav.time)[0]
        place, velocity = member.state(time - epoch)
        return unit(subtract(add(place, scale(beside, unit(velocity))), own))

    return predict


def _in_view(
    node: OrbiterVehicle, family: list[Member], epoch: float
) -> list[tuple[Member, Vector]]:
    nav, now = node.navigator, node.clock.now()
    nav.advance(now)
    assert nav.own is not None
    mu = MARS.gravitational_parameter
    mine = elements_from_state(*nav.own, mu)
    latitude = mine.argument_of_periapsis + mine.true_anomaly
    sun, reach = sun_direction(node, now), node.parameters["search_range"]
    found = []
    for member in family:
        # The node of both orbits is nearly the same, else they could not meet; it is left out.
        shift = member.elements.ascending_node - mine.ascending_node
        there = member.latitude + member.rate * (now - epoch) + shift
        if abs(math.remainder(there - latitude, math.tau)) > _IN_PHASE:
            continue
        place, _ = member.state(now - epoch)
        if is_visible(nav.own[0], place, sun, reach):
            found.append((member, unit(subtract(place, nav.own[0]))))
    return found


def _bearings(node: OrbiterVehicle, sightings: list[Sighting]) -> list[Bearing]:
    nav = node.navigator
    bearings = []
    for time, direction, _ in sightings:
        nav.advance(time)
        assert nav.own is not None
        bearings.append(Bearing(time, nav.own[0], direction, node.parameters["bearing_sigma"]))
    return bearings


def _fitting(
    node: OrbiterVehicle, sightings: list[Sighting], family: list[Member], epoch: float
) -> State:
    """The state at the first sighting of the member that fits best."""
    bearings = _bearings(node, sightings)
    time = bearings[0].time

    def misfit(member: Member) -> float:
        return math.fsum(r * r for r in residuals(bearings, member.state(time - epoch), time))

    return min(family, key=misfit).state(time - epoch)


def _finish(node: OrbiterVehicle, sightings: list[Sighting], state: State | None) -> Signal:
    """What was found is the first guess of the orbit: `state` at the first sighting, or None: where
    it was believed to be."""
    nav = node.navigator
    bearings = _bearings(node, sightings)
    first = bearings[0]
    nav.advance(first.time)
    if state is None:
        assert nav.target is not None
        state = nav.target
    distance = norm(subtract(state[0], first.own))
    node.bearings = bearings
    node.guess = Guess(first.time, state)
    prior = orbit_covariance(state, 3.0e4, 2.0e5, 3.0e4, (150.0, 30.0, 30.0))
    nav.set_target(state, prior, first.time)
    nav.advance(node.clock.now())
    node.save_navigation()
    node.container_found(range=round(distance / 1000.0), magnitude=round(sightings[-1][2], 1))
    return Signal("done", {"result": f"found at about {distance / 1000.0:.0f} km"})


def _inherit(family: list[Member], beliefs: list[tuple[float, float]]) -> None:
    if not beliefs:
        return
    first, last = beliefs[0][0], beliefs[-1][0]
    scale_of = (len(beliefs) - 1) / (last - first)
    for member in family:
        member.belief = beliefs[round((member.deviation - first) * scale_of)][1]


def _forget_a_little(family: list[Member]) -> None:
    """What was looked for in vain may have been missed for another reason: belief comes back."""
    for member in family:
        prior = math.exp(-0.5 * member.deviation**2)
        member.belief += 0.05 * (prior - member.belief)
