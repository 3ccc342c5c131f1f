"""A copy that sleeps is the spare when that is killed, once, and never when that ends by itself."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ground.commands import pulse, reserve, spare
from ground.commands.reserve import Reserve
from ground.commands.spare import MOST_AGAIN, Spare

PROGRAM = """
import json, os, signal, sys, time
from pathlib import Path
from ground.commands.reserve import Reserve

def say(**plain):
    os.write(1, json.dumps(plain).encode() + b"\\n")

lives = 1
def wakes():
    global lives
    lives += 1
    say(heir=os.getpid())

reserve = Reserve()
signal.signal(signal.SIGTERM, lambda *_: (reserve.end(), os._exit(0)))
here = Path(__file__).parent
lived = 0
while lived < lives:  # who was copied goes on, and a copy that woke is copied as well
    lived = lives
    reserve.renew(wakes)
(here / f"life{{lives}}").write_text(str(os.getpid()))
{then}
"""
ANSWERS = """
line = sys.stdin.readline()
if not line:
    os._exit(0)
say(pid=123456789, lives=lives)
sys.stdin.read()
"""
Make = Callable[[str], Spare]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """A spare of which a copy sleeps, and does what the test has it do."""
    monkeypatch.setattr(spare, "PROGRAM", "sleeps")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.getcwd())))
    monkeypatch.setattr(spare, "adopt_orphans", lambda: True)
    monkeypatch.setattr(spare, "PATIENCE", 20.0)
    monkeypatch.setattr(spare, "HEIR", 20.0)
    made = Spare(tmp_path / "run", "demo")

    def making(then: str) -> Spare:
        (tmp_path / "sleeps.py").write_text(PROGRAM.format(then=then))
        made.start()
        life(tmp_path, 1)
        return made

    yield making
    made.end()


def life(folder: Path, number: int) -> int:
    """The process of one of the lives, as soon as a copy of it sleeps."""
    end = time.monotonic() + 20.0
    while not (text := _text(folder / f"life{number}")):
        assert time.monotonic() < end
        time.sleep(0.005)
    return int(text)


def comes(made: Spare) -> bool:
    return made._comes(lambda: None)


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def gone(pid: int) -> bool:
    end = time.monotonic() + 20.0
    while is_there(pid) and time.monotonic() < end:
        time.sleep(0.005)
    return not is_there(pid)


def test_a_copy_is_the_spare_of_one_that_was_killed(make: Make, tmp_path: Path) -> None:
    made = make(ANSWERS)
    first = life(tmp_path, 1)
    for number in (2, 3):  # the copy has one that sleeps as well
        os.kill(life(tmp_path, number - 1), signal.SIGKILL)
        assert not made.is_wanted, "a copy may come, which nobody waits for"
        assert comes(made) and not made.is_wanted
    assert gone(first) and is_there(third := life(tmp_path, 3))
    run = made.take_over(Path("record"))
    assert run is not None and run.pid == 123456789
    assert made.stands_by
    made.end()
    assert gone(third) and not made.stands_by


def test_one_that_is_killed_over_what_it_was_told_has_another_do_it(make: Make) -> None:
    made = make("if lives < 3: sys.stdin.readline(); os.kill(os.getpid(), 9)\n" + ANSWERS)
    run = made.take_over(Path("record"))
    assert run is not None and run.pid == 123456789


def test_one_that_ends_by_itself_has_nobody_instead(make: Make, tmp_path: Path) -> None:
    made = make("reserve.end(); sys.exit(1)")
    assert gone(life(tmp_path, 1)) and not made.stands_by
    assert made.take_over(Path("record")) is None
    assert not (tmp_path / "life2").exists()


def test_those_that_are_killed_again_and_again_come_to_an_end(make: Make, tmp_path: Path) -> None:
    made = make("os.kill(os.getpid(), 9)")
    end = time.monotonic() + 20.0
    while comes(made):  # until it is seen that the last was killed
        assert time.monotonic() < end
        time.sleep(0.005)
    assert not made.stands_by and "spares have ended" in made.why_nobody()
    last = max(int(each.name[4:]) for each in tmp_path.glob("life*"))
    assert last >= MOST_AGAIN and gone(life(tmp_path, last))


def test_where_nobody_sleeps_another_is_started(make: Make, tmp_path: Path) -> None:
    made = make("reserve.end(); (here / 'life9').write_text('1'); sys.stdin.read()")
    life(tmp_path, 9)
    os.kill(life(tmp_path, 1), signal.SIGKILL)
    assert gone(life(tmp_path, 1)) and not made.stands_by


def test_a_copy_that_never_comes_is_waited_for_by_nobody_and_not_for_ever(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = make("time.sleep(100)")
    process = made._process
    assert process is not None
    monkeypatch.setattr(made, "_inherits", lambda line: False)  # what it says is not heard
    seen: list[int] = []
    process.kill()
    assert gone(process.pid) and not made.stands_by and not made.is_wanted
    monkeypatch.setattr(spare, "HEIR", 0.2)
    assert not made._comes(lambda: seen.append(1)) and seen
    monkeypatch.setattr(spare, "AGAIN", 0.0)
    assert made.is_wanted


def test_one_that_is_stopped_is_ended_and_its_copy_stands_by(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    made = make(ANSWERS)
    monkeypatch.setattr(pulse, "HUNG", 0.05)
    assert made.stands_by
    os.kill(life(tmp_path, 1), signal.SIGSTOP)
    end = time.monotonic() + 20.0
    while made._process is not None and made._process.pid == life(tmp_path, 1):
        assert time.monotonic() < end
        comes(made)
        time.sleep(0.005)
    assert capsys.readouterr().err.count("the spare hangs") == 1
    assert gone(life(tmp_path, 1)) and is_there(life(tmp_path, 2))


TWO = """
reserve.end = lambda: None  # the elder is not sent away: killed between the two
reserve.renew(wakes)
if lives == 1:
    os.kill(os.getpid(), 9)
