"""What the orbiter reckons on its way to the container and home, from states that are given: for
tests that hold it to nine digits."""

import math
import random
from collections.abc import Callable

from flight.astrodynamics.relative_motion import from_lvlh, to_lvlh
from flight.astrodynamics.time_scales import julian_date
from flight.astrodynamics.transfer_windows import transfer
from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract, unit
from flight.orbiter import escape, observing, phasing
from flight.orbiter.manoeuvres import two_impulses
from flight.orbiter.navigation import Navigator, across, orbit_covariance
from flight.orbiter.orbit_determination import Bearing, fit, fit_growing
from flight.orbiter.passive_safety import Doubt, certain_in_free_drift, closest_in_free_drift
from flight.orbiter.propagation import (
    State,
    coast,
    local_covariance,
    long_transition,
    mean_axis,
    transition,
)
from flight.orbiter.search import make_family
from flight.orbiter.trajectory import Dynamics, Path, change_towards_earth, leave_mars
from tests.flight.orbiter.ship import Ship, orbit

SIGMA = 3.5e-5
TARGET = orbit(343e3, 0.002, 0.4)
Figures = list[float]
Reckoning = Callable[[], Figures]


def flat(state: State) -> Figures:
    return [*state[0], *state[1]]


def transfers() -> Figures:
    """Impulses of a leg, and how near its drift comes, believed and certain."""
    own = from_lvlh(TARGET, ((-120.0, 2_000.0, 30.0), (0.1, -0.05, 0.02)))
    leg = two_impulses(own, TARGET, (0.0, 300.0, 0.0), 2_900.0, (0.0, -0.004, 0.0))
    after = (own[0], add(own[1], leg.first))
    covariance = orbit_covariance(TARGET, 2.0, 8.0, 1.0, (3e-3, 2e-3, 1e-3))
    doubt = Doubt(3.0, 0.01, 0.005, 1.5e-7)
    return [
        *leg.first, *leg.second, leg.total, closest_in_free_drift(after, TARGET, 3.0),
        certain_in_free_drift(own, TARGET, covariance, 3.0, doubt, leg.first),
    ]  # fmt: skip


def phases() -> Figures:
    """Where phasing leads to."""
    own = orbit(368e3, 0.001, 0.46)
    goal, speed = phasing._goal(_Far(), own, TARGET)  # type: ignore[arg-type]
    return [
        phasing.phase_angle(own, TARGET), *goal, *speed, mean_axis(own),
        *phasing.coelliptic_velocity(own, TARGET),
    ]  # fmt: skip


class _Far:
    parameters = {"coelliptic_offset": 5_000.0, "far_range": 50_000.0}  # noqa: RUF012


def deviations() -> Figures:
    """How deviations grow."""
    covariance = orbit_covariance(TARGET, 20.0, 300.0, 7.0, (0.3, 0.02, 0.01))
    short, long = transition(TARGET, 120.0), long_transition(TARGET, 5_000.0)
    local = local_covariance(covariance, TARGET)
    return [*short[0], *short[4], *long[1], *long[5], *local[0], *local[1], covariance[0][4]]


def navigated() -> Figures:
    """What a filter believes after bearings, ranges, a burn, and a new solution."""
    own = from_lvlh(TARGET, ((-300.0, 9_000.0, 50.0), (0.0, 0.4, 0.0)))
    nav = Navigator(time=0.0, own=own, own_sigma=15.0)
    nav.set_target(TARGET, orbit_covariance(TARGET, 40.0, 300.0, 40.0, (0.05, 0.05, 0.05)), -300.0)
    stream = random.Random(8)
    for index in range(8):
        nav.advance(200.0 * index)
        line = unit(nav.line_of_sight())
        first, second = across(line)
        off = add(scale(stream.gauss(0.0, SIGMA), first), scale(stream.gauss(0.0, SIGMA), second))
        nav.take_bearing(unit(add(line, off)), SIGMA)
        if index % 3 == 2:
            nav.take_range(nav.range() + 0.5, 2.0)
        if index == 4:
            nav.kick((0.1, -0.2, 0.05), 0.002)
    nav.inflate(0.3, 0.001)
    nav.advance(nav.time + 3_600.0)
    assert nav.target is not None
    return [
        *flat(nav.target), nav.range(), nav.range_sigma(), nav.position_sigma(),
        *nav.local_sigmas(), *nav.relative()[0], *nav.covariance[3],
    ]  # fmt: skip


