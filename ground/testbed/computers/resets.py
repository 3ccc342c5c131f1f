"""How a computer is started anew whose watchdog has run out: warm first, then cold.

Warm costs half a second and keeps what the vehicle does going; cold is the surer cure. Where that
has not helped either, a vehicle that has a second computer tries that (`has_not_helped`). While
something is watched closely (the entry, a burn) a cold start takes longer than the vehicle lives:
there it is warm, however often.
"""

from ground.testbed.computers.starts import COLD, WARM, Start

WARM_RESETS = 3
"""In an hour, before the next is a cold one (assumption: what three have not cured, a fourth does
not)."""
WINDOW = 3600.0  # s


class Resets:
    """The resets of all computers of a run."""

    def __init__(self) -> None:
        self._times: dict[str, list[float]] = {}
        self._colds: dict[str, float] = {}

    def has_not_helped(self, role: str, now: float) -> bool:
        """Whether the next start would be a cold one again within the window: the other computer
        of a vehicle that has two is then tried."""
        cold = self._colds.get(role, -WINDOW)
        return len(self._recent(role, now)) >= WARM_RESETS and now - cold < WINDOW

    def next(self, role: str, now: float, *, closely: bool) -> Start:
        """How a computer is started now."""
        recent = self._recent(role, now)
        cold = len(recent) >= WARM_RESETS and not closely
        self._times[role] = [] if cold else [*recent, now]
        if cold:
            self._colds[role] = now
        return COLD if cold else WARM

    def _recent(self, role: str, now: float) -> list[float]:
        return [time for time in self._times.get(role, []) if time > now - WINDOW]
