"""The changes that the code's tests are held against are what they say, and each is valid code."""

import ast
from pathlib import Path

import pytest

from tests.mutants.covering import EVERY_TEST, Covering
from tests.mutants.operators import mutants

ROOT = Path(__file__).parents[2]
SOURCE = '''
class Toy(Node):
    statechart = Statechart(
        State("off", initial=True),
        transitions=[On("go", "off", "on", guard=is_ready), On("stop", "on", "off")],
        ignored=("late",),
    )

    @command(allowed_in="off", hazard=Hazard.RELEASE)
    def start(self) -> None:
        """Starts."""
        if self.charge < 0.25 and not self.asleep:
            raise CommandRejected(f"low: {self.charge + 1}")
        self.attempts += 1
        self.hazard = Hazard.NONE
        self.post("go", attempts=max(1, -self.offset))
'''


def told() -> dict[str, str]:
    return {mutant.what: mutant.apply(SOURCE) for mutant in mutants(SOURCE)}


def test_each_change_is_valid_code_and_changes_something() -> None:
    for mutant in mutants(SOURCE):
        changed = mutant.apply(SOURCE)
        ast.parse(changed)
        assert changed != SOURCE


@pytest.mark.parametrize("folder", ["flight/core", "flight/mav"])
def test_each_change_of_our_code_is_valid_code(folder: str) -> None:
    for file in sorted((ROOT / folder).rglob("*.py"))[::4]:
        source = file.read_text(encoding="utf-8")
        for mutant in mutants(source)[::5]:
            ast.parse(mutant.apply(source))


def test_tables_and_decorators_are_changed_as_well_as_statements() -> None:
    changed = told()
    assert "guard" not in changed["guard dropped"]
    assert "allowed_in" not in changed["allowed_in dropped"]
    assert "hazard=Hazard" not in changed["hazard dropped"]
    assert 'On("stop"' not in changed["dropped On('stop', 'on', 'off')"]
    assert '"late"' not in changed["dropped 'late'"]
    assert "self.charge <= 0.25" in changed["< to <="]
    assert "0.25000000000000006" in changed["limit + 1 ulp"]
    assert "self.post" not in changed["call dropped"]
    assert "initial=False" in changed["True to False"]
    assert "attempts += 1" not in changed["step dropped"]
    assert "self.hazard =" not in changed["assignment dropped"]
    assert "self.hazard = Hazard.RELEASE" in changed["NONE to RELEASE"]
    assert "min(1, -self.offset)" in changed["max to its opposite"]
    assert "max(1, (self.offset))" in changed["sign dropped"]


def test_what_is_only_said_to_people_is_left_alone() -> None:
    assert all("self.charge - 1" not in text for text in told().values())


def test_a_change_is_tried_on_the_tests_that_run_its_line_the_shortest_first() -> None:
    lines = {"a.py": {1: [EVERY_TEST], 5: ["slow", "quick"], 7: [EVERY_TEST, "slow"], 9: []}}
    covering = Covering(lines, {"slow": 2.0, "quick": 0.1, "other": 0.0})
    assert covering.tests("a.py", 5) == ["quick", "slow"]
    assert covering.tests("a.py", 1) == ["quick", "slow", "other"], "a table is every test's"
    assert covering.tests("a.py", 9) == covering.tests("a.py", 4) == []
    assert covering.tests("b.py", 1) == []
    assert covering.seconds(["slow", "quick"]) == 2.1
