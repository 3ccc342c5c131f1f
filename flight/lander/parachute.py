"""The parachute: when it is opened, what is let go under it, and when it is left."""

import math

from flight.astrodynamics.vectors import Vector, norm
from flight.core.fault_protection.witnesses import WITNESSES
from flight.lander.confirming import Shield, unconfirmed
from flight.lander.descent import Descent
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.divert import DivertChoice, choose_landing
from flight.lander.entry_guidance import EntryGuidance
from flight.lander.entry_reference import mach_number
from flight.lander.terrain_navigation import IMAGE
from flight.lander.witnesses import MORTAR

PERIOD = 0.1
OPENING_TIME = 4.0
"""Seconds after the mortar within which the parachute must pull."""
NOTICEABLE = 10.0
"""m of distance to the aim that are worth propellant."""
PULL = 6.0
"""m/s^2 of deceleration more than before that shows it does."""
LOOK_AHEADS = (2.0, 6.0, 12.0)
"""Seconds by which leaving the parachute may wait when one of them costs less."""
CHOICE_EVERY = 10  # beats
TANKS_PAUSE = 1.0  # s between tries at tanks that do not open
HEAT_SHIELD_LATEST = 40.0
"""s after the mortar: by then it is slow enough whatever the navigation thinks."""
DISPUTED_LOWEST = 2.0 / 3.0
"""Part of the lowest height to leave it, down to which it hangs on while radar and navigation do
not agree: enough to stop with all engines."""
SWINGS_OUT = 10.0
FULL_DRAG_COEFFICIENT = 1.6
"""Of the aeroshell without angle of attack, at the speeds of the parachute."""


class ParachuteTrigger:
    """Opens the parachute by range or speed, within a box of Mach number and dynamic pressure."""

    def __init__(self, descent: Descent) -> None:
        self._descent = descent
        self.speed = self.mach = self.pressure = 0.0
        self.reason = ""

    def due(self, guidance: EntryGuidance) -> bool:
        """Whether to fire now; `reason` says what made it."""
        d, p = self._descent, self._descent.parameters
        navigation = d.navigation
        self.speed = math.hypot(*navigation.local_velocity())
        if self.speed > 2.0 * p["parachute_speed"]:
            return False
        self.mach = mach_number(self.speed, navigation.local()[2])
        mass = p["entry_mass"] - p["entry_balance_mass"]
        area = FULL_DRAG_COEFFICIENT * p["entry_area"]
        self.pressure = norm(navigation.felt) * mass / area
        last = self._last_chance()
        if last:
            self.reason = last
            return True
        if self.mach > p["parachute_greatest_mach"]:
            return False
        if self.pressure > p["parachute_greatest_pressure"]:
            return False
        if p["parachute_trigger"] == "speed":
            self.reason = "speed"
            return bool(self.speed <= p["parachute_speed"])
        self.reason = "range"
        return guidance.course(navigation).range_to_go <= 0.0

    def _last_chance(self) -> str:
        p = self._descent.parameters
        if self.speed < p["parachute_least_speed"]:
            return "too slow to wait"
        low = self._descent.height_over_ground < p["parachute_least_height"]
        return "too low to wait" if low else ""


async def descend(descent: Descent) -> DivertChoice:
    """Under the parachute: heat shield, radar, images, and the choice of where to land.

    Ends when the backshell has been let go; the choice is what the engines are to fly.
    """
    await descent.begin()
    hanging = Hanging(descent)
    await hanging.wait_for_pull()
    descent.navigation.hangs = descent.memory.parachute_pulled
    await hanging.drop_heat_shield()
    choice = await hanging.sense_and_choose()
    descent.navigation.hangs = False
    await hanging.last_words()
    await descent.fire("backshell")
    descent.host.backshell_separated(
        height=round(descent.height_over_ground),
        speed=round(math.hypot(*descent.navigation.local_velocity())),
        divert=round(choice.distance),
        reason=choice.reason,
    )
    return choice


