"""How fast a paced run may go: what is under way, and what pace that bears.

Mission seconds in a second. Each figure comes of what waits for what: a control loop over sockets,
on a machine of two cores that has other things to do, answers within some milliseconds.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from flight.astrodynamics.ellipsoids import WGS84

COASTING_TO_MARS = 50.0  # the lander beats once a second: 20 ms
ENTERING = 4.0  # it beats ten times a second: 25 ms, less what guidance and air cost
LANDING = 3.0  # under the parachute and on engines it beats twenty times a second: 17 ms
COUNTING = 100.0  # the MAV aligns over ten minutes; a second of the count is 10 ms
STARTING = 3.0  # ejection and ignitions are a matter of a tenth of a second
BURNING = 2.5  # the MAV steers fifty times a second: 8 ms, and the physics is costly
COASTING_UP = 15.0  # it steers five times a second: 13 ms
NEAR = 250.0  # the orbiter takes a bearing every 90 s, and fires in between
SIGHTING = 1000.0  # a line of sight turns by 0.06 degrees a second, and the view is 4.5 wide
MANOEUVRING = 50.0  # the middle of a burn is to be known to some tenths of a second: 5 ms
CLOSE = 200.0  # the orbiter scans every 20 s
CAPTURING = 40.0  # the cone is looked at five times a second: 5 ms
BOOTING = 20.0  # a process starts in half a second: ten seconds late
FALLING_TO_EARTH = 15.0  # the capsule samples twice a second: 33 ms

WORKING_ON_MARS = 40_000.0
"""The ground waits for answers by the sol; a chain of messages from station to vehicle and back
takes tenths of a second on a busy machine, and a sol at this pace 2.2 s. Measured: at 540,000
(`return` by its length alone) the first command is given up after five sols, which are 0.8 s."""

AIR_OF_MARS = 150_000.0  # m; the entry interface is 25 km lower
FAR_AWAY = 60_000.0  # m from the container: the approach begins at 50 km
EARTH_RADIUS = WGS84.equatorial_radius  # m
AIR_OF_EARTH = 1_000_000.0  # m; the capsule wakes before that
FASTEST_ARRIVAL = 13_000.0  # m/s
WARNING = 1.0  # wall seconds in which the capsule may come no nearer than all the way


@dataclass(frozen=True)
class Attention:
    """A device that is asked when something delicate begins: so fast until `seconds` of mission
    time have passed since it was asked last."""

    seconds: float
    fastest: float
    reason: str


ATTENTION: Mapping[str, Attention] = {
    # Its checks ask for it: at the start of the count, and ten seconds before the launch.
    "mav.ejector": Attention(20.0, STARTING, "launch"),
    "mav.first_igniter": Attention(5.0, STARTING, "ignition"),
    "mav.second_igniter": Attention(5.0, STARTING, "ignition"),
    # Read at the start and at the end of the alignment; the count goes on a little longer.
    "mav.inertial_unit": Attention(660.0, COUNTING, "count-down"),
    # Turned before each image: there are several in a row.
    "orbiter.attitude_control": Attention(300.0, SIGHTING, "sighting"),
    # Read before and after each burn.
    "orbiter.inertial_unit": Attention(40.0, MANOEUVRING, "manoeuvre"),
    # Longer than a reboot and its search for the container take.
    "orbiter.lidar": Attention(900.0, CLOSE, "close rendezvous"),
    "orbiter.capture_cone": Attention(300.0, CAPTURING, "capture"),
}


@dataclass(frozen=True)
class UnderWay:
    """What is under way. Heights and distances in m, None for what does not fly or is not near.

    `asked`: seconds of mission time since each device was asked last.
    """

    lander_height: float | None = None
    lander_in_aeroshell: bool = True
    mav_flying: bool = False
    mav_steering_fast: bool = False
    container_distance: float | None = None
    capsule_distance: float | None = None  # from the centre of the Earth
    container_on_mars: bool = False  # the work on the ground is not over
    asked: Mapping[str, float] = field(default_factory=dict)


def pace_limit(now: UnderWay) -> tuple[float, str]:
    """The fastest pace that all that is under way bears, and what bears no more.

    Infinite when nothing is.
    """
    limits = [
        (attention.fastest, attention.reason)
        for device, attention in ATTENTION.items()
        if now.asked.get(device, math.inf) < attention.seconds
    ]
    if now.container_on_mars:
        limits.append((WORKING_ON_MARS, "work on Mars"))
    limits += _of_lander(now) + _of_mav(now) + _of_orbiter(now) + _of_capsule(now)
    return min(limits, default=(math.inf, ""))


def _of_lander(now: UnderWay) -> list[tuple[float, str]]:
    if now.lander_height is None:
        return []
    if now.lander_height > AIR_OF_MARS:
        return [(COASTING_TO_MARS, "coast to Mars")]
    return [(ENTERING, "entry")] if now.lander_in_aeroshell else [(LANDING, "landing")]


def _of_mav(now: UnderWay) -> list[tuple[float, str]]:
    attention = ATTENTION["mav.inertial_unit"]
    attended = now.asked.get("mav.inertial_unit", math.inf) < attention.seconds
    if not (now.mav_flying and attended):  # nobody steers a wreck
        return []
    return [(BURNING, "ascent")] if now.mav_steering_fast else [(COASTING_UP, "ascent, coasting")]


def _of_orbiter(now: UnderWay) -> list[tuple[float, str]]:
    near = now.container_distance is not None and now.container_distance < FAR_AWAY
    return [(NEAR, "far rendezvous")] if near else []


def _of_capsule(now: UnderWay) -> list[tuple[float, str]]:
    if now.capsule_distance is None:
        return []
    left = (now.capsule_distance - EARTH_RADIUS - AIR_OF_EARTH) / FASTEST_ARRIVAL
    return [(max(FALLING_TO_EARTH, left / WARNING), "capsule's arrival")]
