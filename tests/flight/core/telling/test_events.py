"""An event is declared with typed arguments in one place; who tells it gives exactly these."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import flight
from flight.core.telling.events import Event, declared_events, event
from flight.icd.messages import Severity


class Teller:
    def __init__(self) -> None:
        self.told: list[tuple[str, str, dict[str, Any]]] = []

    @event(Severity.WARNING_HI, "{device} at {charge} %", family="power")
    def low(self, *, device: str, charge: float, since: float | None = None) -> None: ...

    @event(Severity.ACTIVITY_LO, "hello")
    def hello(self) -> None: ...

    def report_event(self, event: Event[Any], text: str, data: dict[str, Any]) -> None:
        self.told.append((event.name, text, data))


class Other(Teller):
    @event(Severity.FATAL, "{device}!")
    def low(self, *, device: str) -> None: ...  # type: ignore[override]


def test_an_event_is_told_with_its_text_and_all_its_data() -> None:
    teller = Teller()
    teller.low(device="battery", charge=12.0)
    teller.low(charge=11.0, device="battery", since=5.0)
    teller.hello()
    assert teller.told == [
        ("low", "battery at 12 %", {"device": "battery", "charge": 12.0, "since": None}),
        ("low", "battery at 11 %", {"device": "battery", "charge": 11.0, "since": 5.0}),
        ("hello", "hello", {}),
    ]


def test_a_declaration_says_severity_types_and_subject() -> None:
    low = Teller.low
    assert (low.name, low.severity, low.family) == ("low", Severity.WARNING_HI, "power")
    assert low.types() == {"device": str, "charge": float, "since": float | None}
    assert low.subject({"device": "battery"}) == "battery"
    assert Teller.hello.subject({}) == ""
    assert list(declared_events(Teller)) == ["low", "hello"]
    assert declared_events(Other)["low"].severity is Severity.FATAL


def test_a_text_that_names_no_argument_is_refused_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="event lost: its text names 'recovred': no argument of it"):

        class Wrong:
            @event(Severity.FATAL, "{count} of {recovred}")
            def lost(self, *, count: int, recovered: int) -> None: ...


def test_arguments_without_keyword_are_refused() -> None:
    with pytest.raises(TypeError, match="event lost: 'count' is to be given by keyword alone"):

        class Wrong:
            @event(Severity.FATAL, "{count}")
            def lost(self, count: int) -> None: ...


WRONG = """
from flight.mav.vehicle import MavVehicle

def tell(mav: MavVehicle) -> None:
    mav.burnout(stage="first", height=1.0, speed=2.0, periapsis=3.0, apoapsis=4.0)
    mav.burnout(stage="first", hight=1.0, speed=2.0, periapsis=3.0, apoapsis=4.0)
    mav.burnout(stage="first", height="high", speed=2.0, periapsis=3.0, apoapsis=4.0)
    mav.burnout(stage="first", height=1.0)
    mav.burnout("first")
"""


@pytest.mark.check
def test_the_type_checker_finds_a_wrong_argument(tmp_path: Path) -> None:
    from mypy import api

    file = tmp_path / "wrong.py"
    file.write_text(WRONG)
    out, _, code = api.run([str(file), "--no-error-summary", "--follow-imports=silent"])
    lines = {int(line.split(":")[1]) for line in out.splitlines() if ": error:" in line}
    assert (code, lines) == (1, {6, 7, 8, 9}), out
    assert 'Unexpected keyword argument "hight"' in out


# ------------------------------------------------------------- all events of the flight software


def _all_events() -> Iterator[Event[Any]]:
    for found in pkgutil.walk_packages(flight.__path__, "flight."):
        for member in vars(importlib.import_module(found.name)).values():
            if isinstance(member, type) and member.__module__ == found.name:
                yield from (each for each in vars(member).values() if isinstance(each, Event))


def _calls() -> Iterator[tuple[str, ast.Call]]:
    for file in sorted(Path(flight.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield f"{file.name}:{node.lineno}", node


def test_every_argument_of_every_event_has_a_type_of_its_own() -> None:
    events = list(_all_events())
    assert len(events) > 150
    for each in events:
        for name, kind in each.types().items():
            assert kind not in (Any, object), f"{each.name}: {name}"


def test_whoever_tells_an_event_gives_arguments_that_it_has() -> None:
    """The type checker sees the same, but for one whose teller it does not know."""
    known: dict[str, list[Event[Any]]] = {}
    for each in _all_events():
        known.setdefault(each.name, []).append(each)
    wrong, seen = [], 0
    for place, call in _calls():
        assert isinstance(call.func, ast.Attribute)
        given = [keyword.arg for keyword in call.keywords if keyword.arg is not None]
        declared = known.get(call.func.attr)
        if declared is None or call.args or len(given) < len(call.keywords):
            continue  # of another kind; or a typed dictionary, which the type checker looks into
        seen += 1
        if not any(set(given) <= set(each.arguments) for each in declared):
            wrong.append(f"{place}: {call.func.attr}({', '.join(given)})")
    assert wrong == []
    assert seen > 200
