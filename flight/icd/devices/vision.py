"""Cameras of a rover, with the image processing that belongs to them.

Places are given in the vehicle's own frame: `ahead` and `right` of its centre, in metres, level.
"""

from typing import Annotated

import msgspec

from flight.icd.devices.base import DeviceInterface, Reading, actuation
from flight.icd.devices.measured import measured


class Hazard(msgspec.Struct, frozen=True):
    """Something not to drive over: a disc, in m. `kind`: rock or slope."""

    ahead: float
    right: float
    radius: float
    kind: str = "rock"


class HazardMap(Reading, frozen=True, kw_only=True):
    """What stereo sees of the ground in front; nothing is known beyond `range` (m)."""

    range: float
    hazards: list[Hazard]


class VisualMotion(Reading, frozen=True, kw_only=True):
    """Motion since the reference view, by tracked features.

    `ahead`, `right`: metres in the frame of the earlier view; `turned`: radians clockwise;
    `features`: how many were tracked. Invalid when too few were.
    """

    ahead: Annotated[float, measured("m", -50.0, 50.0)]
    right: Annotated[float, measured("m", -50.0, 50.0)]
    turned: Annotated[float, measured("rad", -6.3, 6.3)]
    features: Annotated[int, measured("1", 0.0, 1.0e5)]


class TubeSighting(msgspec.Struct, frozen=True):
    """Something that looks like a sample tube on the ground.

    `heading`: direction of its axis in radians clockwise from the vehicle's own heading, 0 to pi.
    `confidence` 0 to 1; `serial`: what could be read of its engraving, empty when nothing.
    """

    ahead: float
    right: float
    heading: float
    confidence: float
    serial: str = ""


class TubeImage(Reading, frozen=True, kw_only=True):
    """All sightings of one look around; invalid in the dark."""

    sightings: list[TubeSighting]


class GripperImage(Reading, frozen=True, kw_only=True):
    """The gripper held before the camera: whether a tube is in it, and its engraving if legible;
    whether the lid of the container is in it."""

    tube_present: bool
    serial: str = ""
    lid_present: bool = False


class ContainerImage(Reading, frozen=True, kw_only=True):
    """The container on the lander: whether its lid is seen on its seat, or on its stand beside it.
    Invalid in the dark, away from the lander, and while the arm's hand is before it."""

    lid_on_seat: bool
    lid_on_stand: bool


class LanderSighting(Reading, frozen=True, kw_only=True):
    """The lander by its fiducial marks: its centre (m) and the direction of its own heading,
    radians clockwise from the vehicle's heading. Invalid when not in sight.
    """

    ahead: Annotated[float, measured("m", -500.0, 500.0)]
    right: Annotated[float, measured("m", -500.0, 500.0)]
    heading: Annotated[float, measured("rad", -6.3, 6.3)]


class StereoCamera(DeviceInterface):
    """The stereo pair on the mast.

    Fault codes: `no_power`, `no_image`.
    """

    fault_codes = ("no_power", "no_image")

    @actuation(limit=120.0)
    async def map_hazards(self) -> HazardMap:
        """Takes a stereo pair of the ground ahead and finds what not to drive over."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def set_reference(self) -> Reading:
        """Takes the view that the next visual odometry is measured from."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def visual_motion(self) -> VisualMotion:
        """Measures the motion since the reference view; the view of now becomes the reference."""
        raise NotImplementedError

    @actuation(limit=900.0)
    async def find_tubes(
        self, range: Annotated[float, msgspec.Meta(gt=0, le=20)] = 6.0
    ) -> TubeImage:
        """Looks all around and reports what looks like a sample tube within `range` m."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def view_gripper(self) -> GripperImage:
        """Looks at the gripper, which the arm must hold before the camera. Lit by lamps."""
        raise NotImplementedError

    @actuation(limit=60.0)
    async def view_container(self) -> ContainerImage:
        """Looks at the container on the lander; the vehicle must be docked, by day."""
        raise NotImplementedError

    @actuation(limit=120.0)
    async def find_lander(self) -> LanderSighting:
        """Looks for the lander's marks all around."""
        raise NotImplementedError
