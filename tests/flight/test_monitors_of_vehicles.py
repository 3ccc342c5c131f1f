"""At which figure each monitor of each vehicle speaks, after how long, and where it watches."""

import math
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.fault_protection.monitors import MonitorRun, Verdict
from flight.core.fault_protection.table_checks import active_leaves
from flight.icd.expressions import parse_expression
from tests.flight.vehicle_tables import HOUR, KINDS, MINUTE, names_of, says, table

DEGREE = math.pi / 180.0

CHARGE, HEAT = "state_of_charge", "battery_temperature"
FULL = "charged_for_its_wear"
LIMITS: list[tuple[str, str, str, float, float, float, float]] = [
    # vehicle, monitor, channel, still well, violated, not yet clear, clear
    ("rover", "battery_critical", CHARGE, 0.15, 0.1499, 0.5, 0.5001),
    ("rover", "battery_hot", HEAT, 318.0, 318.01, 310.0, 309.99),
    ("rover", "battery_cold", HEAT, 250.0, 249.99, 253.0, 253.01),
    ("rover", "tilted", "tilt", 24.99 * DEGREE, 25.01 * DEGREE, 20.01 * DEGREE, 19.99 * DEGREE),
    ("rover", "slipping", "slip", 0.7, 0.7001, 0.4, 0.3999),
    ("rover", "lost", "position_error", 25.0, 25.01, 10.0, 9.99),
    ("rover", "clock_against_sun", "sun_height_error", -1.99 * DEGREE, -2.01 * DEGREE,
     -1.01 * DEGREE, 0.99 * DEGREE),
    ("rover", "relay_silent", "relay_silence", 3.0 * SOL_SECONDS, 3.001 * SOL_SECONDS, 0.0, 0.0),
    ("perseverance", "relay_silent", "relay_silence", 3.0 * SOL_SECONDS, 3.001 * SOL_SECONDS,
     0.0, 0.0),
    ("perseverance", "battery_critical", CHARGE, 0.2, 0.1999, 0.45, 0.4501),
    ("perseverance", "slipping", "slip", 0.7, 0.7001, 0.4, 0.3999),
    ("perseverance", "lost", "position_error", 60.0, 60.01, 25.0, 24.99),
    ("perseverance", "clock_against_sun", "sun_height_error", 1.99 * DEGREE, 2.01 * DEGREE,
     1.01 * DEGREE, -0.99 * DEGREE),
    ("arm", "current_high", "highest_current", 2.2, 2.201, 1.5, 1.499),
    ("arm", "joints_cold", "joint_temperature", 198.0, 197.99, 208.0, 208.01),
    ("arm", "force_high", "contact_force", 150.0, 150.01, 100.0, 99.99),
    ("mav", "battery_low", CHARGE, 0.7, 0.6999, 0.7999, 0.8001),
    ("mav", "samples_warm", "container_temperature", 300.0, 300.01, 297.0, 296.99),
    ("mav", "off_course", "pointing_error", 10.0, 10.01, 5.0, 4.99),
    ("mav", "shaken", "saturated_readings", 5, 6, 0, 0),
    ("lander", "battery_low", CHARGE, 0.3, 0.2999, 0.5499, 0.55),
    ("lander", "battery_low_in_flight", CHARGE, 0.3, 0.2999, 0.5499, 0.55),
    ("lander", "battery_low_unclaimed", CHARGE, 0.3, 0.2999, 0.0, 0.0),
    ("lander", "battery_cold", HEAT, 255.0, 254.99, 258.0, 258.01),
    ("lander", "battery_hot", HEAT, 313.0, 313.01, 308.0, 307.99),
    ("lander", "electronics_hot", "electronics_temperature", 325.0, 325.01, 318.0, 317.99),
    ("lander", "mav_cold", "mav_temperature", 235.0, 234.99, 236.5, 236.51),
    ("lander", "heater_stuck_on", "zones_stuck_on", 0, 1, 0, 0),
    ("lander", "heater_stuck_off", "zones_stuck_off", 0, 1, 0, 0),
    ("lander", "relay_silent", "relay_silence", 3.0 * SOL_SECONDS, 3.001 * SOL_SECONDS, 0.0, 0.0),
    ("orbiter", "collision_course", "free_drift_distance", 6.01, 6.0, 15.0, 15.01),
    ("orbiter", "sinking_into_the_air", "periapsis_altitude", 2e5, 199_999.0, 2.3e5, 230_001.0),
    ("orbiter", "propellant_low", "propellant", 60.0, 59.99, 80.0, 80.01),
    ("orbiter", "samples_warm", "sample_temperature", 303.0, 303.01, 300.0, 299.99),
    ("orbiter", "vessel_leaks", "leak_rate", 1e-8, 1.01e-8, 0.0, 0.0),
    ("entry", "battery_low", CHARGE, 0.9, 0.8999, 0.95, 0.9501),
    ("entry", "battery_weak", CHARGE, 0.4, 0.3999, 0.5, 0.5001),
    ("entry", "samples_warm", "payload_temperature", 300.0, 300.01, 297.0, 296.99),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vehicle", "monitor", "channel", "well", "bad", "not_yet", "clear"), LIMITS,
    ids=[f"{row[0]}.{row[1]}" for row in LIMITS],
)  # fmt: skip
def test_a_monitor_speaks_from_its_limit_on_and_is_well_again_from_another(
    vehicle: str, monitor: str, channel: str, well: float, bad: float, not_yet: float, clear: float
) -> None:
    entry = table(vehicle).monitors[monitor]
    awake = {"hibernating": False, FULL: False}
    assert says(vehicle, entry.violated_if, {channel: well, **awake}) is False
    assert says(vehicle, entry.violated_if, {channel: bad, **awake}) is True
    assert says(vehicle, entry.violated_if, {channel: None, **awake}) is None
    if entry.clear_if is None:
        assert not_yet == clear
        return
    assert says(vehicle, entry.clear_if, {channel: not_yet, **awake}) is False
    assert says(vehicle, entry.clear_if, {channel: clear, **awake}) is True


