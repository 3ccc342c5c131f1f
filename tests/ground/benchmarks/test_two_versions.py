"""Two versions of the program are compared by flights in turns; how fast they are is not tested."""

from pathlib import Path

import pytest

from ground.benchmarks import two_versions
from ground.benchmarks.report import versions_table
from ground.benchmarks.two_versions import (
    HERE,
    DoesNotFly,
    Flight,
    TwoVersions,
    compare_versions,
    fly_version,
)
from ground.cli import main


def flight(processor: float, peak: float = 100.0, sha256: str = "a") -> Flight:
    return Flight(processor, 2.0 * processor, peak, sha256)


def test_they_fly_in_turns_and_who_begins_swaps(tmp_path: Path) -> None:
    flown: list[Path] = []

    def fly(version: Path, mission: str) -> Flight:
        assert mission == "surface"
        flown.append(version)
        return flight(float(len(flown)))

    compared = compare_versions("surface", tmp_path, 3, fly)
    assert flown == [HERE, tmp_path, tmp_path, HERE, HERE, tmp_path]
    assert [each.processor for each in compared.ours] == [1.0, 4.0, 5.0]
    assert [each.processor for each in compared.theirs] == [2.0, 3.0, 6.0]


def test_a_ratio_is_that_of_the_medians_so_one_slow_flight_changes_nothing() -> None:
    ours = (flight(7.0, 120.0), flight(70.0, 120.0), flight(6.0, 120.0))
    theirs = (flight(10.0, 150.0), flight(1.0, 150.0), flight(14.0, 150.0))
    compared = TwoVersions("short", ours, theirs)
    assert compared.ratio(lambda each: each.processor) == pytest.approx(0.7)
    assert compared.ratio(lambda each: each.peak) == pytest.approx(0.8)


def test_other_messages_of_one_flight_are_told() -> None:
    alike = TwoVersions("short", (flight(1.0),), (flight(1.0),))
    other = TwoVersions("short", (flight(1.0), flight(1.0)), (flight(1.0), flight(1.0, 1.0, "b")))
    assert alike.same_messages and not other.same_messages
    told = [str(versions_table(each, HERE).renderables[0]) for each in (alike, other)]
    assert told[0].endswith(": the same messages")
    assert told[1].endswith(": not the same messages")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["mission", "--against", "/nowhere"], "/nowhere: allowed is a folder with a version"),
        (["bus", "--against", "."], "is for the part mission"),
        (["mission", "--against", ".", "--rounds", "0"], "= 0: allowed are 1 to 100"),
        (["mission", "--against", ".", "--mission", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(HERE)
    assert main(["measure", *arguments]) == 2
    assert said in capsys.readouterr().err


def program(folder: Path, text: str) -> Path:
    (folder / "ground").mkdir(parents=True)
    (folder / "ground" / "__init__.py").touch()
    (folder / "ground" / "cli.py").write_text(text)
    return folder


def test_a_version_that_does_not_fly_is_told_with_what_it_said_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = program(tmp_path / "it", "import sys\nprint('first')\nsys.exit('no such thing')\n")
    with pytest.raises(DoesNotFly, match=r"did not fly short \(1\): no such thing"):
        fly_version(broken, "short")
    monkeypatch.setattr(two_versions, "HERE", broken)
    assert main(["measure", "mission", "--against", str(broken)]) == 1
    assert "no such thing" in capsys.readouterr().out


def test_the_program_in_the_folder_flies_and_its_figures_are_its_own(tmp_path: Path) -> None:
    text = (
        "import json, pathlib, sys\n"
        "assert sys.argv[1:3] == ['fly', 'short'], sys.argv\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])\n"
        "out.mkdir()\n"
        "(out / 'summary.json').write_text(json.dumps({'log_sha256': 'beef'}))\n"
    )
    flown = fly_version(program(tmp_path / "it", text), "short")
    assert flown.sha256 == "beef"
    assert flown.processor > 0.0 and flown.wall > 0.0
    assert 1.0 < flown.peak < 1000.0  # MB, not kB
