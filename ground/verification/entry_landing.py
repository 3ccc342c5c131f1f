"""V5: an entry of the class of Mars Science Laboratory, with the lander's own flight software.

The vehicle has MSL's mass, size and parachute, and begins with its entry state at Gale crater; the
guidance keeps the settings of the lander's file except what the mission gives a figure for. The
events are held against the clock as flown: UTC of Lakdawalla (2018), and the reconstruction of
Karlgaard et al. (2014).

Known differences: the air is that of a northern spring morning at Jezero, not of an afternoon at
Gale at Ls 150. Near the ground it is a third denser than MSL's was, by two of MSL's own figures
(`_air_rows`): pressure and speed at its parachute, and how fast it hung under it. So the parachute
comes 2 km too high and 12 s too early, and what hangs on it as much. Higher up, where most of the
speed is lost, both agree: peak deceleration and heading alignment.

Speed and path angle at the interface are taken as over the turning ground and inertial, as the
published pair suits only so; place and azimuth of the interface are from memory of the
reconstruction. MSL's last 20 m hung on a sky crane; here the lander comes straight down.
"""

import math
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.gravity import MARS
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, norm, scale, subtract
from flight.lander.node import Lander
from ground.missions.vehicle_files import load_vehicle_file
from ground.studies.landing_flight import FlownLanding, fly_landing
from ground.verification.rows import Kind, Row
from sim_hw.assembly.entry_start import INTERFACE_RADIUS, LEAD, coast_back
from sim_hw.assembly.lander import HARDWARE
from sim_hw.dynamics.entry_parameters import EntryVehicleParameters
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.dynamics.landing_legs import Plane
from sim_hw.dynamics.planet import Planet
from sim_hw.world.atmosphere import Atmosphere
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

CLOCK = "MSL as flown"
RECONSTRUCTED = "Karlgaard 2014"

TARGET_LATITUDE, TARGET_LONGITUDE = math.radians(-4.5965), math.radians(137.4019)  # Way 2013
GROUND = -4_500.0  # m, of the landing site under the areoid
AREOID_HEIGHT = -430.0  # m over the ellipsoid around Gale, rounded
ENTRY_LATITUDE, ENTRY_LONGITUDE = math.radians(-3.92), math.radians(126.71)  # reconstruction
ENTRY_AZIMUTH = math.radians(93.2)  # reconstruction, inertial
ENTRY_SPEED = 5_845.0  # m/s, Way 2013: over the turning ground
ENTRY_ANGLE = math.radians(-15.47)  # reconstruction, inertial
ENTRY_MASS = 3_257.0  # kg (Way 2013)
BALANCE_MASS = 150.0  # kg, six masses of 25 kg
HEAT_SHIELD_MASS = 440.0  # kg, assumption: half of the aeroshell
LANDED_MASS, PROPELLANT = 1_879.0, 390.0  # kg, rover and dry descent stage (press kit 2012)
BACKSHELL_HEIGHT = 1_670.0  # m over the ground, as flown
BACKSHELL_SPEED = 79.0  # m/s (reconstruction)
PARACHUTE_HEIGHT, PARACHUTE_SPEED = 10_500.0, 405.0  # m over the ground, m/s (reconstruction)
PARACHUTE_PRESSURE = 494.0  # Pa (reconstruction)

FRAME = SiteFrame(TARGET_LATITUDE, TARGET_LONGITUDE, AREOID_HEIGHT)
PLANET = Planet(MARS, MARS_IAU, areoid_height=AREOID_HEIGHT)

# Event, name in the flight software, seconds after the interface, source, required. The times of
# reversals follow from the width of the guidance's corridor, which no source gives.
_EVENTS = (
    ("guidance starts (0.2 g)", "guidance_started", 45.88, RECONSTRUCTED, True),
    ("heading alignment", "heading_alignment", 135.63, RECONSTRUCTED, True),
    ("balance masses dropped", "lift_given_up", 239.8, RECONSTRUCTED, True),
    ("parachute", "parachute_fired", 259.12, RECONSTRUCTED, True),
    ("heat shield", "heat_shield_separated", 278.87, RECONSTRUCTED, True),
    ("radar sees the ground", "radar_locked", 297.0, CLOCK, True),
    ("backshell", "backshell_separated", 376.0, RECONSTRUCTED, True),
    ("touchdown", "touchdown", 431.8, RECONSTRUCTED, True),
)
_REVERSALS = (72.88, 93.88, 123.88)
TOLERANCE = 15.0
AS_FLOWN = "all eight as flown"


