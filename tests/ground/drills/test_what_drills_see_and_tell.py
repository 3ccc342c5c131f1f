"""What a drill sees of a run by each kind of name, and what people read of it afterwards."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.icd.expression_values import Symbol
from flight.icd.expressions import ExpressionError, parse_expression
from flight.icd.messages import CommandReport, Rung
from ground.drills.awaiting import Awaited
from ground.drills.campaign import Task
from ground.drills.comparing import compare
from ground.drills.coverage import Coverage, by_phase, coverage_of, coverage_text
from ground.drills.debrief import debrief
from ground.drills.drill import Drill, OperatorStep
from ground.drills.fmeca import COLUMNS, fmeca_rows
from ground.drills.happenings import CommandCompletes, Holds
from ground.drills.jobs import Job
from ground.drills.judging import judge
from ground.drills.operator import ScriptedOperator
from ground.drills.record import ALL_MET, BROKEN_OFF, Broken, FaultSpan, Mark, Waited
from ground.drills.results import Shown, Told
from ground.drills.scenario import Scenario
from ground.drills.shrinking import candidates
from ground.drills.sight import Sight
from ground.drills.telling import again, shown_of
from ground.drills.text_report import lines, summary_line
from ground.drills.traffic import Nobody, hear_traffic
from ground.drills.truth import truths
from sim_hw.faults.link_kinds import Crossing
from sim_hw.faults.store_kinds import Statement
from tests.ground.drills.test_reports import record, shown

NUMBER = Symbol("number")


class Host:
    """Two vehicles, of which one has no computer running."""

    def __init__(self) -> None:
        entries = {
            "c1": SimpleNamespace(command=SimpleNamespace(name="launch", stage="fire")),
            "c2": SimpleNamespace(command=SimpleNamespace(name="launch", stage="arm")),
        }
        self.lander = SimpleNamespace(
            state="landed.waiting", is_in=lambda state: state in ("landed", "landed.waiting"),
            channels=SimpleNamespace(value={"state_of_charge": 0.75}.get),
            dispatcher=SimpleNamespace(ladder=SimpleNamespace(find=entries.get)),
        )  # fmt: skip

    def runs(self, vehicle: str) -> bool:
        return vehicle == "lander"

    def node(self, vehicle: str) -> Any:
        assert vehicle == "lander", "who does not run is not looked at"
        return self.lander


def sight(scenario: Scenario, holding: dict[str, bool]) -> Sight:
    hardware = SimpleNamespace(
        lost={"rover": 9.0},
        world=SimpleNamespace(tubes=SimpleNamespace(at=lambda place: ["M1", "M2"][: len(place)])),
        probes=SimpleNamespace(read=lambda name: f"probe {name}"),
    )
    run: Any = SimpleNamespace(host=Host(), hardware=hardware)
    return Sight(run, scenario.vocabulary, holding)


# ------------------------------------------------------------------------- what is seen


def test_each_name_is_looked_at_where_it_lives(scenario: Scenario) -> None:
    holding = {"tubes_accounted": True}
    found = sight(scenario, holding)
    assert found.value("lander.landed") is True and found.value("lander.safe") is False
    assert found.value("lander.state_of_charge") == 0.75
    assert found.value("truth.lander.state_of_charge") == "probe lander.state_of_charge"
    assert found.value("battery.lander") == "probe lander.state_of_charge"
    assert found.value("truth.rover.lost") is True and found.value("truth.lander.lost") is False
    assert found.value("truth.tubes.mav") == 2
    assert found.value("tubes_accounted") is True and found.value("no_brownout") is None
    holding["tubes_accounted"] = False
    assert found.value("tubes_accounted") is False, "as it is now, not as it was first"


def test_of_whose_computer_does_not_run_nothing_is_known(scenario: Scenario) -> None:
    found = sight(scenario, {})
    assert (
        found.value("rover.surface.idle") is None and found.value("rover.state_of_charge") is None
    )
    assert found.is_in("rover", "safe") is None and found.state_of("rover") == ""
    assert found.state_of("lander") == "landed.waiting"


@pytest.mark.parametrize(
    ("source", "identifier", "name"),
    [("lander", "c1", "launch"), ("lander", "c2", ""), ("lander", "c3", ""), ("rover", "c1", "")],
)
def test_a_report_tells_of_the_command_that_was_not_only_armed(
    scenario: Scenario, source: str, identifier: str, name: str
) -> None:
    report = CommandReport(identifier, source, Rung.COMPLETED, 0)
    assert sight(scenario, {}).ordered(report) == name
    awaited = Awaited(CommandCompletes(source, "launch"), sight(scenario, {}))
    assert awaited.hear(report) is bool(name)


def test_what_can_be_known_of_the_truth_is_a_number_a_text_or_yes_and_no(
    scenario: Scenario,
) -> None:
    looks = scenario.vocabulary.truths
    assert {look.kind for look in looks.values()} == {"number", "text", "boolean"}
    for name, look in looks.items():
        if look.kind == "boolean":
            assert look.doc.startswith("whether") and look.unit == "1", name
    assert looks["battery.lander"] is looks["truth.lander.state_of_charge"]
    assert looks["battery.lander"].kind == "number"
    probes = {"a.height": ("m", "height"), "a.mode": ("", "mode"), "a.on": ("", "whether it is on")}
    hardware: Any = SimpleNamespace(probes=SimpleNamespace(table=lambda: probes))
    found = truths(hardware)
    told = [(found[f"truth.{name}"].kind, found[f"truth.{name}"].unit) for name in probes]
    assert told == [("number", "m"), ("text", "1"), ("boolean", "1")]
    assert not any(name.startswith("battery") for name in found), "nobody's charge is known"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("truth.lander.colour", 'cannot be looked at: allowed is one of "truth.lander.'),
        ("colour", "is not known"), ("orbiterx.a", "is no vehicle of this scenario"),
        ("lander.colour", "lander has no state or channel 'colour'"),
    ],
)  # fmt: skip
def test_a_name_that_is_none_is_refused_with_those_that_are(
    scenario: Scenario, path: str, words: str
) -> None:
    with pytest.raises(ExpressionError) as refused:
        scenario.vocabulary.symbol(path)
    assert words in str(refused.value) and "truth.rover" not in str(refused.value)


def test_each_name_stands_for_its_own_kind(scenario: Scenario) -> None:
    symbol = scenario.vocabulary.symbol
    assert symbol("tubes_accounted").kind == "boolean" == symbol("truth.rover.lost").kind
    assert symbol("lander.landed").kind == "state"
    assert (symbol("lander.state_of_charge").kind, symbol("battery.rover").kind) == (
        "number", "number",
    )  # fmt: skip


# ----------------------------------------------------------------------- what is used


def test_what_only_hears_tells_what_is_used_and_takes_nothing() -> None:
    heard: list[tuple[str, str, str]] = []
    armed: dict[tuple[str, str], Any] = {}

    def seam(sort: str) -> Any:
        def at(name: str) -> Any:
            def arm(kind: Any, fault: Any, takes: Any) -> None:
                assert isinstance(fault, Nobody) and takes() is False
                armed[sort, name] = kind

            return SimpleNamespace(arm=arm)

        return at

    mission = SimpleNamespace(vehicles=("lander", "rover"), buses=())
    seams = {sort: seam(sort) for sort in ("bus", "store", "link")}
    run: Any = SimpleNamespace(faults=SimpleNamespace(seams=seams), mission=mission)
    hear_traffic(run, lambda sort, name, what: heard.append((sort, name, what)))
    stores = [name for sort, name in armed if sort == "store"]
    assert stores == ["lander", "rover", "ground"]
    store = armed["store", "rover"]
    for text in ("INSERT INTO a", "select 1", "open", "  UPDATE a", ""):
        assert not store.concerns(Statement("rover", text, (), False))
    assert heard == [
        ("store", "rover", what) for what in ("write", "read", "open", "write", "read")
    ]
    heard.clear()
    links = [name for sort, name in armed if sort == "link"]
    assert "relay" in links and len(links) == len(set(links)) > 1
    assert not armed["link", "relay"].concerns(Crossing("relay", "up", "rover"))
    assert heard == [("link", "relay", "")]
    heard.clear()
    (bus,) = [kind for (sort, _), kind in armed.items() if sort == "bus"]
    traffic: Any = SimpleNamespace(here="lander")
    assert not bus.concerns(traffic, "a", None) and heard == [("bus", "lander", "")]
    with pytest.raises(AssertionError, match="has changed here"):
        Nobody().hit("here")


# ----------------------------------------------------------------------- what is told


def job(**more: Any) -> Job:
    base = Job(number=0, drill="d", file="d.yaml", text="t", scenario="short", seed=7)
    return msgspec.structs.replace(base, **more)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "--seeds 7"),
        ({"off": ("gate", "voter")}, "--seeds 7 --without gate --without voter"),
        ({"bare": True}, "--seeds 7 --bare"),
        ({"alone": True}, "--seeds 7 --alone"),
        ({"alone": True, "bench": "b.yaml"}, "--seeds 7 --bench b.yaml"),
    ],
)
def test_the_command_that_flies_it_again_says_all_that_was_other(
    good: Drill, more: dict[str, Any], words: str
) -> None:
    assert again(good, job(**more)) == f"msr drill {good.file} {words}"
    swept = replace(good, name="a/drill[1]", swept={"x.kind": "bias"})
    assert again(swept, job(**more)) == f"msr drill {good.file} --only 'drill[1]' {words}"


def test_each_verdict_is_told_with_its_own_drill(good: Drill) -> None:
    judged = shown("PASS").judged
    tasks = [Task(good, job()), Task(replace(good, title="other"), job(number=1))]
    assert [each.told.title for each in shown_of(tasks, [judged, judged])] == [good.title, "other"]
    with pytest.raises(ValueError, match="shorter"):
        shown_of(tasks, [judged])


def test_the_terminal_says_what_hit_what_came_and_which_tube_is_astray() -> None:
    one = shown("PASS")
    told = "\n".join(lines(one))
    target = "device lander.landing_radar.measure (range)"
    assert (
        f"fault radar: stuck at {target}: 5 hits, 110.000 to 115.000 s, over at 115.000 s" in told
    )
    assert "detect: event lander.x after 2.500 s of 5 s" in told
    assert "healed, then: state lander.landed after 25.000 s of 60 s" in told
    assert "100.000 to 2000.000 s, ended by horizon; 9 messages" in told
    assert "PASS    radar  (short, seed 1)" in told and "truly at" not in told
    two = shown("FAIL")
    seen = two.judged.record
    seen.protections_off = ("gate",)
    seen.faults = [
        FaultSpan("a", "stuck", "device x", 1, 110.0, 110.0),
        FaultSpan("b", "stuck", "device x"), FaultSpan("c", "stuck", "device x", 0, 110.0, None),
    ]  # fmt: skip
    seen.tubes = [replace_tube(seen.tubes[0], agrees=False), seen.tubes[1]]
    seen.sha256 = ""
    told = "\n".join(lines(two))
    assert "a: stuck at device x: 1 hit, 110.000 to 110.000 s\n" in told
    assert "b: stuck at device x: no hit" in told and "c: stuck at device x: no hit" in told
    assert "tube M2020-1: truly at mav, said to be unknown" in told and "tube M2:" not in told
    assert "then: state lander.landed: not seen (within 60 s)" in told
    assert "(short, seed 1, without gate)" in told and "ended by" not in told
    assert summary_line([one.judged]) == "1 drill: 1 PASS"


def replace_tube(tube: Any, **changes: Any) -> Any:
    return msgspec.structs.replace(tube, **changes)


@pytest.mark.parametrize(
    ("since", "met", "held"),
    [(None, None, None), (10.0, None, False), (10.0, 15.0, True), (10.0, 15.001, False)],
)
def test_people_are_told_whether_it_came_in_time_but_not_their_own_steps(
    since: float | None, met: float | None, held: bool | None
) -> None:
    one = shown("PASS")
    one.judged.record.heal = None
    waits = [Waited("operator1", "do", 5.0, 1.0, 2.0), Waited("detect", "x", 5.0, since, met)]
    one.judged.record.within = waits
    (found,) = debrief(one, 3)["within"]
    assert (found["name"], found["held"]) == ("detect", held)
    assert found["since_ns"] == (None if since is None else 10_000_000_000)
    assert debrief(one, 3)["number"] == 3


# -------------------------------------------------------------- coverage and failure modes


def flown(*spans: FaultSpan, **more: Any) -> Any:
    found = shown("PASS").judged
    found.record.faults = list(spans)
    for name, value in more.items():
        setattr(found.record, name, value)
    return found


BUS = FaultSpan("f", "drop", "bus rover", hits=2, first=10.0, phase="cruise")


def test_a_cell_is_of_the_phase_of_its_hit_and_else_of_that_of_the_drill() -> None:
    unhit = msgspec.structs.replace(BUS, hits=0, first=None, phase="")
    found = coverage_of([flown(BUS), flown(unhit), flown(unhit, phase="surface")])
    told = {key: (cell.tried, cell.hit) for key, cell in found.cells.items()}
    assert told == {
        ("drop", "bus rover", "cruise"): (1, 1), ("drop", "bus rover", "entry"): (1, 0),
        ("drop", "bus rover", "surface"): (1, 0),
    }  # fmt: skip
    assert found.share is None, "what is possible is not known"
    text = coverage_text(found)
    assert "0 of 1" in text and "1/1" in text and "cells of kind" not in text


def test_recovered_is_what_had_to_go_on_and_did() -> None:
    def cell(**more: Any) -> Any:
        (found,) = coverage_of([flown(BUS, **more)]).cells.values()
        return found

    came, missed = Waited("recover", "x", 5.0, 1.0, 2.0), Waited("recover", "x", 5.0, 1.0)
    assert cell(within=[came], heal=None).recovered == 1
    assert cell(within=[came, missed], heal=None).recovered == 0
    assert cell(within=[], heal=None).recovered == 0, "nothing had to go on"
    assert cell(within=[], heal=missed).recovered == 0
    assert cell(within=[], heal=came).recovered == 1
    told = cell(within=[came], marks=[Mark(9.0, "lander", "warning", "a: b")])
    assert told.detected == 0, "a warning before the hit is no sign of it"


def test_phases_are_summed_up_in_their_order_by_kind_or_by_target() -> None:
    entry = msgspec.structs.replace(BUS, phase="entry")
    rover = msgspec.structs.replace(BUS, kind="delay", target="bus lander", phase="entry")
    found = coverage_of([flown(BUS, entry, rover), flown(entry, broken=[Broken("x", 1.0, "")])])
    kinds = by_phase(found, "kind")
    assert list(kinds) == ["delay", "drop"] and list(kinds["drop"]) == ["entry", "cruise"]
    drop = kinds["drop"]["entry"]
    assert (drop.tried, drop.hit, drop.survived) == (2, 2, 1)
    targets = by_phase(found, "target")
    assert list(targets) == ["bus lander", "bus rover"]
    possible = {("drop", "bus rover"): ("entry", "earth"), ("delay", "bus lander"): ("entry",)}
    assert Coverage(found.cells, possible).share == 2 / 3, "what is not possible counts for nothing"


def column(name: str, one: Shown) -> str:
    (row,) = fmeca_rows([one])
    return row[COLUMNS.index(name)]


def test_a_failure_mode_says_what_it_came_to_and_how_it_was_noticed() -> None:
    told = Told(name="d", title="t")
    kept = Shown(told=told, judged=shown("PASS").judged)
    assert column("detection", kept) == "event lander.x, after 2.5 s"
    assert column("compensation", kept) == "went on by itself"
    assert column("end effect", kept) == "none that matters"
    assert column("item", kept) == "lander.landing_radar"
    assert column("function", kept).startswith("measure: ")
    kept.judged.record.within = []
    assert column("detection", kept) == "reading_invalid of lander, after 2 s"
    kept.judged.record.marks = []
    kept.judged.record.heal = None
    assert column("detection", kept) == "not detected" and column("compensation", kept) == ""
    failed = Shown(told=told, judged=shown("FAIL").judged)
    two = [Broken(name, 1.0, "gone") for name in ("a", "b", "c")]
    failed.judged.record.broken = two
    assert column("end effect", failed) == "a: gone; b: gone"
    failed.judged.record.broken = []
    assert column("end effect", failed) == failed.judged.because[0].splitlines()[0]
    assert column("function", Shown(told=told, judged=flown(BUS))) == "bus rover"
    assert fmeca_rows([Shown(told=told, judged=flown())]) == []


def test_a_verdict_that_is_another_is_worse_only_from_pass_and_better_only_to_it() -> None:
    def moved(before: Any, after: Any) -> tuple[int, int, int]:
        found = compare([shown(before)], [shown(after)])
        return len(found.worse), len(found.better), len(found.other)

    assert moved("UNKNOWN", "PASS") == (0, 1, 0)
    assert moved("PASS", "UNKNOWN") == (1, 0, 0)
    assert moved("ERROR", "UNKNOWN") == (0, 0, 1)
    base, now = shown("PASS"), shown("PASS")
    now.judged.record.faults.append(BUS)
    assert compare([base], [now]).better == ["drop at bus rover in cruise is hit now"]
    quick, slow = shown("PASS"), shown("PASS")
    for one, met in ((quick, 110.1), (slow, 110.149)):
        one.judged.record.within[0] = Waited("detect", "event lander.x", 5.0, 110.0, met)
    assert compare([quick], [slow]).worse == [], "half of a tenth of a second at least"
    slow.judged.record.within[0] = Waited("detect", "event lander.x", 5.0, 110.0, 110.151)
    assert len(compare([quick], [slow]).worse) == 1 == len(compare([slow], [quick]).better)


@pytest.mark.parametrize(
    ("end", "verdict"),
    [("horizon", "UNKNOWN"), (ALL_MET, "UNKNOWN"), (BROKEN_OFF, "UNKNOWN"), ("KeyError", "FAIL")],
)
def test_what_was_broken_off_before_its_time_is_no_failure(
    good: Drill, end: str, verdict: str
) -> None:
    seen = record("PASS")
    seen.end, seen.heal = end, None
    seen.within = [Waited("recover", "x", 5.0, since=1999.0)]
    assert judge(good, seen).verdict == verdict


# ---------------------------------------------------------------------------- smaller


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"lasts": "0.1 s"}, {"f half as long": "0.05 s"}), ({"lasts": "0.09 s"}, {}),
        ({"lasts": "4"}, {"f half as long": 2.0}), ({"lasts": True}, {}), ({"lasts": "call"}, {}),
        ({"lasts": {"value": 3, "unit": "min"}}, {"f half as long": "1.5 min"}),
        ({"factor": 1.0}, {}), ({"factor": -1}, {"f.factor nearer to 1": 0.0}),
        ({"when": {"at": "3599 s"}}, {"f later": {"at": "7199 s"}}),
        ({"when": {"at": "3600 s"}}, {}), ({"when": {"at": "5 min"}}, {}),
        ({"when": {"nth": 2}}, {}), ({"offset": 0.0}, {}),
        ({"offset": -2.0}, {"f.offset halved": -1.0}),
    ],
)  # fmt: skip
def test_a_single_fault_is_made_smaller_by_its_figures(
    fault: dict[str, Any], told: dict[str, Any]
) -> None:
    found = dict(candidates({"faults": [{"id": "f", **fault}]}))
    (name,) = fault
    assert {what: each["faults"][0][name] for what, each in found.items()} == told


async def test_a_step_of_the_stand_in_is_done_once_by_what_holds_and_with_its_arguments() -> None:
    done: list[Any] = []
    run: Any = SimpleNamespace(admitted=done.append)
    value = [0.0]
    seen: Any = SimpleNamespace(value=lambda path: value[0], symbol=lambda path: NUMBER)
    step = OperatorStep("p", Holds(parse_expression("a > 1")), "arm", "stow", {"n": 2}, 60.0, 3.0)
    loop: Any = asyncio.get_running_loop()
    operator = ScriptedOperator(run, (step,), seen, loop)
    operator.look()
    await asyncio.sleep(5.0)
    assert not done
    value[0] = 2.0
    for _ in range(3):
        operator.look()
        await asyncio.sleep(1.0)
    await asyncio.sleep(1.0)
    (order,) = done
    assert (order.vehicle, order.command, order.arguments) == ("arm", "stow", {"n": 2})
    (waited,) = operator.waited()
    assert (waited.name, waited.took, waited.what) == ("operator1", 3.0, "p (arm stow)")
