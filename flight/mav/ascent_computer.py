"""The flight computer's cycle, phase by phase: increments in, orders to the effectors out.

It knows no devices and no tasks: the node's activities call its methods, once a control cycle.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from flight.astrodynamics.finite_burn import Stage, Tangents
from flight.astrodynamics.launch_geometry import orbit_normal
from flight.astrodynamics.vectors import Vector, angle_between, dot, norm, subtract, unit
from flight.icd.devices.ascent import Increments, StarAttitude
from flight.mav.ascent_guidance import (
    FirstBurnTarget,
    SecondBurnPlan,
    air_speed,
    apoapsis_and_period,
    fly_first_stage,
    plan_first_stage,
    plan_second_stage,
    steer_rest,
    trim_needed,
)
from flight.mav.ascent_settings import AscentSettings
from flight.mav.attitude_control import BurnControl, Order, hold
from flight.mav.navigation import Navigation, StoredNavigation
from flight.mav.wind_estimate import StoredWind, WindEstimate

BURN_CYCLE = 0.02  # s
COAST_CYCLE = 0.2
GUIDANCE_PERIOD = 4.0  # s between solutions in the first burn
STEERING_PERIOD = 1.0  # in the second
FREEZE_FIRST = 13.0  # s before burnout at which the law is no longer changed
FREEZE_SECOND = 3.0
THIN_AIR = 2.0  # Pa: below it the first stage is let go
LONGEST_HOLD = 90.0  # s from burnout to separation at most
TURNING_TIME = 60.0  # s to turn to the second burn's direction
TRIM_DONE = 0.1  # m/s
TRIM_FREEZE = 0.5  # m/s missing, below which the direction is noise
POINTED = 0.9962  # cosine of 5 degrees
LIT = 2.0  # m/s^2 felt: a motor burns
NOMINAL_CLIMB = Tangents(1.3, -0.008, 0.1, -0.0013)
"""From where the plan on the ground is sought."""


@dataclass(frozen=True)
class AscentPlan:
    """What is planned on the ground: the first burn's law, the plane, the nominal second burn.

    Times are seconds of mission time, and hold for the launch time they were made for.
    """

    launch: float
    normal: Vector
    climb: Tangents
    second: SecondBurnPlan


def plan_ascent(
    settings: AscentSettings,
    launch: float,
    *,
    strict: bool = True,
    second: Callable[..., SecondBurnPlan] = plan_second_stage,
) -> AscentPlan:
    """Plans the nominal ascent for a launch time (mission time, s).

    `second` plans the second burn. Raises ValueError when the vehicle, as it is believed to be,
    cannot reach the orbit; not `strict`, the plan is then the best that was found.
    """
    ignition = launch + settings.ignition_delay
    position, velocity = settings.pad.at(ignition)
    normal = orbit_normal(position, settings.inclination)
    climb = replace(NOMINAL_CLIMB, pitch_rate=settings.pitch_rate)
    for _ in range(3):
        # Until it is stopped, the pad's own motion carries the vehicle out of the pad's plane: the
        # plane is that through the place of burnout.
        target = FirstBurnTarget(settings.target_radius + settings.apoapsis_bias, normal)
        climb = plan_first_stage(settings.first, 0.0, position, velocity, target, climb, rounds=12)
        place, speed = fly_first_stage(settings.first, 0.0, position, velocity, climb, normal)
        normal = orbit_normal(place, settings.inclination)
    apoapsis, _ = apoapsis_and_period(place, speed)
    if strict and abs(apoapsis - target.apoapsis) > 5e3:
        raise ValueError(
            f"the first stage cannot bring the coast to {target.apoapsis / 1e3:.0f} km from the "
            f"centre; the best found reaches {apoapsis / 1e3:.0f} km"
        )
    burnout = ignition + settings.first.stage.burn_time
    burn = second(burnout, place, speed, settings.second, normal, burnout + TURNING_TIME)
    if strict and burn.is_reduced:
        raise ValueError(
            f"the second stage cannot reach a circular orbit "
            f"{settings.target_radius / 1e3:.0f} km from the centre"
        )
    return AscentPlan(launch, normal, climb, burn)


class StoredComputer(msgspec.Struct, frozen=True, kw_only=True):
    """What of a computer survives a reboot in flight; times are mission time (s)."""

    plan: AscentPlan
    climb: Tangents
    second: SecondBurnPlan
    navigation: StoredNavigation
    first_ignition: float | None
    second_ignition: float | None
    spent_at_ignition: float
    lost: float
    trimmed: float
    wind: StoredWind


class AscentComputer:
    """Guidance, navigation and control from the ejection to the trimmed orbit.

    `closed` False leaves out all guidance from navigation, for comparison: pitch programme and
    second burn are then flown as they were planned on the ground.
    """

    def __init__(
        self, settings: AscentSettings, plan: AscentPlan, navigation: Navigation,
        *, closed: bool = True,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.plan = plan
        self.navigation = navigation
        self.closed = closed
        self.climb = plan.climb
        self.second = plan.second
        self.first_ignition: float | None = None
        self.second_ignition: float | None = None
        self.wanted: Vector = navigation.direction()
        self.order = Order()
        self.trimmed = 0.0
        self.replans = 0
        self.wind = WindEstimate(settings.shape)
        self._control = BurnControl(settings.first_gains, settings.first_gas)
        self._solved = -1e9
        self._spent_at_ignition = 0.0
        self._spent_before_second: float | None = None
        self._lost = 0.0  # to the air in the first burn, by what is believed of it, m/s

    # ------------------------------------------------------------ first burn

    @property
    def is_lit(self) -> bool:
        """Whether the accelerometers feel a motor."""
        return self.navigation.acceleration[0] > LIT

    @property
    def pointing_error(self) -> float:
        """Angle of the nose off the direction that is asked of it, degrees."""
        return math.degrees(angle_between(self.navigation.direction(), self.wanted))

    def fall(self, seen: Increments) -> Order:
        """Between ejection and ignition: nothing that it has could turn the whole vehicle."""
        self.navigation.take(seen)
        self.order = Order()
        return self.order

    def first_burn(self, seen: Increments) -> Order:
        """One cycle of the first burn."""
        navigation = self.navigation
        navigation.take(seen)
        if self.first_ignition is None:
            self.first_ignition = navigation.time
            self._spent_at_ignition = navigation.spent
        seconds = self._seconds_burnt(seen.interval)
        model = self.settings.first
        left = model.stage.burn_time - seconds
        due = navigation.time - self._solved >= GUIDANCE_PERIOD
        if self.closed and seconds >= self.settings.guidance_start and left > FREEZE_FIRST and due:
            self._guide_climb(seconds)
        self._feel_wind(seconds, seen)
        if left > 0.0:
            wanted = self.climb.direction(seconds, navigation.position, self.plan.normal)
            through = self._steering_air(seconds)
            pressure = model.pressure(navigation.position, through)
            self.wanted = model.limited(through, pressure, wanted, seconds)
        self.order = self._control.order(
            navigation.attitude, navigation.rate, self.wanted,
            seconds / model.stage.burn_time, seen.interval,
        )  # fmt: skip
        return self.order

    def _seconds_burnt(self, cycle: float) -> float:
        """How far the first burn has come, as seconds of the motor as designed.

        By what has been felt and what the air has taken away: one motor burns faster than another,
        but all contain nearly the same impulse.
        """
        navigation, stage = self.navigation, self.settings.first.stage
        assert self.first_ignition is not None
        clock = navigation.time - self.first_ignition
        if not self.closed:
            return clock
        mass = self.settings.first.mass(clock)
        self._lost += self.dynamic_pressure * self.settings.first.drag_area / mass * cycle
        given = navigation.spent - self._spent_at_ignition + self._lost
        burnt = stage.mass * (1.0 - math.exp(-max(0.0, given) / stage.exhaust_speed))
        return stage.burn_time * burnt / stage.propellant

    def _feel_wind(self, seconds: float, seen: Increments) -> None:
        """Learns the wind from what it did since the last reading; a shock teaches nothing."""
        navigation, model = self.navigation, self.settings.first
        if not self.closed or seen.saturated:
            return
        part = seconds / model.stage.burn_time
        lever, inertia = self.settings.first_gains.lever_and_inertia(part)
        self.wind.take(
            navigation.attitude, navigation.rate, navigation.acceleration,
            air_speed(navigation.position, navigation.velocity), self.dynamic_pressure,
            (model.mass(seconds), lever, inertia), seen.interval,
        )  # fmt: skip

    @property
    def through_air(self) -> Vector:
        """Velocity through the air, with the wind as far as it is known, m/s."""
        navigation = self.navigation
        return self.wind.through(air_speed(navigation.position, navigation.velocity))

    def _steering_air(self, seconds: float) -> Vector:
        """Velocity through the air by which is steered, `seconds` after ignition, m/s."""
        position = self.navigation.position
        over_ground = air_speed(position, self.navigation.velocity)
        return self.settings.first.steering_air(position, over_ground, self.wind.wind, seconds)

    @property
    def angle_of_attack(self) -> float:
        """As it is believed, rad."""
        return angle_between(self.navigation.direction(), self.through_air)

    def _guide_climb(self, seconds: float) -> None:
        navigation, settings = self.navigation, self.settings
        target = FirstBurnTarget(settings.target_radius + settings.apoapsis_bias, self.plan.normal)
        self.climb = plan_first_stage(
            settings.first, seconds, navigation.position, navigation.velocity, target, self.climb,
            rounds=2, wind=self.wind.wind, planned=self.plan.climb,
        )  # fmt: skip
        self._solved = navigation.time
        self.replans += 1

    # ----------------------------------------------------------------- coast

    @property
    def dynamic_pressure(self) -> float:
        """Pressure of the air, as it is believed, Pa."""
        return self.settings.first.pressure(self.navigation.position, self.through_air)

    def start_coast(self) -> None:
        """The first stage is spent and gone: plans the second burn from where it has led."""
        self.replan()

    def replan(self) -> None:
        """Ignition and steering of the second burn, from navigation."""
        if not self.closed:
            return
        navigation, settings = self.navigation, self.settings
        self.second = plan_second_stage(
            navigation.time, navigation.position, navigation.velocity, settings.second,
            self.plan.normal, navigation.time + 1.0,
        )  # fmt: skip
        self.replans += 1

    def coast(self, seen: Increments, *, whole: bool = False, lighting: bool = False) -> Order:
        """One cycle of attitude hold; `whole` while the spent first stage is still there.

        With it the nose is kept in the wind; after that it points where the second burn begins.
        `lighting` from the order to the second igniter on: then something may be felt.
        """
        navigation = self.navigation
        if lighting and self._spent_before_second is None:
            self._spent_before_second = navigation.spent
        navigation.take(seen, coasting=not (whole or lighting))
        if whole:
            self.wanted = unit(self.through_air)
        else:
            self.wanted = self.second.direction(self.second.ignition, self.second.place)
        gas = self.settings.first_gas if whole else self.settings.second_gas
        self.order = hold(
            navigation.attitude, navigation.rate, self.wanted, gas, max(seen.interval, BURN_CYCLE)
        )
        return self.order

    def see_stars(self, stars: StarAttitude) -> float | None:
        """Takes a picture of the stars; returns by how much the attitude was wrong (rad)."""
        if not stars.valid:
            return None
        return self.navigation.correct(stars.attitude)

    # ----------------------------------------------------------- second burn

    def second_burn(self, seen: Increments) -> Order:
        """One cycle of the second burn."""
        navigation, settings = self.navigation, self.settings
        navigation.take(seen)
        seconds = self._since_second_ignition()
        rest = self.rest_of_second()
        due = navigation.time - self._solved >= STEERING_PERIOD
        if self.closed and due and rest is not None and rest.burn_time > FREEZE_SECOND:
            self.second = steer_rest(
                self.second, navigation.time, navigation.position, navigation.velocity, rest
            )
            self._solved = navigation.time
        if rest is not None:
            self.wanted = self.second.direction(navigation.time, navigation.position)
        self.order = self._control.order(
            navigation.attitude, navigation.rate, self.wanted,
            seconds / settings.second.burn_time, seen.interval,
        )  # fmt: skip
        return self.order

    def _since_second_ignition(self) -> float:
        """Seconds since the second ignition, which is noted when that is asked first."""
        navigation = self.navigation
        if self.second_ignition is None:
            self.second_ignition = navigation.time
            self._control = BurnControl(self.settings.second_gains, self.settings.second_gas)
            before = self._spent_before_second
            self._spent_at_ignition = navigation.spent if before is None else before
            self._solved = navigation.time
            if self.closed:
                self.second = replace(self.second, ignition=navigation.time)
        return navigation.time - self.second_ignition

    def rest_of_second(self) -> Stage | None:
        """What is left of the second stage, by the velocity that has been felt.

        A slow motor and a weak one feel alike until one of them burns out early, so all are taken
        to contain the impulse they were designed for.
        """
        stage, navigation = self.settings.second, self.navigation
        felt = navigation.spent - self._spent_at_ignition
        mass = stage.mass * math.exp(-felt / stage.exhaust_speed)
        left = mass - (stage.mass - stage.propellant)
        flow = stage.propellant / stage.burn_time
        if left <= 0.02 * stage.propellant:
            return None
        return Stage(mass, left, left / flow, stage.exhaust_speed)

    # ------------------------------------------------------------------ trim

    def missing(self) -> Vector:
        """Change of velocity (m/s) that is missing to a circular orbit."""
        navigation = self.navigation
        return trim_needed(navigation.position, navigation.velocity, self.plan.normal)

    def trim(self, seen: Increments, gas: float) -> Order | None:
        """One cycle of the trim by cold gas; None when it is done, or the gas or its limit is."""
        navigation, settings = self.navigation, self.settings
        before = navigation.gained
        navigation.take(seen)
        if self.order.forward > 0.0:
            self.trimmed += norm(subtract(navigation.gained, before))
        missing = self.missing()
        size = norm(missing)
        spent = gas <= settings.trim_reserve or self.trimmed >= settings.trim_limit
        if size < TRIM_DONE or spent or not self.closed:
            return None
        if size > TRIM_FREEZE:
            self.wanted = unit(missing)
        order = hold(
            navigation.attitude, navigation.rate, self.wanted, settings.second_gas,
            max(seen.interval, BURN_CYCLE),
        )  # fmt: skip
        forward = 0.0
        if dot(navigation.direction(), self.wanted) > POINTED:
            mass = settings.second.mass - settings.second.propellant
            left = dot(missing, self.wanted) * mass / settings.forward_thrust
            if left < settings.second_gas.least_pulse:
                return None
            forward = min(left, COAST_CYCLE)
        self.order = order._replace(forward=forward)
        return self.order

    # --------------------------------------------------------------- storage

    def stored(self) -> StoredComputer:
        """What must survive a reboot in flight."""
        return StoredComputer(
            plan=self.plan,
            climb=self.climb,
            second=self.second,
            navigation=self.navigation.stored(),
            first_ignition=self.first_ignition,
            second_ignition=self.second_ignition,
            spent_at_ignition=self._spent_at_ignition,
            lost=self._lost,
            trimmed=self.trimmed,
            wind=self.wind.stored(),
        )

    @classmethod
    def restored(cls, settings: AscentSettings, kept: StoredComputer) -> "AscentComputer":
        """The computer as it was stored."""
        computer = cls(settings, kept.plan, Navigation.restored(kept.navigation))
        computer.climb, computer.second = kept.climb, kept.second
        computer.first_ignition = kept.first_ignition
        computer.second_ignition = kept.second_ignition
        computer._spent_at_ignition = kept.spent_at_ignition
        computer._lost = kept.lost
        computer.trimmed = kept.trimmed
        computer.wind.restore(kept.wind)
        if computer.second_ignition is not None:
            computer._control = BurnControl(settings.second_gains, settings.second_gas)
        return computer
