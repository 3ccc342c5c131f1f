"""What tests of the commands share."""

from pathlib import Path

import pytest

from ground.commands import console
from tests.ground.commands.played_children import Process


@pytest.fixture
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(console, "Child", Process)
    Process.started = []
