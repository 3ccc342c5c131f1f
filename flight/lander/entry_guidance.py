"""Entry guidance by the bank angle: range control with reversals, then heading alignment.

The lift that points up is set so that the predicted range meets the target (see `entry_reference`);
which side it points to is changed whenever the target drifts out of a corridor that narrows with
speed. Below `heading_speed` range is given up, and the lift turns the heading to the target.
"""

import math
from dataclasses import dataclass

from flight.astrodynamics.constants import STANDARD_GRAVITY
from flight.astrodynamics.site_frame import SiteFrame, local_axes
from flight.astrodynamics.vectors import Vector, add, angle_between, cross, dot, norm, scale, unit
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.entry_reference import (
    EntryReference,
    EntryShape,
    ParachuteShape,
    PlanarState,
    Surroundings,
    make_reference,
    parachute_drift,
)

OVERCONTROL = 4.0
"""Gain on the range error; Apollo and its followers use 4 to 5 (Carman, Ives and Geller 1998)."""


@dataclass(frozen=True)
class GuidanceSettings:
    """Thresholds: `start_drag` in Earth g; `heading_speed` in m/s; angles in rad; `corridor` is
    metres of crossrange allowed at no speed, `corridor_slope` more for each (m/s) squared."""

    start_drag: float
    heading_speed: float
    prebank: float
    greatest_bank: float
    least_bank: float
    heading_bank: float
    corridor: float
    corridor_slope: float
    final_speed: float


@dataclass
class Course:
    """Where the target lies: great-circle range (m) and how far the way ahead passes beside it
    (m, target to the right is positive)."""

    range_to_go: float
    crossrange: float
    heading_error: float


@dataclass
class BankOrder:
    """What the guidance wants: bank angle (rad), and whether the side has just been changed."""

    bank: float
    reversed: bool = False
    phase: str = "range"


class EntryGuidance:
    """Keeps the side, the phase and the target of one entry."""

    def __init__(
        self,
        settings: GuidanceSettings,
        reference: EntryReference,
        lift_to_drag: float,
        target: Vector,
        frame: SiteFrame,
    ) -> None:
        self.settings = settings
        self.lift_to_drag = lift_to_drag
        self.reference = reference
        self.target = target  # east, north, height in the site's frame
        self.frame = frame
        self.side = 0.0
        self.active = False
        self.phase = "waiting"
        self.reversals = 0
        self.predicted_miss = 0.0
        self._turned_at = -1.0e9

    def course(self, navigation: DescentNavigation) -> Course:
        """Range and crossrange to the target over the turning ground."""
        place = self.frame.inertial(navigation.time, *self.target)
        position = navigation.position
        ground = self.frame.ground_velocity(position)
        moving: Vector = (
            navigation.velocity[0] - ground[0],
            navigation.velocity[1] - ground[1],
            navigation.velocity[2] - ground[2],
        )
        up = local_axes(position)[2]
        ahead = unit(add(moving, scale(-dot(moving, up), up)))
        right = cross(ahead, up)
        radius = self.frame.radius
        angle = angle_between(position, place)
        to_target = add(place, scale(-dot(place, up), up))
        across, along = dot(to_target, right), dot(to_target, ahead)
        error = math.atan2(across, along)
        return Course(
            math.copysign(angle * radius, along),
            math.asin(max(-1.0, min(1.0, dot(unit(place), right)))) * radius,
            error,
        )

    def order(self, navigation: DescentNavigation) -> BankOrder:
        """The bank angle to fly now."""
        s = self.settings
        drag = norm(navigation.felt)
        east, north, up = navigation.local_velocity()
        speed = math.sqrt(east * east + north * north + up * up)
        course = self.course(navigation)
        if not self.active:
            self.side = self.side or (1.0 if course.crossrange >= 0.0 else -1.0)
            if drag < s.start_drag * STANDARD_GRAVITY:
                return BankOrder(self.side * s.prebank, phase="waiting")
            self.active = True
            self.phase = "range"
        if speed < s.heading_speed:
            self.phase = "heading"
            wanted = 6.0 * course.heading_error
            return BankOrder(max(-s.heading_bank, min(s.heading_bank, wanted)), phase="heading")
        lift = self._vertical_lift(navigation, speed, up, drag, course)
        turned = self._choose_side(course, speed, navigation.time)
        return BankOrder(self.side * math.acos(lift), turned)

    def _vertical_lift(
        self, navigation: DescentNavigation, speed: float, climb: float, drag: float, course: Course
    ) -> float:
        """The part of the lift that has to point up: cosine of the bank angle."""
        s = self.settings
        point = self.reference.at(speed)
        path_angle = math.asin(max(-1.0, min(1.0, climb / speed)))
        # What is felt is drag and lift; the drag alone is what the air's density shows in.
        measured = drag / math.hypot(1.0, self.lift_to_drag)
        height_error = -point.scale_height * (measured - point.drag) / point.drag
        predicted = (
            point.range_to_go
            + point.by_path_angle * (path_angle - point.path_angle)
            + point.by_height * max(-20_000.0, min(20_000.0, height_error))
        )
        self.predicted_miss = course.range_to_go - predicted
        change = OVERCONTROL * self.predicted_miss / max(point.by_lift, 1_000.0)
        wanted = self.reference.vertical_lift + change
        return max(math.cos(s.greatest_bank), min(math.cos(s.least_bank), wanted))

    def _choose_side(self, course: Course, speed: float, time: float) -> bool:
        s = self.settings
        corridor = s.corridor + s.corridor_slope * speed * speed
        wrong_side = course.crossrange * self.side < 0.0
        if wrong_side and abs(course.crossrange) > corridor and time - self._turned_at > 8.0:
            self.side = -self.side
            self.reversals += 1
            self._turned_at = time
            return True
        return False


