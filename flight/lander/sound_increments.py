"""Whether what the inertial unit says of a time can be: by its numbers, its clock and its range.

The unit counts on whether somebody reads or not, and tells what was felt since the reading that is
asked for. So a reading that is set aside costs nothing: the next one that is sound has all of it.
One that is believed and is wrong is in the attitude for ever.
"""

import math

from flight.icd.devices.descent import REMEMBERED_READINGS, InertialIncrements
from flight.runtime.pace import NANOSECONDS

ROUNDING = 1e-4
"""s by which the interval may differ from the time between two stamps: of the same clock."""
GREATEST_RATE = math.radians(200.0)
"""rad/s about each axis that the gyroscopes can show, with their scatter: 187 deg/s, as those of
Schiaparelli. Beyond it they say that they were at their limit."""
GREATEST_FELT = 400.0
"""m/s^2 along each axis that the accelerometers can show: three times what an entry gives
(assumption)."""
LEAST_TURN, LEAST_GAIN = 1e-3, 0.05
"""rad and m/s of noise in a reading, however short."""


class SoundIncrements:
    """Judges reading after reading. Each that is believed is told by `believed`, so that the next
    is held against the time since."""

    def __init__(self) -> None:
        self._read_at: float | None = None

    def believed(self, now: float) -> None:
        """Takes note that a reading was believed now (s by the computer's own clock)."""
        self._read_at = now

    def why_not(self, felt: InertialIncrements, since: int, before: float, now: float) -> str:
        """Why a reading is not to be used; empty: it is.

        `since` is the number of the reading believed last, `before` its stamp (s), `now` the time
        by the computer's own clock (s).
        """
        wrong = self._numbered(felt, since)
        if wrong:
            return wrong
        step = felt.time_ns / NANOSECONDS - before
        if felt.gap:
            if not 0.0 <= felt.interval <= step + ROUNDING:
                return f"it tells of {felt.interval:.6g} s behind a gap, of {step:.6g} in all"
        elif felt.interval < 0.0 or not self._took(felt.interval, step, now):
            return f"it tells of {felt.interval:.6g} s, and {step:.6g} have passed"
        return _beyond_range(felt)

    def _numbered(self, felt: InertialIncrements, since: int) -> str:
        if felt.gap:
            known = since < felt.number < since + REMEMBERED_READINGS
            return f"reading {felt.number} tells of a gap behind {since}" if known else ""
        if felt.number > since:
            return ""
        return f"reading {felt.number} is no newer than {since}"

    def _took(self, interval: float, step: float, now: float) -> bool:
        """Whether so much time has passed. Where interval and stamp do not agree, that is wrong
        which is farther from the computer's own clock; a wrong stamp is no reason to go deaf."""
        if abs(interval - step) <= ROUNDING:
            return True
        if self._read_at is None:  # it has just begun, and knows nothing of the time before
            return False
        passed = now - self._read_at
        return abs(interval - passed) < abs(step - passed)


def _beyond_range(felt: InertialIncrements) -> str:
    most = GREATEST_FELT * felt.interval + LEAST_GAIN
    gained = max(abs(part) for part in felt.velocity)
    if gained > most:
        return f"{gained:.4g} m/s in {felt.interval:.4g} s is beyond its range"
    most = GREATEST_RATE * felt.interval + LEAST_TURN
    turned = max(abs(part) for part in felt.rotation)
    if turned > most and not felt.saturated:
        return f"{turned:.4g} rad in {felt.interval:.4g} s is beyond its range"
    return ""
