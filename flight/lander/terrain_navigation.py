"""What radar and camera say of the ground, checked before the navigation takes it.

Altitudes below the ground are rejected, whatever says so (Schiaparelli cut its parachute 3.7 km up
because its navigation, after a saturated gyroscope, had put it under the ground). A place by images
is taken when several images agree, so that one wrong match leads nowhere.
"""

import math
from statistics import median
from typing import Any

from flight.icd.devices.base import DeviceError
from flight.icd.devices.descent import RadarReading
from flight.lander.descent_navigation import UP
from flight.lander.ground_sources import IMAGES, PLACES, RANGE, VELOCITY, GroundSources
from flight.lander.height_by_images import HeightByImages
from flight.lander.restless_radar import RestlessRadar
from flight.lander.safeguards import NEGATIVE_HEIGHT

IMAGE = 1.0  # s that the camera may take
AGREEING = 3
RECENT = 5
AGREEMENT = 60.0
"""m within which fixes agree: twice the image's own error of less than 40 m (Mars 2020), less what
averages out."""
FIX_ERROR = 15.0
"""Standard deviation of one fix on one axis, m."""
LEAST_FIX_ERROR = 0.5
"""The same near the ground, on a finer map: what lies between its points."""
MAP_ERROR = 6.0
"""Standard deviation of the whole map, m: images do not average it away."""
HEIGHT_MAP_ERROR = 1.0
LEARN = 0.1
"""Part of the difference by which the expected height follows a believed range: a second or two."""
RANGE_MISSED = 5.0
"""s of listening without a believed range after which images are to show the height."""
DISPUTED = 2.0
"""s of ranges that fit one another but not what is known, after which the height is disputed."""
EXPECTED_FOR = 5.0
"""s without a believed range after which nothing is expected of the next any more."""


