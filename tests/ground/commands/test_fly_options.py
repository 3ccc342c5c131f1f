"""Options of `msr fly` that have no meaning are refused, with a sentence and exit code 2."""

from pathlib import Path

import pytest

from ground.cli import main


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rate", "100"], "--rate = 100.0: it needs --processes"),
        (["--transport", "tcp"], "--transport = tcp: it needs --processes"),
        (["--processes", "--shuffle", "3"], "--shuffle = 3: nothing is replayed"),
        (["--processes", "--rate", "inf"], "--rate = inf: allowed is a number above 0, up to"),
        (["--processes", "--rate", "1e300"], "--rate = 1e+300: allowed is a number above 0"),
        (["--processes", "--rate", "nan"], "--rate = nan: allowed is a number above 0"),
    ],
)
def test_is_refused(
    options: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["fly", "surface", *options, "--out", str(out)]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()
