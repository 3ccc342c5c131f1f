"""On engines: along the plan to the gate, straight down, and off at touchdown."""

import math
from collections.abc import Sequence

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.vectors import Vector
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.witnesses import WITNESSES
from flight.icd.devices.base import DeviceError, DeviceFault, DeviceTimeout
from flight.icd.devices.descent import ENGINES
from flight.lander.confirming import confirm_backshell, unconfirmed
from flight.lander.descent import Descent
from flight.lander.descent_memory import Landing
from flight.lander.divert import DivertChoice, choose_landing
from flight.lander.engine_judge import EngineJudge
from flight.lander.powered_descent import straight_down, thrust_acceleration
from flight.lander.safeguards import TOUCHDOWN_LATCH
from flight.lander.standing import ask_legs, landed, shut_down, stands
from flight.lander.thrust_control import (
    AttitudeGains,
    EngineLayout,
    ThrustAllocation,
    axis_of,
    control_moment,
    force_along_axis,
    wanted_attitude,
)
from flight.lander.touchdown_detection import TouchdownDetector
from flight.lander.witnesses import TANKS
from flight.runtime.nursery import Nursery

PERIOD = 0.05
RADAR_EVERY, IMAGE_EVERY = 4, 10  # beats
LAST_PULL = 2.0
"""Seconds to go at which the plan has done its work and the straight descent begins."""
SHORTEST_TO_GO = 3.0
"""s: with less to go the polynomial would answer each metre of the radar's noise."""
LEAST_TILT, TILT_RATE = math.radians(8.0), math.radians(5.0)
"""The plan ends upright: what it may tilt at its end, and more for each second to go (rad)."""
FREQUENCY, ROLL_FREQUENCY, DAMPING = 4.0, 0.6, 0.8
"""Of the attitude loop, rad/s: five times that of the lateral velocity, a fifth of the engines'."""
DEAF_ENGINES = 600
"""Beats without an answer after which it is lost: half a minute, in which it has fallen to the
ground from wherever the engines are lit. Until then they are asked again: what passes, passes."""
OPENINGS, OPENED_EACH = 8, 20
"""Beats in which tanks that are said to be open are opened again each time, and how often after."""
SEEN = 0.1  # part of the thrust that is seen in what is felt
BLIND_AFTER = 8.0
"""Seconds without a range after which the height is not known any more."""
BLIND_SINKING = 2.2
"""m/s; the legs are made for 2.4."""
SLOW, STRAIGHT_FROM = 6.0, 40.0
"""m/s of the straight descent, and m up to which it is no faster."""
FAST, BRAKED = 16.0, 0.12
"""m/s at the most, and for each metre: 2 m/s^2 brake it, half of what the engines can beside the
weight."""


async def land(descent: Descent, choice: DivertChoice | None = None) -> Landing:
    """Flies the engines to the ground; returns what is known of the landing. After a reboot on the
    ground nothing is lit any more."""
    await descent.begin()
    if descent.memory.landing is not None:
        await shut_down(descent)
        return descent.memory.landing
    if choice is None and await stands(descent):
        return await landed(descent, "legs")
    if choice is None:
        place, velocity = descent.navigation.local(), descent.navigation.local_velocity()
        await descent.prime()
        choice = choose_landing(descent, place, velocity)
    async with Nursery("descent_images") as images:
        flight = PoweredFlight(descent, choice, images)
        await flight.fall_clear()
        await flight.follow_plan()
        how = await flight.come_down()
        images.cancel()
        return await flight.end(how)


