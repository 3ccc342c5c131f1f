"""What the lander says on its way down: its channels and events; whom its computer tells them."""

from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.core.telling.kernel_events import NodeEvents
from flight.icd.messages import Severity

HIGH, LOW = Severity.ACTIVITY_HI, Severity.ACTIVITY_LO
WARNING, ALARM = Severity.WARNING_LO, Severity.WARNING_HI


class DescentReports:
    """Channels and events of entry, descent and landing.

    Of the vehicle, or of what stands for it in a study and hears them (`report_event`).
    """

    descent_height = Channel(float, unit="m", doc="over the ground, on the way down")
    descent_speed = Channel(float, unit="m/s", doc="over the ground, on the way down")
    descent_sigma = Channel(float, unit="m", doc="how well the place is known on the way down")
    descent_propellant = Channel(float, unit="kg", doc="of the descent engines")
    descent_bank_ordered = Channel(float, unit="deg", doc="bank angle that the guidance asks for")
    descent_bank = Channel(float, unit="deg", doc="bank angle flown, by its own navigation")
    landed_east = Channel(float, unit="m", doc="where it stands by its own navigation")
    landed_north = Channel(float, unit="m", doc="where it stands by its own navigation")
    landed_sigma = Channel(float, unit="m", doc="how well that place is known, on each axis")

    @event(HIGH, "The cruise stage is gone")
    def cruise_stage_separated(self) -> None: ...

    @event(HIGH, "Entry interface at {speed} m/s, {angle} deg")
    def entry_interface(self, *, speed: float, angle: float) -> None: ...

    @event(LOW, "{range} km to go, reference bank angle {bank} deg")
    def entry_planned(self, *, range: float, bank: float) -> None: ...

    @event(HIGH, "Entry guidance has begun at {speed} m/s")
    def guidance_started(self, *, speed: int) -> None: ...

    @event(HIGH, "Bank reversal {number} at {speed} m/s")
    def bank_reversed(self, *, number: int, speed: int) -> None: ...

    @event(HIGH, "Peak deceleration of {felt} g")
    def peak_deceleration(self, *, felt: float) -> None: ...

    @event(HIGH, "Heading alignment from {speed} m/s; range off by {miss} m")
    def heading_alignment(self, *, speed: int, miss: int) -> None: ...

    @event(HIGH, "Flying straight from {speed} m/s; balance masses dropped")
    def lift_given_up(self, *, speed: int) -> None: ...

    @event(HIGH, "Parachute: Mach {mach}, {speed} m/s, {pressure} Pa, {height} m up ({reason})")
    def parachute_fired(
        self, *, mach: float, speed: int, pressure: int, height: int, reason: str
    ) -> None: ...

    @event(HIGH, "The parachute pulls with {felt} m/s^2")
    def parachute_open(self, *, felt: float) -> None: ...

    @event(ALARM, "The parachute does not pull, {height} m up")
    def parachute_does_not_pull(self, *, height: int) -> None: ...

    @event(HIGH, "The heat shield is gone at {speed} m/s, {height} m up")
    def heat_shield_separated(self, *, speed: int, height: int) -> None: ...

    @event(HIGH, "The radar sees the ground, {height} m below")
    def radar_locked(self, *, height: int) -> None: ...

    @event(ALARM, "The radar sees nothing for some seconds: {reason}")
    def radar_lost(self, *, reason: str) -> None: ...

    @event(ALARM, "The radar's ranges are noise: they jump by {jumps} m, and none is believed")
    def radar_restless(self, *, jumps: int) -> None: ...

    @event(
        ALARM, "A height of {height} m is not believed: the radar sees the ground {radar} m below"
    )
    def altitude_rejected(self, *, height: int, radar: int) -> None: ...

    @event(
        ALARM, "The ground is believed to be {jump} m farther down than was known, {height} m below"
    )
    def jump_believed(self, *, jump: int, height: int) -> None: ...

    @event(ALARM, "The {source} of {device}, {height} m up, is not believed: others contradict it")
    def source_doubted(self, *, source: str, device: str, height: int) -> None: ...

    @event(HIGH, "The {source} of {device} agrees with the others again")
    def source_believed(self, *, source: str, device: str) -> None: ...

    @event(
        ALARM,
        "There is no ground where the {source} of {device} has shown it: it is {height} m below",
    )
    def ground_not_there(self, *, source: str, device: str, height: int) -> None: ...

    @event(ALARM, "A gyroscope was at its limit (readings missing: {gap}): attitude in doubt")
    def gyroscope_saturated(self, *, gap: int) -> None: ...

    @event(ALARM, "The vertical was found again: attitude corrected by {angle} deg")
    def vertical_found(self, *, angle: float) -> None: ...

    @event(HIGH, "Found on the map, {shift} m from where it was thought to be, {height} m up")
    def terrain_fix(self, *, shift: int, height: int) -> None: ...

    @event(ALARM, "The radar shows no range: the height is that of images, {height} m")
    def height_by_images(self, *, height: int) -> None: ...

    @event(HIGH, "Legs deployed {height} m up")
    def legs_deployed(self, *, height: int) -> None: ...

    @event(HIGH, "Off the parachute at {speed} m/s, {height} m up; {divert} m to go: {reason}")
    def backshell_separated(self, *, speed: int, height: int, divert: int, reason: str) -> None: ...

    @event(HIGH, "Engines lit {height} m up, {duration} s to the gate")
    def engines_lit(self, *, height: int, duration: int) -> None: ...

    @event(ALARM, "No way down fits the limits, {height} m up: braking straight on")
    def no_plan_fits(self, *, height: int) -> None: ...

    @event(ALARM, "Engine {engine} does not obey; it gives {thrust} N")
    def engine_lost(self, *, engine: int, thrust: int) -> None: ...

    @event(ALARM, "All engines give {percent} % of what they are told; they are told accordingly")
    def thrust_is_off(self, *, percent: int) -> None: ...

    @event(ALARM, "Propellant spent {height} m up")
    def propellant_spent(self, *, height: float) -> None: ...

    @event(HIGH, "Straight down from {height} m; touchdown sensing begins")
    def straight_descent(self, *, height: float) -> None: ...

    @event(Severity.WARNING_LO, "Legs {legs} had latched a contact before sensing began: cleared")
    def early_contact_cleared(self, *, legs: list[int]) -> None: ...

    @event(ALARM, "Legs {legs} say contact in the air: one of them is not believed")
    def leg_stuck(self, *, legs: list[int]) -> None: ...

    @event(
        HIGH,
        "Touchdown by {how} at {east} m east, {north} m north (known to {sigma} m, found on the "
        "map: {fixed}), {propellant} kg left",
    )
    def touchdown(
        self,
        *,
        how: str,
        east: float,
        north: float,
        sigma: float,
        fixed: bool,
        propellant: float,
        time: float,
    ) -> None: ...

    @event(HIGH, "Standing at {east} m east, {north} m north, known to {error} m")
    def standing(self, *, east: float, north: float, error: float) -> None: ...

    @event(ALARM, "{part}: the initiator of side {side} did not fire")
    def initiator_failed(self, *, part: str, side: str) -> None: ...

    @event(ALARM, "{part}: no initiator has fired")
    def part_not_fired(self, *, part: str) -> None: ...

    @event(
        ALARM,
        "Navigation taken up after {gap} s without it, {height} m up (attitude in doubt: "
        "{saturated})",
    )
    def descent_resumed(self, *, gap: float, height: int, saturated: bool) -> None: ...

    @event(ALARM, "No landing is claimed: {reason}")
    def landing_not_claimed(self, *, reason: str) -> None: ...

    result_unconfirmed = NodeEvents.result_unconfirmed

    @event(WARNING, "{device}: {reason}", lasts=True)
    def device_trouble(self, *, device: str, reason: str) -> None: ...

    def show_descent(
        self,
        height: float,
        speed: float,
        sigma: float,
        propellant: float,
        bank_ordered: float | None = None,
        bank: float | None = None,
    ) -> None:
        """Publishes where the lander is on its way down; angles in degrees, in the entry alone."""
        raise NotImplementedError