def vehicle_parameters(usual: EntryVehicleParameters) -> EntryVehicleParameters:
    """MSL's vehicle; its eight engines are spread over the twelve that there are."""
    replace = msgspec.structs.replace
    rest = ENTRY_MASS - LANDED_MASS - PROPELLANT - BALANCE_MASS - HEAT_SHIELD_MASS
    return replace(
        usual,
        dry_mass=LANDED_MASS,
        aeroshell=replace(
            usual.aeroshell,
            diameter=4.5,
            entry_balance=BALANCE_MASS,
            heat_shield=HEAT_SHIELD_MASS,
            backshell=rest,
        ),
        engines=replace(
            usual.engines,
            least_thrust=usual.engines.least_thrust * 8.0 / 12.0,
            greatest_thrust=usual.engines.greatest_thrust * 8.0 / 12.0,
            propellant=PROPELLANT,
        ),
    )


def flight_parameters(usual: dict[str, Any], interface_height: float) -> dict[str, Any]:
    """The lander's parameters with MSL's masses, sizes and triggers."""
    return {
        **usual,
        "site_latitude": math.degrees(TARGET_LATITUDE),
        "site_longitude": math.degrees(TARGET_LONGITUDE),
        "site_areoid_height": AREOID_HEIGHT,
        "interface_height": interface_height,
        "entry_mass": ENTRY_MASS,
        "entry_balance_mass": BALANCE_MASS,
        "heat_shield_mass": HEAT_SHIELD_MASS,
        "lander_mass": LANDED_MASS,
        "entry_area": 0.25 * math.pi * 4.5**2,
        "parachute_trigger": "speed",
        "backshell_lowest": BACKSHELL_HEIGHT,
        "engine_least_thrust": usual["engine_least_thrust"] * 8.0 / 12.0,
        "engine_greatest_thrust": usual["engine_greatest_thrust"] * 8.0 / 12.0,
    }


def interface_state() -> tuple[Vector, Vector]:
    """Position and velocity (m, m/s, inertial) at the interface, which is at `LEAD` seconds."""
    longitude = ENTRY_LONGITUDE + MARS.rotation_rate * LEAD
    across = math.cos(ENTRY_LATITUDE)
    up: Vector = (
        across * math.cos(longitude),
        across * math.sin(longitude),
        math.sin(ENTRY_LATITUDE),
    )
    position = scale(INTERFACE_RADIUS, up)
    east, north, _ = local_axes(position)
    level = add(scale(math.sin(ENTRY_AZIMUTH), east), scale(math.cos(ENTRY_AZIMUTH), north))
    direction = add(scale(math.cos(ENTRY_ANGLE), level), scale(math.sin(ENTRY_ANGLE), up))
    ground = FRAME.ground_velocity(position)
    speed = ENTRY_SPEED
    for _ in range(20):  # the inertial speed whose difference to the ground has the published size
        speed += ENTRY_SPEED - norm(subtract(scale(speed, direction), ground))
    return position, scale(speed, direction)


def _flat_map() -> dict[str, Any]:
    cells = 100
    return {
        "west": -500.0,
        "south": -500.0,
        "resolution": 10.0,
        "columns": cells,
        "base": GROUND,
        "heights": bytes(2 * cells * cells),
        "hazards": bytes(cells * cells),
    }


@lru_cache(maxsize=1)
def fly() -> FlownLanding:
    """The flight: nothing dispersed, all known, no images to navigate by (MSL had none)."""
    file = load_vehicle_file(Lander, HARDWARE)
    hardware = msgspec.structs.replace(
        file.hardware.descent, vehicle=vehicle_parameters(file.hardware.descent.vehicle)
    )
    at_interface, speed_there = interface_state()
    position, velocity = coast_back(PLANET, at_interface, speed_there, LEAD)
    load = {
        "state": {
            "time": 0.0,
            "position": position,
            "velocity": velocity,
            "position_error": 100.0,
            "velocity_error": 0.1,
        },
        "map": _flat_map(),
        "aim": {"east": 0.0, "north": 0.0},
    }

    def make_vehicle(world: World) -> EntryVehicle:
        return EntryVehicle(
            "lander",
            hardware.vehicle,
            PLANET,
            FRAME,
            Atmosphere(),
            lambda east, north: Plane(east, north, GROUND),
            world.now,
            position,
            velocity,
            world.random("descent"),
        )

    return fly_landing(
        World(1, 2461990.0, TubeRegistry((), {})),
        make_vehicle,
        hardware,
        flight_parameters(file.flight, FRAME.height(at_interface)),
        load,
        prepare=lambda devices: devices["terrain_camera"].fail("blind"),
        trace_every=1.0,
    )


