"""What was believed between readings that were refused is asked for once more, as a whole.

A unit that says what cannot be says at times what could be and is not, and such a turn would be in
the attitude for ever. But it counts on whatever it says. So where the readings are sound again, it
is asked what it felt since before the first that was refused: does that contradict what was made of
the single readings, these are taken back and the whole is flown instead. Where both say the same,
what the readings told one by one stays: they tell the way better.
"""

import math

from flight.astrodynamics.quaternions import conjugate, product, rotate
from flight.astrodynamics.vectors import Vector, add, norm, subtract
from flight.icd.devices.descent import InertialIncrements
from flight.lander.descent_navigation import DescentNavigation
from flight.lander.sound_increments import SoundIncrements

SOUND_AGAIN = 20
"""Readings on end that are sound, until it is asked for the whole: a unit of which every tenth
reading shows that it is wrong is rarely silent about it for so long (0.9^20 = 0.12)."""
TURNED = 3e-3
"""rad by which the whole may turn otherwise: thousands of times the noise of the gyroscopes, and
15 m/s in an entry."""
GAINED, PART = 1.0, 0.01
"""m/s, and of what was felt, by which the whole may push otherwise: accelerometers err by 2e-4."""


class DoubtedStretch:
    """From the first reading that was refused until they are sound again."""

    def __init__(self) -> None:
        self._before: DescentNavigation | None = None
        self._gained: Vector = (0.0, 0.0, 0.0)
        self._sound = 0

    def refused(self, navigation: DescentNavigation) -> None:
        """A reading was refused; what is known now is kept, if the stretch begins with it."""
        self._sound = 0
        if self._before is None:
            self._before, self._gained = navigation.copied(), (0.0, 0.0, 0.0)

    def believed(self, navigation: DescentNavigation, felt: InertialIncrements) -> bool:
        """A reading was believed and flown; whether it is time to ask for the whole."""
        if self._before is None:
            return False
        self._gained = add(self._gained, rotate(navigation.attitude, felt.velocity))
        self._sound += 1
        return self._sound >= SOUND_AGAIN

    @property
    def since(self) -> int:
        """The number of the last reading before the stretch; 0 outside of any."""
        return 0 if self._before is None else self._before.number

    def end(
        self, navigation: DescentNavigation, whole: InertialIncrements | None, now: float
    ) -> float | None:
        """Ends the stretch by what the unit says of all of it; None: it says nothing.

        How long it was (s), where that was flown anew; None: what is known stays as it is. A
        gyroscope that was at its limit meanwhile, or before, leaves nothing to compare.
        """
        before, self._before = self._before, None
        if before is None or whole is None or not whole.valid or whole.gap:
            return None
        if navigation.heading_in_doubt or whole.saturated:
            return None
        if SoundIncrements().why_not(whole, before.number, before.time, now):
            return None
        rates, felt = navigation.rates, navigation.felt
        before.propagate(whole)
        gained = rotate(before.attitude, whole.velocity)
        apart = product(conjugate(before.attitude), navigation.attitude)
        turned = 2.0 * math.asin(min(1.0, norm((apart[1], apart[2], apart[3]))))
        pushed = norm(subtract(gained, self._gained))
        if turned <= TURNED and pushed <= GAINED + PART * norm(gained):
            return None
        navigation.become(before)
        navigation.rates, navigation.felt = rates, felt
        return whole.interval