@pytest.mark.parametrize("name", ["battery_critical", "relay_silent"])
def test_who_hibernates_is_not_in_need(name: str) -> None:
    entry = table("rover").monitors[name]
    values = {CHARGE: 0.01, "relay_silence": 1e9, "hibernating": True, FULL: False}
    assert says("rover", entry.violated_if, values) is False
    assert entry.clear_if is None or says("rover", entry.clear_if, values)


@pytest.mark.parametrize(
    ("vehicle", "monitor", "income", "charge", "violated", "clear"),
    [
        ("rover", "starving", 149.9, 0.749, True, False),
        ("rover", "starving", 150.0, 0.749, False, False),
        ("rover", "starving", 149.9, 0.75, False, False),
        ("rover", "starving", 299.9, 0.499, True, False),
        ("rover", "starving", 300.0, 0.499, False, False),
        ("rover", "starving", 299.9, 0.5, False, False),
        ("rover", "starving", 310.1, 0.601, False, True),
        ("rover", "starving", 310.0, 0.7, False, False),
        ("rover", "starving", 400.0, 0.6, False, False),
        ("rover", "starving", 0.0, 0.9501, False, True),
        ("rover", "starving", 0.0, 0.95, False, False),
        ("rover", "starving_folded", 129.9, 0.749, True, False),
        ("rover", "starving_folded", 130.0, 0.749, False, False),
        ("rover", "starving_folded", 129.9, 0.75, False, False),
        ("rover", "starving_folded", 150.1, 0.601, False, True),
        ("rover", "starving_folded", 150.0, 0.601, False, False),
        ("rover", "starving_folded", 150.1, 0.6, False, False),
        ("rover", "starving_folded", 0.0, 0.9501, False, True),
        ("lander", "starving", 699.0, 0.749, True, False),
        ("lander", "starving", 700.0, 0.749, False, False),
        ("lander", "starving", 699.0, 0.75, False, False),
        ("lander", "starving", 1499.0, 0.499, True, False),
        ("lander", "starving", 1500.0, 0.499, False, False),
        ("lander", "starving", 1499.0, 0.5, False, False),
        ("lander", "starving", 1701.0, 0.601, False, True),
        ("lander", "starving", 1700.0, 0.601, False, False),
        ("lander", "starving", 1701.0, 0.6, False, False),
        ("lander", "starving", 0.0, 0.9501, False, True),
        ("lander", "starving", 0.0, 0.95, False, False),
    ],
)  # fmt: skip
def test_starving_is_little_income_with_little_stored(
    vehicle: str, monitor: str, income: float, charge: float, violated: bool, clear: bool
) -> None:
    entry = table(vehicle).monitors[monitor]
    values = {"income_ahead": income, CHARGE: charge, FULL: False}
    assert says(vehicle, entry.violated_if, values) is violated
    assert says(vehicle, entry.clear_if, values) is clear


