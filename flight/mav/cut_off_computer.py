"""The flight computer of a vehicle whose motor can be shut off and lit again."""

import math
from dataclasses import replace

from flight.astrodynamics.finite_burn import Stage
from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.vectors import Vector, dot, norm
from flight.icd.devices.ascent import Increments
from flight.mav.ascent_computer import (
    FREEZE_SECOND,
    LIT,
    STEERING_PERIOD,
    AscentComputer,
    AscentPlan,
    plan_ascent,
)
from flight.mav.ascent_guidance import air_speed
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import Order
from flight.mav.cut_off_guidance import (
    CutOff,
    CutOffPlan,
    choose_first_burn,
    plan_level_burn,
    seconds_to_apoapsis,
    steer_level_burn,
)
from flight.mav.navigation import Navigation


def plan_cut_off_ascent(
    settings: AscentSettings, launch: float, *, strict: bool = True
) -> AscentPlan:
    """Plans the nominal ascent as `plan_ascent` does, with a second burn that is ended."""
    return plan_ascent(settings, launch, strict=strict, second=plan_level_burn)


def with_first_burn(settings: AscentSettings, cut_off: CutOff, propellant: float) -> AscentSettings:
    """The settings for a first burn of so much propellant, kg."""
    mass = settings.first.stage.mass
    first = cut_off.stage(mass, propellant)
    second = cut_off.stage(
        mass - first.propellant - cut_off.fairing_mass, cut_off.propellant - first.propellant
    )
    return replace(settings, first=replace(settings.first, stage=first), second=second)


def first_burn_of_least_propellant(settings: AscentSettings, cut_off: CutOff) -> float:
    """Propellant (kg) of the first burn with which both burns take the least.

    The vehicle may have too little for both: then it is what would be least if it had enough.
    Raises ValueError when no first burn reaches the height of the orbit.
    """
    enough = replace(cut_off, propellant=1.3 * cut_off.propellant)
    dry = settings.first.stage.mass - cut_off.propellant
    if enough.propellant > 0.95 * (cut_off.propellant + dry):
        enough = replace(cut_off, propellant=0.95 * (cut_off.propellant + dry))

    def total(propellant: float) -> float:
        try:
            plan = plan_cut_off_ascent(
                with_first_burn(settings, enough, propellant), 0.0, strict=True
            )
        except ValueError:
            return math.inf
        assert isinstance(plan.second, CutOffPlan)
        return propellant + plan.second.duration * cut_off.flow

    return choose_first_burn(cut_off, total)


class CutOffComputer(AscentComputer):
    """Guidance, navigation and control of one stage that burns twice, each time until it is told.

    An order's `shut_off` is when to shut the oxidizer's valve, in seconds from now.
    """

    second: CutOffPlan

    def __init__(
        self, settings: AscentSettings, plan: AscentPlan, navigation: Navigation, cut_off: CutOff
    ) -> None:
        super().__init__(settings, plan, navigation, closed=True)
        self.cut_off = cut_off
        self.is_shut = False
        self._second_stage = settings.second

    @property
    def _pushed(self) -> Vector:
        """Acceleration that is felt, inertial axes, m/s^2."""
        return rotate(self.navigation.attitude, self.navigation.acceleration)

    def first_burn(self, seen: Increments) -> Order:
        navigation, settings = self.navigation, self.settings
        self._control.against = self._air_turning()
        order = super().first_burn(seen)
        left = seconds_to_apoapsis(
            navigation.position, navigation.velocity, self._pushed,
            settings.target_radius + settings.apoapsis_bias,
        )  # fmt: skip
        return self._shut(order, left, seen.interval)

    def _air_turning(self) -> tuple[float, float]:
        """Angular acceleration about body y and z (rad/s^2) that the air gives the nose.

        The centre of mass of a single stage lies far behind its nose: as the air presses, it
        turns the vehicle as fast as the attitude control would turn it back. Without wind; small
        angles, a normal force of twice the angle (slender-body theory).
        """
        navigation, stage = self.navigation, self.settings.first.stage
        through = air_speed(navigation.position, navigation.velocity)
        speed = norm(through)
        if self.first_ignition is None or speed < 1.0:
            return (0.0, 0.0)
        part = (navigation.time - self.first_ignition) / stage.burn_time
        lever, inertia = self._control.gains.lever_and_inertia(part)
        _, y, z = rotate_back(navigation.attitude, through)
        arm = self.cut_off.nose_place - lever
        turning = 2.0 * self.dynamic_pressure * self.cut_off.area * arm / (inertia * speed)
        return (turning * z, -turning * y)

    def _shut(self, order: Order, left: float, cycle: float) -> Order:
        """The order, with the valve shut when `left` s of full thrust end within this cycle.

        After the valve is shut the thrust still does what it would in half of its fall.
        """
        wait = left - 0.5 * self.cut_off.fall_time
        if not self.is_shut and wait < cycle:
            self.is_shut = True
            order = self.order = order._replace(shut_off=max(0.0, wait))
        return order

    def start_coast(self) -> None:
        """What has been felt tells what has been burnt; plans the second burn with the rest."""
        navigation, stage = self.navigation, self.settings.first.stage
        given = navigation.spent - self._spent_at_ignition + self._lost
        burnt = stage.mass * (1.0 - math.exp(-max(0.0, given) / stage.exhaust_speed))
        self._second_stage = self.cut_off.stage(
            stage.mass - burnt - self.cut_off.fairing_mass, self.cut_off.propellant - burnt
        )
        self.is_shut = False
        super().start_coast()

    def replan(self) -> None:
        navigation = self.navigation
        self.second = plan_level_burn(
            navigation.time, navigation.position, navigation.velocity, self._second_stage,
            self.plan.normal, navigation.time + 1.0,
        )  # fmt: skip
        self.replans += 1

    def second_burn(self, seen: Increments) -> Order:
        navigation = self.navigation
        navigation.take(seen)
        seconds = self._since_second_ignition()
        rest = self.rest_of_second()
        left = self.second.ignition + self.second.duration - navigation.time
        due = navigation.time - self._solved >= STEERING_PERIOD
        if due and rest is not None and left > FREEZE_SECOND:
            self.second = steer_level_burn(
                self.second, navigation.time, navigation.position, navigation.velocity, rest
            )
            self._solved = navigation.time
        self.wanted = self.second.direction(navigation.time, navigation.position)
        order = self._control.order(
            navigation.attitude, navigation.rate, self.wanted,
            seconds / self._second_stage.burn_time, seen.interval,
        )  # fmt: skip
        self.order = order
        return self._shut(order, self._seconds_to_speed(), seen.interval)

    def _seconds_to_speed(self) -> float:
        """Seconds of thrust along the nose until nothing is missing to the circular orbit."""
        felt = self.navigation.acceleration[0]
        if felt < LIT:
            return math.inf
        return max(0.0, dot(self.missing(), self.navigation.direction())) / felt

    def rest_of_second(self) -> Stage | None:
        """What is left to burn, by what has been felt; the flow is that which is felt now."""
        stage, navigation = self._second_stage, self.navigation
        felt = navigation.spent - self._spent_at_ignition
        mass = stage.mass * math.exp(-felt / stage.exhaust_speed)
        left = mass - (stage.mass - stage.propellant)
        flow = mass * navigation.acceleration[0] / stage.exhaust_speed
        if left <= 0.02 * stage.propellant or flow <= 0.3 * self.cut_off.flow:
            return None
        return Stage(mass, left, left / flow, stage.exhaust_speed)
