"""Which tests run which lines: a change is tried on these tests alone, the shortest first."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import coverage
import pytest

EVERY_TEST = ""
"""The context of lines that run when a module is read: tables, decorators, classes."""


class Covering:
    """Lines of files (named from the checkout) and the tests that run them."""

    def __init__(self, lines: dict[str, dict[int, list[str]]], seconds: dict[str, float]) -> None:
        self._lines = lines
        self._seconds = seconds

    @classmethod
    def read(cls, file: Path) -> "Covering":
        """What `write` left."""
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        names = told["tests"]
        lines = {
            path: {int(line): [names[n] for n in tests] for line, tests in of_file.items()}
            for path, of_file in told["lines"].items()
        }
        return cls(lines, told["seconds"])

    def tests(self, file: str, line: int) -> list[str]:
        """Those that run the line, the shortest first; for a line that is run when the module is
        read, those that run anything of the file, and then all others: some test may look at it."""
        of_file = self._lines.get(file, {})
        found = set(of_file.get(line, ()))
        if EVERY_TEST not in found:
            return self._shortest_first(found)
        of_the_file = {test for tests in of_file.values() for test in tests} - {EVERY_TEST}
        others = set(self._seconds) - of_the_file
        return self._shortest_first(of_the_file) + self._shortest_first(others)

    def _shortest_first(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self._seconds.get(test, 0.0), test))

    def seconds(self, tests: Sequence[str]) -> float:
        """What these took, in CPU seconds, while the lines were noted."""
        return sum(self._seconds.get(test, 0.0) for test in tests)


class _Noting:
    """Part of pytest that tells the measurement which test runs, and takes its time."""

    def __init__(self, measurement: coverage.Coverage) -> None:
        self.measurement = measurement
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        begin = time.process_time()
        self.measurement.switch_context(item.nodeid)
        try:
            return (yield)  # type: ignore[return-value]
        finally:
            self.measurement.switch_context(EVERY_TEST)
            self.seconds[item.nodeid] = time.process_time() - begin


def note(root: Path, tests: Sequence[str], file: Path) -> None:
    """Runs tests in a program of its own and writes which lines each runs; raises if one fails."""
    program = [sys.executable, "-m", "tests.mutants.covering", str(file), *tests]
    subprocess.run(program, cwd=root, check=True)


def write(file: Path, tests: Sequence[str]) -> int:
    """Runs the tests under measurement; the exit code of pytest."""
    root = Path.cwd()
    measurement = coverage.Coverage(
        data_file=None, config_file=False, source=["flight", "ground", "sim_hw"]
    )
    noting = _Noting(measurement)
    measurement.start()
    code = pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[noting])
    measurement.stop()
    data = measurement.get_data()
    names = {name: number for number, name in enumerate(sorted(data.measured_contexts()))}
    lines = {}
    for path in sorted(data.measured_files()):
        by_line = sorted(data.contexts_by_lineno(path).items())
        lines[Path(path).relative_to(root).as_posix()] = {
            line: sorted(names[name] for name in contexts) for line, contexts in by_line
        }
    told = {"tests": list(names), "lines": lines, "seconds": noting.seconds}
    file.write_text(json.dumps(told), encoding="utf-8")
    return int(code)


if __name__ == "__main__":
    sys.exit(write(Path(sys.argv[1]), sys.argv[2:]))
