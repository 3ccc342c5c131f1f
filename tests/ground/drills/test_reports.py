"""What drills leave to read: the terminal, JUnit, one page."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest

from flight.configuration.files import ConfigurationError
from ground.drills.coverage import coverage_of
from ground.drills.html.page import page
from ground.drills.html.timeline import windows
from ground.drills.junit import write_junit
from ground.drills.record import Broken, Curve, FaultSpan, Judged, Mark, Record, Waited, Whereabouts
from ground.drills.results import Shown, Summary, Told, read_results, write_results
from ground.drills.text_report import exit_code, lines, summary_line

EVIL = '<script>alert(1)</script> & "quotes" \x07'


def record(verdict: str, name: str = "radar") -> Record:
    """A drill in whose hundred seconds a fault is active from 10 to 15 s."""
    return Record(
        drill=name, file="radar.yaml", scenario="short", seed=1, began=100.0, ended=2000.0,
        end="horizon", phase="entry", sha256="0" * 64, messages=9,
        faults=[
            FaultSpan("radar", "stuck", "device lander.landing_radar.measure (range)", 5, 110.0,
                      115.0, 110.0, 115.0, "lander.landing_radar.measure", EVIL, "entry")
        ],
        within=[Waited("detect", "event lander.x", 5.0, 110.0, 112.5)],
        heal=Waited(
            "then", "state lander.landed", 60.0, 115.0, None if verdict == "FAIL" else 140.0
        ),
        broken=[Broken("never lander.safe", 130.0, EVIL)] if verdict == "FAIL" else [],
        marks=[
            Mark(100.0, "lander", "state", "entry.parachuting"),
            Mark(112.0, "lander", "warning", f"reading_invalid: {EVIL}"),
            Mark(140.0, "lander", "state", "landed.waiting"),
        ],
        tubes=[
            Whereabouts("M2020-1", "mav", "unknown", True),
            Whereabouts("M2", "ground", "x", True),
        ],
        curves=[
            Curve("truth.lander.height", "m", "truth", [112.0, 120.0, 128.0], [9.0, None, 1.0]),
            Curve("lander.descent_height", "m", "belief", [112.0, 120.0, 128.0], [9.1, 5.0, 1.1]),
        ],
    )  # fmt: skip


def shown(verdict: str, name: str = "radar") -> Shown:
    told = Told(name=name, title=EVIL, requirement="LND-4", start="event x", again="msr drill x")
    because = [] if verdict == "PASS" else [f"{EVIL}\nsecond line"]
    return Shown(told=told, judged=Judged(verdict=verdict, because=because, record=record(verdict)))


ALL = [shown("PASS"), shown("FAIL"), shown("UNKNOWN"), shown("ERROR")]


class Tags(HTMLParser):
    """Which tags there are, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: dict[str, int] = {}
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.linked += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_nothing_of_it_lies_elsewhere() -> None:
    text = page(ALL, Summary(counts={"PASS": 1, "FAIL": 1}), coverage_of(s.judged for s in ALL))
    tags = Tags()
    tags.feed(text)
    assert tags.open == []
    assert "script" not in tags.seen and "link" not in tags.seen and "img" not in tags.seen
    assert all(link.startswith("#drill-") for link in tags.linked)
    assert not re.search(r"url\(|@import|https?://", text)
    assert tags.seen["svg"] >= 8 and "<script>" not in text
    assert "not shown" not in text


def test_a_drill_shows_its_fault_its_waits_its_truth_and_how_to_fly_it_again() -> None:
    text = page([shown("FAIL")], Summary(), coverage_of([]))
    for words in (
        'class="band"', 'class="violated"', 'class="truth"', 'class="belief"', "Around the faults",
        "2.5 s of 5 s", "not within 60 s", "msr drill x", "Chain of custody", "LND-4", "1 more on",
    ):  # fmt: skip
        assert words in text, words


def test_the_near_view_is_left_out_where_it_is_nearly_the_whole() -> None:
    whole = record("PASS")
    assert [title for title, _ in windows(whole)] == ["Around the faults", "The whole drill"]
    whole.ended = 150.0
    assert [title for title, _ in windows(whole)] == ["The whole drill"]
    whole.began = None
    assert windows(whole) == []


def test_unknown_is_a_failure_for_junit_and_texts_are_what_xml_can_hold(tmp_path: Path) -> None:
    write_junit(tmp_path / "new" / "j.xml", ALL)
    suite = xml.parse(tmp_path / "new" / "j.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "1")
    outcome = [[child.tag for child in case if child.tag != "properties"] for case in suite]
    assert outcome == [[], ["failure"], ["failure"], ["error"]]
    assert suite[2][1].get("type") == "UNKNOWN"
    assert "msr drill x" in (suite[1][1].text or "")


def test_the_worst_verdict_is_the_answer() -> None:
    def code(*verdicts: str) -> int:
        return exit_code([shown(verdict).judged for verdict in verdicts])

    assert [code("PASS"), code("PASS", "UNKNOWN")] == [0, 3]
    assert [code("UNKNOWN", "FAIL"), code("FAIL", "ERROR")] == [1, 4]
    assert exit_code([]) == 0
    assert summary_line([each.judged for each in ALL]).startswith("4 drills: 1 PASS, 1 UNKNOWN")
    told = "\n".join(lines(shown("FAIL")))
    assert "because" in told and "second line" in told and "again: msr drill x" in told


def test_records_are_read_back_and_others_refused(tmp_path: Path) -> None:
    write_results(tmp_path, ALL, Summary())
    assert read_results(tmp_path, "--compare") == ALL
    (tmp_path / "other.jsonl").write_text("{}\n")
    for path, words in ((tmp_path / "other.jsonl", "no records"), (tmp_path / "none", "be read")):
        with pytest.raises(ConfigurationError, match=words):
            read_results(path, "--compare")
