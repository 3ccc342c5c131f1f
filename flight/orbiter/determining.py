"""Orbit determination as an activity: a growing arc of bearings, fitted again and again."""

import asyncio
import math

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Signal
from flight.icd.devices.base import DeviceError
from flight.orbiter.navigation import orbit_covariance
from flight.orbiter.observing import believed, container_visible, image, nearest
from flight.orbiter.orbit_determination import Bearing, OrbitFit, fit, fit_from_several
from flight.orbiter.propagation import State
from flight.orbiter.records import TargetOrbit
from flight.orbiter.vehicle import OrbiterVehicle

_FIRST_FIT = 8
_REFIT = 1.4  # a new fit whenever there are so many times more bearings
_GATE = 0.0383  # rad: half the field of view
_LOOK_AHEAD = 21_600.0  # s for which the orbit must be known
_SHORTEST_ARC = 7200.0
_GOOD = 1.6  # standard deviations, root mean square of the residuals
_TOO_POOR = 20.0  # times the goal: with that nobody flies
_AXIS_DOUBT = 1000.0  # m
_OUT_OF_SIGHT = 2.0 * 3600.0


async def determine_orbit(node: OrbiterVehicle, signal: Signal) -> Signal:
    """Takes bearings until the orbit is known well enough."""
    bearings, guess = node.bearings, node.guess
    if not bearings or guess is None:
        raise ActivityFailed("there are no bearings to start from: search first")
    await node.refresh_own()
    found: OrbitFit | None = None
    next_fit, began = _FIRST_FIT, node.clock.now()
    while True:
        bearing = await _next_bearing(node)
        if bearing is not None:
            bearings.append(bearing)
            node.bearings = bearings
        arc = bearings[-1].time - bearings[0].time
        # Behind Mars or in its shadow it is for less than an hour; for longer, it is out of reach.
        out_of_sight = node.clock.now() - max(began, bearings[-1].time) > _OUT_OF_SIGHT
        over = arc >= node.parameters["arc_seconds"] or out_of_sight
        if len(bearings) >= next_fit or over:
            found = _fit(node, bearings, guess.state, found) or found
            next_fit = int(_REFIT * len(bearings)) + 1
            if found is not None and _good_enough(node, arc):
                break
        if over:
            break
        await asyncio.sleep(node.parameters["look_interval"])
    if found is None or node.navigator.position_sigma() > _TOO_POOR * _goal(node):
        raise ActivityFailed("the bearings do not tell the orbit well enough: search again")
    node.save_navigation()
    nav = node.navigator
    assert nav.target is not None
    sigma = nav.position_sigma()
    # Should it be lost again, it is looked for from here.
    node.target = TargetOrbit(*nav.target, nav.time, max(_AXIS_DOUBT, sigma))
    node.orbit_determined(sigma=round(sigma), bearings=found.used, rejected=found.rejected)
    return Signal("done", {"result": f"known to {sigma:.0f} m (one sigma)"})


async def _next_bearing(node: OrbiterVehicle) -> Bearing | None:
    nav = node.navigator
    if not container_visible(node, node.clock.now()):
        return None
    try:
        sightings = await image(node, believed(node))
    except DeviceError as error:
        node.device_trouble(reason=str(error))
        return None
    if not sightings:
        return None
    nav.advance(sightings[0][0])
    sighting = nearest(sightings, nav.line_of_sight(), _GATE)
    if sighting is None or nav.own is None:
        return None
    # The own place is uncertain too; it is as good as constant over an arc, so it counts in full.
    own = nav.own_sigma / max(1000.0, nav.range())
    sigma = (node.parameters["bearing_sigma"] ** 2 + own**2) ** 0.5
    return Bearing(sighting[0], nav.own[0], sighting[1], sigma)


def _fit(
    node: OrbiterVehicle, bearings: list[Bearing], guess: State, before: OrbitFit | None
) -> OrbitFit | None:
    prior = orbit_covariance(guess, 3.0e4, 2.0e5, 3.0e4, (150.0, 30.0, 30.0))
    try:
        found = None
        if before is not None and before.residual < _GOOD:
            found = fit(bearings, guess, prior, before.state)
        if found is None or found.residual > _GOOD:
            found = fit_from_several(bearings, guess, prior)
    except ArithmeticError as error:
        node.fit_failed(reason=str(error))
        return None
    if found.residual > _GOOD or found.rejected > 0.2 * len(bearings):
        node.fit_failed(reason=f"residuals of {found.residual:.1f} standard deviations")
        return None
    nav = node.navigator
    doubt = _common_error(node, bearings)
    nav.set_target(found.state, [[doubt * v for v in row] for row in found.covariance], found.time)
    nav.advance(node.clock.now())
    node.fit_residual = round(found.residual, 3)
    node.show_navigation()
    return found


def _common_error(node: OrbiterVehicle, bearings: list[Bearing]) -> float:
    """Factor on the covariance: the error of the own place is the same in all bearings, and many
    of them do not make it smaller."""
    noise = float(node.parameters["bearing_sigma"]) ** 2
    return 1.0 + math.fsum(max(0.0, b.sigma**2 - noise) / b.sigma**2 for b in bearings)


def _good_enough(node: OrbiterVehicle, arc: float) -> bool:
    """Whether the orbit will still be known some hours ahead."""
    nav = node.navigator
    if arc < _SHORTEST_ARC or nav.target is None:
        return False
    _, ahead = nav._moved(nav.target, nav.covariance, _LOOK_AHEAD)
    sigma = math.fsum(ahead[i][i] for i in range(3)) ** 0.5
    return bool(sigma < 3.0 * _goal(node) and nav.position_sigma() < _goal(node))


def _goal(node: OrbiterVehicle) -> float:
    goal: float = node.parameters["position_goal"]
    return goal
