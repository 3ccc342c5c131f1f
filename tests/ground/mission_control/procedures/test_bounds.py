"""Procedures that would unroll for ever are refused, and numbers without bounds are, too."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.mission_control.procedures import bounds
from ground.mission_control.procedures.reading import Program

Load = Callable[[str], Program]
TEN = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"


def nested(depth: int, body: str, items: str = TEN) -> str:
    """Loops in loops around the steps of `body`."""
    text = ""
    for level in range(depth):
        indent = "  " + "    " * level
        text += f"{indent}- do: for_each\n{indent}  variable: v{level}\n{indent}  items: {items}\n"
        text += f"{indent}  steps:\n"
    return text + "  " + "    " * depth + body


def test_loops_in_loops_are_refused_as_soon_as_they_are_too_long(procedure: Load) -> None:
    with pytest.raises(ConfigurationError, match="too long: allowed are 10000 steps in all"):
        procedure(nested(8, "- {do: pause, seconds: 1}\n"))


def test_rounds_of_a_loop_count_also_where_they_do_nothing(procedure: Load) -> None:
    text = nested(8, "- {do: for_each, variable: x, items: [], steps: []}\n")
    with pytest.raises(ConfigurationError, match="the procedure is too long"):
        procedure(text)


def test_as_many_steps_as_are_allowed_are_taken_and_not_one_more(
    procedure: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "  - {do: pause, seconds: 1}\n" * 4
    monkeypatch.setattr(bounds, "MOST_STEPS", 4)
    assert len(procedure(text).instructions) == 4
    with pytest.raises(ConfigurationError, match="allowed are 4 steps"):
        procedure(text + "  - {do: pause, seconds: 1}\n")


def test_parts_that_include_two_others_are_refused_and_read_once_each(
    procedure: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "configs" / "procedures" / "parts"
    home.mkdir(parents=True)
    monkeypatch.setattr("flight.configuration.files.configs_folder", lambda: tmp_path / "configs")
    for level in range(24):
        two = f"  - {{do: include, part: p{level + 1}}}\n" * 2
        (home / f"p{level}.yaml").write_text(f"title: Part\nsteps:\n{two}")
    (home / "p24.yaml").write_text("title: Part\nsteps:\n  - {do: pause, seconds: 1}\n")
    with pytest.raises(ConfigurationError, match="the procedure is too long"):
        procedure("  - {do: include, part: p0}\n")


@pytest.mark.parametrize("item", ['["${v}${v}"]', '[["${v}", "${v}"]]'])
def test_variables_that_double_in_each_loop_are_refused(procedure: Load, item: str) -> None:
    text = "  - do: for_each\n    variable: v\n    items: [xxxxxxxx]\n    steps:\n"
    for level in range(20):
        indent = "    " * (level + 1)
        text += f"{indent}- do: for_each\n{indent}  variable: v\n{indent}  items: {item}\n"
        text += f"{indent}  steps:\n"
    text += "    " * 21 + "- {do: pause, seconds: 1}\n"
    with pytest.raises(ConfigurationError, match="comes to too much"):
        procedure(text)


@pytest.mark.parametrize("seconds", ["1e300", "2.1e8", "-1", ".nan", ".inf", "1" + "0" * 400])
def test_a_pause_without_bounds_is_refused(procedure: Load, seconds: str) -> None:
    with pytest.raises(ConfigurationError, match=r"seconds = .*: allowed is a finite number"):
        procedure(f"  - {{do: pause, seconds: {seconds}}}\n")


def test_the_longest_pause_that_is_allowed_is_taken(procedure: Load) -> None:
    assert len(procedure("  - {do: pause, seconds: 2.0e8}\n").instructions) == 1
