"""Drill files: read, and refused with file, line and reason where they have no meaning.

All that can be told without flying is told here, before anything is started.
"""

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError
from flight.configuration.sections import Section, load_section
from flight.icd.amounts import Amount
from flight.icd.expressions import Expression
from ground.drills.breaking import read_faults_of
from ground.drills.contradictions import check_contradictions
from ground.drills.drill import AtTime, Drill, Heal, OperatorStep, Start, Within
from ground.drills.happenings import read_expression, read_happening
from ground.drills.scenario import Scenario, load_scenario, scenario_names
from ground.drills.timings import check_times
from ground.drills.vocabulary import Vocabulary
from ground.mission_control import DictionaryRefusal
from ground.testbed.computers.protections import known_protections

FORMAT = 1
LONGEST = 3000.0 * SOL_SECONDS
Span = Annotated[float, Amount("s", gt=0.0, le=LONGEST)]
Wait = Annotated[float, Amount("s", ge=0.0, le=LONGEST)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=4000)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**31)]
Times = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEYS = (
    "format", "title", "doc", "requirement", "protects", "known_fail", "scenario", "seed", "start",
    "horizon", "ends", "faults", "always", "never", "within", "heal", "operator", "sweep",
)  # fmt: skip
REQUIRED = ("format", "title", "scenario", "start", "horizon")


def load_drill(path: Path | str) -> Drill:
    """The drill of a file, without its sweep; raises ConfigurationError."""
    section = load_section(path)
    return read_drill(section, Path(path))


def read_drill(section: Section, path: Path) -> Drill:
    """A drill as a whole file gives it; raises ConfigurationError."""
    section.only(KEYS, ("format",))
    if section.at("format").plain() != FORMAT:
        raise section.at("format").refuse_value(f"{FORMAT}, the format that this program reads")
    section.only(KEYS, REQUIRED)
    scenario = _scenario(section.at("scenario"))
    vocabulary = scenario.vocabulary
    horizon = section.at("horizon").read(Span)
    faults = section.get("faults")
    drill = Drill(
        name=path.stem,
        file=path,
        title=section.at("title").read(Title),
        doc=_text(section.get("doc")),
        requirement=_text(section.get("requirement")),
        protects=_protects(section.get("protects"), scenario),
        known_fail=_known_fail(section.get("known_fail")),
        scenario=str(section.at("scenario").plain()),
        seed=_seed(section.get("seed")),
        start=_start(section.at("start"), scenario),
        horizon=horizon,
        ends_when_met=_ends_when_met(section.get("ends")),
        faults=() if faults is None else read_faults_of(faults, scenario),
        always=_expressions(section.get("always"), vocabulary),
        never=_expressions(section.get("never"), vocabulary),
        within=_within(section.get("within"), vocabulary, horizon),
        heal=_heal(section.get("heal"), vocabulary, horizon),
        operator=_operator(section.get("operator"), vocabulary),
    )
    check_times(section, drill, scenario)
    check_contradictions(section, drill, scenario)
    return drill


def _scenario(section: Section) -> Scenario:
    name = section.read(str)
    if not name.endswith((".yaml", ".yml")) and name not in scenario_names():
        allowed = f"{choices_words(name, scenario_names(), '')}, or the path of a mission file"
        raise section.refuse_value(allowed)
    try:
        return load_scenario(name)
    except ConfigurationError as error:
        raise section.refuse(f"{section.key} = {name}: {error}") from None


def _ends_when_met(section: Section | None) -> bool:
    word = "at_horizon" if section is None else section.plain()
    if section is not None and word not in ("at_horizon", "when_met"):
        raise section.refuse_value("one of at_horizon, when_met")
    return bool(word == "when_met")


def _seed(section: Section | None) -> int:
    return 1 if section is None else section.read(Seed)


def _text(section: Section | None) -> str:
    return "" if section is None else section.read(Text)


def _protects(section: Section | None, scenario: Scenario) -> tuple[str, ...]:
    if section is None:
        return ()
    known = known_protections(scenario.mission.vehicles)
    for item in section.items():
        if item.plain() not in known:
            raise item.refuse_value(choices_words(str(item.plain()), list(known), ""))
    return tuple(section.read(list[str]))


