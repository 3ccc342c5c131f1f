"""Surveys are kept: one is flown anew when anything that it rests on has changed."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

import flight
from flight.configuration.files import configs_folder
from flight.configuration.outside_files import UNDECODABLE
from flight.configuration.whole_files import replace_file
from ground.drills.jobs import SurveyOrder
from ground.drills.survey import FORMAT, Survey
from ground.drills.workers import Workers
from ground.missions.mission import load_mission
from ground.testbed.evidence.fingerprint import DECISIVE, fingerprint

CODE = ("flight", "sim_hw", "ground/testbed", "ground/missions", "ground/mission_control")
"""What a flight without faults is made of."""
FOLDER = "surveys"
SEED = 1
"""Of a survey: the flights of other seeds take about the same work."""


Key = tuple[str, int]
"""Scenario and seed."""


def surveys(wanted: Iterable[Key], workers: Workers, folder: Path) -> dict[Key, Survey]:
    """The survey of each, from the folder or flown; raises ConfigurationError."""
    found: dict[Key, Survey] = {}
    orders: list[SurveyOrder] = []
    code = _code_digest()
    for scenario, seed in dict.fromkeys(wanted):
        digest = _digest(code, scenario, seed)
        kept = _kept(folder / f"{digest}.json")
        if kept is not None:
            found[scenario, seed] = kept
        else:
            orders.append(SurveyOrder(scenario=scenario, seed=seed, digest=digest))
    found.update(_flown(orders, workers, folder))
    return found


def _flown(orders: Sequence[SurveyOrder], workers: Workers, folder: Path) -> dict[Key, Survey]:
    found: dict[Key, Survey] = {}
    for order, survey in workers.survey(orders):
        survey.digest = order.digest
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / f"{order.digest}.json", msgspec.json.encode(survey))
        found[order.scenario, order.seed] = survey
    return found


def _kept(file: Path) -> Survey | None:
    try:
        survey = msgspec.json.decode(file.read_bytes(), type=Survey)
    except (OSError, *UNDECODABLE):
        return None
    return survey if survey.format == FORMAT else None


def _digest(code: str, scenario: str, seed: int) -> str:
    mission = load_mission(scenario).file
    platform = {name: fingerprint()[name] for name in DECISIVE}
    told = json.dumps(
        [code, seed, FORMAT, platform, hashlib.sha256(mission.read_bytes()).hexdigest()]
    )
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _code_digest() -> str:
    """Of all code and configuration that a flight may rest on."""
    top = Path(flight.__file__).resolve().parents[1]
    files = [file for place in CODE for file in (top / place).rglob("*.py")]
    files += [file for file in configs_folder().rglob("*.yaml") if "drills" not in file.parts]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
