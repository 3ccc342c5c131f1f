"""The Earth Return Orbiter: finds the container, captures it, and brings it to Earth."""

import math
from typing import Annotated, Any

import msgspec

from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import ANY, On, Safing, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyError, Evidence
from flight.core.keeping.clock import monotonic
from flight.core.sound_readings import sound
from flight.icd import places
from flight.icd.devices.base import DeviceError, usable
from flight.icd.devices.orbiter_navigation import TrackedAttitude
from flight.orbiter.capturing import capture
from flight.orbiter.clearance import check_drift
from flight.orbiter.close_rendezvous import approach_close, hold_position
from flight.orbiter.containment import contain
from flight.orbiter.cruising import cruise
from flight.orbiter.custody import (
    CAGE_SENSOR,
    check_manifest,
    end_capture,
    end_insertion,
    on_board,
    promise,
)
from flight.orbiter.departing import depart
from flight.orbiter.determining import determine_orbit
from flight.orbiter.far_rendezvous import approach_far
from flight.orbiter.manoeuvres import end_begun
from flight.orbiter.phasing import phase
from flight.orbiter.recalling import recall
from flight.orbiter.records import TargetOrbit
from flight.orbiter.releasing import deflect, release_capsule, wait_for_release
from flight.orbiter.safeguards import TARGET_GATE
from flight.orbiter.safing import hold_safe
from flight.orbiter.search import search
from flight.orbiter.target_gate import why_no_orbit
from flight.orbiter.vehicle import DAY, QUIET_LOOKS, OrbiterVehicle

AT_MARS = ("idle", "holding", "loaded")
WORKING = ("searching", "determining", "rendezvous", "capturing", "containing", "departing")
Metres = Annotated[float, msgspec.Meta(ge=-1e8, le=1e8, extra={"unit": "m"})]
Speed = Annotated[float, msgspec.Meta(ge=-1e4, le=1e4, extra={"unit": "m/s"})]


def _at_home(node: OrbiterVehicle, signal: Signal) -> bool:
    return node.release is not None


def _departed(node: OrbiterVehicle, signal: Signal) -> bool:
    return node.departure is not None


def _captured(node: OrbiterVehicle, signal: Signal) -> bool:
    return node.container_captured


