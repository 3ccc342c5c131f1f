"""Simulated initiators, in two sides."""

from typing import Literal

from flight.icd.devices.base import DeviceRejected
from flight.icd.devices.descent import PARTS, PyroState, Pyrotechnics
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, add, failure

SIDES = ("A", "B")
WITH_SWITCH = ("cruise_stage", "heat_shield", "backshell")


class SimPyrotechnics(PoweredDevice, Pyrotechnics):
    """Fires what is asked for, unless that initiator has failed.

    `on_legs` is told when the legs are thrown out: a jolt for whatever hangs on them.
    """

    def __init__(self, context: PoweredContext, vehicle: EntryVehicle) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.dead: list[tuple[str, str]] = []
        self.on_legs = lambda: None

    @failure
    def fail_does_not_fire(
        self,
        part: Literal[PARTS] = "mortar",  # type: ignore[valid-type]
        side: Literal["A", "B", "both"] = "A",
    ) -> Failing:
        """The initiator of `part` on `side` does not fire."""
        yield from add(self.dead, *((part, one) for one in SIDES if side in (one, "both")))

    async def fire(self, part: str, side: str) -> PyroState:
        self.need_power()
        if part not in PARTS or side not in SIDES:
            raise DeviceRejected(f"{part!r} on side {side!r}: no such initiator")
        fired = (part, side) not in self.dead
        if fired and part == "mortar":
            self.vehicle.fire_mortar()
        elif fired and part == "legs":
            if not self.vehicle.legs_out:
                self.vehicle.legs_out = True
                self.on_legs()
        elif fired:
            self.vehicle.jettison(part)
        gone = part not in self.vehicle.attached if part in WITH_SWITCH else None
        return PyroState(time_ns=self.time_ns(), fired=fired, separated=gone)