def fitted() -> Figures:
    """An orbit from bearings, one of which is an artefact."""
    stream = random.Random(21)
    own = orbit(400e3)
    target = orbit(350e3, 0.003, -0.2)
    seen = []
    for index in range(16):
        here, there = coast(own, 600.0 * index), coast(target, 600.0 * index)
        line = unit(subtract(there[0], here[0]))
        first, second = across(line)
        off = add(scale(stream.gauss(0.0, SIGMA), first), scale(stream.gauss(0.0, SIGMA), second))
        if index == 9:
            off = scale(0.01, first)
        seen.append(Bearing(600.0 * index, here[0], unit(add(line, off)), SIGMA))
    guess: State = (add(target[0], (20e3, -30e3, 10e3)), add(target[1], (10.0, -8.0, 5.0)))
    prior = orbit_covariance(guess, 3e4, 2e5, 3e4, (150.0, 30.0, 30.0))
    found = fit(seen, guess, prior, target)
    early = fit_growing(seen[:9], guess, prior)
    return [
        *flat(found.state), found.residual, float(found.used), float(found.rejected),
        math.sqrt(found.covariance[0][0]), math.sqrt(found.covariance[4][4]), early.residual,
        *early.state[0],
    ]  # fmt: skip


def family() -> Figures:
    """The possible orbits of a container."""
    members = make_family(TARGET, 23_000.0, 20_000.0)
    some = [members[0], members[len(members) // 3], members[-1]]
    found = [float(len(members)), math.fsum(m.belief for m in members)]
    for each in some:
        found += [each.deviation, each.belief, each.latitude, each.rate, *each.state(5_000.0)[0]]
    return found


def departure() -> Figures:
    """A burn that leaves Mars, and the day on which the plane serves."""
    dynamics = Dynamics(julian_date(2030, 11, 1), 4.5e-5)
    own = orbit(343e3)
    best = transfer("mars", "earth", dynamics.epoch_jd_tt + 20.0, dynamics.epoch_jd_tt + 230.0)
    day = escape.choose_day(best, own, 0.0, dynamics, 0.6)
    engine = escape.Engine(1_960.0, 320.0, 3_000.0)
    guess = escape._first_guess(own, 0.0, _asymptote(day.c3), engine)
    after = escape._after(own, 0.0, guess, engine)
    shot = escape._shoot(own, 0.0, guess, _asymptote(1.02 * day.c3), engine)
    return [
        day.departure_jd_tdb - dynamics.epoch_jd_tt, day.arrival_jd_tdb - dynamics.epoch_jd_tt,
        day.c3, guess.time, guess.delta_v, guess.rate, guess.seconds, *guess.direction,
        *flat(after), shot.time, shot.delta_v, shot.seconds, *shot.direction,
    ]  # fmt: skip


def _asymptote(c3: float) -> Vector:
    return scale(1_000.0 * math.sqrt(c3), unit((0.5, -0.8, 0.1)))


def homewards() -> Figures:
    """A burn for Earth with all that pulls on the way, and what leads there from the Sun's side."""
    dynamics = Dynamics(julian_date(2030, 11, 1), 4.5e-5)
    days = dynamics.epoch_jd_tt
    wanted = transfer("mars", "earth", days + 20.0, days + 230.0)
    engine = escape.Engine(1_960.0, 320.0, 3_000.0)
    burn = escape.plan_burn(orbit(343e3), 19.9 * 86_400.0, wanted, engine, dynamics)
    path = Path("mars", (4.0e8, 1.0e8, 2.0e7), (2_800.0, 900.0, 200.0), 20.0 * 86_400.0)
    left = leave_mars(path, dynamics)
    change = change_towards_earth(left, 230.0 * 86_400.0, dynamics)
    return [
        burn.time, burn.delta_v, burn.seconds, *burn.direction, *burn.axis,
        escape.time_of_cutoff(burn),
        *left.position, *left.velocity, left.time, *change,
    ]  # fmt: skip


def seen() -> Figures:
    """Where the Sun and the container are, as the camera is pointed."""
    ship = Ship((-40.0, 900.0, 12.0), (0.1, 0.0, 0.0))
    there = observing.believed(ship)  # type: ignore[arg-type]
    return [*observing.sun_direction(ship, 5e6), *there(0.0), *there(250.0)]  # type: ignore[arg-type]


def apart() -> Figures:
    """A drift of a day, in the container's axes."""
    own = from_lvlh(TARGET, ((0.0, 100.0, 5.0), (0.001, -0.003, 0.0)))
    place, velocity = to_lvlh(coast(TARGET, 20_000.0), coast(own, 20_000.0))
    return [*place, *velocity, norm(place)]


ALL: tuple[Reckoning, ...] = (
    transfers, phases, deviations, navigated, fitted, family, departure, homewards, seen,
    apart,
)  # fmt: skip
