"""Programs that begin as copies of one that has read the code: whose children they are, and what is
where that one has died."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ground.commands import children, prepared, preparing, pulse, spare
from ground.commands.children import Child
from ground.commands.prepared import Prepared
from ground.commands.spare import Spare

pytestmark = pytest.mark.processes

PREPARING = """
import os, sys, time
from ground.commands import preparing
preparing.read_code = lambda: {reads}
sys.exit(preparing.main(sys.argv[1:]))
"""
SAYS = """
import json, os, sys, threading
from pathlib import Path
def main(words):
    about = [os.getpid(), os.getppid(), os.getpgid(0), "preparing" in sys.argv[0], *words]
    Path(words[0]).write_text(json.dumps(about))
    {then}
if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
"""
Make = Callable[..., Prepared]


def true(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + 60.0
    while not (found := what()):
        assert time.monotonic() < end
        time.sleep(0.005)
    return found


def about(file: Path) -> list[Any]:
    def read() -> Any:
        text = file.read_text() if file.exists() else ""
        return text.endswith("]") and json.loads(text)

    return list(true(read))


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    """One that reads no code, and whose copies say who they are."""
    monkeypatch.setattr(prepared, "PROGRAM", "preparing_here")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), os.getcwd())))
    made = Prepared()

    def making(then: str, reads: str = "None") -> Prepared:
        (tmp_path / "preparing_here.py").write_text(PREPARING.format(reads=reads))
        (tmp_path / "says.py").write_text(SAYS.format(then=then))
        made.keep()
        return made

    yield making
    made.end()


def test_a_copy_is_a_child_of_its_own_session_and_how_it_ends_is_known(
    make: Make, tmp_path: Path
) -> None:
    child = Child("it", ["says", str(tmp_path / "a"), "b"])
    child.prepared = made = make("return 5")
    child.start()  # the code is not read yet
    assert true(lambda: child.code) == 5
    pid, parent, group, copied, _, word = about(tmp_path / "a")
    assert (parent, group, copied, word) == (os.getpid(), pid, True, "b")
    assert made.is_ready
    child.start()
    assert true(lambda: child.code) == 5 and about(tmp_path / "a")[0] != pid


def test_one_that_outlives_who_was_copied_is_ended_in_order(make: Make, tmp_path: Path) -> None:
    child = Child("it", ["says", str(tmp_path / "a")])
    child.prepared = made = make("import signal; signal.pause()")
    child.start()
    about(tmp_path / "a")
    assert child.code is None
    assert made._process is not None
    made._process.kill()
    true(lambda: made.is_gone)
    assert not made.is_ready and made.order(["says", "c"]) == 0
    assert child.code is None
    child.end()
    assert child.code == -signal.SIGTERM


@pytest.mark.parametrize("reads", ["sys.exit(1)", "os.kill(os.getpid(), 9)"])
def test_where_it_dies_over_its_code_a_program_is_started_as_any_other_is(
    make: Make, tmp_path: Path, reads: str
) -> None:
    child = Child("it", ["says", str(tmp_path / "a")])
    child.prepared = make("return 6", reads)
    child.start()
    assert true(lambda: child.code) == 6
    pid, parent, group, copied, _ = about(tmp_path / "a")
    assert (parent, group, copied) == (os.getpid(), pid, False)


def test_what_was_ordered_and_has_not_begun_is_not_begun(make: Make, tmp_path: Path) -> None:
    child = Child("it", ["says", str(tmp_path / "a")])
    child.prepared = made = make("return 0", "time.sleep(100)")
    child.start()
    assert child.code is None and child.started
    child.end()
    assert made.is_gone and child.code is None and not (tmp_path / "a").exists()


NO_SECOND = "setattr(os, 'fork', {}(os.fork, []))".format(
    "(lambda fork, made: lambda: fork() if not made.append(1) and len(made) == 1 else open('/-'))"
)
"""In who is copied a first time all is as ever; the copy cannot be copied again."""


def test_where_no_copy_can_be_made_a_program_is_started(make: Make, tmp_path: Path) -> None:
    child = Child("it", ["says", str(tmp_path / "a")])
    child.prepared = make("return 6", NO_SECOND)
    child.start()
    assert true(lambda: child.code) == 6
    pid, parent, group, copied, _ = about(tmp_path / "a")
    assert (parent, group, copied) == (os.getpid(), pid, False)


@pytest.mark.parametrize("reads", ["time.sleep(100)", "setattr(preparing, '_be', lambda *a: 1)"])
def test_one_that_hangs_or_loses_an_order_is_not_waited_for(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: str
) -> None:
    child = Child("it", ["says", str(tmp_path / "a")])
    child.prepared = made = make("return 6", reads)
    child.start()
    assert child.code is None and child._process is None
    monkeypatch.setattr(children, "COPIED", 0.0)
    assert true(lambda: child.code) == 6
    assert made.is_gone and about(tmp_path / "a")[3] is False


ORPHANED = """
import os, sys
from ground.commands import prepared
prepared.PROGRAM = "preparing_here"
made = prepared.Prepared()
made.keep()
print(made.pid_of(made.order(["says", sys.argv[1]]), 60.0), made._process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_all_end_with_who_ordered_them(make: Make, tmp_path: Path) -> None:
    make("import signal; signal.pause()").end()
    words = [sys.executable, "-c", ORPHANED, str(tmp_path / "a")]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=60)
    pids = [int(each) for each in done.stdout.split()]
    assert len(pids) == 2 and all(pids)
    for pid in pids:
        state = Path(f"/proc/{pid}/stat")
        true(lambda state=state: not state.exists() or state.read_text().split()[2] == "Z")


