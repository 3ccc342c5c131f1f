"""Faults of the lines of real devices: the fault unit of the bench is told of them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import BenchFile
from ground.testbed.seams.injected import Injected
from ground.testbed.seams.outside import OutsideSeam
from sim_hw.faults.fault import Fault
from sim_hw.faults.kind import Heal
from sim_hw.faults.line_kinds import LineKind
from sim_hw.faults.own_kinds import OwnKind

MOVING = ("partial", "runaway", "reversed", "jam", "effect_without_acknowledgement")
"""Kinds at the seam of a device that have it do something else than it was told."""
Tell = Callable[[str, str, tuple[Any, ...]], None]
"""Told of a service, and what its fault unit is told."""


class BenchLine(OutsideSeam):
    """The line of one real device. What the fault changes there is told by the bench."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(_Nobody(), ())
        self._say = tell

    def arm(self, injected: Injected) -> Callable[[], None]:
        """It begins when it is told to."""
        return lambda: None

    def begin(self, injected: Injected) -> Heal:
        """The fault unit begins it; what is returned has it healed there."""
        fault = injected.fault
        assert isinstance(fault.kind, LineKind)
        service = fault.target.name
        self._say(service, "begin", (fault.id, fault.kind.name(), fault.kind.figure))
        return lambda: self._say(service, "heal", (fault.id,))


class _Nobody:
    def order(self, role: str, what: str, value: Any) -> None:
        """Nobody is told."""


def why_not_on(bench: BenchFile, fault: Fault) -> str:
    """Why a fault cannot be in a flight on a bench, with the next step; "" when it can."""
    name = fault.target.name
    device = bench.said.get(name)
    if device is None or not device.flies or fault.target.kind not in ("device", "line"):
        return ""
    kind = fault.kind.name()
    if device.is_recorded and (isinstance(fault.kind, LineKind | OwnKind) or kind in MOVING):
        return (
            f"{name} is a recording, and {kind} is a failure of what is there: change what it "
            "tells (bias, stuck, dropout), or fly it simulated"
        )
    if isinstance(fault.kind, LineKind):
        if kind in device.faults:
            return ""
        return (
            f"{name} is real, and its bench file allows its line {', '.join(device.faults) or 'no'}"
            f" faults: add {kind} to devices.{name}.faults"
        )
    if isinstance(fault.kind, OwnKind):
        return (
            f"{name} is real: {kind} is a failure of the simulated one. Break the line (line: "
            f"{name}), or what it tells (bias, stuck, dropout), or fly it simulated"
        )
    if kind in MOVING and not device.limits:
        return (
            f"{name} is real, and {kind} has it do something else than it is told: give "
            f"devices.{name}.limits in the bench file first"
        )
    return ""


def check_faults_on(file: Path, bench: BenchFile, faults: Iterable[Fault]) -> None:
    """Refuses faults that a bench cannot have; raises ConfigurationError."""
    for fault in faults:
        why = why_not_on(bench, fault)
        if why:
            raise ConfigurationError(str(file), None, "", f"fault {fault.id}: {why}")
