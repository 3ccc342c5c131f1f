"""Who was let in to a replay comes in to no other: what is kept of it goes with its folder."""

import os
from pathlib import Path

import pytest

from flight.configuration.scratch_folder import OWNER, PREFIX, ScratchFolder, sweep
from ground.edge.private_files import state_folder


def test_the_state_of_a_scratch_folder_is_swept_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scratch = ScratchFolder("replay-")
    kept = state_folder(scratch.path)
    (kept / "sessions.json").write_text("{}")
    assert kept.is_relative_to(scratch.path) and not (tmp_path / "home").exists()
    assert kept.stat().st_mode & 0o077 == 0
    assert sweep(tmp_path) == [] and kept.exists()  # it lives
    os.close(scratch._lock)  # a kill: nothing is removed
    scratch._lock = -1
    assert sweep(tmp_path) == [scratch.path] and not kept.exists()


@pytest.mark.parametrize(("name", "mode"), [(f"{PREFIX}open", 0o755), ("run", 0o700)])
def test_the_state_of_a_run_folder_is_kept_apart_whatever_lies_in_it(
    name: str, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    run = tmp_path / name
    run.mkdir(mode=mode)
    run.chmod(mode)
    (run / OWNER).touch()
    assert state_folder(run).is_relative_to(tmp_path / "home")
