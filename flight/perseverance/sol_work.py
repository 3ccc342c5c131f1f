"""What a sol allows Perseverance."""

from collections.abc import Mapping
from typing import Any

from flight.core.worn_battery import NEW
from flight.surface.energy import EnergyParameters
from flight.surface.night_charge import WORTH

CONDITIONS = ("cold", "no_power")  # fault codes that only time mends


def energy_reserve(p: Mapping[str, Any], full: float) -> float:
    """The charge at which work ends, for batteries that take no more at `full`, both of the
    capacity when new: of cells that are lost there is nothing to be kept, but never less than is
    worth anything above the charge at which it goes safe."""
    if full > NEW:
        return float(p["energy_reserve"])
    least = float(p["critical_charge"]) + WORTH
    return min(float(p["energy_reserve"]), max(least, full * float(p["energy_reserve"])))


def energy_parameters(p: Mapping[str, Any], full: float) -> EnergyParameters:
    """Of its parameters, for batteries that take no more at `full`: powers net of the generator.

    What that gives in the coming night is no energy for today.
    """
    return EnergyParameters(
        capacity=p["battery_capacity"],
        day_power=p["day_power"] - p["generator_power"],
        night_power=0.0,
        work_power=p["work_power"] - p["generator_power"],
        reserve=energy_reserve(p, full),
        waking_sun=p["waking_sun"],
        sleeping_sun=p["sleeping_sun"],
        wake_charge=p["wake_charge"],
    )
