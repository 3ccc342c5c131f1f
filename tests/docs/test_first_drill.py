"""The tutorial of the first drill, step by step as it stands there."""

import re
import shlex
from pathlib import Path

import pytest

from ground.cli import main

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial" / "first-drill.md"
_BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
CHANGES = {
    2: [("parachute_open", "parachute_opn")],
    3: [("parachute_opn", "parachute_open")],
    4: [
        (
            "    lasts: 5 s\n",
            "    lasts: 5 min\n"
            "  - {id: camera, device: lander.terrain_camera, kind: blind, lasts: 5 min}\n",
        )
    ],
}
"""What the page has its reader change, before the step of that number."""
CODES = [0, 2, 0, 1]


def shows(page: str, printed: str) -> bool:
    """Whether a block shows what was printed: `...` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in page.split("..."))
    return re.fullmatch(pattern, printed, flags=re.DOTALL) is not None


@pytest.mark.mission
@pytest.mark.parametrize("steps", [2, pytest.param(len(CODES), marks=pytest.mark.check)])
def test_its_steps_do_what_it_says(
    steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So many of them, from the first."""
    monkeypatch.chdir(tmp_path)
    blocks = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    file = tmp_path / "my_drill.yaml"
    assert blocks[0][0] == "yaml"
    file.write_text(blocks[0][1], encoding="utf-8")
    codes = []
    assert len(blocks) == 1 + len(CODES)
    for number, (_, text) in enumerate(blocks[1 : 1 + steps], 1):
        for old, new in CHANGES.get(number, []):
            before = file.read_text()
            assert old in before
            file.write_text(before.replace(old, new))
        command, expected = text.split("\n", 1)
        codes.append(main(shlex.split(command.removeprefix("$ msr "))))
        told = capsys.readouterr()
        assert shows(expected, told.out + (told.err if codes[-1] == 2 else "")), told.out
    assert codes == CODES[:steps]
    if steps == len(CODES):
        assert (tmp_path / "report.html").stat().st_size > 10_000
