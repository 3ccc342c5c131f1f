"""What the engines make of what they are told: single ones that do not obey, and all of them alike.

An engine that does not do what it is told for some beats on end is shut off, and the others share
what it had to do. More than a few at once are believed to be off where the lander is felt to be
pushed as their pressures say; else it is the pressures that are wrong. Where most of them are off
by the same part it is none of them: the pressure of the tanks, a calibration, a unit. Then each is
told so much less, or more.
"""

from collections.abc import Sequence

FAULT_BEATS = 6
FAULT_THRUST = 250.0
"""N by which an engine may be off at least."""
COMMON = 0.05
"""Part by which all may be off together without being taken for it: more than their scatter."""
LEAST_GAIN, GREATEST_GAIN = 0.5, 2.0
"""Beyond it is no calibration."""
FEW = 3
"""Engines that may be shut off by their pressures alone; the descent has room for two."""
NEEDED = 6
"""Engines without which nothing comes down: with fewer left, all are told to burn."""
FEWEST = 4  # engines that can tell what all have in common
FOLLOWS = 0.2  # part of a change that is believed at each beat


class EngineJudge:
    """Judges the thrusts beat by beat. `gain`: what all give of what they are told; `fixed`:
    engines that do not obey, with the thrust (N) that they give."""

    def __init__(self, count: int) -> None:
        self.gain = 1.0
        self.fixed: dict[int, float] = {}
        self._strange = [0] * count
        self._alike = 0

    def told(self, wanted: Sequence[float], least: float, greatest: float) -> list[float]:
        """What to tell the engines so that they give what is wanted (N)."""
        if self.gain == 1.0:
            return list(wanted)
        return [
            thrust if thrust <= 0.0 else min(max(thrust / self.gain, least), greatest)
            for thrust in wanted
        ]

    def judge(
        self, told: Sequence[float], given: Sequence[float], *, is_felt: bool = True
    ) -> list[tuple[int, float]]:
        """Takes note of one beat; returns engines that do not obey, as is found now, and what they
        give. `is_felt`: whether what is felt bears out the thrusts that are given."""
        common = self._common(told, given)
        found: list[tuple[int, float]] = []
        for index, (asked, thrust) in enumerate(zip(told, given, strict=True)):
            expected = self.fixed.get(index, asked * common)
            off = abs(thrust - expected) > max(FAULT_THRUST, 0.1 * expected)
            self._strange[index] = self._strange[index] + 1 if off else 0
        new = {index for index, beats in enumerate(self._strange) if beats >= FAULT_BEATS}
        out = len(new | self.fixed.keys())
        if new and (out > len(given) - NEEDED or (out > FEW and not is_felt)):
            self.fixed.clear()
            self._strange = [0] * len(self._strange)
            return []
        for index in sorted(new):
            # It is shut off; should it burn on all the same, it is reckoned with as it is.
            self.fixed[index] = given[index] if index in self.fixed else 0.0
            self._strange[index] = 0
            found.append((index, given[index]))
        return found

    def _common(self, told: Sequence[float], given: Sequence[float]) -> float:
        """The part that most engines give of what they are told now; 1 where that is in order."""
        ratios = sorted(
            thrust / asked
            for index, (asked, thrust) in enumerate(zip(told, given, strict=True))
            if index not in self.fixed and asked > 0.0
        )
        if len(ratios) < FEWEST:
            return 1.0
        middle = ratios[len(ratios) // 2]
        if abs(middle - 1.0) <= COMMON or not LEAST_GAIN <= middle <= GREATEST_GAIN:
            self._alike, self.gain = 0, 1.0
            return 1.0
        self._alike += 1
        if self._alike >= FAULT_BEATS:
            begins = self.gain == 1.0
            self.gain = middle if begins else self.gain + FOLLOWS * (middle - self.gain)
        return middle
