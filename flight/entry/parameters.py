"""The parameters of the capsule's flight software. Values: `configs/vehicles/entry.yaml`."""

from flight.astrodynamics.time_scales import SECONDS_PER_DAY
from flight.core.keeping.parameters import Parameter


def _seconds(high: float, doc: str) -> Parameter:
    return Parameter(float, "s", 0.0, high, doc=doc)


def _acceleration(doc: str) -> Parameter:
    return Parameter(float, "m/s2", 0.0, 1e4, doc=doc)


PARAMETERS: dict[str, Parameter] = {
    "wake_before": _seconds(SECONDS_PER_DAY, "from waking to the planned entry"),
    "longest_coast": _seconds(3e6, "to the entry, where the time was never set"),
    "entry_load": _acceleration("from which the accelerometer says: entered"),
    "descent_load": _acceleration("below which the accelerometer says: descending"),
    "landing_shock": _acceleration("from which the accelerometer says: landed"),
    "sure_shock": _acceleration("from which it says so whatever was felt before"),
    "entry_vote": _seconds(1e4, "after the planned entry the timer says: entered"),
    "descent_vote": _seconds(1e4, "after the planned entry the timer says: descending"),
    "beacon_after": _seconds(1e5, "after the planned entry the beacon goes on whatever happened"),
    "watch_period": _seconds(60.0, "between looks at the sensors around the planned entry"),
    "record_period": _seconds(10.0, "between samples while the capsule brakes"),
    "descent_period": _seconds(60.0, "between samples while it falls"),
    "clock_tolerance": _seconds(1e4, "by which timer and clock may differ"),
    "lowest_charge": Parameter(float, "1", 0.0, 1.0, doc="of the battery, to be let go"),
}
