"""Dispersed ascents: closed loop earns its place, and the same numbers come out the same."""

import json
import math
import os
import secrets
from pathlib import Path

import pytest

from ground.cli import main
from ground.studies.ascent_run import AscentResult
from ground.studies.ascent_study import compare, fly_study, judge, markdown, write


def test_closed_loop_beats_open_loop_on_the_same_vehicles(tmp_path: Path) -> None:
    results = fly_study(3, first=21)
    sides = compare(results)
    opened, closed = sides["open loop"], sides["closed loop"]
    assert closed.share_in_both == 1.0
    assert opened.columns["periapsis_km"].deviation > closed.columns["periapsis_km"].deviation
    assert opened.columns["plane_error"].mean > closed.columns["plane_error"].mean
    write(tmp_path, results, sides)
    assert len(json.loads((tmp_path / "ascents.json").read_text())) == 6
    assert "within both" in markdown(sides)
    again = fly_study(1, first=22)
    assert again == [r for r in results if r.seed == 22]


def test_wrong_calls_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "ascent", "--runs", "0"]) == 2
    assert "--runs = 0" in capsys.readouterr().err
    assert main(["study", "ascent", "--cycle", "1"]) == 2
    with pytest.raises(ValueError, match="without runs"):
        judge([])


def result_of(
    seed: int, angle: float, *, closed: bool = True, in_orbit: bool = True
) -> AscentResult:
    return AscentResult(
        seed, closed, in_orbit, 310.0, 370.0, 18.0, 0.01, 1.0, 2.0, (305.0, 375.0), (1.0, 0.1),
        1500.0, angle, 90.0, 1000.0, False, 500.0,
    )  # fmt: skip


def test_the_share_that_kept_to_the_air_has_the_limit_itself_and_nobody_who_is_lost() -> None:
    flown = [
        result_of(1, 4.0), result_of(2, math.nextafter(4.0, 5.0)),
        result_of(3, 0.0, in_orbit=False), result_of(4, 1.0),
    ]  # fmt: skip
    side = judge(flown)
    assert (side.share_in_angle, side.lost) == (0.5, 1)
    assert "| within 4 deg of the air above 400 Pa | 50.0 % |" in markdown(compare(flown))


def test_what_was_flown_one_way_alone_is_judged_alone() -> None:
    assert list(compare([result_of(1, 1.0)])) == ["closed loop"]
    assert list(compare([result_of(1, 1.0, closed=False)])) == ["open loop"]


@pytest.mark.parametrize(
    ("loop", "flown", "kept"), [("both", 5, 4), ("closed", 3, 3), ("both", 1, 0), ("open", 0, 0)]
)
def test_one_that_is_broken_off_keeps_the_launches_that_were_flown_whole(
    loop: str, flown: int, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    done: list[int] = []

    def fly_one(task: tuple[int, bool, float]) -> AscentResult:
        if len(done) == flown:
            raise KeyboardInterrupt
        done.append(task[0])
        return result_of(task[0], 1.0, closed=task[1])

    monkeypatch.setattr("ground.studies.ascent_study.fly_one", fly_one)
    out = tmp_path / "study"
    words = ["--loop", loop, "--first", "7", "--runs", "9", "--workers", "1", "--out", str(out)]
    assert main(["study", "ascent", *words]) == 130
    told = capsys.readouterr().err
    if not kept:
        assert not out.exists() and "broken off" not in told
        return
    rows = json.loads((out / "ascents.json").read_text())
    assert [row["seed"] for row in rows] == done[:kept]
    whole = len(set(done[:kept]))
    assert f"broken off after {whole} of 9 runs" in told
    assert f"`--first {7 + whole} --runs {9 - whole}` flies the others" in told
    assert f"| runs | {whole} |" in (out / "summary.md").read_text()


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_of_a_thousand_ascents_99_in_a_hundred_keep_to_the_air_and_to_the_band() -> None:
    first = 1 + secrets.randbelow(10**6)
    print(f"\nmsr study ascent --runs 1000 --loop closed --first {first}")
    side = judge(fly_study(1000, os.cpu_count() or 1, first=first, steering=(True,)))
    assert side.share_in_angle >= 0.99 and side.share_in_both >= 0.99
