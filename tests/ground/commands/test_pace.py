"""`msr pace` and orders of a bench: what is no request is refused, and nobody is asked."""

import json
from pathlib import Path

import pytest

from ground.cli import main
from ground.commands.paces import checked_pace
from ground.testbed.operating.run_control import NoRequest, RunControl, nanoseconds_of


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nan"], "PACE = nan: allowed is 0 (a pause)"),
        (["-3"], "PACE = -3: allowed is 0 (a pause)"),
        (["1e-320"], "a pace from 0.001 to 1e+09"),
        (["fast"], "PACE = 'fast': allowed is a number, or max, or pause"),
        (["max", "--until", "inf"], "--until = inf: allowed is mission time from 0"),
        (["max", "--until", "nan"], "--until = nan: allowed is mission time from 0"),
        (["max", "--until-event", "rover."], "--until-event = rover.: allowed is VEHICLE.EVENT"),
        (["--until-event", "rover.x", "--until-verdict", "c1"], "allowed is that or"),
        (["pause", "--until-event", "rover.x"], "--until-event = rover.x: a run that is paused"),
        (["0", "--until", "9"], "--until = 9.0: a run that is paused"),
    ],
)
def test_bad_values_are_refused_before_anybody_is_asked(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pace", str(tmp_path), *words]) == 2
    assert sentence in capsys.readouterr().err.replace("\n", " ")


def test_a_run_that_is_not_there_is_no_refusal(tmp_path: Path) -> None:
    assert main(["pace", str(tmp_path), "max", "--until-event", "rover.arrived"]) == 1


def test_the_least_pace_is_one() -> None:
    assert checked_pace("0.001x") == 0.001 and checked_pace("0") == 0.0
    with pytest.raises(ValueError, match="allowed is 0"):
        checked_pace("0.00099")
    assert nanoseconds_of(9e9) == 9 * 10**18


def control(folder: Path) -> RunControl:
    """Of a run that nobody serves: what is sent is never answered."""
    file = folder / "control.json"
    file.write_text(json.dumps({"address": f"ipc://{folder / 'control'}"}))
    return RunControl(folder, patience=0.01)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(2**70, "cannot be encoded"), ("\ud800", "cannot be encoded"), ("x" * 66_000, "allowed are")],
)
def test_what_cannot_be_sent_is_no_silence_of_the_run(
    value: object, sentence: str, tmp_path: Path
) -> None:
    with control(tmp_path) as run, pytest.raises(NoRequest, match=sentence):
        run.ask("anna", {"do": "history", "limit": value})


def test_an_order_that_cannot_be_sent_ends_with_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control(tmp_path).close()
    assert main(["hil", "safe", str(tmp_path), "rover.\udc80", "--as", "anna"]) == 2
    assert "cannot be encoded" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "  ", "an\x1bna", "a\nb", "a" * 81, "a\udc80"])
def test_who_asks_has_a_name_that_can_be_read(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["hil", "stop", str(tmp_path), "--as", name]) == 2
    assert "--as" in capsys.readouterr().err


def test_a_preview_is_no_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send", "rover", "drive_to", "--preview", "--dry-run"]) == 2
    assert "allowed is that or --dry-run" in capsys.readouterr().err
