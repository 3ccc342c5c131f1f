"""However `msr` ends, it says so in a sentence and by its exit code: as a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

MSR = (sys.executable, "-c", "import sys; from ground.start import main; sys.exit(main())")
PATIENCE = 240.0  # wall seconds, on a machine that does other things beside


def msr(*words: str, **settings: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MSR, *words], stderr=subprocess.PIPE, text=True, timeout=PATIENCE, **settings
    )


@contextlib.contextmanager
def working(
    *words: str, sign: str, temporary: Path | None = None
) -> Iterator["subprocess.Popen[str]"]:
    """A command that is at work: it has written `sign` on one of its outputs."""
    more = {"PYTHONUNBUFFERED": "1"} | ({"TMPDIR": str(temporary)} if temporary else {})
    process = subprocess.Popen(
        [*MSR, *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1,
        env=os.environ | more,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if sign in line:
                break
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder for temporary files: the path of a socket in it is short enough."""
    with tempfile.TemporaryDirectory(prefix="msr-t-") as folder:
        yield Path(folder)


def workers_of(pid: int) -> list[int]:
    """The processes below one, all the way down."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *workers_of(int(child))]
    return found


@pytest.mark.parametrize("words", [("dictionary",), ("verify", "--target", "V3"), ("--help",)])
def test_a_reader_that_has_gone_ends_it_without_a_word(words):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        done = msr(*words, stdout=pipe)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words", [("dictionary",), ("verify", "--target", "V3"), ("--help",)])
def test_an_output_that_takes_nothing_is_a_sentence_and_code_3(words):
    with open("/dev/full", "w") as full:
        done = msr(*words, stdout=full)
    assert done.returncode == 3
    assert done.stderr == (
        "msr: the disk is full, or has no inode left; what was under way is not finished\n"
    )


def test_an_output_in_ascii_shows_what_it_can():
    done = msr(
        "verify", "--target", "V7",
        stdout=subprocess.PIPE, env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "Earth-Mars 2026 type 2, C3" in done.stdout


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        pytest.param(signal.SIGTERM, 143, "msr: ended by SIGTERM", marks=pytest.mark.check),
        pytest.param(signal.SIGHUP, 129, "msr: ended by SIGHUP", marks=pytest.mark.check),
        (signal.SIGINT, 130, "msr: interrupted"),
    ],
)
def test_a_signal_ends_a_study_and_its_workers(number, code, said):
    words = ("study", "ascent", "--runs", "100000", "--workers", "2")
    with working(*words, sign="ascents") as process:
        workers = workers_of(process.pid)
        assert len(workers) >= 2
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
        assert process.stdout is not None
        rest = process.stdout.read()  # ends when the last of them has closed it
        assert said in rest
        assert "Traceback" not in rest
        assert not [pid for pid in workers if Path(f"/proc/{pid}/exe").exists()]


def test_workers_end_with_a_study_that_was_killed():
    words = ("study", "ascent", "--runs", "100000", "--workers", "2")
    with working(*words, sign="ascents") as process:
        process.kill()
        assert process.stdout is not None
        process.stdout.read()  # ends when the last worker has closed it


def test_ctrl_c_while_it_starts_leaves_no_traceback():
    """The start is made long: its imports wait for a line that never comes."""
    program = (
        "import sys, builtins\n"
        "real = builtins.__import__\n"
        "def slow(name, *rest, **settings):\n"
        "    if name == 'argparse':\n"
        "        print('importing', flush=True)\n"
        "        sys.stdin.read()\n"
        "    return real(name, *rest, **settings)\n"
        "builtins.__import__ = slow\n"
        "from ground.start import main\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert said == ""
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.check), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_a_flight_in_processes_and_its_folder_says_so(
    number, code, tmp_path, short_folder
):
    """Nobody lives on, nothing is left among the temporary files."""
    words = ("fly", "surface", "--processes", "--no-pictures", "--out", str(tmp_path / "run"))
    with working(*words, sign="Two tubes, on the ground", temporary=short_folder) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()  # ends when the last has closed it
    mark = json.loads((tmp_path / "run" / "run.json").read_text())
    assert mark.pop("fingerprint")
    assert mark == {"state": "interrupted", "reason": f"ended by {number.name}"}
    assert list(short_folder.iterdir()) == []
