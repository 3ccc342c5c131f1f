"""The battery with its gauge, simulated."""

import math
from typing import Annotated

import msgspec

from flight.icd.devices.power import Battery, BatteryState
from sim_hw.power_and_heat.electrical import PowerSystemContext
from sim_hw.serving.device import SimulatedDevice
from sim_hw.serving.failure_modes import Failing, Fraction, failure, failure_at_once
from sim_hw.serving.timestamps import mission_ns

_GAUGE_NOISE = 0.004  # of the state of charge: gauges of flight batteries are good to about 1 %
_VOLTAGE_NOISE = 0.02  # V
_TEMPERATURE_NOISE = 0.2  # K

Bias = Annotated[float, msgspec.Meta(ge=-1.0, le=1.0)]


class SimBattery(SimulatedDevice, Battery):
    """Shows the electrical truth with noise.

    Failures: `gauge_invalid` (it answers without meaning), `gauge_bias` (added to the state of
    charge).
    """

    def __init__(self, context: PowerSystemContext) -> None:
        super().__init__(context)
        self._electrical = context.electrical
        self.gauge_invalid = False
        self.gauge_bias = 0.0

    @failure
    def fail_gauge_invalid(self) -> Failing:
        """What the gauge shows is marked invalid."""
        self.gauge_invalid = True
        yield
        self.gauge_invalid = False

    @failure
    def fail_gauge_bias(self, bias: Bias) -> Failing:
        """The state of charge that it shows is off by `bias`."""
        before, self.gauge_bias = self.gauge_bias, bias
        yield
        self.gauge_bias = before

    @failure_at_once
    def fail_capacity_fade(self, fraction: Fraction) -> Failing:
        """That `fraction` of the capacity is lost, as when cells have failed."""
        electrical = self._electrical
        electrical.advance()
        before, electrical.capacity_fade = electrical.capacity_fade, fraction
        yield
        electrical.advance()
        electrical.capacity_fade = before

    async def state(self) -> BatteryState:
        electrical = self._electrical
        battery = electrical.parameters.battery
        truth = electrical.state_of_charge
        shown = truth + self.gauge_bias + self.random.gauss(0.0, _GAUGE_NOISE)
        span = battery.full_voltage - battery.empty_voltage
        open_voltage = battery.empty_voltage + truth * span
        share = math.prod(short.share for short in electrical.soft_shorts)
        current = electrical.net_power / open_voltage
        voltage = open_voltage + current * battery.internal_resistance
        return BatteryState(
            valid=not self.gauge_invalid,
            time_ns=mission_ns(electrical.world.now()),
            state_of_charge=min(max(shown, 0.0), 1.0),
            voltage=share * voltage + self.random.gauss(0.0, _VOLTAGE_NOISE),
            current=current,
            temperature=electrical.battery_temperature()
            + self.random.gauss(0.0, _TEMPERATURE_NOISE),
        )
