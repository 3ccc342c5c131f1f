"""Mission control for a mission: its dictionary, its procedure, its variables."""

import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from flight.astrodynamics.conjunctions import moratorium_intervals
from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.astrodynamics.mars_time import SOL_SECONDS, sun_elevation_azimuth
from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.configuration.files import ConfigurationError, find_configuration
from flight.configuration.whole_files import replace_file
from flight.runtime.bus import Bus
from flight.runtime.discs import FILES, Disc
from ground.mission_control import (
    ArchiveError,
    Dictionary,
    MissionClock,
    MissionControl,
    NoRoom,
    Outcome,
    ProcedureChanged,
    Program,
    TubeEntry,
    launch_time,
    load_procedure,
)
from ground.missions.mission import LoadedMission
from ground.missions.vehicle_files import load_vehicle_file
from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_class, vehicle_classes
from sim_hw.assembly import orbiter as orbiter_assembly

OUTCOME_FILE = "outcome.json"


@cache
def make_dictionary() -> Dictionary:
    """The dictionary of all vehicles, as the ground has it; made once, and changed by nobody."""
    return Dictionary.from_plain(build_dictionary(vehicle_classes()))


def make_program(mission: LoadedMission, dictionary: Dictionary) -> Program:
    """The mission's procedure, checked against the dictionary; raises ConfigurationError."""
    file = find_configuration("procedures", mission.mission.procedure)
    return read_procedure(file, mission, dictionary)


def read_procedure(file: Path, mission: LoadedMission, dictionary: Dictionary) -> Program:
    """A procedure with the variables of a mission; raises ConfigurationError."""
    opportunities = () if mission.mission.launch_after is None else ("launch",)
    known = [tube.id for tube in (*mission.depot.tubes, *mission.held)]
    return load_procedure(
        file, procedure_variables(mission), dictionary, opportunities, mission.vehicles, known
    )


def procedure_variables(mission: LoadedMission) -> dict[str, Any]:
    """What a procedure may refer to as `${...}`."""
    lander = mission.mission.lander
    variables: dict[str, Any] = {
        "tubes": list(mission.wanted),
        "held": [tube.id for tube in mission.held],
        "lander": {"east": lander.east, "north": lander.north},
    }
    launch = launch_opportunity(mission)
    if launch is not None:
        # The last checks begin a sol before.
        variables["launch_sol"] = MissionClock(mission.epoch_jd_tt).sol(launch(0.0)) - 1
    if "orbiter" in mission.vehicles:
        orbiter = load_vehicle_file(vehicle_class("orbiter"), None).flight
        variables["entry_after"] = orbiter["release_days"] * SECONDS_PER_DAY
    return variables


def launch_opportunity(mission: LoadedMission) -> Callable[[float], float] | None:
    """The first mission time, from one on, of a launch into the orbiter's plane.

    Not before the mission's own launch date; None when it is to launch as soon as all is ready.
    """
    after = mission.mission.launch_after
    if after is None:
        return None
    orbiter = load_vehicle_file(vehicle_class("orbiter"), orbiter_assembly.HARDWARE)
    mav = load_vehicle_file(vehicle_class("mav"), None).flight
    craft = orbiter.hardware.vehicle

    def find(earliest: float) -> float:
        return launch_time(
            max(earliest, after * SOL_SECONDS),
            math.radians(craft.ascending_node),
            craft.altitude,
            mav["target_height"],
            math.radians(mav["launch_latitude"]),
            math.radians(mav["launch_longitude"]),
            math.radians(mav["target_inclination"]),
        )

    return find


def conjunctions(mission: LoadedMission) -> list[tuple[float, float]]:
    """Begin and end (mission time, s) of each stretch in which the Sun stands between."""
    begin = mission.epoch_jd_tt
    end = begin + mission.mission.time_limit * SOL_SECONDS / SECONDS_PER_DAY
    return [
        ((first - begin) * SECONDS_PER_DAY, (last - begin) * SECONDS_PER_DAY)
        for first, last in moratorium_intervals(begin, end)
    ]


def direct_hours(clock: MissionClock) -> dict[str, Callable[[float], bool]]:
    """Of vehicles whose direct link sleeps at night: whether it listens at a mission time (s)."""
    lander = load_vehicle_file(vehicle_class("lander"), None).flight
    perseverance = load_vehicle_file(vehicle_class("perseverance"), None).flight

    def by_day(latitude: float, longitude: float, least: float) -> Callable[[float], bool]:
        place = MARS_IAU.planetographic(latitude)

        def listens(at: float) -> bool:
            sun = sun_elevation_azimuth(clock.jd_tt(at), place, longitude)
            return sun.elevation_degrees >= least

        return listens

    return {
        "lander": by_day(
            lander["site_latitude"], lander["site_longitude"], lander["day_begins"]
        ),
        "perseverance": by_day(
            perseverance["latitude"], perseverance["longitude"], perseverance["sleeping_sun"]
        ),
    }  # fmt: skip


def make_mission_control(
    mission: LoadedMission, bus: Bus, folder: Path, disc: Disc = FILES, *, durable: bool = False,
    program: Program | None = None,
) -> MissionControl:  # fmt: skip
    """Mission control, ready to run; its archive lies in the folder, on a disc.

    `durable`: what it kept outlives a power cut of this machine. `program`: another procedure than
    that of the mission's file as it is now.

    Raises ConfigurationError, also when the archive in the folder is not one to go on with; NoRoom
    where it may be later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dictionary = make_dictionary()
    tubes = [TubeEntry(t.id, t.name, t.content) for t in (*mission.depot.tubes, *mission.held)]
    program = program or make_program(mission, dictionary)
    clock = MissionClock(mission.epoch_jd_tt)
    launch = launch_opportunity(mission)
    opportunities = {} if launch is None else {"launch": launch}
    try:
        return MissionControl(
            bus, folder, dictionary, program, tubes, clock, opportunities=opportunities, disc=disc,
            conjunctions=conjunctions(mission), durable=durable,
            compile_procedure=lambda path: read_procedure(path, mission, dictionary),
            hours=direct_hours(clock),
        )  # fmt: skip
    except NoRoom:
        raise
    except ProcedureChanged as error:
        raise ConfigurationError(program.file, None, "steps", str(error)) from error
    except ArchiveError as error:
        raise ConfigurationError(str(folder), None, "", str(error)) from error


async def run_to_end(
    control: MissionControl, begun: Callable[[], None] = lambda: None
) -> Outcome:
    """Runs mission control, see there; an archive that it cannot go on with ends the run with its
    sentence.

    Raises NoRoom where it can go on later: then it is to be closed and begun again."""
    try:
        return await control.run(begun)
    except NoRoom:
        raise
    except ArchiveError as error:
        return Outcome("failed", str(error), [])


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Writes how the procedure ended."""
    replace_file(folder / OUTCOME_FILE, json.dumps(msgspec.to_builtins(outcome), indent=2))