def plan_entry(
    navigation: DescentNavigation,
    settings: GuidanceSettings,
    shape: EntryShape,
    aim: Vector,
    parachute: ParachuteShape,
    floor: float,
) -> EntryGuidance:
    """Makes reference and target from where the lander is, still above the air.

    `aim`: east, north, height (m) of the place to come down over. `floor`: height (m) to which the
    parachute carries.
    """
    frame = navigation.frame
    guidance = EntryGuidance(settings, EntryReference([], 0.0), shape.lift_to_drag, aim, frame)
    course = guidance.course(navigation)
    around = _surroundings(navigation)
    start = _planar(navigation, around)
    # Twice: where the parachute opens follows from the reference, and the reference from there.
    target, lead = aim, 0.0
    for _ in range(2):
        reference = make_reference(
            start, course.range_to_go - lead, shape, around, settings.final_speed
        )
        end = reference.points[0]
        forward, drift = parachute_drift(
            PlanarState(0.0, end.speed, end.path_angle, end.height), parachute, around, floor
        )
        heading = _arrival_heading(navigation, aim)
        target = (
            aim[0] - forward * math.sin(heading) - drift[0],
            aim[1] - forward * math.cos(heading) - drift[1],
            aim[2],
        )
        lead = course.range_to_go - _range(navigation, target)
    return EntryGuidance(settings, reference, shape.lift_to_drag, target, frame)


def _range(navigation: DescentNavigation, target: Vector) -> float:
    place = navigation.frame.inertial(navigation.time, *target)
    return angle_between(navigation.position, place) * navigation.frame.radius


def _arrival_heading(navigation: DescentNavigation, aim: Vector) -> float:
    """Heading (rad from north) of the great circle where it reaches the aim."""
    place = navigation.frame.inertial(navigation.time, *aim)
    east, north, _ = local_axes(place)
    arriving = scale(-1.0, navigation.position)
    return math.atan2(dot(arriving, east), dot(arriving, north))


def _surroundings(navigation: DescentNavigation) -> Surroundings:
    frame = navigation.frame
    east, north, _ = navigation.local_velocity()
    sine = navigation.position[2] / norm(navigation.position)
    eastward = east / max(math.hypot(east, north), 1.0e-9)
    across = math.sqrt(1.0 - sine * sine)
    return Surroundings(
        frame.body.gravitational_parameter,
        frame.radius,
        2.0 * frame.body.rotation_rate * across * eastward,
    )


def _planar(navigation: DescentNavigation, around: Surroundings) -> PlanarState:
    east, north, up = navigation.local_velocity()
    speed = math.sqrt(east * east + north * north + up * up)
    return PlanarState(0.0, speed, math.asin(up / speed), navigation.local()[2])
