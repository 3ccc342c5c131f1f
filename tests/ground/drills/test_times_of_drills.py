"""What can happen within a drill, at its very limits, and what people are told when it is over."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.expressions import parse_expression
from ground.drills.contradictions import _forbids
from ground.drills.debrief import debrief
from ground.drills.drill import Within
from ground.drills.happenings import Holds, StateEntered
from ground.drills.reading import load_drill
from ground.drills.record import Waited
from ground.drills.replay import differences
from ground.drills.results import Told
from ground.drills.timings import earliest, never_ends
from ground.drills.told_names import name_problem, names_told
from sim_hw.faults.fault import At, Fault, Target
from sim_hw.faults.value_kinds import Stuck
from tests.ground.drills.conftest import Write
from tests.ground.drills.test_reports import shown


def fault(when: Any, lasts: Any = None) -> Fault:
    return Fault(id="f", target=Target("device", "rover.wheels"), kind=Stuck(), when=when,
                 lasts=lasts)  # fmt: skip


@pytest.mark.parametrize(
    ("lasts", "to_the_end"), [(None, True), (59.9, False), (60.0, True), (61.0, True)]
)
def test_a_fault_that_acts_up_to_the_horizon_never_ends(
    lasts: float | None, to_the_end: bool
) -> None:
    begun = fault(At(at=40.0), lasts)
    assert earliest(begun) == 40.0 and never_ends(begun, 100.0) is to_the_end


TEXT = """\
format: 1
title: At its limits
scenario: short
start: {{at: {start}}}
horizon: 100 s
faults:
  - {{id: gauge, device: lander.battery, method: state, kind: dropout,
     when: {{at: {begins}}}{lasts}}}
