"""Perseverance, the backup: it keeps sample tubes in its belly, and brings them when asked."""

import asyncio
from typing import Annotated, Any, ClassVar

import msgspec

from flight.core.chart.statechart import ANY, On, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.core.custody.ledger import CustodyStatus, Evidence
from flight.core.keeping.clock import monotonic
from flight.core.node import Node, NodeContext
from flight.core.telling.channels import Channel
from flight.core.telling.communications import radio
from flight.core.telling.events import Event
from flight.icd.devices.base import DeviceError
from flight.icd.messages import Severity
from flight.perseverance.delivery_drive import (
    confirm_docked,
    dock,
    drive_to_lander,
    plan_drive,
)
from flight.perseverance.hardware import PerseveranceHardware, connect
from flight.perseverance.parameters import PARAMETERS
from flight.perseverance.sample_handling import (
    PLACE,
    choose_slot,
    drop_tube,
    look,
    read_store,
    settle_drops,
    slot_of,
)
from flight.perseverance.sols import (
    Sols,
    keep_hours,
    sleep_until_work,
    stay_asleep,
    stay_safe,
)
from flight.surface.dead_reckoning import DeadReckoning, Pose
from flight.surface.driving import DrivingParameters, Locomotion
from flight.surface.energy import SOL
from flight.surface.place_arguments import Metres, PlaceError
from flight.surface.route_planning import CostMap, Place

TubeId = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
DRIVING = "surface.driving"
AT_REST = ("parked", "surface.idle", "surface.delivering")
HOUSEKEEPING = {"parked": 14_400.0, "surface": 1800.0, "safe": 3600.0}  # s, by state
ASLEEP_HOUSEKEEPING = 7200.0  # s
PROGRESS_EVERY = 100.0  # m
SETTLE_AGAIN = 3600.0  # s between looks after a drop that is not settled


