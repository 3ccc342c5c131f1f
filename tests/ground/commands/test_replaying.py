"""`msr history --replay`: what it is given is checked, and what is not there is said."""

from pathlib import Path

import pytest

from flight.icd.messages import CommandReport, EventReport, Rung, Severity
from ground.cli import main
from ground.mission_control.archive.archive import Archive

S = 1_000_000_000


@pytest.fixture
def run(tmp_path: Path) -> Path:
    archive = Archive(tmp_path / "run" / "ground" / "archive.sqlite")
    event = EventReport("rover", "slip", Severity.WARNING_HI, 5 * S, "slips", {}, 1)
    archive.add_event(event, 6 * S)
    archive.add_rung(CommandReport("mc-1", "lander", Rung.RECEIVED, 7 * S), 8 * S)
    archive.close()
    return tmp_path / "run"


def told(run: Path, *words: str) -> int:
    try:
        return main(["history", "--replay", "--at", str(run), *words])
    except SystemExit as ended:
        return int(ended.code or 0)


def test_it_tells_in_the_order_in_which_the_ground_heard(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(run) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2:5] for line in lines] == [
        ["event", "rover", "slip"], ["rung", "lander", "RECEIVED"]
    ]  # fmt: skip
    assert told(run, "--from", "6.5", "--vehicle", "lander") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_where_nothing_was_heard_it_says_so(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(run, "--from", "8.1") == 0
    shown = capsys.readouterr()
    assert shown.out == "" and "nothing was heard from then on" in shown.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--vehicle", "rovr"], "--vehicle = rovr: allowed is one of lander, rover"),
        (["--name", "drive"], "--name: --replay tells all"),
        (["--by", "anna"], "--by: --replay tells all"),
        (["--rungs"], "--rungs: --replay tells all"),
        (["--from", "nan"], "allowed is a number up to 1e9"),
    ],
)
def test_what_it_cannot_do_is_refused_by_a_sentence(
    run: Path, words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(run, *words) == 2
    shown = capsys.readouterr()
    assert problem in shown.err and shown.out == ""


def test_a_damaged_archive_is_refused_by_a_sentence(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = run / "ground" / "archive.sqlite"
    data = bytearray(file.read_bytes())
    for place in range(4096, len(data), 97):
        data[place] ^= 0xFF
    file.write_bytes(data)
    assert told(run) == 2
    assert "the archive cannot be read" in capsys.readouterr().err
