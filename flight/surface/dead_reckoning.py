"""Where the vehicle is: by wheels, gyro, visual odometry and the Sun, each for what it is good.

The gyro carries the heading through a motion and the Sun corrects it at rest. Visual odometry gives
the way made; where it fails, the wheels do, which do not feel slip. A landmark of known place
(a tube, the lander) takes away what has gathered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, hypot, pi, sin, sqrt
from typing import Any

VISUAL_ERROR = 0.015
"""Of the way, 1 sigma: visual odometry on Mars is good to 1 to 2 %."""

BLIND_ERROR = 0.15
"""Of the way, 1 sigma, on wheel odometry alone (assumption: slip of unseen ground)."""
MOST_OF_WAY = 1.3
"""Of the way by the wheels, that images of few features may show (assumption: four sigma)."""
SLID_BACK, SLID_ASIDE = 0.3, 0.3
"""The same, of sliding down a slope: three times the side slip of the wheels (assumption)."""
UNSEEN = 0.3
"""m that images err by on the shortest ways, many times what they do (assumption)."""

HEADING_ERROR = 0.02
"""Radians, 1 sigma, by the Sun (assumption: Sun sensor, tilt and clock together)."""

EXPECTED_SLIP = 0.025
"""Of the way; healthy drives of Opportunity (drive reports, sol 603)."""


@dataclass
class Pose:
    """East and north in m, heading in radians clockwise from north, and 1-sigma error in m."""

    east: float = 0.0
    north: float = 0.0
    heading: float = 0.0
    error: float = 0.1

    @property
    def place(self) -> tuple[float, float]:
        """East and north in m."""
        return self.east, self.north

    def to_local(self, ahead: float, right: float) -> tuple[float, float]:
        """East and north of what is seen `ahead` and `right` (m)."""
        sine, cosine = sin(self.heading), cos(self.heading)
        return (
            self.east + ahead * sine + right * cosine,
            self.north + ahead * cosine - right * sine,
        )

    def to_vehicle(self, east: float, north: float) -> tuple[float, float]:
        """Ahead and right (m) of a place."""
        away_east, away_north = east - self.east, north - self.north
        sine, cosine = sin(self.heading), cos(self.heading)
        return away_east * sine + away_north * cosine, away_east * cosine - away_north * sine

    def distance_to(self, place: tuple[float, float]) -> float:
        """Metres to a place."""
        return hypot(place[0] - self.east, place[1] - self.north)

    def as_data(self) -> dict[str, float]:
        """Plain data for the storage."""
        return {
            "east": self.east,
            "north": self.north,
            "heading": self.heading,
            "error": self.error,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Pose":
        """The pose that `as_data` gave."""
        return cls(*(float(data[key]) for key in ("east", "north", "heading", "error")))


@dataclass
class DeadReckoning:
    """Keeps the pose. Distances in m, angles in radians clockwise."""

    pose: Pose

    def moved(
        self,
        *,
        odometer: float,
        yaw: float | None,
        visual: tuple[float, float] | None,
        believed_turn: float = 0.0,
    ) -> float | None:
        """Takes one motion into account; returns the slip, or None when it cannot be told.

        `odometer`: way by the wheels; `yaw`: turn by the gyro, None when not to be trusted;
        `visual`: ahead and right by visual odometry; `believed_turn`: turn by the wheels.
        """
        turned = believed_turn if yaw is None else yaw
        slip: float | None = None
        if visual is not None:
            ahead, right = visual
            way = hypot(ahead, right)
            self._grow(VISUAL_ERROR * way)
            if abs(odometer) > 0.5:
                made = ahead if odometer > 0 else -ahead
                slip = 1.0 - made / abs(odometer)
        else:
            ahead, right = odometer * (1.0 - EXPECTED_SLIP), 0.0
            self._grow(BLIND_ERROR * abs(odometer))
        if yaw is None:
            self._grow(0.1 * hypot(ahead, right))
        # Visual odometry speaks in the frame of the view before the motion.
        self.pose.east, self.pose.north = self.pose.to_local(ahead, right)
        self.pose.heading = (self.pose.heading + turned) % (2.0 * pi)
        return slip

    def unsure(self, way: float) -> None:
        """It may have come so far (m) without anybody having counted."""
        self._grow(way)

    def sun_seen(self, azimuth_seen: float, azimuth_true: float) -> float:
        """Corrects the heading by the Sun; returns the correction in radians."""
        heading = azimuth_true - azimuth_seen
        correction = wrapped(heading - self.pose.heading)
        # The gyro is better over minutes, the Sun over hours: a fix pulls half the way.
        weight = 0.5 if abs(correction) < 4.0 * HEADING_ERROR else 1.0
        self.pose.heading = (self.pose.heading + weight * correction) % (2.0 * pi)
        return correction

    def landmark_seen(
        self, place: tuple[float, float], ahead: float, right: float, error: float
    ) -> float:
        """Corrects the place by a landmark at a known place, known to `error` m (1 sigma).

        Returns the size of the correction in m.
        """
        seen = self.pose.to_local(ahead, right)
        gain = self.pose.error**2 / (self.pose.error**2 + error**2)
        shift = (place[0] - seen[0], place[1] - seen[1])
        self.pose.east += gain * shift[0]
        self.pose.north += gain * shift[1]
        self.pose.error *= sqrt(1.0 - gain)
        self.pose.error = max(self.pose.error, 0.05)
        return gain * hypot(*shift)

    def _grow(self, error: float) -> None:
        # Errors of a drive point the same way (scale, heading): they add up, not in squares.
        self.pose.error += error


def why_not_made(ahead: float, right: float, distance: float, odometer: float) -> str:
    """Why nobody can have come `ahead` and to the `right` (m, by images) by wheels that turned for
    `odometer` m when told to for `distance` m; empty when one can.

    Wheels slip, and slide down a slope; they do not carry farther than they turn.
    """
    reach = max(abs(distance), abs(odometer))
    made = ahead if distance >= 0.0 else -ahead
    most = MOST_OF_WAY * reach + UNSEEN
    least, aside = -SLID_BACK * reach - UNSEEN, SLID_ASIDE * reach + UNSEEN
    if least <= made <= most and abs(right) <= aside:
        return ""
    return f"{made:.1f} m ahead and {right:.1f} m to the right by {reach:.1f} m of wheel"


def wrapped(angle: float) -> float:
    """An angle in radians within -pi to pi."""
    return (angle + pi) % (2.0 * pi) - pi
