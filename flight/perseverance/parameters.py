"""Perseverance's parameters. Values and their sources: `configs/vehicles/perseverance.yaml`."""

from flight.core.keeping.parameters import Parameter

PARAMETERS = {
    "latitude": Parameter(float, "deg", -90, 90, doc="of the site, at the centre of Mars"),
    "longitude": Parameter(float, "deg", -180, 360, doc="of the site, for the Sun"),
    "segment": Parameter(float, "m", 0.5, 10, doc="longest way between two slip checks"),
    "slip_limit": Parameter(float, "1", 0.05, 0.9, doc="slip above which a segment is undone"),
    "last_slip_limit": Parameter(float, "1", 0.05, 0.95, doc="after half of the setbacks"),
    "setbacks": Parameter(int, "1", 0, 100, doc="setbacks after which a drive gives up"),
    "drive_failures": Parameter(int, "1", 0, 20, doc="drives given up before a delivery is"),
    "vehicle_radius": Parameter(float, "m", 0.5, 3, doc="kept clear of hazards"),
    "lander_radius": Parameter(float, "m", 0, 6, doc="kept clear of until docking"),
    "sol_distance_limit": Parameter(float, "m", 1, 1000, doc="longest way in one sol"),
    "battery_capacity": Parameter(float, "W h", 10, 1e5, doc="both batteries"),
    "generator_power": Parameter(float, "W", 0, 1000, doc="of the MMRTG now"),
    "day_power": Parameter(float, "W", 0, 2000, doc="awake and at rest"),
    "work_power": Parameter(float, "W", 1, 2000, doc="mean while driving and looking"),
    "energy_reserve": Parameter(float, "1", 0, 1, doc="charge at which work ends"),
    "wake_charge": Parameter(float, "1", 0, 1, doc="charge that a sol's work begins with"),
    "critical_charge": Parameter(float, "1", 0, 1, doc="charge at which it goes safe"),
    "waking_sun": Parameter(float, "deg", 0, 60, doc="elevation at which work begins"),
    "sleeping_sun": Parameter(float, "deg", 0, 60, doc="elevation at which work ends"),
    "coldest_motors": Parameter(float, "K", 100, 300, doc="below it nothing is driven"),
    "shortest_work": Parameter(float, "s", 0, 1e4, doc="less work is not worth waking for"),
    "dock_distance": Parameter(float, "m", 1, 5, doc="of its centre from the lander's"),
    "dock_tolerance": Parameter(float, "m", 0.02, 1, doc="of that distance"),
    "dock_bearing": Parameter(float, "deg", 0, 360, doc="of the dock from the lander's centre"),
}