always: [tubes_accounted]
{more}
"""


def read(
    write: Write, *, start: str = "10 s", begins: str = "0 s", lasts: str = "", more: str = ""
) -> Any:
    given = f", lasts: {lasts}" if lasts else ""
    return load_drill(write(TEXT.format(start=start, begins=begins, lasts=given, more=more)))


WARNED = "within: {told: {warning: lander, in: 10 s, since: end}}"
HEALED = "heal: {{at: {at}, then: {{state: lander.landed, in: 10 s}}}}"
ASKED = """operator:
  - {{prompt: what, after: {{warning: lander}}, do: lander.report_status, deadline: {deadline},
     delay: {delay}}}"""


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"begins": "99.9 s"}, ""), ({"begins": "100 s"}, "less than the horizon"),
        ({"lasts": "99.9 s", "more": WARNED}, ""),
        ({"lasts": "100 s", "more": WARNED}, "does not end before the horizon"),
        ({"begins": "20 s", "more": HEALED.format(at="20.1 s")}, ""),
        ({"begins": "20 s", "more": HEALED.format(at="20 s")}, "more than 20 s"),
        ({"more": ASKED.format(deadline="100 s", delay="100 s")}, ""),
        ({"more": ASKED.format(deadline="100.1 s", delay="1 s")}, "at most the horizon"),
        ({"more": ASKED.format(deadline="50 s", delay="50.1 s")}, "at most the deadline"),
    ],
)  # fmt: skip
def test_what_could_never_happen_in_a_drill_is_refused_from_its_limit_on(
    write: Write, given: dict[str, str], refused: str
) -> None:
    if not refused:
        assert read(write, **given).horizon == 100.0
        return
    with pytest.raises(ConfigurationError, match=refused):
        read(write, **given)


def test_what_is_waited_for_may_not_be_what_must_never_be() -> None:
    entered = Within("w", StateEntered("lander", "entry.powered"), 5.0)
    for text, forbids in (
        ("lander.entry", True), ("lander.entry.powered", True), ("lander.landed", False),
        ("lander.entry.power", False), ("rover.entry", False),
        ("lander.entry while lander.landed", False),
    ):  # fmt: skip
        assert _forbids(parse_expression(text), entered) is forbids, text
    said = parse_expression("lander.battery_voltage > 20 V")
    holds = Within("w", Holds(said), 5.0)
    assert _forbids(said, holds) and not _forbids(parse_expression("lander.landed"), holds)


@pytest.mark.parametrize(
    ("always", "waits", "refused"),
    [
        ("lander.landed", "lander.landed.operating", False),
        ("lander.landed.operating", "lander.landed", False),
        ("lander.landed", "lander.landed", False), ("lander.landed", "lander.safe", True),
        ("lander.landed.operating", "lander.landed.commissioning", True),
        ("lander.landed while lander.entry", "lander.safe", False),
        ("lander.landed", "rover.safe", False),
    ],
)  # fmt: skip
def test_who_must_always_be_in_a_state_is_not_waited_for_in_another(
    write: Write, always: str, waits: str, refused: bool
) -> None:
    more = f"within: {{w: {{state: {waits}, in: 5 s, since: start}}}}"
    text = TEXT.format(start="10 s", begins="0 s", lasts="", more=more)
    file = write(text.replace("[tubes_accounted]", f'["{always}"]'))
    if refused:
        with pytest.raises(ConfigurationError, match="in which it does not hold"):
            load_drill(file)
    else:
        assert load_drill(file).within[0].name == "w"


# ---------------------------------------------------------------------------- names in events


def test_a_name_that_no_vehicle_tells_is_met_with_those_that_it_does() -> None:
    entry: Any = SimpleNamespace(
        names={"monitor": ("battery_low",)}, commands={"drive": 1}, channels={"heat": 1}
    )
    known = names_told(entry, ["wheels"])
    assert known == {
        "monitor": ("battery_low",), "response": (), "device": ("wheels",),
        "command": ("drive",), "channel": ("heat",),
    }  # fmt: skip
    assert name_problem(known, "device", "wheels") == ""
    assert name_problem(known, "reason", "anything") == "", "free text"
    assert "wheels" in name_problem(known, "device", "wheel")
    assert name_problem(known, "command", "battery_low") != ""


# ------------------------------------------------------------------------------- when it is over


@pytest.mark.parametrize(
    ("since", "met", "held"),
    [(None, None, None), (10.0, None, False), (10.0, 15.0, True), (10.0, 15.001, False)],
)
def test_people_are_told_what_came_in_time_what_late_and_of_what_nobody_can_say(
    since: float | None, met: float | None, held: bool | None
) -> None:
    flown = shown("PASS")
    flown.judged.record.within = [
        Waited("recover", "state lander.landed", 5.0, since, met),
        Waited("operator 1", "what", 5.0, since, met),
    ]
    flown.judged.record.heal = Waited("heal", "it goes on", 7.0, 1.0, 2.0)
    told = debrief(flown, 3)
    assert told["number"] == 3 and told["name"] == flown.told.name
    [waited, healed] = told["within"], told["within"][-1]
    assert [each["name"] for each in waited] == ["recover", "heal"], "people have their own list"
    assert waited[0]["held"] is held and waited[0]["limit_s"] == 5.0
    assert (healed["since_ns"], healed["met_ns"], healed["took_s"], healed["held"]) == (
        1_000_000_000, 2_000_000_000, 1.0, True,
    )  # fmt: skip
    assert isinstance(flown.told, Told) and told["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("sha256", "verdict", "told"),
    [("same", "PASS", 0), ("other", "PASS", 1), ("same", "FAIL", 1), ("other", "FAIL", 1)],
)
def test_flown_again_it_differs_by_its_bits_or_by_its_verdict(
    sha256: str, verdict: str, told: int
) -> None:
    before, now = shown("PASS"), shown(verdict)  # type: ignore[arg-type]
    before.judged.record.sha256, now.judged.record.sha256 = "same", sha256
    found = differences([before], [now.judged])
    assert len(found) == told
    if told:
        assert found[0].startswith(f"{before.judged.record.drill}, seed 1: ")
