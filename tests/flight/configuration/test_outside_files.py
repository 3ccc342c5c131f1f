"""Files that somebody has named are looked at before they are read."""

import os
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UnfitFile, read_outside
from ground.api.training import LARGEST_DRILL as LARGEST
from ground.client import NotServed, find_api
from ground.commands.drill_files import text_of
from ground.commands.procedure import request_of
from ground.drills.results import read_results
from ground.mission_control.dictionary.dictionary import Dictionary, DictionaryRefusal
from sim_hw.bench.recording import NoRecording, figures_of


def test_what_is_not_regular_is_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), tmp_path):
        with pytest.raises(ConfigurationError, match="allowed is a drill file"):
            text_of(path)
        with pytest.raises(DictionaryRefusal, match="allowed is a dictionary"):
            Dictionary.read(path)
        with pytest.raises(ConfigurationError, match="allowed is a procedure"):
            request_of("save", ["x", str(path)], "")
        with pytest.raises(NoRecording, match=r"allowed is a bench\.mcap"):
            figures_of(path)
        with pytest.raises(NotServed):
            find_api(path)
    with pytest.raises(ConfigurationError, match="allowed is the records of a campaign"):
        read_results(pipe, "--from")
    with pytest.raises(ConfigurationError, match="No such file"):
        text_of(tmp_path / "none")


def test_as_much_as_is_allowed_is_read_and_not_one_more(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 9)
    assert read_outside(file, 9, "a file") == b"x" * 9
    with pytest.raises(UnfitFile, match="too large: allowed are 8 bytes"):
        read_outside(file, 8, "a file")
    file.write_text("ü" * LARGEST)
    assert len(text_of(file)) == LARGEST
    file.write_text("x" * (LARGEST + 1))
    with pytest.raises(ConfigurationError, match=f"more than {LARGEST} characters"):
        text_of(file)
    file.write_bytes(b"a\r\nb\n")
    assert text_of(file) == "a\nb\n"
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="holds no text"):
        text_of(file)
