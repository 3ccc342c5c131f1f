import math

import pytest

from flight.astrodynamics import integrators as ig
from flight.astrodynamics import orbits
from flight.astrodynamics.gravity import MARS, acceleration, point_mass_acceleration
from flight.astrodynamics.kepler import propagate_kepler

MU = MARS.gravitational_parameter


def oscillator(time, state):
    return (state[1], -state[0])


def two_body(time, state):
    return (*state[3:], *point_mass_acceleration(state[:3], MU))


def with_j2(time, state):
    return (*state[3:], *acceleration(state[:3], MARS))


def falling(time, state):
    return (state[1], -3.71)


@pytest.mark.parametrize("step", [0.2, 0.1, 0.05])
def test_halving_the_step_cuts_the_error_about_sixteen_times(step):
    def error(maximum_step):
        end = ig.integrate(oscillator, 0.0, (1.0, 0.0), 10.0, maximum_step)
        return math.hypot(end[0] - math.cos(10.0), end[1] + math.sin(10.0))

    assert error(step) / error(0.5 * step) == pytest.approx(16.0, abs=1.0)


def test_the_order_holds_on_an_orbit():
    start = orbits.state_from_elements(orbits.OrbitalElements(3.9e6, 0.05, 0.5, 1.0, 2.0, 3.0), MU)
    exact, _ = propagate_kepler(*start, 6000.0, MU)

    def error(step):
        end = ig.integrate(two_body, 0.0, (*start[0], *start[1]), 6000.0, step)
        return math.dist(end[:3], exact)

    assert error(20.0) / error(10.0) == pytest.approx(16.0, abs=1.5)
    assert error(10.0) < 0.1


def test_an_event_located_within_a_step_keeps_the_order():
    """The touchdown of a fall with drag, against the same fall in much shorter steps."""

    def fall_with_drag(time, state):
        return (state[1], -3.71 - 0.01 * state[1] * abs(state[1]))

    ground = ig.Event("touchdown", lambda time, state: state[0], direction=-1)

    def touchdown(step):
        return ig.integrate_to_event(fall_with_drag, 0.0, (100.0, 0.0), 60.0, step, [ground])

    reference = touchdown(0.01).time
    errors = [abs(touchdown(step).time - reference) for step in (1.0, 0.5, 0.25)]
    assert errors[0] / errors[1] > 10.0
    assert errors[1] / errors[2] > 10.0


def test_an_event_is_found_at_its_exact_time():
    ground = ig.Event("touchdown", lambda time, state: state[0], direction=-1)
    arrival = ig.integrate_to_event(falling, 5.0, (100.0, 0.0), 60.0, 0.7, [ground])
    assert arrival.event is ground
    assert arrival.time == pytest.approx(5.0 + math.sqrt(200.0 / 3.71), abs=1e-9)
    assert arrival.state[0] == pytest.approx(0.0, abs=1e-9)


def test_the_earliest_of_two_events_in_one_step_stops():
    high = ig.Event("high", lambda time, state: state[0] - 50.0)
    low = ig.Event("low", lambda time, state: state[0] - 49.0)
    arrival = ig.integrate_to_event(falling, 0.0, (60.0, 0.0), 10.0, 10.0, [low, high])
    assert arrival.event is high


def test_only_the_asked_direction_stops():
    apex = ig.Event("apex", lambda time, state: state[1], direction=-1)
    wrong = ig.Event("wrong way", lambda time, state: state[1], direction=1)
    arrival = ig.integrate_to_event(falling, 0.0, (0.0, 10.0), 10.0, 0.3, [wrong, apex])
    assert arrival.event is apex
    assert arrival.time == pytest.approx(10.0 / 3.71, abs=1e-9)


def test_an_event_that_holds_at_the_start_does_not_stop_there():
    ground = ig.Event("ground", lambda time, state: state[0])
    arrival = ig.integrate_to_event(falling, 0.0, (0.0, 10.0), 10.0, 0.3, [ground])
    assert arrival.time == pytest.approx(20.0 / 3.71, abs=1e-9)


