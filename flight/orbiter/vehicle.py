"""The orbiter as its skills know it: channels, events, devices, and what it remembers."""

import asyncio
import math
from itertools import chain, repeat
from typing import Any, ClassVar

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector, norm, subtract
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.looking import LooksForTubes
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.obedience import switched
from flight.core.fault_protection.quantities import quantity
from flight.core.keeping.clock import monotonic
from flight.core.keeping.memory import Remembered
from flight.core.radio_rest import rest
from flight.core.redundant_units import RedundantUnits
from flight.core.telling.carried import keeper
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import event
from flight.core.two_computers import TwoComputers
from flight.core.worn_battery import WornBattery
from flight.icd.custody_record import CustodyRecord
from flight.icd.devices.base import DeviceError, usable
from flight.icd.messages import Severity
from flight.orbiter.burn_begun import BurnBegun
from flight.orbiter.feeding import FeedsFromLines
from flight.orbiter.hardware import REDUNDANT, OrbiterDevices
from flight.orbiter.navigation import NavigationState, Navigator
from flight.orbiter.orbit_determination import Bearing
from flight.orbiter.own_orbit import newest_solution
from flight.orbiter.parameters import PARAMETERS
from flight.orbiter.propagation import coast
from flight.orbiter.records import CapsuleRelease, Departure, Guess, LastLeg, TargetOrbit
from flight.orbiter.safeguards import ORBITER_SAFEGUARDS
from flight.orbiter.trajectory import Dynamics
from flight.orbiter.witnesses import CONFIRMATIONS
from flight.runtime.pace import NANOSECONDS

DAY = SECONDS_PER_DAY
_OLD_SOLUTION = 1.5 * DAY
RENDEZVOUS_HOUSEKEEPING = 1800.0  # s
QUIET_LOOKS = 43_200.0
"""s between looks at gauge and devices where little happens: what leaks goes on for so long."""
ARRAYS_HELD = 3600.0  # s for which their drive holds an angle that it was told
RADIO_PAUSES = (10.0, 60.0, 600.0, 3600.0, 21_600.0)  # s between attempts to switch it on


