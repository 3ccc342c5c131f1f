"""The narrow-angle camera, simulated: is the container in view, lit and bright enough, and where.

The container is a diffusely reflecting sphere: of the Sun's magnitude at its place it reflects the
part (geometric albedo) x (radius / distance)^2 x (phase function of Lambert); its tumbling makes it
flicker.
"""

import math
from typing import Annotated

import msgspec

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.quaternions import rotate, rotate_back
from flight.astrodynamics.vectors import Vector, add, angle_between, dot, norm, scale, unit
from flight.configuration.files import Quantity
from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbiter_navigation import Image, ImagedTarget, NarrowAngleCamera
from sim_hw.devices.orbiter_device import OrbiterContext, OrbiterDevice
from sim_hw.serving.failure_modes import Failing, failure

_DUST_HEIGHT = 60_000.0  # m: lines of sight lower than this end in haze
_SUN_MAGNITUDE = -26.74  # at 1 AU (IAU)
_AU = 1.495_978_707e11
_POWER = 12.0  # W, assumption


class CameraParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Field of view, pixels, sensitivity, and the container as a source of light."""

    field_of_view: Annotated[float, Quantity("deg", gt=0, le=90)]
    pixel: Annotated[float, Quantity("rad", gt=0, le=0.01)]
    centroid_error: Annotated[float, Quantity("1", ge=0, le=10)]
    limiting_magnitude: Annotated[float, Quantity("1", ge=0, le=20)]
    sun_exclusion: Annotated[float, Quantity("deg", ge=0, le=90)]
    missed_detection: Annotated[float, Quantity("1", ge=0, le=1)]
    false_detection: Annotated[float, Quantity("1", ge=0, le=1)]
    attitude_noise: Annotated[float, Quantity("rad", ge=0, le=0.01)]
    container_radius: Annotated[float, Quantity("m", gt=0, le=2)]
    container_albedo: Annotated[float, Quantity("1", gt=0, le=1)]
    flicker: Annotated[float, Quantity("1", ge=0, le=3)]


class SimNarrowAngleCamera(OrbiterDevice, NarrowAngleCamera):
    """Sees the container by geometry and photometry. Failures: `blind`, `noisy` (factor)."""

    def __init__(self, context: OrbiterContext, parameters: CameraParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.blind = False
        self.noise_factor = 1.0

    @failure
    def fail_blind(self, lasting: bool = True) -> Failing:
        """There is no image; `lasting: false` ends that."""
        self.blind = lasting
        yield
        self.blind = False

    @failure
    def fail_noisy(self, factor: Annotated[float, msgspec.Meta(ge=0.0, le=1e6)] = 3.0) -> Failing:
        """There is `factor` times as much noise."""
        before, self.noise_factor = self.noise_factor, factor
        yield
        self.noise_factor = before

    async def expose(self, seconds: float) -> Image:
        await self.work(seconds, _POWER)
        if self.blind:
            raise DeviceFault("blinded", f"{self.service} gives no image")
        vehicle, p = self.vehicle, self.parameters
        vehicle.body.advance()
        sun = vehicle.body.sun_direction()
        near_sun = angle_between(vehicle.boresight(), sun) < math.radians(p.sun_exclusion)
        targets = []
        if not near_sun:
            targets = [t for t in (self._container(sun), self._artefact()) if t is not None]
        return Image(
            valid=not near_sun,
            time_ns=self.time_ns(),
            targets=targets,
            quaternion=list(vehicle.measured_attitude(p.attitude_noise)),
        )

    def _container(self, sun: Vector) -> ImagedTarget | None:
        line = self.vehicle.relative_position()
        if line is None or not self._in_view(line):
            return None
        magnitude = self.magnitude(line, sun)
        limit = self.parameters.limiting_magnitude
        seen = magnitude < limit and self.random.random() >= self.parameters.missed_detection
        if not seen:
            return None
        p = self.parameters
        sigma = p.pixel * p.centroid_error * self.noise_factor
        gauss = self.random.gauss
        body = rotate_back(self.vehicle.attitude, unit(line))
        body = unit(add(body, (0.0, gauss(0, sigma), gauss(0, sigma))))
        return ImagedTarget(list(body), magnitude)

    def _artefact(self) -> ImagedTarget | None:
        """A proton hit or a reflection that looks like a target."""
        if self.random.random() >= self.parameters.false_detection:
            return None
        half = math.radians(0.5 * self.parameters.field_of_view)
        spot = unit((1.0, self.random.uniform(-half, half), self.random.uniform(-half, half)))
        return ImagedTarget(list(spot), self.random.uniform(4.0, 11.0))

    def _in_view(self, line: Vector) -> bool:
        half = math.radians(0.5 * self.parameters.field_of_view)
        if angle_between(rotate(self.vehicle.attitude, (1.0, 0.0, 0.0)), line) > half:
            return False
        here = self.vehicle.body.position()
        along = min(1.0, max(0.0, -dot(here, line) / dot(line, line)))
        return norm(add(here, scale(along, line))) > MARS_IAU.equatorial_radius + _DUST_HEIGHT

    def magnitude(self, line: Vector, sun: Vector) -> float:
        """Visual magnitude of the container on a line of sight (m); infinite in the shadow."""
        p = self.parameters
        there = add(self.vehicle.body.position(), line)
        along = dot(there, unit(sun))
        if along < 0.0 and norm(add(there, scale(-along, unit(sun)))) < MARS_IAU.equatorial_radius:
            return math.inf
        phase = angle_between(scale(-1.0, line), sun)
        lambert = (math.sin(phase) + (math.pi - phase) * math.cos(phase)) / math.pi
        reflected = 2.0 / 3.0 * p.container_albedo * (p.container_radius / norm(line)) ** 2
        reflected *= max(lambert, 1e-12)
        at_sun = _SUN_MAGNITUDE + 5.0 * math.log10(norm(sun) / _AU)
        return at_sun - 2.5 * math.log10(reflected) + self.random.gauss(0.0, p.flicker)
