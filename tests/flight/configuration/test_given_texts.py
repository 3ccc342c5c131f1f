"""A text stands for a file while it is given: read and refused as one is, and written nowhere."""

import pytest

from flight.configuration.files import ConfigurationError
from flight.configuration.given_texts import given_text
from flight.configuration.outside_files import UnfitFile, read_outside
from flight.configuration.sections import load_section


def test_it_is_read_as_a_file_of_that_name() -> None:
    with given_text("mine.yaml", "a: 1\nb: [2, ä]\n") as path:
        assert path.name == "mine.yaml" and not path.exists()
        assert load_section(path).plain() == {"a": 1, "b": [2, "ä"]}
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        load_section(path)


def test_what_is_wrong_in_it_is_refused_with_its_line() -> None:
    refused = pytest.raises(ConfigurationError, match=r"/mine\.yaml:3: this is not YAML")
    with given_text("mine.yaml", "a: 1\nb: {\n") as path, refused:
        load_section(path)
    with given_text("mine.yaml", "") as path, pytest.raises(ConfigurationError, match="is empty"):
        load_section(path)


def test_it_may_be_as_large_as_a_file_and_two_of_one_name_are_two() -> None:
    with given_text("a", "ää") as path, given_text("a", "b") as other:
        assert read_outside(path, 4, "a text") == "ää".encode()
        assert read_outside(other, 4, "a text") == b"b"
        with pytest.raises(UnfitFile, match="too large: allowed are 3 bytes"):
            read_outside(path, 3, "a text")