class Perseverance(Node):
    """Parked with the tubes that it kept; drives to the lander with them and hands them out."""

    name = "perseverance"
    has_recorder = True
    parameter_declarations = PARAMETERS
    routes: ClassVar = {
        "lander": radio("lander"),
        "arm": radio("lander"),
        "mav": radio("lander"),
        "rover": radio("rover"),
    }

    statechart = Statechart(
        State("parked", initial=True, activity=stay_asleep, outcomes=(), doc="listens and sleeps"),
        State(
            "surface",
            children=[
                State("idle", initial=True, activity=keep_hours, outcomes=()),
                State(
                    "driving",
                    children=[
                        State(
                            "planning",
                            initial=True,
                            activity=plan_drive,
                            outcomes=("drive", "dock", "docked", "rest"),
                        ),
                        State("traversing", activity=drive_to_lander, outcomes=("near", "rest")),
                        State("docking", activity=dock, outcomes=("docked", "rest")),
                        State("sleeping", activity=sleep_until_work, outcomes=("awake",)),
                    ],
                ),
                State("confirming", activity=confirm_docked, outcomes=("docked", "rest")),
                State(
                    "delivering",
                    activity=keep_hours,
                    outcomes=(),
                    doc="beside the lander: holds out the tube that the arm asks for",
                ),
                State("dropping", activity=drop_tube, outcomes=("dropped",)),
            ],
        ),
        State("safe", activity=stay_safe, outcomes=()),
        transitions=[
            On("wake", "parked", "surface.idle"),
            On("park", ("surface.idle", "surface.delivering"), "parked"),
            On("deliver_tubes", AT_REST, DRIVING),
            On("drive", "surface.driving.planning", "surface.driving.traversing"),
            On("dock", "surface.driving.planning", "surface.driving.docking"),
            On("near", "surface.driving.traversing", "surface.driving.docking"),
            On("rest", DRIVING, "surface.driving.sleeping"),
            On("awake", "surface.driving.sleeping", "surface.driving.planning"),
            On("docked", DRIVING, "surface.delivering"),
            On("present", ("surface.idle", "surface.delivering"), "surface.confirming"),
            On("docked", "surface.confirming", "surface.delivering"),
            On("rest", "surface.confirming", "surface.idle"),
            On("drop_tube", ("surface.idle", "surface.delivering"), "surface.dropping"),
            On("dropped", "surface.dropping", "surface.idle"),
            On("abort", (DRIVING, "surface.confirming", "surface.dropping"), "surface.idle"),
            On("failed", (DRIVING, "surface.confirming", "surface.dropping"), "surface.idle"),
            On("failed", AT_REST, "safe"),
            On("failed", "safe", None),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "surface.idle"),
        ],
        ignored=("abort",),
    )

    state_of_charge = Channel(
        float, doc="of both batteries", yellow=(0.35, None), red=(0.2, None), hysteresis=0.03
    )
    battery_voltage = Channel(float, unit="V", doc="of the batteries")
    net_power = Channel(float, unit="W", doc="into the batteries; below 0: out of them")
    east = Channel(float, unit="m", doc="believed place, east of the tube Malay")
    north = Channel(float, unit="m", doc="believed place, north of the tube Malay")
    heading = Channel(float, unit="rad", doc="believed heading, clockwise from north")
    position_error = Channel(
        float, unit="m", doc="1-sigma error of the believed place", yellow=(None, 25.0)
    )
    slip = Channel(
        float, doc="of the last segment", yellow=(None, 0.4), red=(None, 0.7), hysteresis=0.1
    )
    distance_driven = Channel(float, unit="m", doc="way by the wheels since the landing of today")
    distance_to_lander = Channel(float, unit="m", doc="straight, as believed")
    tubes_held = Channel(int, doc="tubes aboard by the ledger")
    asleep = Channel(bool, doc="whether the computer sleeps")

    tube_missing = Event(Severity.WARNING_HI, "Slot {slot} is empty: {tube} should be there")
    going_to_sleep = Event(Severity.ACTIVITY_LO, "Sleep because of {reason}: charge {charge}")
    woke_up = Event(Severity.ACTIVITY_LO, "Awake: charge {charge}")
    sol_lost = Event(Severity.WARNING_LO, "A sol without driving, {reason}: charge {charge}")
    drive_setback = Event(Severity.WARNING_LO, "Setback ({kind}): {detail}")
    drive_given_up = Event(Severity.WARNING_HI, "Drive {count} came to nothing: {reason}")
    docked_at = Event(Severity.ACTIVITY_HI, "Beside the lander, {distance} m from its centre")
    tube_presented = Event(Severity.ACTIVITY_HI, "{tube} of slot {slot} is held out at the port")
    tube_dropped = Event(Severity.ACTIVITY_HI, "{tube} lies on the ground at ({east}, {north}) m")
    tube_lost = Event(Severity.WARNING_HI, "It is not known where {tube} is")
    device_trouble = Event(Severity.WARNING_LO, "{device}: {reason}")

    def __init__(self, context: NodeContext) -> None:
        super().__init__(context)
        lander = self.storage.get(self.name, "lander") or context.mission["lander"]
        self.lander_place: Place = (float(lander["east"]), float(lander["north"]))
        self.handling = asyncio.Lock()
        self.awake_until = 0.0
        self.side = 0.0
        self.hardware: PerseveranceHardware
        self.locomotion: Locomotion
        self.handover: PassiveHandover
        self.sols = Sols(self)
        self._awake: bool | None = None
        self._radios: dict[str, bool] = {}
        self._last_progress = 0.0

    def attach(self) -> None:
        self.hardware = connect(self)
        self.communications.use_radio(self.hardware.uhf)
        self.communications.use_radio(self.hardware.x_band)
        self.locomotion = self._make_locomotion()
        self._adopt_tubes()
        self.handover = PassiveHandover(
            self,
            PLACE,
            lambda tube, slot, expected: look(self, tube, slot, expected),
            refusal=self._refusal,
            choose_slot=lambda tube, avoid: choose_slot(self, tube, avoid),
        )
        self.distance_driven = float(self.storage.get(self.name, "distance_driven") or 0.0)
        self.count_tubes()
        self._publish_pose(self.pose)
        self.nursery.start(self._look_after_tubes(), name="look after the tubes")

    async def sample(self) -> None:
        await self.read_power()
        await self.set_radio("uhf", True)
        self.count_tubes()
        charge = self.state_of_charge
        critical = charge is not None and charge < self.parameters["critical_charge"]
        if critical and not self.is_in("safe"):
            self.go_safe(f"the batteries are at {100.0 * (charge or 0.0):.0f} %")

    def housekeeping_period(self) -> float:
        if self.asleep and self.is_in("surface"):
            return ASLEEP_HOUSEKEEPING
        return HOUSEKEEPING[self.state.split(".", 1)[0]]

    def parameters_changed(self) -> None:
        self.sols.use_parameters()

    # --------------------------------------------------------------- commands

    @command(deadline=60.0, allowed_in="parked")
    def wake(self) -> None:
        """Ends the long sleep: awake by day from now on."""
        self.post("wake")

    @command(deadline=60.0, allowed_in=("surface.idle", "surface.delivering"))
    def park(self) -> None:
        """Goes to the long sleep, with the UHF radio listening."""
        self._refuse_while_open("park")
        self.post("park")

    @command(deadline=60.0, allowed_in=("parked", "surface.idle"))
    def locate_lander(self, east: Metres, north: Metres, error: PlaceError) -> None:
        """Takes it that the lander stands there. `error`: how well that is known, 1 sigma."""
        self.storage.put(self.name, "lander", {"east": east, "north": north})
        self.lander_place = (east, north)
        self._publish_pose(self.pose)

    @command(deadline=90 * SOL, starts=DRIVING, restart=Restart.RESUME)
    def deliver_tubes(self) -> None:
        """Drives to the dock beside the lander, over as many sols as it takes."""
        self._refuse_while_open("deliver_tubes")

    @command(deadline=7200.0, starts="surface.confirming", restart=Restart.RESUME)
    def present(self) -> None:
        """Makes ready to hand out tubes, if it stands at the dock; the arm then asks for each."""

    @command(deadline=4 * 3600.0, hazard=Hazard.RELEASE, starts="surface.dropping")
    def drop_tube(self, tube: TubeId) -> None:
        """Lets a tube fall to the ground, and goes back to see it lie there."""
        self._refuse_while_open("drop_tube")
        if tube not in self.tubes_aboard():
            aboard = ", ".join(self.tubes_aboard()) or "none"
            raise CommandRejected(f"drop_tube: tube = {tube!r}: allowed is one aboard: {aboard}")

    def _refuse_while_open(self, name: str) -> None:
        for record in self.ledger.open_transfers():
            raise CommandRejected(f"{name}: the transfer of {record.tube} is not settled yet")

    # -------------------------------------------------------- for the skills

    @property
    def pose(self) -> Pose:
        """Where it believes to be."""
        return self.locomotion.pose

    @property
    def drive_failures(self) -> int:
        """Drives of the delivery that came to nothing; kept over reboots."""
        return int(self.storage.get(self.name, "drive_failures") or 0)

    @drive_failures.setter
    def drive_failures(self, count: int) -> None:
        self.storage.put(self.name, "drive_failures", count)

    def tubes_aboard(self) -> list[str]:
        """The tubes that the ledger says are held aboard."""
        held = (CustodyStatus.HELD, CustodyStatus.OFFERED)
        return [r.tube for r in self.ledger.records() if r.place == PLACE and r.status in held]

    def count_tubes(self) -> None:
        """Sets the channel of the tubes aboard."""
        self.tubes_held = len(self.tubes_aboard())

    async def read_power(self) -> None:
        """Reads the batteries; what cannot be read is not valid."""
        try:
            battery = await self.hardware.battery.state()
        except DeviceError as error:
            self.device_trouble(device="battery", reason=str(error))
            battery = None
        if battery is None or not battery.valid:
            self.state_of_charge = self.battery_voltage = self.net_power = None
            return
        self.state_of_charge = round(battery.state_of_charge, 4)
        self.battery_voltage = round(battery.voltage, 2)
        self.net_power = round(battery.current * battery.voltage, 1)

    async def set_awake(self, awake: bool) -> None:
        """Wakes the computer and what belongs to it, or lets it sleep."""
        await self.set_radio("x_band", awake)
        if self._awake is awake:
            return
        try:
            await self.hardware.switches.set_switch("avionics", awake)
        except DeviceError as error:
            self.device_trouble(device="power_switches", reason=str(error))
            return
        self._awake, self.asleep = awake, not awake

    async def wake_for(self, seconds: float) -> None:
        """Stays awake for some time, because somebody wants something."""
        self.awake_until = monotonic() + seconds
        await self.set_awake(True)

    async def set_radio(self, name: str, on: bool) -> None:
        """Switches a radio, if it is not so already."""
        if self._radios.get(name) is on:
            return
        device = self.hardware.uhf if name == "uhf" else self.hardware.x_band
        try:
            state = await device.set_power(on)
        except DeviceError as error:
            self.device_trouble(device=name, reason=str(error))
            return
        self._radios[name] = state.on

    # -------------------------------------------- what happens while driving

    def segment_driven(self, pose: Pose, slip: float | None, distance: float) -> None:
        """Takes note of a driven segment."""
        self.slip = slip
        self.distance_driven = (self.distance_driven or 0.0) + distance
        self._publish_pose(pose)
        with self.storage.transaction():
            self.storage.put(self.name, "distance_driven", self.distance_driven)
            self.sols.driven(distance)
        if self.distance_driven - self._last_progress >= PROGRESS_EVERY:
            self._last_progress = self.distance_driven
            self.progress(f"{self.distance_to_lander:.0f} m to the lander")

    def setback(self, kind: str, detail: str) -> None:
        """Reports what stood in the way."""
        self.drive_setback(kind=kind, detail=detail)

    # ------------------------------------------------------------- internals

    def _publish_pose(self, pose: Pose) -> None:
        self.east, self.north = round(pose.east, 2), round(pose.north, 2)
        self.heading, self.position_error = round(pose.heading, 3), round(pose.error, 2)
        self.distance_to_lander = round(pose.distance_to(self.lander_place), 1)
        self.publish_telemetry()

    def _make_locomotion(self) -> Locomotion:
        p = self.parameters
        memory: dict[str, Any] = self.storage.get(self.name, "locomotion") or {}
        start = self.context.mission["start"]
        pose = (
            Pose.from_data(memory["pose"])
            if memory
            else Pose(float(start["east"]), float(start["north"]))
        )
        return Locomotion(
            wheels=self.hardware.wheels,
            camera=self.hardware.camera,
            imu=self.hardware.imu,
            sun_sensor=self.hardware.sun_sensor,
            reckoning=DeadReckoning(pose),
            cost_map=CostMap(p["vehicle_radius"]),
            parameters=DrivingParameters(
                segment=p["segment"],
                slip_limit=p["slip_limit"],
                last_slip_limit=p["last_slip_limit"],
                setbacks=p["setbacks"],
            ),
            observer=self,
            jd_tt=self.clock.jd_tt,
            latitude=p["latitude"],
            longitude=p["longitude"],
            memory=memory,
            remember=lambda data: self.storage.put(self.name, "locomotion", data),
        )

    def _adopt_tubes(self) -> None:
        """First possession, by the load list: its order is that of the slots."""
        for slot, tube in enumerate(self.context.mission["holds"]):
            seen = Evidence("mission load", f"slot {slot} of the load list")
            self.ledger.adopt(str(tube), PLACE, seen, slot)

    async def _look_after_tubes(self) -> None:
        """After a boot: holds the store against the ledger, and settles drops left open."""
        try:
            store = await read_store(self)
        except DeviceError as error:
            self.device_trouble(device="bit_carousel", reason=str(error))
        else:
            for tube in self.tubes_aboard():
                slot = slot_of(self, tube)
                if slot is not None and not (store.seated[slot] or store.presented == slot):
                    self.tube_missing(slot=slot, tube=tube)
        while not await settle_drops(self):  # noqa: ASYNC110  nothing tells when it is light
            await asyncio.sleep(SETTLE_AGAIN)

    def _refusal(self) -> str:
        if self.is_in("surface.delivering"):
            return ""
        return f"perseverance is {self.state}: it hands tubes out only at the dock"
