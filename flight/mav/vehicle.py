"""The MAV as its skills know it: channels, events, devices, and what it remembers."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.vectors import norm
from flight.core.custody.handover import PassiveHandover
from flight.core.keeping.memory import Remembered
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import Event
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
from flight.mav.ascent_computer import AscentComputer, StoredComputer
from flight.mav.ascent_log import AscentLog
from flight.mav.parameters import PARAMETERS, check_vehicle
from flight.mav.reached_orbit import reached_orbit

Closure = Literal["", "open", "sealed"]
FlightEnd = Literal["", "in_orbit", "lost"]


class KeptAscent(msgspec.Struct, frozen=True):
    """The flight as it was kept: its phase, and what the computer then knew."""

    phase: str
    computer: StoredComputer | None


class MavVehicle(Node):
    """The Mars Ascent Vehicle, on the lander and in flight."""

    name = "mav"
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": wire("lander"),
        "rover": wire("lander"),
        "arm": wire("lander"),
        "perseverance": wire("lander"),
    }
    parameter_declarations = PARAMETERS
    handover: PassiveHandover

    closure = Remembered[Closure](Closure, "", doc="of the container, once it was opened")
    checks_kept = Remembered[bool | None](bool | None, None, doc="result of the last checks")
    conditioned_kept = Remembered[bool | None](
        bool | None, None, doc="whether the motors have been at firing temperature"
    )
    flown = Remembered[FlightEnd](FlightEnd, "", doc="how the flight has ended")
    ascent = Remembered[KeptAscent | None](
        KeptAscent | None, None, doc="the flight as it was last, from the count on"
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
    ascent_chunk = Channel(str, doc="a piece of the ascent record: number, count, CRC-32, base64")

    conditioned = Event(Severity.ACTIVITY_HI, "Motors conditioned: {first} K and {second} K")
    check_passed = Event(Severity.ACTIVITY_LO, "Check {item} passed: {measured}")
    check_failed = Event(Severity.WARNING_HI, "Check {item} failed: {measured}")
    container_sealed = Event(Severity.ACTIVITY_HI, "The container is sealed with {tubes} tubes")
    tube_found = Event(Severity.ACTIVITY_HI, "{tube}, of which nothing was known, is in {socket}")
    count_held = Event(Severity.WARNING_LO, "The count holds: {reason}")
    count_resumed = Event(Severity.ACTIVITY_HI, "Final count, {seconds} s to the launch")
    ejected = Event(Severity.ACTIVITY_HI, "Thrown from the lander")
    ignition_sent = Event(Severity.ACTIVITY_HI, "Current through the {motor} igniter")
    burnout = Event(
        Severity.ACTIVITY_HI,
        "The {stage} motor has burnt out at {height} km, {speed} m/s; "
        "orbit {periapsis} x {apoapsis} km",
    )
    separated = Event(Severity.ACTIVITY_HI, "The first stage is gone")
    fairing_held = Event(Severity.WARNING_HI, "The fairing has not been let go: 1 kg more to lift")
    second_burn_planned = Event(
        Severity.ACTIVITY_HI, "Second ignition in {seconds} s (too weak for a circle: {reduced})"
    )
    attitude_corrected = Event(
        Severity.ACTIVITY_LO, "The stars show the attitude to have been {degrees} deg off"
    )
    off_nominal_attitude = Event(
        Severity.WARNING_HI, "The nose is {degrees} deg off where it should point"
    )
    angle_of_attack_exceeded = Event(
        Severity.WARNING_HI,
        "Angle of attack {degrees} deg at {pressure} Pa, more than the {limit} deg required",
    )
    flight_recalled = Event(Severity.WARNING_HI, "Rebooted in flight: taken up again in {phase}")
    orbit_determined = Event(
        Severity.ACTIVITY_HI,
        "Orbit {periapsis} x {apoapsis} km (each {height_sigma} km, 1 sigma), {inclination} deg, "
        "node {node} deg; cold gas trimmed {trimmed} m/s; lower than asked for: {reduced}",
        also=("time", "position", "velocity", "position_sigma", "velocity_sigma"),
    )
    container_released = Event(Severity.ACTIVITY_HI, "The container is free, with {tubes} tubes")
    record_sent = Event(Severity.ACTIVITY_HI, "The ascent record has been sent in {chunks} chunks")
    vehicle_lost = Event(Severity.FATAL, "The vehicle is lost with {tubes} tubes: {reason}")
    device_trouble = Event(Severity.WARNING_LO, "Device trouble: {reason}")

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
        self.checks_passed = self.checks_kept
        self.is_conditioned = self.conditioned_kept

    def housekeeping_period(self) -> float:
        return 3600.0 if self.phase() == "" else 18_000.0

    def note_checks(self, passed: bool) -> None:
        """Remembers, also over reboots, how the last checks went."""
        self.checks_passed = self.checks_kept = passed

    def note_conditioned(self) -> None:
        """Remembers, also over reboots, that the motors have been at firing temperature."""
        self.is_conditioned = self.conditioned_kept = True

    def phase(self) -> str:
        """The phase in which the flight was when it was kept last; empty before a launch."""
        kept = self.ascent
        return "" if kept is None else kept.phase

    def clear_ascent(self) -> None:
        """Forgets a flight that has not begun."""
        self.computer = self.last_effectors = self.ascent = None

    def show_flight(self) -> dict[str, Any]:
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
            "height": self.height, "speed": self.speed, "periapsis": self.periapsis,
            "apoapsis": self.apoapsis,
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
