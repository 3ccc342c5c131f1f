"""What each vehicle does by itself when a monitor speaks: in which order, and how often."""

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.fault_protection.budgets import Budgets
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.reading_rules import rules_of
from flight.core.fault_protection.tables import Rung
from flight.core.fault_protection.timers import CommandLossTimer
from flight.core.keeping.storage import Storage
from flight.icd.devices.descent import LandingRadar
from flight.icd.devices.power import Battery
from flight.lander.node import Lander
from flight.rover.node import FetchRover
from tests.flight.vehicle_tables import DAY, HOUR, KINDS, file_of, table

DONE: dict[str, dict[str, tuple[list[tuple[float, str]], str]]] = {
    # by response: each step with the seconds after which it comes, and what is done at the end
    "rover": {
        "hibernate": ([(0, "hibernate")], "end_hibernation"),
        "save_power": ([(0, "enter_safe")], "work_again"),
        "stand_down": ([(0, "enter_safe shed blind_work")], "restore blind_work work_again"),
        "stop_leaning": ([(0, "abort_activity")], ""),
        "live_without_gauge": ([(0, "shed blind_work"), (5 * SOL_SECONDS, "restore blind_work")],
                               "restore blind_work"),
        "restart_radio": ([(0, "restart_radio")], ""),
        "say_it_digs_in": ([(0, "notify")], ""),
        "say_place_or_time_is_in_doubt": ([(0, "notify")], ""),
    },
    "perseverance": {
        "save_power": ([(0, "enter_safe")], ""),
        "restart_relay_radio": ([(0, "restart_radio uhf"), (SOL_SECONDS, "restart_radio x_band")],
                                ""),
        "say_what_is_in_doubt": ([(0, "notify")], ""),
    },
    "arm": {
        "stand_still": ([(0, "enter_safe")], ""), "say_it_cannot_work": ([(0, "notify")], ""),
    },
    "mav": {
        "say_what_the_flight_is_like": ([(0, "notify")], ""),
        "say_it_is_not_fit": ([(0, "notify")], ""),
    },
    "lander": {
        "hibernate": ([(0, "hibernate")], "end_hibernation"),
        "open_the_array": ([(0, "enter_safe")], ""),
        "save_energy": ([(0, "cut_loads enter_safe")], "restore_loads work_again"),
        "warm_the_battery": ([(0, "shed arm_heater shed mav_conditioning")],
                             "restore arm_heater restore mav_conditioning"),
        "warm_the_mav": ([(0, "shed arm_heater shed x_band")], "restore arm_heater restore x_band"),
        "say_inertial_unit_is_lost": ([(0, "notify")], ""),
        "cool_down": ([(0, "shed arm_heater shed heater_bus"), (6 * HOUR, "shed x_band")],
                      "restore arm_heater restore heater_bus restore x_band"),
        "prepare_for_dust": ([(0, "shed x_band shed arm_heater shed mav_conditioning")],
                             "restore x_band restore arm_heater restore mav_conditioning"),
        "live_without_gauge": ([(0, "shed x_band shed arm_heater shed mav_conditioning"),
                                (5 * SOL_SECONDS, "restore arm_heater restore mav_conditioning")],
                               "restore x_band restore arm_heater restore mav_conditioning"),
        "restart_relay_radio": ([(0, "restart_radio uhf"), (SOL_SECONDS, "restart_radio x_band")],
                                ""),
        "say_radar_is_doubted": ([(0, "notify")], ""), "say_heater_is_dead": ([(0, "notify")], ""),
        "say_gauge_is_frozen": ([(0, "notify")], ""),
    },
    "orbiter": {
        "get_out_of_the_air": ([(0, "enter_safe")], ""),
        "stand_off": ([(0, "enter_safe")], ""), "save_power": ([(0, "enter_safe")], ""),
        "turn_away_from_earth": ([(0, "post turn_away")], ""),
        "turn_to_the_sun": ([(0, "follow_the_sun")], ""),
        "feed_by_the_other_line": ([(0, "isolate_leak"), (DAY, "isolate_leak notify")], ""),
        "swap_inertial_unit": ([(0, "swap inertial_unit")], ""),
        "say_what_is_in_doubt": ([(0, "notify")], ""),
    },
    "entry": {"say_what_is_in_doubt": ([(0, "notify")], "")},
}  # fmt: skip
"""In the order in which they go where all are wanted at once."""