class Hanging:
    """The stretch under the parachute, step by step."""

    def __init__(self, descent: Descent) -> None:
        self.descent = descent
        self._legs_out = False
        self._open_next = -math.inf  # mission time (s) at which the tanks are opened
        self._shield: Shield | None = None
        fired_at = descent.memory.mortar_time
        self.fired_at = descent.navigation.time if fired_at is None else fired_at

    async def wait_for_pull(self) -> None:
        """Until the parachute pulls; fires again when it does not."""
        d = self.descent
        if d.memory.parachute_pulled:
            return
        before = norm(d.navigation.felt)
        for attempt in (1, 2):
            start = d.navigation.time
            while d.navigation.time - start < OPENING_TIME:
                await d.tick(PERIOD)
                if norm(d.navigation.felt) > before + PULL:
                    d.host.parachute_open(felt=round(norm(d.navigation.felt), 1))
                    d.memory.parachute_pulled = True
                    return
            if attempt == 1:
                unconfirmed(d, MORTAR)
                await d.insist("mortar")
        d.host.parachute_does_not_pull(height=round(d.height_over_ground))

    async def drop_heat_shield(self) -> None:
        """Below Mach 0.7, or when there is little height left."""
        d, p = self.descent, self.descent.parameters
        if d.memory.heat_shield_gone:
            return
        while True:
            navigation = d.navigation
            mach = mach_number(math.hypot(*navigation.local_velocity()), navigation.local()[2])
            slow = mach < p["heat_shield_mach"]
            waited = navigation.time - self.fired_at > p["heat_shield_delay"]
            low = d.height_over_ground < 1.5 * p["backshell_lowest"]
            hanging = navigation.time - self.fired_at
            if (slow and waited) or low or hanging > HEAT_SHIELD_LATEST:
                break
            if navigation.saturated and hanging > SWINGS_OUT:
                d.sensing.find_vertical()
            await d.tick(PERIOD)
        await d.fire("heat_shield")
        d.memory.heat_shield_gone = True
        d.host.heat_shield_separated(
            speed=round(math.hypot(*d.navigation.local_velocity())),
            height=round(d.height_over_ground),
        )

    async def sense_and_choose(self) -> DivertChoice:
        """Radar and images, until it is time to leave the parachute."""
        d, p = self.descent, self.descent.parameters
        listen_from = d.navigation.time + p["radar_delay"]
        shield = self._shield = Shield(d, listen_from)
        beat = 0
        while True:
            await d.tick(PERIOD)
            beat += 1
            height = d.height_over_ground
            if d.navigation.time >= listen_from and beat % 2 == 0:
                await d.sensing.listen()
            await shield.beat()
            if d.navigation.saturated and d.navigation.time >= listen_from:
                d.sensing.find_vertical()
            if beat % 5 == 0 and d.sensing.may_match():
                d.alive(IMAGE)
                await d.sensing.match()
            if height < 1.2 * p["backshell_highest"]:
                await self._legs()
            if beat % CHOICE_EVERY == 0 and height < p["backshell_highest"]:
                choice = self._choose(height)
                if choice is not None:
                    return choice

    async def last_words(self) -> None:
        """What nobody has seen, or nobody can see in the air, is fired once more."""
        if self._shield is not None:
            await self._shield.last()
        if self.descent.structure.keeps(WITNESSES):
            await self.descent.insist("legs")

    async def _legs(self) -> None:
        d = self.descent
        if not self._legs_out and not d.memory.legs_out:
            await d.fire("legs")
            await self._open_tanks()
            d.memory.legs_out = True
            d.host.legs_deployed(height=round(d.height_over_ground))
        elif d.navigation.time >= self._open_next:
            await self._open_tanks()
        self._legs_out = True

    async def _open_tanks(self) -> None:
        """After a reboot once more, and until their valves have moved: what hangs has time."""
        d = self.descent
        moved = await d.prime()
        self._open_next = math.inf if moved else d.navigation.time + TANKS_PAUSE

    def _choose(self, height: float) -> DivertChoice | None:
        """The landing to fly from now on, or None to hang on."""
        d, p = self.descent, self.descent.parameters
        navigation = d.navigation
        if d.sensing.height_is_disputed and height > DISPUTED_LOWEST * p["backshell_lowest"]:
            return None  # and so does who may be above all that the camera can see
        if d.sensing.height_is_guessed and height > p["backshell_lowest"] - d.sensing.height_doubt:
            return None  # it may be kilometres up: images will tell as soon as they can
        now = choose_landing(d, navigation.local(), navigation.local_velocity())
        if height <= p["backshell_lowest"]:
            return now
        # With images still to come it is better to wait for them while there is room.
        if not d.sensing.fixed and height > p["terrain_lowest"]:
            return None
        if now.plan is None:
            return None
        for wait in LOOK_AHEADS:
            place, velocity = _hung_on(navigation, wait)
            if place[2] - d.map.height(place[0], place[1]) < p["backshell_lowest"]:
                break
            if _is_better(choose_landing(d, place, velocity), now):
                return None
        return now


def _is_better(later: DivertChoice, now: DivertChoice) -> bool:
    """Whether a landing begun later comes nearer to the aim, or as near for less."""
    if later.plan is None or now.plan is None:
        return False
    if abs(later.distance_left - now.distance_left) > NOTICEABLE:
        return later.distance_left < now.distance_left
    return later.plan.spent < now.plan.spent


def _hung_on(navigation: DescentNavigation, seconds: float) -> tuple[Vector, Vector]:
    """Place and velocity after some more seconds under the parachute."""
    place, velocity = navigation.local(), navigation.local_velocity()
    moved = tuple(a + seconds * b for a, b in zip(place, velocity, strict=True))
    return moved, velocity  # type: ignore[return-value]
