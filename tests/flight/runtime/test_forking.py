"""A run in memory is branched between two callbacks, and both go on as one would have."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

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


def _begun(program: str, *arguments: str) -> tuple[forking.Branch, int]:
    """A process that stands for a branch, and where what it returns is written."""
    results, write = os.pipe()
    return forking.Branch(os.posix_spawn(program, [program, *arguments], {}), results), write


@pytest.mark.parametrize("patience", [None, 50.0])
def test_what_a_branch_has_returned_is_read_to_its_end(patience: float | None) -> None:
    made, write = _begun("/bin/true")
    os.write(write, b"+" + b"x" * 5000)
    os.close(write)
    assert made.result(patience) == b"x" * 5000
    failed, write = _begun("/bin/true")
    os.write(write, b"-why")
    os.close(write)
    with pytest.raises(forking.BranchFailed, match="the branch failed: why"):
        failed.result(patience)


def test_a_branch_that_says_nothing_in_its_time_is_ended() -> None:
    made, write = _begun("/bin/sleep", "60")
    with pytest.raises(forking.BranchLate, match="took more than 0 s"):
        made.result(0.0)
    os.close(write)
    with pytest.raises(ChildProcessError):
        os.waitpid(made.pid, os.WNOHANG)


def test_a_branch_that_others_keep_from_working_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it has had of the processor counts."""
    made, write = _begun("/bin/true")
    worked = iter([0.0, 0.0])

    def done() -> float:
        had = next(worked, None)
        if had is None:
            os.write(write, b"+done")
            os.close(write)
        return had or 0.0

    monkeypatch.setattr(made, "_worked", done)
    assert made.result(1e-3, 1e3) == b"done"
    busy, write = _begun("/bin/sleep", "60")
    monkeypatch.setattr(busy, "_worked", lambda: 1e-3)
    with pytest.raises(forking.BranchLate):
        busy.result(1e-3, 1e3)
    os.close(write)
    starved, write = _begun("/bin/sleep", "60")
    monkeypatch.setattr(starved, "_worked", lambda: 0.0)
    with pytest.raises(forking.BranchLate):
        starved.result(1e-3, 2e-3)
    os.close(write)


def test_a_branch_that_does_not_ask_for_the_processor_is_not_waited_for() -> None:
    asleep, write = _begun("/bin/sleep", "60")
    with pytest.raises(forking.BranchLate, match=r"took more than 0\.2 s"):
        asleep.result(0.2, 1e3)
    os.close(write)


def test_a_branch_that_was_done_and_died_has_not_done_it() -> None:
    made, write = _begun("/bin/false")
    os.write(write, b"+done")
    os.close(write)
    with pytest.raises(forking.BranchFailed, match="has died: 1"):
        made.result()


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As in a process of one thread, without a context of ZeroMQ; the folder of its threads."""
    (tmp_path / "1").mkdir()
    monkeypatch.setattr(forking, "_TASKS", tmp_path)
    monkeypatch.setattr(forking, "CONTEXTS", SimpleNamespace(count=0))
    monkeypatch.setattr(forking, "BARS", {})
    return tmp_path


def refusal(loop: VirtualLoop, *, between: bool = True) -> str:
    """Why a loop is not copied; "" when it may be."""
    told: list[str] = []

    def ask() -> None:
        try:
            forking.need_copyable(loop)
        except CannotBranch as error:
            told.append(str(error))

    async def main() -> None:
        if between:
            loop.between(ask)
            await asyncio.sleep(1.0)
        else:
            ask()

    run(main(), loop)
    return "".join(told)


def test_a_process_of_one_thread_may_be_copied_between_two_rounds(
    alone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refusal(VirtualLoop()) == ""
    assert "between two rounds" in refusal(VirtualLoop(), between=False)
    forking.BARS.update(bench="a real valve would move", other="and a door")
    assert refusal(VirtualLoop()) == "a real valve would move; and a door"
    forking.BARS.clear()
    monkeypatch.setattr(forking, "CONTEXTS", SimpleNamespace(count=1))
    assert refusal(VirtualLoop()).startswith("1 contexts of ZeroMQ are open")
    monkeypatch.setattr(forking, "_TASKS", alone / "none")
    assert "on Linux only" in refusal(VirtualLoop())


def test_a_loop_that_reads_descriptors_is_not_copied(alone: Path) -> None:
    loop, (reading, writing) = VirtualLoop(), os.pipe()
    assert not loop.reads_descriptors
    loop.add_reader(reading, lambda: None)
    loop.remove_reader(reading)
    assert loop.reads_descriptors, "or has read"
    assert "file descriptors" in refusal(loop)
    os.close(reading)
    os.close(writing)
