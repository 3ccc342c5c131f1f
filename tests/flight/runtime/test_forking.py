"""A run in memory is branched between two callbacks, and both go on as one would have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flight.runtime import forking
from flight.runtime.forking import CannotBranch
from flight.runtime.loop import VirtualLoop, run

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.mark.parametrize("story", ["same_hash", "refusals", "failures"])
def test_branches(story: str, tmp_path: Path) -> None:
    """`same_hash`: parent and branches end as an unbranched run does, and only the parent writes.
    `refusals`: within a callback, and with a context of ZeroMQ. `failures`: an error of the work
    and a death come back as such; no descriptor is shared."""
    subprocess.run(
        [sys.executable, "-m", "tests.flight.runtime.branching", story, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        timeout=60,
    )


def test_a_process_of_several_threads_is_not_branched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in "12":
        (tmp_path / number).mkdir()
    monkeypatch.setattr(forking, "_TASKS", tmp_path)
    loop = VirtualLoop()
    loop.between(lambda: forking.branch(loop, lambda: b""))
    with pytest.raises(CannotBranch, match="this process has 2 threads"):
        run(_nothing(), loop)


async def _nothing() -> None:
    pass
