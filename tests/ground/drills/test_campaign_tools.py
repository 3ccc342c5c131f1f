"""Score, comparison, coverage, FMEA, shrinking, trails: from records, without flying."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ground.drills.bareness import bare
from ground.drills.comparing import compare
from ground.drills.coverage import coverage_of, coverage_text, first_sign, plain_target
from ground.drills.drill import Drill
from ground.drills.fmeca import COLUMNS, fmeca_rows, write_fmeca
from ground.drills.judging import judge
from ground.drills.record import Broken, FaultSpan, Judged, Mark, Record, Waited
from ground.drills.results import ScoreRow, Shown, Summary, Told
from ground.drills.score import effect_after, failed_by, noticed_after
from ground.drills.shrinking import candidates, reason_of, shrink
from ground.drills.telling import score_text
from ground.drills.trail import first_difference
from ground.drills.variants import load_variants, seeds_of
from tests.ground.drills.conftest import GOOD
from tests.ground.drills.test_reports import record, shown


def judged(**more: object) -> Judged:
    found = record("PASS")
    for name, value in more.items():
        setattr(found, name, value)
    broken = bool(found.broken)
    return Judged(
        verdict="FAIL" if broken else "PASS", because=["x"] if broken else [], record=found
    )


# ------------------------------------------------------------------------ score


def test_a_failure_by_detection_alone_shows_nothing_of_a_protection() -> None:
    late = [Waited("detect", "x", 1.0, 10.0), Waited("isolate", "x", 1.0, 10.0)]
    found = Judged(verdict="FAIL", because=["x"], record=judged(within=late).record)
    assert failed_by(found) == ""
    recover = [*late, Waited("recover", "state lander.landed", 1.0, 10.0)]
    found = Judged(verdict="FAIL", because=["x"], record=judged(within=recover).record)
    assert failed_by(found) == "recover: state lander.landed"
    assert failed_by(judged(broken=[Broken("b", 9.0, ""), Broken("a", 7.0, "")])) == "a"
    assert failed_by(judged()) == ""


def test_the_score_is_the_share_that_passes_quiet_and_fails_broken() -> None:
    def row(quiet: str, broken: str) -> ScoreRow:
        return ScoreRow(drill="d", protections=("p",), quiet=quiet, broken=broken)

    rows = [row("PASS", "FAIL"), row("PASS", "PASS"), row("FAIL", "FAIL"), row("PASS", "UNKNOWN")]
    assert [each.counts for each in rows] == [True, False, False, False]
    assert Summary(score=rows).score_share == 0.25
    assert Summary().score_share is None


def test_a_bare_drill_waits_only_for_what_comes_without_faults(good: Drill) -> None:
    (waits,) = good.within
    quiet = bare(replace(good, within=(waits, replace(waits, name="detect", since="hit"))))
    assert [each.name for each in quiet.within] == ["recover"]
    found = Record(drill="d", file="f", scenario="short", seed=1, began=0.0, ended=9.0, bare=True)
    found.unasked = ["a > 1"]
    assert judge(good, found).verdict == "PASS"


# ------------------------------------------------------------------- comparison


def test_what_is_worse_and_what_is_better_than_before() -> None:
    base = [shown("PASS"), shown("FAIL", "b")]
    slower = shown("PASS")
    slower.judged.record.within[0] = Waited("detect", "event lander.x", 5.0, 110.0, 113.0)
    now = [slower, shown("PASS", "c")]
    base[1].judged.record.drill = "b"
    now[1].judged.record.drill = "c"
    found = compare(base, now)
    assert found.worse == ["radar, seed 1: detect took 3.000 s, 2.500 s before"]
    assert found.other[0] == "c, seed 1 is new: PASS" and len(found.other) == 2
    assert found.other[1].startswith("1 of the 2 of the baseline were not flown this time")
    assert "(b, seed 1)" in found.other[1]
    assert compare(now, [shown("FAIL")]).worse[0].startswith("radar, seed 1: PASS → FAIL: <script>")
    assert compare(base, base).lines() == ["nothing has changed since the baseline"]


def test_what_was_not_flown_is_not_said_to_be_no_longer_hit() -> None:
    span = FaultSpan("f", "drop", "bus rover", hits=1, first=10.0, phase="cruise")
    base = [shown("PASS"), shown("PASS", "b")]
    base[1].judged.record.drill = "b"
    base[1].judged.record.faults.append(span)
    found = compare(base, [shown("PASS")])
    assert found.worse == [] and found.better == [] and len(found.other) == 1
    quiet = shown("PASS", "b")
    quiet.judged.record.drill = "b"
    assert compare(base, [quiet]).worse == ["drop at bus rover in cruise is no longer hit"]


def test_a_time_that_changes_by_less_than_a_tenth_is_not_told() -> None:
    same = shown("PASS")
    same.judged.record.within[0] = Waited("detect", "event lander.x", 5.0, 110.0, 112.75)
    assert compare([shown("PASS")], [same]).lines() == ["nothing has changed since the baseline"]
    same.judged.record.within[0] = Waited("detect", "event lander.x", 5.0, 110.0, 112.76)
    assert len(compare([shown("PASS")], [same]).worse) == 1


# --------------------------------------------------------------------- coverage


def test_cells_are_counted_and_what_is_off_is_not() -> None:
    off = judged(protections_off=("reading_gate",))
    possible = {("stuck", "device lander.landing_radar"): ("entry", "surface")}
    found = coverage_of([judged(), judged(broken=[Broken("x", 1.0, "")]), off], possible)
    (cell,) = found.cells.values()
    assert (cell.kind, cell.target, cell.phase) == ("stuck", "device lander.landing_radar", "entry")
    assert (cell.tried, cell.hit, cell.detected, cell.survived, cell.recovered) == (2, 2, 2, 1, 1)
    assert found.share == 0.5
    assert "1/2" in coverage_text(found) and "50.0% of 2 cells" in coverage_text(found)
    assert (
        plain_target("device lander.landing_radar.measure (range)") == "device lander.landing_radar"
    )
    assert plain_target("node rover") == "node rover"


def test_the_failure_modes_are_a_table_with_the_worst_first(tmp_path: Path) -> None:
    lost = judged(broken=[Broken("no_vehicle_lost", 1.0, "gone | for good")])
    told = Told(name="d", title="t", protects=("gate",))
    rows = fmeca_rows([Shown(told=told, judged=judged()), Shown(told=told, judged=lost)])
    severities = [row[COLUMNS.index("severity")][0] for row in rows]
    assert severities == ["1", "4"]
    assert rows[0][COLUMNS.index("compensation")] == "gate"
    write_fmeca(tmp_path / "f.md", rows)
    write_fmeca(tmp_path / "f.csv", rows)
    assert "gone \\| for good" in (tmp_path / "f.md").read_text()
    assert (tmp_path / "f.csv").read_text().splitlines()[0].startswith("item,function")


def fails(*broken: Broken, **more: object) -> Judged:
    return judged(broken=list(broken) or [Broken("x", 130.0, "")], **more)


def test_severity_is_that_of_the_flight_without_what_compensates(tmp_path: Path) -> None:
    told = Told(name="radar", title="t", protects=("gate",))
    kept = Shown(told=told, judged=judged())
    column = COLUMNS.index("severity")
    ((*_, as_flown),) = [row[: column + 1] for row in fmeca_rows([kept])]
    assert as_flown.startswith("4") and "as flown, with what compensates" in as_flown
    lost = fails(Broken("no_tube_unknown", 1.0, ""))
    ((*_, severity),) = [row[: column + 1] for row in fmeca_rows([kept], {"radar": lost})]
    assert severity == "1 catastrophic: a vehicle or a tube is lost"
    ((*_, left),) = [row[: column + 2] for row in fmeca_rows([kept], {"radar": lost})]
    assert left == "4 minor or negligible", "with what compensates"
    ((*_, other),) = [row[: column + 1] for row in fmeca_rows([kept], {"other": lost})]
    assert other == as_flown
    off = Shown(told=told, judged=fails(protections_off=("gate",)))
    ((*_, degraded),) = [row[: column + 1] for row in fmeca_rows([kept, off])]
    assert degraded.startswith("3 major") and "as flown" not in degraded
    waits = [Waited("recover", "state lander.landed", 60.0, 115.0)]
    stands = Shown(told=told, judged=fails(protections_off=("gate",), within=waits))
    ((*_, critical),) = [row[: column + 1] for row in fmeca_rows([kept, off, stands])]
    assert critical.startswith("2 critical"), "the worst of those that were flown"


def test_the_effect_comes_so_long_after_the_first_hit() -> None:
    assert effect_after(judged()) is None, "nothing failed"
    assert effect_after(fails(Broken("b", 140.0, ""), Broken("a", 130.0, ""))) == 20.0
    late = [Waited("detect", "x", 1.0, 110.0), Waited("recover", "y", 60.0, 115.0)]
    missed = Judged(verdict="FAIL", because=["x"], record=judged(within=late).record)
    assert effect_after(missed) == 65.0, "when it ought to have come"
    spans = [FaultSpan("f", "stuck", "device x")]
    assert effect_after(fails(faults=spans)) is None, "nothing hit"


def test_it_is_noticed_by_what_the_drill_says_or_by_the_first_warning() -> None:
    assert noticed_after(judged().record) == 2.5
    assert noticed_after(judged(within=[]).record) == 2.0
    assert noticed_after(judged(within=[], marks=[]).record) is None
    missed = [Waited("detect", "x", 5.0, 110.0)]
    assert noticed_after(judged(within=missed).record) is None, "a warning of something else"
    assert noticed_after(None) is None


@pytest.mark.parametrize(
    ("effect", "detected", "early"),
    [(10.0, 5.0, True), (10.0, 5.001, False), (10.0, None, None), (None, 5.0, None)],
)
def test_half_of_the_time_to_the_effect_is_early(
    effect: float | None, detected: float | None, early: bool | None
) -> None:
    row = ScoreRow(drill="d", protections=("p",), quiet="PASS", broken="FAIL", effect=effect,
                   detected=detected)  # fmt: skip
    assert row.is_early is early
    told = score_text(Summary(score=[row]))
    assert ("LATER than half" in told) is (early is False)
    assert ("nobody notices" in told) is (effect is not None and detected is None)


def test_a_sign_is_a_warning_of_the_vehicle_that_was_hit_and_after_it() -> None:
    span = FaultSpan("f", "stuck", "device rover.wheels.drive", hits=1, first=10.0)
    early = Mark(9.9, "rover", "warning", "limit_red: hot")
    other = Mark(10.5, "lander", "warning", "radar_lost: nothing")
    event = Mark(10.6, "rover", "event", "tube_found: there")
    sign = Mark(11.5, "rover", "warning", "device_trouble: wheels")
    found = judged(faults=[span], marks=[early, other, event, sign], within=[]).record
    assert first_sign(found, span) == sign
    found.marks.pop()
    assert first_sign(found, span) is None
    drop = FaultSpan("f", "drop", "bus rover", hits=1, first=10.0)
    assert first_sign(found, drop) == other, "of the bus whoever says something has noticed"
    assert first_sign(found, replace_span(drop, first=None)) is None


def replace_span(span: FaultSpan, **changes: object) -> FaultSpan:
    return msgspec.structs.replace(span, **changes)


# -------------------------------------------------------------------- shrinking

FAULTS = """
faults:
  - {id: a, device: lander.battery, kind: bias, offset: 8.0, fields: [voltage], lasts: 8 s}
  - {id: b, device: lander.battery, kind: scale, factor: 3, when: {at: 2 s}}
