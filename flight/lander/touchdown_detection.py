"""Whether the lander stands on the ground: legs, and what the inertial unit says beside them.

On Mars Polar Lander the jolt of the legs' deployment was latched, and taken for the ground 40 m
up. So latches are cleared when sensing begins, one leg alone is not believed, and the legs are
believed only when the inertial unit agrees that the descent has stopped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

LEGS_NEEDED = 2
CONFIRMATIONS = 2
SLOWED = 0.6
"""Part of the commanded sinking speed below which the descent is being stopped."""
STILL = 0.15
SILENT_SECONDS = 1.5
"""Without any leg: seconds of standstill after which the ground is believed all the same."""
FIRM_LEGS, FIRM_SECONDS = 3, 1.0
"""Legs that are believed when they are loaded for so long (s) without a break, where the velocity
was not measured: what is felt alone may say that it sinks on."""
STANDSTILL_HEIGHT = 3.0
"""m over the ground up to which a standstill can be the ground; higher up it is the engines."""


@dataclass
class TouchdownDetector:
    """Judges reading after reading; `enabled` from where the straight descent begins."""

    enabled: bool = False
    _sank: bool = False
    _seen: int = 0
    _still: float = 0.0
    _firm: float = 0.0

    def enable(self) -> None:
        """Sensing begins; whatever was seen before does not count."""
        self.enabled = True
        self._sank = False
        self._seen = 0
        self._still = self._firm = 0.0

    def judge(
        self,
        loaded: Sequence[bool],
        sinking: float,
        commanded: float,
        height: float,
        interval: float,
        measured: bool = True,
    ) -> str:
        """What shows that the lander stands, "legs" or "standstill"; empty while it does not.

        `sinking` (m/s) and `height` (m, of the pads) are by navigation, `commanded` is the sinking
        speed that is asked for. Legs are believed at any height that the navigation thinks it is.
        `measured`: whether the navigation has measured its velocity lately.
        """
        if not self.enabled:
            return ""
        self._sank = self._sank or sinking > 0.7 * commanded
        contact = sum(loaded) >= LEGS_NEEDED and self._sank and sinking < SLOWED * commanded
        self._seen = self._seen + 1 if contact else 0
        if self._seen >= CONFIRMATIONS:
            return "legs"
        firm = not measured and sum(loaded) >= FIRM_LEGS
        self._firm = self._firm + interval if firm else 0.0
        if self._firm > FIRM_SECONDS:
            return "legs"
        still = self._sank and sinking < STILL * commanded and height < STANDSTILL_HEIGHT
        self._still = self._still + interval if still else 0.0
        return "standstill" if self._still > SILENT_SECONDS else ""
