"""Stories of the soak: a flight, or a flight with deaths, each by its seed."""

import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flight.astrodynamics.mars_time import SOL_SECONDS
from ground.missions.mission import load_mission
from ground.missions.vehicles import ALL_VEHICLES
from ground.reports.flight import fly_mission
from ground.reports.run_check import complaints
from ground.testbed.host import HostKind
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import GROUND, Kill
from ground.testbed.processes.processes import Processes
from ground.testbed.run import RunOptions

MISSIONS = (
    "surface", "short", "perseverance_delivers", "rover_arm_loads", "return", "off_nominal_orbit",
    "nominal", "missed_window", "long_drive", "dust_storm",
)  # fmt: skip
MOST_DEATHS = 4


@dataclass(frozen=True)
class Story:
    """One flight of a mission; `deaths` participants die in it at instants drawn from its seed."""

    mission: str
    seed: int
    deaths: int

    def kills(self) -> tuple[Kill, ...]:
        """Who dies when: evenly over participants and the flight's expected duration."""
        mission = load_mission(self.mission)
        draw = random.Random(f"{self.mission} {self.seed} {self.deaths}")
        roles = [*(v for v in ALL_VEHICLES if v in mission.vehicles), GROUND]
        span = mission.mission.expected_duration * SOL_SECONDS
        kills = (
            Kill(draw.choice(roles), round(draw.uniform(0.0, span), 3))
            for _ in range(self.deaths)
        )
        return tuple(sorted(kills, key=lambda kill: kill.at))

    def command(self) -> str:
        """What flies it again."""
        kills = "".join(f" --kill {kill.role}@{kill.at}" for kill in self.kills())
        return f"msr fly {self.mission} --seed {self.seed}{kills}"


@dataclass(frozen=True)
class Told:
    """What came of a story: `broken` are breaches of what must hold of every run."""

    story: Story
    verdict: str
    reason: str
    broken: tuple[str, ...]
    deaths: int = 0  # that came


def fly(story: Story) -> Told:
    """Flies it in a folder of its own that is removed; an exception is a breach."""
    return _flown(story, Virtual())


def fly_over_processes(story: Story) -> Told:
    """The same over processes: who dies, dies by signal 9. A traceback is a breach as well."""
    return _flown(story, Processes())


def _flown(story: Story, host: HostKind) -> Told:
    with tempfile.TemporaryDirectory(prefix="msr-soak-") as folder:
        out = Path(folder) / "run"
        try:
            options = RunOptions(seed=story.seed, kills=story.kills())
            facts = fly_mission(load_mission(story.mission), out, options, host)
            logs = sorted((out / "logs").glob("*.log"))
            broken = [
                f"a traceback in {log.name}"
                for log in logs
                if "Traceback" in log.read_text(errors="replace")
            ]
            told = (facts.verdict, facts.outcome.reason, (*complaints(out), *broken))
            return Told(story, *told, len(facts.kills))
        except Exception as error:
            return Told(story, "broke", "", (f"{type(error).__name__}: {error}",))


def story(base: int, number: int) -> Story:
    """The n-th story of a soak: missions in turn, every second one with one to four deaths."""
    mission = MISSIONS[(number // 2) % len(MISSIONS)]
    deaths = 0 if number % 2 == 0 else 1 + (number // (2 * len(MISSIONS))) % MOST_DEATHS
    return Story(mission, base + number, deaths)
