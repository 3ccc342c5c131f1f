"""What may be used from outside is what a package exports; programs on the pages run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ground import mission_control

ROOT = Path(__file__).resolve().parents[2]


def test_mission_control_exports_what_it_says_and_no_more() -> None:
    names = mission_control.__all__
    assert len(set(names)) == len(names)
    assert all(hasattr(mission_control, name) for name in names)
    public = {
        name
        for name, value in vars(mission_control).items()
        if not name.startswith("_") and type(value).__name__ != "module"
    }
    assert public == set(names)


@pytest.mark.check
@pytest.mark.mission
@pytest.mark.timeout(900)
def test_the_program_that_flies_many_missions_does(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/fly-from-python.md").read_text(encoding="utf-8")
    found = re.search(r"```console\n\$ cat many\.py\n(.*?)```", page, re.DOTALL)
    assert found is not None
    program = found[1].replace("range(1, 9)", "range(1, 3)")
    assert program != found[1]
    (tmp_path / "many.py").write_text(program, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "many.py"],
        cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, timeout=840,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['success', 'success']"
    assert [(tmp_path / "runs" / seed / "summary.json").is_file() for seed in "12"] == [True, True]
