"""Vehicle files (`configs/vehicles`): the parameters of a node and of its hardware, checked."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from flight.configuration.files import (
    Quantity,
    configs_folder,
    find_configuration,
    load_configuration,
)
from flight.core.fault_protection.tables import Table
from flight.core.keeping.parameters import Parameter
from flight.core.node import Node
from ground.missions.protection_files import load_protection


class VehicleFile(msgspec.Struct, frozen=True):
    """What the files of a vehicle say: `flight` are the node's parameters, `hardware` a typed
    struct, `protection` the table of its fault protection."""

    flight: dict[str, Any]
    hardware: Any
    protection: Table = Table()


def load_vehicle_file(kind: type[Node], hardware: type[msgspec.Struct] | None) -> VehicleFile:
    """Reads the file of a vehicle against its declarations; raises ConfigurationError.

    Without a `hardware` type that section is passed over.
    """
    fields: list[Any] = [("flight", _flight_struct(kind))]
    fields.append(("hardware", hardware if hardware is not None else dict[str, Any]))
    shape = msgspec.defstruct(f"{kind.name}_file", fields, frozen=True, forbid_unknown_fields=True)
    loaded: Any = load_configuration(find_configuration("vehicles", kind.name), shape)
    flight = {name: getattr(loaded.flight, name) for name in kind.parameter_declarations}
    made = loaded.hardware if hardware is not None else None
    return VehicleFile(flight, made, load_protection(kind.name))


def _flight_struct(kind: type[Node]) -> type[msgspec.Struct]:
    def check(given: Any) -> None:
        kind.check_parameters({name: getattr(given, name) for name in kind.parameter_declarations})

    return msgspec.defstruct(
        f"{kind.name}_flight", parameter_fields(kind.parameter_declarations), frozen=True,
        forbid_unknown_fields=True, namespace={"__post_init__": check},
    )  # fmt: skip


def parameter_fields(declarations: Mapping[str, Parameter], *, optional: bool = False) -> list[Any]:
    """The fields of a struct of parameters; `optional`: none is demanded."""
    if optional:
        return [(key, _annotation(one) | None, None) for key, one in declarations.items()]
    return [(key, _annotation(parameter)) for key, parameter in declarations.items()]


def _annotation(parameter: Parameter) -> Any:
    if parameter.choices is not None or parameter.type in (str, bool):
        return parameter.type
    quantity = Quantity(parameter.unit, ge=parameter.ge, le=parameter.le)
    return Annotated[parameter.type, quantity]


def vehicle_files() -> list[str]:
    """Names of all vehicle files that there are."""
    return sorted(file.stem for file in (configs_folder() / "vehicles").glob("*.yaml"))
