"""Devices of a bench that do not fly: shadows, monitors, and simulated ones that are recorded."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ground.testbed.bench.file import (
    REPLACEABLE,
    BenchFile,
    DeviceFile,
    calibration_of,
    code_of_loss,
)
from sim_hw.bench.comparison import Comparison
from sim_hw.bench.port import BenchPort
from sim_hw.bench.stand_ins.beside import Beside, Start, beside_class
from sim_hw.bench.stand_ins.stand_in import StandIn
from sim_hw.bench.stand_ins.table import BY_SERVICE

Tell = Callable[[str, str], None]
"""Told of an event: its name, and in words."""


class BesideDevices:
    """What stands beside the simulated devices of a run, and how far both are from one another."""

    def __init__(self, file: Path, bench: BenchFile) -> None:
        self._file, self._bench = file, bench
        self.comparisons: dict[str, Comparison] = {}
        """Of each shadow and monitor."""

    def stand_in(
        self,
        service: str,
        device: DeviceFile,
        port: BenchPort,
        record: Callable[[str, dict[str, Any]], None],
        start: Start,
        tell: Tell,
        sim: Any,
    ) -> Any:
        """What is served in the place of the simulated device `sim`."""
        kind = beside_class(REPLACEABLE[service])
        beside = Beside(partial(record, service), start)
        if device.mode != "sim":
            beside.real = StandIn(sim, port, code_of_loss(service, device))
            beside.real.calibration = calibration_of(self._file, device)
            beside.follows = device.mode == "shadow"
            bands = {name: each.band for name, each in device.tolerance.items()}
            beside.comparison = self.comparisons.setdefault(service, Comparison(bands))
            beside.stimulus = BY_SERVICE[service].stimulus
            beside.told = partial(_told, tell, service, device.mode)
        return kind(sim, beside)

    def told(self) -> dict[str, Any]:
        """As evidence, by service."""
        return {service: each.told() for service, each in self.comparisons.items()}


def _told(
    tell: Tell, service: str, mode: str, name: str, what: str, simulated: Any, real: Any
) -> None:
    values = f"{_shown(simulated)} is simulated, {_shown(real)} is real"
    if what == "diverged":
        tell("shadow_diverged", f"The {mode} {service} has left the band of {name}: {values}")
    else:
        tell("shadow_agrees", f"The {mode} {service} is within the band of {name} again: {values}")


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
