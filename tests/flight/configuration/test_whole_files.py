"""A replaced file is the old one or the new one, whole; a failed writing changes nothing."""

from pathlib import Path

import pytest

from flight.configuration import whole_files
from flight.configuration.whole_files import part_of, replace_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    replace_file(file, "old")
    before = file.stat().st_ino
    with file.open() as reader:
        assert replace_file(file, "é") == file
        assert reader.read() == "old"
    assert file.read_bytes() == "é".encode()
    assert file.stat().st_ino != before
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_a_writing_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = replace_file(tmp_path / "state.json", b"old")

    def full(part: Path, target: Path) -> None:
        assert part.read_bytes() == b"new"
        raise OSError(28, "No space left")

    monkeypatch.setattr(whole_files.os, "replace", full)
    with pytest.raises(OSError):
        replace_file(file, b"new")
    assert file.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"]


def test_what_a_death_has_left_and_a_link_laid_there_are_not_written_through(
    tmp_path: Path,
) -> None:
    file, others = tmp_path / "state.json", tmp_path / "others.txt"
    others.write_text("keep")
    part_of(file).symlink_to(others)
    replace_file(file, "new")
    assert (file.read_text(), others.read_text()) == ("new", "keep")
    assert not file.is_symlink()


def test_a_link_is_followed_to_its_file(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    replace_file(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_what_is_no_regular_file_is_written_in_place() -> None:
    replace_file(Path("/dev/null"), "gone")
    assert Path("/dev/null").is_char_device()