@pytest.mark.parametrize(
    ("vehicle", "least", "enough"), [("rover", 300.0, 310.0), ("lander", 1500.0, 1700.0)]
)
def test_where_nobody_knows_the_charge_little_income_is_enough_to_starve(
    vehicle: str, least: float, enough: float
) -> None:
    entry = table(vehicle).monitors["starving_unseen"]
    for income, known, violated in ((least - 0.1, False, True), (least, False, False),
                                    (0.0, True, False)):  # fmt: skip
        values = {"income_ahead": income, "charge_known": known}
        assert says(vehicle, entry.violated_if, values) is violated
    for income, known, clear in ((enough, False, False), (enough + 0.1, False, True),
                                 (0.0, True, True)):  # fmt: skip
        values = {"income_ahead": income, "charge_known": known}
        assert says(vehicle, entry.clear_if, values) is clear
    assert says(vehicle, entry.violated_if, {"income_ahead": None, "charge_known": False}) is None


@pytest.mark.parametrize(
    ("vehicle", "monitor", "values", "violated", "clear"),
    [
        ("mav", "motors_cold", {"first_motor_temperature": 234.9, "second_motor_temperature": 250},
         True, False),
        ("mav", "motors_cold", {"first_motor_temperature": 235, "second_motor_temperature": 234.9},
         True, False),
        ("mav", "motors_cold", {"first_motor_temperature": 235, "second_motor_temperature": 235},
         False, False),
        ("mav", "motors_cold", {"first_motor_temperature": 236.6,
                                "second_motor_temperature": 236.6}, False, True),
        ("mav", "motors_cold", {"first_motor_temperature": 236.5,
                                "second_motor_temperature": 240.0}, False, False),
        ("mav", "motors_hot", {"first_motor_temperature": 300.1, "second_motor_temperature": 250},
         True, False),
        ("mav", "motors_hot", {"first_motor_temperature": 250, "second_motor_temperature": 300.1},
         True, False),
        ("mav", "motors_hot", {"first_motor_temperature": 300, "second_motor_temperature": 300},
         False, False),
        ("mav", "motors_hot", {"first_motor_temperature": 295.9,
                               "second_motor_temperature": 295.9}, False, True),
        ("mav", "motors_hot", {"first_motor_temperature": 290, "second_motor_temperature": 296},
         False, False),
        ("lander", "array_weak", {"array_power": 89.9, "sun_elevation": 45.1 * DEGREE}, True,
         False),
        ("lander", "array_weak", {"array_power": 90, "sun_elevation": 45.1 * DEGREE}, False,
         False),
        ("lander", "array_weak", {"array_power": 89.9, "sun_elevation": 44.9 * DEGREE}, False,
         False),
        ("lander", "array_weak", {"array_power": 150.1, "sun_elevation": 0.0}, False, True),
        ("lander", "array_weak", {"array_power": 150.0, "sun_elevation": 0.0}, False, False),
        ("orbiter", "lost_of_sight", {"position_sigma": 600.0, "range_to_container": 599.0}, True,
         False),
        ("orbiter", "lost_of_sight", {"position_sigma": 600.0, "range_to_container": 600.0},
         False, False),
        ("orbiter", "lost_of_sight", {"position_sigma": 499.9, "range_to_container": 1.0}, True,
         True),
        ("orbiter", "propellant_leaks", {"propellant_missing": 9.1, "missing_limit": 9.0}, True,
         False),
        ("orbiter", "propellant_leaks", {"propellant_missing": 9.0, "missing_limit": 9.0}, False,
         False),
        ("orbiter", "propellant_leaks", {"propellant_missing": 4.99, "missing_limit": 9.0}, False,
         True),
        ("entry", "bay_empty", {"tubes_held": 1, "payload_seated": False}, True, None),
        ("entry", "bay_empty", {"tubes_held": 0, "payload_seated": False}, False, None),
        ("entry", "bay_empty", {"tubes_held": 1, "payload_seated": True}, False, None),
    ],
)  # fmt: skip
def test_what_two_figures_say_together(
    vehicle: str, monitor: str, values: dict[str, Any], violated: bool, clear: bool | None
) -> None:
    entry = table(vehicle).monitors[monitor]
    if vehicle == "lander" and "sun_elevation" in values:
        unit = names_of("lander").resolve("sun_elevation").unit
        scale = 1.0 if unit == "rad" else 1.0 / DEGREE
        values = {**values, "sun_elevation": values["sun_elevation"] * scale}
    assert says(vehicle, entry.violated_if, values) is violated
    if clear is not None:
        assert says(vehicle, entry.clear_if, values) is clear


