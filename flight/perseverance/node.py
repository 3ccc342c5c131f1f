"""Perseverance, the backup: it keeps sample tubes in its belly, and brings them when asked."""

import asyncio

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.chart.statechart import ANY, On, Safing, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover import PassiveHandover
from flight.icd import places
from flight.icd.devices.base import DeviceError
from flight.perseverance.delivery_drive import (
    confirm_docked,
    dock,
    drive_to_lander,
    plan_drive,
)
from flight.perseverance.hardware import connect
from flight.perseverance.sample_handling import (
    DropTube,
    choose_slot,
    drop_tube,
    look,
    read_store,
    settle_drops,
    slot_of,
)
from flight.perseverance.sols import (
    keep_hours,
    sleep_until_work,
    stay_asleep,
    stay_safe,
)
from flight.perseverance.vehicle import PerseveranceVehicle
from flight.surface.place_arguments import Metres, PlaceError
from flight.surface.site_place import SitePlace

DRIVING = "surface.driving"
AT_REST = ("parked", "surface.idle", "surface.delivering")
SAME_PLACE = 0.1  # m
SETTLE_AGAIN = 3600.0  # s between looks after a drop that is not settled


class Perseverance(PerseveranceVehicle):
    """Parked with the tubes that it kept; drives to the lander with them and hands them out."""

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
                State(
                    "dropping",
                    activity=drop_tube,
                    outcomes=("dropped",),
                    safing=Safing.DEFERRED,
                ),
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

    def attach(self) -> None:
        self.hardware = connect(self)
        self.communications.use_radio(self.hardware.uhf)
        self.communications.use_radio(self.hardware.x_band)
        self.locomotion = self._make_locomotion()
        self._adopt_tubes()
        self.handover = PassiveHandover(
            self,
            places.PERSEVERANCE,
            lambda tube, slot, expected: look(self, tube, slot, expected),
            refusal=self._refusal,
            choose_slot=lambda tube, avoid: choose_slot(self, tube, avoid),
        )
        self.distance_driven = self.way_driven
        self.count_tubes()
        self._publish_pose(self.pose)
        self.nursery.start(self._look_after_tubes(), name="look after the tubes")

    @command(deadline=60.0, allowed_in="parked", so_in="surface.idle")
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
        # Where it was thought to be before no lander stands, which a way would have to go round.
        self.locomotion.cost_map.forget(self.lander_place, SAME_PLACE)
        self.lander_at = SitePlace(east, north)
        self.lander_place = (east, north)
        self._publish_pose(self.pose)

    @command(deadline=90 * SOL_SECONDS, starts=DRIVING, restart=Restart.RESUME)
    def deliver_tubes(self) -> None:
        """Drives to the dock beside the lander, over as many sols as it takes."""
        self._refuse_while_open("deliver_tubes")

    @command(deadline=7200.0, starts="surface.confirming", restart=Restart.RESUME)
    def present(self) -> None:
        """Makes ready to hand out tubes, if it stands at the dock; the arm then asks for each."""

    @command(deadline=4 * 3600.0, hazard=Hazard.RELEASE, starts="surface.dropping")
    def drop_tube(self, wanted: DropTube) -> None:
        """Lets a tube fall to the ground, and goes back to see it lie there."""
        self._refuse_while_open("drop_tube")
        if wanted.tube not in self.tubes_aboard():
            aboard = ", ".join(self.tubes_aboard()) or "none"
            allowed = f"allowed is one aboard: {aboard}"
            raise CommandRejected(f"drop_tube: tube = {wanted.tube!r}: {allowed}")

    def _refuse_while_open(self, name: str) -> None:
        for record in self.ledger.open_transfers():
            raise CommandRejected(f"{name}: the transfer of {record.tube} is not settled yet")

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
