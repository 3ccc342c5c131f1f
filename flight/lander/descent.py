"""The computer of the descent: its devices, its navigation, and what the phases share.

The phases are in `entry_phases`, `parachute` and `powered_phase`; `descent_states` binds them to
the states of the lander. The same phases fly in Monte Carlo studies, on devices without a bus.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from flight.astrodynamics.site_frame import SiteFrame
from flight.astrodynamics.vectors import Vector
from flight.core.activities import ActivityFailed
from flight.core.fault_protection.structure import STRUCTURE, Structure
from flight.core.tries import Tries
from flight.icd.devices.base import DeviceError, DeviceTimeout
from flight.icd.devices.descent import StarAlignment
from flight.lander.descent_hardware import DescentDevices
from flight.lander.descent_memory import DescentMemory
from flight.lander.descent_navigation import DescentNavigation, navigation_of
from flight.lander.descent_reports import DescentReports
from flight.lander.doubted_stretch import DoubtedStretch
from flight.lander.entry_guidance import EntryGuidance
from flight.lander.landing_site import LandingMap, Spot
from flight.lander.safeguards import INSISTENCE, SATURATION_HEARD
from flight.lander.sound_increments import SoundIncrements
from flight.lander.terrain_navigation import GroundSensing
from flight.runtime.pace import NANOSECONDS

STORE_PERIOD = 1.0  # s
SIDES = ("A", "B")
PATIENCE, FIRING = 5.0, 0.5  # s that a device may take: to open tanks, to fire
DEAF_FOR = 20.0  # s without a valid reading of the inertial unit
ALIGNING = (1.0, 4.0, 10.0, 20.0, 40.0)
"""s between the questions to the star scanner, ten minutes before the entry."""
TROUBLES_TOLD = 2
LOW_HEIGHT, LOW_SHOWN, HIGH_SHOWN = 5_000.0, 1.0, 5.0  # m, s


class Descent:
    """One descent. `host` is told what happens, as events; `memory` keeps what must survive a
    reboot: the vehicle is both. `load` is the vehicle's part of the mission load. `structure`: what
    of its safeguards is in place."""

    def __init__(
        self,
        host: DescentReports,
        memory: DescentMemory,
        devices: DescentDevices,
        parameters: Mapping[str, Any],
        load: Mapping[str, Any],
        structure: Structure = STRUCTURE,
    ) -> None:
        self.host = host
        self.memory = memory
        self.devices = devices
        self.parameters = parameters
        self.load = load
        self.structure = structure
        self.alive: Callable[[float], None] = lambda within: None
        """Told of each beat, and how long the next may take by itself (s)."""
        self.frame = SiteFrame(
            math.radians(parameters["site_latitude"]),
            math.radians(parameters["site_longitude"]),
            parameters["site_areoid_height"],
        )
        self.map = LandingMap(load["map"])
        self.aim = (float(load["aim"]["east"]), float(load["aim"]["north"]))
        self.guidance: EntryGuidance | None = None
        self.propellant = 0.0
        self.banks: tuple[float, float] | None = None  # rad, ordered and flown, in the entry
        self.known_spots: dict[tuple[float, float], Spot] = {}
        self._navigation: DescentNavigation | None = None
        self.expected: tuple[Vector | None, Vector | None] = (None, None)
        """How it turns faster (rad/s^2) and what is felt (m/s^2) by what the engines give, in body
        axes; None: as before."""
        self._next = 0.0
        self._stored = -math.inf
        self._deaf_since: float | None = None
        self._heard = 0.0
        self._sound = SoundIncrements()
        self._doubted = DoubtedStretch()
        self._troubles: dict[str, int] = {}
        self._show_next = -math.inf
        self.sensing = GroundSensing(self)

    # ------------------------------------------------------------- navigation

    @property
    def navigation(self) -> DescentNavigation:
        """Where the lander is; from storage after a reboot."""
        if self._navigation is None:
            raise ActivityFailed("nothing is known of where the lander is: no navigation was kept")
        return self._navigation

    @property
    def height_over_ground(self) -> float:
        """Of the centre of mass over the ground that the map shows below, m."""
        east, north, height = self.navigation.local()
        return height - self.map.height(east, north)

    async def begin(self) -> None:
        """Sets the pace of a phase; after a reboot takes the navigation up again."""
        self._next = self._heard = asyncio.get_running_loop().time()
        if self._navigation is None:
            stored = self.memory.descent_navigation
            if stored is None:
                return
            self._navigation = self._prepared(navigation_of(self.frame, stored))
            before = self._navigation.time
            await self.navigate()
            gap = self._navigation.time - before
            self.host.descent_resumed(
                gap=round(gap, 2),
                height=round(self.height_over_ground),
                saturated=self._navigation.saturated,
            )

    async def align(self) -> None:
        """Starts the navigation: place and velocity from the load, attitude from the stars."""
        start = self.load["state"]
        fix = await self._stars()
        position, velocity = tuple(start["position"]), tuple(start["velocity"])
        navigation = DescentNavigation(
            self.frame,
            float(start["time"]),
            position,
            velocity,
            fix.attitude,
            fix.number,
            float(start["position_error"]),
            float(start["velocity_error"]),
        )
        navigation.coast_to(fix.time_ns / NANOSECONDS)
        self._navigation = self._prepared(navigation)
        self.store()

    async def _stars(self) -> StarAlignment:
        tries = Tries(ALIGNING)
        while not tries.is_last:
            self.alive(PATIENCE + tries.pause)
            await anext(tries)
            try:
                fix = await self.devices.inertial_unit.alignment()
            except DeviceError as error:
                self.trouble(device="descent_inertial_unit", reason=str(error))
                continue
            if fix.valid:
                return fix
        raise ActivityFailed("the star scanner gives no attitude")

    def _prepared(self, navigation: DescentNavigation) -> DescentNavigation:
        navigation.can_be_insisted = self.structure.keeps(INSISTENCE)
        return navigation

    async def navigate(self) -> bool:
        """Reads the inertial unit; False when it says nothing that can be used this time."""
        navigation = self.navigation
        loop = asyncio.get_running_loop()
        try:
            felt = await self.devices.inertial_unit.increments(navigation.number)
            why = "" if felt.valid else felt.reason or "not valid"
            why = why or self._sound.why_not(
                felt, navigation.number, navigation.known_until, loop.time()
            )
        except DeviceError as error:
            why = str(error)
        now = loop.time()
        if why:
            self._go_on_without(now, why)
            return False
        self._sound.believed(now)
        self._deaf_since = None
        self._heard = now
        navigation.end_guess()
        was_saturated = navigation.saturated
        if felt.saturated and not self.structure.keeps(SATURATION_HEARD):
            felt = msgspec.structs.replace(felt, saturated=False)
        navigation.propagate(felt)
        if self._doubted.believed(navigation, felt):
            await self._ask_for_the_whole()
        if navigation.saturated and not was_saturated:
            self.host.gyroscope_saturated(gap=felt.gap)
        if navigation.time - self._stored >= STORE_PERIOD:
            self.store()
        self._show(navigation)
        return True

    async def _ask_for_the_whole(self) -> None:
        """Has the unit tell once more, and in one, what it told amid readings that were refused."""
        try:
            whole = await self.devices.inertial_unit.increments(self._doubted.since)
        except DeviceError:
            whole = None  # what was believed stays
        now = asyncio.get_running_loop().time()
        anew = self._doubted.end(self.navigation, whole, now)
        if anew is not None:
            self.host.device_trouble(
                device="descent_inertial_unit",
                reason=f"what it told of the last {anew:.3g} s is not what it says of them in all: "
                "they are flown anew by that",
            )

    def _go_on_without(self, now: float, why: str) -> None:
        """Flies on by what is to be expected: the unit counts on, and will say what really was."""
        self._doubted.refused(self.navigation)
        if self._deaf_since is None:
            self._deaf_since = now
            self.trouble(device="descent_inertial_unit", reason=why)
        if now - self._deaf_since > DEAF_FOR:
            raise ActivityFailed(f"the inertial unit has said nothing valid for {DEAF_FOR:g} s")
        self.navigation.guess(now - self._heard, *self.expected)
        self._heard = now

    def _show(self, navigation: DescentNavigation) -> None:
        """Lets the host tell of height, speed and the rest now and then."""
        if navigation.time < self._show_next:
            return
        height = self.height_over_ground
        self._show_next = navigation.time + (LOW_SHOWN if height < LOW_HEIGHT else HIGH_SHOWN)
        ordered, flown = self.banks if self.banks is not None else (None, None)
        self.host.show_descent(
            height=round(height, 1),
            speed=round(math.hypot(*navigation.local_velocity()), 2),
            sigma=round(navigation.horizontal_sigma(), 1),
            propellant=round(self.propellant, 1),
            bank_ordered=None if ordered is None else round(math.degrees(ordered), 1),
            bank=None if flown is None else round(math.degrees(flown), 1),
        )

    def store(self) -> None:
        """Keeps the navigation for the case of a reboot."""
        self._stored = self.navigation.time
        self.memory.descent_navigation = self.navigation.kept()

    async def tick(self, period: float) -> None:
        """Waits for the next beat of a phase and navigates."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next + period, now)
        self.alive(self._next - now)
        await asyncio.sleep(self._next - now)
        await self.navigate()
        self.alive(0.0)

    # ---------------------------------------------------------------- devices

    def trouble(self, device: str, reason: str) -> None:
        """Tells of a device that does not answer, the first times that it does not."""
        self._troubles[device] = self._troubles.get(device, 0) + 1
        if self._troubles[device] <= TROUBLES_TOLD:
            self.host.device_trouble(device=device, reason=reason)

    async def prime(self) -> bool:
        """Opens the tanks; what is in them says the gauge, or the load where that says nothing
        valid. False when the valves say that they have not moved; those that do not answer may
        have, and the engines will show it."""
        self.alive(PATIENCE)
        moved = True
        try:
            state = await self.devices.engines.prime()
            if state.valid:
                self.propellant = state.propellant
        except DeviceError as error:
            self.trouble(device="descent_engines", reason=str(error))
            moved = isinstance(error, DeviceTimeout)
        if self.propellant <= 0.0:
            self.propellant = float(self.parameters["propellant_loaded"])
        return moved

    @property
    def is_deaf(self) -> bool:
        """Whether the inertial unit says nothing valid now."""
        return self._deaf_since is not None

    async def insist(self, part: str) -> None:
        """Fires both sides of a part that nobody has seen go, whatever they answer."""
        for side in SIDES:
            self.alive(FIRING)
            try:
                await self.devices.pyrotechnics.fire(part, side)
            except DeviceError as error:
                self.trouble(device="pyrotechnics", reason=str(error))

    async def fire(self, part: str) -> bool:
        """Fires the initiators of a part, side A and then, where it did not let go or nobody can
        tell, side B; whether it is known to have been fired."""
        fired = False
        for side in SIDES:
            self.alive(FIRING)
            try:
                state = await self.devices.pyrotechnics.fire(part, side)
            except DeviceError as error:
                self.trouble(device="pyrotechnics", reason=str(error))
                continue
            if not state.valid:
                self.trouble(device="pyrotechnics", reason=state.reason)
                continue  # it may have fired: a second current does no harm
            fired = fired or state.fired
            if not state.fired:
                self.host.initiator_failed(part=part, side=side)
            if state.fired and state.separated is not False:
                break
        if not fired:
            self.host.part_not_fired(part=part)
        return fired