def test_a_spare_is_a_copy_that_is_spoken_to_or_a_program_of_its_own(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "PROGRAM", "says")
    made = make("sys.stdin.readline(); print('{\"pid\": 123456789}', flush=True); sys.stdin.read()")
    stands_by = Spare(tmp_path / "a", "demo", made)
    try:
        for copied in (True, False):
            if copied:
                true(lambda: made.is_ready)
            else:
                made.end()
            stands_by.start()
            assert stands_by.stands_by
            assert about(tmp_path / "a")[1:4:2] == [os.getpid(), copied]
            run = stands_by.take_over(Path("record"))
            assert run is not None and run.pid == 123456789 and stands_by.stands_by
            stands_by.end()
            assert not stands_by.stands_by
            (tmp_path / "a").unlink()
    finally:
        stands_by.end()


def test_one_that_never_gets_ready_is_not_started_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts, now = list[float](), [1000.0]
    monkeypatch.setattr(prepared.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(prepared, "adopt_orphans", lambda: True)

    def refused(*_: Any, **__: Any) -> Any:
        starts.append(now[0])
        raise OSError("no memory")

    monkeypatch.setattr(prepared.subprocess, "Popen", refused)
    made = Prepared()
    for _ in range(1000):
        made.keep()
        now[0] += 1.0
    assert [one - 1000.0 for one in starts] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert made.is_gone and not made.is_ready and made.order(["says"]) == 0


def test_one_that_is_stopped_is_ended_and_one_that_sleeps_is_not(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "HUNG", 0.05)
    made = make("return 0")
    true(lambda: made.is_ready)
    for _ in range(30):
        made.keep()
        time.sleep(0.005)
    assert made.is_ready, "it waits to be asked"
    assert made._process is not None
    os.kill(made._process.pid, signal.SIGSTOP)

    def is_gone() -> bool:
        made.keep()
        return made.is_gone

    assert true(is_gone) and made.order(["says"]) == 0


AHEAD = """setattr(preparing, "IDLE", {idle}) or setattr(preparing, "check_ahead", lambda mission:
    open({file!r}, "a").write(mission + " "))"""


def test_where_nobody_orders_anything_it_checks_the_mission_once(
    make: Make, tmp_path: Path
) -> None:
    checked = tmp_path / "checked"
    for idle, mission, says in ((100.0, "short", ""), (0.01, "", ""), (0.01, "short", "short ")):
        made = Prepared(mission)
        reads = AHEAD.format(idle=idle, file=str(checked)).replace("\n", " ")
        (tmp_path / "preparing_here.py").write_text(PREPARING.format(reads=reads))
        (tmp_path / "says.py").write_text(SAYS.format(then="return 5"))
        made.keep()
        true(lambda made=made: made.is_ready)
        if says:
            assert true(lambda: checked.exists() and checked.read_text()) == says
        for name in ("a", "b"):
            child = Child("it", ["says", str(tmp_path / name)])
            child.prepared = made
            child.start()
            assert true(lambda child=child: child.code) == 5
        assert (checked.read_text() if checked.exists() else "") == says
        made.end()


def test_a_mission_that_is_not_so_is_left_to_who_flies_it() -> None:
    preparing.check_ahead("nowhere")
