"""True moments of a run that its reports tell of."""

from dataclasses import dataclass

from flight.astrodynamics.vectors import Vector


@dataclass(frozen=True)
class Released:
    """Where the container was let go: time (s), position (m) and velocity (m/s) about Mars."""

    time: float
    position: Vector
    velocity: Vector


@dataclass(frozen=True)
class Touchdown:
    """Of the capsule on Earth: time (s), latitude and longitude (degrees), speed (m/s)."""

    time: float
    latitude: float
    longitude: float
    speed: float
