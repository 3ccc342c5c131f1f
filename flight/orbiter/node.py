"""The Earth Return Orbiter: finds the container, captures it, and brings it to Earth."""

import math
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.astrodynamics.vectors import Vector
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.commands import CommandRejected, Hazard, Restart, command
from flight.core.custody.handover_active import ActiveHandover
from flight.core.custody.ledger import CustodyError, Evidence
from flight.core.node import Node
from flight.core.telling.carried import keeper
from flight.core.telling.channels import Channel
from flight.core.telling.communications import wire
from flight.core.telling.events import Event
from flight.icd.devices.base import DeviceError
from flight.icd.messages import Severity
from flight.orbiter.capturing import capture
from flight.orbiter.close_rendezvous import approach_close, hold_position
from flight.orbiter.containment import contain
from flight.orbiter.cruising import cruise
from flight.orbiter.custody import (
    CAGE_SENSOR,
    ON_BOARD,
    check_manifest,
    end_capture,
    end_insertion,
    on_board,
    promise,
)
from flight.orbiter.departing import depart
from flight.orbiter.determining import determine_orbit
from flight.orbiter.far_rendezvous import approach_far
from flight.orbiter.hardware import OrbiterDevices
from flight.orbiter.navigation import Navigator
from flight.orbiter.parameters import PARAMETERS
from flight.orbiter.phasing import phase
from flight.orbiter.releasing import deflect, release_capsule, wait_for_release
from flight.orbiter.safing import hold_safe
from flight.orbiter.search import search
from flight.orbiter.trajectory import Dynamics
from flight.runtime.pace import NANOSECONDS

NAMESPACE = "orbiter"
DAY = SECONDS_PER_DAY
AT_MARS = ("idle", "holding", "loaded")
WORKING = ("searching", "determining", "rendezvous", "capturing", "containing", "departing")

_OLD_SOLUTION = 1.5 * DAY
_QUIET_SAMPLES = 5.0 * DAY

Metres = Annotated[float, msgspec.Meta(ge=-1e8, le=1e8, extra={"unit": "m"})]
Speed = Annotated[float, msgspec.Meta(ge=-1e4, le=1e4, extra={"unit": "m/s"})]


def _at_home(node: Any, signal: Signal) -> bool:
    return node.stored("released") is not None


def _departed(node: Any, signal: Signal) -> bool:
    return node.stored("departure") is not None


def _captured(node: Any, signal: Signal) -> bool:
    return bool(node.stored("captured"))


