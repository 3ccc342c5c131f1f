"""The Mars Ascent Vehicle: conditioned, loaded, sealed, ready; then launched into orbit."""

import asyncio
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.arguments import VehicleName
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import Evidence
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.icd.exchanges import CONTAINER_STATUS, ContainerStatus, Nothing
from flight.mav.ascent import coast, eject, first_burn, hold_in_air, second_burn, trim
from flight.mav.ascent_data import send_chunks
from flight.mav.countdown import Launch, count_down, prepare_launch
from flight.mav.custody import cede_tubes, choose_socket, held, verify_seat
from flight.mav.latch import close_latch, latch_differs
from flight.mav.launch_chart import LAUNCH_TRANSITIONS, is_in_orbit, is_lost
from flight.mav.orbit import let_go, release
from flight.mav.skills import (
    condition,
    hold_safe,
    open_container,
    run_checks,
    seal_container,
    settle_seals,
    wake,
)
from flight.mav.vehicle import MavVehicle
from flight.mav.watched import WATCHED

LID_PAUSES = (0.0, 2.0, 10.0, 60.0)
"""s before the looks at a lid that is not known: less in all than who offers a tube waits for."""
RESTARTS = 3
"""How often a phase of the flight is taken up again after an error of its software."""
ACTIVE = ("waking", "awake.conditioning", "awake.checking", "opening", "sealing")


def _is_sealed(node: MavVehicle, signal: Signal) -> bool:
    return node.closure == "sealed"


def _is_open(node: MavVehicle, signal: Signal) -> bool:
    return node.closure == "open"


def _note_sealed(node: MavVehicle, signal: Signal) -> None:
    node.closure = "sealed"


def _note_open(node: MavVehicle, signal: Signal) -> None:
    node.closure = "open"


_AWAKE = ("awake.idle", "loading", "sealed", "ready", "prepared")
"""States at rest in which the avionics are on: out of safe it comes into one of them."""


