"""The Mars Ascent Vehicle before its flight: conditioned, loaded, sealed, ready."""

from typing import Any

from flight.core.channels import Channel
from flight.core.commands import CommandRejected, Hazard, Restart, command
from flight.core.communications import wire
from flight.core.custody import Evidence
from flight.core.events import Event
from flight.core.handover import PassiveHandover
from flight.core.node import Node
from flight.core.statechart import ANY, On, Signal, State, Statechart
from flight.icd.devices.base import DeviceFault, DeviceTimeout
from flight.icd.devices.container import Container
from flight.icd.devices.mav_systems import MavSystems
from flight.icd.messages import Severity
from flight.mav.custody import choose_socket, held, verify_seat
from flight.mav.parameters import PARAMETERS
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
    """The Mars Ascent Vehicle on the lander."""

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
            On("enter_safe", ANY, "safe"),
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

    conditioned = Event(Severity.ACTIVITY_HI, "Motors conditioned: {first} K and {second} K")
    check_passed = Event(Severity.ACTIVITY_LO, "Check {item} passed: {measured}")
    check_failed = Event(Severity.WARNING_HI, "Check {item} failed: {measured}")
    container_sealed = Event(Severity.ACTIVITY_HI, "The container is sealed with {tubes} tubes")
    tube_found = Event(Severity.ACTIVITY_HI, "{tube}, of which nothing was known, is in {socket}")
    device_trouble = Event(Severity.WARNING_LO, "Device trouble: {reason}")

    def attach(self) -> None:
        self.container = self.driver(Container, "container")
        self.systems = self.driver(MavSystems, "systems")
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
        return 3600.0

    async def sample(self) -> None:
        try:
            state = await self.container.state()
            self.lid_closed, self.latched = state.lid_closed, state.latched
            self.seats_closed = sum(state.seated)
            self.container_temperature = round(state.temperature, 2)
            systems = await self.systems.state()
        except (DeviceFault, DeviceTimeout) as error:
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

    @command(deadline=20 * 88_775.0, starts="waking", restart=Restart.RESUME)
    def wake(self) -> None:
        """Switches the avionics on, once they are warm enough."""

    @command(deadline=40 * 88_775.0, starts="awake.conditioning", restart=Restart.RESUME)
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
