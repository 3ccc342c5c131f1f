"""The pictures and tables of a report of drills: where each thing is drawn, what comes first."""

import re
from typing import Any
from xml.etree import ElementTree as xml

import msgspec
import pytest

from ground.drills.coverage import Cell, Coverage
from ground.drills.html import charts, overview
from ground.drills.html.details import drill_section
from ground.drills.html.page import _in_full
from ground.drills.html.text import nice_step, table
from ground.drills.html.timeline import Window, timeline, windows
from ground.drills.record import Broken, Curve, FaultSpan, Mark, Record, Waited, Whereabouts
from ground.drills.results import ScoreRow, Shown, Summary
from tests.ground.drills.test_reports import record, shown

HUNDRED = Window(100.0, 200.0, 100.0)
"""The first hundred seconds of a drill that began at 100 s: px 116 to 1106."""


def bare(**more: Any) -> Record:
    found = Record(drill="d", file="f", scenario="short", seed=1, began=100.0, ended=200.0)
    return msgspec.structs.replace(found, **more)


def drawn(text: str, name: str, class_: str) -> list[Any]:
    """The elements of a picture of that name and class."""
    return [each for each in xml.fromstring(text).iter(name) if each.get("class") == class_]


def fault(begin: float | None, end: float | None, name: str = "a", hits: int = 1) -> FaultSpan:
    return FaultSpan(name, "stuck", "device x", hits, began=begin, ended=end)


# -------------------------------------------------------------------------- a timeline


def test_a_time_is_where_its_share_of_the_window_is_and_never_outside() -> None:
    places = [HUNDRED.x(time) for time in (0.0, 100.0, 150.0, 200.0, 999.0)]
    assert places == [116.0, 116.0, 611.0, 1106.0, 1106.0]
    assert [HUNDRED.shows(time) for time in (99.9, 100.0, 200.0, 200.1)] == [
        False, True, True, False,
    ]  # fmt: skip
    assert Window(5.0, 5.0, 0.0).x(5.0) == 116.0


@pytest.mark.parametrize(
    ("begin", "end", "near"),
    [(120.0, 140.0, (117.0, 143.0)), (101.0, 111.0, (100.0, 112.5)), (150.0, 150.2, (149.5, 150.7)),
     (120.0, 158.5, None), (120.0, 158.0, (114.3, 163.7)), (196.0, 200.0, (195.4, 200.0))],
)  # fmt: skip
def test_what_is_around_the_faults_is_shown_alone_where_it_is_half_of_it_at_most(
    begin: float, end: float, near: tuple[float, float] | None
) -> None:
    found = dict(windows(bare(faults=[fault(begin, end)])))
    assert (found["The whole drill"].begin, found["The whole drill"].end) == (100.0, 200.0)
    around = found.get("Around the faults")
    assert (around is None) is (near is None)
    if around is not None:
        assert (around.begin, around.end) == pytest.approx(near)
        assert around.zero == 100.0, "T+ counts from the begin of the drill"
    assert list(dict(windows(bare()))) == ["The whole drill"]
    awaited = dict(windows(bare(within=[Waited("a", "x", 5.0, begin, end)])))
    assert awaited.keys() == found.keys() and windows(bare(ended=None)) == []


def test_bands_of_faults_are_as_long_as_they_were() -> None:
    spans = [fault(120.0, 130.0), fault(150.0, None, "b"), fault(150.0, 150.0, "c"),
             fault(None, None, "d"), fault(300.0, None, "e"), fault(10.0, 99.0, "f"),
             fault(50.0, 110.0, "g")]  # fmt: skip
    spans.append(FaultSpan("h", "stuck", "device x", 2, first=160.0, ended=170.0))
    bands = drawn(timeline(bare(faults=spans), HUNDRED), "rect", "band")
    where = [(float(band.get("x")), float(band.get("width"))) for band in bands]
    assert where == [
        (314.0, 99.0), (611.0, 495.0), (611.0, 2.0), (116.0, 99.0), (710.0, 99.0),
    ]  # fmt: skip
    assert bands[0][0].text == "a: stuck at device x, 1 hits"


