"""Mission files: which vehicles, where, when, with what failures, and what the ground does.

A wrong key, type, unit or range is refused at load with file, line, key, value and what was
allowed; nothing has been started by then.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from flight.astrodynamics.ephemeris import mars_to_earth_light_time
from flight.astrodynamics.mars_time import SOL_DAYS
from flight.astrodynamics.time_scales import SECONDS_PER_DAY, parse_iso, tt_from_utc
from flight.configuration.allowed_values import choices_words
from flight.configuration.files import (
    NotAllowed,
    Quantity,
    find_configuration,
    load_configuration,
    refusal,
)
from flight.icd.places import BROUGHT_BY, GRIPPERS, GROUND, PLACES
from ground.missions.vehicles import ALL_VEHICLES, NEEDED
from sim_hw.world.depot import Depot, load_depot, load_held_tubes
from sim_hw.world.tubes import SampleTube

Metres = Annotated[float, Quantity(unit="m", ge=-5000.0, le=5000.0)]
Sols = Annotated[float, Quantity(unit="sol", gt=0.0, le=2000.0)]
Count = Annotated[int, Meta(ge=0, le=43)]
ENTRY_LEAD = 985.0
"""Seconds from the separation of the cruise stage to the touchdown when all goes as aimed."""


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the local frame: metres east and north of the tube Malay."""

    east: Metres
    north: Metres


class TubesWhere(Struct, frozen=True, forbid_unknown_fields=True):
    """A trigger: as soon as so many tubes are truly at a place."""

    place: Literal[PLACES]  # type: ignore[valid-type]
    count: Count


class Failure(Struct, frozen=True, forbid_unknown_fields=True):
    """What breaks in a mission, and when.

    `what` is `vehicle` (it is lost for good: power and computer) or `device` (the device fails in
    `mode`, one of those that it honours). It happens at `after_sols` sols, or when `tubes` is met.
    """

    what: Literal["vehicle", "device"]
    target: Annotated[str, Meta(min_length=1, max_length=80)]
    mode: str = ""
    options: dict[str, Any] = {}
    after_sols: Annotated[float, Meta(ge=0.0, le=2000.0)] | None = None
    tubes: TubesWhere | None = None

    def __post_init__(self) -> None:
        if (self.after_sols is None) == (self.tubes is None):
            raise ValueError(
                "a failure needs exactly one of after_sols and tubes, to say when it happens"
            )
        if self.what == "vehicle" and self.target not in ALL_VEHICLES:
            raise NotAllowed("target", choices_words(self.target, ALL_VEHICLES, ""))
        for key in ("mode", "options"):
            if self.what == "vehicle" and getattr(self, key):
                raise NotAllowed(key, "nothing: a vehicle that is lost fails in no mode")


class Mission(Struct, frozen=True, forbid_unknown_fields=True):
    """One mission file.

    `landing` is when the lander is to touch down. The mission begins with the entry that leads
    there, or (`start: landed`) then, with the lander on the ground.
    """

    title: str
    landing: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$(?!\n)")]
    lander: Site
    perseverance: Site
    tubes: list[str] | Literal["all"]
    procedure: str
    time_limit: Sols
    expected_duration: Sols
    perseverance_holds: list[str] | Literal["all"] = []
    description: Annotated[str, Meta(max_length=2000)] = ""
    start: Literal["entry", "landed"] = "entry"
    vehicles: list[str] = msgspec.field(default_factory=lambda: list(NEEDED))
    launch_after: Sols | None = None
    failures: list[Failure] = []

    def __post_init__(self) -> None:
        if isinstance(self.tubes, list) and not self.tubes:
            raise NotAllowed("tubes", '"all" or a list of at least one tube ID')
        for index, name in enumerate(self.vehicles):
            if name not in ALL_VEHICLES:
                raise NotAllowed(f"vehicles[{index}]", choices_words(name, ALL_VEHICLES, ""))
            if name in self.vehicles[:index]:
                raise NotAllowed(f"vehicles[{index}]", "each vehicle once")
        for index, failure in enumerate(self.failures):
            if failure.what == "vehicle" and failure.target not in self.vehicles:
                words = choices_words(failure.target, self.vehicles, "a vehicle that takes part: ")
                raise NotAllowed(f"failures[{index}].target", words)
        if self.launch_after is not None and "orbiter" not in self.vehicles:
            allowed = "nothing: the launch is timed for an orbiter, and none takes part"
            raise NotAllowed("launch_after", allowed)
        if self.launch_after is not None and self.launch_after >= self.time_limit:
            raise NotAllowed("launch_after", f"less than time_limit ({self.time_limit:g} sol)")
        missing = [name for name in NEEDED if name not in self.vehicles]
        if missing:
            raise NotAllowed("vehicles", f"a list that {', '.join(missing)} cannot be left out of")
        if self.expected_duration > self.time_limit:
            raise NotAllowed("expected_duration", f"at most time_limit ({self.time_limit:g} sol)")


