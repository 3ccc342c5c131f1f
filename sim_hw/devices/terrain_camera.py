"""A simulated camera for terrain-relative navigation."""

from math import cos, degrees, exp, radians
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.descent import TerrainCamera, TerrainFix
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure

WRONG_SCALE = 0.3
"""Standard deviation of the logarithm of the scale of what is matched wrongly: assumption."""


class TerrainCameraParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When images match, and how well. `map_error` is one draw for the whole descent, `error` one
    for each image (standard deviations on each axis); below `coarse_lowest`, where a finer map is
    used, that shrinks with the height as the image's pixels do.

    Of the height: `scale_error` (part of it: focal length, distortion) and `terrain_error` (of the
    map's heights) are one draw for the whole descent, `range_error` one for each image.
    """

    highest: Annotated[float, Quantity("m", gt=0, le=20_000)]
    lowest: Annotated[float, Quantity("m", ge=0, le=5_000)]
    greatest_angle: Annotated[float, Quantity("deg", gt=0, le=85)]
    greatest_rate: Annotated[float, Quantity("deg/s", gt=0, le=180)]
    lowest_sun: Annotated[float, Quantity("deg", ge=-90, le=60)]
    map_error: Annotated[float, Quantity("m", ge=0, le=200)]
    error: Annotated[float, Quantity("m", ge=0, le=200)]
    match_rate: Annotated[float, Quantity("1", ge=0, le=1)]
    wrong_rate: Annotated[float, Quantity("1", ge=0, le=1)]
    coarse_lowest: Annotated[float, Quantity("m", gt=0, le=20_000)]
    scale_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    range_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    terrain_error: Annotated[float, Quantity("m", ge=0, le=200)]


class SimTerrainCamera(PoweredDevice, TerrainCamera):
    """Finds itself on the map when height, tilt, rate and light allow."""

    def __init__(
        self, context: PoweredContext, vehicle: EntryVehicle, parameters: TerrainCameraParameters
    ) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.parameters = parameters
        gauss = context.random.gauss
        self._offset = (gauss(0.0, parameters.map_error), gauss(0.0, parameters.map_error))
        self._scales = self.world.random(f"{self.service}.scale")
        """Of its own, so that what is seen of the height changes nothing of the place."""
        self._scale = 1.0 + self._scales.gauss(0.0, parameters.scale_error)
        self._terrain = self._scales.gauss(0.0, parameters.terrain_error)
        self.mode = ""

    @failure
    def fail_blind(self) -> Failing:
        """No image ever matches."""
        before, self.mode = self.mode, "blind"
        yield
        self.mode = before

    @failure
    def fail_misled(self) -> Failing:
        """Each match is 600 m off."""
        before, self.mode = self.mode, "misled"
        yield
        self.mode = before

    async def locate(self) -> TerrainFix:
        self.need_power()
        reason = self._obstacle()
        p, gauss = self.parameters, self.random.gauss
        if not reason and self.random.random() > p.match_rate:
            reason = "nothing matched"
        if reason:
            return TerrainFix(
                valid=False, time_ns=self.time_ns(), east=0.0, north=0.0, height=0.0, matches=0,
                reason=reason,
            )  # fmt: skip
        east, north, _ = self.vehicle.local()
        height = self.vehicle.height_over_ground()
        error = p.error * min(1.0, height / p.coarse_lowest)
        wrong = 600.0 if self.mode == "misled" else 0.0
        if self.random.random() < p.wrong_rate:
            wrong += gauss(0.0, 800.0)
            height *= exp(self._scales.gauss(0.0, WRONG_SCALE))
        return TerrainFix(
            time_ns=self.time_ns(),
            east=east + self._offset[0] + gauss(0.0, error) + wrong,
            north=north + self._offset[1] + gauss(0.0, error),
            height=height * (self._scale + self._scales.gauss(0.0, p.range_error)) + self._terrain,
            matches=self.random.randint(20, 90),
        )

    def _obstacle(self) -> str:
        """Why no image can match now; empty when one can."""
        p, v = self.parameters, self.vehicle
        if self.mode == "blind":
            return "the image is black"
        if "heat_shield" in v.attached:
            return "the heat shield is in the way"
        height = v.height_over_ground()
        if not p.lowest <= height <= p.highest:
            return f"at {height:.0f} m the map's scale does not fit"
        if cos(v.tilt()) < cos(radians(p.greatest_angle)):
            return "the camera does not look down"
        rates = v.rates()
        if degrees(max(abs(rate) for rate in rates)) > p.greatest_rate:
            return "the image is blurred"
        if degrees(self.world.sun().sun_elevation) < p.lowest_sun:
            return "it is too dark"
        return ""
