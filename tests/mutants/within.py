"""Changes within functions, each tried in a fork of one program that has collected the tests.

Nothing is imported anew: the functions that a change touches are given the changed code, which
takes no time at all. What runs when a module is read (tables, decorators, classes) cannot be tried
so, nor what was read from there: `at_import` says which changes are of that kind.
"""

import gc
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

import coverage
import pytest

from tests.mutants.covering import EVERY_TEST, Covering, Noting, lines_of, written
from tests.mutants.operators import Mutant
from tests.mutants.trial import LOADED_BEFORE, LOOK_EVERY, Trial, silenced, watched

Change = tuple[Path, Mutant]
MEMORY = 2 << 30
"""Bytes that a changed program may take more than it has: a loop without an end may be in it."""
_IN_A_FUNCTION = 0x1  # CO_OPTIMIZED: the body of a class has it not
_Where = tuple[str, str, int]


class Within:
    """Part of pytest that runs no test by itself: it notes which run which lines, tries changes on
    them in forks, and tells `told` (a descriptor) one line of JSON for each."""

    def __init__(
        self, root: Path, sample: Sequence[Change], noted: Path, told: int, limit: float,
        workers: int, until: float,
    ) -> None:  # fmt: skip
        self.root = root
        self.sample = sample
        self.noted = noted
        self.told = told
        self.limit = limit
        self.workers = workers
        self.until = until
        self.measurement = coverage.Coverage(
            data_file=None, config_file=False, source=["flight", "ground", "sim_hw"]
        )

    def begin(self, tests: Sequence[str]) -> int:
        """Collects the tests and does all of it; the exit code of pytest."""
        if not self.noted.exists():
            self.measurement.start()
        options = ["-q", "-p", "no:cacheprovider", "-W", LOADED_BEFORE]
        return int(pytest.main([*options, *tests], plugins=[self]))

    def _tell(self, **what: Any) -> None:
        os.write(self.told, (json.dumps(what) + "\n").encode())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running the tests one after the other."""
        if session.testsfailed:
            raise session.Interrupted("the tests could not be collected")
        if not self.noted.exists():
            pid = os.fork()
            if pid == 0:
                self._note(session)
            os.waitpid(pid, 0)
            self.measurement.stop()
        if not self.noted.exists():
            self._tell(broken="these tests fail, or cannot be run, without any change")
            return True
        self._try_all(session, Covering.read(self.noted))
        return True

    # ------------------------------------------------------------------ noting

    def _note(self, session: pytest.Session) -> NoReturn:
        noting = Noting(self.measurement)
        session.config.pluginmanager.register(noting)
        items = session.items
        for item, after in zip(items, [*items[1:], None], strict=False):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            if session.testsfailed:
                self._tell(broken=f"fails without any change: {item.nodeid}")
                os._exit(1)
        self.measurement.stop()
        written(self.measurement, noting.seconds, self.root, self.noted)
        os._exit(0)

    # ------------------------------------------------------------------ trying

    def _try_all(self, session: pytest.Session, covering: Covering) -> None:
        functions = _functions(self.root)
        items = {item.nodeid: item for item in session.items}
        waiting = list(reversed(self.sample))
        running: list[tuple[Trial, Change, int]] = []
        while waiting or running:
            if time.monotonic() > self.until:
                waiting = []
            while waiting and len(running) < self.workers:
                change = waiting.pop()
                number = self.sample.index(change)
                file, mutant = change
                source = (self.root / file).read_text(encoding="utf-8")
                touched = _touched(source, mutant, str(self.root / file), functions)
                if at_import(covering, file, source, mutant) or touched is None:
                    self._tell(number=number, at_import=True)
                    continue
                lines = lines_of(source, mutant.line)
                tests = covering.affordable(covering.tests(file.as_posix(), lines), self.limit)
                tests = [name for name in tests if name in items]
                if not tests:
                    self._tell(number=number, passed=True, tried=0)
                    continue
                allowed = 10.0 + 5.0 * covering.seconds(tests)
                chosen = [items[name] for name in tests]
                running.append((self._fork(session, touched, chosen, allowed), change, len(tests)))
            for each in [each for each in running if each[0].look()]:
                running.remove(each)
                trial, change, tried = each
                number = self.sample.index(change)
                self._tell(number=number, passed=bool(trial.passed), tried=tried)
            time.sleep(LOOK_EVERY)

    def _fork(
        self, session: pytest.Session, touched: list[tuple[FunctionType, CodeType]],
        items: Sequence[pytest.Item], allowed: float,
    ) -> Trial:  # fmt: skip
        pid = os.fork()
        if pid:
            return watched(pid, self.root, allowed)
        try:
            silenced(allowed)
            taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
            with tempfile.TemporaryDirectory(prefix="mutant-") as place:
                os.environ["PYTEST_DEBUG_TEMPROOT"] = place
                for function, code in touched:
                    function.__code__ = code
                for item, after in zip(items, [*items[1:], None], strict=False):
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                    if session.testsfailed:
                        break
        except BaseException:
            os._exit(1)
        os._exit(int(bool(session.testsfailed)))


def at_import(covering: Covering, file: Path, source: str, mutant: Mutant) -> bool:
    """Whether a line is run when its module is read."""
    return EVERY_TEST in covering.contexts(file.as_posix(), lines_of(source, mutant.line))


def _functions(root: Path) -> dict[_Where, list[FunctionType]]:
    found: dict[_Where, list[FunctionType]] = {}
    frozen = gc.get_freeze_count()
    if frozen:  # what was there before the tests is not among what is listed
        gc.unfreeze()
    objects = gc.get_objects()
    if frozen:
        gc.freeze()
    for each in objects:
        if isinstance(each, FunctionType) and each.__code__.co_filename.startswith(str(root)):
            found.setdefault(_where(each.__code__), []).append(each)
    return found


def _where(code: CodeType) -> _Where:
    return (code.co_filename, code.co_qualname, code.co_firstlineno)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """Of the functions of a module and of its classes, not of those within functions."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            if each.co_flags & _IN_A_FUNCTION:
                yield each
            else:
                yield from _codes(each)


