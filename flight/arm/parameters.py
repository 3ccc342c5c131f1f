"""The parameters of the arm's flight software."""

from flight.core.keeping.parameters import Parameter


def _number(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


def _count(low: int, high: int, doc: str) -> Parameter:
    return Parameter(int, "1", low, high, doc=doc)


PARAMETERS: dict[str, Parameter] = {
    "latitude": _number("deg", -90.0, 90.0, "of the site, at the centre of Mars"),
    "longitude": _number("deg", -360.0, 360.0, "of the site, east, for the Sun"),
    "lowest_sun": _number("deg", 0.0, 60.0, "elevation of the Sun above which the arm works"),
    "tubes_per_sol": _count(1, 20, "tubes loaded in one sol"),
    "tube_seconds": _number("s", 0.0, 20_000.0, "time that one tube takes, with images"),
    "lid_seconds": _number("s", 0.0, 20_000.0, "time that opening or closing the lid takes"),
    "tube_energy": _number("W h", 0.0, 1000.0, "energy that one tube takes"),
    "ask_for_energy": Parameter(bool, doc="whether the lander has to grant the energy"),
    "attempts": _count(1, 10, "to take one tube, or to move the lid"),
    "images": _count(1, 20, "of one thing until it counts as not in view"),
    "images_averaged": _count(1, 20, "for one correction of the visual servo"),
    "servo_steps": _count(1, 20, "corrections before one target"),
    "insertions": _count(1, 10, "into one socket"),
    "sockets_tried": _count(1, 30, "for one tube"),
    "insertion_force": _number("N", 1.0, 200.0, "at which a tube counts as at the bottom"),
    "lid_force": _number("N", 1.0, 200.0, "with which the lid is pressed on"),
    "free_force_limit": _number("N", 1.0, 200.0, "at which a free motion stops"),
    "seat_tolerance": _number("m", 0.0, 0.02, "of the depth of a seated tube"),
}