def test_states_last_until_the_next_and_events_stand_in_their_lane() -> None:
    marks = [Mark(100.0, "lander", "state", "entry.powered"),
             Mark(150.0, "lander", "state", "landed"), Mark(120.0, "rover", "event", "moved"),
             Mark(130.0, "rover", "warning", "hot"),
             Mark(250.0, "rover", "event", "later")]  # fmt: skip
    picture = timeline(bare(marks=marks), HUNDRED)
    boxes = [each for each in xml.fromstring(picture).iter("rect") if each.get("fill")]
    assert [(b.get("x"), b.get("width"), b.get("y")) for b in boxes] == [
        ("116.0", "495.0", "46.0"), ("611.0", "495.0", "46.0"),
    ]  # fmt: skip
    assert boxes[0].get("fill") != boxes[1].get("fill")
    (event,) = drawn(picture, "circle", "event")
    assert (event.get("cx"), event.get("cy")) == ("314.0", "96.0"), "in the second lane"
    (warning,) = drawn(picture, "polygon", "warning")
    assert warning.get("points") == "408.0,100.0 418.0,100.0 413.0,91.0"
    lanes = [each.text for each in drawn(picture, "text", "lane")]
    assert lanes == ["lander", "rover"]


@pytest.mark.parametrize(
    ("since", "met", "class_", "x", "width", "told"),
    [
        (110.0, 115.0, "good", 215.0, 49.5, "x: 5 s of 10 s"),
        (110.0, 120.0, "good", 215.0, 99.0, "x: 10 s of 10 s"),
        (110.0, 120.1, "bad", 215.0, 100.0, "x: 10.1 s of 10 s"),
        (110.0, None, "bad", 215.0, 99.0, "x: not within 10 s"),
        (110.0, 110.0, "good", 215.0, 2.0, "x: 0 s of 10 s"),
    ],
)
def test_what_was_awaited_is_good_up_to_its_limit(
    since: float, met: float | None, class_: str, x: float, width: float, told: str
) -> None:
    picture = timeline(bare(within=[Waited("w", "x", 10.0, since, met)]), HUNDRED)
    (box,) = drawn(picture, "rect", class_)
    assert (float(box.get("x")), float(box.get("width"))) == pytest.approx((x, width), abs=0.06)
    assert box[0].text == told
    (limit,) = drawn(picture, "line", "limit")
    assert limit.get("x1") == limit.get("x2") == "314.0"
    never = timeline(bare(within=[Waited("w", "x", 10.0)]), HUNDRED)
    assert [each.text for each in drawn(never, "text", "late")] == ["its trigger never came"]
    beyond = timeline(bare(within=[Waited("w", "x", 900.0, since, met)]), HUNDRED)
    assert drawn(beyond, "line", "limit") == []


def test_what_broke_is_crossed_where_it_did() -> None:
    broken = [Broken("a", 150.0, "gone"), Broken("b", 250.0, "later")]
    picture = timeline(bare(broken=broken), HUNDRED)
    (cross,) = drawn(picture, "path", "violated")
    assert cross.get("d") == "M606.0 52.0l10 10m0 -10l-10 10"
    assert cross[0].text == "150.000 s: a: gone"


def test_ticks_count_from_the_begin_of_the_drill() -> None:
    ticks = [each.text for each in drawn(timeline(bare(), HUNDRED), "text", "tick")]
    assert ticks == ["10", "20", "30", "40", "50", "60", "70", "80", "90", "100"]
    later = timeline(bare(), Window(700.0, 1000.0, 100.0))
    told = [each.text for each in drawn(later, "text", "tick")]
    assert told == ["10.5", "11", "11.5", "12", "12.5", "13", "13.5", "14", "14.5", "15"]
    assert [u.text for u in drawn(later, "text", "unit")] == ["T+ (min)"]


@pytest.mark.parametrize(
    ("span", "most", "step"),
    [(100.0, 10, 10.0), (100.0, 9, 20.0), (100.0, 4, 50.0), (0.9, 4, 0.5), (3.0, 3, 1.0)],
)
def test_a_step_of_an_axis_is_one_two_or_five(span: float, most: int, step: float) -> None:
    assert nice_step(span, most) == pytest.approx(step)


# ---------------------------------------------------------------------------- a chart


def chart(*curves: Curve, window: Window = HUNDRED, **more: Any) -> str:
    return charts.charts(bare(curves=list(curves), **more), window)


def line(times: list[float], values: list[float | None], name: str = "a", kind: Any = "truth"
         ) -> Curve:  # fmt: skip
    return Curve(name, "m", kind, times, values)