class OrbiterVehicle(TwoComputers, RedundantUnits, LooksForTubes, FeedsFromLines, WornBattery):
    """The Earth Return Orbiter."""

    name = "orbiter"
    has_recorder = True
    routes = {"entry": wire("entry")}  # noqa: RUF012  declared once, as every vehicle does
    parameter_declarations = PARAMETERS
    looked_after: ClassVar = {
        "battery": "state", "array_drive": "state", "main_engine": "propellant",
        "propellant_lines": "state", "x_band": "state",
    }  # fmt: skip
    set_right_always = frozenset({"x_band"})
    longest_housekeeping = 54_000.0  # three of those in which little happens
    safeguards = ORBITER_SAFEGUARDS
    confirmations = CONFIRMATIONS
    redundant = REDUNDANT
    warm_cells = 274.0  # K: they take charge from 273 K on, and the gauge is off by some tenths
    handover: ActiveHandover
    flies_by_stars = False  # no inertial unit says anything valid

    target = Remembered[TargetOrbit | None](
        TargetOrbit | None, None, doc="where the container is looked for"
    )
    manifest = Remembered[list[CustodyRecord]](
        list[CustodyRecord], [], doc="the last records of the tubes in the container"
    )
    bearings = Remembered[list[Bearing]](list[Bearing], [], doc="of the container, oldest first")
    guess = Remembered[Guess | None](
        Guess | None, None, doc="the container's state that the search ended with"
    )
    navigation = Remembered[NavigationState | None](
        NavigationState | None, None, doc="what the navigator believes"
    )
    burn_begun = Remembered[BurnBegun | None](
        BurnBegun | None, None, doc="the burn whose end nobody has felt yet"
    )
    delta_v_kept = Remembered(float, 0.0, doc="m/s, by the accelerometers")
    automatic = Remembered(bool, False, doc="whether it goes on by itself at hold points")
    last_leg = Remembered[LastLeg | None](
        LastLeg | None, None, doc="begun in the far range, to be ended in the close one"
    )
    container_captured = Remembered(bool, False, doc="whether the container is on board")
    tubes_contained = Remembered(int, 0, doc="tubes that were put into the capsule")
    departure = Remembered[Departure | None](Departure | None, None, doc="once it left Mars")
    aimed_entry = Remembered[float | None](
        float | None, None, doc="mission time (s) of the entry that is aimed at"
    )
    release = Remembered[CapsuleRelease | None](
        CapsuleRelease | None, None, doc="once the capsule is on its own"
    )

    @quantity(after=("range_to_container", "certain_drift_distance"))
    def drift_is_clear(self) -> bool | None:
        """Whether free drift near the container stays clear of it for all that is not known."""
        return self.drift_clear

    stars_seen = Channel(bool, doc="the star tracker knows the attitude")
    range_to_container = Channel(float, unit="m", doc="by the filter")
    range_sigma = Channel(float, unit="m", doc="standard deviation of that range")
    position_sigma = Channel(float, unit="m", doc="of the container, relative: root of the sum")
    sigma_radial = Channel(float, unit="m", doc="of the container, in its local axes")
    sigma_along = Channel(float, unit="m", doc="of the container, in its local axes")
    sigma_across = Channel(float, unit="m", doc="of the container, in its local axes")
    relative_radial = Channel(float, unit="m", doc="the orbiter in the container's local axes")
    relative_along = Channel(float, unit="m", doc="the orbiter in the container's local axes")
    relative_across = Channel(float, unit="m", doc="the orbiter in the container's local axes")
    phase_angle = Channel(float, unit="deg", doc="along the orbit, from the container to here")
    free_drift_distance = Channel(
        float, unit="m", doc="least distance to the container should thrust be lost now"
    )
    certain_drift_distance = Channel(
        float, unit="m", doc="of it, what is certain for all that is not known of way and burns"
    )
    fit_residual = Channel(float, doc="of the last orbit fit, in standard deviations")
    images_taken = Channel(int, doc="in the search")
    mode_range = Channel(float, unit="m", doc="range at the last change of the rendezvous' mode")
    delta_v_used = Channel(float, unit="m/s", doc="by the accelerometers")
    tubes_held = Channel(int, doc="tubes on board, by the ledger")
    leak_rate = Channel(float, unit="Pa m3/s", doc="of the sealed vessel")
    sample_temperature = Channel(
        float, unit="K", doc="of the tubes; below 30 °C (NASA/JPL)", yellow=(None, 298.0),
        red=(None, 303.0),
    )  # fmt: skip
    departure_c3 = Channel(float, unit="km2/s2", doc="of the departure, wanted, then reached")
    entry_angle = Channel(float, unit="deg", doc="of the capsule at 125 km, as predicted")
    entry_time = Channel(float, unit="s", doc="mission time at 125 km, as predicted")
    perigee_altitude = Channel(float, unit="m", doc="as predicted")
    periapsis_altitude = Channel(
        float, unit="m", doc="lowest over Mars, as believed, once a burn was broken off there"
    )

    @event(Severity.WARNING_HI, "No inertial unit says anything valid: {purpose} goes by stars")
    def flown_by_stars(self, *, purpose: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Container found at about {range} km, magnitude {magnitude}")
    def container_found(self, *, range: int, magnitude: float) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "Orbit of the container: {sigma} m from {bearings} bearings, {rejected} thrown out",
    )
    def orbit_determined(self, *, sigma: int, bearings: int, rejected: int) -> None: ...

    @event(Severity.WARNING_LO, "Orbit fit failed: {reason}")
    def fit_failed(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Far rendezvous begins at {range} m")
    def far_range_entered(self, *, range: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Close rendezvous begins at {range} m")
    def close_range_entered(self, *, range: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Hold point at {distance} m: waiting for GO")
    def at_hold_point(self, *, distance: int) -> None: ...

    @event(
        Severity.WARNING_LO,
        "{purpose}: no way is clear of the container for all that is not known; planned anew in "
        "{again} s",
    )
    def leg_not_clear(self, *, purpose: str, again: float) -> None: ...

    @event(
        Severity.WARNING_LO,
        "At {range} m the drift does not lead to the container: phasing is planned anew",
    )
    def drift_led_astray(self, *, range: int) -> None: ...

    @event(Severity.WARNING_LO, "Retreating from {range} m")
    def retreating(self, *, range: float) -> None: ...

    @event(Severity.ACTIVITY_LO, "Manoeuvre {purpose}: {size} m/s, off by {off} m/s")
    def manoeuvre(self, *, purpose: str, size: float, off: float) -> None: ...

    @event(Severity.WARNING_LO, "Burn {purpose} off: {felt} of {wanted} m/s by the accelerometers")
    def burn_off_nominal(self, *, purpose: str, felt: float, wanted: float) -> None: ...

    @event(
        Severity.WARNING_HI, "Burn {purpose} was broken off: {felt} of {wanted} m/s were felt"
    )
    def burn_broken_off(self, *, purpose: str, felt: float | None, wanted: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Capture attempt {number}")
    def capture_attempt(self, *, number: int) -> None: ...

    @event(Severity.WARNING_HI, "Capture attempt {number} failed: {reason}")
    def capture_failed(self, *, number: int, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "The container is on board with {tubes} tubes")
    def captured(self, *, tubes: int) -> None: ...

    @event(Severity.WARNING_HI, "Custody of {tube}: {reason}")
    def custody_trouble(self, *, tube: str, reason: str) -> None: ...

    @event(Severity.ACTIVITY_LO, "Containment, {step}: {result}")
    def containment_step(self, *, step: str, result: str) -> None: ...

    @event(
        Severity.WARNING_LO, "The capsule does not answer, the orbiter keeps its account: {reason}"
    )
    def capsule_silent(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Contained: leak rate {leak_rate} Pa m3/s, {hot_seconds} s hot")
    def contained(self, *, leak_rate: str, hot_seconds: int) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "Departure {departure}, arrival {arrival}, C3 {c3} km2/s2 (best of the window {best})",
    )
    def window_chosen(self, *, departure: str, arrival: str, c3: float, best: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Departure burn of {size} m/s, {seconds} s, in {minutes} min")
    def departure_planned(self, *, size: float, seconds: int, minutes: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Leaves Mars with C3 {c3} km2/s2 (wanted {wanted})")
    def departed(self, *, c3: float, wanted: float) -> None: ...

    @event(Severity.ACTIVITY_HI, "Targeted: entry angle {angle} degrees, {days} days to the entry")
    def targeted(self, *, angle: float | None, days: float) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "Touchdown predicted at {latitude} N {longitude} E, {miss} km from the site; 99 % within "
        "semi-axes of {long} and {short} km, azimuth {azimuth}; entry angle {angle} degrees, sigma "
        "{angle_sigma}",
    )
    def landing_predicted(
        self,
        *,
        latitude: float,
        longitude: float,
        miss: float,
        long: float,
        short: float,
        azimuth: float,
        angle: float,
        angle_sigma: float,
        heading: float,
        entry_time: float,
    ) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "Capsule released with {tubes} tubes at {distance} lunar distances, entry angle {angle}",
    )
    def capsule_released(self, *, tubes: int, distance: float, angle: float | None) -> None: ...

    @event(
        Severity.WARNING_HI,
        "Without memory: container on board {captured}, {days} days to Earth by the tracking",
    )
    def where_it_is_recalled(self, *, captured: bool, days: float | None) -> None: ...

    @event(Severity.WARNING_HI, "The capsule was not told when it will enter: {reason}")
    def entry_not_told(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Deflected: passes Earth at {altitude} km")
    def deflected(self, *, altitude: int) -> None: ...

    @event(
        Severity.WARNING_HI,
        "The battery does not hold in the safe state, the arrays are to follow the Sun: {reason}",
    )
    def losing_power(self, *, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Device trouble: {reason}", lasts=True)
    def device_trouble(self, *, reason: str) -> None: ...

    def attach(self) -> None:
        self.devices = OrbiterDevices(self)
        self.lines, self.engine = self.devices.propellant_lines, self.devices.main_engine
        self.communications.use_radio(self.devices.x_band)
        self.bus.subscribe("entry.telemetry", keeper(self, "entry"))
        self.nursery.start(self._switch_radio_on(), name="radio")
        self.dynamics = Dynamics(self.clock.epoch_jd_tt, self.parameters["light_pressure"])
        known = self.navigation
        self.navigator = Navigator() if known is None else Navigator.unpack(known)
        self.burn_left = self.burn_begun  # of a boot before, or of what was broken off since
        self.burn_lock = asyncio.Lock()
        self.drift_clear: bool | None = None
        self.decision = ""
        self.lidar_misses = 0
        self.boresight: Vector | None = None
        self._own_taken = self._looked = -math.inf
        self._radio_is_on = False
        self.take_up_battery()
        self.arrays_turned: float | None = None  # when they were told to be at an angle last
        self._burnt_solution = -1
        self.delta_v_used = self.delta_v_kept

    def parameters_changed(self) -> None:
        self.dynamics = Dynamics(self.clock.epoch_jd_tt, self.parameters["light_pressure"])

    def looks_after(self) -> dict[str, str]:
        if self.housekeeping_period() <= RENDEZVOUS_HOUSEKEEPING:
            return self.looked_after
        if monotonic() - self._looked < QUIET_LOOKS:
            return {}
        self._looked = monotonic()
        return self.looked_after

    def differs(self, device: str, reading: Any) -> str:
        if device == "x_band":
            told, says = {"itself": self._radio_is_on or None}, {"itself": reading.on}
            return switched(self.obedience.otherwise(device, told, says), says)
        if device == "array_drive":  # in the safe state they are held, and for a while after it
            since = self.arrays_turned
            held = self.is_in_safe or (since is not None and monotonic() - since <= ARRAYS_HELD)
            told, says = {device: None if held else True}, {device: reading.following}
            turned = self.obedience.otherwise(device, told, says)
            return f"the arrays to {math.degrees(reading.angle):.0f} deg" if turned else ""
        return self.valves_differ(reading) if device == "propellant_lines" else ""

    def was_right(self, device: str) -> bool:
        if device == "x_band":
            return self._radio_is_on  # it has said so
        if device == "propellant_lines":
            return self.valves_were_right()
        return self.obedience.was_right(device)

    @action(keeps_going=True)
    async def follow_the_sun(self) -> None:
        """Has the arrays follow the Sun, whatever they were told before."""
        if (await self.devices.array_drive.follow()).following:
            self.arrays_turned = None

    async def set_right(self, device: str) -> None:
        if device == "x_band":
            await self._switch_radio_on()
        elif device == "array_drive":
            await self.devices.array_drive.follow()
        else:
            await self.set_valves_right()

    def housekeeping_period(self) -> float:
        if self.is_in("rendezvous") or self.is_in("holding") or self.is_in("capturing"):
            return RENDEZVOUS_HOUSEKEEPING
        if self.protection.is_set("battery_low") or self.is_worn():
            return RENDEZVOUS_HOUSEKEEPING
        if self.is_in("idle") and self.is_near_container():
            return RENDEZVOUS_HOUSEKEEPING
        return 5.0 * 3600.0

    def may_meet_container(self) -> bool:
        """Whether both fly about Mars, each by itself, and it is believed where it is."""
        nav = self.navigator
        known = nav.own is not None and nav.target is not None and bool(nav.covariance)
        return known and not self.container_captured and self.departure is None

    def is_near_container(self) -> bool:
        """Whether it drifts within the range of the far rendezvous, as it is believed."""
        nav = self.navigator
        if not self.may_meet_container():
            return False
        assert nav.own is not None and nav.target is not None
        since = self.clock.now() - nav.time  # who only looks leaves what is believed as it is
        apart = norm(subtract(coast(nav.own, since)[0], coast(nav.target, since)[0]))
        return apart < float(self.parameters["far_range"])

    def show_navigation(self) -> None:
        """Sets the channels of the rendezvous from what the navigator believes."""
        nav = self.navigator
        if nav.own is None or nav.target is None or not nav.covariance:
            return
        self.range_to_container = round(nav.range(), 2)
        self.range_sigma = round(nav.range_sigma(), 3)
        self.position_sigma = round(nav.position_sigma(), 3)
        radial, along, across = nav.local_sigmas()
        self.sigma_radial, self.sigma_along = round(radial, 3), round(along, 3)
        self.sigma_across = round(across, 3)
        (x, y, z), _ = nav.relative()
        self.relative_radial, self.relative_along = round(x, 2), round(y, 2)
        self.relative_across = round(z, 2)

    def save_navigation(self) -> None:
        """Remembers what the navigator believes."""
        self.navigation = self.navigator.pack()
        self.delta_v_kept = self.delta_v_used or 0.0
        self.show_navigation()

    async def refresh_own(self) -> None:
        """Takes the newest tracking solution, if it can be."""
        known = await newest_solution(self, burnt=self._burnt_solution >= 0)
        if known is None:
            return
        self.navigator.take_own(known, known.time_ns / NANOSECONDS)
        self._own_taken = monotonic()
        if known.solution != self._burnt_solution:
            self._burnt_solution = -1

    def count_change(self, size: float) -> None:
        """Counts a velocity change that was made, however it has ended, m/s; also over a boot."""
        if size > 0.0:
            self.delta_v_used = round((self.delta_v_used or 0.0) + size, 3)
            self.delta_v_kept = self.delta_v_used

    def own_is_old(self) -> bool:
        """Whether a new tracking solution should be taken: one from after the last large burn."""
        return self._burnt_solution >= 0 or monotonic() - self._own_taken > _OLD_SOLUTION

    def note_large_burn(self) -> None:
        """The own orbit is known less well until the ground has tracked it again."""
        self._burnt_solution = self.navigator.solution

    async def _switch_radio_on(self) -> None:
        """Also after a boot: the radio then tells its links again. Until it says itself that it is
        on: nobody could command it to try again."""
        for pause in chain(RADIO_PAUSES, repeat(RADIO_PAUSES[-1])):
            try:
                await self.devices.x_band.set_power(True)
                if usable(await self.devices.x_band.state()).on:
                    self._radio_is_on = True
                    return
                reason = "the X-band radio is not on, though it was told to be"
            except DeviceError as error:
                reason = str(error)
            self.device_trouble(reason=reason)
            await asyncio.sleep(pause)

    @action(keeps_going=True)
    async def restart_radio(self) -> None:
        """Switches the radio off and, after a rest, on again."""
        self._radio_is_on = False  # nobody sets right what rests
        try:
            await rest(self.devices.x_band)
        finally:  # whatever came of it
            self.nursery.start(self._switch_radio_on(), name="radio")

    def ground_is_needed_in(self) -> float | None:
        """The capsule is let go by command, some days before it enters."""
        if self.departure is None or self.release is not None:
            return None
        entry = self.aimed_entry or self.departure.arrival
        before = (float(self.parameters["release_days"]) + 1.0) * DAY
        return max(0.0, entry - before - self.clock.now())

    def gauge_silent(self, reason: str) -> None:
        self.device_trouble(reason=reason)