def test_without_an_event_the_end_is_met_exactly():
    seen = []
    arrival = ig.integrate_to_event(
        oscillator, 0.1, (1.0, 0.0), 1.0, 0.37, [], lambda time, state: seen.append(time)
    )
    assert arrival.event is None
    assert arrival.time == 1.0
    assert seen[0] == 0.1
    assert seen[-1] == 1.0
    assert len(seen) == 4


def test_step_count_fills_the_duration_without_a_stray_step():
    assert ig.step_count(0.3, 0.1) == 3
    assert ig.step_count(0.31, 0.1) == 4
    assert ig.step_count(0.0, 0.1) == 0
    for duration, step in ((-1.0, 0.1), (1.0, 0.0), (1.0, math.nan)):
        with pytest.raises(ValueError, match="cannot fill"):
            ig.step_count(duration, step)


def test_phases_step_onto_the_burnout_and_drop_the_stage():
    """Vertical flight without gravity: the rocket equation, stage by stage."""
    exhaust, flow = 2800.0, 2.5

    def burning(time, state):
        return (exhaust * flow / state[1], -flow)

    def coasting(time, state):
        return (0.0, 0.0)

    phases = [
        ig.Phase("first", burning, 76.3, 0.5, lambda state: (state[0], state[1] - 60.0)),
        ig.Phase("coast", coasting, 400.0, 10.0),
        ig.Phase("second", burning, 20.1, 0.5),
    ]
    time, state = ig.integrate_phases(phases, 0.0, (0.0, 400.0))
    after_first = 400.0 - flow * 76.3
    second = after_first - 60.0
    expected = exhaust * (math.log(400.0 / after_first) + math.log(second / (second - flow * 20.1)))
    assert time == pytest.approx(496.4)
    assert state[0] == pytest.approx(expected, abs=1e-5)
    assert state[1] == pytest.approx(second - flow * 20.1, abs=1e-9)


def test_the_node_drifts_by_j2_as_the_secular_rate_says():
    elements = orbits.OrbitalElements(3_732_500.0, 0.001, math.radians(25.0), 1.0, 0.0, 0.0)
    position, velocity = orbits.state_from_elements(elements, MU)
    revolutions = 12 * orbits.period(elements.semi_major_axis, MU)
    end = ig.integrate(with_j2, 0.0, (*position, *velocity), revolutions, 20.0)
    after = orbits.elements_from_state(end[:3], end[3:], MU)
    drift = math.remainder(after.ascending_node - elements.ascending_node, math.tau)
    expected = orbits.j2_secular_rates(elements, MARS).ascending_node * revolutions
    assert drift == pytest.approx(expected, rel=0.01)  # second order in J2: about 0.3 percent


def test_the_periapsis_drifts_by_j2_as_the_secular_rate_says():
    """From periapsis to periapsis over twelve revolutions, so that the periodic part cancels."""
    elements = orbits.OrbitalElements(5.0e6, 0.2, math.radians(25.0), 1.0, 2.0, 0.0)
    state = tuple(x for part in orbits.state_from_elements(elements, MU) for x in part)
    passage = ig.Event(
        "periapsis", lambda time, y: y[0] * y[3] + y[1] * y[4] + y[2] * y[5], direction=1
    )
    time = 0.0
    for _ in range(12):
        arrival = ig.integrate_to_event(with_j2, time, state, time + 2e4, 40.0, [passage])
        time, state = arrival.time, arrival.state
    after = orbits.elements_from_state(state[:3], state[3:], MU)
    drift = math.remainder(after.argument_of_periapsis - 2.0, math.tau)
    expected = orbits.j2_secular_rates(elements, MARS).argument_of_periapsis * time
    assert drift == pytest.approx(expected, rel=0.01)
