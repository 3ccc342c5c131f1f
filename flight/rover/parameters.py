"""The parameters of the fetch rover's flight software."""

from flight.core.keeping.parameters import Parameter


def _number(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


def _count(low: int, high: int, doc: str) -> Parameter:
    return Parameter(int, "1", low, high, doc=doc)


PARAMETERS: dict[str, Parameter] = {
    "latitude": _number("deg", -90.0, 90.0, "of the site, at the centre of Mars"),
    "longitude": _number("deg", -360.0, 360.0, "of the site, east, for the Sun"),
    "segment": _number("m", 0.5, 10.0, "way between two slip checks"),
    "slip_limit": _number("1", 0.05, 0.95, "slip above which the rover backs out"),
    "last_slip_limit": _number("1", 0.05, 0.99, "the same when all other ways have failed"),
    "setbacks": _count(1, 100, "setbacks on one way after which the drive fails"),
    "vehicle_radius": _number("m", 0.2, 3.0, "half width kept clear of hazards"),
    "lander_radius": _number("m", 0.0, 5.0, "of the lander, as a hazard"),
    "tube_keep_out": _number("m", 0.0, 2.0, "about a tube's place, as a hazard for the wheels"),
    "sol_distance_limit": _number("m", 1.0, 2000.0, "way of one sol"),
    "battery_capacity": _number("W h", 1.0, 1e5, "when new"),
    "day_power": _number("W", 0.0, 1000.0, "awake and at rest"),
    "night_power": _number("W", 0.0, 1000.0, "asleep, with heaters"),
    "work_power": _number("W", 0.0, 2000.0, "driving, looking and grasping, on the average"),
    "energy_reserve": _number("1", 0.0, 0.9, "charge below which no work is done"),
    "wake_charge": _number("1", 0.0, 1.0, "charge from which the rover wakes"),
    "critical_charge": _number("1", 0.0, 0.5, "charge below which it goes safe"),
    "recovered_charge": _number("1", 0.1, 1.0, "charge at which it leaves safe"),
    "hottest_battery": _number("K", 290.0, 340.0, "above which it goes safe"),
    "waking_sun": _number("deg", 0.0, 60.0, "elevation at which work begins"),
    "sleeping_sun": _number("deg", 0.0, 60.0, "elevation at which work ends"),
    "cells_setpoint": _number("K", 240.0, 290.0, "of the heater of the cells"),
    "box_setpoint": _number("K", 200.0, 290.0, "of the heater of the electronics"),
    "listening_light": _number("W", 0.0, 500.0, "of the array from which it listens, hibernating"),
    "night_window": _number("h", 0.0, 24.0, "LMST at which the radio is on in the night"),
    "night_window_length": _number("h", 0.0, 6.0, "of that"),
    "coldest_motors": _number("K", 150.0, 280.0, "below which motors are not moved"),
    "shortest_work": _number("s", 0.0, 20_000.0, "work for which waking is worth while"),
    "tube_confidence": _number("1", 0.0, 1.0, "of a sighting without engraving that is followed"),
    "search_stops": _count(1, 20, "places from which a tube is looked for in one visit"),
    "approaches": _count(1, 20, "corrections of the stand before a tube"),
    "grasp_attempts": _count(1, 20, "in one visit"),
    "rack_attempts": _count(1, 20, "slots tried for one tube"),
    "visits": _count(1, 20, "that come to nothing before a tube is left"),
    "lid_attempts": _count(1, 20, "at the lid of the container"),
    "lid_force": _number("N", 1.0, 60.0, "with which the lid is pressed on"),
    "lid_tolerance": _number("m", -0.01, 0.02, "over its place at which the lid counts as down"),
    "dock_distance": _number("m", 0.5, 5.0, "from the lander's centre"),
    "dock_tolerance": _number("m", 0.02, 0.5, "of that distance"),
    "dock_bearing": _number("deg", 0.0, 360.0, "of the dock from the lander's centre, from north"),
}