# --------------------------------------------------------------------------- for how long

TIMES: dict[tuple[str, str], tuple[float, float]] = {
    # seconds until it counts, and until it is well again; none for all others
    ("rover", "bus_voltage_off"): (5 * MINUTE, HOUR), ("rover", "battery_cold"): (HOUR, 0.0),
    ("rover", "starving_unseen"): (HOUR, 0.0), ("lander", "starving_unseen"): (HOUR, 0.0),
    ("rover", "gauge_dead"): (HOUR, 0.0), ("rover", "slipping"): (15 * MINUTE, 0.0),
    ("rover", "inertial_unit_silent"): (10 * MINUTE, 0.0),
    ("rover", "clock_against_sun"): (10 * MINUTE, 0.0),
    ("perseverance", "gauge_dead"): (2 * HOUR, 0.0),
    ("perseverance", "slipping"): (15 * MINUTE, 0.0),
    ("perseverance", "inertial_unit_silent"): (10 * MINUTE, 0.0),
    ("perseverance", "clock_against_sun"): (10 * MINUTE, 0.0),
    ("arm", "encoders_silent"): (30 * MINUTE, 0.0), ("mav", "motors_cold"): (HOUR, 0.0),
    ("mav", "motors_hot"): (HOUR, 0.0), ("mav", "inertial_unit_silent"): (0.1, 0.1),
    ("mav", "off_course"): (2.0, 0.0), ("lander", "radar_range"): (2.0, 2.0),
    ("lander", "radar_velocity"): (2.0, 2.0),
    ("lander", "radar_silent"): (4.0, 1.0), ("lander", "inertial_unit_silent"): (0.3, 0.5),
    ("lander", "legs_silent"): (0.5, 0.5), ("lander", "gauge_dead"): (30 * MINUTE, 0.0),
    ("lander", "battery_cold"): (30 * MINUTE, 0.0), ("lander", "mav_cold"): (30 * MINUTE, 0.0),
    ("lander", "heater_stuck_on"): (2 * HOUR, 2 * HOUR),
    ("lander", "heater_stuck_off"): (2 * HOUR, 2 * HOUR),
    ("lander", "array_weak"): (30 * MINUTE, 0.0), ("orbiter", "lost_of_sight"): (30 * MINUTE, 0.0),
    ("orbiter", "drift_in_doubt"): (30 * MINUTE, 0.0),
    ("orbiter", "on_its_way_into_earth"): (12 * HOUR, 0.0),
    ("orbiter", "inertial_unit_silent"): (MINUTE, 0.0),
    ("orbiter", "inertial_unit_b_silent"): (MINUTE, 0.0),
    ("orbiter", "inertial_unit_erratic"): (MINUTE, 0.0), ("entry", "bay_empty"): (HOUR, 0.0),
    ("entry", "accelerometer_silent"): (1.0, 0.0), ("entry", "timer_silent"): (10.0, 0.0),
}  # fmt: skip
SILENT = {
    ("rover", "gauge_dead"), ("rover", "inertial_unit_silent"), ("perseverance", "gauge_dead"),
    ("perseverance", "inertial_unit_silent"), ("arm", "encoders_silent"),
    ("mav", "inertial_unit_silent"), ("lander", "radar_silent"),
    ("lander", "inertial_unit_silent"), ("lander", "legs_silent"), ("lander", "gauge_dead"),
    ("orbiter", "inertial_unit_silent"), ("orbiter", "inertial_unit_b_silent"),
    ("orbiter", "on_its_way_into_earth"),  # after a boot nobody knows where it goes
    ("entry", "accelerometer_silent"), ("entry", "timer_silent"),
}  # fmt: skip
"""Those for which no answer is what they watch for."""


@pytest.mark.parametrize("vehicle", KINDS)
def test_a_monitor_counts_after_its_time_and_is_well_again_after_another(vehicle: str) -> None:
    for name, entry in table(vehicle).monitors.items():
        needs, rests = TIMES.get((vehicle, name), (0.0, 0.0))
        run = MonitorRun(name, entry, lambda run: None)
        run.activate(True)
        run.take(Verdict.VIOLATED, 100.0)
        if needs:
            run.take(Verdict.VIOLATED, 100.0 + 0.999 * needs)
            assert not run.is_set, (vehicle, name)
        run.take(Verdict.VIOLATED, 100.0 + needs * 1.000001)
        assert run.is_set, (vehicle, name)
        begin = 101.0 + needs
        run.take(Verdict.OK, begin)
        if rests:
            run.take(Verdict.OK, begin + 0.999 * rests)
            assert run.is_set, (vehicle, name)
        run.take(Verdict.OK, begin + rests * 1.000001)
        assert not run.is_set, (vehicle, name)
        for nothing in (Verdict.INVALID, Verdict.STALE):
            run.activate(False)
            run.activate(True)
            run.take(nothing, 0.0)
            run.take(nothing, 1e6)
            counts = nothing is Verdict.INVALID and (vehicle, name) in SILENT
            assert run.is_set is counts, (vehicle, name, nothing)


