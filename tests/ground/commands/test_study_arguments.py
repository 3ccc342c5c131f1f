"""What the commands of all studies refuse before anything is flown."""

from pathlib import Path

import pytest

from ground.cli import main

STUDIES = (["trade", "mav_design"], ["study", "landing"], ["study", "ascent"])


@pytest.mark.parametrize("study", STUDIES)
@pytest.mark.parametrize("below", ["", "results"])
def test_a_file_as_the_folder_is_refused_before_anything_is_flown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], study: list[str], below: str
) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("keep")
    assert main([*study, "--runs", "100000", "--out", str(file / below)]) == 2
    said = capsys.readouterr().err
    assert f"--out = {file / below}: {file} is a file; allowed is a folder" in said
    assert file.read_text() == "keep"
