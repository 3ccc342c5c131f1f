"""Which of radar and camera is believed on the way down, held against each other and what was felt.

Each measurement by itself has to fit what is known (`axis_error.within_gate`). That lets in what is
wrong from the first, or creeps, and keeps out a true jump. So once a second the last of all sources
are compared on each axis: felt, range and heights by images, velocity, places by images. The one
without which the others agree is doubted, and all that it has made the navigation believe is taken
back; what two devices say together is believed against the gate. Where only range and images speak,
and each could be the wrong one, the nearer ground is believed: coming through it without touching
shows that it was the other.
"""

import math
from typing import Any

from flight.lander.axis_error import GATE, AxisError
from flight.lander.descent_navigation import UP
from flight.lander.height_by_images import GROUND_ERROR, SCALE_ERROR
from flight.lander.measured_lines import Estimate, MeasuredLine, of_covariance
from flight.lander.source_agreement import DISAGREEMENT, FELT, Line, Verdict, judge, together

RANGE, VELOCITY, IMAGES, PLACES = "range", "velocity", "images", "places"
EVERY = 1.0  # s
AGREED = 5
"""Looks on end in which who is doubted has to agree with the others to be believed again."""
RANGE_ALIKE = 0.003
"""Standard deviation of the scale of all ranges, part of them: assumption, half of one's noise."""
VELOCITY_ALIKE, LEAST_ALIKE = 0.003, 0.05
"""The same of velocities, part of them, and m/s."""
PLACES_ALIKE = 6.0
"""m by which the whole map may be off."""
DEVICES = {RANGE: "landing_radar", VELOCITY: "landing_radar", IMAGES: "terrain_camera",
           PLACES: "terrain_camera"}  # fmt: skip
PLAN_BEARS, PLANS_LEAST = 0.15, 50.0
"""Part of the height, and m, by which the ground may turn out to lie elsewhere for the plan to be
flown on: more of it and another duration fits better."""
THROUGH = 5.0
"""m under the ground, beside three standard deviations, where no ground is."""
FARTHER_ERROR = 0.02
"""Standard deviation of how much farther the other ground is, part of it."""