class GroundSensing:
    """Takes radar and images into the navigation of a descent."""

    def __init__(self, descent: Any) -> None:
        self._descent = descent
        self.radar_locked = False
        self.has_seen = False  # whether the radar has ever seen the ground
        self.fixed = False
        self.fixes = 0
        self.altitude_rejected = False
        self.range_last: tuple[float, float] | None = None
        """Time and height over the ground of the last believed range."""
        self._expected: tuple[float, float] | None = None
        """Time of the last believed range, and what height it made the felt one be."""
        self._offsets: list[tuple[float, float]] = []
        self._silent = 0
        self._velocity_seen = False
        self._listens_since: float | None = None
        self.heights = HeightByImages(descent)
        self.noise = RestlessRadar()
        self.sources = GroundSources(descent)
        self._velocity_last: float | None = None
        self._disputes_since: float | None = None

    # ------------------------------------------------------------------ radar

    async def listen(self) -> None:
        """One measurement of the radar, and what it makes of all that was measured."""
        if self._listens_since is None:
            self._listens_since = self._descent.navigation.time
        await self._hear()
        self.sources.look()

    async def _hear(self) -> None:
        d = self._descent
        try:
            reading = await d.devices.radar.measure()
        except DeviceError as error:
            self._lose(str(error))
            return
        if not reading.valid:
            self.noise.note(refused=True)
            self._lose("nothing valid")
            return
        self._silent, self.has_seen = 0, True
        believed = self._take_range(reading) if reading.range_valid else False
        if reading.range_valid:
            self.noise.note(refused=not believed)
            if believed or self.noise.is_restless or not self.sources.believes(RANGE):
                self._disputes_since = None
            elif self._disputes_since is None:
                self._disputes_since = d.navigation.time
        if reading.velocity_valid:
            self._take_velocity(reading)
        if believed and not self.radar_locked:
            self.radar_locked = True
            d.host.radar_locked(height=round(d.height_over_ground))

    def find_vertical(self) -> None:
        """After a saturated gyroscope, under the parachute: by the weight alone, while the radar
        does not tell how the velocity changes. There it sinks at nearly the same speed."""
        d = self._descent
        if self._velocity_seen:
            return
        angle = d.navigation.relevel((0.0, 0.0, 0.0), by_weight=True)
        if angle is not None:
            d.host.vertical_found(angle=round(math.degrees(angle), 1))

    def _lose(self, reason: str) -> None:
        self._silent += 1
        if self._silent == 25:  # 5 s
            self._descent.host.radar_lost(reason=reason)
            self.radar_locked = False

    def _take_range(self, reading: RadarReading) -> bool:
        d = self._descent
        navigation = d.navigation
        axis = navigation.body_axis()
        if axis[2] < 0.2:
            return False
        east, north, height = navigation.local()
        foot = (east - reading.range * axis[0], north - reading.range * axis[1])
        over_foot = reading.range * axis[2]
        measured = over_foot + d.map.height(*foot)
        # What the attitude does not know of itself, and what the map does not know of the ground.
        tilt = math.sqrt(max(0.0, 1.0 - axis[2] ** 2))
        sigma = 0.01 * reading.range + 0.02 * tilt * reading.range + HEIGHT_MAP_ERROR
        below = height < d.map.height(east, north) and reading.range > 20.0
        if below and self.sources.believes(RANGE) and d.structure.keeps(NEGATIVE_HEIGHT):
            if not self.altitude_rejected:
                self.altitude_rejected = True
                d.host.altitude_rejected(height=round(d.height_over_ground), radar=round(over_foot))
            error = navigation.errors[2]
            error.position = max(error.position, (measured - height) ** 2)
        felt = height - navigation.corrected_up
        if self._is_noise(measured - felt, sigma):
            return False
        self.sources.note_place(RANGE, UP, measured, sigma)
        if not self.sources.believes(RANGE):
            return False
        believed: bool = navigation.take_position(UP, measured, sigma)
        if believed:
            self.range_last = (navigation.time, over_foot)
            self._expect(measured - felt)
        return believed

    def _is_noise(self, offset: float, sigma: float) -> bool:
        before = self.noise.is_restless
        if not self.noise.judge(offset, sigma):
            return False
        if not before:  # what it has made the navigation believe is worth no more than that
            error = self._descent.navigation.errors[2]
            error.position = max(error.position, (2.0 * self.noise.jump) ** 2)
            self.range_last = self._expected = None
            self._descent.host.radar_restless(jumps=round(self.noise.jump))
        return True

    def _expect(self, offset: float) -> None:
        """Follows the believed heights slowly: what was felt since the last one counts for more.

        `offset`: the measured height over the one that was only felt, m.
        """
        navigation = self._descent.navigation
        if self._expected is not None and navigation.time - self._expected[0] < EXPECTED_FOR:
            offset = self._expected[1] + LEARN * (offset - self._expected[1])
        self._expected = (navigation.time, offset)

    def expected_range(self) -> float | None:
        """The range (m) that the radar should show now, by its believed ranges of the last seconds
        and by what was felt since; None when nobody knows."""
        d = self._descent
        navigation = d.navigation
        axis = navigation.body_axis()
        if self._expected is None or axis[2] < 0.2:
            return None
        if navigation.time - self._expected[0] > EXPECTED_FOR:
            return None
        east, north, height = navigation.local()
        expected = height - navigation.corrected_up + self._expected[1]
        distance = (expected - d.map.height(east, north)) / axis[2]
        foot = (east - distance * axis[0], north - distance * axis[1])
        return float((expected - d.map.height(*foot)) / axis[2])

    def _take_velocity(self, reading: RadarReading) -> None:
        navigation = self._descent.navigation
        if not self._velocity_seen:
            self._velocity_seen = True
            navigation.forget_level()
        if navigation.saturated:
            angle = navigation.relevel(reading.velocity)
            if angle is not None:
                self._descent.host.vertical_found(angle=round(math.degrees(angle), 1))
        speed = math.hypot(*reading.velocity)
        doubt = 0.2 if navigation.saturated else 0.005
        sigma = 0.15 + doubt * speed
        for axis, value in enumerate(navigation.to_local(reading.velocity)):
            self.sources.note_velocity(axis, value, sigma)
            if not self.sources.believes(VELOCITY):
                continue
            if navigation.take_velocity(axis, value, sigma):
                self._velocity_last = navigation.time

    @property
    def range_missed(self) -> bool:
        """Whether the radar, though listened to, has shown no range that was believed for long."""
        if not self.sources.believes(RANGE):
            return True
        seen = self._listens_since if self.range_last is None else self.range_last[0]
        return seen is not None and self._descent.navigation.time - seen > RANGE_MISSED

    @property
    def velocity_missed(self) -> bool:
        """Whether the radar has shown no velocity that was believed for long, though it once did.
        """
        seen = self._velocity_last
        silent = seen is not None and self._descent.navigation.time - seen > RANGE_MISSED
        return silent or not self.sources.believes(VELOCITY)

    @property
    def needs_images(self) -> bool:
        """Whether images are to show what the radar does not, also where it alone would do."""
        return self.range_missed or self.velocity_missed or self.sources.wants_images

    def note_height(self, measured: float, sigma: float) -> None:
        """An image has shown a height over the areoid (m)."""
        self.sources.note_place(IMAGES, UP, measured, sigma)

    def forget_expected(self) -> None:
        """Expects nothing of the next range: what was believed was wrong."""
        self._expected = None

    @property
    def height_is_guessed(self) -> bool:
        """Whether nothing has ever shown the height, though the radar should have by now."""
        return self.range_last is None and self.heights.last is None and self.range_missed

    @property
    def height_is_disputed(self) -> bool:
        """Whether the radar shows another height again and again, and no image has shown any: where
        the height is right, images would have."""
        now, since = self._descent.navigation.time, self._disputes_since
        seen = self.heights.seen
        blind = seen is None or now - seen > RANGE_MISSED
        return since is not None and now - since > DISPUTED and blind

    @property
    def height_doubt(self) -> float:
        """m by which the height may be wrong, at three standard deviations."""
        return 3.0 * self.heights.sigma

    # ----------------------------------------------------------------- images

    def may_match(self) -> bool:
        """Whether an image could be found on the map now; without the radar also higher up and
        lower down by as much as the height may be wrong."""
        p, height = self._descent.parameters, self._descent.height_over_ground
        doubt = self.height_doubt if self.needs_images else 0.0
        return bool(p["images_lowest"] - doubt <= height <= p["terrain_highest"] + doubt)

    @property
    def _takes_places(self) -> bool:
        """Whether images are to show the place, too; low down they are for comparison, unless
        nothing else shows how it moves."""
        d = self._descent
        return self.needs_images or d.height_over_ground >= d.parameters["terrain_lowest"]

    async def match(self) -> None:
        """One image against the map."""
        d = self._descent
        try:
            fix = await d.devices.camera.locate()
        except DeviceError as error:
            d.trouble(device="terrain_camera", reason=str(error))
            return
        if not fix.valid:
            return
        self.heights.see(fix, believe=self.range_missed and self.sources.believes(IMAGES))
        navigation = d.navigation
        east, north, _ = navigation.local()
        self._offsets.append((fix.east - east, fix.north - north))
        recent = self._offsets[-RECENT:]
        middle = (median(o[0] for o in recent), median(o[1] for o in recent))
        agreeing = [o for o in recent if math.dist(o, middle) < AGREEMENT]
        if len(agreeing) < AGREEING or recent[-1] not in agreeing:
            return
        if not self.fixed:
            # All that agree count, not only the last.
            shift = [math.fsum(o[i] for o in agreeing) / len(agreeing) for i in (0, 1)]
            sigma = FIX_ERROR / math.sqrt(len(agreeing))
        else:
            shift = list(recent[-1])
            sigma = FIX_ERROR
        tells_velocity = self.range_missed or self.velocity_missed
        navigation.map_error = MAP_ERROR if tells_velocity else 0.0
        if tells_velocity:
            # It has to tell the velocity too, which that the whole map is off does not change.
            finer = min(1.0, max(fix.height, 0.0) / d.parameters["terrain_lowest"])
            sigma = math.hypot(sigma * finer, LEAST_FIX_ERROR)
        else:
            sigma = math.hypot(sigma, MAP_ERROR)
        for axis in (0, 1):
            self.sources.note_place(PLACES, axis, (fix.east, fix.north)[axis], FIX_ERROR)
        if not self.sources.believes(PLACES) or not self._takes_places:
            return
        taken = [
            navigation.take_position(axis, here + offset, sigma)
            for axis, here, offset in zip((0, 1), (east, north), shift, strict=True)
        ]
        if not all(taken):
            return
        self.fixes += 1
        for axis in (0, 1):
            error_of = navigation.errors[axis]
            least = LEAST_FIX_ERROR if tells_velocity else MAP_ERROR
            error_of.position = max(error_of.position, least**2)
        if not self.fixed:
            self.fixed = True
            self._offsets.clear()  # they were measured from where the lander thought to be
            d.host.terrain_fix(shift=round(math.hypot(*shift)), height=round(d.height_over_ground))
