"""The samples of an ascent as arrays, with what follows from them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from flight.astrodynamics.constants import MARS_MEAN_RADIUS
from flight.astrodynamics.gravity import MARS
from flight.icd.ascent_record import AscentSample
from ground.pictures.flight_panels import Numbers, PieceTime, gaps_in
from ground.pictures.run_data import Span
from ground.reports.ascent_report import GAP

_TITLES = {
    "ejecting": "ejection", "first_burn": "burn 1", "holding": "hold",
    "coasting": "coast", "second_burn": "burn 2", "trimming": "trim", "releasing": "release",
}  # fmt: skip
_SHARES = (0.5, 0.22, 0.28)


class Ascent:
    """The samples as arrays; times in s since the first sample."""

    def __init__(self, samples: Sequence[AscentSample]) -> None:
        self.samples = samples
        self.seconds: Numbers = np.array([s.time for s in samples]) - samples[0].time
        self.position = np.array([s.position for s in samples])
        self.velocity = np.array([s.velocity for s in samples])
        self.acceleration = np.array([s.acceleration for s in samples])
        self.pressure: Numbers = np.array([s.dynamic_pressure for s in samples])
        self.attack: Numbers = np.degrees([s.angle_of_attack for s in samples])
        self.gaps = gaps_in(self.seconds, GAP)

    @property
    def height(self) -> Numbers:
        """Over 3389.5 km, in km."""
        found: Numbers = (np.linalg.norm(self.position, axis=1) - MARS_MEAN_RADIUS) / 1e3
        return found

    @property
    def through_air(self) -> Numbers:
        """Velocity against the ground and the calm air over it, m/s."""
        turning = np.array([0.0, 0.0, MARS.rotation_rate])
        found: Numbers = self.velocity - np.cross(turning, self.position)
        return found

    @property
    def pointing_error(self) -> Numbers:
        """Degrees of the nose off the direction that was asked of it."""
        w, x, y, z = np.array([s.attitude for s in self.samples]).T
        nose = np.stack([1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y)], axis=1)
        wanted = np.array([s.wanted for s in self.samples])
        found: Numbers = np.degrees(
            np.arctan2(
                np.linalg.norm(np.cross(nose, wanted), axis=1), np.einsum("ij,ij->i", nose, wanted)
            )
        )
        return found

    def phases(self) -> list[Span]:
        """The phases by their titles, one after the other."""
        names = [s.phase for s in self.samples]
        starts = [0, *(k for k, (a, b) in enumerate(pairwise(names), 1) if a != b)]
        ends = [*(float(self.seconds[k]) for k in starts[1:]), float(self.seconds[-1])]
        return [
            Span(float(self.seconds[k]), end, _TITLES[names[k]])
            for k, end in zip(starts, ends, strict=True)
        ]

    def scale(self) -> PieceTime:
        """Burns wide, the coast between them narrow; even when the two burns are not both here."""
        phases = self.phases()
        end = float(self.seconds[-1])
        out = [phase.end for phase in phases if phase.name == "burn 1"]
        again = [phase.start for phase in phases if phase.name == "burn 2"]
        if out and again and out[-1] + 30.0 < again[0] - 5.0 < end:
            return PieceTime((0.0, out[-1] + 15.0, again[0] - 5.0, end + 1.0), _SHARES)
        return PieceTime((0.0, end), (1.0,))
