"""Which tests run which lines: a change is tried on these tests alone, the shortest first."""

import ast
import json
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import coverage
import pytest

EVERY_TEST = ""
"""The context of lines that run when a module is read: tables, decorators, classes."""
MOST_OTHERS = 200
"""Tests that run nothing of a file, and are tried all the same on a change of what it declares."""


class Covering:
    """Lines of files (named from the checkout) and the tests that run them."""

    def __init__(self, lines: dict[str, dict[int, list[str]]], seconds: dict[str, float]) -> None:
        self._lines = lines
        self._seconds = seconds

    @classmethod
    def read(cls, file: Path) -> "Covering":
        """What `written` left."""
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        names = told["tests"]
        lines = {
            path: {int(line): [names[n] for n in tests] for line, tests in of_file.items()}
            for path, of_file in told["lines"].items()
        }
        return cls(lines, told["seconds"])

    def contexts(self, file: str, lines: Sequence[int]) -> set[str]:
        """The tests that run any of these lines, and EVERY_TEST."""
        of_file = self._lines.get(file, {})
        return {test for line in lines for test in of_file.get(line, ())}

    def tests(self, file: str, lines: Sequence[int]) -> list[str]:
        """Those that run the lines, the shortest first; for what is run when the module is
        read, those that run anything of the file, and then others: some test may look at it."""
        found = self.contexts(file, lines)
        if EVERY_TEST not in found:
            return self._shortest_first(found)
        of_file = self._lines.get(file, {})
        of_the_file = {test for tests in of_file.values() for test in tests} - {EVERY_TEST}
        others = set(self._seconds) - of_the_file
        return self._shortest_first(of_the_file) + self._shortest_first(others)[:MOST_OTHERS]

    def affordable(self, tests: Sequence[str], limit: float) -> list[str]:
        """The first of them, as many as take no longer than a limit (CPU seconds) together."""
        chosen: list[str] = []
        for test in tests:
            limit -= self._seconds.get(test, 0.0)
            if limit < 0.0:
                break
            chosen.append(test)
        return chosen

    def _shortest_first(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self._seconds.get(test, 0.0), test))

    def seconds(self, tests: Sequence[str]) -> float:
        """What these took, in CPU seconds, while the lines were noted."""
        return sum(self._seconds.get(test, 0.0) for test in tests)


@lru_cache(maxsize=64)
def _statements(source: str) -> list[tuple[int, int]]:
    """First and last line of each statement; of one that holds others, of its head alone."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            found.append((node.lineno, max(node.lineno, last)))
    return found


def lines_of(source: str, line: int) -> range:
    """The lines of the statement in which a line is: not each line of it is told when it runs."""
    around = [(first, last) for first, last in _statements(source) if first <= line <= last]
    first, last = max(around, default=(line, line))
    return range(first, last + 1)


class Noting:
    """Part of pytest that tells the measurement which test runs, and takes its time."""

    def __init__(self, measurement: coverage.Coverage) -> None:
        self.measurement = measurement
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Around each test."""
        begin = time.process_time()
        self.measurement.switch_context(item.nodeid)
        try:
            return (yield)  # type: ignore[return-value]
        finally:
            self.measurement.switch_context(EVERY_TEST)
            self.seconds[item.nodeid] = time.process_time() - begin


def written(
    measurement: coverage.Coverage, seconds: dict[str, float], root: Path, file: Path
) -> None:
    """Writes which tests run which lines."""
    data = measurement.get_data()
    names = {name: number for number, name in enumerate(sorted(data.measured_contexts()))}
    lines = {}
    for path in sorted(data.measured_files()):
        by_line = sorted(data.contexts_by_lineno(path).items())
        lines[Path(path).relative_to(root).as_posix()] = {
            line: sorted(names[name] for name in contexts) for line, contexts in by_line
        }
    told = {"tests": list(names), "lines": lines, "seconds": seconds}
    file.write_text(json.dumps(told), encoding="utf-8")
