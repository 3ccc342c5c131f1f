"""A run in memory can be branched at any instant, and both end alike."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mission, pytest.mark.timeout(0)]  # the programs have limits


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
@pytest.mark.parametrize("branches", [2, pytest.param(50, marks=pytest.mark.check)])
def test_a_run_and_its_branches_end_alike(tmp_path: Path, branches: int) -> None:
    """At random instants, the first of them in the middle of a hand-over."""
    mission = "surface" if branches == 2 else "short"
    arguments = [mission, str(tmp_path), str(branches)]
    answer = json.loads(
        subprocess.run(
            [sys.executable, "-m", "tests.missions.branched_run", *arguments],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            check=True,
            timeout=600 if branches == 2 else 5000,
            stdout=subprocess.PIPE,
        ).stdout
    )
    assert answer["branched"] == answer["alone"] != ""
    assert answer["branches"] == [answer["alone"]] * branches
