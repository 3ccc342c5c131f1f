"""Options of `msr fly` that have no meaning are refused, with a sentence and exit code 2."""

from pathlib import Path

import pytest

from ground.cli import main


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rate", "100"], "--rate = 100.0: it needs --processes"),
        (["--transport", "tcp"], "--transport = tcp: it needs --processes"),
        (["--allow-network"], "--allow-network needs --bench"),
        (["--as", "ann"], "--as needs --bench"),
        (["--processes", "--shuffle", "3"], "--shuffle = 3: nothing is replayed"),
        (["--processes", "--bench", "x"], "--bench = x: real devices fly in a run of one process"),
        (["--processes", "--rate", "inf"], "--rate = inf: allowed is a number from 0.001 to"),
        (["--processes", "--rate", "1e300"], "--rate = 1e+300: allowed is a number from 0.001"),
        (["--processes", "--rate", "1e-320"], "allowed is a number from 0.001"),
        (["--processes", "--rate", "nan"], "--rate = nan: allowed is a number from 0.001"),
    ],
)
def test_is_refused(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["fly", "surface", *options, "--out", str(out)]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_operators_that_there_are_not_are_refused_once(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["fly", "surface", "--serve", "--processes", "--operators", "nosuch"]
    assert main([*words, "--quiet", "--out", str(tmp_path / "run")]) == 2
    assert capfd.readouterr().err.count("there is no") == 1


def test_a_pace_that_is_none_is_refused_with_what_is_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fly", "surface", "--pace", "1e-320"])
    assert ended.value.code == 2
    assert "allowed is 0 (a pause), a pace from" in capsys.readouterr().err.replace("\n", " ")