def test_a_curve_goes_up_as_its_values_do_and_to_the_right_in_time() -> None:
    """54 to 350 px for the window; 26 to 154 px for 0 to 10 m, and 6 % of it above and below."""
    picture = chart(
        line([50.0, 100.0, 150.0, 175.0, 200.0, 201.0], [9.0, 0.0, 5.0, None, 10.0, 7.0])
    )
    (path,) = xml.fromstring(picture).iter("polyline")
    points = [tuple(map(float, each.split(","))) for each in str(path.get("points")).split()]
    low, high = 154.0 - 128.0 * 0.6 / 11.2, 26.0 + 128.0 * 0.6 / 11.2
    assert points == [pytest.approx(each, abs=0.051) for each in (
        (54.0, low), (202.0, 90.0), (350.0, high),
    )]  # fmt: skip
    ticks = [each.text for each in drawn(picture, "text", "value")]
    assert ticks == ["0", "5", "10"]
    at = [float(str(each.get("y"))) for each in drawn(picture, "text", "value")]
    assert at == [pytest.approx(each + 3.5, abs=0.051) for each in (low, 90.0, high)]


def test_truth_and_belief_of_one_thing_share_a_chart_and_the_rest_stands_alone() -> None:
    both = [line([100.0, 200.0], [1.0, 2.0], "truth.lander.height"),
            line([100.0, 200.0], [1.0, 2.5], "lander.descent_height", "belief")]  # fmt: skip
    picture = chart(*both, line([100.0, 200.0], [3.0, 3.0], "c"))
    pictures = list(xml.fromstring(picture).iter("svg"))
    assert [each.get("aria-label") for each in pictures] == [
        "truth.lander.height and lander.descent_height", "c",
    ]  # fmt: skip
    kinds = [each.get("class") for each in pictures[0].iter("polyline")]
    assert kinds == ["truth", "belief"]
    assert chart(line([150.0], [1.0])) == "" == chart(), "of one point there is no curve"
    assert chart(line([150.0, 160.0], [1.0, None])) == ""
    level = chart(line([100.0, 200.0], [100.0, 100.0]))
    (path,) = xml.fromstring(level).iter("polyline")
    assert path.get("points") == "54.0,90.0 350.0,90.0", "what stays is in the middle"
    nothing = chart(line([100.0, 200.0], [0.0, 0.0]))
    assert next(xml.fromstring(nothing).iter("polyline")).get("points") == "54.0,90.0 350.0,90.0"


def test_a_chart_shows_its_times_and_when_the_fault_was_there() -> None:
    spans = [fault(125.0, 150.0), fault(175.0, None, "b"), fault(300.0, None, "c"),
             fault(10.0, 90.0, "d"), fault(None, None, "e")]  # fmt: skip
    picture = chart(line([100.0, 200.0], [1.0, 2.0]), faults=spans)
    bands = [(each.get("x"), each.get("width")) for each in drawn(picture, "rect", "band")]
    assert bands == [("128.0", "74.0"), ("276.0", "74.0")]
    times = [each.text for name in ("time", "time end") for each in drawn(picture, "text", name)]
    assert times == ["T+0 s", "T+100 s"]


@pytest.mark.parametrize(
    ("value", "step", "told"),
    [(0.0, 1.0, "0"), (1e-12, 1.0, "0"), (2.5, 0.5, "2.5"), (20.0, 10.0, "20"),
     (0.002, 0.001, "0.002"), (2e6, 1e6, "2e+06"), (999_999.0, 1.0, "999999"), (-1.5, 0.5, "-1.5")],
)  # fmt: skip
def test_a_figure_has_as_many_digits_as_its_axis(value: float, step: float, told: str) -> None:
    assert charts._number(value, step) == told


# -------------------------------------------------------------------------- the tables


def numbers(html: str) -> list[int]:
    return [int(each) for each in re.findall(r"#drill-(\d+)", html)]


def test_the_worst_stand_first_and_each_leads_to_its_own_page() -> None:
    every = [shown(verdict) for verdict in ("PASS", "UNKNOWN", "FAIL", "ERROR", "PASS")]
    assert numbers(overview.all_drills(every)) == [3, 2, 1, 0, 4]
    text = overview.all_drills(every)
    assert "Requirement" in text and "LND-4" in text
    plain = Shown(
        told=msgspec.structs.replace(every[0].told, requirement=""), judged=every[0].judged
    )
    assert "Requirement" not in overview.all_drills([plain])


