"""How near a twin has to be to what the vehicles have told: `configs/operators/twin.yaml`."""

from typing import Annotated, Literal

from msgspec import Struct

from flight.configuration.files import Quantity, find_configuration, load_configuration

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
    """`patience` and `horizon` in sols of mission time, `time_limit` in s of the wall."""

    format: Literal[1]
    bands: Bands
    patience: Annotated[float, Quantity("sol", gt=0, le=20)]
    horizon: Annotated[float, Quantity("sol", gt=0, le=20)]
    time_limit: Annotated[float, Quantity("s", gt=0, le=600)]


def load_twin_file() -> TwinFile:
    """Raises ConfigurationError."""
    return load_configuration(find_configuration("operators", "twin"), TwinFile)
