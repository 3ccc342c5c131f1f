"""What tests cost in processor time, and whether a tier keeps to its budget of minutes.

Wall time tells of the machine as well: of who else works on it. So a budget is held against the
processor time of all tests, children that ended included, divided by two: the minutes that the tier
takes on two cores that do nothing else.
"""

import os

import pytest

CORES = 2
TOLD = 15  # tests, the dearest
TOLD_OF = 3000  # characters of a failure, the last ones
# Over its budget a tier says so; so far over it, it has outgrown it and fails. In between lies what
# one machine is slower than another.
OUTGROWN = 1.5
_CPU = "cpu_seconds"


def cpu_seconds() -> float:
    """Processor time of this process and of the children that it has waited for, s."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


class Budget:
    """Adds up what tests cost; fails a session that costs far more than it may."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes
        self.costs: dict[str, float] = {}
        self._terminal: pytest.TerminalReporter | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> object:
        """In the process that runs the test: the cost goes with the report of its teardown."""
        item.stash[_BEGAN] = cpu_seconds()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> object:
        report = yield
        now = cpu_seconds()
        report.user_properties = [*report.user_properties, (_CPU, now - item.stash[_BEGAN])]
        item.stash[_BEGAN] = now
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._terminal = session.config.pluginmanager.get_plugin("terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In the process that gathers all reports. A failure is told as it comes: a long tier may
        be cut off before its end."""
        if report.failed and self._terminal is not None:
            self._terminal.write_line(f"\nFAILED {report.nodeid}\n{report.longreprtext[-TOLD_OF:]}")
        for name, value in report.user_properties:
            if name == _CPU:
                self.costs[report.nodeid] = self.costs.get(report.nodeid, 0.0) + value

    @property
    def spent(self) -> float:
        """Minutes on two cores."""
        return sum(self.costs.values()) / CORES / 60.0

    @property
    def outgrown(self) -> bool:
        return self.spent > OUTGROWN * self.minutes

    def lines(self) -> list[str]:
        """What is told at the end."""
        dearest = sorted(self.costs.items(), key=lambda each: -each[1])[:TOLD]
        told = f"{self.spent:.1f} minutes on {CORES} cores of {self.minutes:g} that it may take"
        if self.outgrown:
            told += ": FAILED, make a test of it smaller or move it to a slower tier"
        elif self.spent > self.minutes:
            told += ": over"
        return [*(f"{cost:8.1f} s of CPU  {nodeid}" for nodeid, cost in dearest), told]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("what the tests cost")
        for line in self.lines():
            terminalreporter.line(line)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.outgrown and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


_BEGAN = pytest.StashKey[float]()