@pytest.mark.parametrize("vehicle", KINDS)
def test_where_all_are_wanted_they_go_in_this_order_and_do_this(vehicle: str) -> None:
    responses = table(vehicle).responses
    order = sorted(responses, key=lambda name: -responses[name].priority)
    assert [name for name in order if name in DONE[vehicle]] == list(DONE[vehicle])
    for name, (steps, undo) in DONE[vehicle].items():
        entry = responses[name]
        found = [(0.0, " ".join(entry.do))]
        rung: Rung | None = entry.then
        while rung is not None:
            found.append((rung.not_cleared_in, " ".join(rung.do)))
            rung = rung.then
        assert [text for _, text in found] == [text for _, text in steps], name
        assert [after for after, _ in found] == pytest.approx([after for after, _ in steps]), name
        assert " ".join(entry.when_clear) == undo, name
        assert entry.mode == "active" and not entry.interruptible


@pytest.mark.parametrize(
    ("vehicle", "monitor", "response"),
    [
        ("rover", "starving", "hibernate"), ("rover", "starving_folded", "hibernate"),
        ("rover", "battery_critical", "save_power"), ("rover", "battery_hot", "save_power"),
        ("rover", "bus_voltage_off", "stand_down"), ("rover", "tilted", "stop_leaning"),
        ("rover", "starving_unseen", "hibernate"), ("lander", "starving_unseen", "hibernate"),
        ("rover", "gauge_dead", "live_without_gauge"), ("rover", "relay_silent", "restart_radio"),
        ("rover", "slipping", "say_it_digs_in"), ("rover", "lost", "say_place_or_time_is_in_doubt"),
        ("perseverance", "battery_critical", "save_power"),
        ("perseverance", "relay_silent", "restart_relay_radio"),
        ("arm", "current_high", "stand_still"), ("arm", "force_high", "stand_still"),
        ("arm", "joints_cold", "say_it_cannot_work"),
        ("lander", "starving", "hibernate"), ("lander", "battery_low", "save_energy"),
        ("lander", "battery_low_in_flight", "say_battery_is_low"),
        ("lander", "battery_low_unclaimed", "open_the_array"),
        ("lander", "battery_cold", "warm_the_battery"), ("lander", "mav_cold", "warm_the_mav"),
        ("lander", "battery_hot", "cool_down"), ("lander", "electronics_hot", "cool_down"),
        ("lander", "heater_stuck_on", "cool_down"), ("lander", "array_weak", "prepare_for_dust"),
        ("lander", "heater_stuck_off", "say_heater_is_dead"),
        ("lander", "relay_silent", "restart_relay_radio"),
        ("orbiter", "collision_course", "stand_off"), ("orbiter", "drift_in_doubt", "stand_off"),
        ("orbiter", "sinking_into_the_air", "get_out_of_the_air"),
        ("orbiter", "battery_low", "turn_to_the_sun"),
        ("orbiter", "battery_critical", "save_power"),
        ("orbiter", "on_its_way_into_earth", "turn_away_from_earth"),
        ("orbiter", "propellant_leaks", "feed_by_the_other_line"),
        ("orbiter", "inertial_unit_silent", "swap_inertial_unit"),
        ("orbiter", "inertial_unit_b_silent", "swap_inertial_unit"),
        ("orbiter", "inertial_unit_erratic", "swap_inertial_unit"),
    ],
)  # fmt: skip
def test_each_monitor_has_its_one_response(vehicle: str, monitor: str, response: str) -> None:
    answers = [
        name for name, each in table(vehicle).responses.items() if monitor in each.monitors
    ]
    assert answers == [response]


