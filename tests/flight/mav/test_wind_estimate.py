"""The wind across the climb is felt, and the angle of attack kept below what is required."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.quaternions import IDENTITY, from_axis_angle, rotate
from flight.mav.abort import Watch
from flight.mav.wind_estimate import Shape, WindEstimate
from ground.studies.ascent_run import Flight
from ground.studies.ascent_study import vehicle_file_once

EXCEEDED_FOR = 0.1
CROSSFLOW_DRAG = 1.2
FIRST_BIAS = 0.005
FIRST_SPREAD = 5.0
STEEPEST = 0.35

SHAPE = Shape(front=0.196, side=1.3, nose_arm=2.24, side_arm=1.12)
MASS, LEVER, INERTIA = 390.0, 0.86, 155.0
PRESSURE, SPEED = 1000.0, 320.0


def moment(angle: float, pressure: float) -> float:
    """About the pivot, N m, as the angle of attack is defined from it."""
    return pressure * (
        2.0 * SHAPE.front * SHAPE.nose_arm * angle
        + CROSSFLOW_DRAG * SHAPE.side * SHAPE.side_arm * angle**2
    )


@pytest.mark.parametrize("angle", [0.0, 1e-6, 0.01, 0.07, 0.3])
def test_the_angle_is_found_from_the_moment(angle: float) -> None:
    assert SHAPE.angle(moment(angle, PRESSURE), PRESSURE) == pytest.approx(angle, abs=1e-12)


def settled(
    wind_y: float, wind_z: float, *, turn: Any = IDENTITY, pressure: float = PRESSURE,
    nozzle: tuple[float, float] = (0.0, 0.0), cycles: int = 200,
) -> WindEstimate:  # fmt: skip
    """What is believed after some seconds of a steady wind (m/s, body axes), the nose along the
    velocity over the ground. `nozzle`: side force in N that does not hold against the air."""
    estimate = WindEstimate(SHAPE)
    across = math.hypot(wind_y, wind_z)
    angle = math.atan2(across, SPEED)
    air = moment(angle, pressure)
    # The vehicle slips against the wind, and is pushed along with it.
    along = (wind_y / across, wind_z / across) if across else (0.0, 0.0)
    rate = [0.0, 0.0, 0.0]
    step = 0.02
    for _ in range(cycles):
        # m a = F + N and I w = F x - N l, the air's moment about the pivot being F (x + l).
        felt = [0.0, 0.0, 0.0]
        for axis in (0, 1):
            # Steady: the nozzle cancels the moment; what it does beside that turns the vehicle.
            turned = -nozzle[axis] * LEVER / INERTIA
            felt[axis + 1] = (air * along[axis] - INERTIA * turned) / (LEVER * MASS)
            if axis == 0:
                rate[2] += turned * step
            else:
                rate[1] -= turned * step
        estimate.take(
            turn, (rate[0], rate[1], rate[2]), (20.0, felt[1], felt[2]),
            rotate(turn, (SPEED, 0.0, 0.0)), pressure, (MASS, LEVER, INERTIA), step,
        )  # fmt: skip
    return estimate


@pytest.mark.parametrize(("y", "z"), [(12.0, 0.0), (0.0, -12.0), (-6.0, 8.0), (0.0, 0.0)])
def test_a_steady_wind_is_found_with_its_sign(y: float, z: float) -> None:
    found = settled(y, z)
    # At one speed a bias looks the same: a little of it is taken for one.
    assert found.wind == pytest.approx((0.0, y, z), abs=0.2)
    assert math.hypot(*found.wind) <= math.hypot(y, z)
    ahead, aside, below = found.through((SPEED, 0.0, 0.0))
    assert (ahead, aside, below) == pytest.approx((SPEED, -y, -z), abs=0.2)


def test_it_is_kept_in_inertial_axes() -> None:
    turn = from_axis_angle((0.6, 0.0, 0.8), 1.1)
    assert settled(5.0, 3.0, turn=turn).wind == pytest.approx(
        rotate(turn, (0.0, 5.0, 3.0)), abs=0.15
    )


def test_a_nozzle_that_is_badly_aligned_is_no_wind() -> None:
    assert settled(0.0, 0.0, nozzle=(14.0, -7.0)).wind == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)
    assert settled(8.0, 0.0, nozzle=(14.0, -7.0)).wind == pytest.approx((0.0, 8.0, 0.0), abs=0.15)


def climbing(wind: float, bias: float, knows_bias: bool) -> WindEstimate:
    """What is believed of a wind (m/s, body y) by accelerometers with a bias (m/s^2) as the vehicle
    gains speed in even air, its nose along the velocity over the ground."""
    estimate = WindEstimate(SHAPE)
    if not knows_bias:
        estimate.variances = (FIRST_SPREAD**2, 0.0, 0.0)
    step, speed = 0.02, 40.0
    while speed < 240.0:
        pressure = 0.5 * 0.018 * speed**2
        air = moment(math.atan2(abs(wind), speed), pressure)
        felt = math.copysign(air, wind) / (LEVER * MASS) + bias
        estimate.take(
            IDENTITY, (0.0, 0.0, 0.0), (20.0, felt, 0.0), (speed, 0.0, 0.0), pressure,
            (MASS, LEVER, INERTIA), step,
        )  # fmt: skip
        speed += 17.0 * step
    return estimate


@pytest.mark.parametrize("wind", [8.0, -8.0, 0.0])
@pytest.mark.parametrize("bias", [0.01, -0.01])
def test_a_bias_of_the_accelerometers_is_no_wind(wind: float, bias: float) -> None:
    found = climbing(wind, bias, knows_bias=True)
    # It is twice what such accelerometers have in the mean, so not all of it is believed.
    assert found.wind[1] == pytest.approx(wind, abs=1.2)
    assert 0.25 < found.bias[1] / bias <= 1.0
    assert found.bias[2] == 0.0
    off = abs(climbing(wind, bias, knows_bias=False).wind[1] - wind)
    assert abs(found.wind[1] - wind) < 0.7 * off


def test_what_is_known_is_never_more_than_all() -> None:
    wind, both, bias = climbing(8.0, 0.01, knows_bias=True).variances
    assert 0.0 < wind < FIRST_SPREAD**2 and 0.0 < bias < 2.0 * FIRST_BIAS**2
    assert both * both < wind * bias


def test_thin_air_says_little_and_empty_space_nothing() -> None:
    dense, thin = settled(10.0, 0.0, cycles=10), settled(10.0, 0.0, cycles=10, pressure=5.0)
    assert abs(thin.wind[1]) < 0.1 * dense.wind[1]
    assert thin.variances[0] > dense.variances[0]
    nothing = settled(10.0, 0.0, pressure=0.0)
    assert nothing.wind == (0.0, 0.0, 0.0)
    assert nothing.variances[0] == FIRST_SPREAD**2


def test_an_angle_at_which_the_air_parts_from_the_body_is_not_believed() -> None:
    assert settled(SPEED * math.tan(STEEPEST + 0.05), 0.0).wind == (0.0, 0.0, 0.0)


def test_one_reading_alone_says_nothing() -> None:
    assert settled(10.0, 0.0, cycles=1).wind == (0.0, 0.0, 0.0)


def test_what_was_found_survives_a_reboot() -> None:
    before, after = settled(7.0, -2.0), WindEstimate(SHAPE)
    after.restore(before.stored())
    assert after.stored() == before.stored()


class Told:
    """A node that notes what is said of its flight."""

    def __init__(self) -> None:
        self.parameters = {"largest_angle_of_attack": 4.0}
        self.said: list[dict[str, float]] = []
        self.computer = SimpleNamespace(
            dynamic_pressure=1000.0, angle_of_attack=0.0, wanted=(1.0, 0.0, 0.0),
            settings=SimpleNamespace(first=SimpleNamespace(pressure_limit=400.0)),
            navigation=SimpleNamespace(time=0.0, direction=lambda: (1.0, 0.0, 0.0)),
        )  # fmt: skip

    def angle_of_attack_exceeded(self, **said: float) -> None:
        self.said.append(said)

    def fly(self, watch: Watch, degrees: float, seconds: float, pressure: float = 1000.0) -> None:
        self.computer.angle_of_attack = math.radians(degrees)
        self.computer.dynamic_pressure = pressure
        for _ in range(round(seconds / 0.02)):
            watch.look()
            self.computer.navigation.time = round(self.computer.navigation.time + 0.02, 6)


@pytest.mark.parametrize(
    ("degrees", "seconds", "pressure"),
    [
        (3.999999, 9.0, 1000.0),
        (8.0, 9.0, 400.0),  # the limit is above 400 Pa
        (8.0, EXCEEDED_FOR, 1000.0),  # the reading at which it would be long enough is not there
    ],
)
def test_what_is_kept_is_no_event(degrees: float, seconds: float, pressure: float) -> None:
    node: Any = Told()
    node.fly(Watch(node), degrees, seconds, pressure)
    assert node.said == []


def test_an_exceedance_is_told_once() -> None:
    node: Any = Told()
    watch = Watch(node)
    node.fly(watch, 5.0, EXCEEDED_FOR + 0.02)
    assert node.said == [{"degrees": 5.0, "limit": 4.0, "pressure": 1000}]
    node.fly(watch, 3.0, 1.0)
    node.fly(watch, 6.0, 1.0)
    assert len(node.said) == 1


def test_short_peaks_do_not_add_up() -> None:
    node: Any = Told()
    watch = Watch(node)
    for _ in range(20):
        node.fly(watch, 5.0, 0.06)
        node.fly(watch, 3.0, 0.02)
    assert node.said == []


@pytest.mark.parametrize("day", [4, 9])
def test_on_windy_days_the_angle_of_attack_stays_below_what_is_required(day: int) -> None:
    file = vehicle_file_once()
    flown = Flight(file.hardware, file.flight, day, burn_cycle=0.04).fly()
    assert flown.in_orbit
    assert flown.angle_of_attack <= 4.0
