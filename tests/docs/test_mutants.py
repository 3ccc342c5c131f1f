"""The changes that the code's tests are held against are what they say, and each is valid code."""

import ast

from tests.mutants.operators import mutants

SOURCE = '''
class Toy(Node):
    statechart = Statechart(
        State("off", initial=True),
        transitions=[On("go", "off", "on", guard=is_ready), On("stop", "on", "off")],
    )

    @command(allowed_in="off", hazard=Hazard.RELEASE)
    def start(self) -> None:
        """Starts."""
        if self.charge < 0.25 and not self.asleep:
            raise CommandRejected("low")
        self.post("go")
'''


def told() -> dict[str, str]:
    return {mutant.what: mutant.apply(SOURCE) for mutant in mutants(SOURCE)}


def test_each_change_is_valid_code_and_changes_something() -> None:
    for mutant in mutants(SOURCE):
        changed = mutant.apply(SOURCE)
        ast.parse(changed)
        assert changed != SOURCE


def test_tables_and_decorators_are_changed_as_well_as_statements() -> None:
    changed = told()
    assert "guard" not in changed["guard dropped"]
    assert "allowed_in" not in changed["allowed_in dropped"]
    assert "hazard" not in changed["hazard dropped"]
    assert 'On("stop"' not in changed["dropped On('stop', 'on', 'off')"]
    assert "self.charge <= 0.25" in changed["< to <="]
    assert "0.25000000000000006" in changed["limit + 1 ulp"]
    assert "self.post" not in changed["call dropped"]
