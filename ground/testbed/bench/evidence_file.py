"""What a bench file says of evidence: what is recorded, tolerance bands, faults of its lines."""

from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import Quantity, refusal
from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.measured import unit_of
from sim_hw.bench.comparison import STAMPS, Tolerance

Mode = Literal["real", "shadow", "monitor", "sim", "replay"]
"""`real`: it flies; `shadow`: the simulated one flies and it is asked the same; `monitor`: it is
asked for readings alone; `sim`: none is there, and the simulated one is recorded; `replay`: it
flies as a recording has it."""
MODES: tuple[Mode, ...] = get_args(Mode)


class RecordFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is recorded into bench.mcap: calls and answers, and with `wire` the bytes both ways."""

    calls: bool = True
    wire: bool = True


class ToleranceFile(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"dwell": "for"}
):
    """How far off the simulated value a reading may be, in the unit of the ICD, and for how long it
    may be farther."""

    absolute: Annotated[float, msgspec.Meta(ge=0.0, le=1e18)]
    unit: str
    dwell: Annotated[float, Quantity("s", ge=0, le=1e6)] = 0.0

    @property
    def band(self) -> Tolerance:
        """As the comparison has it."""
        return Tolerance(self.absolute, self.dwell)


def check_tolerances(
    path: Path, key: str, given: dict[str, ToleranceFile], interface: type[DeviceInterface]
) -> None:
    """Refuses a band of what is not told, or in another unit."""
    units = tolerable(interface)
    for name, each in given.items():
        if name not in units:
            raise refusal(path, f"{key}.{name}", choices_words(name, sorted(units), ""))
        if each.unit != units[name]:
            raise refusal(path, f"{key}.{name}.unit", units[name])


def tolerable(interface: type[DeviceInterface]) -> dict[str, str]:
    """The fields that may have a band, by `method.field` and by `field` alone, and their units."""
    found: dict[str, str] = {}
    for method, each in interface.methods.items():
        if not isinstance(each.result, type) or not issubclass(each.result, msgspec.Struct):
            continue
        hints: dict[str, Any] = get_type_hints(each.result, include_extras=True)
        for name in each.result.__struct_fields__:
            if name not in (*STAMPS, "reason"):
                found[f"{method}.{name}"] = found[name] = unit_of(hints[name])
    return found
