"""Small files that would take for ever are refused at once, with a sentence."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.configuration import yaml_nodes
from flight.configuration.files import ConfigurationError, load_configuration


class Anything(msgspec.Struct):
    values: Any


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_configuration(path, Anything)
    return str(refused.value)


def aliases(doublings: int) -> str:
    """A list of lists that holds two to the power of `doublings` values."""
    lines = ["  - &a0 x"]
    lines += [f"  - &a{n + 1} [*a{n}, *a{n}]" for n in range(doublings)]
    return "values:\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("doublings", [16, 40, 400])
def test_aliases_of_aliases_are_counted_as_what_they_name(doublings: int, tmp_path: Path) -> None:
    file = tmp_path / "bomb.yaml"
    file.write_text(aliases(doublings))
    said = refusal(file)
    assert "holds too many values, each alias counted as what it names: allowed are 50000" in said
    assert f"{file}:" in said


def test_as_many_values_as_are_allowed_are_read_and_not_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "values.yaml"
    monkeypatch.setattr(yaml_nodes, "MOST_NODES", 9)  # the document, a key, the list, six values
    file.write_text("values: [1, 2, 3, 4, 5, 6]\n")
    assert load_configuration(file, Anything).values == [1, 2, 3, 4, 5, 6]
    file.write_text("values: [1, 2, 3, 4, 5, 6, 7]\n")
    assert "allowed are 9" in refusal(file)


def test_a_million_keys_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.yaml"
    file.write_text("".join(f"k{number}: 1\n" for number in range(1_000_000)))
    assert "the file is too large: allowed are 400000 bytes" in refusal(file)


def test_as_many_bytes_as_are_allowed_are_read_and_not_one_more(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    text = "values: 1\n#"
    file.write_text(text + "x" * (yaml_nodes.LARGEST_FILE - len(text)))
    assert load_configuration(file, Anything).values == 1
    with file.open("a") as more:
        more.write("x")
    assert "too large" in refusal(file)


def test_a_fifo_and_a_folder_are_refused_without_being_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yaml")
    assert refusal(tmp_path / "fifo.yaml").endswith("is no regular file: allowed is a file of YAML")
    assert refusal(tmp_path).endswith("is a folder: allowed is a file of YAML")
    assert "no regular file" in refusal(Path("/dev/zero"))
