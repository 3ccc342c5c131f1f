"""Parameters of entry, descent and landing. Values and sources: `configs/vehicles/lander.yaml`."""

from flight.core.keeping.parameters import Parameter


def _f(unit: str, low: float, high: float, doc: str) -> Parameter:
    return Parameter(float, unit, low, high, doc=doc)


def _metres(doc: str, high: float = 1.0e6) -> Parameter:
    return _f("m", 0.0, high, doc)


def _degrees(doc: str) -> Parameter:
    return _f("deg", -180.0, 180.0, doc)


DESCENT_PARAMETERS = {
    "site_areoid_height": _f("m", -5e3, 5e3, "of the areoid over the ellipsoid at the site"),
    "entry_mass": _f("kg", 100.0, 10_000.0, "at the entry interface"),
    "entry_balance_mass": _f("kg", 0.0, 1_000.0, "dropped before the parachute"),
    "heat_shield_mass": _f("kg", 0.0, 2_000.0, "of the heat shield"),
    "lander_mass": _f("kg", 100.0, 10_000.0, "of the lander without propellant"),
    "entry_area": _f("m2", 0.1, 100.0, "of the aeroshell's base"),
    "entry_drag_coefficient": _f("1", 0.1, 3.0, "expected in trimmed flight"),
    "entry_lift_to_drag": _f("1", 0.0, 1.0, "expected in trimmed flight"),
    "interface_height": _metres("of the entry interface over the areoid"),
    "guidance_start_drag": _f("g", 0.01, 5.0, "felt acceleration at which guidance begins"),
    "guidance_prebank": _degrees("bank angle held before guidance begins"),
    "guidance_greatest_bank": _degrees("bank angle that range control may ask for"),
    "guidance_least_bank": _degrees("bank angle that keeps some lift to steer with"),
    "guidance_corridor": _metres("of crossrange allowed at no speed"),
    "guidance_corridor_slope": _f("s2/m", 0.0, 0.1, "more crossrange by the square of the speed"),
    "heading_speed": _f("m/s", 100.0, 4_000.0, "below which the heading is aligned"),
    "heading_bank": _degrees("greatest bank angle in heading alignment"),
    "straighten_speed": _f("m/s", 100.0, 2_000.0, "below which the lift is given up"),
    "parachute_trigger": Parameter(str, choices=("speed", "range"), doc="what opens it"),
    "parachute_speed": _f("m/s", 50.0, 1_000.0, "at which it is planned to open"),
    "parachute_greatest_mach": _f("1", 0.5, 4.0, "above which it is not opened"),
    "parachute_greatest_pressure": _f("Pa", 50.0, 3_000.0, "dynamic, above which it is not opened"),
    "parachute_least_speed": _f("m/s", 20.0, 1_000.0, "at which it is opened at the latest"),
    "parachute_least_height": _metres("over the ground at which it is opened at the latest"),
    "parachute_drag_area": _f("m2", 1.0, 1_000.0, "drag coefficient times area, subsonic"),
    "parachute_opening": _f("s", 0.0, 10.0, "from the mortar to a full canopy"),
    "heat_shield_mach": _f("1", 0.1, 2.0, "below which the heat shield is let go"),
    "heat_shield_delay": _f("s", 0.0, 120.0, "after the parachute at the earliest"),
    "radar_delay": _f("s", 0.0, 120.0, "after the heat shield until the radar is listened to"),
    "terrain_highest": _metres("over the ground from which images are matched"),
    "terrain_lowest": _metres("over the ground down to which images are matched"),
    "images_lowest": _metres("over the ground down to which they are without a range by the radar"),
    "backshell_highest": _metres("over the ground from which the backshell may be left"),
    "backshell_lowest": _metres("over the ground at which the backshell is left at the latest"),
    "engine_ring_radius": _metres("of the descent engines", 10.0),
    "engine_below_centre": _metres("of the engines under the centre of mass", 10.0),
    "engine_cant": _degrees("of the engines along their ring"),
    "engine_least_thrust": _f("N", 1.0, 50_000.0, "of one engine"),
    "engine_greatest_thrust": _f("N", 1.0, 50_000.0, "of one engine"),
    "engine_specific_impulse": _f("s", 50.0, 500.0, "of the descent engines"),
    "engine_lag": _f("s", 0.001, 2.0, "of thrust behind its command"),
    "lander_inertia_across": _f("kg m2", 10.0, 100_000.0, "about x and y"),
    "lander_inertia_along": _f("kg m2", 10.0, 100_000.0, "about z"),
    "thrust_margin": _f("1", 0.1, 1.0, "part of the greatest thrust that plans may use"),
    "tilt_limit": _degrees("of the thrust in plans"),
    "propellant_loaded": _f("kg", 0.0, 5_000.0, "before the descent"),
    "propellant_reserve": _f("kg", 0.0, 1_000.0, "that plans leave for the last metres"),
    "gate_height": _metres("over the ground where the straight descent begins", 500.0),
    "sinking_speed": _f("m/s", 0.1, 10.0, "of the straight descent"),
    "landing_heading": _degrees("of the lander's front, from north"),
    "leg_height": _metres("of the centre of mass over the pads", 10.0),
    "spot_uncertainty": _metres("around a spot that has to be free of hazards", 200.0),
}
