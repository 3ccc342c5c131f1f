"""The Mars Ascent Vehicle: conditioned, loaded, sealed, ready; then launched into orbit."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.vectors import norm
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import Evidence
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
from flight.icd.devices.base import DeviceError
from flight.icd.devices.container import Container
from flight.icd.devices.mav_systems import MavSystems
from flight.icd.messages import Severity
from flight.mav.ascent import coast, eject, first_burn, hold_in_air, second_burn, trim
from flight.mav.ascent_computer import AscentComputer
from flight.mav.ascent_data import AscentLog, send_chunks
from flight.mav.ascent_memory import KEY, remembered_phase
from flight.mav.countdown import count_down, prepare_launch
from flight.mav.custody import cede_tubes, choose_socket, held, verify_seat
from flight.mav.launch_chart import LAUNCH_TRANSITIONS, is_in_orbit, is_lost
from flight.mav.orbit import ORBIT_PLACE, determine, let_go, release
from flight.mav.parameters import PARAMETERS, check_vehicle
from flight.mav.skills import (
    condition,
    hold_safe,
    open_container,
    run_checks,
    seal_container,
    settle_seals,
    wake,
)

ACTIVE = ("waking", "awake.conditioning", "awake.checking", "opening", "sealing")
NAMESPACE = "mav"


def _is_sealed(node: Any, signal: Signal) -> bool:
    return bool(node.storage.get(NAMESPACE, "container") == "sealed")


def _is_open(node: Any, signal: Signal) -> bool:
    return bool(node.storage.get(NAMESPACE, "container") == "open")


def _note_sealed(node: Any, signal: Signal) -> None:
    node.storage.put(NAMESPACE, "container", "sealed")


def _note_open(node: Any, signal: Signal) -> None:
    node.storage.put(NAMESPACE, "container", "open")


class Mav(Node):
    """The Mars Ascent Vehicle, on the lander and in flight."""

    name = "mav"
    routes = {  # noqa: RUF012  declared once, as every vehicle does
        "lander": wire("lander"),
        "rover": wire("lander"),
        "arm": wire("lander"),
        "perseverance": wire("lander"),
    }
    parameter_declarations = PARAMETERS
    statechart = Statechart(
        State("dormant", initial=True, doc="avionics off, kept warm by the lander"),
        State("waking", activity=wake),
        State("awake", children=[
            State("idle", initial=True, doc="container sealed and empty, or never opened"),
            State("conditioning", activity=condition),
            State("checking", activity=run_checks),
        ]),
        State("opening", activity=open_container),
        State("loading", doc="the latch is open: tubes are received"),
        State("sealing", activity=seal_container),
        State("sealed", doc="lid latched over the tubes"),
        State("ready", doc="declared ready for the launch"),
        State("preparing", activity=prepare_launch),
        State("prepared", doc="rehearsed; a launch may be commanded"),
        State("launching", children=[
            State("countdown", initial=True, activity=count_down),
            State("ejecting", activity=eject),
            State("first_burn", activity=first_burn),
            State("holding", activity=hold_in_air, doc="nose in the wind until the air is thin"),
            State("coasting", activity=coast),
            State("second_burn", activity=second_burn),
            State("trimming", activity=trim),
            State("releasing", activity=release),
        ]),
        State("in_orbit", doc="container let go, beacon on"),
        State("lost", doc="cannot reach an orbit"),
        State("safe", activity=hold_safe),
        transitions=[
            On("wake", "dormant", "waking"),
            On("done", "waking", "awake"),
            On("failed", "waking", "dormant"),
            On("abort", "waking", "dormant"),
            On("condition", ("awake.idle", "sealed"), "awake.conditioning"),
            On("run_checks", ("awake.idle", "sealed"), "awake.checking"),
            *(
                On(event, source, target, guard=guard)
                for event in ("done", "failed", "abort")
                for source in ("awake.conditioning", "awake.checking")
                for target, guard in (("sealed", _is_sealed), ("awake.idle", None))
            ),
            On("open_container", ("awake.idle", "sealed"), "opening"),
            On("done", "opening", "loading", action=_note_open),
            On("failed", "opening", "sealed", guard=_is_sealed),
            On("failed", "opening", "awake.idle"),
            On("abort", "opening", "loading", action=_note_open),
            On("seal_container", "loading", "sealing"),
            On("done", "sealing", "sealed", action=_note_sealed),
            On("failed", "sealing", "loading"),
            On("abort", "sealing", "loading"),
            On("declare_ready", "sealed", "ready"),
            *LAUNCH_TRANSITIONS,
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "in_orbit", guard=is_in_orbit),
            On("leave_safe", "safe", "lost", guard=is_lost),
            On("leave_safe", "safe", "sealed", guard=_is_sealed),
            On("leave_safe", "safe", "loading", guard=_is_open),
            On("leave_safe", "safe", "awake"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort",),
    )  # fmt: skip

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
        self.ascent_log = AscentLog(self)
        self.last_seats: list[bool] = []
        self.checks_passed = self.storage.get(NAMESPACE, "checks_passed")
        self.is_conditioned = self.storage.get(NAMESPACE, "is_conditioned")
        self.handover = PassiveHandover(
            self, "container", self._verify, refusal=self._refusal, choose_slot=self._choose
        )
        self.exchanges.answer("container.status", self._container_status)
        self.nursery.start(settle_seals(self), name="settle seals")

    async def _verify(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        return await verify_seat(self, tube, slot, expected)

    def _choose(self, tube: str, avoid: list[int]) -> int | None:
        return choose_socket(self, tube, avoid)

    def _refusal(self) -> str:
        if not self.is_in("loading"):
            return f"the MAV takes no tubes in state {self.state}: open its container first"
        if self.lid_closed:
            return "the lid is on the container"
        return "" if self.last_seats else "the seat sensors have not been read yet"

    async def _container_status(self, source: str, data: dict[str, Any]) -> dict[str, Any]:
        await self.sample()
        return {"lid_closed": self.lid_closed, "latched": self.latched, "state": self.state}

    def housekeeping_period(self) -> float:
        return 3600.0 if remembered_phase(self) == "" else 18_000.0

    async def sample(self) -> None:
        if remembered_phase(self) != "":
            return  # in flight the control loop tells; afterwards the battery runs down
        try:
            state = await self.container.state()
            self.lid_closed, self.latched = state.lid_closed, state.latched
            self.seats_closed = sum(state.seated)
            self.container_temperature = round(state.temperature, 2)
            systems = await self.systems.state()
        except DeviceError as error:
            self.device_trouble(reason=str(error))
            return
        self.first_motor_temperature = round(systems.first_motor_temperature, 2)
        self.second_motor_temperature = round(systems.second_motor_temperature, 2)
        self.avionics_temperature = round(systems.avionics_temperature, 2)
        self.state_of_charge = round(systems.state_of_charge, 4)
        self.tubes_held = len(held(self))

    def note_checks(self, passed: bool) -> None:
        """Remembers, also over reboots, how the last checks went."""
        self.checks_passed = passed
        self.storage.put(NAMESPACE, "checks_passed", passed)

    def note_conditioned(self) -> None:
        """Remembers, also over reboots, that the motors have been at firing temperature."""
        self.is_conditioned = True
        self.storage.put(NAMESPACE, "is_conditioned", True)

    def note_flown(self, end: str) -> None:
        """Remembers, also over reboots, how the flight has ended: "in_orbit" or "lost"."""
        self.storage.put(NAMESPACE, "flown", end)

    def clear_ascent(self) -> None:
        """Forgets a flight that has not begun."""
        self.computer, self.last_effectors = None, None
        self.storage.put(NAMESPACE, KEY, None)

    def show_flight(self) -> dict[str, Any]:
        """Sets the channels of the flight from navigation; returns the main ones."""
        computer = self.computer
        assert computer is not None
        navigation = computer.navigation
        orbit = determine(self)
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

    # ---------------------------------------------------------- conditions

    def avionics_warm(self) -> bool:
        """Whether the avionics may be switched on."""
        value = self.avionics_temperature
        return value is not None and value >= self.parameters["coldest_avionics"]

    def motors_conditioned(self) -> bool:
        """Whether both motors are within their firing temperatures."""
        low, high = self.parameters["coldest_motor"], self.parameters["hottest_motor"]
        values = (self.first_motor_temperature, self.second_motor_temperature)
        return all(value is not None and low <= value <= high for value in values)

    # ------------------------------------------------------------ commands

    @command(deadline=20 * SOL_SECONDS, starts="waking", restart=Restart.RESUME)
    def wake(self) -> None:
        """Switches the avionics on, once they are warm enough."""

    @command(deadline=40 * SOL_SECONDS, starts="awake.conditioning", restart=Restart.RESUME)
    def condition(self) -> None:
        """Waits until both motors are at firing temperature; the lander heats them."""

    @command(deadline=3600.0, starts="awake.checking", restart=Restart.RESUME)
    def run_checks(self) -> None:
        """Tests avionics, igniter circuits, thrust vector control and battery."""

    @command(deadline=3600.0, starts="opening", restart=Restart.RESUME)
    def open_container(self) -> None:
        """Opens the latch of the container, so that tubes can be loaded."""

    @command(deadline=3600.0, starts="sealing", hazard=Hazard.SEALING, restart=Restart.RESUME)
    def seal_container(self) -> None:
        """Latches the lid over the seated tubes; verifies lid, latch and seats."""

    @command(deadline=60.0, allowed_in="sealed")
    def declare_ready(self) -> None:
        """Declares the MAV ready for the launch; conditioned, checked, charged."""
        charge = self.state_of_charge
        if not self.checks_passed:
            raise CommandRejected("the last checks have not passed: run_checks first")
        if not self.motors_conditioned():
            raise CommandRejected(
                f"motors at {self.first_motor_temperature} K and {self.second_motor_temperature} K"
                f"; allowed: {self.parameters['coldest_motor']} to "
                f"{self.parameters['hottest_motor']} K: condition first"
            )
        if charge is None or charge < self.parameters["lowest_charge"]:
            raise CommandRejected(
                f"battery at {charge}; allowed: from {self.parameters['lowest_charge']}"
            )
        self.post("declare_ready")

    @command(deadline=2 * 3600.0, starts="preparing", restart=Restart.RESUME)
    def prepare_launch(self) -> None:
        """Checks all that a launch needs, aligns the inertial unit, plans the ascent, and empties
        the ascent recorder."""

    @command(deadline=60.0, allowed_in="prepared")
    def stand_down(self) -> None:
        """Goes back from prepared to ready."""
        if remembered_phase(self) != "":
            raise CommandRejected("the launch has begun")
        self.post("stand_down")

    @command(
        deadline=3 * SOL_SECONDS, starts="launching", hazard=Hazard.IGNITION, restart=Restart.RESUME
    )
    def launch(
        self,
        time: Annotated[float, msgspec.Meta(ge=0.0, le=1e10, extra={"unit": "s"})] = 0.0,
        window: Annotated[
            float, msgspec.Meta(ge=0.0, le=SOL_SECONDS, extra={"unit": "s"})
        ] = 3600.0,
    ) -> None:
        """Launches at a mission time (0: as soon as the count allows) or, when the count has to
        hold, within a window after it; ends in orbit, with the container let go."""

    @command(deadline=60.0, allowed_in="in_orbit", hazard=Hazard.RELEASE)
    async def release_container(self) -> str:
        """Tries again to let the container go."""
        if not any(record.place != ORBIT_PLACE for record in held(self)):
            raise CommandRejected("the container has been let go")
        await let_go(self)
        return "let go"

    @command(deadline=60.0, allowed_in="in_orbit")
    def cede_container(self, to: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]) -> str:
        """Leaves it to another node to find the tubes that were let go: the MAV sees them no
        more."""
        return f"{cede_tubes(self, to)} tubes"

    @command(deadline=600.0, allowed_in=("in_orbit", "lost"))
    async def send_ascent_data(
        self,
        first: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0,
        last: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 100_000,
    ) -> str:
        """Sends chunks of the ascent record once more, from `first` to `last`."""
        return f"{await send_chunks(self, first, last)} chunks"
