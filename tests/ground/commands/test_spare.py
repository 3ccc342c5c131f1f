"""Who stands by for a run: how far it follows, who asks it to take over, and what comes of that."""

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from flight.runtime.throttled_loop import Input
from ground.commands import spare, standing_by
from ground.commands.adopted import NOBODY_WAS_TOLD, Adopted
from ground.commands.spare import Spare
from ground.commands.standing_by import CannotStandBy, Follower
from ground.edge.private_files import state_folder, write_private
from ground.edge.standing import STANDING, Standing
from ground.missions.run_folder import RunFolder
from ground.testbed.hosts.standby_folder import StandbyFolder
from ground.testbed.record.session import SessionHead, SessionWriter, read_session

HEAD = SessionHead(1, "surface", 1, None, {})
HEAT = {"type": "command", "vehicle": "lander", "command": "report_status", "user": "ada"}
NS = 10**9


# ------------------------------------------------------------------------ following


class Loop:
    def __init__(self) -> None:
        self.until_ns, self.given = -1, list[Input]()
        self.is_there, self.is_between = True, False

    def follow(self, until_ns: int, inputs: Any = ()) -> None:
        self.until_ns = max(self.until_ns, until_ns)
        self.given += inputs


class Followed:
    """A run that is flown by hand, and who follows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        self.writer = SessionWriter(self.folder, HEAD)
        self.loop, self.orders = Loop(), 0
        kind: Any = SimpleNamespace(opened=[SimpleNamespace(held_loop=self.loop)])
        self.follower = Follower(folder, read_session(folder), kind)

    def stands_at(self, time_ns: int) -> None:
        file = state_folder(self.folder.path) / STANDING
        write_private(file, msgspec.json.encode(Standing(time_ns, 50.0)))

    def input(self, time_ns: int, order: int) -> None:
        self.writer.admitted(Input(time_ns, order, HEAT))


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = Followed(tmp_path / "run")
    monkeypatch.setattr(made.follower, "_order", lambda patience: None)
    yield made
    made.writer.close()
    made.folder.close()


def test_it_goes_no_further_than_all_is_known_that_the_run_has_done(followed: Any) -> None:
    loop = followed.loop
    followed.stands_at(5 * NS)
    followed.follower.stands()
    assert loop.until_ns == 5 * NS - 1  # at that very instant an input may still come
    followed.input(5 * NS, 1)
    followed.input(7 * NS, 2)
    followed.follower.stands()
    assert loop.until_ns == 7 * NS - 1
    assert [(each.time_ns, each.order) for each in loop.given] == [(5 * NS, 1), (7 * NS, 2)]
    followed.stands_at(6 * NS)  # an older word
    followed.input(9 * NS, 3)
    followed.follower.stands()
    assert loop.until_ns == 9 * NS - 1 and len(loop.given) == 3
    loop.is_there = False
    followed.follower.stands()  # nothing is new: it is on its way, and does not wait
    assert loop.until_ns == 9 * NS - 1 and len(loop.given) == 3


def test_what_is_torn_is_no_input_and_another_run_is_not_followed(
    followed: Any, tmp_path: Path
) -> None:
    followed.input(5 * NS, 1)
    with (tmp_path / "run" / "session.jsonl").open("a") as file:
        file.write('{"time_ns": 8')
    followed.follower.stands()
    assert followed.loop.until_ns == 5 * NS - 1 and len(followed.loop.given) == 1
    (tmp_path / "run" / "session.jsonl").unlink()  # between two lives
    followed.stands_at(6 * NS)
    followed.follower.stands()
    assert followed.loop.until_ns == 6 * NS - 1
    other = msgspec.structs.replace(HEAD, seed=2)
    SessionWriter(followed.folder, other).close()
    with pytest.raises(CannotStandBy, match="another run has begun"):
        followed.follower.stands()


def test_a_record_that_lacks_what_was_done_is_not_gone_on_from(
    followed: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    monkeypatch.setattr(standing_by, "_say", said.append)
    followed.input(5 * NS, 1)
    followed.follower.stands()
    short = RunFolder(tmp_path / "short")
    SessionWriter(short, HEAD).close()
    short.close()
    assert followed.follower._obey({"record": str(short.path), "parent": 1})
    assert "has fewer inputs than the run had" in said[0]["refused"]


# ------------------------------------------------------------------- who is asked


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A spare that says what the test has it say."""
    program = tmp_path / "says.py"
    monkeypatch.setattr(spare, "PROGRAM", "says")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(spare, "adopt_orphans", lambda: True)
    monkeypatch.setattr(spare, "PATIENCE", 20.0)

    def make(then: str) -> Spare:
        program.write_text(f"import sys, time\nline = sys.stdin.readline()\n{then}\n")
        made = made_ones[0] = Spare(tmp_path / "run", "demo")
        assert made.is_wanted
        made.start()
        assert made.stands_by and not made.is_wanted
        return made

    made_ones: dict[int, Spare] = {}
    yield make
    made_ones[0].end()