class Orbiter(Node):
    """The Earth Return Orbiter."""

    name = "orbiter"
    has_recorder = True
    routes = {"entry": wire("entry")}  # noqa: RUF012  declared once, as every vehicle does
    parameter_declarations = PARAMETERS
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
        State("capturing", activity=capture),
        State("loaded", doc="the container is on board"),
        State("containing", activity=contain),
        State("departing", activity=depart),
        State("cruise", activity=cruise, outcomes=("targeted",), doc="on the way; corrections"),
        State("approach", activity=wait_for_release, outcomes=("turn_away",),
              doc="the capsule is targeted"),
        State("releasing", activity=release_capsule),
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
            On("turn_away", "approach", "deflecting"),
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
    fit_residual = Channel(float, doc="of the last orbit fit, in standard deviations")
    images_taken = Channel(int, doc="in the search")
    mode_range = Channel(float, unit="m", doc="range at the last change of the rendezvous' mode")
    delta_v_used = Channel(float, unit="m/s", doc="by the accelerometers")
    propellant = Channel(float, unit="kg", doc="by the gauge", yellow=(100.0, None))
    mass = Channel(float, unit="kg", doc="by book-keeping")
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

    container_found = Event(
        Severity.ACTIVITY_HI, "Container found at about {range} km, magnitude {magnitude}"
    )
    orbit_determined = Event(
        Severity.ACTIVITY_HI,
        "Orbit of the container: {sigma} m from {bearings} bearings, {rejected} thrown out",
    )
    fit_failed = Event(Severity.WARNING_LO, "Orbit fit failed: {reason}")
    far_range_entered = Event(Severity.ACTIVITY_HI, "Far rendezvous begins at {range} m")
    close_range_entered = Event(Severity.ACTIVITY_HI, "Close rendezvous begins at {range} m")
    at_hold_point = Event(Severity.ACTIVITY_HI, "Hold point at {distance} m: waiting for GO")
    retreating = Event(Severity.WARNING_LO, "Retreating from {range} m")
    manoeuvre = Event(Severity.ACTIVITY_LO, "Manoeuvre {purpose}: {size} m/s, off by {off} m/s")
    burn_off_nominal = Event(
        Severity.WARNING_LO, "Burn {purpose} off: {felt} of {wanted} m/s by the accelerometers"
    )
    capture_attempt = Event(Severity.ACTIVITY_HI, "Capture attempt {number}")
    capture_failed = Event(Severity.WARNING_HI, "Capture attempt {number} failed: {reason}")
    captured = Event(Severity.ACTIVITY_HI, "The container is on board with {tubes} tubes")
    custody_trouble = Event(Severity.WARNING_HI, "Custody of {tube}: {reason}")
    containment_step = Event(Severity.ACTIVITY_LO, "Containment, {step}: {result}")
    capsule_silent = Event(
        Severity.WARNING_LO, "The capsule does not answer, the orbiter keeps its account: {reason}"
    )
    contained = Event(
        Severity.ACTIVITY_HI, "Contained: leak rate {leak_rate} Pa m3/s, {hot_seconds} s hot"
    )
    window_chosen = Event(
        Severity.ACTIVITY_HI,
        "Departure {departure}, arrival {arrival}, C3 {c3} km2/s2 (best of the window {best})",
    )
    departure_planned = Event(
        Severity.ACTIVITY_HI, "Departure burn of {size} m/s, {seconds} s, in {minutes} min"
    )
    departed = Event(
        Severity.ACTIVITY_HI,
        "Leaves Mars with C3 {c3} km2/s2 (wanted {wanted})",
    )
    targeted = Event(
        Severity.ACTIVITY_HI, "Targeted: entry angle {angle} degrees, {days} days to the entry"
    )
    landing_predicted = Event(
        Severity.ACTIVITY_HI,
        "Touchdown predicted at {latitude} N {longitude} E, {miss} km from the site; 99 % within "
        "semi-axes of {long} and {short} km, azimuth {azimuth}; entry angle {angle} degrees, sigma "
        "{angle_sigma}",
        also=("heading", "entry_time"),
    )
    capsule_released = Event(
        Severity.ACTIVITY_HI,
        "Capsule released with {tubes} tubes at {distance} lunar distances, entry angle {angle}",
    )
    entry_not_told = Event(
        Severity.WARNING_HI, "The capsule was not told when it will enter: {reason}"
    )
    deflected = Event(Severity.ACTIVITY_HI, "Deflected: passes Earth at {altitude} km")
    device_trouble = Event(Severity.WARNING_LO, "Device trouble: {reason}")

    def attach(self) -> None:
        self.devices = OrbiterDevices(self)
        self.communications.use_radio(self.devices.x_band)
        self.bus.subscribe("entry.telemetry", keeper(self, "entry"))
        self.nursery.start(self._switch_radio_on(), name="radio")
        self.dynamics = Dynamics(self.clock.epoch_jd_tt, self.parameters["light_pressure"])
        plain = self.stored("navigation")
        self.navigator = Navigator.unpack(plain) if plain else Navigator()
        self.decision = ""
        self.lidar_misses = 0
        self.boresight: Vector | None = None
        self._own_taken = self._sampled = -math.inf
        self._burnt_solution = -1
        self.delta_v_used = self.stored("delta_v_used") or 0.0
        self.handover = ActiveHandover(self, ON_BOARD, self._look_into_cage)
        self.nursery.start(self._settle(), name="settle")

    def parameters_changed(self) -> None:
        self.dynamics = Dynamics(self.clock.epoch_jd_tt, self.parameters["light_pressure"])

    async def _look_into_cage(self, tube: str, slot: int | None, expected: bool) -> Evidence:
        state = await self.devices.containment.state()
        words = "the cage's load cell feels " + ("the container" if state.present else "nothing")
        return Evidence(CAGE_SENSOR, words, state.present)

    async def _settle(self) -> None:
        """After a boot: ends what was begun with the tubes, by what the sensors say."""
        try:
            if self.ledger.open_transfers():
                state = await self.devices.containment.state()
                end_insertion(self, state.in_capsule)
                if state.present:
                    end_capture(self, True, "the load cell of the cage feels the container")
        except DeviceError as error:
            self.device_trouble(reason=str(error))

    # ------------------------------------------------------------- telemetry

    def housekeeping_period(self) -> float:
        if self.is_in("rendezvous") or self.is_in("holding") or self.is_in("capturing"):
            return 1800.0
        return 5.0 * 3600.0

    async def sample(self) -> None:
        quiet = self.housekeeping_period() > 3600.0
        if quiet and self.clock.now() - self._sampled < _QUIET_SAMPLES:
            return
        self._sampled = self.clock.now()
        try:
            gauge = await self.devices.main_engine.propellant()
            self.propellant, self.mass = round(gauge.propellant, 1), round(gauge.mass, 1)
        except DeviceError as error:
            self.device_trouble(reason=str(error))
        self.tubes_held = len(on_board(self))

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

    # --------------------------------------------------------------- memory

    def stored(self, key: str) -> Any:
        """What is remembered over reboots; None when nothing is."""
        return self.storage.get(NAMESPACE, key)

    def keep(self, key: str, value: Any) -> None:
        """Remembers over reboots."""
        self.storage.put(NAMESPACE, key, value)

    def save_navigation(self) -> None:
        """Remembers what the navigator believes."""
        self.keep("navigation", self.navigator.pack())
        self.keep("delta_v_used", self.delta_v_used)
        self.show_navigation()

    async def refresh_own(self) -> None:
        """Takes the newest tracking solution."""
        known = await self.devices.orbit_knowledge.state()
        self.navigator.take_own(known, known.time_ns / NANOSECONDS)
        self._own_taken = self.clock.now()
        if known.solution != self._burnt_solution:
            self._burnt_solution = -1

    def own_is_old(self) -> bool:
        """Whether a new tracking solution should be taken: one from after the last large burn."""
        return self._burnt_solution >= 0 or self.clock.now() - self._own_taken > _OLD_SOLUTION

    def note_large_burn(self) -> None:
        """The own orbit is known less well until the ground has tracked it again."""
        self._burnt_solution = self.navigator.solution

    async def _switch_radio_on(self) -> None:
        """Also after a boot: the radio then tells its links again."""
        try:
            await self.devices.x_band.set_power(True)
        except DeviceError as error:
            self.device_trouble(reason=str(error))

    # ------------------------------------------------------------ commands

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
        self.keep("target", {
            "position": position, "velocity": velocity, "time": time, "axis_sigma": axis_sigma,
        })  # fmt: skip

    @command(deadline=60.0)
    def load_manifest(self, records: list[dict[str, Any]]) -> str:
        """Loads the last custody records of the tubes in the container; the ground vouches that
        whoever wrote them will not find them again."""
        try:
            checked = check_manifest(records)
            promise(self, checked)
        except CustodyError as error:
            raise CommandRejected(f"load_manifest: {error}") from error
        self.keep("manifest", [msgspec.to_builtins(record) for record in checked])
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
        self.keep("automatic", automatic)

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
