"""The parameters of the MAV's flight software before the flight."""

from flight.core.parameters import Parameter


def _number(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


PARAMETERS: dict[str, Parameter] = {
    "coldest_motor": _number("K", 200.0, 300.0, "from which the motors count as conditioned"),
    "hottest_motor": _number("K", 200.0, 330.0, "up to which the motors count as conditioned"),
    "coldest_avionics": _number("K", 200.0, 300.0, "from which the avionics are switched on"),
    "lowest_charge": _number("1", 0.0, 1.0, "of the battery, for readiness"),
    "conditioning_limit": _number("s", 0.0, 3e6, "time that conditioning may take"),
    "seat_looks": Parameter(int, "1", 1, 15, doc="readings of the seat sensors for one verdict"),
    "latch_attempts": Parameter(int, "1", 1, 10, doc="to drive the latch"),
}