def _touched(
    source: str, mutant: Mutant, name: str, functions: dict[_Where, list[FunctionType]]
) -> list[tuple[FunctionType, CodeType]] | None:
    """The functions that a change touches, with what they are by it; None: they are not there."""
    before = list(_codes(compile(source, name, "exec", dont_inherit=True)))
    after = list(_codes(compile(mutant.apply(source), name, "exec", dont_inherit=True)))
    if len(before) != len(after):
        return None
    found: list[tuple[FunctionType, CodeType]] = []
    for old, new in zip(before, after, strict=True):
        if old != new:
            if old.co_freevars != new.co_freevars:
                return None
            found += [(function, new) for function in functions.get(_where(old), [])]
    return found or None


def tried(
    root: Path, sample: Sequence[Change], tests: Sequence[str], noted: Path, limit: float,
    workers: int, until: float,
) -> Iterator[tuple[int, int, bool]]:  # fmt: skip
    """Number in the sample, how many tests ran its line, and whether they passed; -1 for a change
    that has to be tried by reading the module anew. None is begun after `until`. Raises SystemExit
    where the tests fail without any change."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        os.chdir(root)
        code = 1
        try:
            code = Within(root, sample, noted, theirs, limit, workers, until).begin(tests)
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as told:
        for line in told:
            what = json.loads(line)
            if "broken" in what:
                os.waitpid(pid, 0)
                raise SystemExit(what["broken"])
            if what.get("at_import"):
                yield what["number"], -1, True
            else:
                yield what["number"], what["tried"], what["passed"]
    _, status = os.waitpid(pid, 0)
    if not noted.exists():
        code = os.waitstatus_to_exitcode(status)
        raise SystemExit(f"pytest ended with {code}: {sys.executable} -m pytest {' '.join(tests)}")
