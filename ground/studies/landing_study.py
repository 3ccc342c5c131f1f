"""Many dispersed landings: where they come down, how hard, and whether any is lost in silence.

Each run is a delivery, a day's air and a vehicle of its own, by its number, over the same ground.
What flies is the lander's own software (`landing_flight`). The runs are spread over processes, and
come out the same on any number of them.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.whole_files import replace_file
from flight.lander.node import Lander
from flight.runtime.streams import stream
from ground.missions.vehicle_files import VehicleFile, load_vehicle_file
from ground.reports.touchdown_facts import DISTANCE_AIM
from ground.studies.landing_flight import FlownLanding, fly_landing
from ground.studies.study_runs import all_of
from sim_hw.assembly.descent import SITE_FRAME, place_in_space
from sim_hw.assembly.entry_start import DEFAULT_AIM, start_of_entry
from sim_hw.assembly.lander import HARDWARE
from sim_hw.dynamics.entry_parameters import EntryVehicleParameters
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.world.landing_survey import survey
from sim_hw.world.tubes import TubeRegistry
from sim_hw.world.world import World

EPOCH_JD_TT = 2461990.2
"""2028-08-07, early afternoon at the site."""
GROUND_SEED = 1
SITE = (330.0, -150.0)
"""m east and north of Malay: where the nominal mission lands."""
VERTICAL_LIMIT, HORIZONTAL_LIMIT = 2.4, 1.0
"""m/s at touchdown: down as for Viking; sideways an assumption."""
TILT_LIMIT_DEGREES = 15.0
SHARE_AIM = 0.99


@dataclass(frozen=True)
class LandingResult:
    """One run. Distances in m, speeds in m/s, tilt at rest in degrees, propellant in kg.

    `east` and `north` of the site are where it came down. `verdict` is the truth's; `claimed`
    whether the lander says that it has landed; `knowledge` how far it is wrong about its place.
    """

    run: int
    verdict: str
    reason: str
    claimed: bool
    distance: float
    knowledge: float
    vertical_speed: float
    horizontal_speed: float
    tilt: float
    propellant: float
    parachute_mach: float
    parachute_pressure: float
    divert: float
    reversals: int
    duration: float
    warnings: tuple[str, ...]
    east: float = math.nan
    north: float = math.nan

    @property
    def within_limits(self) -> bool:
        """Whether it stands, and touched down softly and upright."""
        return (
            self.verdict == "landed"
            and self.vertical_speed <= VERTICAL_LIMIT
            and self.horizontal_speed <= HORIZONTAL_LIMIT
            and self.tilt <= TILT_LIMIT_DEGREES
        )

    @property
    def lost_in_silence(self) -> bool:
        """Whether the lander claims a landing that has not taken place."""
        return self.claimed and self.verdict == "crashed"


class StudyWorld(World):
    """A world whose ground stays while all chance in it belongs to a run."""

    run = 0

    def random(self, name: str) -> Any:
        """The random stream of one thing in the world, of this run."""
        return stream(self.seed, f"run {self.run}.world.{name}")


@dataclass
class Setting:
    """What a process makes once: ground, map, vehicle file."""

    world: StudyWorld
    landing_map: dict[str, Any]
    file: VehicleFile


_SETTINGS: list[Setting] = []


def setting() -> Setting:
    """The setting of this process."""
    if not _SETTINGS:
        file = load_vehicle_file(Lander, HARDWARE)
        world = StudyWorld(GROUND_SEED, EPOCH_JD_TT, TubeRegistry((), {}))
        landing_map = survey(world.terrain, world.rocks, world.random("survey"), *SITE)
        _SETTINGS.append(Setting(world, landing_map, file))
    return _SETTINGS[0]


def dispersed(parameters: EntryVehicleParameters, run: int) -> EntryVehicleParameters:
    """A vehicle that differs from the one that its software expects.

    Standard deviations, all assumptions: mass 0.5 %, drag area 1.5 %, lift over drag 2 %, parachute
    area 3 %, specific impulse 0.5 %.
    """
    gauss = stream(GROUND_SEED, f"run {run}.vehicle").gauss
    replace = msgspec.structs.replace
    shell, canopy, engines = parameters.aeroshell, parameters.parachute, parameters.engines
    return replace(
        parameters,
        dry_mass=parameters.dry_mass * (1.0 + gauss(0.0, 0.005)),
        aeroshell=replace(
            shell,
            diameter=shell.diameter * (1.0 + gauss(0.0, 0.0075)),
            trim_angle=shell.trim_angle * (1.0 + gauss(0.0, 0.02)),
        ),
        parachute=replace(canopy, diameter=canopy.diameter * (1.0 + gauss(0.0, 0.015))),
        engines=replace(
            engines, specific_impulse=engines.specific_impulse * (1.0 + gauss(0.0, 0.005))
        ),
    )


def fly_run(
    run: int, prepare: Callable[[dict[str, Any]], None] = lambda devices: None
) -> LandingResult:
    """One run of the study, by its number; `prepare` may make devices fail."""
    flown = fly_numbered(run, prepare)
    return _result(run, flown)


def fly_numbered(
    run: int,
    prepare: Callable[[dict[str, Any]], None] = lambda devices: None,
    trace_every: float = 0.0,
) -> FlownLanding:
    """The flight of one run, with all its events."""
    made = setting()
    world, hardware = made.world, made.file.hardware.descent
    world.run = run
    vehicle_parameters = dispersed(hardware.vehicle, run)
    start = start_of_entry(DEFAULT_AIM, SITE_FRAME, *SITE, world.random("delivery"))
    load = {
        "state": start.known,
        "map": made.landing_map,
        "aim": {"east": SITE[0], "north": SITE[1]},
    }

    def make_vehicle(where: World) -> EntryVehicle:
        return place_in_space(where, vehicle_parameters, start.position, start.velocity)

    return fly_landing(
        world,
        make_vehicle,
        hardware,
        made.file.flight,
        load,
        prepare=prepare,
        trace_every=trace_every,
    )


def _result(run: int, flown: FlownLanding) -> LandingResult:
    outcome, known = flown.outcome, flown.known
    told = {name: data for _, name, data in reversed(flown.events)}
    fired, left = told.get("parachute_fired", {}), told.get("backshell_separated", {})
    expected = {"bank_reversed", "leg_stuck"}
    warnings = [name for _, name, _ in flown.events if name in WARNINGS and name not in expected]
    place = (outcome.east, outcome.north) if outcome is not None else (math.nan, math.nan)
    return LandingResult(
        run=run,
        verdict=outcome.verdict if outcome is not None else "still in the air",
        reason=(outcome.reason if outcome is not None else "") or flown.failure,
        claimed=known is not None,
        distance=math.dist(place, SITE),
        knowledge=math.dist(place, (known.east, known.north)) if known else math.nan,
        vertical_speed=outcome.vertical_speed if outcome is not None else math.nan,
        horizontal_speed=outcome.horizontal_speed if outcome is not None else math.nan,
        tilt=math.degrees(outcome.resting_tilt) if outcome is not None else math.nan,
        propellant=flown.propellant,
        parachute_mach=float(fired.get("mach", math.nan)),
        parachute_pressure=float(fired.get("pressure", math.nan)),
        divert=float(left.get("divert", math.nan)),
        reversals=sum(1 for _, name, _ in flown.events if name == "bank_reversed"),
        duration=outcome.time if outcome is not None else math.nan,
        warnings=tuple(dict.fromkeys(warnings)),
        east=place[0] - SITE[0],
        north=place[1] - SITE[1],
    )


WARNINGS = (
    "altitude_rejected",
    "descent_resumed",
    "device_trouble",
    "engine_lost",
    "gyroscope_saturated",
    "initiator_failed",
    "jump_believed",
    "leg_stuck",
    "no_plan_fits",
    "parachute_does_not_pull",
    "part_not_fired",
    "propellant_spent",
    "radar_lost",
)


def fly_study(
    runs: int,
    workers: int = 1,
    *,
    first: int = 1,
    progress: Callable[[int, int], None] = lambda done, all_: None,
) -> list[LandingResult]:
    """Flies the runs `first` to `first + runs - 1`, in their order.

    Raises BrokenOffError where a signal ends it.
    """
    return all_of(fly_run, range(first, first + runs), workers, progress)


@dataclass(frozen=True)
class Spread:
    """A figure over the runs: median, 99 % quantile, greatest."""

    median: float
    high: float
    greatest: float


@dataclass(frozen=True)
class LandingSummary:
    """What a study came to. Shares of all runs."""

    runs: int
    landed: float
    within_limits: float
    within_distance: float
    lost: int
    lost_in_silence: int
    spreads: dict[str, Spread]
    reasons: dict[str, int]
    warnings: dict[str, int]


def summarise(results: Sequence[LandingResult]) -> LandingSummary:
    """The figures of a study. Raises ValueError without results."""
    if not results:
        raise ValueError("a study without runs has no result")
    standing = [result for result in results if result.verdict == "landed"]
    names = (
        "distance",
        "knowledge",
        "vertical_speed",
        "horizontal_speed",
        "tilt",
        "propellant",
        "parachute_mach",
        "parachute_pressure",
        "divert",
    )
    count = len(results)
    return LandingSummary(
        runs=count,
        landed=len(standing) / count,
        within_limits=sum(r.within_limits for r in results) / count,
        within_distance=sum(r.within_limits and r.distance <= DISTANCE_AIM for r in results)
        / count,
        lost=count - len(standing),
        lost_in_silence=sum(r.lost_in_silence for r in results),
        spreads={name: _spread([getattr(r, name) for r in standing]) for name in names},
        reasons=dict(Counter(r.reason or r.verdict for r in results if r.verdict != "landed")),
        warnings=dict(Counter(name for r in results for name in r.warnings)),
    )


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(value for value in values if not math.isnan(value))
    if not ordered:
        return Spread(math.nan, math.nan, math.nan)

    def quantile(part: float) -> float:
        return ordered[min(math.ceil(part * len(ordered)), len(ordered)) - 1]

    return Spread(quantile(0.5), quantile(0.99), ordered[-1])


UNITS = {
    "distance": "m from the site",
    "knowledge": "m wrong about its place",
    "vertical_speed": "m/s down at touchdown",
    "horizontal_speed": "m/s sideways at touchdown",
    "tilt": "deg at rest",
    "propellant": "kg left",
    "parachute_mach": "Mach at the mortar",
    "parachute_pressure": "Pa at the mortar",
    "divert": "m to go off the parachute",
}


def markdown(summary: LandingSummary) -> str:
    """The summary as a text."""
    lines = [
        f"# {summary.runs} dispersed landings",
        "",
        f"- landed: {100.0 * summary.landed:.1f} %",
        f"- touchdown within limits ({VERTICAL_LIMIT:g} m/s down, {HORIZONTAL_LIMIT:g} m/s "
        f"sideways, {TILT_LIMIT_DEGREES:g} deg): {100.0 * summary.within_limits:.1f} %",
        f"- and within {DISTANCE_AIM:g} m of the site: {100.0 * summary.within_distance:.1f} % "
        f"(aim: {100.0 * SHARE_AIM:g} %)",
        f"- lost: {summary.lost}; lost in silence: {summary.lost_in_silence}",
        "",
        "| of those that landed | median | 99 % | greatest |",
        "|---|---|---|---|",
    ]
    for name, spread in summary.spreads.items():
        lines.append(
            f"| {UNITS[name]} | {spread.median:.2f} | {spread.high:.2f} | {spread.greatest:.2f} |"
        )
    for title, counts in (("Lost", summary.reasons), ("Warnings", summary.warnings)):
        if counts:
            lines += ["", f"{title}:", ""]
            lines += [f"- {text}: {number}" for text, number in sorted(counts.items())]
    return "\n".join(lines) + "\n"


def write(folder: Path, results: Sequence[LandingResult], summary: LandingSummary) -> None:
    """Every run and the summary into a folder: `landings.json`, `summary.json`, `summary.md`."""
    folder.mkdir(parents=True, exist_ok=True)
    runs = [asdict(result) for result in results]
    replace_file(folder / "landings.json", json.dumps(runs, indent=1))
    replace_file(folder / "summary.json", json.dumps(asdict(summary), indent=1))
    replace_file(folder / "summary.md", markdown(summary))
