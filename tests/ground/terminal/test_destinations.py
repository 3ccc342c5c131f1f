"""What cannot be written is refused before the work begins, with a sentence."""

import os
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.terminal import destinations
from ground.terminal.destinations import check_file, check_folder


def test_a_place_that_is_not_there_yet_is_allowed_and_not_made(tmp_path: Path) -> None:
    check_folder("--out", tmp_path / "a" / "b")
    check_file("--json", tmp_path / "a" / "rows.json")
    check_file("--json", Path("/dev/null"))
    check_folder("--out", None)
    check_file("--json", None)
    assert list(tmp_path.iterdir()) == []


def test_a_file_above_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("keep")
    with pytest.raises(ConfigurationError, match="is a file; allowed is a folder"):
        check_folder("--out", tmp_path / "notes" / "a")
    with pytest.raises(ConfigurationError, match="is no folder; allowed is a file in one"):
        check_file("--json", tmp_path / "notes" / "a" / "rows.json")


def test_a_folder_without_the_permission_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(destinations.os, "access", lambda path, mode: False)
    with pytest.raises(ConfigurationError, match=f"nothing can be written into {tmp_path}"):
        check_folder("--out", tmp_path)
    (tmp_path / "rows.json").write_text("[]")
    with pytest.raises(ConfigurationError, match="may not be written"):
        check_file("--json", tmp_path / "rows.json")


@pytest.mark.parametrize("free", [0, 999])
def test_a_full_disk_is_refused_and_one_with_just_enough_is_not(
    free: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk(path: Path, *, blocks: int, inodes: int) -> os.statvfs_result:
        return os.statvfs_result((1000, 1000, 0, blocks, blocks, 100, inodes, inodes, 0, 255))

    monkeypatch.setattr(destinations.os, "statvfs", lambda p: disk(p, blocks=free, inodes=9))
    with pytest.raises(ConfigurationError, match="MB are free there; allowed is a disk with 1 MB"):
        check_folder("--out", tmp_path)
    monkeypatch.setattr(destinations.os, "statvfs", lambda p: disk(p, blocks=1000, inodes=1))
    check_folder("--out", tmp_path)
    monkeypatch.setattr(destinations.os, "statvfs", lambda p: disk(p, blocks=1000, inodes=0))
    with pytest.raises(ConfigurationError, match="no inode is free there"):
        check_file("--json", tmp_path / "rows.json")