@pytest.mark.parametrize("vehicle", KINDS)
def test_what_a_response_sheds_at_any_step_is_back_at_its_end(vehicle: str) -> None:
    for name, entry in table(vehicle).responses.items():
        done, rung = list(entry.do), entry.then
        while rung is not None:
            done += rung.do
            rung = rung.then
        shed = {text.removeprefix("shed ") for text in done if text.startswith("shed ")}
        assert shed <= {text.removeprefix("restore ") for text in entry.when_clear}, name


@pytest.mark.parametrize("vehicle", KINDS)
def test_no_monitor_is_without_a_response(vehicle: str) -> None:
    found = table(vehicle)
    answered = {monitor for each in found.responses.values() for monitor in each.monitors}
    assert answered == set(found.monitors)


@pytest.mark.parametrize(
    ("vehicle", "response", "times", "per", "rest"),
    [
        ("rover", "stop_leaning", 3, SOL_SECONDS, 0.0),
        ("rover", "restart_radio", 3, 10 * SOL_SECONDS, SOL_SECONDS),
        ("perseverance", "save_power", 5, 20 * SOL_SECONDS, SOL_SECONDS),
        ("arm", "stand_still", 3, 5 * SOL_SECONDS, 0.0),
        ("lander", "restart_relay_radio", 3, 10 * SOL_SECONDS, SOL_SECONDS),
        ("orbiter", "get_out_of_the_air", 3, 10 * DAY, 0.0),
        ("orbiter", "stand_off", 2, 10 * DAY, 0.0), ("orbiter", "save_power", 3, 10 * DAY, 0.0),
        ("orbiter", "swap_inertial_unit", 4, 10 * DAY, 0.0),
        ("orbiter", "feed_by_the_other_line", 4, 30 * DAY, 0.0),
    ],
)  # fmt: skip
def test_a_response_acts_so_often_in_so_long_also_over_reboots(
    vehicle: str, response: str, times: int, per: float, rest: float
) -> None:
    entry = table(vehicle).responses[response]
    now, storage = [0.0], Storage(":memory:")
    budgets = Budgets(storage, lambda: now[0])
    for _ in range(times):
        assert budgets.left(response, entry.budget)
        budgets.use(response, entry.budget)
    assert not budgets.left(response, entry.budget)
    budgets = Budgets(storage, lambda: now[0])
    now[0] = 0.999 * per
    assert not budgets.left(response, entry.budget), "over a reboot"
    now[0] = 1.001 * per
    assert budgets.left(response, entry.budget)
    assert entry.cool_down == pytest.approx(rest)


def test_eight_at_the_least_are_counted() -> None:
    counted = {
        (vehicle, name)
        for vehicle in KINDS for name, each in table(vehicle).responses.items() if each.budget
    }  # fmt: skip
    assert len(counted) >= 8


@pytest.mark.parametrize(
    ("vehicle", "state", "longest", "then"),
    [
        ("rover", "surface.idle", 6 * SOL_SECONDS, "restart_radio"),
        ("perseverance", "parked", 6 * SOL_SECONDS,
         "restart_radio uhf restart_radio x_band"),
        ("lander", "landed.waiting", 6 * SOL_SECONDS, "restart_radio uhf restart_radio x_band"),
        ("orbiter", "searching", 14 * DAY, "restart_radio"),
        ("orbiter", "cruise", 60 * DAY, "restart_radio"),
        ("orbiter", "departing.burning", 60 * DAY, "restart_radio"),
        ("orbiter", "approach", 21 * DAY, "restart_radio"),
        ("orbiter", "deflecting", 60 * DAY, "restart_radio"),
        ("orbiter", "heliocentric", 400 * DAY, "restart_radio"),
    ],
)  # fmt: skip
def test_so_long_may_the_ground_be_silent(
    vehicle: str, state: str, longest: float, then: str
) -> None:
    loss = table(vehicle).timers.command_loss
    assert loss is not None and loss.then is not None
    now = [0.0]
    timer = CommandLossTimer(loss, Storage(":memory:"), lambda: now[0])
    now[0] = 0.999 * longest
    assert timer.left(state) > 0.0
    now[0] = 1.001 * longest
    assert timer.left(state) < 0.0
    assert " ".join(loss.do) == then and loss.then.do == ("enter_safe",)
    wait = 2 * (DAY if vehicle == "orbiter" else SOL_SECONDS)
    assert loss.then.not_cleared_in == pytest.approx(wait)
    assert loss.rest == pytest.approx(wait), "and then all of it again"


