"""The lander's parameters. Values and their sources: `configs/vehicles/lander.yaml`."""

from flight.core.keeping.parameters import Parameter
from flight.lander.descent_parameters import DESCENT_PARAMETERS


def _kelvin(doc: str) -> Parameter:
    return Parameter(float, "K", 150.0, 330.0, doc=doc)


def _hour(doc: str) -> Parameter:
    return Parameter(float, "h", 0.0, 24.0, doc=doc)


def _fraction(doc: str) -> Parameter:
    return Parameter(float, "1", 0.0, 1.0, doc=doc)


PARAMETERS = {
    "site_latitude": Parameter(float, "deg", -90.0, 90.0, doc="of the site, at the centre of Mars"),
    "site_longitude": Parameter(float, "deg", -180.0, 360.0, doc="east, of the landing site"),
    "commissioning_sols": Parameter(float, "sol", 0.0, 60.0, doc="length of commissioning"),
    "day_begins": Parameter(float, "deg", -10.0, 45.0, doc="elevation of the Sun in the morning"),
    "relay_window_morning": _hour("LMST at which the orbiter's early passes begin"),
    "relay_window_afternoon": _hour("LMST at which the orbiter's late passes begin"),
    "relay_window_length": _hour("length of a window of passes"),
    "direct_window": _hour("LMST at which the direct link to Earth opens"),
    "direct_window_length": _hour("length of the direct window"),
    "low_charge": _fraction("state of charge below which the lander goes safe"),
    "recovered_charge": _fraction("state of charge at which it has recovered, by day"),
    "work_charge": _fraction("charge that has to be left after the work of others"),
    "battery_capacity": Parameter(float, "W h", 1.0, 1e5, doc="of the battery"),
    "electronics_setpoint": _kelvin("of the electronics' heater"),
    "battery_setpoint": _kelvin("of the battery's heater"),
    "battery_survival": _kelvin("of the battery's heater in hibernation"),
    "listening_light": Parameter(float, "W", 0.0, 5000.0, doc="from which it listens then"),
    "igloo_charge": _fraction("state of charge from which the MAV is warmed then"),
    "arm_setpoint": _kelvin("of the transfer arm's heater"),
    "mav_survival": _kelvin("of the igloo while the MAV is dormant"),
    "mav_conditioned": _kelvin("of the igloo when the MAV is conditioned"),
    **DESCENT_PARAMETERS,
}