class PoweredFlight:
    """The stretch on engines, beat by beat. `images`: where they are waited for, which no beat
    does; none are taken without."""

    def __init__(
        self, descent: Descent, choice: DivertChoice, images: Nursery | None = None
    ) -> None:
        p = descent.parameters
        self.images = images
        self.descent = descent
        self.choice = choice
        self.layout = EngineLayout(
            p["engine_ring_radius"],
            p["engine_below_centre"],
            math.radians(p["engine_cant"]),
            p["engine_least_thrust"],
            p["engine_greatest_thrust"],
        )
        self.allocation = ThrustAllocation(self.layout)
        self.gains = AttitudeGains(
            FREQUENCY,
            ROLL_FREQUENCY,
            DAMPING,
            p["lander_inertia_across"],
            p["lander_inertia_along"],
            0.6,
            0.15,
        )
        self.detector = TouchdownDetector()
        self._beat = 0
        self.judge = EngineJudge(ENGINES)
        self._deaf = 0
        self._gave: tuple[float, ...] | None = None  # N in all, as told and as given
        self._empty_told = False

    async def fall_clear(self) -> None:
        """Waits until the backshell is well above: it falls, and nothing carries it."""
        self.descent.expected = (None, (0.0, 0.0, 0.0))
        await confirm_backshell(self.descent, PERIOD)

    async def follow_plan(self) -> None:
        """Along the polynomial to the gate."""
        d = self.descent
        duration = self._duration()
        end = d.navigation.time + duration
        d.host.engines_lit(height=round(d.height_over_ground), duration=round(duration))
        taken_anew = d.sensing.sources.taken_anew
        while True:
            if taken_anew != d.sensing.sources.taken_anew:  # the ground lies elsewhere
                taken_anew = d.sensing.sources.taken_anew
                self.choice = choose_landing(
                    d, d.navigation.local(), d.navigation.local_velocity()
                )
                end = d.navigation.time + self._duration()
            to_go = end - d.navigation.time
            if to_go < LAST_PULL or d.height_over_ground < 0.6 * d.parameters["gate_height"]:
                break
            place, velocity = d.navigation.local(), d.navigation.local_velocity()
            gate, aimed = self.choice.gate, max(to_go, SHORTEST_TO_GO)
            wanted = thrust_acceleration(place, velocity, gate, aimed)
            await self._push(wanted, LEAST_TILT + TILT_RATE * to_go)
            await self._next_beat()

    def _duration(self) -> float:
        d = self.descent
        if self.choice.plan is not None:
            return self.choice.plan.duration
        again = choose_landing(d, d.navigation.local(), d.navigation.local_velocity())
        if again.plan is not None:
            self.choice = again
            return again.plan.duration
        # Nothing fits the limits: brake as hard as the height asks for, and come down somewhere.
        d.host.no_plan_fits(height=round(d.height_over_ground))
        self.choice = again
        sinking = max(-d.navigation.local_velocity()[2], 10.0)
        return max(6.0, min(40.0, 1.8 * d.height_over_ground / sinking))

    async def come_down(self) -> str:
        """Straight down at constant speed, until the ground is felt."""
        d = self.descent
        believes_latches = not d.structure.keeps(TOUCHDOWN_LATCH)
        before = await ask_legs(d, "state")
        early = [] if before is None else [i for i, on in enumerate(before.latched) if on]
        if early and believes_latches:
            return "legs"
        if early:
            d.host.early_contact_cleared(legs=early)
        state = await ask_legs(d, "clear")
        self.detector.enable()
        if state is not None and any(state.latched):
            d.host.leg_stuck(legs=[i for i, on in enumerate(state.latched) if on])
        d.host.straight_descent(height=round(self._height(), 1))
        while True:
            sinking = self._sinking_speed()
            d.sensing.sources.come_through(self._height())
            place, velocity = d.navigation.local(), d.navigation.local_velocity()
            spot = self.choice.spot
            height = self._height()
            sure = height - self._margin()
            faster = min(sinking + 0.35 * max(sure - 2.0, 0.0), fastest(sure))
            offset = (spot.east - place[0], spot.north - place[1])
            await self._push(straight_down(velocity, height, faster, offset), LEAST_TILT * 2.0)
            await self._next_beat()
            state = await ask_legs(d, "state")
            loaded = state.loaded if state is not None else ()
            sinks = -d.navigation.local_velocity()[2]
            how = self.detector.judge(
                loaded, sinks, sinking, self._height(), PERIOD, self._is_measured()
            )
            if how:
                return how

    def _sinking_speed(self) -> float:
        """Of the straight descent: as planned, or as fast as the legs bear when nobody knows how
        high it is, so that the propellant lasts for more metres."""
        seen = self.descent.sensing.range_last
        now = self.descent.navigation.time
        blind = seen is None or now - seen[0] > BLIND_AFTER
        blind = blind and not self.descent.sensing.heights.is_known
        return BLIND_SINKING if blind else float(self.descent.parameters["sinking_speed"])

    async def end(self, how: str) -> Landing:
        """Engines off; what is known is kept and told."""
        return await landed(self.descent, how)

    # ------------------------------------------------------------------ inside

    def _height(self) -> float:
        """Of the pads over the ground, m."""
        d = self.descent
        return float(d.height_over_ground - d.parameters["leg_height"])

    def _is_measured(self) -> bool:
        """Whether the radar shows how it moves."""
        sensing = self.descent.sensing
        return not sensing.range_missed and not sensing.velocity_missed

    def _margin(self) -> float:
        """m by which the ground may be nearer, where images have shown how high it is."""
        sensing = self.descent.sensing
        return sensing.heights.margin if sensing.range_missed else 0.0

    async def _next_beat(self) -> None:
        await self.descent.tick(PERIOD)
        self._beat += 1
        if self._beat % RADAR_EVERY == 0:
            await self.descent.sensing.listen()
        if self._beat % IMAGE_EVERY == 0:
            self._look()

    def _look(self) -> None:
        """Takes an image, to compare and where the radar does not show all; no engine waits for
        what it shows."""
        sensing = self.descent.sensing
        if self.images is None or self.images.size:
            return
        if sensing.may_match():
            self.images.start(sensing.match(), name="image")

    async def _push(self, wanted: Vector, tilt: float) -> None:
        """Asks the engines for an acceleration (east, north, up; gravity is to be borne by it),
        with no more tilt (rad) than that."""
        d, p = self.descent, self.descent.parameters
        navigation = d.navigation
        mass = p["lander_mass"] + d.propellant
        pointed = _within_tilt(wanted, min(tilt, math.radians(p["tilt_limit"]) + 0.1))
        axis = axis_of(navigation.attitude, navigation.position)
        heading = math.radians(p["landing_heading"])
        attitude = wanted_attitude(navigation.position, pointed, heading)
        moment = control_moment(navigation.attitude, navigation.rates, attitude, self.gains)
        force = force_along_axis(pointed, axis, mass)
        layout = self.allocation.layout
        asked = self.judge.told(
            self.allocation.thrusts(force, moment), layout.least, layout.greatest
        )
        try:
            state = await d.devices.engines.throttle(asked)
        except DeviceError as error:
            if isinstance(error, DeviceFault) and error.code == "not_primed":
                await self._open_tanks_again()
            # Who does not answer has most likely heard: then it burns as it was told.
            self._expect(asked if isinstance(error, DeviceTimeout) else None)
            self._deaf += 1
            if self._deaf == 1:
                d.trouble(device="descent_engines", reason=str(error))
            if self._deaf > DEAF_ENGINES:
                raise ActivityFailed("the engines do not answer any more") from error
            return
        self._deaf = 0
        self._expect(state.thrusts if state.valid else asked)
        if not state.valid:  # it has been told what to do, and that is all that is known
            exhaust = p["engine_specific_impulse"] * STANDARD_GRAVITY
            d.propellant = max(1.0, d.propellant - math.fsum(asked) / exhaust * PERIOD)
            return
        d.propellant = state.propellant
        if state.propellant <= 0.0 and not self._empty_told:
            self._empty_told = True
            d.host.propellant_spent(height=round(self._height(), 1))
        self._judge_engines(asked, state.thrusts)

    def _expect(self, thrusts: Sequence[float] | None) -> None:
        """What the inertial unit will feel of thrusts (N); None: nobody knows what they are."""
        if thrusts is None:
            self.descent.expected = (None, None)
            return
        p = self.descent.parameters
        force, moment = self.allocation.given(thrusts)
        across, along = p["lander_inertia_across"], p["lander_inertia_along"]
        self.descent.expected = (
            (moment[0] / across, moment[1] / across, moment[2] / along),
            (0.0, 0.0, force / (p["lander_mass"] + self.descent.propellant)),
        )

    async def _open_tanks_again(self) -> None:
        """The tanks that were said to be open are not: as long as it falls nothing is better than
        to open them."""
        d = self.descent
        if not d.structure.keeps(WITNESSES):
            return
        if self._deaf > OPENINGS and self._deaf % OPENED_EACH:
            return
        if self._deaf == 0:
            unconfirmed(d, TANKS)
        await d.prime()

    def _judge_engines(self, told: list[float], given: tuple[float, ...]) -> None:
        """Finds engines that do not do what they are told, or all of them something else."""
        if self.descent.propellant <= 0.0:
            return
        before = self.judge.gain
        for index, thrust in self.judge.judge(told, given, is_felt=self._is_felt(told, given)):
            self.descent.host.engine_lost(engine=index, thrust=round(thrust))
        if self.judge.fixed != self.allocation.fixed:
            self.allocation.set_fixed(self.judge.fixed)
        if before == 1.0 and self.judge.gain != 1.0:
            self.descent.host.thrust_is_off(percent=round(100.0 * self.judge.gain))


    def _is_felt(self, told: Sequence[float], given: Sequence[float]) -> bool:
        """Whether the lander is pushed as its engines are said to give, and not as they were told:
        by what was felt since the last beat, and the thrusts of then."""
        before = self._gave
        self._gave = tuple(self.allocation.given(each)[0] for each in (told, given))
        d = self.descent
        if before is None or d.is_deaf or abs(before[0] - before[1]) < SEEN * before[0]:
            return False
        felt: float = d.navigation.felt[2] * (d.parameters["lander_mass"] + d.propellant)
        return abs(felt - before[1]) < abs(felt - before[0])


def fastest(height: float) -> float:
    """Sinking speed (m/s) up to which it comes down straight from so high (m): it begins low, and
    higher up only where the ground has turned out to lie farther down than was believed."""
    return min(SLOW + BRAKED * max(height - STRAIGHT_FROM, 0.0), FAST)


def _within_tilt(wanted: Vector, limit: float) -> Vector:
    """The wanted acceleration, turned up where it leans over too far."""
    across = math.hypot(wanted[0], wanted[1])
    up = max(wanted[2], 0.5)
    most = up * math.tan(limit)
    if across > most:
        factor = most / across
        return (factor * wanted[0], factor * wanted[1], up)
    return (wanted[0], wanted[1], up)