class LoadedMission(Struct, frozen=True):
    """A mission file with all that it refers to, checked."""

    name: str
    file: Path
    mission: Mission
    epoch_jd_tt: float
    depot: Depot
    wanted: tuple[str, ...]
    held: tuple[SampleTube, ...]

    @property
    def in_space(self) -> bool:
        """Whether the mission begins with the entry of the lander."""
        return self.mission.start == "entry"

    @property
    def vehicles(self) -> tuple[str, ...]:
        """The vehicles that take part, in the order in which they boot."""
        return tuple(name for name in ALL_VEHICLES if name in self.mission.vehicles)

    def load_of(self, vehicle: str) -> dict[str, Any]:
        """What a vehicle is told before launch: the depot map, and where the lander is to stand.

        For a lander that begins in space this is not all: see `Hardware.load_of`.
        """
        mission = self.mission
        lander = {"east": mission.lander.east, "north": mission.lander.north}
        ground = [
            {"id": tube.id, "name": tube.name, "east": tube.east, "north": tube.north}
            for tube in self.depot.tubes
        ]
        if vehicle == "rover":
            return {"tubes": ground, "lander": lander}
        if vehicle == "perseverance":
            here = {"east": mission.perseverance.east, "north": mission.perseverance.north}
            held = [tube.id for tube in self.held]
            return {"holds": held, "ground": ground, "lander": lander, "start": here}
        return {"lander": lander}


def load_mission(name: str) -> LoadedMission:
    """Loads a mission by its name in `configs/missions` or by the path of a file.

    Raises ConfigurationError.
    """
    file = find_configuration("missions", name)
    mission = load_configuration(file, Mission)
    depot = load_depot()
    aboard = load_held_tubes()
    wanted = _chosen(file, "tubes", mission.tubes, [tube.id for tube in depot.tubes])
    held = _chosen(file, "perseverance_holds", mission.perseverance_holds, [t.id for t in aboard])
    _check_in_two_places(depot, aboard)
    _check_failures_can_come(file, mission, len(depot.tubes), len(wanted) + len(held))
    try:
        epoch_jd_tt = tt_from_utc(parse_iso(mission.landing))
        if mission.start == "entry":
            epoch_jd_tt -= ENTRY_LEAD / SECONDS_PER_DAY
        mars_to_earth_light_time(epoch_jd_tt)
        mars_to_earth_light_time(epoch_jd_tt + mission.time_limit * SOL_DAYS)
    except ValueError as error:
        raise refusal(file, "landing", f"a date for which the run is covered ({error})") from None
    return LoadedMission(
        name=file.stem,
        file=file,
        mission=mission,
        epoch_jd_tt=epoch_jd_tt,
        depot=depot,
        wanted=wanted,
        held=tuple(tube for tube in aboard if tube.id in held),
    )


def _chosen(
    file: Path, key: str, wanted: list[str] | Literal["all"], known: list[str]
) -> tuple[str, ...]:
    """The tubes that a mission names, checked; raises ConfigurationError."""
    if wanted == "all":
        return tuple(known)
    for index, tube in enumerate(wanted):
        if tube not in known:
            raise refusal(file, f"{key}[{index}]", choices_words(tube, known, ""))
        if tube in wanted[:index]:
            raise refusal(file, f"{key}[{index}]", "each tube once")
    return tuple(wanted)


def _check_in_two_places(depot: Depot, aboard: Sequence[SampleTube]) -> None:
    """Refuses tubes that lie in the depot and are aboard Perseverance, too."""
    in_depot = [tube.id for tube in depot.tubes]
    for index, tube in enumerate(aboard):
        if tube.id in in_depot:
            file = find_configuration("world", "perseverance_tubes")
            raise refusal(file, f"tubes[{index}].id", "the id of a tube that is not in the depot")


def _most_tubes(place: str, in_depot: int, taken: int, vehicles: Collection[str]) -> int:
    """How many tubes can be at a place in a mission in which so many lie in the depot, so many are
    wanted or held, and these vehicles take part."""
    if place in BROUGHT_BY and BROUGHT_BY[place] not in vehicles:
        return 0
    return {GROUND: in_depot + taken, **dict.fromkeys(GRIPPERS, 1)}.get(place, taken)


def most_tubes(mission: LoadedMission) -> dict[str, int]:
    """How many tubes can be at each place in a mission."""
    taken = len(mission.wanted) + len(mission.held)
    in_depot, vehicles = len(mission.depot.tubes), mission.vehicles
    return {place: _most_tubes(place, in_depot, taken, vehicles) for place in PLACES}


def _check_failures_can_come(file: Path, mission: Mission, in_depot: int, taken: int) -> None:
    """Refuses failures whose time or number of tubes this mission cannot reach.

    `in_depot`: how many tubes lie there; `taken`: how many are wanted or held.
    """
    for index, failure in enumerate(mission.failures):
        key = f"failures[{index}]"
        if failure.after_sols is not None and failure.after_sols >= mission.time_limit:
            allowed = f"less than time_limit ({mission.time_limit:g} sol)"
            raise refusal(file, f"{key}.after_sols", allowed)
        if failure.tubes is None:
            continue
        can_be = _most_tubes(failure.tubes.place, in_depot, taken, mission.vehicles)
        if failure.tubes.count > can_be:
            allowed = f"at most {can_be}, as many as can be there in this mission"
            raise refusal(file, f"{key}.tubes.count", allowed)


def plain(mission: LoadedMission) -> dict[str, Any]:
    """The mission as plain data, for the run directory."""
    data: dict[str, Any] = msgspec.to_builtins(mission.mission)
    return {"name": mission.name, **data}