def test_who_took_over_is_a_child_and_its_end_is_known(asked: Any) -> None:
    made = asked(f"print('{json.dumps({'pid': 123456789})}', flush=True); sys.stdin.read()")
    run = made.take_over(Path("record"))
    assert run is not None and run.pid == 123456789
    assert made.stands_by  # for that one
    made.end()
    assert not made.stands_by


@pytest.mark.parametrize(
    "then",
    ["print('{\"refused\": \"it is so\"}', flush=True); sys.stdin.read()", "sys.exit(1)",
     "print('nonsense', flush=True); sys.stdin.read()"],
)  # fmt: skip
def test_where_it_cannot_the_run_is_flown_from_its_record(
    asked: Any, then: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made = asked(then)
    assert made.take_over(Path("record")) is None
    assert "the spare cannot take over: " in capfd.readouterr().err
    assert not made.stands_by and not made.is_wanted  # not at once again


def test_one_that_says_nothing_is_not_waited_for(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "PATIENCE", 0.05)
    monkeypatch.setattr(spare, "STARTS", 0.0)
    made = asked("sys.stdin.read()")
    assert made.take_over(Path("record")) is None
    assert made.take_over(Path("record")) is None  # there is none


GIVEN_UP = """
import fcntl, sys
from pathlib import Path
from ground.commands import spare
spare.PROGRAM, spare.PATIENCE, spare.STARTS = "says", 3.0, 0.0
lock = Path(sys.argv[1])
made = spare.Spare(lock.parent, "demo")
made.start()
assert made.take_over(Path("record")) is None
fcntl.flock(lock.open("w"), fcntl.LOCK_EX | fcntl.LOCK_NB)
assert not made.stands_by
try:
    spare.os.waitpid(-1, spare.os.WNOHANG)
except ChildProcessError:
    print("nobody is left")
"""
HOLDS = """
import fcntl, os, signal, sys, time
line = sys.stdin.readline()
reading, writing = os.pipe()
if os.fork() == 0:
    if os.fork():
        os._exit(0)
    lock = open({lock!r}, "w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.write(writing, b"held")
    os.close(1)
    time.sleep(100)
os.wait()
os.read(reading, 4)
{then}
"""


@pytest.mark.processes
@pytest.mark.parametrize(
    "then",
    ["os.kill(os.getpid(), 9)", "print('nonsense', flush=True); time.sleep(100)",
     "print('{\"refused\": 1}', flush=True); time.sleep(100)"],
)  # fmt: skip
def test_what_one_that_is_given_up_has_begun_holds_the_folder_no_more(
    tmp_path: Path, then: str
) -> None:
    lock = tmp_path / "run.lock"
    (tmp_path / "says.py").write_text(HOLDS.format(lock=str(lock), then=then))
    words = [sys.executable, "-c", GIVEN_UP, str(lock)]
    paths = os.pathsep.join((str(tmp_path), os.getcwd()))
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "nobody is left\n", done.stderr
    assert "the spare cannot take over" in done.stderr


def test_while_one_is_waited_for_others_are_seen_to(
    asked: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing before somebody else was seen to."""
    monkeypatch.setattr(spare, "LOOK", 0.01)
    seen = tmp_path / "seen"
    waits = f"import pathlib\nwhile not pathlib.Path({str(seen)!r}).exists(): time.sleep(0.01)\n"
    made = asked(f"{waits}print('{json.dumps({'pid': 123456789})}', flush=True); sys.stdin.read()")
    assert made.take_over(Path("record"), seen.touch) is not None


def test_one_that_was_just_started_is_waited_for(
    asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spare, "PATIENCE", 0.0)
    made = asked(f"print('{json.dumps({'pid': 123456789})}', flush=True); sys.stdin.read()")
    assert made.take_over(Path("record")) is not None


def test_one_that_was_refused_is_not_started_again(asked: Any) -> None:
    made = asked("sys.exit(2)")
    process = made._process
    process.stdin.close()
    process.wait(20)
    assert not made.is_wanted and not made.stands_by
    assert made.why_nobody() == "the spare was refused"
    assert made.why_nobody() == ""  # it was said
    made.end()


def test_what_one_that_was_refused_has_said_is_told(asked: Any) -> None:
    made = asked("print('{\"refused\": \"there is but one\"}', flush=True); sys.exit(2)")
    assert made.why_nobody() == ""
    made._process.stdin.close()
    made._process.wait(20)
    assert made.why_nobody() == "there is but one"


class Ended:
    """A process that ended by itself."""

    pid, stdin, stdout = 1, None, None

    def __init__(self, code: int | None) -> None:
        self.code = code

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.code = -signal.SIGTERM if self.code is None else self.code

    def wait(self, timeout: float | None = None) -> int | None:
        return self.code


@pytest.fixture
def dying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A spare whose processes end at once, on a clock of the test's."""
    made: Any = Spare(tmp_path, "demo")
    made.now, made.ends_with = 1000.0, -signal.SIGKILL
    monkeypatch.setattr(spare, "adopt_orphans", lambda: True)
    monkeypatch.setattr(spare, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(spare.Spare, "_begun", lambda self: Ended(made.ends_with))
    return made


@pytest.mark.parametrize("code", [-signal.SIGKILL, 0, 1, 4])
def test_those_that_end_by_themselves_are_started_ever_later_and_not_for_ever(
    dying: Any, code: int
) -> None:
    dying.ends_with = code
    starts = list[float]()
    for look in range(100_000):  # nearly three hours of them
        dying.now = 1000.0 + look / 10
        if dying.is_wanted:
            assert dying.why_nobody() == ""
            starts.append(dying.now - 1000.0)
            dying.start()
    gaps = [later - one for one, later in itertools.pairwise(starts)]
    assert len(starts) == 6
    assert gaps == pytest.approx([10.0, 20.0, 40.0, 80.0, 160.0], abs=0.11)
    assert dying.why_nobody() == f"6 spares have ended, the last with {code}"
    assert dying.why_nobody() == "" and not dying.is_wanted


def test_one_that_stood_by_for_long_is_replaced_at_once_and_one_that_took_over_is_no_failure(
    dying: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dying.start()
    dying.now += 10.0
    assert not dying.is_wanted
    dying.now += 0.1
    assert dying.is_wanted
    for _ in range(15):
        dying.ends_with = None
        dying.start()
        monkeypatch.setattr(dying, "_asked", lambda *_: {"pid": 123456789})
        assert dying.take_over(Path("record")) is not None
        assert not dying.is_wanted and dying.why_nobody() == ""
        dying._process.code = 1
        dying.now += 10.1
        assert dying.is_wanted and dying.why_nobody() == ""


def test_where_no_process_can_be_started_the_run_goes_on_without(
    dying: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(self: Spare) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(spare.Spare, "_begun", no_memory)
    dying.start()
    assert not dying.stands_by and not dying.is_wanted  # not at once again
    assert dying.take_over(Path("record")) is None
    monkeypatch.setattr(spare, "adopt_orphans", lambda: False)
    dying.start()
    dying.now += 1e6
    assert not dying.is_wanted
    assert "nobody could be told" in dying.why_nobody()


@pytest.mark.parametrize(
    ("does", "ends", "code"),
    [
        ("sys.exit(3)", None, 3),
        ("time.sleep(60)", Adopted.kill, -signal.SIGKILL),
        ("time.sleep(60)", Adopted.terminate, -signal.SIGTERM),
    ],
)
def test_an_adopted_process_ends_as_others_do(does: str, ends: Any, code: int) -> None:
    started = subprocess.Popen([sys.executable, "-c", f"import sys, time; {does}"])
    adopted = Adopted(started.pid)
    if ends is not None:
        with pytest.raises(subprocess.TimeoutExpired):
            adopted.wait(0.0)
        ends(adopted)
    assert adopted.wait(20.0) == adopted.poll() == code
    started.returncode = code  # it was waited for
    adopted.kill()  # nobody


def test_of_which_another_was_told_has_not_succeeded(tmp_path: Path) -> None:
    """It was waited for elsewhere: how it ended nobody knows, and its work is looked at again."""
    parent = Adopted(os.getppid())  # no child of this process
    assert parent.poll() is None and parent.returncode is None
    ends = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    adopted = Adopted(ends.pid)
    assert adopted.poll() is None
    ends.communicate(b"\n")
    assert ends.returncode == 0
    assert adopted.poll() == adopted.wait() == NOBODY_WAS_TOLD < 0
    assert Adopted(ends.pid).poll() == NOBODY_WAS_TOLD
    adopted.kill()  # nobody: who has that number now is another


BURIES = """
import os, sys
from ground.commands.adopted import bury_others
def ends():
    pid = os.fork()
    if not pid:
        os._exit(3)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    return pid
bury_others(set())
known = ends()
bury_others({known})
assert os.waitpid(known, 0)[1] >> 8 == 3
others = [ends() for _ in range(3)]
lives = os.fork()
if not lives:
    os.read(0, 1)
    os._exit(0)
bury_others({known, lives})
assert os.waitpid(-1, os.WNOHANG) == (0, 0)
print("buried")
"""


def test_copies_that_were_left_to_who_started_them_are_buried_and_no_others() -> None:
    words = [sys.executable, "-c", BURIES]
    done = subprocess.run(words, input="x", capture_output=True, text=True, timeout=60)
    assert done.stdout == "buried\n", done.stderr


def test_the_spare_s_own_files_are_those_of_the_run_it_becomes(tmp_path: Path) -> None:
    home = StandbyFolder(tmp_path / "spare", {"fingerprint": {}})
    late = home.open_lines("events.jsonl")
    late.write("one\n")
    (home.path / "drills.jsonl").write_text("drilled\n")
    home.mark("running")
    run = RunFolder(tmp_path / "run")
    (run.path / "events.jsonl").write_text("of the one that died\n")
    with pytest.raises(ConfigurationError, match="another run is under way"):
        home.take(run.path)  # it lives
    assert (run.path / "events.jsonl").read_text() == "of the one that died\n"
    run.close()
    home = StandbyFolder(tmp_path / "spare")
    late = home.open_lines("events.jsonl")
    late.write("one\n")
    home.take(run.path)
    late.write("two\n")
    assert (run.path / "events.jsonl").read_text() == "one\ntwo\n"
    assert (run.path / "drills.jsonl").read_text() == "drilled\n"
    assert json.loads((run.path / "run.json").read_text())["state"] == "running"
    assert (run.path / "ground").is_dir() and (run.path / "nodes").is_dir()
    home.open_lines("truth.jsonl").close()
    assert (run.path / "truth.jsonl").exists()
    late.close()
    home.close()
