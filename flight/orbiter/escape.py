"""The departure from Mars, planned: which day, which revolution, which burn.

The orbit's plane turns by J2 and holds the direction to be left in only now and then; the day is
chosen among those. The burn is finite: its thrust turns at a constant rate with the path. Start,
size and yaw are found by shooting, so that the hyperbola leads to where the transfer begins.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.gravity import MARS, acceleration
from flight.astrodynamics.integrators import State as Flat
from flight.astrodynamics.integrators import rk4_step
from flight.astrodynamics.launch_opportunities import Opportunity, opportunities
from flight.astrodynamics.linear_systems import inverse
from flight.astrodynamics.mars_orientation import icrf_to_mars_fixed
from flight.astrodynamics.orbits import (
    elements_from_state,
    propagate_j2_secular,
    state_from_elements,
)
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.transfer_windows import Transfer, transfer
from flight.astrodynamics.vectors import (
    Vector,
    add,
    angle_between,
    cross,
    dot,
    norm,
    scale,
    subtract,
    transform,
    transpose,
    unit,
)
from flight.orbiter.linear_algebra import applied
from flight.orbiter.propagation import State, coast, motion
from flight.orbiter.trajectory import (
    Dynamics,
    Path,
    change_towards_earth,
    leave_mars,
    outgoing_asymptote,
)

_MU = MARS.gravitational_parameter
_SYNODIC_DAYS = 800.0
_SAME_SEASON_DAYS = 60.0
_STEP = 30.0
_COAST_TO_ASYMPTOTE = 9000.0  # s: then J2 has done what it does
_SHOTS = 12
_MARGIN = math.radians(1.0)


@dataclass(frozen=True)
class Engine:
    """Thrust (N), specific impulse (s), mass of the vehicle (kg)."""

    thrust: float
    specific_impulse: float
    mass: float


@dataclass(frozen=True)
class Burn:
    """A burn: mission time of ignition, direction then (unit), size (m/s), axis and rate (rad/s) of
    its turn, how long it takes (s)."""

    time: float
    direction: Vector
    delta_v: float
    axis: Vector
    rate: float
    seconds: float


def choose_opportunity(now_jd: float, inclination: float, window_days: float) -> Opportunity:
    """The next occasion to leave for Earth whose direction an orbit of that inclination can reach.

    Of two in one season the one with the smaller C3. Raises ValueError when there is none.
    """
    found = [
        each
        for each in opportunities("mars", "earth", (now_jd - window_days, now_jd + _SYNODIC_DAYS))
        if abs(each.departure_declination) < inclination - _MARGIN
        and each.transfer.departure_jd_tdb + window_days > now_jd + 1.0
    ]
    if not found:
        raise ValueError(
            f"no transfer to Earth in the next {_SYNODIC_DAYS:.0f} days leaves in a direction "
            f"within {math.degrees(inclination):.1f} degrees of the equator"
        )
    first = found[0].transfer.departure_jd_tdb
    season = [e for e in found if e.transfer.departure_jd_tdb < first + _SAME_SEASON_DAYS]
    return min(season, key=lambda each: each.transfer.c3)


def choose_day(
    best: Transfer, own: State, time: float, dynamics: Dynamics, window_days: float
) -> Transfer:
    """The day near the best on which the orbit's plane holds the direction: the cheapest in all."""
    elements = elements_from_state(*own, _MU)
    axes = icrf_to_mars_fixed(dynamics.epoch_jd_tt)
    escape_squared = 2.0 * _MU / norm(own[0])
    circular = math.sqrt(_MU / norm(own[0]))
    cheapest: tuple[float, Transfer] | None = None
    first = max(best.departure_jd_tdb - window_days, dynamics.jd(time) + 0.75)
    count = math.floor((best.departure_jd_tdb + window_days - first) / 0.25)
    for index in range(count + 1):
        jd = first + 0.25 * index
        drifted = propagate_j2_secular(elements, (jd - dynamics.jd(time)) * SECONDS_PER_DAY, MARS)
        position, velocity = state_from_elements(drifted, _MU)
        normal = unit(cross(position, velocity))
        for shift in range(-24, 25, 4):
            arrival = best.arrival_jd_tdb + shift
            found = transfer("mars", "earth", jd, arrival)
            outward = unit(transform(axes, found.departure_v_infinity))
            tilt = math.asin(max(-1.0, min(1.0, dot(outward, normal))))
            speed = math.sqrt(1.0e6 * found.c3 + escape_squared)
            cost = math.sqrt((speed - circular) ** 2 + (2.0 * speed * math.sin(0.5 * tilt)) ** 2)
            if cheapest is None or cost < cheapest[0]:
                cheapest = (cost, found)
    if cheapest is None:
        raise ValueError("the window is over")
    return cheapest[1]


def plan_burn(
    own: State, time: float, wanted: Transfer, engine: Engine, dynamics: Dynamics
) -> Burn:
    """The burn within the next revolution that leads to Earth at the transfer's arrival.

    The asymptote is corrected by what Sun and planets do on the way. Raises ArithmeticError when
    shooting does not settle.
    """
    axes = icrf_to_mars_fixed(dynamics.epoch_jd_tt)
    asymptote = scale(1000.0, transform(axes, wanted.departure_v_infinity))
    burn = _first_guess(own, time, asymptote, engine)
    for _ in range(3):
        burn = _shoot(own, time, burn, asymptote, engine)
        after = _after(own, time, burn, engine)
        off = _heliocentric_error(after, time_of_cutoff(burn), wanted, axes, dynamics)
        asymptote = add(asymptote, off)
    return _shoot(own, time, burn, asymptote, engine)


def time_of_cutoff(burn: Burn) -> float:
    """Mission time at the end of a burn."""
    return burn.time + burn.seconds


