"""The changes that the code's tests are held against are what they say, and each is valid code."""

import ast
import gc
from pathlib import Path

import pytest

from tests.mutants.covering import EVERY_TEST, Covering, lines_of
from tests.mutants.operators import Mutant, mutants
from tests.mutants.within import _functions, _touched

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
    assert "raise CommandRejected" not in changed["raise dropped"]
    assert "if (not self.asleep):" in changed["dropped self.charge < 0.25"]
    before = changed["On('stop', 'on', 'off') before the one above"]
    assert before.index("On('stop'") < before.index("On('go'")


def test_arguments_change_places_and_a_count_goes_both_ways() -> None:
    source = "send(node.east, north, 3, *more)\nsend(a, a)\nmath.dist(a, b)\n"
    found = [(m.what, m.apply(source).splitlines()[0]) for m in mutants(source)]
    assert ("arguments swapped", "send(north, node.east, 3, *more)") in found
    assert len([what for what, _ in found if what == "arguments swapped"]) == 1
    assert [text for what, text in found if what.startswith("constant")] == [
        "send(node.east, north, 2, *more)", "send(node.east, north, 4, *more)",
    ]  # fmt: skip


def test_what_is_only_said_to_people_is_left_alone() -> None:
    assert all("self.charge - 1" not in text for text in told().values())


def test_a_change_is_tried_on_the_tests_that_run_its_line_the_shortest_first() -> None:
    lines = {"a.py": {1: [EVERY_TEST], 5: ["slow", "quick"], 7: [EVERY_TEST, "slow"], 9: []}}
    covering = Covering(lines, {"slow": 2.0, "quick": 0.1, "other": 0.0})
    assert covering.tests("a.py", [5]) == ["quick", "slow"]
    assert covering.tests("a.py", [1]) == ["quick", "slow", "other"], "a table is every test's"
    assert covering.tests("a.py", [9]) == covering.tests("a.py", [4]) == []
    assert covering.tests("a.py", [4, 5]) == ["quick", "slow"], "of any line of its statement"
    assert covering.tests("b.py", [1]) == []
    assert covering.seconds(["slow", "quick"]) == 2.1
    assert covering.affordable(["quick", "slow", "other"], 2.05) == ["quick"]
    assert covering.affordable(["quick", "slow", "other"], 2.1) == ["quick", "slow", "other"]


def test_a_line_belongs_to_its_statement_and_a_head_not_to_its_body() -> None:
    assert list(lines_of("a = f(\n  1,\n  2,\n)\nb = 1\n", 3)) == [1, 2, 3, 4]
    assert list(lines_of("if (\n  a\n):\n    b = 1\n    c = 2\n", 2)) == [1, 2, 3]
    assert list(lines_of("if a:\n    b = 1\n    c = 2\n", 3)) == [3]


def test_a_function_that_is_there_is_given_the_changed_code() -> None:
    file = ROOT / "tests" / "mutants" / "covering.py"
    source = file.read_text(encoding="utf-8")
    line = source.splitlines().index("            limit -= self._seconds.get(test, 0.0)") + 1
    start = source.index("limit -= self._seconds.get(test, 0.0)")
    change = Mutant(line, start, start + len("limit -= self._seconds.get(test, 0.0)"), "pass", "x")
    gc.freeze()  # as all is that was there before the tests
    touched = _touched(source, change, str(file), _functions(ROOT / "tests" / "mutants"))
    assert gc.get_freeze_count(), "it is as it was found"
    assert touched is not None and [f for f, _ in touched] == [Covering.affordable]
    covering, kept = Covering({}, {"slow": 2.0}), Covering.affordable.__code__
    try:
        Covering.affordable.__code__ = touched[0][1]
        assert covering.affordable(["slow"], 1.0) == ["slow"]
    finally:
        Covering.affordable.__code__ = kept
    assert covering.affordable(["slow"], 1.0) == []
    table = Mutant(1, 0, 0, "X = 1\n", "x")
    assert _touched("Y = [n for n in (1, 2)]\n", table, "nowhere.py", {}) is None
