"""The families of targets, by name. A new one is a file with a `rows` function and a line here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ground.verification import (
    ascent_to_orbit,
    close_approach,
    container_orbit,
    depot_site,
    earth_entry,
    entry_landing,
    integrator_order,
    lambert_arc,
    light_times,
    mars_clock,
    rocket,
    solar_energy,
    transfers,
    tudat_ascent,
)
from ground.verification.rows import Row


class UnknownTarget(ValueError):
    """A target was asked for that is not in the list; `name` is what was asked for."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"there is no target {name!r}")


@dataclass(frozen=True)
class Target:
    """A family of rows: its name on the command line, what it is, the function behind it."""

    name: str
    title: str
    rows: Callable[[], list[Row]]


TARGETS = (
    Target("V1", "ascent of dataset H: stage 1 and coast", ascent_to_orbit.stage_1_rows),
    Target("V2", "ascent of dataset H: into the circular orbit", ascent_to_orbit.stage_2_rows),
    Target("V3", "Mars time: the worked examples of Mars24", mars_clock.rows),
    Target("V4", "the depot at Three Forks", depot_site.rows),
    Target("V5", "entry of the class of Mars Science Laboratory", entry_landing.rows),
    Target("V6", "solar energy under dust: Opportunity, June 2018", solar_energy.rows),
    Target("V7", "transfers of least launch energy, 2026 to 2035", transfers.rows),
    Target("V8", "light time, conjunctions, moratoria, 2026 to 2035", light_times.rows),
    Target("V9", "ascent of two solid stages in air, after tudatpy", tudat_ascent.rows),
    Target("light-time", "single light times against DE440", light_times.light_time_rows),
    Target("lambert", "Lambert's problem: Vallado's example 7-5", lambert_arc.rows),
    Target("approach", "Clohessy-Wiltshire flown in true gravity", close_approach.rows),
    Target("container", "orbits of the sample container", container_orbit.rows),
    Target("capsule", "entry of the capsule at the Earth", earth_entry.rows),
    Target("rk4", "order of the Runge-Kutta integrator", integrator_order.rows),
    Target("rocket", "rocket equation of both ascent stages", rocket.rows),
)


def chosen_targets(names: Iterable[str] | None, targets: tuple[Target, ...]) -> tuple[Target, ...]:
    """The targets of the given names (upper or lower case) in their own order; without names all.

    Raises UnknownTarget.
    """
    wanted = list(names or ())
    known = [target.name.lower() for target in targets]
    for name in wanted:
        if name.lower() not in known:
            raise UnknownTarget(name)
    chosen = [name.lower() for name in wanted] or known
    return tuple(target for target in targets if target.name.lower() in chosen)