def _duration(delta_v: float, engine: Engine) -> float:
    exhaust = engine.specific_impulse * STANDARD_GRAVITY
    return engine.mass * (1.0 - math.exp(-delta_v / exhaust)) * exhaust / engine.thrust


def _first_guess(own: State, time: float, asymptote: Vector, engine: Engine) -> Burn:
    """Thrust along the path, ignited where the asymptote comes nearest to the wanted one."""
    speed = math.sqrt(dot(asymptote, asymptote) + 2.0 * _MU / norm(own[0]))
    # Gravity takes its part of a long burn.
    delta_v = 1.06 * (speed - norm(own[1]))
    seconds = _duration(delta_v, engine)
    rate = 0.75 * motion(own)
    period = math.tau / motion(own)
    best: tuple[float, Burn] | None = None
    for index in range(72):
        wait = 600.0 + index * period / 72.0
        burn = _burn(coast(own, wait), time + wait, delta_v, 0.0, rate, seconds)
        found = asymptote_of(_after(own, time, burn, engine))
        if found is None:
            continue
        angle = angle_between(found, asymptote)
        if best is None or angle < best[0]:
            best = (angle, burn)
    if best is None:
        raise ArithmeticError("no burn within a revolution escapes")
    return best[1]


def _burn(
    there: State, time: float, delta_v: float, yaw: float, rate: float, seconds: float
) -> Burn:
    normal = unit(cross(*there))
    along = unit(there[1])
    direction = add(scale(math.cos(yaw), along), scale(math.sin(yaw), normal))
    return Burn(time, direction, delta_v, normal, rate, seconds)


def _shoot(own: State, time: float, burn: Burn, asymptote: Vector, engine: Engine) -> Burn:
    rate = burn.rate
    normal = unit(cross(*coast(own, burn.time - time)))
    unknown = [burn.time, burn.delta_v, math.asin(max(-1.0, min(1.0, dot(burn.direction, normal))))]
    steps = (5.0, 2.0, 0.002)

    def flown(values: list[float]) -> tuple[Burn, Vector | None]:
        there = coast(own, values[0] - time)
        made = _burn(there, values[0], values[1], values[2], rate, _duration(values[1], engine))
        return made, asymptote_of(_after(own, time, made, engine))

    for _ in range(_SHOTS):
        made, found = flown(unknown)
        if found is None:
            raise ArithmeticError("the burn does not escape")
        miss = subtract(asymptote, found)
        if norm(miss) < 0.01:
            return made
        columns = []
        for axis, step in enumerate(steps):
            moved = list(unknown)
            moved[axis] += step
            other = flown(moved)[1]
            if other is None:
                raise ArithmeticError("the burn does not escape")
            columns.append([(a - b) / step for a, b in zip(other, found, strict=True)])
        rows = [list(row) for row in zip(*columns, strict=True)]
        change = applied(inverse(rows), miss)
        limit = max(1.0, abs(change[0]) / 600.0, abs(change[1]) / 200.0, abs(change[2]) / 0.2)
        unknown = [u + c / limit for u, c in zip(unknown, change, strict=True)]
    raise ArithmeticError(f"the departure burn does not settle: {norm(miss):.2f} m/s left")


def _after(own: State, time: float, burn: Burn, engine: Engine) -> State:
    """State at cut-off, with J2 and the finite burn."""
    x, y, z = (there := coast(own, burn.time - time))[0]
    flat: Flat = (x, y, z, *there[1])
    count = max(1, math.ceil(burn.seconds / _STEP))
    step = burn.seconds / count
    exhaust = engine.specific_impulse * STANDARD_GRAVITY
    flow = engine.thrust / exhaust
    sideways = cross(burn.axis, burn.direction)
    off_plane = scale(dot(burn.axis, burn.direction), burn.axis)
    in_plane = subtract(burn.direction, off_plane)

    def derivative(seconds: float, state: Flat) -> Flat:
        size = engine.thrust / (engine.mass - flow * seconds)
        c, s = math.cos(burn.rate * seconds), math.sin(burn.rate * seconds)
        pull = acceleration((state[0], state[1], state[2]), MARS)
        return (
            state[3], state[4], state[5],
            pull[0] + size * (c * in_plane[0] + s * sideways[0] + off_plane[0]),
            pull[1] + size * (c * in_plane[1] + s * sideways[1] + off_plane[1]),
            pull[2] + size * (c * in_plane[2] + s * sideways[2] + off_plane[2]),
        )  # fmt: skip

    for index in range(count):
        flat = rk4_step(derivative, index * step, flat, step)
    return (flat[0], flat[1], flat[2]), (flat[3], flat[4], flat[5])


def asymptote_of(state: State) -> Vector | None:
    """Velocity at infinity (m/s), J2 felt, that a state after a burn leads to; None: it stays."""
    if outgoing_asymptote(*state, _MU) is None:
        return None
    return outgoing_asymptote(*coast(state, _COAST_TO_ASYMPTOTE), _MU)


def _heliocentric_error(
    state: State, time: float, wanted: Transfer, axes: tuple[Vector, Vector, Vector],
    dynamics: Dynamics,
) -> Vector:  # fmt: skip
    """What is missing of the velocity (m/s, Mars axes) where the sphere of influence is left."""
    state, time = coast(state, _COAST_TO_ASYMPTOTE), time + _COAST_TO_ASYMPTOTE
    to_icrf = transpose(axes)
    path = Path("mars", transform(to_icrf, state[0]), transform(to_icrf, state[1]), time)
    arrival = (wanted.arrival_jd_tdb - dynamics.epoch_jd_tt) * SECONDS_PER_DAY
    change = change_towards_earth(leave_mars(path, dynamics), arrival, dynamics)
    return transform(axes, change)
