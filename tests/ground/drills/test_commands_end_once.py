"""Every command ends once; only what is gone with a store is not asked for any more."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.messages import CommandReport, EventReport, Rung, Severity
from ground.drills.invariants_of_commands import CommandsEndOnce


def report(identifier: str, rung: Rung) -> CommandReport:
    return CommandReport(identifier, "rover", rung, 0)


DAMAGED = EventReport("rover", "store_damaged", Severity.WARNING_HI, 0, "", {}, 1)


class Ladder:
    """Of the rover: the identifiers of which it knows."""

    def __init__(self) -> None:
        self.known = ["a", "b"]

    def entries(self) -> list[Any]:
        return []

    def find(self, identifier: str) -> Any:
        return identifier if identifier in self.known else None


def rule(ladder: Ladder) -> CommandsEndOnce:
    node = SimpleNamespace(dispatcher=SimpleNamespace(ladder=ladder))
    run: Any = SimpleNamespace(
        mission=SimpleNamespace(vehicles=["rover"]), node=lambda role: node,
        host=SimpleNamespace(runs=lambda role: True),
    )  # fmt: skip
    return CommandsEndOnce(run)


@pytest.mark.parametrize(("lost", "told"), [(False, True), (True, False)])
def test_of_a_damaged_store_only_what_is_gone_may_end_again(lost: bool, told: bool) -> None:
    ladder = Ladder()
    found = rule(ladder)
    assert found.hear(report("a", Rung.COMPLETED)) == ""
    ladder.known = [] if lost else ["a"]
    found.hear(DAMAGED)
    assert bool(found.hear(report("a", Rung.FAILED))) is told


@pytest.mark.parametrize("lost_before", [True, False])
def test_what_is_forgotten_without_a_word_is_found(lost_before: bool) -> None:
    ladder = Ladder()
    found = rule(ladder)
    found.hear(report("b", Rung.STARTED))
    if lost_before:
        ladder.known = []
    found.hear(DAMAGED)
    ladder.known = []
    assert bool(found.end(None)) is not lost_before
