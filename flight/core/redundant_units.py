"""Devices that a vehicle has twice, of which one is used: a response or the ground changes over."""

from typing import ClassVar

from flight.configuration.allowed_values import choices_words
from flight.core.commanding.commands import CommandRejected, command
from flight.core.fault_protection.actions import action
from flight.core.fault_protection.protected_node import Part
from flight.core.keeping.memory import Remembered
from flight.core.node import Node
from flight.core.telling.channels import Channel
from flight.core.telling.events import event
from flight.icd.messages import Severity


class RedundantUnits(Node):
    """`redundant`: for each unit the devices that can do its work, the first one first."""

    redundant: ClassVar[dict[str, tuple[str, ...]]] = {}

    units = Remembered[dict[str, str]](dict[str, str], {}, doc="the device of each unit")
    units_in_use = Channel(str, doc="of what the vehicle has twice: the devices that it uses")

    @event(Severity.WARNING_HI, "{unit}: {after} is used from now on, not {before}")
    def unit_swapped(self, *, unit: str, before: str, after: str) -> None: ...

    def in_use(self, unit: str) -> str:
        """The device that does the work of a unit."""
        return self.units.get(unit, self.redundant[unit][0])

    def put_up_protection(self) -> None:
        super().put_up_protection()
        self._show_units()

    @action(name="swap", keeps_going=True, about={"unit": "device"})
    def swap_unit(self, unit: Part) -> None:
        """Uses the next of the devices that can do a unit's work."""
        devices = self.redundant.get(unit)
        if devices is not None:
            before = self.in_use(unit)
            after = devices[(devices.index(before) + 1) % len(devices)]
            self._use(unit, before, after)

    @command(deadline=60.0)
    def use_unit(self, unit: Part, device: Part) -> None:
        """Uses a device for the work of a unit."""
        if unit not in self.redundant:
            words = choices_words(unit, list(self.redundant))
            raise CommandRejected(f"use_unit: unit = {unit}: {words}")
        if device not in self.redundant[unit]:
            words = choices_words(device, list(self.redundant[unit]))
            raise CommandRejected(f"use_unit: device = {device}: {words}")
        if device != self.in_use(unit):
            self._use(unit, self.in_use(unit), device)

    def _use(self, unit: str, before: str, after: str) -> None:
        self.units = {**self.units, unit: after}
        self.unit_swapped(unit=unit, before=before, after=after)
        self._show_units()

    def _show_units(self) -> None:
        self.units_in_use = ", ".join(self.in_use(unit) for unit in self.redundant)
