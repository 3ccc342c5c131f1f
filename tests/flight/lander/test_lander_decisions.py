"""What the lander decides on the ground, at the limits: energy, warmth, permissions, hours."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS, mars_time
from flight.core.fault_protection.names import Names
from flight.icd.compiled_expressions import compile_condition, looking_up
from flight.icd.devices.power import SolarArrayState
from flight.icd.devices.thermal import HeaterStates, ZoneState
from flight.icd.exchanges import EnergyWanted, Nothing
from flight.icd.expressions import parse_expression
from flight.lander.launch_permission import launch_permission
from flight.lander.node import Lander
from flight.lander.rhythm import Energy, Rhythm, Wanted
from flight.lander.thermal_control import ThermalControl, wanted_setting
from flight.lander.work_permission import energy_permission
from ground.missions.protection_files import load_protection
from tests.flight.lander.descent_bench import MUTE, PARAMETERS, Answers
from tests.flight.lander.standing import Standing, do, reading, zone

JD = 2461990.0


# ---------------------------------------------------------------------- energy


async def _nothing() -> None:
    pass


def judged(charge: float | None, **values: Any) -> Standing:
    lander: Any = Standing(state_of_charge=charge, **values)
    Lander._judge_energy(lander)
    return lander  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("charge", "violated", "clear", "full"),
    [(0.30, False, False, False), (0.2999, True, False, False), (0.0, True, False, False),
     (0.5499, False, False, False), (0.55, False, True, False), (None, None, None, False),
     (0.48, False, True, True)],
)  # fmt: skip
@pytest.mark.parametrize("name", ["battery_low", "battery_low_in_flight"])
def test_the_battery_is_low_and_has_recovered_at_its_limits(
    name: str, charge: float | None, violated: bool | None, clear: bool | None, full: bool
) -> None:
    monitor = load_protection("lander").monitors[name]
    names = Names(Lander, {})
    values = {**PARAMETERS, "state_of_charge": charge, "charged_for_its_wear": full}

    def says(condition: str | None) -> bool | None:
        asked = parse_expression(condition or "")
        return compile_condition(asked.asked, looking_up(values.__getitem__), names.resolve)()

    assert says(monitor.violated_if) is violated
    assert says(monitor.clear_if) is clear


def test_loads_are_cut_once_and_given_back_once() -> None:
    lander: Any = Standing(state_of_charge=0.2999, _keep_rhythm=_nothing)
    do(Lander.cut_loads(lander))
    do(Lander.cut_loads(lander))
    assert lander.energy is Energy.LOW and lander.low_energy and lander.low_energy_kept
    assert lander.said == [("energy_low", {"charge": 30})]
    lander.state_of_charge = 0.551
    do(Lander.restore_loads(lander))
    do(Lander.restore_loads(lander))
    assert lander.energy is Energy.AMPLE
    assert not lander.low_energy and not lander.low_energy_kept
    assert lander.said[1:] == [("energy_back", {"charge": 55})]


@pytest.mark.parametrize("charge", [0.0, 0.55, 1.0, None])
def test_in_need_it_stays_until_the_response_gives_the_loads_back(charge: float | None) -> None:
    lander = judged(charge, energy=Energy.LOW, low_energy=True, low_energy_kept=True)
    assert lander.energy is Energy.LOW and lander.low_energy and not lander.said


@pytest.mark.parametrize(
    ("without", "energy", "after"),
    [
        (2, Energy.AMPLE, Energy.AMPLE),
        (3, Energy.AMPLE, Energy.UNKNOWN),
        (9, Energy.LOW, Energy.LOW),
    ],
)
def test_three_readings_without_meaning_leave_it_in_the_dark(
    without: int, energy: Energy, after: Energy
) -> None:
    lander = judged(None, energy=energy, _without_meaning=without)
    assert lander.energy is after and not lander.said


def test_with_the_gauge_back_there_is_enough_again() -> None:
    assert judged(0.5, energy=Energy.UNKNOWN).energy is Energy.AMPLE
    low = judged(0.2, energy=Energy.UNKNOWN)
    assert low.energy is Energy.AMPLE and not low.said  # what is low is the monitor's to say


def test_the_gauge_is_given_up_at_the_third_reading_without_meaning_and_comes_back() -> None:
    lander: Any = Standing()
    battery = Answers(state=[reading(False), MUTE, reading(False), reading(False), reading()])
    array = Answers(state=[
        SolarArrayState(power=123.456, energy=789.4, deployed=True),
        SolarArrayState(valid=False, power=1.0, energy=1.0, deployed=True),
        MUTE,
    ])  # fmt: skip
    lander.devices = SimpleNamespace(battery=battery, solar_array=array)
    shown = []
    for _ in range(5):
        do(Lander.read_power(lander))
        shown.append((lander.state_of_charge, lander.battery_voltage, lander.battery_temperature))
    assert shown == [(None, None, None)] * 4 + [(0.7, 29.0, 270.0)]
    assert [name for name in lander.names() if name.startswith("gauge")] == [
        "gauge_lost", "gauge_back",
    ]  # fmt: skip
    assert lander.array_power is None
    troubles = [data["device"] for name, data in lander.said if name == "device_trouble"]
    assert troubles == ["battery", "solar_array", "solar_array", "solar_array"]
    assert lander._without_meaning == 0


def test_two_readings_without_meaning_are_not_told() -> None:
    lander: Any = Standing()
    array = Answers(state=[SolarArrayState(power=123.456, energy=789.4, deployed=True)])
    battery = Answers(state=[reading(False), reading(False), reading(), reading(False)])
    lander.devices = SimpleNamespace(battery=battery, solar_array=array)
    for _ in range(4):
        do(Lander.read_power(lander))
    assert lander.said == [] and lander._without_meaning == 1
    assert (lander.array_power, lander.array_energy) == (123.5, 789)


# ----------------------------------------------------------------- permissions


@pytest.mark.parametrize(
    ("hours", "granted"), [(0.0, True), (1_050.0, True), (1_050.1, False), (100_000.0, False)]
)
def test_energy_is_granted_when_the_charge_for_a_night_is_left(hours: float, granted: bool) -> None:
    """Of 3000 W h with 80 % in it, 45 % have to be left."""
    lander: Any = Standing()
    answer = do(energy_permission(lander, "arm", EnergyWanted(hours)))
    assert answer.granted is granted and bool(answer.reason) is not granted


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"energy": Energy.UNKNOWN, "array_power": None}, "neither"),
        ({"state_of_charge": None, "array_power": 199.0}, "array gives 199 W; allowed is from 200"),
        ({"energy": Energy.LOW, "state_of_charge": None, "array_power": 900.0}, "loads are cut"),
        ({"energy": Energy.LOW}, "loads are cut"),
        ({"energy": Energy.LOW, "state_of_charge": 0.99}, "at 99 %"),
    ],
)
def test_in_need_or_in_the_dark_nothing_is_granted(values: dict[str, Any], reason: str) -> None:
    lander: Any = Standing(**values)
    answer = do(energy_permission(lander, "arm", EnergyWanted(0.0)))
    assert not answer.granted and reason in answer.reason


@pytest.mark.parametrize(("power", "granted"), [(230.0, True), (229.9, False)])
def test_without_a_gauge_the_array_has_to_give_what_the_work_takes(
    power: float, granted: bool
) -> None:
    """60 W h within two hours, and 200 W for the lander itself."""
    lander: Any = Standing(energy=Energy.UNKNOWN, state_of_charge=None, array_power=power)
    answer = do(energy_permission(lander, "arm", EnergyWanted(60.0)))
    assert answer.granted is granted and bool(answer.reason) is not granted


@pytest.mark.parametrize("data", [{}, {"watt_hours": -1.0}, {"watt_hours": 100_001.0}])
def test_a_request_that_makes_no_sense_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(data, EnergyWanted)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, ""),
        ({"state": "landed.operating.night"}, ""),
        ({"state": "landed.commissioning"}, "the lander is in landed.commissioning"),
        ({"state": "safe"}, "the lander is in safe"),
        ({"carried_modes": {"arm": "safe"}}, "it is in safe"),
        ({"carried_modes": {"arm": "ready"}}, "it is in ready"),
        ({"carried_modes": {}}, "it is silent"),
        ({"carried_modes": {}, "arm_clear": True}, ""),
        ({"state": "safe", "arm_clear": True}, "the lander is in safe"),
    ],
)
def test_a_launch_is_granted_by_an_operating_lander_whose_arm_is_away(
    values: dict[str, Any], reason: str
) -> None:
    lander: Any = Standing(**values)
    answer = do(launch_permission(lander, "mav", Nothing()))
    assert answer.granted is (reason == "") and reason in answer.reason


# ---------------------------------------------------------------------- warmth


@pytest.mark.parametrize(
    ("zone", "energy", "conditioned", "setting"),
    [
        ("igloo_1", Energy.AMPLE, True, (256.0, True)),
        ("igloo_2", Energy.UNKNOWN, True, (256.0, True)),
        ("igloo_1", Energy.AMPLE, False, (238.0, True)),
        ("igloo_1", Energy.LOW, True, (238.0, True)),
        ("battery", Energy.AMPLE, False, (263.0, True)),
        ("battery", Energy.UNKNOWN, False, (263.0, True)),
        ("battery", Energy.LOW, False, (263.0, True)),
        ("battery", Energy.NONE, False, (254.0, True)),
        ("electronics", Energy.LOW, False, (253.0, True)),
        ("arm", Energy.AMPLE, False, (218.0, True)),
        ("arm", Energy.LOW, False, (218.0, False)),
        ("somebody_else", Energy.AMPLE, True, None),
    ],
)
def test_what_each_zone_keeps(
    zone: str, energy: Energy, conditioned: bool, setting: tuple[float, bool] | None
) -> None:
    assert wanted_setting(zone, PARAMETERS, energy, conditioned) == setting


def controlled(answers: list[Any], **zones: ZoneState) -> tuple[Any, Any, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    heaters: Any = Answers(state=[HeaterStates(zones=zones)], set_zone=answers)
    return ThermalControl(heaters, lambda **data: told.append(data)), heaters, told


ON, TOLD_OFF = {"on": True}, {"enabled": False}


@pytest.mark.parametrize(
    ("seen", "fed", "welded"),
    [(TOLD_OFF | ON, True, True), (TOLD_OFF, True, False), (ON, True, False),
     (TOLD_OFF | ON, False, False)],
)  # fmt: skip
def test_a_contact_is_welded_that_draws_though_it_was_told_not_to(
    seen: dict[str, bool], fed: bool, welded: bool
) -> None:
    there = ZoneState(**{"enabled": True, "setpoint": 218.0, "on": False, "power": 50.0} | seen)
    control, heaters, _ = controlled([there], arm=there)
    do(control.apply(PARAMETERS, Energy.LOW, False, False, fed))
    assert list(control.welded) == (["arm"] if welded else [])
    assert control.stuck({"arm": 210.0}, on=True) == welded, "also where it is cold"
    free = ZoneState(enabled=False, setpoint=218.0, on=False, power=50.0)
    heaters.answers["state"] = [HeaterStates(zones={"arm": free})]
    do(control.apply(PARAMETERS, Energy.LOW, False, False, False))
    assert bool(control.welded) is welded, "without a bus no current shows that it is free"
    do(control.apply(PARAMETERS, Energy.LOW, False, False, True))
    assert not control.welded


def test_the_bus_is_called_for_by_the_coldest_until_all_are_warm() -> None:
    cold_arm = zone(218.0, False)
    control, _, _ = controlled([], electronics=zone(253.0), igloo_1=zone(238.0), arm=cold_arm)
    assert control.calls_for_heat({}), "nothing was seen yet"
    do(control.apply(PARAMETERS, Energy.LOW, False, False))
    warm = {"electronics": 255.0, "mav": 240.0, "arm": 190.0}
    assert not control.calls_for_heat(warm), "whose heater is off does not call"
    assert not control.calls_for_heat(warm | {"electronics": 253.0})
    assert control.calls_for_heat(warm | {"electronics": 252.9})
    assert control.calls_for_heat(warm | {"electronics": 254.9}), "until it is warm enough"
    assert not control.calls_for_heat(warm)
    assert control.calls_for_heat({"electronics": 255.0, "arm": 190.0}), "who knows how cold it is"


@pytest.mark.parametrize(
    ("shed", "told", "calls", "switched"),
    [(False, None, False, []), (True, None, False, [False]), (True, None, True, [True]),
     (True, False, False, [False]), (False, False, False, [True])],
)  # fmt: skip
def test_with_a_welded_contact_the_bus_is_closed_only_while_somebody_calls(
    shed: bool, told: bool | None, calls: bool, switched: list[bool]
) -> None:
    asked: list[Any] = []

    async def apply(*given: Any) -> None:
        asked.append(given[-1])

    async def switch(name: str, on: bool) -> None:
        assert name == "heaters"
        asked.append(on)

    lander: Any = Standing(
        thermal=SimpleNamespace(apply=apply, calls_for_heat=lambda temperatures: calls),
        is_shed=lambda load: shed and load == "heater_bus", _switch=switch, temperatures={},
        _switches_told={} if told is None else {"heaters": told},
    )  # fmt: skip
    do(Lander._control_heat(lander))
    assert asked == [told is not False, *switched]
    lander.hibernation, asked[:] = object(), []
    lander._energy_in_hibernation = lambda: Energy.NONE
    do(Lander._control_heat(lander))
    assert len(asked) == 1, "hibernating, the bus is open for another reason"


def test_only_zones_that_are_not_as_they_should_be_are_set() -> None:
    control, heaters, told = controlled(
        [zone(263.0), zone(218.0)],
        electronics=zone(253.0), battery=zone(254.0), arm=zone(218.0, False), other=zone(1.0),
    )  # fmt: skip
    do(control.apply(PARAMETERS, Energy.AMPLE, False))
    assert heaters.of("set_zone") == [("battery", 263.0, True), ("arm", 218.0, True)]
    assert not told and not control.failed


@pytest.mark.parametrize(
    ("wrong", "asked", "reason"),
    [(MUTE, 3, "nothing was heard"), (zone(250.0), 3, "it reads back 250 K")],
)
def test_a_zone_is_set_three_times_and_then_told_once(wrong: Any, asked: int, reason: str) -> None:
    control, heaters, told = controlled([wrong], battery=zone(254.0))
    for _ in range(2):
        do(control.apply(PARAMETERS, Energy.AMPLE, False))
    assert len(heaters.of("set_zone")) == 2 * asked
    assert told == [{"zone": "battery", "reason": reason}]
    assert control.failed == {"battery": reason}
    heaters.answers["set_zone"] = [wrong, wrong, zone(263.0)]
    do(control.apply(PARAMETERS, Energy.AMPLE, False))
    assert control.failed == {} and len(told) == 1
    heaters.answers["set_zone"] = [wrong]
    do(control.apply(PARAMETERS, Energy.AMPLE, False))
    assert len(told) == 2


# ----------------------------------------------------------------------- hours


def rhythm(**changed: Any) -> Rhythm:
    return Rhythm.of({**PARAMETERS, **changed})


def at(hour: float) -> float:
    """JD at which it is that hour (LMST) of a sol of the site."""
    begin = mars_time(JD, PARAMETERS["site_longitude"]).lmst_hours
    return JD + ((hour - begin) % 24.0) / 24.0 * SOL_SECONDS / 86_400.0


@pytest.mark.parametrize(
    ("hour", "energy", "safe", "wanted"),
    [
        (12.0, Energy.AMPLE, False, Wanted(True, True, True, True)),
        (12.0, Energy.AMPLE, True, Wanted(True, False, True, True)),
        (12.0, Energy.LOW, False, Wanted(True, False, False, False)),
        (12.0, Energy.UNKNOWN, False, Wanted(True, False, False, False)),
        (9.5, Energy.LOW, False, Wanted(True, False, False, True)),
        (14.0, Energy.LOW, True, Wanted(True, False, True, False)),
        (3.0, Energy.AMPLE, False, Wanted(False, False, True, False)),
        (3.0, Energy.LOW, False, Wanted(False, False, True, False)),
        (23.0, Energy.AMPLE, False, Wanted(False, False, False, False)),
        # The windows: 1.8 h to 4.3 h and 13.7 h to 16.2 h; 9 h to 10.5 h.
        (1.79, Energy.LOW, False, Wanted(False, False, False, False)),
        (1.81, Energy.LOW, False, Wanted(False, False, True, False)),
        (4.29, Energy.LOW, False, Wanted(False, False, True, False)),
        (4.31, Energy.LOW, False, Wanted(False, False, False, False)),
        (13.69, Energy.LOW, False, Wanted(True, False, False, False)),
        (13.71, Energy.LOW, False, Wanted(True, False, True, False)),
        (16.19, Energy.LOW, False, Wanted(True, False, True, False)),
        (16.21, Energy.LOW, False, Wanted(True, False, False, False)),
        (8.99, Energy.LOW, False, Wanted(True, False, False, False)),
        (9.01, Energy.LOW, False, Wanted(True, False, False, True)),
        (10.49, Energy.LOW, False, Wanted(True, False, False, True)),
        (10.51, Energy.LOW, False, Wanted(True, False, False, False)),
    ],
)
def test_what_is_on_at_which_hour(hour: float, energy: Energy, safe: bool, wanted: Wanted) -> None:
    assert rhythm().wanted(at(hour), energy, safe) == wanted


def test_a_window_may_lie_over_midnight() -> None:
    late = rhythm(relay_window_morning=23.0)
    assert late.wanted(at(0.5), Energy.LOW, False).uhf
    assert not late.wanted(at(1.6), Energy.LOW, False).uhf


def test_the_next_change_is_found_to_ten_seconds_or_the_limit_stands() -> None:
    found = rhythm().seconds_to_change(at(8.0), Energy.LOW, False, 7_200.0)
    assert found == pytest.approx(SOL_SECONDS / 24.0, abs=20.0) and found > SOL_SECONDS / 24.0 - 0.5
    assert rhythm().seconds_to_change(at(11.0), Energy.LOW, False, 3_600.0) == 3_600.0


def test_by_night_it_looks_half_as_often() -> None:
    def period(hour: float) -> float:
        lander: Any = Standing(rhythm=rhythm(), clock=SimpleNamespace(jd_tt=lambda: at(hour)))
        lander.is_in = lambda state: False
        lander._wanted = lambda: Lander._wanted(lander)
        return Lander.housekeeping_period(lander)

    assert period(12.0) == 1_800.0 and period(22.0) == 3_600.0


@pytest.mark.parametrize(
    ("temperature", "conditioning", "was_warm", "told"),
    [(256.0, True, False, True), (255.9, True, False, False), (257.0, True, True, False),
     (257.0, False, False, False), (None, True, False, False)],
)  # fmt: skip
def test_that_the_mav_is_warm_is_told_once(
    temperature: float | None, conditioning: bool, was_warm: bool, told: bool
) -> None:
    found = {} if temperature is None else {"mav": temperature, "arm": 220.126}
    nodes = Answers(state=[SimpleNamespace(temperatures=found)])
    lander: Any = Standing(
        devices=SimpleNamespace(thermal_nodes=nodes), mav_conditioning=conditioning,
        _mav_was_warm=was_warm,
    )  # fmt: skip
    do(Lander._read_temperatures(lander))
    assert ("mav_warm" in lander.names()) is told
    assert lander._mav_was_warm is (conditioning and temperature in (256.0, 257.0))
    assert lander.mav_temperature == temperature
    assert lander.arm_temperature == (None if temperature is None else 220.13)


@pytest.mark.parametrize("shed", [set(), {"arm_heater"}, {"mav_conditioning"}])
@pytest.mark.parametrize(("mav", "kept"), [("in_orbit", False), ("lost", False), ("ready", True)])
def test_an_igloo_without_a_mav_is_not_kept_warm_nor_what_is_shed(
    mav: str, kept: bool, shed: set[str]
) -> None:
    asked: list[Any] = []

    async def apply(*given: Any) -> None:
        asked.append(given)

    lander: Any = Standing(
        carried_modes={"mav": mav}, mav_conditioning=True, conditioning_kept=True,
        thermal=SimpleNamespace(apply=apply), is_shed=shed.__contains__, _switches_told={},
    )  # fmt: skip
    do(Lander._control_heat(lander))
    assert (lander.mav_conditioning, lander.conditioning_kept) == (kept, kept)
    warm = kept and "mav_conditioning" not in shed
    assert asked == [(lander.parameters, Energy.AMPLE, warm, "arm_heater" not in shed, True)]


@pytest.mark.parametrize(
    ("day", "state", "signals"),
    [(True, "landed.operating.night", ["sunrise"]), (True, "landed.operating.day", []),
     (False, "landed.operating.day", ["sunset"]), (False, "landed.operating.night", [])],
)  # fmt: skip
def test_the_sun_is_followed(day: bool, state: str, signals: list[str]) -> None:
    lander: Any = Standing(state=state)
    Lander._follow_the_sun(lander, day)
    assert [given for name, given in lander.said if name == "post"] == [(s,) for s in signals]