@pytest.mark.parametrize(
    ("vehicle", "state", "planned", "longest"),
    [("rover", "surface.idle", 150 * SOL_SECONDS, 350 * SOL_SECONDS),
     ("lander", "landed.operating.day", 150 * SOL_SECONDS, 350 * SOL_SECONDS),
     ("perseverance", "parked", 150 * SOL_SECONDS, 700 * SOL_SECONDS),
     ("orbiter", "searching", 150 * DAY, 700 * DAY), ("orbiter", "cruise", 150 * DAY, 700 * DAY),
     ("orbiter", "approach", 10 * DAY, 700 * DAY),
     ("orbiter", "heliocentric", 400 * DAY, 700 * DAY)],
)  # fmt: skip
def test_so_long_a_silence_may_be_announced(
    vehicle: str, state: str, planned: float, longest: float
) -> None:
    loss = table(vehicle).timers.command_loss
    assert loss is not None
    timer = CommandLossTimer(loss, Storage(":memory:"), lambda: 0.0)
    assert (timer.planned(state), timer.longest) == pytest.approx((planned, longest))


def test_what_draws_on_the_battery_goes_in_this_order_and_comes_back() -> None:
    assert {name: (load.below, load.back_above, load.in_safe)
            for name, load in table("lander").shedding.items()} == {
        "x_band": (pytest.approx(0.325), pytest.approx(0.45), True),
        "arm_heater": (pytest.approx(0.317), pytest.approx(0.45), True),
        "mav_conditioning": (pytest.approx(0.31), pytest.approx(0.45), False),
    }  # fmt: skip
    (night,) = table("rover").shedding.values()
    assert (night.below, night.back_above) == pytest.approx((0.22, 0.35)) and not night.in_safe
    lander = file_of("lander").flight
    assert lander["low_charge"] < 0.31, "loads go before the lander goes safe"
    assert table("rover").shedding["night_radio"].below > file_of("rover").flight["critical_charge"]


@pytest.mark.parametrize(
    ("vehicle", "passes", "names"),
    [("rover", 6, "night_window night_window_length"),
     ("lander", 6, "relay_window_morning relay_window_afternoon relay_window_length "
                   "direct_window direct_window_length")],
)  # fmt: skip
def test_new_hours_of_the_radio_go_back_unless_they_are_confirmed(
    vehicle: str, passes: int, names: str
) -> None:
    confirm = table(vehicle).timers.confirm_communication
    assert confirm is not None
    assert (confirm.passes, " ".join(confirm.parameters)) == (passes, names)


def test_what_a_reading_has_to_pass_to_be_believed() -> None:
    bus = rules_of(table("rover").monitors["bus_voltage_off"],
                   Names(FetchRover, {"battery": Battery}))  # fmt: skip
    assert (bus.range, bus.rate, bus.frozen_after, bus.against) == ((22.0, 34.0), None, None, {})
    radar = rules_of(table("lander").monitors["radar_range"],
                     Names(Lander, {"landing_radar": LandingRadar}))  # fmt: skip
    assert radar.range == (0.5, 12_000.0) and radar.frozen_after == 3
    assert radar.noise == pytest.approx((0.007, 0.007))
    assert radar.against == {"range_expected": pytest.approx((8.0, 0.06))}
    gauge = rules_of(table("lander").monitors["gauge_frozen"], Names(Lander, {"battery": Battery}))
    assert (gauge.noise, gauge.frozen_after, gauge.range) == ((0.2, 0.0), 4, None)

