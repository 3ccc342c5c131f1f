"""Clocks of paced runs: continuous, never going back, the same for all who share one."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flight.runtime import pace as pace_module
from flight.runtime.loop import PacedLoop, run
from flight.runtime.pace import Pace, SharedClock, _encoded

RATES = st.floats(0.0, 1e6)
WAITS = st.integers(0, 3_600_000_000_000)  # ns
PACES = st.builds(Pace, st.integers(0, 2**62), st.integers(0, 2**62), RATES)


class Wall:
    """A monotonic clock by hand; it goes on by `step` ns with each reading."""

    def __init__(self) -> None:
        self.now = 1_000
        self.step = 0

    def monotonic_ns(self) -> int:
        self.now += self.step
        return self.now


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(pace_module, "time", wall)
    return wall


def test_a_clock_stands_until_its_rate_is_set(tmp_path: Path, wall: Wall) -> None:
    clock = SharedClock.create(tmp_path / "clock", 500)
    wall.now += 10_000
    assert (clock.now_ns(), clock.rate) == (500, 0.0)
    clock.set_rate(20.0)
    wall.now += 10
    assert (clock.now_ns(), clock.rate) == (700, 20.0)


@given(changes=st.lists(st.tuples(RATES, WAITS), max_size=20))
def test_mission_time_is_continuous_over_changes(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[float, int]]
) -> None:
    wall = Wall()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace_module, "time", wall)
        clock = SharedClock.create(tmp_path_factory.getbasetemp() / "clock")
        other = SharedClock(tmp_path_factory.getbasetemp() / "clock")
        latest = 0
        for rate, wait in changes:
            wall.now += wait
            before = clock.now_ns()
            assert before >= latest
            clock.set_rate(rate)
            latest = clock.now_ns()
            assert latest == before == other.now_ns()
        clock.close()
        other.close()


def test_a_writer_that_is_held_up_takes_the_others_from_where_they_are(
    tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SharedClock.create(tmp_path / "clock")
    clock.set_rate(1000.0)
    other = SharedClock(tmp_path / "clock")
    delays = iter([5_000_000, 0])  # 5 ms of wall time between looking at the clock and writing

    def slowly(pace: Pace) -> bytes:
        wall.now += next(delays)
        return _encoded(pace)

    monkeypatch.setattr(pace_module, "_encoded", slowly)
    clock.set_rate(1.0)
    assert other.now_ns() == 5_000_000_000


def test_a_reader_of_an_old_pace_waits_for_the_new_one(tmp_path: Path, wall: Wall) -> None:
    clock = SharedClock.create(tmp_path / "clock")
    clock.set_rate(1000.0)
    wall.now += 100
    ahead = clock.now_ns()
    clock._memory[:] = _encoded(Pace(wall.now - 50, 50_000, 1.0))  # written 50 ns ago
    assert clock.now_ns() == ahead
    wall.now += 100_000
    assert clock.now_ns() == 150_050


@given(old=PACES, new=PACES, written=st.integers(0, 28))
def test_a_record_half_written_is_never_taken(old: Pace, new: Pace, written: int) -> None:
    before, after = _encoded(old), _encoded(new)
    reads = [after[:written] + before[written:], after]

    class Memory:
        def __getitem__(self, _: slice) -> bytes:
            return reads.pop(0) if len(reads) > 1 else reads[0]

    clock = SharedClock.__new__(SharedClock)
    clock._memory, clock._raw, clock._pace = Memory(), b"", old  # type: ignore[assignment]
    assert clock._read() in (old, new)


def test_another_process_reads_the_same_time(tmp_path: Path) -> None:
    clock = SharedClock.create(tmp_path / "clock")
    clock.set_rate(50.0)
    program = (
        "import sys; from pathlib import Path; from flight.runtime.pace import SharedClock; "
        "clock = SharedClock(Path(sys.argv[1])); print(clock.now_ns(), *clock.pace)"
    )
    before = clock.now_ns()
    answer = subprocess.check_output(
        [sys.executable, "-c", program, str(tmp_path / "clock")], text=True
    ).split()
    assert before <= int(answer[0]) <= clock.now_ns()
    assert Pace(int(answer[1]), int(answer[2]), float(answer[3])) == clock.pace


@pytest.mark.parametrize("rate", [-1.0, float("inf"), float("nan")])
def test_a_rate_that_is_none_is_refused(tmp_path: Path, rate: float) -> None:
    clock = SharedClock.create(tmp_path / "clock")
    with pytest.raises(ValueError, match="rate"):
        clock.set_rate(rate)


def test_a_loop_that_sleeps_notices_that_its_clock_goes_faster(tmp_path: Path) -> None:
    clock = SharedClock.create(tmp_path / "clock")
    clock.set_rate(1.0)

    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(0.001, clock.set_rate, 1e6)
        await asyncio.sleep(3600.0)
        return loop.time()

    assert run(main(), PacedLoop(clock=clock)) >= 3600.0
