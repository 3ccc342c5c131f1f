"""The height by the scale of images, for a descent whose radar shows no range.

What lies how far apart is known from the map, under which angle it is seen shows the image: that
gives how far away it is, as OSIRIS-REx found its way down to Bennu by features alone (natural
feature tracking). Places by images, one after the other, show the velocity too. Below the dust of
the engines the last of it is carried on by what is felt.
"""

import math
from statistics import median
from typing import Any

from flight.icd.devices.descent import TerrainFix
from flight.lander.axis_error import within_gate
from flight.lander.descent_navigation import UP
from flight.runtime.pace import NANOSECONDS

NOISE = 0.012
"""Standard deviation of the height of one image, part of it."""
SCALE_ERROR = 0.005
"""Standard deviation of the scale of all images: they do not average it away."""
GROUND_ERROR = 1.0
"""Standard deviation of the map's heights about the spot, m: neither."""
AGREEING, RECENT = 3, 5
AGREEMENT, LEAST_AGREEMENT = 0.05, 5.0
"""Part of the height, and m, within which images agree: four of their standard deviations."""
KNOWN_WELL = 8.0
"""m of standard deviation up to which a height is good enough to come down as planned."""
LATEST = 1.0  # s between an image and the navigation that takes it
MARGIN = 2.0
"""Standard deviations by which the ground may be nearer than it is thought to be."""


class HeightByImages:
    """Takes heights by images into the navigation of a descent; `last`: mission time (s) of the
    last one that was believed, None when there was none."""

    def __init__(self, descent: Any) -> None:
        self._descent = descent
        self._offsets: list[float] = []
        self.last: float | None = None
        self.seen: float | None = None
        """Mission time of the last that fitted what is known, believed or not."""

    def see(self, fix: TerrainFix, *, believe: bool) -> bool:
        """Notes the height of one image, and takes it where it is to be; whether it was taken."""
        d = self._descent
        navigation = d.navigation
        east, north, height = navigation.local()
        late = navigation.time - fix.time_ns / NANOSECONDS
        if not abs(late) <= LATEST:
            return False
        sinking = navigation.local_velocity()[UP]
        measured = d.map.height(east, north) + fix.height + late * sinking
        # Against what was only felt: what images have corrected meanwhile plays no part.
        self._offsets.append(measured - (height - navigation.corrected_up))
        if not self._agrees(fix.height):
            return False
        sigma = math.hypot(NOISE * fix.height, GROUND_ERROR)
        d.sensing.note_height(measured, sigma)
        if within_gate(measured - height, navigation.errors[UP].position, sigma):
            self.seen = navigation.time
        if not believe or not navigation.take_position(UP, measured, sigma):
            return False
        error = navigation.errors[UP]
        error.position = max(error.position, (SCALE_ERROR * fix.height) ** 2 + GROUND_ERROR**2)
        error.velocity = max(error.velocity, (SCALE_ERROR * sinking) ** 2)
        navigation.velocity_was_shown()
        if self.last is None:
            d.host.height_by_images(height=round(d.height_over_ground))
        self.last = navigation.time
        return True

    def _agrees(self, height: float) -> bool:
        """Whether the last one agrees with enough of those before: a wrong match leads nowhere."""
        recent = self._offsets = self._offsets[-RECENT:]
        middle = median(recent)
        within = max(AGREEMENT * height, LEAST_AGREEMENT)
        agreeing = [offset for offset in recent if abs(offset - middle) <= within]
        return len(agreeing) >= AGREEING and abs(recent[-1] - middle) <= within

    @property
    def sigma(self) -> float:
        """Standard deviation of the height now, m."""
        return math.sqrt(max(self._descent.navigation.errors[UP].position, 0.0))

    @property
    def is_known(self) -> bool:
        """Whether images have shown the height, well enough still to come down as planned."""
        return self.last is not None and self.sigma <= KNOWN_WELL

    @property
    def margin(self) -> float:
        """By how much the ground may be nearer than it is thought to be, m."""
        return 0.0 if self.last is None else MARGIN * self.sigma
