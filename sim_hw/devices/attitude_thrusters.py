"""The simulated thrusters that hold the aeroshell trimmed and bank it."""


from flight.icd.devices.base import DeviceFault
from flight.icd.devices.descent import AttitudeThrusters
from sim_hw.dynamics.entry_vehicle import EntryVehicle
from sim_hw.power_and_heat.powered import PoweredContext, PoweredDevice
from sim_hw.serving.failure_modes import Failing, failure


class SimAttitudeThrusters(PoweredDevice, AttitudeThrusters):
    """Turns the true vehicle about its velocity."""

    def __init__(self, context: PoweredContext, vehicle: EntryVehicle) -> None:
        super().__init__(context)
        self.vehicle = vehicle
        self.stuck = False

    @failure
    def fail_stuck(self) -> Failing:
        """No thruster answers; the bank angle stays."""
        self.stuck = True
        yield
        self.stuck = False

    async def turn(self, change: float) -> None:
        self.need_power()
        if self.stuck:
            raise DeviceFault("stuck", f"{self.service}: the thrusters do not answer")
        self.vehicle.turn_bank(change)
