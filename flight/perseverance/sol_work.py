"""What a sol allows Perseverance."""

from collections.abc import Mapping
from typing import Any

from flight.surface.energy import EnergyParameters

CONDITIONS = ("cold", "no_power")  # fault codes that only time mends


def energy_parameters(p: Mapping[str, Any]) -> EnergyParameters:
    """Of its parameters: powers net of the generator.

    What that gives in the coming night is no energy for today.
    """
    return EnergyParameters(
        capacity=p["battery_capacity"],
        day_power=p["day_power"] - p["generator_power"],
        night_power=0.0,
        work_power=p["work_power"] - p["generator_power"],
        reserve=p["energy_reserve"],
        waking_sun=p["waking_sun"],
        sleeping_sun=p["sleeping_sun"],
        wake_charge=p["wake_charge"],
    )
