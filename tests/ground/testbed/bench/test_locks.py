"""Two runs never hold one device; a lock ends with its process, or its time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ground.testbed.bench import locks as bench_locks
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.locks import Held, Locks
from ground.testbed.bench.opening import lock_keys
from ground.testbed.bench.processes import start_of

ME = os.getpid()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1_000.0]
    monkeypatch.setattr(bench_locks.time, "time", lambda: now[0])
    return now


def test_a_second_run_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "locks")
    assert locks.take(["a", "b"], "anna", "a flight", pid=ME) == []
    with pytest.raises(Held, match=f"b is held by anna .process {ME}, a flight.: wait") as no:
        locks.take(["b", "c"], "ben", "another", pid=1)
    assert f"`kill {ME}`" in str(no.value) and "unlock" not in str(no.value)  # which cannot
    assert "python" in str(no.value) or "pytest" in str(no.value)  # with what it was started
    assert [each.key for each in locks.held()] == ["a", "b"]  # c was not taken: all or none
    with pytest.raises(Held):  # nor by the same person twice
        locks.take(["b"], "anna", "another", pid=1)
    assert locks.release(["a", "b"], "ben", pid=ME) == []
    assert locks.release(["a", "b", "c"], "anna", pid=ME) == ["a", "b"] and locks.held() == []


def test_what_a_dead_process_held_is_taken_over_and_told(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "locks")
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    locks.take(["a"], "anna", "a flight", pid=sleeper.pid)
    with pytest.raises(Held):
        locks.take(["a"], "ben", "a flight", pid=ME)
    sleeper.kill()
    sleeper.communicate()
    (told,) = locks.take(["a"], "ben", "a flight", pid=ME)
    assert told == f"a was locked by anna (a flight): process {sleeper.pid} has ended; taken"


def test_another_process_of_the_same_number_is_not_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks = Locks(tmp_path / "locks")
    locks.take(["a"], "anna", "a flight", pid=ME)
    monkeypatch.setattr(bench_locks, "start_of", lambda pid: start_of(pid) + 1)
    assert locks.held() == []


def test_a_time_ends_at_its_end(tmp_path: Path, clock: list[float]) -> None:
    locks = Locks(tmp_path / "locks")
    locks.take(["a"], "anna", "reserved", seconds=60.0)
    clock[0] += 59.9
    with pytest.raises(Held, match="for 0 s more"):
        locks.take(["a"], "ben", "a flight", pid=ME)
    clock[0] += 0.1
    assert "its time is over; taken" in locks.take(["a"], "ben", "a flight", pid=ME)[0]


def test_what_a_person_has_put_by_is_theirs_to_fly_with_and_stays_theirs(
    tmp_path: Path, clock: list[float]
) -> None:
    locks = Locks(tmp_path / "locks")
    locks.take(["a"], "anna", "reserved", seconds=60.0)
    locks.take(["a"], "anna", "a flight", pid=ME)
    locks.release(["a"], "anna", pid=ME)
    with pytest.raises(Held, match="anna"):
        locks.take(["a"], "ben", "a flight", pid=ME)
    locks.take(["a"], "anna", "a flight", pid=999_999_999)  # one that is dead
    (left,) = locks.held()
    assert (left.who, left.pid) == ("anna", 0)
    with pytest.raises(Held, match="anna"):
        locks.take(["a"], "ben", "a flight", pid=ME)
    clock[0] += 60.0
    locks.take(["a"], "ben", "a flight", pid=ME)


def test_a_torn_lock_is_none_and_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    locks = Locks(tmp_path / "locks")
    locks.take(["a"], "anna", "a flight", pid=ME)
    (file,) = (tmp_path / "locks").glob("*.lock")
    file.write_bytes(file.read_bytes()[:-5])
    assert locks.held() == [] and locks.take(["a"], "ben", "a flight", pid=ME) == []
    (tmp_path / "locks").chmod(0o755)
    with pytest.raises(Held, match="not yours alone"):
        Locks(tmp_path / "locks")


def test_what_is_held_of_a_bench_is_where_its_wires_truly_lead(tmp_path: Path) -> None:
    _, bench = load_bench("wheels_on_a_pty")
    line = Path("/tmp/threeforks-wheels").resolve()  # a link where somebody has one open
    assert lock_keys(bench) == [f"serial {line}", "demo-motor SN0001"]


def test_a_folder_of_locks_that_cannot_be_is_said_and_a_relative_one_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    for name in ("file", "loop"):
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / name))
        with pytest.raises(Held, match="XDG_RUNTIME_DIR"):
            Locks()
    monkeypatch.setenv("XDG_RUNTIME_DIR", "here")
    assert bench_locks.default_folder().is_absolute()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]"])
def test_one_port_of_this_machine_is_held_by_whatever_name(tmp_path: Path, host: str) -> None:
    file, _ = load_bench("wheels_on_a_pty")
    keys = []
    for name in ("127.0.0.1", host):
        (tmp_path / "b.yaml").write_text(
            file.read_text().replace("serial:///tmp/threeforks-wheels", f"tcp://{name}:9000")
        )
        keys.append(lock_keys(load_bench(str(tmp_path / "b.yaml"))[1]))
    assert keys[0] == keys[1] and keys[0][0] == "tcp loopback:9000"


def test_what_is_put_by_is_let_go_by_the_bench_that_it_was_put_by_with(
    tmp_path: Path, clock: list[float]
) -> None:
    locks = Locks(tmp_path / "locks")
    locks.take(["a"], "anna", "reserved", seconds=60.0, bench="my desk.yaml")
    locks.take(["a"], "anna", "a flight", pid=999_999_999)  # over another bench file, and dead
    with pytest.raises(Held, match=r"unlock 'my desk.yaml' --as anna`"):
        locks.take(["a"], "ben", "a flight", pid=ME)
