"""From the cruise stage to the parachute: separation, coast, guided entry."""

import math

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.quaternions import rotate
from flight.astrodynamics.site_frame import local_axes
from flight.astrodynamics.vectors import Vector, cross, dot, norm, unit
from flight.icd.devices.base import DeviceError
from flight.lander.bank_control import BankControl
from flight.lander.confirming import Balance, confirm_cruise_stage
from flight.lander.descent import Descent
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.entry_guidance import EntryGuidance, GuidanceSettings, plan_entry
from flight.lander.entry_reference import EntryShape, ParachuteShape
from flight.lander.parachute import FULL_DRAG_COEFFICIENT, ParachuteTrigger
from flight.lander.witnesses import CRUISE_BALANCE, ENTRY_BALANCE

BALANCE_DELAY = 111.0
"""Seconds from the cruise stage to the balance masses that give the trim angle (MSL 2012)."""
COAST_PERIOD, ENTRY_PERIOD = 1.0, 0.1
GUIDANCE_EVERY = 5  # beats: twice a second
TRIMS_WITHIN = 5.0  # s after its masses are gone
CONTRARY_WAY = "they turn the other way than they are told: from now on they are told the contrary"
PARACHUTE_FLOOR = 2_500.0
"""m over the ground down to which the parachute is planned to carry."""


async def separate_cruise_stage(descent: Descent) -> None:
    """Aligns the navigation by the stars, then lets the cruise stage go."""
    await descent.align()
    await descent.begin()
    await descent.fire("cruise_stage")
    await confirm_cruise_stage(descent, COAST_PERIOD)
    descent.host.cruise_stage_separated()


async def coast(descent: Descent) -> None:
    """Coasts to the entry interface; the balance masses go on the way."""
    await descent.begin()
    navigation = descent.navigation
    if not descent.memory.balanced:
        start = navigation.time
        while navigation.time - start < BALANCE_DELAY and not _at_interface(descent):
            await descent.tick(COAST_PERIOD)
        await descent.fire("cruise_balance")
        descent.memory.balanced = True
    while not _at_interface(descent):
        await descent.tick(COAST_PERIOD)
    east, north, up = navigation.local_velocity()
    speed = math.sqrt(east * east + north * north + up * up)
    descent.host.entry_interface(
        speed=round(speed, 1),
        angle=round(math.degrees(math.asin(up / speed)), 2),
    )


def _at_interface(descent: Descent) -> bool:
    return bool(descent.navigation.local()[2] <= descent.parameters["interface_height"])


async def enter(descent: Descent) -> None:
    """Flies the bank angle to the parachute, and fires its mortar."""
    await descent.begin()
    guidance = descent.guidance = make_guidance(descent)
    trigger = ParachuteTrigger(descent)
    descent.host.entry_planned(
        range=round(guidance.course(descent.navigation).range_to_go / 1000.0, 1),
        bank=round(math.degrees(math.acos(guidance.reference.vertical_lift)), 1),
    )
    flight = EntryFlight(descent, guidance)
    balance = Balance(descent, CRUISE_BALANCE, turned=True, after=0.0)
    while True:
        await descent.tick(ENTRY_PERIOD)
        await balance.beat()
        balance = await flight.beat() or balance
        if trigger.due(guidance):
            break
    speed = trigger.speed
    descent.banks = None
    await descent.fire("mortar")
    descent.host.parachute_fired(
        speed=round(speed),
        mach=round(trigger.mach, 2),
        height=round(descent.height_over_ground),
        pressure=round(trigger.pressure),
        reason=trigger.reason,
    )
    descent.memory.mortar_time = descent.navigation.time


