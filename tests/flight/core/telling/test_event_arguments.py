"""Whoever emits an event gives exactly the arguments that it declares."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import flight
from flight.core.telling.events import declared_events
from ground.missions.vehicles import VEHICLES
from ground.testbed.participants.vehicles import vehicle_class

FLIGHT = Path(flight.__path__[0])


def declared() -> dict[str, list[frozenset[str]]]:
    """The arguments of each event, by its name; several vehicles may have one of that name."""
    found: dict[str, list[frozenset[str]]] = {}
    for vehicle in VEHICLES:
        for name, event in declared_events(vehicle_class(vehicle)).items():
            fields = frozenset(event.arguments)
            if fields not in found.setdefault(name, []):
                found[name].append(fields)
    return found


def wrong_emissions(
    source: str, events: dict[str, list[frozenset[str]]]
) -> Iterator[tuple[int, str, list[str]]]:
    """Line, event and arguments of each emission that does not fit a declaration."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        owner = call.func.value
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        if name not in ("self", "node", "_node") or call.func.attr not in events:
            continue
        given = [keyword.arg or "**" for keyword in call.keywords]
        if "**" in given:
            continue
        if call.args or frozenset(given) not in events[call.func.attr]:
            yield call.lineno, call.func.attr, given


@pytest.mark.parametrize("file", sorted(FLIGHT.rglob("*.py")), ids=lambda f: f.stem)
def test_every_emission_fits_its_declaration(file: Path) -> None:
    assert list(wrong_emissions(file.read_text(encoding="utf-8"), declared())) == []


@pytest.mark.parametrize(
    "call",
    [
        "self.booted(number=1, cause='x')",
        "node.booted(number=1, cause='x', mood='idle')",
        "self.node.booted(1, 'x', 'idle')",
        "self.booted()",
    ],
)
def test_a_misspelt_missing_or_surplus_argument_is_found(call: str) -> None:
    assert [name for _, name, _ in wrong_emissions(call, declared())] == ["booted"]


def test_a_right_emission_is_taken() -> None:
    assert not list(wrong_emissions("self.booted(number=1, cause='x', mode='idle')", declared()))