def rows() -> list[Row]:
    """Event by event, with the order of them all."""
    flown = fly()
    first: dict[str, tuple[float, dict[str, Any]]] = {}
    for time, name, data in flown.events:
        first.setdefault(name, (time - LEAD, data))
    names = [name for _, name, _, _, _ in _EVENTS]
    seen = list(dict.fromkeys(name for _, name, _ in flown.events if name in names))
    found = [
        Row(
            quantity="order of the events",
            source=CLOCK,
            published=AS_FLOWN,
            computed=AS_FLOWN if seen == names else ", ".join(seen),
            kind=Kind.TEXT,
        )
    ]
    for title, name, published, source, required in _EVENTS:
        time = first[name][0] if name in first else math.nan
        found.append(_seconds(title, published, time, source, required))
    reversals = [time - LEAD for time, name, _ in flown.events if name == "bank_reversed"]
    for index, published in enumerate(_REVERSALS):
        time = reversals[index] if index < len(reversals) else math.nan
        found.append(_seconds(f"bank reversal {index + 1}", published, time, RECONSTRUCTED, False))
    return found + _air_rows(flown, first) + _figures(flown, first)


def _air_rows(flown: FlownLanding, first: dict[str, tuple[float, dict[str, Any]]]) -> list[Row]:
    """Where the air is MSL's, and where it is not; informative."""
    fired = first.get("parachute_fired", (math.nan, {}))[0]
    aligned = first.get("heading_alignment", (math.nan, {}))[0]
    return [
        _seconds("peak deceleration", 80.0, _time_of_peak(flown), CLOCK, False),
        Row(
            quantity="from heading alignment to the parachute", source=RECONSTRUCTED,
            published=259.12 - 135.63, computed=fired - aligned, tolerance=TOLERANCE, unit="s",
            digits=1, required=False,
        ),
        Row(
            quantity="density of the air at MSL's parachute", source=f"{RECONSTRUCTED}: 2 q / v^2",
            published=1e3 * 2.0 * PARACHUTE_PRESSURE / PARACHUTE_SPEED**2,
            computed=1e3 * Atmosphere().at(GROUND + PARACHUTE_HEIGHT).density,
            tolerance=0.6, unit="g/m3", digits=2, required=False,
        ),
        Row(
            quantity="the same, by the speed at the backshell",
            source=f"{RECONSTRUCTED}: ours by 1 / v^2",
            published=1e3 * Atmosphere().at(GROUND + BACKSHELL_HEIGHT).density * _sink_ratio(first),
            computed=1e3 * Atmosphere().at(GROUND + BACKSHELL_HEIGHT).density,
            tolerance=1.5, unit="g/m3", digits=2, required=False,
        ),
    ]  # fmt: skip


def _sink_ratio(first: dict[str, tuple[float, dict[str, Any]]]) -> float:
    """MSL's air over ours, by how fast either hung under a canopy of one size."""
    left = first.get("backshell_separated", (math.nan, {}))[1]
    return (float(left.get("speed", math.nan)) / BACKSHELL_SPEED) ** 2


def _time_of_peak(flown: FlownLanding) -> float:
    """Seconds after the interface at which the speed falls fastest, from the trace."""
    slowing = [
        ((a[4] - b[4]) / (b[0] - a[0]), 0.5 * (a[0] + b[0]) - LEAD)
        for a, b in pairwise(flown.trace)
        if 0.0 < a[0] - LEAD < 240.0
    ]
    return max(slowing, default=(math.nan, math.nan))[1]


def _figures(flown: FlownLanding, first: dict[str, tuple[float, dict[str, Any]]]) -> list[Row]:
    """What else is published; informative."""
    fired = first.get("parachute_fired", (math.nan, {}))[1]
    shield = first.get("heat_shield_separated", (math.nan, {}))[1]
    left = first.get("backshell_separated", (math.nan, {}))[1]
    peak = first.get("peak_deceleration", (math.nan, {}))[1]
    outcome = flown.outcome

    def row(quantity: str, published: float, data: Any, tolerance: float, unit: str = "") -> Row:
        return Row(
            quantity=quantity,
            source=RECONSTRUCTED,
            published=published,
            computed=float(data if data is not None else math.nan),
            tolerance=tolerance,
            unit=unit,
            digits=2,
            required=False,
        )

    return [
        row("peak deceleration", 12.5, peak.get("felt"), 1.0, "g"),
        row("Mach number at the parachute", 1.72, fired.get("mach"), 0.15),
        row(
            "dynamic pressure at the parachute", PARACHUTE_PRESSURE, fired.get("pressure"), 75.0,
            "Pa",
        ),
        row("height at the parachute", PARACHUTE_HEIGHT, fired.get("height"), 1_500.0, "m"),
        row("speed at the heat shield", 155.0, shield.get("speed"), 15.0, "m/s"),
        row("speed at the backshell", BACKSHELL_SPEED, left.get("speed"), 8.0, "m/s"),
        row("speed at touchdown", 0.75, outcome and outcome.vertical_speed, 0.25, "m/s"),
    ]  # fmt: skip


def _seconds(quantity: str, published: float, time: float, source: str, required: bool) -> Row:
    return Row(
        quantity=f"{quantity}, after the interface",
        source=source,
        published=published,
        computed=time,
        tolerance=TOLERANCE,
        unit="s",
        digits=1,
        required=required,
    )