@pytest.mark.parametrize(
    ("vehicle", "monitor", "here", "not_here"),
    [
        ("rover", "battery_critical", "surface.idle surface.releasing stowed safe", ""),
        ("rover", "starving", "surface.idle surface.releasing safe", "stowed egressing.leaving"),
        ("rover", "starving_folded", "stowed egressing.leaving", "surface.idle safe"),
        ("rover", "bus_voltage_off", "surface.idle surface.releasing stowed safe", ""),
        ("rover", "battery_hot", "surface.idle surface.releasing stowed safe", ""),
        ("rover", "tilted", "surface.idle surface.fetching.driving", "stowed safe"),
        ("rover", "slipping", "surface.fetching.driving surface.returning.homing",
         "surface.fetching.grasping surface.idle safe"),
        ("rover", "battery_cold", "surface.releasing stowed safe", ""),
        ("perseverance", "battery_critical", "parked surface.idle surface.dropping safe", ""),
        ("perseverance", "slipping", "surface.driving.traversing", "surface.driving.docking"),
        ("perseverance", "lost", "surface.idle", "parked safe"),
        ("arm", "force_high", "ready.idle", "safe"), ("arm", "current_high", "ready.idle", "safe"),
        ("mav", "off_course", "launching.first_burn launching.second_burn", "launching.coasting"),
        ("mav", "inertial_unit_silent", "launching.first_burn", "launching.countdown ready"),
        ("mav", "shaken", "launching.second_burn", "launching.countdown ready"),
        ("mav", "battery_low", "ready sealed dormant safe", "in_orbit lost launching.coasting"),
        ("lander", "radar_silent", "entry.powered", "entry.parachuting"),
        ("lander", "radar_range", "entry.powered entry.parachuting", "landed.waiting"),
        ("lander", "legs_silent", "entry.powered", "entry.parachuting landed.waiting"),
        ("lander", "battery_low", "landed.waiting safe", "waking entry.powered entry.lost"),
        ("lander", "battery_low_in_flight", "waking entry.coasting entry.powered",
         "entry.lost landed.waiting safe"),
        ("lander", "battery_low_unclaimed", "entry.lost", "entry.powered landed.waiting safe"),
        ("lander", "starving", "landed.waiting safe", "waking entry.powered landed.unfolding"),
        ("orbiter", "collision_course", "rendezvous.far rendezvous.close holding idle",
         "cruise capturing loaded"),
        ("orbiter", "drift_in_doubt", "rendezvous.close holding idle", "rendezvous.far capturing"),
        ("orbiter", "battery_low", "idle rendezvous.close capturing cruise releasing deflecting "
         "heliocentric", "safe"),
        ("orbiter", "battery_critical", "idle rendezvous.close cruise released heliocentric",
         "safe capturing"),
        ("orbiter", "on_its_way_into_earth", "released", "approach heliocentric cruise"),
        ("orbiter", "sinking_into_the_air", "idle searching rendezvous.phasing holding departing "
         "loaded containing", "safe capturing cruise heliocentric"),
        ("orbiter", "vessel_leaks", "cruise approach", "rendezvous.close"),
        ("orbiter", "propellant_low", "cruise", "released deflecting heliocentric"),
        ("entry", "battery_low", "stowed armed", "released landed"),
        ("entry", "battery_weak", "released entering descending safe", "stowed landed"),
        ("entry", "accelerometer_silent", "entering descending", "armed landed"),
        ("entry", "bay_empty", "stowed descending", "landed"),
    ],
)  # fmt: skip
def test_a_monitor_watches_where_it_is_meant_to(
    vehicle: str, monitor: str, here: str, not_here: str
) -> None:
    entry = table(vehicle).monitors[monitor]
    leaves = active_leaves(entry, names_of(vehicle))

    def watched(path: str) -> bool:
        chart = KINDS[vehicle].statechart
        inside = [leaf for leaf in chart.leaves if leaf == path or leaf.startswith(f"{path}.")]
        assert inside, path
        return all(leaf in leaves for leaf in inside)

    assert [path for path in here.split() if not watched(path)] == []
    assert [path for path in not_here.split() if watched(path)] == []