def _known_fail(section: Section | None) -> dict[str, str]:
    if section is None or not section.entries():
        return {}
    section.only(("reason", "until"), ("reason", "until"))
    until = section.at("until")
    try:
        day = date.fromisoformat(str(until.plain()))
    except ValueError:
        raise until.refuse_value("a date such as 2029-12-31, the last day of it") from None
    return {"reason": section.at("reason").read(Title), "until": day.isoformat()}


# ----------------------------------------------------------------------- when


def _start(section: Section, scenario: Scenario) -> Start:
    section.only(("at", "delay", "nth"), ("at",))
    at, delay, nth = section.at("at"), section.get("delay"), section.get("nth")
    return Start(
        at=_instant(at, scenario),
        delay=0.0 if delay is None else delay.read(Wait),
        nth=1 if nth is None else nth.read(Times),
    )


def _instant(section: Section, scenario: Scenario) -> Any:
    if section.is_mapping and "value" not in section.entries():
        return read_happening(section, scenario.vocabulary, ())
    seconds: float = section.read(Wait)
    if seconds >= scenario.limit:
        raise section.refuse_value(f"less than the scenario's time limit ({scenario.limit:g} s)")
    return AtTime(seconds)


# ------------------------------------------------------------ what must hold


def _expressions(section: Section | None, vocabulary: Vocabulary) -> tuple[Expression, ...]:
    if section is None:
        return ()
    return tuple(read_expression(item, vocabulary) for item in section.items())


def _within(section: Section | None, vocabulary: Vocabulary, horizon: float) -> tuple[Within, ...]:
    if section is None:
        return ()
    found = []
    for name, part in section.entries().items():
        if not _NAME.fullmatch(name):
            raise part.refuse(f"{part.key}: allowed is a name of small letters, digits and _")
        found.append(_one_within(name, part, vocabulary, horizon))
    return tuple(found)


def _one_within(name: str, section: Section, vocabulary: Vocabulary, horizon: float) -> Within:
    what = read_happening(section, vocabulary, ("in", "since"))
    limit: float = section.at("in").read(Span)
    if limit > horizon:
        raise section.at("in").refuse_value(f"at most the horizon ({horizon:g} s)")
    since = section.get("since")
    if since is None:
        return Within(name, what, limit)
    word = since.plain()
    if word not in ("hit", "end", "start"):
        raise since.refuse_value("one of hit, end, start")
    return Within(name, what, limit, word)


def _heal(section: Section | None, vocabulary: Vocabulary, horizon: float) -> Heal | None:
    if section is None:
        return None
    section.only(("at", "then"), ("at",))
    at, then = section.at("at"), section.get("then")
    since = None if then is None else then.get("since")
    if since is not None:
        raise since.refuse(f"{since.key}: it counts from the healing: allowed is to leave it out")
    seconds = None
    if at.plain() != "end_of_faults":
        seconds = at.read(Wait)
        if seconds >= horizon:
            raise at.refuse_value(f"end_of_faults, or less than the horizon ({horizon:g} s)")
    liveness = None if then is None else _one_within("then", then, vocabulary, horizon)
    return Heal(seconds, liveness)


# ------------------------------------------------------------- the operator


def _operator(section: Section | None, vocabulary: Vocabulary) -> tuple[OperatorStep, ...]:
    if section is None:
        return ()
    return tuple(_operator_step(item, vocabulary) for item in section.items())


def _operator_step(section: Section, vocabulary: Vocabulary) -> OperatorStep:
    keys = ("prompt", "after", "do", "arguments", "deadline", "delay")
    section.only(keys, ("prompt", "after", "do", "deadline"))
    do, given, delay = section.at("do"), section.get("arguments"), section.get("delay")
    path = do.read(str)
    try:
        vehicle, command = vocabulary.command(path)
    except ValueError as error:
        raise do.refuse(f"{do.key} = {path}: {error}") from None
    arguments: dict[str, Any] = {} if given is None else given.read(dict[str, Any])
    try:
        vocabulary.dictionary.check(vehicle, command, arguments)
    except DictionaryRefusal as error:
        place = do if given is None else given
        raise place.refuse(f"{place.key}: {error}") from None
    return OperatorStep(
        prompt=section.at("prompt").read(Title),
        after=read_happening(section.at("after"), vocabulary, ()),
        vehicle=vehicle,
        command=command,
        arguments=arguments,
        deadline=section.at("deadline").read(Span),
        delay=0.0 if delay is None else delay.read(Wait),
    )