def make_guidance(descent: Descent) -> EntryGuidance:
    """Reference and target from where the lander is now."""
    p = descent.parameters
    settings = GuidanceSettings(
        start_drag=p["guidance_start_drag"],
        heading_speed=p["heading_speed"],
        prebank=math.radians(p["guidance_prebank"]),
        greatest_bank=math.radians(p["guidance_greatest_bank"]),
        least_bank=math.radians(p["guidance_least_bank"]),
        heading_bank=math.radians(p["heading_bank"]),
        corridor=p["guidance_corridor"],
        corridor_slope=p["guidance_corridor_slope"],
        final_speed=p["parachute_speed"],
    )
    loading = p["entry_mass"] / (p["entry_drag_coefficient"] * p["entry_area"])
    shape = EntryShape(loading, p["entry_lift_to_drag"], p["heading_speed"], p["straighten_speed"])
    hanging = p["entry_mass"] - p["entry_balance_mass"] - p["heat_shield_mass"]
    ground = descent.map.height(*descent.aim)
    return plan_entry(
        descent.navigation,
        settings,
        shape,
        (*descent.aim, ground),
        ParachuteShape(
            p["parachute_drag_area"],
            FULL_DRAG_COEFFICIENT * p["entry_area"],
            hanging,
            p["parachute_opening"],
        ),
        ground + PARACHUTE_FLOOR,
    )


class EntryFlight:
    """Beat by beat through the entry: bank orders, and what is worth an event."""

    def __init__(self, descent: Descent, guidance: EntryGuidance) -> None:
        self.descent = descent
        self.guidance = guidance
        self._beat = 0
        self._phase = "waiting"
        self._peak = 0.0
        self._peak_told = False
        self._straight = False
        self._control = BankControl()

    async def beat(self) -> Balance | None:
        """One beat of the entry; with the last masses thrown off, what watches whether they are."""
        d = self.descent
        self._watch_deceleration(norm(d.navigation.felt))
        self._beat += 1
        if self._straight or self._beat % GUIDANCE_EVERY:
            return None
        if speed_of(d.navigation) < d.parameters["straighten_speed"]:
            self._straight = True
            await self._turn_to(0.0)
            await d.fire("entry_balance")
            d.host.lift_given_up(speed=round(speed_of(d.navigation)))
            return Balance(d, ENTRY_BALANCE, turned=False, after=TRIMS_WITHIN)
        order = self.guidance.order(d.navigation)
        if order.phase != self._phase:
            self._tell_phase(order.phase)
        if order.reversed:
            d.host.bank_reversed(
                number=self.guidance.reversals, speed=round(speed_of(d.navigation))
            )
        await self._turn_to(order.bank)
        return None

    async def _turn_to(self, bank: float) -> None:
        d = self.descent
        flown = bank_of(d.navigation)
        d.banks = (bank, flown)
        if self._control.judge(flown):
            d.trouble(device="attitude_thrusters", reason=CONTRARY_WAY)
        # Not over the shortest way: from side to side it goes through lift up.
        change = self._control.order(bank - flown)
        if change is not None:
            try:
                await d.devices.thrusters.turn(change)
            except DeviceError as error:
                d.trouble(device="attitude_thrusters", reason=str(error))

    def _tell_phase(self, phase: str) -> None:
        self._phase = phase
        speed = round(speed_of(self.descent.navigation))
        if phase == "range":
            self.descent.host.guidance_started(speed=speed)
        elif phase == "heading":
            self.descent.host.heading_alignment(
                speed=speed, miss=round(self.guidance.predicted_miss)
            )

    def _watch_deceleration(self, felt: float) -> None:
        if felt > self._peak:
            self._peak = felt
        elif felt < 0.9 * self._peak and self._peak > STANDARD_GRAVITY and not self._peak_told:
            self._peak_told = True
            self.descent.host.peak_deceleration(felt=round(self._peak / STANDARD_GRAVITY, 2))


def speed_of(navigation: DescentNavigation) -> float:
    """Speed over the ground, m/s."""
    return math.hypot(*navigation.local_velocity())


def bank_of(navigation: DescentNavigation) -> float:
    """The bank angle by attitude and velocity over the ground, rad (-pi to pi)."""
    position = navigation.position
    ground = navigation.frame.ground_velocity(position)
    moving: Vector = (
        navigation.velocity[0] - ground[0],
        navigation.velocity[1] - ground[1],
        navigation.velocity[2] - ground[2],
    )
    forward = unit(moving)
    right = unit(cross(forward, local_axes(position)[2]))
    lift = rotate(navigation.attitude, (1.0, 0.0, 0.0))
    return math.atan2(dot(lift, right), dot(lift, cross(right, forward)))
