"""What the lander says on its way down: its channels and events."""

from flight.core.telling.channels import Channel
from flight.core.telling.events import Event
from flight.icd.messages import Severity

HIGH, LOW = Severity.ACTIVITY_HI, Severity.ACTIVITY_LO
WARNING, ALARM = Severity.WARNING_LO, Severity.WARNING_HI


class DescentReports:
    """Channels and events of entry, descent and landing."""

    descent_height = Channel(float, unit="m", doc="over the ground, on the way down")
    descent_speed = Channel(float, unit="m/s", doc="over the ground, on the way down")
    descent_sigma = Channel(float, unit="m", doc="how well the place is known on the way down")
    descent_propellant = Channel(float, unit="kg", doc="of the descent engines")
    descent_bank_ordered = Channel(float, unit="deg", doc="bank angle that the guidance asks for")
    descent_bank = Channel(float, unit="deg", doc="bank angle flown, by its own navigation")
    landed_east = Channel(float, unit="m", doc="where it stands by its own navigation")
    landed_north = Channel(float, unit="m", doc="where it stands by its own navigation")
    landed_sigma = Channel(float, unit="m", doc="how well that place is known, on each axis")

    cruise_stage_separated = Event(HIGH, "The cruise stage is gone")
    entry_interface = Event(HIGH, "Entry interface at {speed} m/s, {angle} deg")
    entry_planned = Event(LOW, "{range} km to go, reference bank angle {bank} deg")
    guidance_started = Event(HIGH, "Entry guidance has begun at {speed} m/s")
    bank_reversed = Event(HIGH, "Bank reversal {number} at {speed} m/s")
    peak_deceleration = Event(HIGH, "Peak deceleration of {felt} g")
    heading_alignment = Event(HIGH, "Heading alignment from {speed} m/s; range off by {miss} m")
    lift_given_up = Event(HIGH, "Flying straight from {speed} m/s; balance masses dropped")
    parachute_fired = Event(
        HIGH, "Parachute: Mach {mach}, {speed} m/s, {pressure} Pa, {height} m up ({reason})"
    )
    parachute_open = Event(HIGH, "The parachute pulls with {felt} m/s^2")
    parachute_does_not_pull = Event(ALARM, "The parachute does not pull, {height} m up")
    heat_shield_separated = Event(HIGH, "The heat shield is gone at {speed} m/s, {height} m up")
    radar_locked = Event(HIGH, "The radar sees the ground, {height} m below")
    radar_lost = Event(ALARM, "The radar sees nothing for some seconds: {reason}")
    altitude_rejected = Event(
        ALARM, "A height of {height} m is not believed: the radar sees the ground {radar} m below"
    )
    gyroscope_saturated = Event(
        ALARM, "A gyroscope was at its limit (readings missing: {gap}): attitude in doubt"
    )
    vertical_found = Event(ALARM, "The vertical was found again: attitude corrected by {angle} deg")
    terrain_fix = Event(
        HIGH, "Found on the map, {shift} m from where it was thought to be, {height} m up"
    )
    legs_deployed = Event(HIGH, "Legs deployed {height} m up")
    backshell_separated = Event(
        HIGH, "Off the parachute at {speed} m/s, {height} m up; {divert} m to go: {reason}"
    )
    engines_lit = Event(HIGH, "Engines lit {height} m up, {duration} s to the gate")
    no_plan_fits = Event(ALARM, "No way down fits the limits, {height} m up: braking straight on")
    engine_lost = Event(ALARM, "Engine {engine} does not obey; it gives {thrust} N")
    propellant_spent = Event(ALARM, "Propellant spent {height} m up")
    straight_descent = Event(HIGH, "Straight down from {height} m; touchdown sensing begins")
    leg_stuck = Event(ALARM, "Legs {legs} say contact in the air: one of them is not believed")
    touchdown = Event(
        HIGH,
        "Touchdown by {how} at {east} m east, {north} m north (known to {sigma} m, found on the "
        "map: {fixed}), {propellant} kg left",
    )
    standing = Event(HIGH, "Standing at {east} m east, {north} m north, known to {error} m")
    initiator_failed = Event(ALARM, "{part}: the initiator of side {side} did not fire")
    part_not_fired = Event(ALARM, "{part}: no initiator has fired")
    descent_resumed = Event(
        ALARM,
        "Navigation taken up after {gap} s without it, {height} m up (attitude in doubt: "
        "{saturated})",
    )
    safe_refused = Event(ALARM, "Not going to the safe state on the way down: {reason}")
    landing_not_claimed = Event(ALARM, "No landing is claimed: {reason}")