class Mav(MavVehicle):
    """The Mars Ascent Vehicle, on the lander and in flight."""

    watched = WATCHED
    statechart = Statechart(
        State("dormant", initial=True, doc="avionics off, kept warm by the lander"),
        State("waking", activity=wake),
        State("awake", children=[
            State("idle", initial=True, doc="container sealed and empty, or never opened"),
            State("conditioning", activity=condition),
            State("checking", activity=run_checks),
        ]),
        State("opening", activity=open_container, safing=Safing.DEFERRED),
        State("loading", doc="the latch is open: tubes are received"),
        State("sealing", activity=seal_container, safing=Safing.DEFERRED),
        State("sealed", doc="lid latched over the tubes"),
        State("ready", doc="declared ready for the launch"),
        State("preparing", activity=prepare_launch),
        State("prepared", doc="rehearsed; a launch may be commanded"),
        State("launching", safing=Safing.FORBIDDEN, children=[
            State("countdown", initial=True, activity=count_down, safing=Safing.ALLOWED),
            State("ejecting", activity=eject),
            State("first_burn", activity=first_burn, restarts=RESTARTS),
            State("holding", activity=hold_in_air, restarts=RESTARTS,
                  doc="nose in the wind until the air is thin"),
            State("coasting", activity=coast, restarts=RESTARTS),
            State("second_burn", activity=second_burn, restarts=RESTARTS),
            State("trimming", activity=trim, restarts=RESTARTS),
            State("releasing", activity=release, restarts=RESTARTS),
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

    def attach(self) -> None:
        super().attach()
        self.handover = PassiveHandover(
            self, places.CONTAINER, self._verify, refusal=self._refusal,
            refresh=self._know_the_lid, choose_slot=self._choose,
        )  # fmt: skip
        self.exchanges.answer(CONTAINER_STATUS, self._container_status)
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
        if self.lid_closed is None:
            return "nobody knows whether the lid is on the container: its switch says nothing valid"
        return "" if self.last_seats else "the seat sensors have not been read yet"

    async def _know_the_lid(self) -> None:
        """Looks again where the last look did not say: a hand-over is not refused for one reading
        that was disturbed, nor begun against a lid that may be on."""
        for pause in LID_PAUSES:
            if self.lid_closed is not None or not self.is_in("loading"):
                return
            await asyncio.sleep(pause)
            await self._look_at_container()

    async def _container_status(self, source: str, asked: Nothing) -> ContainerStatus:
        await self.sample()
        return ContainerStatus(self.lid_closed, self.latched, self.state)

    def differs(self, device: str, reading: Any) -> str:
        if device == "container":
            return latch_differs(self, reading)
        return super().differs(device, reading)

    async def set_right(self, device: str) -> None:
        if device == "container":
            await close_latch(self)
        else:
            await super().set_right(device)

    async def sample(self) -> None:
        if self.phase() != "":
            return  # in flight the control loop tells; afterwards the battery runs down
        await self._look_at_container()
        await self._look_at_systems()
        self.tubes_held = len(held(self))

    async def _look_at_container(self) -> None:
        """Reads its sensors; what they do not say is not known, whatever it was before."""
        try:
            state = await self.container.state()
        except DeviceError as error:
            self.device_trouble(reason=str(error))
            self.lid_closed = self.latched = self.seats_closed = None
            self.container_temperature = None
            return
        self.lid_closed = state.lid_closed if state.valid else None
        self.latched = state.latched if state.valid else None
        self.seats_closed = sum(state.seated) if state.valid else None
        self.container_temperature = round(state.temperature, 2) if state.valid else None

    async def _look_at_systems(self) -> None:
        """Reads motors, avionics and battery; what is not said is not known."""
        try:
            systems = await self.systems.state()
        except DeviceError as error:
            self.device_trouble(reason=str(error))
            self.first_motor_temperature = self.second_motor_temperature = None
            self.avionics_temperature = self.state_of_charge = None
            return
        known = systems.valid
        self.first_motor_temperature = round(systems.first_motor_temperature, 2) if known else None
        self.second_motor_temperature = (
            round(systems.second_motor_temperature, 2) if known else None
        )
        self.avionics_temperature = round(systems.avionics_temperature, 2) if known else None
        gauged = known and systems.charge_valid
        self.state_of_charge = round(systems.state_of_charge, 4) if gauged else None

    @command(deadline=20 * SOL_SECONDS, starts="waking", so_in=_AWAKE, restart=Restart.RESUME)
    def wake(self) -> None:
        """Switches the avionics on, once they are warm enough."""

    @command(deadline=40 * SOL_SECONDS, starts="awake.conditioning", restart=Restart.RESUME)
    def condition(self) -> None:
        """Waits until both motors are at firing temperature; the lander heats them."""

    @command(deadline=3600.0, starts="awake.checking", restart=Restart.RESUME)
    def run_checks(self) -> None:
        """Tests avionics, igniter circuits, thrust vector control and battery."""

    @command(deadline=3600.0, starts="opening", so_in="loading", restart=Restart.RESUME)
    def open_container(self) -> None:
        """Opens the latch of the container, so that tubes can be loaded."""

    @command(
        deadline=3600.0,
        starts="sealing",
        so_in="sealed",
        hazard=Hazard.SEALING,
        restart=Restart.RESUME,
    )
    def seal_container(self) -> None:
        """Latches the lid over the seated tubes; verifies lid, latch and seats."""

    @command(deadline=60.0, allowed_in="sealed", so_in="ready")
    def declare_ready(self) -> None:
        """Declares the MAV ready for the launch; conditioned, checked, charged."""
        if not self.checks_passed:
            raise CommandRejected("the last checks have not passed: run_checks first")
        if not self.motors_conditioned():
            raise CommandRejected(
                f"motors at {self.first_motor_temperature} K and {self.second_motor_temperature} K"
                f"; allowed: {self.parameters['coldest_motor']} to "
                f"{self.parameters['hottest_motor']} K: condition first"
            )
        battery = self.battery_problem()
        if battery:
            raise CommandRejected(battery)
        self.post("declare_ready")

    @command(deadline=2 * 3600.0, starts="preparing", restart=Restart.RESUME)
    def prepare_launch(self) -> None:
        """Checks all that a launch needs, aligns the inertial unit, plans the ascent, and empties
        the ascent recorder."""

    @command(deadline=60.0, allowed_in="prepared")
    def stand_down(self) -> None:
        """Goes back from prepared to ready."""
        if self.phase() != "":
            raise CommandRejected("the launch has begun")
        self.post("stand_down")

    @command(
        deadline=3 * SOL_SECONDS, starts="launching", hazard=Hazard.IGNITION, restart=Restart.RESUME
    )
    def launch(self, wanted: Launch) -> None:
        """Launches at a mission time (0: as soon as the count allows) or, when the count has to
        hold, within a window after it; ends in orbit, with the container let go."""

    @command(deadline=60.0, allowed_in="in_orbit", hazard=Hazard.RELEASE)
    async def release_container(self) -> str:
        """Tries again to let the container go."""
        if not any(record.place != places.ORBIT for record in held(self)):
            raise CommandRejected("the container has been let go")
        await let_go(self)
        return "let go"

    @command(deadline=60.0, allowed_in="in_orbit")
    def cede_container(self, to: VehicleName) -> str:
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
