"""The MAV as its skills know it: channels, events, devices, and what it remembers."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypedDict

import msgspec

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.vectors import norm
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.looking import LooksForTubes
from flight.core.keeping.memory import Remembered
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import event
from flight.icd.devices.ascent import (
    AscentRecorder,
    AscentStarTracker,
    AttitudeEffectors,
    Beacon,
    EffectorState,
    Ejector,
    Igniter,
    InertialIncrements,
    Separation,
)
from flight.icd.devices.container import Container
from flight.icd.devices.mav_systems import MavSystems
from flight.icd.messages import Severity
from flight.mav.ascent_computer import BURN_CYCLE, AscentComputer, StoredComputer
from flight.mav.ascent_log import AscentLog
from flight.mav.parameters import PARAMETERS, check_vehicle
from flight.mav.reached_orbit import reached_orbit
from flight.mav.safeguards import MAV_SAFEGUARDS
from flight.mav.witnesses import CONFIRMATIONS

Closure = Literal["", "open", "sealed"]
FlightEnd = Literal["", "in_orbit", "lost"]


TEST_HOLDS = 10 * SOL_SECONDS
"""s for which a test of the battery counts: it loses some thousandths of its charge by itself."""


class KeptAscent(msgspec.Struct, frozen=True):
    """The flight as it was kept: its phase, and what the computer then knew."""

    phase: str
    computer: StoredComputer | None


class ShownFlight(TypedDict):
    """Heights in km, speed in m/s."""

    height: float
    speed: float
    periapsis: float
    apoapsis: float


UNPOWERED = ("dormant", "waking", "safe")
"""States in which the avionics are, or may be, off."""


class MavVehicle(LooksForTubes):
    """The Mars Ascent Vehicle, on the lander and in flight."""

    name = "mav"
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": wire("lander"),
        "rover": wire("lander"),
        "arm": wire("lander"),
        "perseverance": wire("lander"),
    }
    parameter_declarations = PARAMETERS
    looked_after: ClassVar = {"container": "state", "systems": "state"}
    longest_housekeeping = 18_000.0
    safeguards = MAV_SAFEGUARDS
    confirmations = CONFIRMATIONS
    burn_cycle = BURN_CYCLE
    """s, of the control loop while a motor burns or the air presses."""
    handover: PassiveHandover

    closure = Remembered[Closure](Closure, "", doc="of the container, once it was opened")
    tested_at = Remembered[float | None](
        float | None, None, doc="s of the oscillator at the last checks"
    )
    checks_kept = Remembered[bool | None](bool | None, None, doc="result of the last checks")
    conditioned_kept = Remembered[bool | None](
        bool | None, None, doc="whether the motors have been at firing temperature"
    )
    flown = Remembered[FlightEnd](FlightEnd, "", doc="how the flight has ended")
    ascent = Remembered[KeptAscent | None](
        KeptAscent | None, None, doc="the flight as it was last, from the count on"
    )
    thrown_at = Remembered[float | None](
        float | None, None, doc="when it was felt to be thrown, by the oscillator's count (s)"
    )

    first_motor_temperature = Channel(
        float, unit="K", doc="propellant of the first motor", yellow=(236.0, 310.0),
        red=(233.0, 320.0), hysteresis=1.0,
    )  # fmt: skip
    second_motor_temperature = Channel(
        float, unit="K", doc="propellant of the second motor", yellow=(236.0, 310.0),
        red=(233.0, 320.0), hysteresis=1.0,
    )  # fmt: skip
    avionics_temperature = Channel(float, unit="K", doc="avionics")
    state_of_charge = Channel(
        float, doc="of the MAV's battery", yellow=(0.6, None), red=(0.4, None), hysteresis=0.02
    )
    container_temperature = Channel(
        float, unit="K", doc="of the container; samples stay below 30 °C (NASA/JPL)",
        yellow=(None, 298.0), red=(None, 303.0),
    )  # fmt: skip
    tubes_held = Channel(int, doc="tubes in the container, by the ledger")
    seats_closed = Channel(int, doc="seat sensors that feel a tube")
    lid_closed = Channel(bool, doc="the lid's switch")
    latched = Channel(bool, doc="the latch's switch")
    is_conditioned = Channel(bool, doc="motors at firing temperature when last conditioned")
    checks_passed = Channel(bool, doc="result of the last checks")

    height = Channel(float, unit="km", doc="over 3389.5 km, by navigation")
    speed = Channel(float, unit="m/s", doc="inertial, by navigation")
    periapsis = Channel(float, unit="km", doc="of the orbit, over 3389.5 km, by navigation")
    apoapsis = Channel(float, unit="km", doc="of the orbit, over 3389.5 km, by navigation")
    inclination = Channel(float, unit="deg", doc="of the orbit, by navigation")
    dynamic_pressure = Channel(float, unit="Pa", doc="of the air that is believed in")
    acceleration = Channel(float, unit="m/s^2", doc="felt along the nose")
    pointing_error = Channel(float, unit="deg", doc="of the nose off the direction asked of it")
    cold_gas = Channel(float, unit="kg", doc="left in the second stage")
    saturated_readings = Channel(int, doc="of the inertial unit in this flight")
    beacon_sending = Channel(bool, doc="the beacon's answer")
    record_chunks = Channel(int, doc="of the ascent record, once all have been sent")
    ascent_chunk = Channel(
        str, doc="a piece of the ascent record: number, count, CRC-32, base64", product=True
    )

    @event(Severity.ACTIVITY_HI, "Motors conditioned: {first} K and {second} K")
    def conditioned(self, *, first: float | None, second: float | None) -> None: ...

    @event(Severity.ACTIVITY_LO, "Check {item} passed: {measured}")
    def check_passed(self, *, item: str, measured: str) -> None: ...

    @event(Severity.WARNING_HI, "Check {item} failed: {measured}")
    def check_failed(self, *, item: str, measured: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "The container is sealed with {tubes} tubes")
    def container_sealed(self, *, tubes: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "{tube}, of which nothing was known, is in {socket}")
    def tube_found(self, *, tube: str, socket: int) -> None: ...

    @event(Severity.WARNING_LO, "The count holds: {reason}")
    def count_held(self, *, reason: str) -> None: ...

    @event(Severity.ACTIVITY_HI, "Final count, {seconds} s to the launch")
    def count_resumed(self, *, seconds: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "Thrown from the lander")
    def ejected(self) -> None: ...

    @event(Severity.ACTIVITY_HI, "Current through the {motor} igniter")
    def ignition_sent(self, *, motor: str) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "The {stage} motor has burnt out at {height} km, {speed} m/s; "
        "orbit {periapsis} x {apoapsis} km",
    )
    def burnout(
        self, *, stage: str, height: float, speed: float, periapsis: float, apoapsis: float
    ) -> None: ...

    @event(Severity.ACTIVITY_HI, "The first stage is gone")
    def separated(self) -> None: ...

    @event(Severity.WARNING_HI, "The fairing has not been let go: 1 kg more to lift")
    def fairing_held(self) -> None: ...

    @event(
        Severity.ACTIVITY_HI, "Second ignition in {seconds} s (too weak for a circle: {reduced})"
    )
    def second_burn_planned(self, *, seconds: float, reduced: bool) -> None: ...

    @event(Severity.ACTIVITY_LO, "The stars show the attitude to have been {degrees} deg off")
    def attitude_corrected(self, *, degrees: float) -> None: ...

    @event(Severity.WARNING_HI, "The nose is {degrees} deg off where it should point")
    def off_nominal_attitude(self, *, degrees: float) -> None: ...

    @event(
        Severity.WARNING_HI,
        "Angle of attack {degrees} deg at {pressure} Pa, more than the {limit} deg required",
    )
    def angle_of_attack_exceeded(self, *, degrees: float, pressure: int, limit: float) -> None: ...

    @event(Severity.WARNING_HI, "Rebooted in flight: taken up again in {phase}")
    def flight_recalled(self, *, phase: str) -> None: ...

    @event(
        Severity.ACTIVITY_HI,
        "Orbit {periapsis} x {apoapsis} km (each {height_sigma} km, 1 sigma), {inclination} deg, "
        "node {node} deg; cold gas trimmed {trimmed} m/s; lower than asked for: {reduced}",
    )
    def orbit_determined(
        self,
        *,
        periapsis: float,
        apoapsis: float,
        height_sigma: float,
        inclination: float,
        node: float,
        argument_of_periapsis: float,
        true_anomaly: float,
        off_plane: float,
        trimmed: float,
        reduced: bool,
        time: float,
        position: list[float],
        velocity: list[float],
        position_sigma: float,
        velocity_sigma: float,
    ) -> None: ...

    @event(Severity.ACTIVITY_HI, "The container is free, with {tubes} tubes")
    def container_released(self, *, tubes: int) -> None: ...

    @event(Severity.ACTIVITY_HI, "The ascent record has been sent in {chunks} chunks")
    def record_sent(self, *, chunks: int) -> None: ...

    @event(Severity.FATAL, "The vehicle is lost with {tubes} tubes: {reason}")
    def vehicle_lost(self, *, tubes: int, reason: str) -> None: ...

    @event(Severity.WARNING_LO, "Device trouble: {reason}", lasts=True)
    def device_trouble(self, *, reason: str) -> None: ...

    @classmethod
    def check_parameters(cls, parameters: Mapping[str, Any]) -> None:
        check_vehicle(parameters)

    def attach(self) -> None:
        self.container = self.driver(Container, "container")
        self.systems = self.driver(MavSystems, "systems")
        self.ejector = self.driver(Ejector, "ejector")
        self.first_igniter = self.driver(Igniter, "first_igniter")
        self.second_igniter = self.driver(Igniter, "second_igniter")
        self.effectors = self.driver(AttitudeEffectors, "effectors")
        self.separation = self.driver(Separation, "separation")
        self.inertial_unit = self.driver(InertialIncrements, "inertial_unit")
        self.star_tracker = self.driver(AscentStarTracker, "star_tracker")
        self.ascent_recorder = self.driver(AscentRecorder, "ascent_recorder")
        self.beacon = self.driver(Beacon, "beacon")
        self.computer: AscentComputer | None = None
        self.last_effectors: EffectorState | None = None
        self.ascent_log = AscentLog(self.ascent_recorder, self.device_trouble)
        self.last_seats: list[bool] = []
        self.launch_closes = 0.0  # s of mission time; set by the count
        self.checks_passed = self.checks_kept
        self.is_conditioned = self.conditioned_kept

    def looks_after(self) -> dict[str, str]:
        # In flight the control loop tells; afterwards the battery runs down.
        return self.looked_after if self.phase() == "" else {}

    def differs(self, device: str, reading: Any) -> str:
        if device == "systems":
            off = not (reading.powered or any(self.is_in(each) for each in UNPOWERED))
            return "its avionics off" if off else ""
        return ""

    def was_right(self, device: str) -> bool:
        # Awake it is once its systems have said so, and sealed once the switches of the lid have.
        return True

    async def set_right(self, device: str) -> None:
        await self.systems.set_power(True)

    def housekeeping_period(self) -> float:
        return 3600.0 if self.phase() == "" else self.longest_housekeeping

    def note_checks(self, passed: bool) -> None:
        """Remembers, also over reboots, how the last checks went, and when."""
        self.checks_passed = self.checks_kept = passed
        self.tested_at = self.clock.count()

    def battery_problem(self) -> str:
        """What of the battery stands against a launch; empty when nothing does.

        Where the gauge says nothing the self-test counts, which measures the battery as well.
        """
        charge, lowest = self.state_of_charge, self.parameters["lowest_charge"]
        if charge is not None:
            return "" if charge >= lowest else f"battery at {charge}; allowed: from {lowest}"
        if self.tested_at is None or self.clock.count() - self.tested_at > TEST_HOLDS:
            return "the battery's gauge says nothing, and its last test is too old: run_checks"
        return ""

    def note_conditioned(self) -> None:
        """Remembers, also over reboots, that the motors have been at firing temperature."""
        self.is_conditioned = self.conditioned_kept = True

    def phase(self) -> str:
        """The phase in which the flight was when it was kept last; empty before a launch."""
        kept = self.ascent
        return "" if kept is None else kept.phase

    def clear_ascent(self) -> None:
        """Forgets a flight that has not begun."""
        self.computer = self.last_effectors = self.ascent = self.thrown_at = None

    def show_flight(self) -> ShownFlight:
        """Sets the channels of the flight from navigation; returns the main ones."""
        computer = self.computer
        assert computer is not None
        navigation = computer.navigation
        orbit = reached_orbit(computer)
        self.height = round((norm(navigation.position) - MARS_MEAN_RADIUS) / 1e3, 2)
        self.speed = round(norm(navigation.velocity), 1)
        self.periapsis, self.apoapsis = orbit["periapsis"], orbit["apoapsis"]
        self.inclination = orbit["inclination"]
        self.dynamic_pressure = round(computer.dynamic_pressure, 1)
        self.acceleration = round(navigation.acceleration[0], 2)
        self.pointing_error = round(computer.pointing_error, 2)
        self.saturated_readings = navigation.saturations
        if self.last_effectors is not None:
            self.cold_gas = round(self.last_effectors.gas, 3)
        return {
            "height": self.height, "speed": self.speed, "periapsis": orbit["periapsis"],
            "apoapsis": orbit["apoapsis"],
        }  # fmt: skip

    def avionics_warm(self) -> bool:
        """Whether the avionics may be switched on."""
        value = self.avionics_temperature
        return value is not None and value >= self.parameters["coldest_avionics"]

    def motors_conditioned(self) -> bool:
        """Whether both motors are within their firing temperatures."""
        low, high = self.parameters["coldest_motor"], self.parameters["hottest_motor"]
        values = (self.first_motor_temperature, self.second_motor_temperature)
        return all(value is not None and low <= value <= high for value in values)