def test_a_drift_is_in_doubt_until_it_is_known_to_be_clear() -> None:
    condition = table("orbiter").monitors["drift_in_doubt"].violated_if
    said = [says("orbiter", condition, {"drift_is_clear": each}) for each in (False, True, None)]
    assert said == [True, False, None]


def test_who_let_the_capsule_go_turns_away_where_nobody_has_told_it_to() -> None:
    condition = table("orbiter").monitors["on_its_way_into_earth"].violated_if
    said = [says("orbiter", condition, {"perigee_altitude": 1e6 + e}) for e in (-1.0, 0.0)]
    assert said == [True, False]
    chart = KINDS["orbiter"].statechart
    assert {"released", "approach"} <= {
        source for each in chart.transitions if each.event == "turn_away" for source in each.sources
    }


# ------------------------------------------------------------------- the kind of them

FOLLOWS = [
    # vehicle, monitor, channel, the parameter that it goes by, which side of it is bad
    ("orbiter", "collision_course", "free_drift_distance", "collision_distance", -1.0),
    ("orbiter", "samples_warm", "sample_temperature", "hottest_sample", 1.0),
    ("perseverance", "battery_critical", CHARGE, "critical_charge", -1.0),
    ("mav", "battery_low", CHARGE, "lowest_charge", -1.0),
    ("entry", "battery_low", CHARGE, "lowest_charge", -1.0),
    ("rover", "battery_hot", HEAT, "hottest_battery", 1.0),
]


@pytest.mark.parametrize(("vehicle", "monitor", "channel", "parameter", "side"), FOLLOWS)
def test_whatever_its_parameter_is_a_monitor_is_well_again_farther_off_than_it_speaks(
    vehicle: str, monitor: str, channel: str, parameter: str, side: float
) -> None:
    entry = table(vehicle).monitors[monitor]
    allowed = KINDS[vehicle].parameter_declarations[parameter]
    full = channel == CHARGE
    for part in (0.05, 0.3, 0.6, 0.8):
        limit = allowed.ge + part * (allowed.le - allowed.ge)
        values = {parameter: limit, "hibernating": False, "charged_for_its_wear": False}
        bad, well = limit + 1e-6 * side, limit - 1e-6 * side
        assert says(vehicle, entry.violated_if, {channel: bad, **values}) is True
        assert says(vehicle, entry.violated_if, {channel: well, **values}) is False
        assert says(vehicle, entry.clear_if, {channel: well, **values}) is False
        far = 1.0 if full else limit - 10.0 * side
        assert says(vehicle, entry.clear_if, {channel: far, **values}) is True


def test_where_a_parameter_says_when_a_monitor_speaks_one_says_when_it_is_well_again() -> None:
    fixed = []
    for vehicle, kind in KINDS.items():
        declared = kind.parameter_declarations
        for name, entry in table(vehicle).monitors.items():
            asked = set(parse_expression(entry.violated_if or "true").names) & set(declared)
            answer = set(parse_expression(entry.clear_if or "true").names) & set(declared)
            if asked and entry.clear_if and not answer:
                fixed.append((vehicle, name))
    assert not fixed


UNWATCHED: dict[str, tuple[str, ...]] = {
    # in orbit a MAV's battery runs down, and in its flight nothing can be done about it
    "mav": ("launching", "in_orbit", "lost"),
    "orbiter": ("safe",),  # its activity looks at the battery by itself
    "arm": ("",),  # it has none: it lives by the lander's
    "entry": ("landed",),  # its beacon sends for as long as there is anything in it
}


@pytest.mark.parametrize("vehicle", KINDS)
def test_in_each_state_somebody_watches_the_battery(vehicle: str) -> None:
    watched: set[str] = set()
    for entry in table(vehicle).monitors.values():
        texts = (entry.violated_if or "", entry.of or "")
        if any(CHARGE in text for text in texts):
            watched |= set(active_leaves(entry, names_of(vehicle)))
    left = UNWATCHED.get(vehicle, ())
    unwatched = [
        leaf for leaf in KINDS[vehicle].statechart.leaves
        if leaf not in watched and not any(leaf.startswith(path) for path in left)
    ]  # fmt: skip
    assert not unwatched