"""


def test_a_step_is_fewer_shorter_weaker_or_later() -> None:
    faults = [
        {"id": "a", "offset": 8.0, "lasts": "8 s"},
        {"id": "b", "factor": 3, "when": {"at": "2 s"}, "lasts": {"value": 0.09, "unit": "s"}},
    ]
    found = dict(candidates({"faults": faults}))
    assert list(found) == [
        "without fault a", "without fault b", "a half as long", "a.offset halved",
        "b.factor nearer to 1", "b later",
    ]  # fmt: skip
    assert [f["id"] for f in found["without fault a"]["faults"]] == ["b"]
    assert found["a half as long"]["faults"][0]["lasts"] == "4 s"
    assert found["a.offset halved"]["faults"][0]["offset"] == 4.0
    assert found["b.factor nearer to 1"]["faults"][1]["factor"] == 2.0
    assert found["b later"]["faults"][1]["when"] == {"at": "5 s"}
    assert faults[0]["lasts"] == "8 s"  # the given ones are as they were


def test_it_shrinks_as_long_as_it_fails_alike(tmp_path: Path) -> None:
    """What fails needs fault a, of 1 or more, for a second at least."""
    file = tmp_path / "d.yaml"
    file.write_text(GOOD + FAULTS)
    (drill,) = load_variants(file)
    flown: list[str] = []

    def fly(tried: Drill) -> Judged:
        flown.append(tried.name)
        one = {fault.id: fault for fault in tried.faults}.get("a")
        bad = one is not None and one.kind.offset >= 1.0 and float(str(one.lasts)) >= 1.0
        return judged(broken=[Broken("lost", 1.0, "")] if bad else [])

    found = shrink(drill, judged(broken=[Broken("lost", 1.0, "")]), fly, tmp_path / "out")
    (fault,) = found.drill.faults
    assert (fault.id, fault.lasts, fault.kind.offset) == ("a", 1.0, 1.0)
    assert found.flown == len(flown) and found.drill.file.exists()
    assert reason_of(found.judged) == "lost"


def test_one_that_fails_by_another_reason_is_not_taken(tmp_path: Path) -> None:
    file = tmp_path / "d.yaml"
    file.write_text(GOOD + FAULTS)
    (drill,) = load_variants(file)
    other = judged(broken=[Broken("something else", 1.0, "")])
    found = shrink(
        drill, judged(broken=[Broken("lost", 1.0, "")]), lambda tried: other, tmp_path / "out"
    )
    assert found.steps == () and found.drill is drill and found.flown > 0


# ----------------------------------------------------------------------- trails


def test_where_two_trails_part() -> None:
    one = [(1.0, 50, "a"), (2.0, 100, "b"), (3.0, 150, "c")]
    assert first_difference(one, one) == (None, None)
    assert first_difference(one, [*one[:2], (3.0, 150, "x")]) == (one[1], one[2])
    assert first_difference(one, [*one[:1], (2.5, 101, "x"), (3.0, 151, "y")]) == (one[0], one[1])
    assert first_difference(one, one[:2]) == (None, None)  # the other ended before
    assert first_difference(one, [(1.0, 50, "x")]) == (None, one[0])


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", [7]), ("1..3", [1, 2, 3]), ("4,1..2", [4, 1, 2]), ("5..5", [5])]
)
def test_seeds_are_one_some_or_a_range(text: str, seeds: list[int]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize(
    "text", ["", "x", "3..1", "1,1", "2,1..3", "-1", "1..99999", "1.5", "99999999999"]
)
def test_what_is_no_seed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="seeds such as"):
        seeds_of(text)
