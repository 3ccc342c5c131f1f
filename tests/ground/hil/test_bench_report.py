"""The timing of a flight on a bench as JUnit, as one page, and by its exit code."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from ground.cli import main
from ground.hil.bench_report import write_reports
from sim_hw.bench.comparison import Comparison, Tolerance
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.timing import MethodTiming


def evidence(
    folder: Path, misses: int, floor_rate: float | None, deadline: float = 0.02,
    during: float | None = None, cycles: int = 100,
) -> Path:  # fmt: skip
    """Of a flight; `during`: what the floor missed of so many `cycles` in it (None: as it was told
    before that was measured)."""
    timing = MethodTiming(0.02, deadline)
    for number in range(1000):
        timing.began(0.0001)
        timing.answered(0.5 if number < misses else 0.001)
    floor: dict[str, Any] | None = None
    if floor_rate is not None:
        floor = {
            "way": "sleeping thread", "rate_hz": 50.0, "miss_rate": floor_rate, "slips": 1,
            "lateness": timing.lateness.told(), "not_permitted": [],
        }  # fmt: skip
    if floor is not None and during is not None:
        lateness = Histogram.of([0.001] * cycles).told()
        floor["in_flight"] = {
            "rate_hz": 50.0, "miss_rate": during, "slips": 0, "lateness": lateness,
        }  # fmt: skip
    bad = floor_rate is None or max(floor_rate, during or 0.0) > 0.001 or not cycles
    identity = {"vendor": "<b>", "model": "m", "serial": "SN1", "firmware": "1"}
    methods = {"steer": timing.told()}
    device = {
        "mode": "real", "state": "armed", "boots": 1, "identity": identity, "methods": methods,
    }  # fmt: skip
    told = {
        "format": 1, "title": "desk & chair", "most_misses": 0.001, "floor": floor,
        "timing": "unknown" if bad else "missed" if misses > 1 else "ok",
        "devices": {"mav.effectors": device},
    }  # fmt: skip
    (folder / "bench.json").write_text(json.dumps(told))
    return folder


@pytest.mark.parametrize(
    ("misses", "floor", "code", "kind"),
    [(0, 0.0, 0, ""), (1, 0.001, 0, ""), (2, 0.0, 1, "failure"), (2, 0.5, 3, "skipped"),
     (0, None, 3, "skipped")],
)  # fmt: skip
def test_missed_is_a_failure_and_a_bad_floor_is_unknown(
    misses: int, floor: float | None, code: int, kind: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["hil", "report", str(evidence(tmp_path, misses, floor))]) == code
    assert f"1000 calls, {misses} misses" in capsys.readouterr().out
    suite = ElementTree.parse(tmp_path / "bench.junit.xml").getroot()
    (case,) = suite.iter("testcase")
    assert case.get("name") == "mav.effectors.steer"
    kinds = [each.tag for each in case if each.tag in ("failure", "skipped")]
    assert kinds == ([kind] if kind else [])
    modes = [each for each in suite.iter("property") if each.get("name", "").endswith(".mode")]
    assert [each.get("value") for each in modes] == ["real"]
    said = [str(each.text) for each in suite.iter("system-out")]
    assert all(each.startswith("real: ") for each in said) and said


@pytest.mark.parametrize(
    ("before", "during", "cycles", "code"),
    [(0.0, 0.001, 100, 1), (0.0, 0.0011, 100, 3), (0.002, 0.0, 100, 3), (0.0, 0.0, 0, 3)],
)  # fmt: skip
def test_a_floor_that_is_bad_or_missing_during_the_flight_excuses_a_device(
    before: float, during: float, cycles: int, code: int, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = evidence(tmp_path, 2, before, during=during, cycles=cycles)
    assert main(["hil", "report", str(folder)]) == code
    said = capsys.readouterr().out
    assert "floor before the flight: 50 Hz" in said
    measured = "floor during the flight: 50 Hz" in said
    assert measured == bool(cycles) and ("not measured: nothing real" in said) != measured
    (case,) = ElementTree.parse(tmp_path / "bench.junit.xml").getroot().iter("testcase")
    assert [each.tag for each in case if each.tag != "system-out"][-1] == (
        "failure" if code == 1 else "skipped"
    )
    _, page = write_reports(folder)
    assert "during the flight" in page.read_text()


def test_the_page_is_one_file_and_what_a_device_says_is_text(tmp_path: Path) -> None:
    _, page = write_reports(evidence(tmp_path, 0, 0.0))
    text = page.read_text()
    assert "desk &amp; chair" in text and "&lt;b&gt;" in text and "<b> m" not in text
    assert "mav.effectors: real, armed," in text
    assert "http" not in text.replace("http-equiv", "") and text.count("<svg") == 2


def test_without_evidence_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hil", "report", str(tmp_path)]) == 2
    assert "fly with `msr fly --bench`" in capsys.readouterr().err
    (tmp_path / "bench.json").write_text('{"format": 2}')
    assert main(["hil", "report", str(tmp_path)]) == 2
    assert "allowed is 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('"devices"', '"devises"'),
        ('"most_misses": 0.001', '"most_misses": 0'),
        ('"most_misses": 0.001', '"most_misses": "none"'),
        ('"mode": "real", ', ""),
        ('"lateness": {', '"lateness": 3, "was": {'),
        ('"methods": {', '"methods": [], "were": {'),
        ('"format": 1', '"format": ' + "[" * 50_000),
    ],
)
def test_evidence_that_is_damaged_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: str, bad: str
) -> None:
    file = evidence(tmp_path, 0, 0.0) / "bench.json"
    assert good in file.read_text()
    file.write_text(file.read_text().replace(good, bad))
    assert main(["hil", "report", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and str(file) in said.err and "Traceback" not in said.err
    assert [each.name for each in tmp_path.iterdir()] == ["bench.json"]


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ({"file": "bench.mcap", "messages": 7, "dropped": 2, "whole": True, "because": ""},
         "bench.mcap: 7 messages, 2 dropped\n"),
        ({"file": "bench.mcap", "messages": 7, "dropped": 0, "whole": False, "because": "full"},
         "7 messages, 0 dropped; torn: full"),
        ({"file": "bench.mcap", "messages": 7, "dropped": 9, "whole": True, "because": "full",
          "incomplete_from_s": 2.5},
         "7 messages, 9 dropped; INCOMPLETE from t=2.500 s on: full"),
        ({"file": None, "because": "no mcap"}, "no recording: no mcap"),
    ],
)  # fmt: skip
def test_what_was_recorded_and_compared_and_is_not_permitted_is_told(
    recording: dict[str, Any], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evidence(tmp_path, 0, 0.0)
    told = json.loads((folder / "bench.json").read_text())
    comparison = Comparison({"pitch": Tolerance(0.1), "yaw": Tolerance(1.0)})
    comparison.add("steer", {"pitch": 0.0, "yaw": 0.0}, {"pitch": 0.2, "yaw": 0.9}, 5.0)
    comparison.not_asked = 3
    told["devices"]["mav.effectors"] |= {"mode": "shadow", "beside": comparison.told()}
    clock = {"offset": -3.25, "offset_within": 4e-4, "ppm": 41.0, "ppm_within": 2.5, "samples": 9}
    told["devices"]["mav.effectors"] |= {"clock": clock, "anybody": True}
    told |= {"recording": recording, "not_permitted": ["SCHED_FIFO is not permitted"]}
    (folder / "bench.json").write_text(json.dumps(told))
    main(["hil", "report", str(folder)])
    said = capsys.readouterr().out
    assert "mav.effectors: shadow, armed, " in said
    assert "its clock is -3.250000 s from the bench's (to 0.400 ms), +41.0 ppm (to 2.5)" in said
    assert "anyone on its network could move it" in said
    assert words in said and "not permitted: SCHED_FIFO" in said
    assert "mav.effectors: shadow: 1 answers compared, 0 without one, 0 failed otherwise, 3" in said
    assert "OFF steer.pitch: mean 0.2, rms 0.2, max 0.2 (allowed 0.1), 1 beyond" in said
    assert "ok steer.yaw" in said and "OFF steer.pitch" in (folder / "bench.html").read_text()
