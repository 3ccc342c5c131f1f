"""What a trainer breaks is told once it is broken, and by whom; else nothing is."""

from pathlib import Path
from typing import Any

import pytest

from tests.ground.mission_control.service.desk_bench import Desked, at_the_desk


class Broken:
    """A simulation that tells what it was asked for; `refuses`: why it does not."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses
        self.asked: list[Any] = []

    def _do(self, what: str, given: Any) -> dict[str, Any]:
        if self.refuses:
            raise ValueError(self.refuses)
        self.asked.append((what, given))
        return {"done": what}

    def targets(self) -> dict[str, Any]:
        return self._do("targets", None)

    def kinds(self, sort: str, target: str) -> dict[str, Any]:
        return self._do("kinds", target)

    def told(self, of: str | None, limit: int) -> dict[str, Any]:
        return self._do("told", of)

    def inject(self, fault: dict[str, Any]) -> dict[str, Any]:
        return self._do("inject", fault)

    def heal(self, name: str) -> dict[str, Any]:
        return self._do("heal", name)

    def kill(self, role: str) -> dict[str, Any]:
        return self._do("kill", role)


ASKED: list[tuple[str, dict[str, Any], str, str]] = [
    ("fault_inject", {"fault": {"kind": "x"}}, "inject", "injected"),
    ("fault_heal", {"name": "f1"}, "heal", "healed"),
    ("kill", {"role": "rover"}, "kill", "killed"),
]


@pytest.mark.parametrize(("do", "fields", "what", "told"), ASKED)
def test_what_is_done_is_told_with_who_did_it(
    tmp_path: Path, do: str, fields: dict[str, Any], what: str, told: str
) -> None:
    async def flight(desk: Desked) -> None:
        assert "nothing is simulated here" in desk.refused("anna", do, **fields)
        desk.service.desk.simulation = Broken("there is no such thing")
        assert desk.refused("anna", do, **fields) == "there is no such thing"
        assert desk.entries("fault") == []
        whole = Broken()
        desk.service.desk.simulation = whole
        assert "needs the role trainer" in desk.refused("ben", do, **fields)
        assert desk.done("anna", do, **fields) == {"done": what}
        assert whole.asked == [(what, next(iter(fields.values())))]
        [entry] = desk.entries("fault")
        assert (entry.what, entry.who, entry.data) == (told, "anna", fields)

    at_the_desk(tmp_path, flight)


LOOKED: list[tuple[str, dict[str, Any], str]] = [
    ("fault_targets", {}, "targets"),
    ("fault_kinds", {"sort": "node", "target": "rover"}, "kinds"),
    ("faults", {"of": "f1"}, "told"),
]


@pytest.mark.parametrize(("do", "fields", "what"), LOOKED)
def test_what_can_break_is_for_trainers_to_look_at(
    tmp_path: Path, do: str, fields: dict[str, Any], what: str
) -> None:
    async def flight(desk: Desked) -> None:
        assert "nothing is simulated here" in desk.refused("anna", do, **fields)
        desk.service.desk.simulation = Broken("there is no such target")
        assert desk.refused("anna", do, **fields) == "there is no such target"
        desk.service.desk.simulation = Broken()
        for user in ("ben", "eve", "max"):
            assert f"{do} needs the role trainer" in desk.refused(user, do, **fields)
        assert desk.done("anna", do, **fields) == {"done": what}
        assert desk.entries("fault") == []

    at_the_desk(tmp_path, flight)
