"""The page of the drill files shows a drill that is read, and conditions that mean something."""

import re
from pathlib import Path

import pytest

from ground.drills.reading import load_drill
from ground.missions.protection_files import load_protection

TEXT = (Path(__file__).resolve().parents[2] / "docs/reference/drill-file.md").read_text("utf-8")
EXAMPLE = re.findall(r"^```\n(format: 1.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)[0]
RECOVER = "recover: {state: lander.landed, in: 5 min}"
HAPPENINGS = re.findall(r"^\| `\{(.+)\}` \|", TEXT, flags=re.MULTILINE)


def test_its_example_is_read(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text(EXAMPLE, encoding="utf-8")
    drill = load_drill(file)
    assert drill.heal is not None and len(drill.never) == 2


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_what_it_says_can_happen_can_be_awaited(tmp_path: Path, happening: str) -> None:
    assert RECOVER in EXAMPLE and len(HAPPENINGS) == 7
    file = tmp_path / "drill.yaml"
    awaited = f"recover: {{{happening}, in: 5 min}}"
    file.write_text(EXAMPLE.replace(RECOVER, awaited), encoding="utf-8")
    assert load_drill(file).within[0].name == "recover"


def test_the_monitor_and_the_response_that_it_names_are_in_the_table() -> None:
    table = load_protection("lander")
    assert re.findall(r"\{monitor: (\w+), of: lander\}", TEXT)[0] in table.monitors
    assert re.findall(r"\{response: (\w+), of: lander\}", TEXT)[0] in table.responses
