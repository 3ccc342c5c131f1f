"""What a flight ends with, whichever command has flown it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ground.commands import standing_by
from ground.terminal.exit_codes import after_signal, exit_code_of

VERDICTS = {"success": 0, "failure": 1, "unknown": 3, "": 1, "Success": 1}


@pytest.mark.parametrize(("verdict", "code"), VERDICTS.items())
def test_of_a_verdict(verdict: str, code: int) -> None:
    assert exit_code_of(verdict) == code


def test_of_a_signal_it_is_told_as_shells_do() -> None:
    assert (after_signal(2), after_signal(15)) == (130, 143)


@pytest.mark.parametrize("verdict", ["success", "failure", "unknown"])
def test_a_run_that_took_the_place_of_another_ends_as_that_would(
    verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = SimpleNamespace(bench="", shuffle=None, seed=1, faults=())
    session: Any = SimpleNamespace(mission="short", head=head, inputs=(), file=tmp_path)
    monkeypatch.setattr(standing_by, "_record_of", lambda folder: session)
    monkeypatch.setattr(standing_by, "StandbyFolder", lambda *given: None)
    monkeypatch.setattr(standing_by, "ScratchFolder", lambda name: SimpleNamespace(path=tmp_path))
    monkeypatch.setattr(standing_by.signal, "signal", lambda *given: None)
    monkeypatch.setattr(standing_by, "fly", lambda *given: SimpleNamespace(verdict=verdict))
    assert standing_by.stand_by(tmp_path, "demo") == VERDICTS[verdict]
