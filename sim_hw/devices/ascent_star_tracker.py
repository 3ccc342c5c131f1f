"""The simulated star tracker of the MAV."""

import math
from typing import Annotated

import msgspec

from flight.astrodynamics.attitude_kinematics import turned
from flight.astrodynamics.quaternions import product
from flight.configuration.files import Quantity
from flight.icd.devices.ascent import AscentStarTracker, StarAttitude
from sim_hw.devices.ascent_device import AscentContext, AscentDevice
from sim_hw.serving.failure_modes import Failing, failure


class StarTrackerParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Noise about each axis, the fastest turning, and the lowest height of a dark sky."""

    noise: Annotated[float, Quantity("deg", ge=0, le=1)]
    fastest_turn: Annotated[float, Quantity("deg/s", gt=0, le=20)]
    lowest_height: Annotated[float, Quantity("m", ge=0, le=200_000)]


class SimAscentStarTracker(AscentDevice, AscentStarTracker):
    """Failure: `blind`."""

    def __init__(self, context: AscentContext, parameters: StarTrackerParameters) -> None:
        super().__init__(context)
        self.parameters = parameters
        self.blind = False

    @failure
    def fail_blind(self) -> Failing:
        """It sees no stars."""
        self.blind = True
        yield
        self.blind = False

    async def attitude(self) -> StarAttitude:
        self.need_power()
        return self.look()

    def look(self) -> StarAttitude:
        """One picture of the stars."""
        position, _, attitude, rate = self.truth.now()
        p, gauss = self.parameters, self.random.gauss
        sigma = math.radians(p.noise)
        error = (sigma * gauss(0, 1), sigma * gauss(0, 1), sigma * gauss(0, 1))
        dark = self.truth.planet.height(position) >= p.lowest_height
        slow = math.degrees(math.hypot(*rate)) <= p.fastest_turn
        return StarAttitude(
            time_ns=self.time_ns(),
            valid=dark and slow and not self.blind and self.truth.body is not None,
            attitude=product(attitude, turned((1.0, 0.0, 0.0, 0.0), error, 1.0)),
            sigma=sigma,
        )
