"""The phases of the campaign, as drills and their coverage count them."""

from ground.testbed.run import Run

ENTRY, SURFACE, LOADING, ASCENT = "entry", "surface", "loading", "ascent"
RENDEZVOUS, CRUISE, EARTH = "rendezvous", "cruise", "earth"
PHASES = (ENTRY, SURFACE, LOADING, ASCENT, RENDEZVOUS, CRUISE, EARTH)
"""In the order of the campaign: cruise is the departure from Mars and the way home."""

_BEGIN: dict[str, tuple[tuple[str, str], ...]] = {
    SURFACE: (("lander", "landed"),),
    LOADING: (
        ("arm", "ready"),
        ("rover", "surface.delivering"),
        ("perseverance", "surface.delivering"),
    ),
    ASCENT: (("mav", "launching"),),
    RENDEZVOUS: (("mav", "in_orbit"), ("orbiter", "searching")),
    CRUISE: (("orbiter", "departing"),),
    EARTH: (("orbiter", "approach"),),
}
"""A phase begins when one of these vehicles is in that state; none comes again."""


class PhaseClock:
    """Knows in which phase a run is; `look` now and then."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._index = 0 if run.mission.in_space else 1
        self.began: dict[str, float] = {PHASES[self._index]: 0.0}
        """When each phase began, s."""

    @property
    def phase(self) -> str:
        """The phase now."""
        return PHASES[self._index]

    def look(self, now: float) -> None:
        """Looks whether a later phase has begun."""
        host = self._run.host
        for index in range(len(PHASES) - 1, self._index, -1):
            if any(
                vehicle in self._run.mission.vehicles
                and host.runs(vehicle)
                and host.node(vehicle).is_in(state)
                for vehicle, state in _BEGIN[PHASES[index]]
            ):
                self._index = index
                self.began[PHASES[index]] = now
                return