class Orbiter(OrbiterVehicle):
    """The Earth Return Orbiter."""

    statechart = Statechart(
        State("idle", initial=True, doc="in its orbit, relaying; nothing captured"),
        State("searching", activity=search),
        State("determining", activity=determine_orbit),
        State("rendezvous", children=[
            State("phasing", initial=True, activity=phase, outcomes=("near",)),
            State("far", activity=approach_far, outcomes=("near",)),
            State("close", activity=approach_close, outcomes=("arrived",)),
        ]),
        State("holding", activity=hold_position, doc="at the last hold point"),
        State("capturing", activity=capture, safing=Safing.FORBIDDEN, restarts=2),
        State("loaded", doc="the container is on board"),
        State("containing", activity=contain),
        State("departing", activity=depart),
        State("cruise", activity=cruise, outcomes=("targeted",), doc="on the way; corrections"),
        State("approach", activity=wait_for_release, outcomes=("turn_away",),
              doc="the capsule is targeted"),
        State("releasing", activity=release_capsule, safing=Safing.DEFERRED),
        State("released", doc="the capsule is on its own"),
        State("deflecting", activity=deflect),
        State("heliocentric", doc="past Earth, around the Sun"),
        State("safe", activity=hold_safe),
        transitions=[
            On("search", "idle", "searching"),
            *(On(e, "searching", "idle") for e in ("done", "failed", "abort")),
            On("determine_orbit", "idle", "determining"),
            *(On(e, "determining", "idle") for e in ("done", "failed", "abort")),
            On("rendezvous", ("idle", "holding"), "rendezvous"),
            On("near", "rendezvous.phasing", "rendezvous.far"),
            On("near", "rendezvous.far", "rendezvous.close"),
            On("arrived", "rendezvous", "holding"),
            On("failed", "rendezvous", "idle"),
            On("abort", "rendezvous", "idle"),
            On("failed", "holding", "idle"),
            On("abort", "holding", "idle"),
            On("capture", ("holding", "idle"), "capturing"),
            On("done", "capturing", "loaded"),
            On("failed", "capturing", "idle"),
            On("abort", "capturing", "idle"),
            On("contain", "loaded", "containing"),
            *(On(e, "containing", "loaded") for e in ("done", "failed", "abort")),
            On("depart", ("loaded", "idle"), "departing"),
            On("done", "departing", "cruise"),
            *(
                On(event, "departing", target, guard=guard)
                for event in ("failed", "abort")
                for target, guard in (("loaded", _captured), ("idle", None))
            ),
            On("targeted", "cruise", "approach"),
            On("failed", "cruise", "approach"),
            On("retarget", "approach", "cruise"),
            On("failed", "approach", None),
            On("release_capsule", "approach", "releasing"),
            On("done", "releasing", "released"),
            On("failed", "releasing", "approach"),
            On("abort", "releasing", "approach"),
            On("turn_away", ("released", "approach"), "deflecting"),
            On("deflect", ("released", "approach"), "deflecting"),
            On("done", "deflecting", "heliocentric"),
            *(
                On(event, "deflecting", target, guard=guard)
                for event in ("failed", "abort")
                for target, guard in (("released", _at_home), ("approach", None))
            ),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "released", guard=_at_home),
            On("leave_safe", "safe", "cruise", guard=_departed),
            On("leave_safe", "safe", "loaded", guard=_captured),
            On("leave_safe", "safe", "idle"),
            On("done", "safe", None),
            On("failed", "safe", None),
        ],
        ignored=("abort", "done"),
    )  # fmt: skip

    def attach(self) -> None:
        super().attach()
        self._sampled = -math.inf
        self.handover = ActiveHandover(self, places.ORBITER, self._look_into_cage)
        self.nursery.start(self._settle(), name="settle")

    async def _look_into_cage(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        state = await sound(self.devices.containment.state)
        words = "the cage's load cell feels " + ("the container" if state.present else "nothing")
        return Evidence(CAGE_SENSOR, words, state.present)

    async def _settle(self) -> None:
        """After a boot: ends what was begun with the tubes, by what the sensors say."""
        if self.context.store_lost or self.ledger.is_lost:
            await recall(self)
        try:
            await end_begun(self)
        except (DeviceError, ActivityFailed) as error:  # the next burn asks again
            self.device_trouble(reason=str(error))
        try:
            if self.ledger.open_transfers():
                state = await sound(self.devices.containment.state)
                end_insertion(self, state.in_capsule)
                if state.present:
                    end_capture(self, True, "the load cell of the cage feels the container")
        except DeviceError as error:
            self.device_trouble(reason=str(error))

    async def sample(self) -> None:
        quiet = self.housekeeping_period() > 3600.0
        if quiet and monotonic() - self._sampled < QUIET_LOOKS:
            return
        self._sampled = monotonic()
        try:
            self.note_gauge(await self.devices.main_engine.propellant())
        except DeviceError as error:
            self.note_no_gauge()
            self.device_trouble(reason=str(error))
        await self._look_at_stars()
        if self.is_in("idle") and self.is_near_container():
            check_drift(self)
        self.tubes_held = len(on_board(self))
        if self.is_worn() or self.protection.is_set("battery_low"):
            await self._look_at_battery()

    async def _look_at_battery(self) -> None:
        """How full it becomes, where that is in doubt: it is looked at in the safe state, too."""
        try:
            self.battery_rests(usable(await self.devices.battery.state()))
        except DeviceError as error:
            self.device_trouble(reason=str(error))

    async def _look_at_stars(self) -> None:
        """Whether the star tracker knows the attitude; it does not turning, nor before the Sun."""
        try:
            says = await self.devices.star_tracker.attitude()
            self.stars_seen, why_not = says.valid, says.reason
        except DeviceError as error:
            self.stars_seen, why_not = None, str(error)
            self.device_trouble(reason=why_not)
        if not self.stars_seen and why_not not in TrackedAttitude.no_fault:
            self.protection.looks.look_again("star_tracker", "attitude")

    @command(deadline=60.0)
    def load_target_orbit(
        self,
        position: Annotated[list[Metres], msgspec.Meta(min_length=3, max_length=3)],
        velocity: Annotated[list[Speed], msgspec.Meta(min_length=3, max_length=3)],
        time: Annotated[float, msgspec.Meta(ge=0, le=1e10, extra={"unit": "s"})],
        axis_sigma: Annotated[float, msgspec.Meta(ge=100, le=1e6, extra={"unit": "m"})],
    ) -> None:
        """Loads where the container was let go: inertial axes of Mars, mission time, and how well
        the semi-major axis is known (one standard deviation)."""
        x, y, z = position
        u, v, w = velocity
        wanted = TargetOrbit((x, y, z), (u, v, w), time, axis_sigma)
        why = why_no_orbit(wanted.state(), time, self.clock.now())
        if why and self.context.structure.keeps(TARGET_GATE):
            raise CommandRejected(f"load_target_orbit: {why}")
        self.target = wanted

    @command(deadline=60.0)
    def load_manifest(self, records: list[dict[str, Any]]) -> str:
        """Loads the last custody records of the tubes in the container; the ground vouches that
        whoever wrote them will not find them again."""
        try:
            checked = check_manifest(records)
            promise(self, checked)
        except CustodyError as error:
            raise CommandRejected(f"load_manifest: {error}") from error
        self.manifest = checked
        return f"{len(checked)} tubes"

    @command(deadline=30 * DAY, starts="searching", restart=Restart.RESUME)
    def search(self) -> None:
        """Looks for the container with the narrow-angle camera."""

    @command(deadline=15 * DAY, starts="determining", restart=Restart.RESUME)
    def determine_orbit(self) -> None:
        """Takes bearings until the container's orbit is known."""

    @command(deadline=30 * DAY, starts="rendezvous", restart=Restart.RESUME)
    def rendezvous(self, automatic: bool = True) -> None:
        """Goes to the last hold point; without `automatic` it waits for GO at each hold point."""
        self.automatic = automatic

    @command(deadline=60.0, allowed_in="rendezvous")
    def go(self) -> None:
        """GO at a hold point."""
        self.decision = "go"

    @command(deadline=60.0, allowed_in="rendezvous")
    def no_go(self) -> None:
        """NO-GO at a hold point: retreat."""
        self.decision = "no_go"

    @command(deadline=2 * DAY, starts="capturing", hazard=Hazard.SEALING, restart=Restart.RESUME)
    def capture(self) -> None:
        """Captures the container from the last hold point."""

    @command(deadline=5 * DAY, starts="containing", restart=Restart.RESUME)
    def contain(self) -> None:
        """Sterilises and seals the container, and puts it into the entry capsule."""

    @command(
        deadline=2000 * DAY, starts="departing", hazard=Hazard.IGNITION, restart=Restart.RESUME
    )
    def depart(self) -> None:
        """Leaves for Earth in the next window."""

    @command(deadline=60.0, allowed_in="approach")
    def retarget(self) -> None:
        """Goes through the corrections that are still to come again."""
        self.post("retarget", reason="commanded")

    @command(deadline=20 * DAY, starts="releasing", hazard=Hazard.RELEASE, restart=Restart.RESUME)
    def release_capsule(self) -> None:
        """Lets the capsule go at its time, when entry angle and ellipse are within the limits."""

    @command(deadline=2 * DAY, starts="deflecting", restart=Restart.RESUME)
    def deflect(self) -> None:
        """Turns the orbiter away from Earth."""
