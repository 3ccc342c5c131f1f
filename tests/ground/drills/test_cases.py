"""Several drills in one file: what they have in common stands once, each case says the rest."""

import re
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.messages import EventReport, Severity
from ground.drills.awaiting import Awaited
from ground.drills.generated import plain_of, write_drill
from ground.drills.happenings import WarningComes
from ground.drills.variants import load_variant, load_variants
from tests.ground.drills.conftest import Write

CASES = """\
format: 1
title: The landing radar
scenario: short
start: {at: {event: lander.parachute_open}}
horizon: 0.5 sol
always: [no_vehicle_lost]
cases:
  silent:
    faults: [{id: radar, device: lander.landing_radar, method: measure, kind: dropout, lasts: 5 s}]
    sweep: {lasts: [1 s, 2 s], radar.kind: [dropout, not_a_number]}
  told_late:
    title: It is said
    horizon: 1 sol
    always: [tubes_accounted]
    within: {told: {warning: lander, in: 1 min, since: start}}
"""


def test_each_case_is_a_drill_and_its_sweep_its_own(write: Write) -> None:
    drills = load_variants(write(CASES))
    assert [drill.name for drill in drills] == [
        "drill.silent[lasts=1 s, radar.kind=dropout]",
        "drill.silent[lasts=1 s, radar.kind=not_a_number]",
        "drill.silent[lasts=2 s, radar.kind=dropout]",
        "drill.silent[lasts=2 s, radar.kind=not_a_number]",
        "drill.told_late",
    ]
    silent, late = drills[3], drills[-1]
    assert (silent.title, late.title) == ("The landing radar", "It is said")
    assert late.horizon == 2.0 * silent.horizon
    assert [each.text for each in late.always] == ["tubes_accounted"]
    assert silent.faults[0].kind.name() == "not_a_number" and not late.faults
    assert late.within[0].what == WarningComes("lander")


def test_a_drill_is_found_again_by_what_distinguishes_it(write: Write, tmp_path: Path) -> None:
    file = write(CASES)
    for drill in load_variants(file):
        assert load_variant(file, drill.swept) == drill
        alone = write_drill(tmp_path / "alone", "one", plain_of(drill))
        assert (alone.faults, alone.within) == (drill.faults, drill.within)
        assert (alone.title, alone.horizon) == (drill.title, drill.horizon)
        assert "cases" not in plain_of(drill) and "sweep" not in plain_of(drill)


BAD = {
    "no case": (re.compile("cases:.*", re.S), "cases: {}", 7, "one case at least"),
    "cases no mapping": (re.compile("cases:.*", re.S), "cases: [1]", 7, "allowed is a mapping"),
    "bad name": ("told_late:", "Told-late:", 12, "small letters"),
    "unknown key of a case": ("    horizon: 1 sol", "    horizn: 1 sol", 13, "horizon"),
    "unknown key of all": ("cases:", "colour: red\ncases:", 7, "colour"),
    "other scenario": ("horizon: 1 sol", "scenario: surface", 13, "scenario is not a known key"),
    "cases in a case": ("horizon: 1 sol", "cases: {x: {}}", 13, "cases is not a known key"),
    "bad value in a case": ("1 sol", "1 km", 13, "a number with its unit"),
    "bad value of a sweep": ("[dropout, not_a_number]", "[dropout, droput]", 10, "did you mean"),
    "value of a sweep twice": ("[1 s, 2 s]", "[1 s, 1 s]", 10, "each value once"),
    "warning of nobody": ("warning: lander", "warning: landr", 15, "did you mean lander?"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_case_is_refused_where_it_stands(write: Write, what: str) -> None:
    old, new, line, words = BAD[what]
    text = old.sub(new, CASES, 1) if isinstance(old, re.Pattern) else CASES.replace(old, new, 1)
    assert text != CASES
    with pytest.raises(ConfigurationError) as refusal:
        load_variants(write(text))
    assert words in str(refusal.value) and refusal.value.line == line


def test_a_warning_of_this_vehicle_is_one_whatever_it_says() -> None:
    awaited = Awaited(WarningComes("lander"), None)  # type: ignore[arg-type]

    def event(source: str, severity: Severity) -> EventReport:
        return EventReport(source, "something", severity, 0, "", {}, 0, 1)

    for severity in (Severity.WARNING_LO, Severity.WARNING_HI, Severity.FATAL):
        assert awaited.hear(event("lander", severity))
        assert not awaited.hear(event("rover", severity))
    for severity in (Severity.ACTIVITY_HI, Severity.ACTIVITY_LO, Severity.DIAGNOSTIC):
        assert not awaited.hear(event("lander", severity))
    assert not awaited.poll()
