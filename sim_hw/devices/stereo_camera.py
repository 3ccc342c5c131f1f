"""A simulated stereo camera: it sees the true world, with the errors of image processing."""

from math import atan2, cos, degrees, hypot, pi, radians, sin
from typing import Annotated

import msgspec

from flight.configuration.files import Quantity
from flight.icd.devices.base import Reading
from flight.icd.devices.vision import (
    ContainerImage,
    GripperImage,
    Hazard,
    HazardMap,
    LanderSighting,
    StereoCamera,
    TubeImage,
    TubeSighting,
    VisualMotion,
)
from flight.icd.places import GROUND, ROVER_GRIPPER
from sim_hw.devices.container import ON_SEAT, ON_STAND
from sim_hw.devices.rover_arm import SimRoverArm
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure
from sim_hw.world.tubes import LyingPose
from sim_hw.world.world import Body

CONTAINER_RANGE = 3.0
"""Distance from the lander's centre in m within which the container is seen well (assumption)."""
FEWEST_FEATURES = 25
"""Tracked features below which a motion estimate is not given (assumption)."""


class StereoCameraParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the camera and its image processing are good for."""

    power: Annotated[float, Quantity("W", gt=0, le=100)]
    image_seconds: Annotated[float, Quantity("s", gt=0, le=100)]
    search_seconds: Annotated[float, Quantity("s", gt=0, le=600)]
    hazard_range: Annotated[float, Quantity("m", gt=0, le=30)]
    hazard_height: Annotated[float, Quantity("m", gt=0, le=1)]
    hazard_detection: Annotated[float, Quantity("1", ge=0, le=1)]
    slope_hazard: Annotated[float, Quantity("deg", gt=0, le=45)]
    range_error: Annotated[float, Quantity("1/m", ge=0, le=0.1)]
    odometry_error: Annotated[float, Quantity("1", ge=0, le=0.2)]
    typical_features: Annotated[float, Quantity("1", ge=0, le=1000)]
    lowest_sun: Annotated[float, Quantity("deg", ge=-18, le=45)]
    tube_detection: Annotated[float, Quantity("1", ge=0, le=1)]
    tube_position_error: Annotated[float, Quantity("m", ge=0, le=0.1)]
    tube_heading_error: Annotated[float, Quantity("deg", ge=0, le=45)]
    false_alarm: Annotated[float, Quantity("1", ge=0, le=1)]
    lander_range: Annotated[float, Quantity("m", gt=0, le=200)]


class SimStereoCamera(PoweredDevice, StereoCamera):
    """The mast camera of a rover. `arm` is what may hold a gripper before it."""

    def __init__(
        self,
        context: PoweredContext,
        body: Body,
        parameters: StereoCameraParameters,
        arm: SimRoverArm | None = None,
    ) -> None:
        super().__init__(context)
        self.body = body
        self.parameters = parameters
        self.arm = arm
        self.blind = False
        self._reference: tuple[float, float, float] | None = None

    @failure
    def fail_blind(self) -> Failing:
        """No image shows anything any more."""
        self.blind = True
        yield
        self.blind = False

    async def map_hazards(self) -> HazardMap:
        p = self.parameters
        await self._expose(1)
        if self._dark():
            return HazardMap(valid=False, time_ns=self.time_ns(), range=0.0, hazards=[])
        hazards: list[Hazard] = []
        for rock in self.world.rocks.within(self.body.east, self.body.north, p.hazard_range):
            if rock.height < p.hazard_height:
                continue
            ahead, right = self._relative(rock.east, rock.north)
            distance = hypot(ahead, right)
            if ahead > -0.5 and self.random.random() < self._hazard_chance(distance):
                ahead, right = self._blur(ahead, right, p.range_error)
                radius = max(0.1, rock.radius * (1.0 + 0.1 * self.random.gauss(0.0, 1.0)))
                hazards.append(Hazard(ahead, right, radius))
        hazards.extend(self._slopes())
        return HazardMap(time_ns=self.time_ns(), range=p.hazard_range, hazards=hazards)

    async def set_reference(self) -> Reading:
        await self._expose(1)
        self._reference = (self.body.east, self.body.north, self.body.heading)
        return Reading(valid=not self._dark(), time_ns=self.time_ns())

    async def visual_motion(self) -> VisualMotion:
        await self._expose(1)
        here = (self.body.east, self.body.north, self.body.heading)
        reference, self._reference = self._reference, here
        features = self._features()
        if reference is None or self._dark() or features < FEWEST_FEATURES:
            return VisualMotion(
                valid=False, time_ns=self.time_ns(), ahead=0.0, right=0.0, turned=0.0,
                features=features,
            )  # fmt: skip
        east, north = here[0] - reference[0], here[1] - reference[1]
        ahead = east * sin(reference[2]) + north * cos(reference[2])
        right = east * cos(reference[2]) - north * sin(reference[2])
        length = hypot(ahead, right)
        # Fewer features, larger error; the published 1 to 2 % holds for well textured ground.
        scarcity = (self.parameters.typical_features / features) ** 0.5
        error = self.parameters.odometry_error * scarcity
        gauss = self.random.gauss
        return VisualMotion(
            time_ns=self.time_ns(),
            ahead=ahead * (1.0 + error * gauss(0.0, 1.0)) + 0.003 * gauss(0.0, 1.0),
            right=right + 0.5 * error * length * gauss(0.0, 1.0) + 0.003 * gauss(0.0, 1.0),
            turned=_wrapped(here[2] - reference[2]) + radians(0.1) * gauss(0.0, 1.0),
            features=features,
        )

    async def find_tubes(self, range: float = 6.0) -> TubeImage:
        await self.work(self.parameters.search_seconds, self.parameters.power)
        if self._dark():
            return TubeImage(valid=False, time_ns=self.time_ns(), sightings=[])
        sightings = []
        for tube in self.world.tubes.at(GROUND):
            pose = self.world.tubes.state(tube).pose
            if pose is not None:
                sighting = self._sight(tube, pose, range)
                if sighting is not None:
                    sightings.append(sighting)
        if self.random.random() < self.parameters.false_alarm:
            sightings.append(self._false_alarm(range))
        return TubeImage(time_ns=self.time_ns(), sightings=sightings)

    async def view_gripper(self) -> GripperImage:
        await self._expose(1)
        if self.blind or self.arm is None or self.arm.pose != "presented":
            return GripperImage(valid=False, time_ns=self.time_ns(), tube_present=False)
        held = self.world.tubes.at(ROVER_GRIPPER)
        present = bool(held) != (self.random.random() < 0.003)  # a glint, a shadow
        legible = bool(held) and present and self.random.random() < 0.9
        return GripperImage(
            time_ns=self.time_ns(),
            tube_present=present,
            serial=held[0] if legible else "",
            lid_present=self._makes_out(self.arm.holds_lid()),
        )

    async def view_container(self) -> ContainerImage:
        await self._expose(1)
        container = self.arm.container if self.arm is not None else None
        lander = self.world.bodies.get("lander")
        far = lander is None or hypot(*self._relative(lander.east, lander.north)) > CONTAINER_RANGE
        hidden = self.arm is not None and self.arm.pose in ("lid", "container")
        if container is None or far or hidden or self._dark():
            return ContainerImage(
                valid=False, time_ns=self.time_ns(), lid_on_seat=False, lid_on_stand=False
            )
        return ContainerImage(
            time_ns=self.time_ns(),
            lid_on_seat=self._makes_out(container.lid == ON_SEAT),
            lid_on_stand=self._makes_out(container.lid == ON_STAND),
        )

    async def find_lander(self) -> LanderSighting:
        await self._expose(2)
        lander = self.world.bodies.get("lander")
        if lander is None or self._dark():
            return LanderSighting(
                valid=False, time_ns=self.time_ns(), ahead=0.0, right=0.0, heading=0.0
            )
        ahead, right = self._relative(lander.east, lander.north)
        distance = hypot(ahead, right)
        ahead, right = self._blur(ahead, right, 0.5 * self.parameters.range_error)
        error = radians(0.3 + 0.05 * distance)
        return LanderSighting(
            valid=distance < self.parameters.lander_range,
            time_ns=self.time_ns(),
            ahead=ahead,
            right=right,
            heading=_wrapped(
                lander.heading - self.body.heading + error * self.random.gauss(0.0, 1.0)
            ),
        )

    # ------------------------------------------------------------ what it sees

    async def _expose(self, images: int) -> None:
        await self.work(images * self.parameters.image_seconds, self.parameters.power)

    def _dark(self) -> bool:
        elevation = degrees(self.world.sun().sun_elevation)
        return self.blind or elevation < self.parameters.lowest_sun

    def _makes_out(self, truth: bool) -> bool:
        """Whether image processing finds the lid at a place; rarely dust or a glint fools it."""
        return truth != (self.random.random() < 0.01)

    def _relative(self, east: float, north: float) -> tuple[float, float]:
        east, north = east - self.body.east, north - self.body.north
        sine, cosine = sin(self.body.heading), cos(self.body.heading)
        return east * sine + north * cosine, east * cosine - north * sine

    def _blur(self, ahead: float, right: float, error: float) -> tuple[float, float]:
        """Stereo errors grow with the square of the range, those of direction stay small."""
        distance = hypot(ahead, right)
        bearing = atan2(right, ahead) + 0.002 * self.random.gauss(0.0, 1.0)
        distance += error * distance * distance * self.random.gauss(0.0, 1.0)
        return distance * cos(bearing), distance * sin(bearing)

    def _hazard_chance(self, distance: float) -> float:
        near = 0.6 * self.parameters.hazard_range
        far = max(0.0, (distance - near) / self.parameters.hazard_range)
        return self.parameters.hazard_detection * (1.0 - far)

    def _slopes(self) -> list[Hazard]:
        found = []
        for distance in (2.5, 5.0):
            for bearing in (-0.8, -0.4, 0.0, 0.4, 0.8):
                heading = self.body.heading + bearing
                ground = self.world.terrain.ground(
                    self.body.east + distance * sin(heading),
                    self.body.north + distance * cos(heading),
                )
                seen = ground.slope_degrees + self.random.gauss(0.0, 0.7)
                if seen > self.parameters.slope_hazard:
                    found.append(
                        Hazard(distance * cos(bearing), distance * sin(bearing), 1.0, "slope")
                    )
        return found

    def _features(self) -> int:
        """Texture: rocks give features, ripples of bare sand hardly any."""
        ground = self.world.terrain.ground(self.body.east, self.body.north)
        typical = self.parameters.typical_features * (1.0 - 0.85 * ground.looseness)
        return max(0, round(typical * (1.0 + 0.2 * self.random.gauss(0.0, 1.0))))

    def _sight(self, tube: str, pose: LyingPose, range: float) -> TubeSighting | None:
        p = self.parameters
        ahead, right = self._relative(pose.east, pose.north)
        distance = hypot(ahead, right)
        if distance > range:
            return None
        chance = p.tube_detection
        if distance > 2.0:
            chance *= max(0.0, 1.0 - 0.15 * (distance - 2.0))
        chance *= 1.0 - 0.7 * max(0.0, pose.dust_cover - 0.1)
        if degrees(self.world.sun().sun_elevation) < 15.0:  # long shadows
            chance *= 0.75
        if self.random.random() >= chance:
            return None
        gauss = self.random.gauss
        spread = p.tube_position_error * (1.0 + max(0.0, distance - 1.0) ** 2 * 0.5)
        turn = radians(p.tube_heading_error) * (1.0 + 0.5 * max(0.0, distance - 2.0))
        legible = distance < 2.0 and self.random.random() < 0.95 - 1.2 * pose.dust_cover
        return TubeSighting(
            ahead=ahead + spread * gauss(0.0, 1.0),
            right=right + spread * gauss(0.0, 1.0),
            heading=(pose.heading - self.body.heading + turn * gauss(0.0, 1.0)) % pi,
            confidence=min(0.99, max(0.3, chance + 0.1 * gauss(0.0, 1.0))),
            serial=tube if legible else "",
        )

    def _false_alarm(self, range: float) -> TubeSighting:
        distance, bearing = range * self.random.random() ** 0.5, 2.0 * pi * self.random.random()
        return TubeSighting(
            ahead=distance * cos(bearing),
            right=distance * sin(bearing),
            heading=pi * self.random.random(),
            confidence=0.3 + 0.4 * self.random.random(),
        )


def _wrapped(angle: float) -> float:
    return (angle + pi) % (2.0 * pi) - pi
