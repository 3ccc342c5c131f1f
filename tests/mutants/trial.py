"""One changed copy of the checkout, its tests run in a forked program, and how that ended."""

import contextlib
import os
import resource
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

COPIED = ("flight", "ground", "sim_hw", "tests", "configs", "docs", "pyproject.toml", "README.md")
OURS = ("flight", "ground", "sim_hw", "tests")
WAITS = 20.0
"""How many seconds of the wall clock a second of allowed CPU time may take."""
LOOK_EVERY = 0.02  # s
LOADED_BEFORE = "ignore::pytest.PytestAssertRewriteWarning"
"""Parts of pytest that are loaded already need no care: nothing of them is asserted on."""


def copy_checkout(root: Path, folder: Path) -> None:
    """What tests need of a checkout, in a folder."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        elif source.exists():
            shutil.copy(source, folder / name)


def load_libraries() -> None:
    """Imports what all tests import of others, once for all forks; nothing of ours."""
    import hypothesis.strategies
    import msgpack
    import msgspec
    import numpy
    import transitions.extensions.asyncio
    import yaml
    import zmq

    assert not [name for name in sys.modules if name.startswith(("flight.", "sim_hw.", "ground."))]
    del hypothesis, msgpack, msgspec, numpy, transitions, yaml, zmq


@dataclass
class Trial:
    """Tests that run in a changed copy; over when `ended` is no longer None."""

    folder: Path
    pid: int
    begun: float
    limit: float
    passed: bool | None = None

    def look(self) -> bool:
        """Whether it is over; what takes longer than allowed is ended and counts as a failure."""
        done, status = os.waitpid(self.pid, os.WNOHANG)
        if done:
            self.passed = os.waitstatus_to_exitcode(status) == 0
        elif time.monotonic() - self.begun > WAITS * self.limit:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.passed = False
        if self.passed is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)  # programs that a test has left
        return self.passed is not None


def begin(folder: Path, tests: Sequence[str], limit: float) -> Trial:
    """Starts the tests in a copy, first failure last; `limit` in CPU seconds."""
    pid = os.fork()
    if pid == 0:
        try:
            code = _run(folder, tests, limit)
        except BaseException:
            code = 1
        os._exit(code)
    return watched(pid, folder, limit)


def watched(pid: int, folder: Path, limit: float) -> Trial:
    """A trial that has just been forked; `limit` in CPU seconds."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)
    return Trial(folder, pid, time.monotonic(), limit)


def silenced(limit: float) -> None:
    """In a trial: it is a group of its own, says nothing, and takes no more CPU than its limit."""
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    allowed = int(limit) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, allowed + 5))


def _run(folder: Path, tests: Sequence[str], limit: float) -> int:
    silenced(limit)
    os.chdir(folder)
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(place for place in sys.path[1:] if place)]
    sys.dont_write_bytecode = True
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    options = ["-x", "-q", "-p", "no:cacheprovider", "-W", LOADED_BEFORE]
    return int(pytest.main([*options, *tests]))