time.sleep(100)
"""


def test_of_two_that_wake_one_takes_the_place(make: Make, tmp_path: Path) -> None:
    made = make(TWO)
    process = made._process
    assert process is not None and process.stdout is not None
    heir = process.stdout.readline()
    assert b"heir" in heir and made._inherits(heir)
    assert not select.select([process.stdout], [], [], 0.3)[0]  # the other says nothing


def test_where_there_is_no_room_for_a_newer_one_the_last_one_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_room() -> int:
        raise OSError(12, "Cannot allocate memory")

    made = Reserve()
    sleeper = subprocess.Popen(["sleep", "100"])
    made._pid = sleeper.pid
    before = len(os.listdir("/proc/self/fd"))
    monkeypatch.setattr(reserve.os, "fork", no_room)
    made.renew(lambda: None)
    assert len(os.listdir("/proc/self/fd")) == before + 1  # the lot, which the next one draws
    assert made._pid == sleeper.pid and not made.is_due and is_there(sleeper.pid)
    made.end()
    assert not is_there(sleeper.pid)
    sleeper.returncode = -signal.SIGKILL


def test_a_newer_one_is_made_when_enough_was_flown_and_when_it_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall, work = [100.0], [50.0]
    monkeypatch.setattr(reserve.time, "monotonic", lambda: wall[0])
    monkeypatch.setattr(reserve.time, "process_time", lambda: work[0])
    made = Reserve()
    assert made.is_due
    sleeper = subprocess.Popen(["sleep", "100"])
    made._pid, made._flown, made._made = sleeper.pid, work[0], wall[0]
    wall[0] += 1000.0
    work[0] += reserve.AFTER - 0.01
    assert not made.is_due  # it stands: nothing was flown
    work[0] += 0.01
    assert made.is_due
    made._flown, made._made = work[0], wall[0]
    work[0] += reserve.AFTER
    assert not made.is_due
    wall[0] += reserve.AT_LEAST
    made._flown = work[0]
    assert not made.is_due
    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert made.is_due
    made.end()  # nobody
    sleeper.returncode = -signal.SIGKILL
