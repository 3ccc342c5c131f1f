"""The flight of a single-stage vehicle with a hybrid motor, in truth; burns begin and end on order.

What differs from two solid stages is told here; the motion is that of `MavBody`.
"""

from dataclasses import dataclass
from typing import Any

from sim_hw.dynamics.aerodynamics import SlenderBody
from sim_hw.dynamics.hybrid_motor import HybridMotor
from sim_hw.dynamics.hybrid_vehicle import HybridSample, HybridVehicle
from sim_hw.dynamics.mav_flight import MavBody


@dataclass
class Burn:
    """One burn: the time (s) it is lit, full-flow seconds burnt before it, the time it is shut."""

    lit: float
    before: float
    shut: float | None = None

    def opening(self, time: float, motor: HybridMotor) -> float:
        """Flow over full flow: it rises evenly, and falls evenly once the valve is shut."""
        design = motor.design
        if time <= self.lit:
            return 0.0
        if self.shut is not None and time > self.shut:
            return max(0.0, 1.0 - (time - self.shut) / design.fall_time)
        return min(1.0, (time - self.lit) / design.rise_time)

    def seconds(self, time: float, motor: HybridMotor) -> float:
        """Full-flow seconds burnt by a time, with those before: the integral of the opening."""
        design = motor.design
        if time <= self.lit:
            return self.before
        end = time if self.shut is None else min(time, self.shut)
        risen = end - self.lit
        if risen < design.rise_time:
            total = 0.5 * risen * risen / design.rise_time
        else:
            total = risen - 0.5 * design.rise_time
        if self.shut is not None and time > self.shut:
            falling = min(time - self.shut, design.fall_time)
            total += falling - 0.5 * falling * falling / design.fall_time
        return self.before + total


class HybridBody(MavBody):
    """The vehicle in flight. There is no first stage to drop; each of two igniters lights it."""

    vehicle: Any
    sample: Any

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        assert isinstance(self.vehicle, HybridVehicle) and isinstance(self.sample, HybridSample)
        self.has_first_stage = False
        self.burns: list[Burn] = []
        designed, drawn = self.vehicle.motor.design, self.sample.motor.design
        self._spare = drawn.oxidizer + drawn.fuel - designed.oxidizer - designed.fuel
        self._rebuild()

    @property
    def motor(self) -> HybridMotor:
        """The motor as it is."""
        motor: HybridMotor = self.sample.motor
        return motor

    @property
    def propellant_left(self) -> float:
        """What can still be burnt, kg."""
        row = self.motor.at(self._seconds(self.time))
        return max(0.0, self.motor.propellant - row.oxidizer - row.fuel)

    def ignite(self, motor: int, delay: float = 0.0) -> None:
        """Lights the motor by its igniter 0 or 1, after a delay (s); each works once."""
        self.advance()
        if self.ignitions[motor] is None and self.burning(self.time) is None:
            self.ignitions[motor] = self.time + delay
            self.burns.append(Burn(self.time + delay, self._seconds(self.time)))

    def shut_off(self, delay: float = 0.0) -> None:
        """Shuts the oxidizer's valve after a delay (s)."""
        self.advance()
        if self.burns and self.burns[-1].shut is None:
            self.burns[-1].shut = max(self.time + delay, self.burns[-1].lit)

    def burning(self, time: float) -> int | None:
        if not self.burns or self._seconds(time) >= self.motor.length:
            return None
        burn = self.burns[-1]
        over = burn.shut is not None and time >= burn.shut + self.motor.design.fall_time
        return None if time <= burn.lit or over else 0

    def _seconds(self, time: float) -> float:
        return self.burns[-1].seconds(time, self.motor) if self.burns else 0.0

    def _rebuild(self) -> None:
        self._kept = self.vehicle.kept(fairing=self.has_fairing, container=self.has_container)

    def _mass_properties(self, time: float) -> tuple[float, float, float, float]:
        row = self.motor.at(self._seconds(time))
        found = self.vehicle.loaded(self._kept, row.oxidizer, row.fuel)
        mass = found.mass + self._spare + self.sample.extra_mass
        mass -= self.vehicle.parameters.gas_mass - self.gas
        return mass, found.centre, found.axial_inertia, found.transverse_inertia

    def _push(self, number: int, time: float) -> tuple[float, float, tuple[float, float], float]:
        opening = self.burns[-1].opening(time, self.motor)
        thrust = opening * self.motor.at(self._seconds(time)).thrust
        flow = thrust / self.motor.exhaust_speed
        return thrust, flow, self.sample.tilt, self.vehicle.pivot

    def _shape(self) -> SlenderBody:
        shape: SlenderBody = self.vehicle.shape
        return shape

    def _longest_step(self) -> float:
        longest = self._coasting_step()
        if not self.burns:
            return longest
        burn, design = self.burns[-1], self.motor.design
        ends = [burn.lit, burn.lit + design.rise_time]
        if burn.shut is not None:
            ends += [burn.shut, burn.shut + design.fall_time]
        else:
            # The burn may end by itself: its end is the valve's, but for the rise.
            ends.append(self.time + self.motor.length - self._seconds(self.time))
        for end in ends:
            if end - self.time > 1e-9:
                longest = min(longest, end - self.time)
        if self.burning(self.time + 1e-9) is not None:
            longest = min(longest, self.burn_step)
        return longest