class GroundSources:
    """Keeps what each source has measured lately, and judges it."""

    def __init__(self, descent: Any) -> None:
        self._descent = descent
        self._lines: dict[tuple[str, int], MeasuredLine] = {}
        self.doubted: dict[str, int] = {}
        """Sources that are not believed now, each with the axis on which that was found."""
        self._agreed: dict[str, int] = {}
        self._looked = -math.inf
        self.taken_anew = 0
        """Times that the height was begun anew by so much that a plan is none any more."""
        self._undecided = False
        self._seconded = math.inf
        """m to which range and images have agreed since the height began anew."""
        self._farther: tuple[str, str, float] | None = None
        """Who was doubted because the ground is nearer by the other, that one, and by how much."""

    # ------------------------------------------------------------------ noting

    def note_place(self, source: str, axis: int, place: float, sigma: float) -> None:
        """A source has measured a place (m) on an axis."""
        n = self._descent.navigation
        if self._descent.is_deaf:
            return  # what is felt is a guess
        felt = n.local()[axis] - n.felt_only.offsets[axis]
        self._line(source, axis).add(n.time, place - felt, sigma)

    def note_velocity(self, axis: int, velocity: float, sigma: float) -> None:
        """The radar has measured a velocity (m/s) on an axis."""
        n = self._descent.navigation
        if self._descent.is_deaf:
            return
        felt = n.local_velocity()[axis] - n.felt_only.slopes[axis]
        self._line(VELOCITY, axis).add(n.time, velocity - felt, sigma)

    def _line(self, source: str, axis: int) -> MeasuredLine:
        return self._lines.setdefault((source, axis), MeasuredLine())

    def believes(self, source: str) -> bool:
        """Whether a source is not doubted."""
        return source not in self.doubted

    @property
    def wants_images(self) -> bool:
        """Whether images are to tell what the radar leaves open."""
        return self._undecided or VELOCITY in self.doubted or RANGE in self.doubted

    # ----------------------------------------------------------------- judging

    def look(self) -> None:
        """Compares the sources, when it is time."""
        n = self._descent.navigation
        if self._descent.is_deaf:
            return
        if n.heading_in_doubt:  # so is what is felt: it cannot be held against anybody
            for line in self._lines.values():
                line.clear()
            return
        if n.time - self._looked < EVERY:
            return
        self._looked = n.time
        self._undecided = False
        for axis in (UP, 0, 1):
            self._judge(axis)

    def _estimates(self, axis: int) -> dict[str, Estimate]:
        """What each source says of an axis now; who says nothing that holds together is left out.
        """
        d = self._descent
        n = d.navigation
        own = n.felt_only.errors[axis]
        speed = math.hypot(*n.local_velocity())
        found: dict[str, Estimate | None] = {
            FELT: of_covariance(0.0, 0.0, own.position, own.cross, own.velocity),
            VELOCITY: self._line(VELOCITY, axis).of_velocities(
                n.time, VELOCITY_ALIKE * speed + LEAST_ALIKE
            ),
        }
        if axis == UP:
            height, sinking = abs(d.height_over_ground), n.local_velocity()[UP]
            for source, alike in ((RANGE, RANGE_ALIKE), (IMAGES, SCALE_ERROR)):
                found[source] = self._line(source, axis).of_places(
                    n.time, math.hypot(alike * height, GROUND_ERROR), alike * sinking
                )
        else:
            found[PLACES] = self._line(PLACES, axis).of_places(n.time, PLACES_ALIKE, 0.0)
        return {name: each for name, each in found.items() if each is not None}

    def _judge(self, axis: int) -> None:
        sources = self._estimates(axis)
        if len(sources) < 3:
            return
        verdict = judge(sources)
        if verdict.wrong == ():
            if RANGE in sources and IMAGES in sources:
                self._note_agreement(sources[RANGE], sources[IMAGES])
            self._believe_again(axis, sources)
        elif verdict.wrong is not None:
            wrong = self._chosen(verdict, sources)
            if wrong is None:
                self._undecided = True
            elif wrong != FELT and wrong not in self.doubted:
                self._doubt(wrong, axis)
                return
        felt_wrong = bool(verdict.wrong) and verdict.decided and verdict.wrong == (FELT,)
        if felt_wrong and _places(sources) > 1:  # then all devices agree, also who was doubted
            for source in [name for name in sources if self.doubted.get(name) == axis]:
                self._readmit(source)
        believed = {name: each for name, each in sources.items() if name not in self.doubted}
        if felt_wrong:
            believed.pop(FELT)
        if verdict.wrong is not None:
            self._insist(axis, believed)
        self._measure_farther(sources)

    def _note_agreement(self, ranges: Estimate, images: Estimate) -> None:
        apart = abs(ranges.offset - images.offset)
        sure = apart + GATE * math.sqrt(ranges.variance + images.variance)
        self._seconded = min(self._seconded, sure)

    def _chosen(self, verdict: Verdict, sources: dict[str, Estimate]) -> str | None:
        """Who is to be doubted; None when more has to be seen."""
        wrong = verdict.wrong or ()
        if verdict.decided:
            return wrong[0]
        already = [name for name in wrong if name in self.doubted]
        if already:
            return already[0]
        both = RANGE in wrong and IMAGES in wrong
        apart = abs(sources[RANGE].offset - sources[IMAGES].offset) if both else 0.0
        if apart > self._seconded:  # it would have been seen before: what is flown by is right
            strange = [name for name in wrong if not self._fits(UP, sources[name])]
            if len(strange) == 1 and strange[0] != FELT:
                return strange[0]
        if both:
            farther, nearer = sorted(
                (RANGE, IMAGES), key=lambda name: sources[name].offset, reverse=True
            )
            self._farther = (farther, nearer, 0.0)
            return farther
        d = self._descent
        if d.height_over_ground < d.parameters["terrain_lowest"] and FELT not in wrong:
            return wrong[0]
        return None

    def _doubt(self, source: str, axis: int) -> None:
        """Believes a source no more, on all axes, and takes back what it has made believe."""
        d = self._descent
        if self._farther is not None and source == self._farther[1]:
            self._go_farther()
            return
        self.doubted[source], self._agreed[source] = axis, 0
        d.host.source_doubted(
            source=source, device=DEVICES[source], height=round(d.height_over_ground)
        )
        for each in (UP, 0, 1) if source == VELOCITY else (axis,):
            sources = self._estimates(each)
            believed = {n: e for n, e in sources.items() if n not in self.doubted}
            self._take(each, together(believed), each != UP or _places(believed) > 0)
            self._measure_farther(sources)

    def _believe_again(self, axis: int, sources: dict[str, Estimate]) -> None:
        """Who agrees with what has been flown by without it is believed again; that nobody speaks
        against it is not enough."""
        for source in [name for name, found in self.doubted.items() if found == axis]:
            fits = source in sources and self._fits(axis, sources[source])
            self._agreed[source] = self._agreed.get(source, 0) + 1 if fits else 0
            if self._agreed[source] < AGREED:
                continue
            self._readmit(source)

    def _readmit(self, source: str) -> None:
        del self.doubted[source]
        self._descent.host.source_believed(source=source, device=DEVICES[source])

    def _fits(self, axis: int, told: Estimate) -> bool:
        n = self._descent.navigation
        error, felt = n.errors[axis], n.felt_only
        own = of_covariance(
            felt.offsets[axis], felt.slopes[axis], error.position, error.cross, error.velocity
        )
        return together({FELT: own, "told": told}).misfit <= DISAGREEMENT

    def _insist(self, axis: int, believed: dict[str, Estimate]) -> None:
        """Takes what two devices say together, where the gate would keep it out for ever."""
        n = self._descent.navigation
        if not n.can_be_insisted:
            return
        told = [each for name, each in believed.items() if name != FELT]
        line = together(believed) if told else None
        if line is None:
            return
        error, felt = n.errors[axis], n.felt_only
        off, faster = line.offset - felt.offsets[axis], line.slope - felt.slopes[axis]
        placed = _places(believed) > 1 and abs(off) > GATE * math.sqrt(
            max(error.position, 0.0) + line.pp
        )
        moved = sum(each.vv > 0.0 for each in told) > 1 and abs(faster) > GATE * math.sqrt(
            max(error.velocity, 0.0) + line.vv
        )
        if placed and axis == UP:
            d = self._descent
            d.host.jump_believed(jump=round(off), height=round(d.height_over_ground + off))
        if placed:
            self._take(axis, line, True)
        elif moved:
            n.correct_to(axis, felt.offsets[axis], line.slope,
                         AxisError(error.position, 0.0, line.vv))  # fmt: skip

    def _take(self, axis: int, line: Line, placed: bool) -> None:
        """Begins anew with a line; with its velocity alone where no device shows the place."""
        d = self._descent
        if axis == UP:
            self._seconded = math.inf
        before = d.navigation.felt_only.offsets[axis]
        offset = line.offset if placed else before
        self._note_change(axis, offset - before)
        d.navigation.correct_to(axis, offset, line.slope, AxisError(line.pp, line.pv, line.vv))
        d.sensing.forget_expected()

    def _note_change(self, axis: int, change: float) -> None:
        height = max(self._descent.height_over_ground, 0.0)
        if axis == UP and abs(change) > max(PLAN_BEARS * height, PLANS_LEAST):
            self.taken_anew += 1

    # ------------------------------------------------------- a ground that is not there

    def _measure_farther(self, sources: dict[str, Estimate]) -> None:
        """How much farther the ground is by the one who is not believed for that."""
        if self._farther is None:
            return
        farther, nearer, _ = self._farther
        if farther not in self.doubted:
            self._farther = None
        elif farther in sources and nearer in sources:
            difference = sources[farther].offset - sources[nearer].offset
            self._farther = (farther, nearer, difference)

    def come_through(self, height: float) -> bool:
        """Whether the ground that was believed is not there, at a height of the pads (m) under it:
        then the other one is believed."""
        n = self._descent.navigation
        if self._farther is None:
            return False
        if height > -THROUGH - 3.0 * math.sqrt(max(n.errors[UP].position, 0.0)):
            return False
        self._go_farther()
        return True

    def _go_farther(self) -> None:
        """Believes the one by whom the ground is farther down, and the other no more."""
        assert self._farther is not None
        n = self._descent.navigation
        farther, nearer, difference = self._farther
        self._farther = None
        self.doubted.pop(farther, None)
        self.doubted[nearer], self._agreed[nearer] = UP, 0
        self._note_change(UP, difference)
        felt, error = n.felt_only, n.errors[UP]
        n.correct_to(
            UP,
            felt.offsets[UP] + difference,
            felt.slopes[UP],
            AxisError(
                error.position + (FARTHER_ERROR * difference) ** 2 + THROUGH**2,
                0.0,
                error.velocity,
            ),
        )
        self._descent.sensing.forget_expected()
        self._descent.host.ground_not_there(
            source=nearer,
            device=DEVICES[nearer],
            height=round(self._descent.height_over_ground),
        )


def _places(sources: dict[str, Estimate]) -> int:
    """How many devices show where it is, not only how fast."""
    return sum(each.pp > 0.0 for name, each in sources.items() if name != FELT)
