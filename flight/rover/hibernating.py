"""What the rover switches while it hibernates: the clock stays on, and the cells are kept warm."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from flight.astrodynamics.mars_time import mars_time
from flight.icd.devices.base import DeviceError
from flight.rover.hardware import AVIONICS, BOX, CELLS, CORE, HEAT, RoverHardware

Tell = Callable[[str], None]
Parameters = Mapping[str, Any]


async def live_by(hardware: RoverHardware, p: Parameters, tell: Tell, *, listens: bool) -> None:
    """Leaves to the cells' heater what the array gives, and listens where it gives more."""
    await _try(tell, hardware.heaters.set_zone(CELLS, p["cells_setpoint"], True))
    await _try(tell, hardware.heaters.set_zone(BOX, p["box_setpoint"], False))
    await _try(tell, hardware.switches.set_switch(HEAT, False))
    await _try(tell, hardware.switches.set_switch(CORE, listens))
    await _try(tell, hardware.switches.set_switch(AVIONICS, False))
    await _try(tell, hardware.radio.set_power(listens))


async def live_again(hardware: RoverHardware, p: Parameters, tell: Tell) -> None:
    """Everything is as before; who works by day switches on what that takes."""
    await _try(tell, hardware.switches.set_switch(CORE, True))
    await _try(tell, hardware.switches.set_switch(HEAT, True))
    await _try(tell, hardware.heaters.set_zone(CELLS, p["cells_setpoint"], True))
    await _try(tell, hardware.heaters.set_zone(BOX, p["box_setpoint"], True))


def is_window(jd_tt: float, p: Parameters) -> bool:
    """Whether the relay orbiter passes about then: twice in a sol, half a sol apart."""
    lmst = mars_time(jd_tt, p["longitude"]).lmst_hours
    return bool((lmst - p["night_window"]) % 12.0 < p["night_window_length"])


async def _try(tell: Tell, call: Awaitable[Any]) -> None:
    """What cannot be switched is told, and tried again at the next look."""
    try:
        await call
    except DeviceError as error:
        tell(str(error))
