"""What a run is, for who asks mission control."""

import re

from flight.astrodynamics.time_scales import format_iso, utc_from_tt
from ground.api.times import DEFAULT_TIMES
from ground.mission_control import About
from ground.missions.mission import LoadedMission
from ground.testbed.control_room.control_room import make_dictionary


def about_run(
    mission: LoadedMission,
    seed: int,
    host: str,
    *,
    deterministic: bool = True,
    condition_sols: float = DEFAULT_TIMES.condition_sols,
) -> About:
    """What is flown, by which chance and on which host."""
    dictionary = make_dictionary()
    vehicles = [
        {"name": name, "title": re.split("[.:(]", dictionary.vehicles[name].doc)[0].strip()}
        for name in mission.vehicles
    ]
    epoch = format_iso(utc_from_tt(mission.epoch_jd_tt))
    title = mission.mission.title
    return About(
        mission.name, title, vehicles, seed, host, deterministic, epoch,
        condition_sols=condition_sols,
    )  # fmt: skip