def test_the_slowest_detections_are_those_nearest_to_their_limits() -> None:
    def one(name: str, took: float, limit: float, wait: str = "detect") -> Shown:
        found = shown("PASS")
        found.judged.record.drill = name
        found.judged.record.within = [Waited(wait, "x", limit, 100.0, 100.0 + took)]
        return found

    every = [one("a", 5.0, 50.0), one("b", 2.0, 4.0), one("c", 9.0, 9.0), one("d", 6.0, 4.0),
             one("e", 1.0, 1.0, "recover")]  # fmt: skip
    text = overview.slowest_detections(every)
    assert re.findall(r"<td[^>]*>([a-e])</td>", text) == ["d", "c", "b", "a"]
    assert re.findall(r"width:(\d+)px", text) == ["150", "150", "75", "15"]
    assert re.findall(r"</span>(\d+%)", text) == ["150%", "100%", "50%", "10%"]
    assert text.count('class="bar over"') == 1
    assert overview.slowest_detections([one("e", 1.0, 1.0, "recover")]) == ""


def test_the_figures_of_a_board_are_those_of_the_campaign() -> None:
    row = ScoreRow(drill="d", protections=("p",), quiet="PASS", broken="FAIL")
    summary = Summary(counts={"PASS": 3, "FAIL": 1}, seconds=90.0, score=[row])
    cells = {("a", "b", "entry"): Cell("a", "b", "entry", 2, 1, drills=[])}
    text = overview.tiles(summary, Coverage(cells, {("a", "b"): ("entry", "surface")}))
    told = re.findall(r"<b[^>]*>([^<]*)</b><span>([^<]*)</span>", text)
    assert told == [
        ("3", "PASS"), ("1", "FAIL"), ("0", "UNKNOWN"), ("0", "ERROR"),
        ("100%", "protection score"), ("50%", "of possible cells hit"),
        ("90 s", "wall time"),
    ]  # fmt: skip
    plain = overview.tiles(Summary(), Coverage())
    assert "protection score" not in plain and "cells" not in plain


def test_a_cell_is_the_greener_the_more_of_it_was_survived() -> None:
    def hue(survived: int) -> str:
        cell = Cell("a", "b", "entry", 9, 8, 7, survived, 5, drills=[])
        text = overview.heat_map(Coverage({("a", "b", "entry"): cell}), "kind", "kind")
        assert f"8 hit, 7 detected, {survived} survived, 5 recovered" in text
        return re.findall(r"hsl\((\d+) ", text)[0]

    assert [hue(each) for each in (0, 4, 8)] == ["8", "64", "120"]
    tried = Cell("a", "b", "entry", 3, 0, drills=[])
    text = overview.heat_map(Coverage({("a", "b", "entry"): tried}), "target", "target")
    assert "0 of 3 hit" in text and text.count("·") == 6, "in no other phase was it tried"
    assert overview.heat_map(Coverage(), "kind", "kind") == ""


def test_a_tube_that_is_astray_is_told_also_on_the_ground() -> None:
    one = Shown(told=shown("PASS").told, judged=shown("PASS").judged)
    one.judged.record.tubes = [
        Whereabouts("M1", "ground", "mav", False), Whereabouts("M2", "ground", "ground", True),
        Whereabouts("M3", "ground", "ground", True),
    ]  # fmt: skip
    text = drill_section(4, one)
    assert 'id="drill-4"' in text and ">M1<" in text and ">M2<" not in text
    assert "2 more on the ground, as said" in text
    one.judged.record.tubes = one.judged.record.tubes[1:]
    assert "Chain of custody" not in drill_section(4, one)
    assert "T+10 s" in text and "began at 100.000 s in the phase entry" in text
    assert record("PASS").how in text


def test_of_more_than_four_hundred_those_that_did_not_pass_are_told_in_full_first() -> None:
    good, bad = shown("PASS"), shown("FAIL")
    every = [good] * 400
    assert [number for number, _ in _in_full(every)] == list(range(400))
    every = [good] * 500 + [bad, good, bad]
    told = _in_full(every)
    assert [number for number, _ in told] == [*range(398), 500, 502]
    assert all(every[number] is each for number, each in told), "in their order, by their numbers"
    only = _in_full([good, *[bad] * 450])
    assert [number for number, _ in only] == list(range(1, 401))


def test_only_what_is_short_or_a_badge_is_not_broken_in_a_cell() -> None:
    badge = '<span class="badge pass">unmistakable</span>'
    html = table(["a & b"], [["twelve chars", "thirteen char", badge, badge[5:]]], "wide")
    cells = re.findall(r"<td( class=\"time\")?>", html)
    assert [bool(each) for each in cells] == [True, False, True, False]
    assert "<th>a &amp; b</th>" in html and html.startswith('<table class="wide">')
    assert table(["x"], []).startswith("<table>")
