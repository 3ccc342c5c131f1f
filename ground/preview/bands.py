"""How near a twin has to be to what the vehicles have told: `configs/operators/twin.yaml`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from msgspec import Struct

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import (
    Quantity,
    find_configuration,
    load_configuration,
    refusal,
)
from ground.missions.vehicles import ALL_VEHICLES

Share = Annotated[float, Quantity("1", gt=0, le=1)]
Metres = Annotated[float, Quantity("m", gt=0, le=1000)]


class Bands(Struct, frozen=True, forbid_unknown_fields=True):
    """By how much a channel may differ."""

    state_of_charge: Share
    east: Metres
    north: Metres

    def of(self, channel: str) -> float | None:
        """Of a channel; None: it is not compared."""
        return getattr(self, channel) if channel in self.__struct_fields__ else None


class TwinFile(Struct, frozen=True, forbid_unknown_fields=True):
    """`patience`, `waits`, `waits_at_last` and `horizon` in sols of mission time, `time_limit` in s
    of the wall. `partners`: with whom a vehicle works."""

    format: Literal[1]
    bands: Bands
    patience: Annotated[float, Quantity("sol", gt=0, le=20)]
    horizon: Annotated[float, Quantity("sol", gt=0, le=20)]
    waits: Annotated[float, Quantity("sol", gt=0, le=20)]
    waits_at_last: Annotated[float, Quantity("sol", gt=0, le=20)]
    time_limit: Annotated[float, Quantity("s", gt=0, le=600)]
    partners: dict[str, list[str]] = {}

    def concerned(self, items: Sequence[Mapping[str, Any]]) -> frozenset[str]:
        """The vehicles and tubes that matter to commands: those that they go to and name, and the
        partners that these work with."""
        vehicles = [str(item["vehicle"]) for item in items]
        partners = [each for name in vehicles for each in self.partners.get(name, ())]
        named = [each for item in items for each in _texts(item["arguments"])]
        return frozenset((*vehicles, *partners, *named))


def load_twin_file() -> TwinFile:
    """Raises ConfigurationError."""
    path = find_configuration("operators", "twin")
    found = load_configuration(path, TwinFile)
    for vehicle, partners in found.partners.items():
        for key, name in ((f"partners.{vehicle}", vehicle), *_indexed(vehicle, partners)):
            if name not in ALL_VEHICLES:
                raise refusal(path, key, f"a vehicle: {choices_words(name, ALL_VEHICLES, '')}")
    return found


def _indexed(vehicle: str, partners: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, partner in enumerate(partners):
        yield f"partners.{vehicle}[{index}]", partner


def _texts(value: Any) -> Iterator[str]:
    """All texts in the arguments of a command."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
