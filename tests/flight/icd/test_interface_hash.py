"""Two programs that have one hash of an interface mean the same by it, and others do not."""

import json
import subprocess
import sys
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pytest

from flight.icd.devices.base import DeviceInterface, Reading, actuation, reading
from flight.icd.devices.description import (
    description_of,
    interface_hash,
    interface_of,
    type_of,
)
from flight.icd.devices.measured import measured
from flight.icd.devices.mobility import Wheels


class Level(Reading, frozen=True, kw_only=True):
    level: Annotated[float, measured("m", 0.0, 2.0)]


def gauge(
    name: str = "Gauge",
    *,
    le: float = 5.0,
    unit_range: tuple[str, float, float] = ("m", 0.0, 2.0),
    limit: float = 5.0,
    irreversible: bool = False,
    codes: tuple[str, ...] = ("stuck",),
    argument: str = "to",
    doc: str = "Sets it.",
    signals: dict[str, Any] | None = None,
) -> type[DeviceInterface]:
    """An interface that differs from the plain one by what is given."""
    reading_type = msgspec.defstruct(
        "Level", [("level", Annotated[float, measured(*unit_range)])],
        bases=(Reading,), frozen=True, kw_only=True,
    )  # fmt: skip

    async def state(self: Any) -> Any: ...

    state.__annotations__ = {"return": reading_type}

    async def set_level(self: Any, to: Any) -> Any: ...

    async def set_named(self: Any, level: Any) -> Any: ...

    moved = set_level if argument == "to" else set_named
    moved.__doc__ = doc
    moved.__annotations__ = {
        argument: Annotated[float, msgspec.Meta(ge=0.0, le=le)], "return": reading_type,
    }  # fmt: skip
    members = {
        "state": reading()(state),
        "set_level": actuation(limit=limit, irreversible=irreversible)(moved),
        "fault_codes": codes,
        "signals": signals or {},
    }
    return type(name, (DeviceInterface,), members)


def test_the_same_declaration_has_the_same_hash() -> None:
    assert interface_hash(gauge()) == interface_hash(gauge())
    assert len(interface_hash(gauge())) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Gage"},
        {"le": 5.0000001},
        {"unit_range": ("mm", 0.0, 2.0)},
        {"unit_range": ("m", 0.0, 2.1)},
        {"limit": 6.0},
        {"irreversible": True},
        {"codes": ("stuck", "no_power")},
        {"argument": "level"},
        {"signals": {"full": bool}},
    ],
    ids=str,
)
def test_what_matters_on_the_wire_changes_the_hash(change: dict[str, Any]) -> None:
    assert interface_hash(gauge(**change)) != interface_hash(gauge())


def test_what_only_people_read_does_not_change_it() -> None:
    assert interface_hash(gauge(doc="Brings it to a level.")) == interface_hash(gauge())


def test_another_process_with_other_hash_seeds_finds_the_same() -> None:
    code = (
        "from flight.icd.devices.description import interface_hash\n"
        "from flight.icd.devices.mobility import Wheels\n"
        "print(interface_hash(Wheels))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed},
        )  # fmt: skip
        assert done.stdout.strip() == interface_hash(Wheels)


def test_every_interface_can_be_described() -> None:
    import importlib
    import pkgutil

    import flight.icd.devices as devices

    for module in pkgutil.iter_modules(devices.__path__):
        importlib.import_module(f"flight.icd.devices.{module.name}")
    kinds = [k for k in DeviceInterface.__subclasses__() if k.__module__.startswith("flight.icd")]
    assert len(kinds) > 40
    assert len({interface_hash(kind) for kind in kinds}) == len(kinds)
    for kind in kinds:
        json.dumps(description_of(kind))


def test_types_are_told_with_what_limits_them() -> None:
    class Colour(Enum):
        RED = "red"

    assert type_of(dict[str, list[int]]) == {
        "type": "table", "of": {"type": "list", "of": {"type": "int"}},
    }  # fmt: skip
    assert type_of(tuple[float, float]) == {"type": "row", "of": [{"type": "float"}] * 2}
    assert type_of(float | None)["of"] == [{"type": "float"}, {"type": "nothing"}]
    assert type_of(Literal["a", "b"]) == {"type": "word", "words": ["a", "b"]}
    assert type_of(Colour) == {"type": "word", "words": ["red"]}
    with pytest.raises(TypeError, match="cannot be described"):
        type_of(object)


def test_what_serves_an_interface_is_told_from_what_does_not() -> None:
    class Sim(Wheels):
        calls: ClassVar[int] = 0

    assert interface_of(Sim()) is Wheels
    with pytest.raises(TypeError, match="int serves no device interface"):
        interface_of(3)
